"""A juror whom the applicant named, after they were asked, as somebody who must never read their applications."""

from __future__ import annotations

import pytest

from domain.commands.applications.ending import WithdrawApplication
from domain.commands.profiles import AllowReader, ExcludeReader
from domain.commands.reviews import (
    AssignReview,
    ChangeReview,
    DeclareNoConflict,
    LowerQuorum,
    SubmitReview,
)
from domain.deciding import Command, Fact
from domain.indexes import submissions_to
from domain.persons.facts import PersonJoinedOrganisation, PersonLeftOrganisation
from domain.refusals import NotFound, Refused
from tests.driving import World
from tests.scene import (
    APPLICATION,
    ARTIST,
    CALL,
    CHAIR,
    JUDGING_OFFICER,
    JUROR,
    OFFICER,
    OTHER_ARTIST,
    REVIEW,
    ROUND,
    SECOND_JUROR,
    THIRD_JUROR,
    cleared,
    found_eligible,
    judged,
    numbered,
    quorum_lowered,
    receive,
    review,
    reviewing,
)

SCORES = {"art": 8, "need": 3}
ORGANISATION = numbered("organisation", 7)
OF_ORGANISATION = numbered("application", 7)
OTHER_REVIEW = numbered("review", 2)
ASK = AssignReview(application=OF_ORGANISATION, juror=JUROR)
GONE = (NotFound, "Not found, or you have no access.")


def asked(*facts: Fact) -> World:
    """The juror was asked for a review, and then…"""
    world = reviewing(quorum=1)
    world.indexes.setdefault(submissions_to(CALL, ARTIST), set()).add(APPLICATION)
    review(world, REVIEW, APPLICATION, JUROR, *facts)
    return world


def name(world: World, reader: str = JUROR) -> str:
    """The artist names them; returns the exclusion."""
    world.run(ExcludeReader(person=ARTIST, reader=reader, named="them@example.org"), ARTIST)
    return str(world.facts(ARTIST)[-1].exclusion)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("facts", "command"),
    [
        ((), DeclareNoConflict(review=REVIEW)),
        ((cleared(),), SubmitReview(review=REVIEW, scores=SCORES)),
        ((cleared(), judged()), ChangeReview(review=REVIEW, scores=SCORES)),
    ],
)
def test_the_review_no_longer_exists_for_them(facts: tuple[Fact, ...], command: Command) -> None:
    world = asked(*facts)
    exclusion = name(world)
    assert world.turned_down(command, JUROR) == GONE
    world.run(AllowReader(person=ARTIST, exclusion=exclusion), ARTIST)
    assert world.run(command, JUROR).answers == REVIEW


def test_whoever_was_not_named_writes_theirs() -> None:
    world = asked(cleared())
    name(world, SECOND_JUROR)
    assert world.run(SubmitReview(review=REVIEW, scores=SCORES), JUROR).answers == REVIEW


def test_nobody_waits_for_it_before_lowering_the_quorum() -> None:
    world = asked(cleared())
    world.given(ROUND, quorum_lowered(2))
    review(world, OTHER_REVIEW, APPLICATION, CHAIR, *written(CHAIR))
    for each in (SECOND_JUROR, THIRD_JUROR, JUDGING_OFFICER):
        name(world, each)
    lower = LowerQuorum(application=APPLICATION, quorum=1, reason="conflicts_of_interest")
    assert world.turned_down(lower, CHAIR)[0] is Refused, "the juror can still write theirs"
    name(world, JUROR)
    assert world.run(lower, CHAIR).facts == {ROUND: (quorum_lowered(1),)}


def written(juror: str) -> tuple[Fact, ...]:
    return cleared(juror, review=OTHER_REVIEW), judged(juror, review=OTHER_REVIEW)


class TestAnApplicationOfAnOrganisation:
    """The artist acts for it, and named the juror."""

    @staticmethod
    def world(*members: str) -> World:
        world = reviewing(quorum=1)
        receive(world, OF_ORGANISATION, ORGANISATION, found_eligible())
        world.indexes.setdefault(submissions_to(CALL, ORGANISATION), set()).add(OF_ORGANISATION)
        for each in members:
            world.given(each, PersonJoinedOrganisation(person=each, organisation=ORGANISATION))
        name(world)
        return world

    def test_is_kept_from_them_too(self) -> None:
        assert self.world(ARTIST).turned_down(ASK, OFFICER) == (
            Refused,
            "This person cannot be asked to judge this application; ask another juror.",
        )

    def test_as_long_as_the_artist_acts_for_it(self) -> None:
        world = self.world(ARTIST)
        world.given(ARTIST, PersonLeftOrganisation(person=ARTIST, organisation=ORGANISATION))
        assert world.run(ASK, OFFICER).answers

    def test_and_of_another_organisation_it_is_not(self) -> None:
        assert self.world(OTHER_ARTIST).run(ASK, OFFICER).answers

    def test_whoever_acts_for_it_themselves_finds_it(self) -> None:
        world = self.world(ARTIST, OTHER_ARTIST)
        name(world, OTHER_ARTIST)
        withdraw = WithdrawApplication(application=OF_ORGANISATION, reason="other")
        assert world.run(withdraw, OTHER_ARTIST).answers == OF_ORGANISATION
