"""Until when jurors are asked to submit their reviews: a date that staff set, and that changes nothing by itself."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from domain.commands.rounds import SetReviewsDue
from domain.refusals import Invalid, Refused
from domain.rounds.facts import RoundReviewsDueSet
from domain.rounds.state import ROUND as ROUNDS
from tests.scene import AFTER, CLOSES, OFFICER, ROUND, calling, closed, put_to_panel

DUE = CLOSES + timedelta(days=14)
LOCAL = (CLOSES + timedelta(days=14, hours=2)).replace(tzinfo=None)
SET = SetReviewsDue(round=ROUND, due_at=LOCAL)
FACT = RoundReviewsDueSet(
    round=ROUND, due_at=DUE, due_local=LOCAL.strftime("%Y-%m-%d %H:%M"), time_zone="Europe/Berlin"
)


def test_staff_set_it_while_the_round_is_open_or_closed_and_may_change_it() -> None:
    for before in ((), (closed(),)):
        world = calling()
        world.given(ROUND, *before)
        assert world.run(SET, OFFICER, AFTER).facts == {ROUND: (FACT,)}
        assert world.state(ROUNDS, ROUND).reviews_due == DUE
        assert world.turned_down(SET, OFFICER, AFTER) == (Refused, "The reviews are due then already.")
        world.run(msgspec.structs.replace(SET, due_at=LOCAL + timedelta(days=1)), OFFICER, AFTER)


def test_it_tells_the_public_nothing() -> None:
    """Everybody sees the version of a round, which does not count it."""
    assert FACT.told is False


def test_it_is_refused_in_the_past_before_the_deadline_and_once_the_panel_is_open() -> None:
    early = CLOSES - timedelta(days=1)
    before = msgspec.structs.replace(SET, due_at=LOCAL - timedelta(days=14, hours=3))
    assert calling().turned_down(before, OFFICER, early) == (
        Invalid,
        {"due_at": "Reviews begin after the deadline for applications, 2026-03-31 21:59 UTC."},
    )
    past = msgspec.structs.replace(SET, due_at=LOCAL.replace(year=2020))
    assert calling().turned_down(past, OFFICER, early) == (
        Invalid,
        {"due_at": "The due date must lie in the future."},
    )
    decided = calling()
    decided.given(ROUND, closed(), put_to_panel())
    assert decided.turned_down(SET, OFFICER, AFTER) == (
        Refused,
        "Reviews have a due date only until the panel opens; this round is in panel.",
    )
