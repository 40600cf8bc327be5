"""Rounds: open until a deadline on the call's own clocks, closed by themselves with all that was received."""

from datetime import datetime, timedelta

import pytest

from domain.calls.facts import CallRoundOpened
from domain.commands.rounds import CloseRound, OpenRound
from domain.deciding import Outcome
from domain.indexes import applications_of
from domain.refusals import Forbidden, Invalid, NotFound, Refused
from domain.rounds.facts import RoundClosed, RoundDecided, RoundOpened, RoundPutToPanel
from domain.rounds.rules import decide, put_to_panel
from domain.rounds.state import Round, RoundStatus
from domain.values import SYSTEM
from tests.driving import World
from tests.scene import (
    APPLICATION,
    ARTIST,
    CALL,
    CLOSES,
    FINANCE,
    GRACE,
    INITIATIVE,
    OFFICER,
    OTHER_APPLICATION,
    OTHER_ARTIST,
    PANEL,
    ROUND,
    STAGE,
    STRANGER,
    calling,
    closed,
    drafted,
    numbered,
    peopled,
    receive,
    withdrawn,
)

DEADLINE = datetime.fromisoformat("2026-03-31T23:59")


class TestWhenTheCallIsPublished:
    def test_a_round_opens_and_is_due_to_close_when_deadline_and_grace_have_passed(self) -> None:
        outcome = calling().run(OpenRound(call=CALL, closes_at=DEADLINE), OFFICER)
        opened = outcome.answers
        assert outcome == Outcome(
            facts={
                opened: (
                    RoundOpened(
                        round=opened,
                        initiative=INITIATIVE,
                        call=CALL,
                        stage=STAGE,
                        closes_at=CLOSES,
                        closes_local="2026-03-31 23:59",
                        time_zone="Europe/Berlin",
                        grace_minutes=15,
                        rolling=False,
                        last=True,
                    ),
                ),
                CALL: (CallRoundOpened(call=CALL, round=opened, stage=STAGE),),
            },
            answers=opened,
        )

    def test_a_call_takes_in_applications_once(self) -> None:
        """Two panels would each divide the whole of the call's budget."""
        world = calling()
        world.run(OpenRound(call=CALL, closes_at=DEADLINE), OFFICER)
        assert world.turned_down(OpenRound(call=CALL, closes_at=DEADLINE), OFFICER) == (
            Refused,
            "This call already has its round; draft another call to accept applications again.",
        )

    def test_seconds_are_announced_where_there_are_any(self) -> None:
        world = calling()
        opened = world.run(OpenRound(call=CALL, closes_at=DEADLINE.replace(second=59)), OFFICER).answers
        (fact,) = world.facts(opened)
        assert isinstance(fact, RoundOpened)
        assert fact.closes_local == "2026-03-31 23:59:59"

    def test_the_deadline_lies_ahead(self) -> None:
        command = OpenRound(call=CALL, closes_at=DEADLINE)
        assert calling().turned_down(command, OFFICER, CLOSES) == (
            Invalid,
            {"closes_at": "The deadline must lie in the future."},
        )

    def test_only_staff_open_it(self) -> None:
        command = OpenRound(call=CALL, closes_at=DEADLINE)
        assert calling().turned_down(command, FINANCE) == (
            Forbidden,
            "In this initiative, only people with this role can do this: officer.",
        )
        assert calling().turned_down(command, STRANGER)[0] is NotFound


class TestWhenTheCallIsDrafted:
    def test_no_round_opens(self) -> None:
        world = peopled()
        world.given(CALL, drafted())
        assert world.turned_down(OpenRound(call=CALL, closes_at=DEADLINE), OFFICER) == (
            Refused,
            "Only a published call can accept applications; publish it first.",
        )


class TestWhenTheRoundIsOpen:
    def test_it_closes_by_itself_with_all_that_was_received(self) -> None:
        world = calling()
        opened = world.run(OpenRound(call=CALL, closes_at=DEADLINE), OFFICER).answers
        world.indexes[applications_of(opened)] = {OTHER_APPLICATION, APPLICATION}
        assert world.pass_time(CLOSES + GRACE - timedelta(seconds=1)) == ()
        assert world.pass_time(CLOSES + GRACE) == (
            Outcome(
                facts={opened: (RoundClosed(round=opened, applications=(APPLICATION, OTHER_APPLICATION)),)},
                answers=opened,
            ),
        )
        assert world.due == {}

    def test_what_was_withdrawn_is_among_what_was_received(self) -> None:
        world = calling()
        receive(world, APPLICATION, ARTIST, withdrawn())
        receive(world, OTHER_APPLICATION, OTHER_ARTIST)
        world.run(CloseRound(round=ROUND), OFFICER, CLOSES + GRACE)
        assert world.facts(ROUND)[-1] == closed(APPLICATION, OTHER_APPLICATION)

    def test_nobody_closes_it_before(self) -> None:
        for actor in (OFFICER, SYSTEM):
            assert calling().turned_down(
                CloseRound(round=ROUND), actor, CLOSES + GRACE - timedelta(seconds=1)
            ) == (
                Refused,
                "The round is open until 2026-03-31 22:14 UTC; it cannot be closed earlier.",
            )

    def test_only_staff_and_the_program_close_it(self) -> None:
        late = CLOSES + GRACE
        assert calling().turned_down(CloseRound(round=ROUND), FINANCE, late)[0] is Forbidden
        assert calling().turned_down(CloseRound(round=ROUND), STRANGER, late)[0] is NotFound

    def test_no_panel_takes_it(self) -> None:
        with pytest.raises(
            Refused, match=r"^A panel can be opened only for a closed round; this one is open\.$"
        ):
            put_to_panel(ROUND, Round(status=RoundStatus.OPEN), panel=PANEL, reviews={})


class TestWhenTheRoundIsClosed:
    def test_it_does_not_close_twice(self) -> None:
        world = calling()
        world.given(ROUND, closed())
        assert world.turned_down(CloseRound(round=ROUND), SYSTEM, CLOSES + GRACE) == (
            Refused,
            "Only an open round can be closed; this one is closed.",
        )

    def test_its_panel_takes_it(self) -> None:
        """With all that was written or asked for of each application, none left out that had no review."""
        round = Round(status=RoundStatus.CLOSED, applications=(APPLICATION, OTHER_APPLICATION))
        second, first = numbered("review", 2), numbered("review", 1)
        assert put_to_panel(ROUND, round, panel=PANEL, reviews={APPLICATION: [second, first]}) == (
            RoundPutToPanel(
                round=ROUND, panel=PANEL, reviews={APPLICATION: (first, second), OTHER_APPLICATION: ()}
            ),
        )

    def test_it_is_not_decided_without_a_panel(self) -> None:
        with pytest.raises(
            Refused, match=r"^Only a round that is with its panel can be decided; this one is closed\.$"
        ):
            decide(ROUND, Round(status=RoundStatus.CLOSED))


class TestWhenTheRoundIsInPanel:
    def test_the_panel_decides_it(self) -> None:
        assert decide(ROUND, Round(status=RoundStatus.IN_PANEL, panel=PANEL)) == (
            RoundDecided(round=ROUND, panel=PANEL),
        )


def test_another_world_has_no_such_round() -> None:
    """A round is found by its whole id alone."""
    for wrong in (ROUND, CALL, "round-1", "round-" + "0" * 31 + "G", ""):
        assert World().turned_down(CloseRound(round=wrong), SYSTEM) == (
            NotFound,
            "Not found, or you have no access.",
        )
