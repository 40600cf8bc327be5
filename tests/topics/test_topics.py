"""The topic register: complete, one to one, and true to the facts' own names."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import get_args, get_type_hints

import msgspec

import domain
from domain import dossiers, funds, invitations, organisations, readings
from domain.applications.facts import ApplicationFact
from domain.calls.facts import CallFact
from domain.commands.register import REGISTER
from domain.correspondence import CorrespondenceFact
from domain.deciding import Command, Fact
from domain.funds import FundOpened
from domain.initiatives import facts as initiatives
from domain.panels.facts import PanelFact
from domain.personal import personal_fields
from domain.persons import facts as persons
from domain.reviews.facts import ReviewFact
from domain.rounds.facts import RoundFact
from domain.topic import Older, Topic
from domain.topics import (
    AGGREGATES,
    TOPIC_OF,
    TOPICS,
    conversions_in,
    newest,
    stream_of,
    topics_of,
)
from domain.topics import REGISTER as TOPICS_REGISTER
from tests.history import golden


def subclasses(of: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    """Every class below `of`, whatever file of domain/ it stands in."""
    for module in pkgutil.walk_packages(domain.__path__, "domain."):
        importlib.import_module(module.name)
    for found in of.__subclasses__():
        if found.__module__.startswith("domain."):
            yield found
            yield from subclasses(found)


def test_every_fact_has_exactly_one_topic() -> None:
    """A fact without a topic could not be stored; with two it could not be found again. A class that others are made of
    is none itself."""
    assert sorted(fact.__name__ for fact in subclasses(Fact) if not fact.__subclasses__()) == sorted(
        fact.__name__ for fact in TOPICS.values()
    )
    assert len(TOPICS) == sum(len(topic.names) for topic in TOPICS_REGISTER)
    assert all(TOPICS[TOPIC_OF[fact]] is fact for fact in TOPIC_OF)


def test_a_topic_is_a_kind_of_stream_what_happened_and_a_version() -> None:
    """The first part says which aggregate folds it."""
    for topic in TOPICS:
        found = re.fullmatch(r"([a-z]+)\.[a-z_]+\.v[1-9][0-9]*", topic)
        assert found, topic
        assert found[1] in AGGREGATES, topic


def test_each_aggregate_folds_the_facts_of_its_kind() -> None:
    """The union that its evolve matches on is the set of topics of its kind, so that no stored fact is unreadable."""
    unions = {
        "installation": initiatives.InstallationFact,
        "initiative": initiatives.InitiativeFact,
        "invitation": invitations.InvitationFact,
        "person": persons.PersonFact,
        "organisation": organisations.OrganisationFact,
        "dossier": dossiers.DossierFact,
        "fund": funds.FundFact,
        "call": CallFact,
        "round": RoundFact,
        "application": ApplicationFact,
        "correspondence": CorrespondenceFact,
        "review": ReviewFact,
        "reading": readings.ReadingFact,
        "panel": PanelFact,
        "grant": importlib.import_module("domain.grants.facts").GrantFact,
    }
    assert set(unions) == set(AGGREGATES)
    for kind, union in unions.items():
        of_kind = {topic.fact for topic in TOPICS_REGISTER if topic.name.partition(".")[0] == kind}
        assert set(get_args(union) or (union,)) == of_kind, kind


def test_every_fact_names_the_stream_that_it_belongs_to() -> None:
    """So that one which stands in another stream can be found; there is one stream of an installation."""
    for topic, fact in TOPICS.items():
        kind = topic.partition(".")[0]
        if kind == "installation":
            continue
        assert get_type_hints(fact)[kind] is str, topic
        assert kind not in personal_fields(fact), topic
    person = "person-" + "1" * 32
    assert stream_of(persons.PersonErased(person=person, reason="other", dossiers=(), kept=())) == person
    assert stream_of(initiatives.AdministratorAppointed(person=person)) == initiatives.INSTALLATION_ID


def test_facts_and_commands_are_frozen_and_their_fields_named() -> None:
    """What happened cannot be altered in memory, and no field is mistaken for another by its place."""
    for struct in (*subclasses(Fact), *subclasses(Command)):
        assert struct.__struct_config__.frozen, struct
        assert struct.__struct_config__.forbid_unknown_fields, struct
        parameters = inspect.signature(struct).parameters.values()
        assert all(parameter.kind is parameter.KEYWORD_ONLY for parameter in parameters), struct
        assert struct.__doc__, struct


def test_a_sealed_field_names_a_field_that_holds_its_subject() -> None:
    """A marker that pointed nowhere would leave the field without a key to seal it under."""
    for fact in TOPICS.values():
        for sealed, subject in personal_fields(fact).items():
            assert subject in fact.__struct_fields__, (fact, sealed)
            assert subject not in personal_fields(fact), (fact, sealed)


def test_no_free_text_is_left_unsealed() -> None:
    """Every field in which people write freely is sealed, but for those that speak to the public."""
    public = {
        ("FundOpened", "name"),
        ("FundPledged", "name"),
        ("FundPledged", "restriction"),
        ("FundPledgedV1", "restriction"),
        ("InitiativeFounded", "name"),
        ("InitiativeDescribed", "name"),
        ("InitiativeLetterWritten", "text"),
        ("CallDrafted", "title"),
        ("CallDrafted", "summary"),
        ("CallDraftChanged", "title"),
        ("CallDraftChanged", "summary"),
        ("CallChanged", "summary"),
        ("CallChanged", "title"),
    }
    free = ("title", "summary", "name", "email", "answers", "explanation", "restriction")
    left = {
        (fact.__name__, field)
        for fact in TOPICS.values()
        for field in fact.__struct_fields__
        if (field in free or field.startswith(("comment", "text"))) and field not in personal_fields(fact)
    }
    assert left == public


def test_every_command_is_in_the_register_once() -> None:
    """A command outside the register could be asked for by nobody, and would escape the table of who may do what."""
    assert sorted(entry.request.__name__ for entry in REGISTER.values()) == sorted(
        command.__name__ for command in subclasses(Command)
    )
    for name, entry in REGISTER.items():
        assert name == entry.name
        assert re.fullmatch(r"[a-z]+\.[a-z_]+", name), name


def test_an_older_shape_becomes_the_newest_step_by_step() -> None:
    """Each conversion makes a fact of the next topic's class; what was stored under the newest is left as it is."""
    for topic in TOPICS_REGISTER:
        steps = [*topic.older, topic]
        for older, following in pairwise(steps):
            assert isinstance(older, Older)
            assert type(older.convert(golden.fact_of(older.fact))) is following.fact, older.name
        assert all(type(newest(name, golden.fact_of(TOPICS[name]))) is topic.fact for name in topic.names)
        assert topics_of(topic.fact) == topic.names
        assert TOPIC_OF[topic.fact] == topic.name


def test_a_conversion_keeps_sealed_fields_and_whose_they_are() -> None:
    """A box is bound to the name of its field and to the member that names its subject."""
    for topic in TOPICS_REGISTER:
        for older in topic.older:
            assert personal_fields(older.fact).items() <= personal_fields(topic.fact).items(), older.name


def test_conversions_are_chained() -> None:
    """As in the life of a fact that had two shapes before."""

    class First(Fact, frozen=True, kw_only=True):
        """One."""

    class Second(Fact, frozen=True, kw_only=True):
        """Two."""

    third = Topic("example.happened.v3", FundOpened, older=(
        Older("example.happened.v1", First, lambda _: Second()),
        Older("example.happened.v2", Second, lambda _: golden.fact_of(FundOpened)),
    ))  # fmt: skip
    conversions = conversions_in([third])
    assert newest("example.happened.v1", First(), conversions) == golden.fact_of(FundOpened)
    assert newest("example.happened.v2", Second(), conversions) == golden.fact_of(FundOpened)
    assert third.names == ("example.happened.v1", "example.happened.v2", "example.happened.v3")
