"""The topic register: every topic under which facts are stored, and the aggregate of every kind of stream.

Each class of facts declares its topic and its audience itself (`domain.topic.stored_as`). A topic never changes its
meaning and is never given to another class. A fact that needs another shape gets a new topic (``.v2``); facts stored
under the old one are converted when they are read (`domain.older_facts`), so that all other code knows only the newest
shape.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final, get_args

from domain.applications.facts import ApplicationFact
from domain.applications.state import APPLICATION
from domain.calls.facts import CallFact
from domain.calls.state import CALL
from domain.correspondence import CORRESPONDENCE, CorrespondenceFact
from domain.deciding import Aggregate, Fact
from domain.dossiers import DOSSIER, DossierFact
from domain.funds import FUND, FundFact
from domain.grants.facts import GrantFact
from domain.grants.state import GRANT
from domain.initiatives.facts import INSTALLATION_ID, InitiativeFact, InstallationFact
from domain.initiatives.state import INITIATIVE, INSTALLATION
from domain.invitations import INVITATION, InvitationFact
from domain.older_facts import OLDER
from domain.organisations import ORGANISATION, OrganisationFact
from domain.panels.facts import PanelFact
from domain.panels.state import PANEL
from domain.persons.facts import PersonFact
from domain.persons.state import PERSON
from domain.readings import READING, ReadingFact
from domain.reviews.facts import ReviewFact
from domain.reviews.state import REVIEW
from domain.rounds.facts import RoundFact
from domain.rounds.state import ROUND
from domain.topic import DECLARED, Audience, Conversion, Topic
from domain.values import Role, is_id

_FACTS: Final = (
    InstallationFact,
    InitiativeFact,
    InvitationFact,
    PersonFact,
    OrganisationFact,
    DossierFact,
    FundFact,
    CallFact,
    RoundFact,
    ApplicationFact,
    CorrespondenceFact,
    ReviewFact,
    ReadingFact,
    PanelFact,
    GrantFact,
)

REGISTER: Final = tuple(
    [
        replace(DECLARED[fact], older=OLDER.get(fact, ()))
        for facts in _FACTS
        for fact in get_args(facts) or (facts,)
    ]
)
"""Every topic."""

TOPICS: Final[Mapping[str, type[Fact]]] = MappingProxyType(
    {topic.name: topic.fact for topic in REGISTER}
    | {older.name: older.fact for topic in REGISTER for older in topic.older}
)
"""The class of each topic's facts, including older topics."""

TOPIC_OF: Final[Mapping[type[Fact], str]] = MappingProxyType({topic.fact: topic.name for topic in REGISTER})
"""The topic under which facts of a class are stored now."""

_NAMES: Final = {topic.fact: topic.names for topic in REGISTER}


def conversions_in(register: Iterable[Topic]) -> dict[str, tuple[Conversion, ...]]:
    """For each older topic, the conversions that lead to the newest shape, in order."""
    return {
        older.name: tuple([each.convert for each in topic.older[number:]])
        for topic in register
        for number, older in enumerate(topic.older)
    }


_CONVERSIONS: Final = conversions_in(REGISTER)


def topics_of(*facts: type[Fact]) -> tuple[str, ...]:
    """All topics under which facts of these classes are stored, for queries."""
    return tuple([name for fact in facts for name in _NAMES[fact]])


def newest(topic: str, fact: Fact, conversions: Mapping[str, tuple[Conversion, ...]] = _CONVERSIONS) -> Fact:
    """A fact that was stored under a topic, in its newest shape."""
    for convert in conversions.get(topic, ()):
        fact = convert(fact)
    return fact


_AUDIENCE_OF: Final[Mapping[Role, Audience]] = MappingProxyType(
    {
        Role.APPLICANT: Audience.APPLICANT,
        Role.OFFICER: Audience.STAFF,
        Role.FUNDER: Audience.FUNDERS,
    }
)


def topics_for(role: Role) -> frozenset[str]:
    """The topics that a person sees in a timeline opened in this role; none for a role without an audience."""
    audience = _AUDIENCE_OF.get(role)
    return frozenset([name for topic in REGISTER if audience in topic.audience for name in topic.names])


def stream_of(fact: Fact) -> str:
    """The stream that a fact belongs to: its field named like the stream's kind, such as ``person`` of
    ``person.claim_used.v1``. The installation's facts have no such field, because it has only one stream."""
    kind = TOPIC_OF[type(fact)].partition(".")[0]
    if kind == INSTALLATION.kind:
        return INSTALLATION_ID
    named: str = getattr(fact, kind)
    return named


_ERASED: Final = re.compile(r"(?P<kind>[a-z]+(_[a-z]+)*)\.erased\.v[1-9][0-9]*\Z", re.ASCII)

SUBJECT_KINDS: Final = frozenset([found["kind"] for topic in TOPICS if (found := _ERASED.match(topic))])
"""The kinds of streams that have a sealing key of their own, such as persons and dossiers, and can be erased. The key
is created with the stream's first fact and destroyed with its fact ``<kind>.erased``."""


def is_subject(stream: str) -> bool:
    """Whether this id has the shape of a stream with a sealing key."""
    return is_id(stream.partition("-")[0], stream) and stream.partition("-")[0] in SUBJECT_KINDS


def erases(stream: str, topic: str) -> bool:
    """Whether a fact of this topic in this stream erases the stream's subject. The database function ``history.erases``
    must agree."""
    found = _ERASED.match(topic)
    return found is not None and found["kind"] == stream.partition("-")[0]


AGGREGATES: Final[Mapping[str, Aggregate[Any]]] = MappingProxyType(
    {
        aggregate.kind: aggregate
        for aggregate in (
            INSTALLATION,
            INITIATIVE,
            INVITATION,
            PERSON,
            ORGANISATION,
            DOSSIER,
            FUND,
            CALL,
            ROUND,
            APPLICATION,
            CORRESPONDENCE,
            REVIEW,
            READING,
            PANEL,
            GRANT,
        )
    }
)
"""The aggregate of each kind of stream; the kind is the first part of the stream's id. `Any`: each has its own
state."""
