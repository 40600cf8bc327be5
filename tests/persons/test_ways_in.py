"""Ways to sign in: nine words or an e-mail address, which people add, replace and remove themselves."""

import pytest

from domain.commands.persons import ErasePerson
from domain.commands.ways_in import AddWayIn, RegisterOneself, RemoveWayIn
from domain.deciding import Outcome
from domain.persons.facts import PersonRegistered, PersonWayInAdded, PersonWayInRemoved, WayInKind
from domain.persons.state import PERSON, WayIn
from domain.refusals import Forbidden, Invalid, NotFound, Refused
from domain.values import SYSTEM
from tests.driving import NOON, World
from tests.scene import ADMINISTRATOR, ARTIST, KEEPER, STRANGER, numbered, peopled


def with_way(kind: WayInKind = "words") -> tuple[World, str]:
    """A world in which the artist has a way to sign in, and its id."""
    world = peopled()
    world.run(AddWayIn(person=ARTIST, kind=kind), ARTIST)
    (way,) = world.state(PERSON, ARTIST).ways_in
    return world, way.id


class TestWhenSomebodyComesByThemselves:
    @pytest.mark.parametrize("kind", ["words", "email"])
    def test_they_are_registered_with_their_way_in_and_have_no_address_in_the_history(
        self, kind: WayInKind
    ) -> None:
        world = peopled()
        outcome = world.run(RegisterOneself(name=" Анна ", language="ru", way=kind), SYSTEM)
        who = outcome.answers
        (way,) = world.state(PERSON, who).ways_in
        assert outcome == Outcome(
            facts={
                who: (
                    PersonRegistered(person=who, name="Анна", email=None, language="ru"),
                    PersonWayInAdded(person=who, way=way.id, kind=kind, added_at=NOON),
                )
            },
            answers=who,
            subjects=(who,),
        )

    def test_only_the_program_registers_them(self) -> None:
        command = RegisterOneself(name="Anna", language="en", way="words")
        for actor in (STRANGER, KEEPER):
            assert peopled().turned_down(command, actor)[0] is Forbidden

    @pytest.mark.parametrize(
        ("name", "language"), [("", "en"), ("  ", "en"), ("Anna", "English"), ("Anna", "")]
    )
    def test_name_and_language_are_checked(self, name: str, language: str) -> None:
        command = RegisterOneself(name=name, language=language, way="words")
        assert peopled().turned_down(command, SYSTEM)[0] is Invalid


class TestWhenAPersonAddsAWayIn:
    def test_it_is_recorded(self) -> None:
        world, way = with_way()
        assert world.state(PERSON, ARTIST).ways_in == (WayIn(id=way, kind="words", added_at=NOON),)

    def test_one_of_another_kind_stays(self) -> None:
        world, way = with_way()
        world.run(AddWayIn(person=ARTIST, kind="email"), ARTIST)
        first, second = world.state(PERSON, ARTIST).ways_in
        assert (first.id, second.kind) == (way, "email")

    def test_one_of_the_same_kind_is_replaced(self) -> None:
        world, way = with_way()
        outcome = world.run(AddWayIn(person=ARTIST, kind="words"), ARTIST)
        (new,) = world.state(PERSON, ARTIST).ways_in
        assert new.id != way
        assert outcome == Outcome(
            facts={
                ARTIST: (
                    PersonWayInRemoved(person=ARTIST, way=way, removed_at=NOON),
                    PersonWayInAdded(person=ARTIST, way=new.id, kind="words", added_at=NOON),
                )
            },
            answers=ARTIST,
        )

    @pytest.mark.parametrize("actor", [ADMINISTRATOR, KEEPER, STRANGER, SYSTEM])
    def test_nobody_adds_one_for_them(self, actor: str) -> None:
        """Not even an administrator, who could then act as somebody else."""
        assert peopled().turned_down(AddWayIn(person=ARTIST, kind="words"), actor)[0] is NotFound

    def test_not_after_they_were_erased(self) -> None:
        world = peopled()
        world.run(ErasePerson(person=ARTIST, reason="safety"), KEEPER)
        assert world.turned_down(AddWayIn(person=ARTIST, kind="words"), ARTIST)[0] is Refused


class TestWhenAPersonRemovesAWayIn:
    def test_it_is_gone(self) -> None:
        world, way = with_way()
        outcome = world.run(RemoveWayIn(person=ARTIST, way=way), ARTIST)
        removed = PersonWayInRemoved(person=ARTIST, way=way, removed_at=NOON)
        assert outcome == Outcome(facts={ARTIST: (removed,)}, answers=ARTIST)
        assert world.state(PERSON, ARTIST).ways_in == ()

    def test_not_one_that_they_do_not_have(self) -> None:
        world, _ = with_way()
        other = RemoveWayIn(person=ARTIST, way=numbered("way", 9))
        assert world.turned_down(other, ARTIST) == (NotFound, "You have no such way to sign in.")

    def test_nobody_removes_it_for_them(self) -> None:
        world, way = with_way()
        for actor in (KEEPER, STRANGER, SYSTEM):
            assert world.turned_down(RemoveWayIn(person=ARTIST, way=way), actor)[0] is NotFound
