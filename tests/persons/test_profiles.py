"""A person's profile, and the people who must never read their applications."""

from collections.abc import Callable

import pytest

from domain.commands.applications.examining import FindApplicationEligible
from domain.commands.panels import SetPanelOutcome
from domain.commands.profiles import AllowReader, ChangeProfile, ExcludeReader
from domain.commands.reviews import AssignReview
from domain.deciding import Command, Outcome
from domain.indexes import submissions_to
from domain.persons.facts import PersonErased, PersonProfileChanged, PersonReaderAllowed, PersonReaderExcluded
from domain.persons.state import PERSON
from domain.refusals import Invalid, NotFound, Refused
from domain.reviews.assigning import CANNOT_BE_ASKED
from domain.stages import Blindness
from tests.driving import World, hidden
from tests.panels.scene import DECLINE, in_panel
from tests.scene import (
    APPLICATION,
    ARTIST,
    CALL,
    CHAIR,
    JUDGING_OFFICER,
    JUROR,
    OFFICER,
    SECOND_JUROR,
    STRANGER,
    peopled,
    reviewing,
)

PROFILE = ChangeProfile(
    person=STRANGER,
    name=" Anna ",
    language="ru",
    languages=("ru", "en", "ru"),
    time_zone="Asia/Tbilisi",
    contact=" Signal ",
)


def avoided(world: World, *readers: str) -> World:
    """The artist names people who must never read their applications."""
    world.indexes.setdefault(submissions_to(CALL, ARTIST), set()).add(APPLICATION)
    for reader in readers:
        world.run(ExcludeReader(person=ARTIST, reader=reader, named="somebody@example.org"), ARTIST)
    return world


class TestTheProfile:
    def test_is_replaced_by_its_person(self) -> None:
        changed = PersonProfileChanged(
            person=STRANGER,
            language="ru",
            name="Anna",
            languages=("ru", "en"),
            time_zone="Asia/Tbilisi",
            contact="Signal",
        )
        world = peopled()
        assert world.run(PROFILE, STRANGER) == Outcome(facts={STRANGER: (changed,)}, answers=STRANGER)
        assert world.state(PERSON, STRANGER).language == "ru"
        assert peopled().turned_down(PROFILE, ARTIST)[0] is NotFound

    @pytest.mark.parametrize(
        ("change", "wrong"),
        [
            ({"name": " "}, "name"),
            ({"language": "Russian, please"}, "language"),
            ({"languages": ("ru", "?")}, "languages[1]"),
            ({"time_zone": "Nowhere/Here"}, "time_zone"),
            ({"contact": "x" * 301}, "contact"),
        ],
    )
    def test_names_the_field_that_is_wrong(self, change: dict[str, object], wrong: str) -> None:
        command = ChangeProfile(
            **{name: getattr(PROFILE, name) for name in PROFILE.__struct_fields__} | change
        )
        kind, found = peopled().turned_down(command, STRANGER)
        assert kind is Invalid
        assert isinstance(found, dict)
        assert set(found) == {wrong}


class TestNaming:
    def test_the_history_does_not_tell_who_was_named(self) -> None:
        world = peopled()
        outcome = world.run(ExcludeReader(person=ARTIST, reader=JUROR, named=" j@example.org "), ARTIST)
        ((fact,),) = outcome.facts.values()
        assert isinstance(fact, PersonReaderExcluded)
        assert (fact.reader, fact.named) == (hidden(JUROR), "j@example.org")
        assert set(outcome.facts) == {ARTIST}  # nothing in the stream of whom it is about

    def test_ends_once(self) -> None:
        world = avoided(peopled(), JUROR)
        (exclusion,) = world.state(PERSON, ARTIST).exclusions
        allow = AllowReader(person=ARTIST, exclusion=exclusion)
        ended = PersonReaderAllowed(person=ARTIST, exclusion=exclusion, reader=hidden(JUROR))
        assert world.run(allow, ARTIST).facts == {ARTIST: (ended,)}
        assert world.turned_down(allow, ARTIST)[0] is NotFound

    def test_not_after_an_erasure(self) -> None:
        world = peopled()
        world.given(ARTIST, PersonErased(person=ARTIST, reason="safety", dossiers=(), kept=()))
        command = ExcludeReader(person=ARTIST, reader=JUROR, named="x")
        assert world.turned_down(command, ARTIST) == (Refused, "This person's data was erased.")


class TestWhoWasNamed:
    @pytest.mark.parametrize("blindness", ["open", "double"])
    def test_is_not_asked_and_nobody_learns_why(self, blindness: Blindness) -> None:
        world = avoided(reviewing(blindness=blindness), JUROR)
        assert world.turned_down(AssignReview(application=APPLICATION, juror=JUROR), OFFICER) == (
            Refused,
            str(CANNOT_BE_ASKED),
        )
        assert world.run(AssignReview(application=APPLICATION, juror=SECOND_JUROR), OFFICER).facts

    @pytest.mark.parametrize(
        ("world", "command", "who"),
        [
            (reviewing, FindApplicationEligible(application=APPLICATION), OFFICER),
            (reviewing, AssignReview(application=APPLICATION, juror=JUROR), OFFICER),
            (in_panel, DECLINE, CHAIR),
        ],
    )
    def test_finds_no_such_application_until_the_applicant_ends_it(
        self, world: Callable[[], World], command: Command, who: str
    ) -> None:
        kind, sentence = avoided(world(), who).turned_down(command, who)
        assert kind is NotFound or (kind is Refused and "conflict" not in str(sentence))
        before = _answer(world(), command, who)
        again = avoided(world(), who)
        (exclusion,) = again.state(PERSON, ARTIST).exclusions
        again.run(AllowReader(person=ARTIST, exclusion=exclusion), ARTIST)
        assert _answer(again, command, who) == before != (kind, sentence)

    def test_does_not_stand_in_the_way_of_others(self) -> None:
        world = avoided(reviewing(blindness="open"), JUROR, JUDGING_OFFICER)
        assert world.run(AssignReview(application=APPLICATION, juror=SECOND_JUROR), OFFICER).facts
        assert isinstance(DECLINE, SetPanelOutcome)


def _answer(world: World, command: Command, who: str) -> object:
    try:
        return world.turned_down(command, who)
    except AssertionError:
        return "done"
