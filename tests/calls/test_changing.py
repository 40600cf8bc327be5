"""A call that is changed, as far as it may be, or cancelled with all that hangs on it."""

from typing import Any

import pytest

from domain.applications.facts import ApplicationCancelled
from domain.applications.state import APPLICATION as APPLICATIONS
from domain.applications.state import ApplicationStatus
from domain.calls.facts import CallCancelled, CallChanged
from domain.commands.applications.submitting import SubmitApplication
from domain.commands.calls import CancelCall, ChangeCall
from domain.deciding import Fact
from domain.indexes import rounds_of
from domain.personal import personal_fields
from domain.refusals import Invalid, NotFound, Refused
from domain.reviews.state import REVIEW as REVIEWS
from domain.reviews.state import ReviewStatus
from domain.rounds.facts import RoundCancelled
from domain.values import Money
from tests.driving import World
from tests.scene import (
    AFTER,
    APPLICATION,
    ARTIST,
    CALL,
    JUROR,
    OFFICER,
    OTHER_APPLICATION,
    OTHER_ARTIST,
    REVIEW,
    ROUND,
    calling,
    closed,
    drafted,
    euros,
    found_eligible,
    put_to_panel,
    receive,
    review,
    withdrawn,
)

CANCEL = CancelCall(call=CALL, reason="events", explanation=" The war ")


def with_round(*facts: Fact) -> World:
    world = calling()
    world.indexes.setdefault(rounds_of(CALL), set()).add(ROUND)
    world.given(ROUND, *facts)
    return world


def change(**fields: Any) -> ChangeCall:
    return ChangeCall(call=CALL, **fields)


class TestChanging:
    def test_what_is_left_out_stays(self) -> None:
        changed = with_round().run(change(budget=euros("2000.00")), OFFICER).facts[CALL]
        assert changed == (
            CallChanged(
                call=CALL,
                round=ROUND,
                title={"en": "Invented Call"},
                summary={"en": "For invented work."},
                budget=200_000,
                minimum_award=10_000,
                maximum_award=80_000,
            ),
        )

    @pytest.mark.parametrize(
        ("fields", "errors"),
        [
            (
                {"minimum_award": euros("200.00")},
                {
                    "minimum_award.amount": "There are applications already, so the minimum award can only be lowered."
                },
            ),
            (
                {"maximum_award": euros("700.00")},
                {
                    "maximum_award.amount": "There are applications already, so the maximum award can only be raised."
                },
            ),
            (
                {"budget": euros("10.00")},
                {"maximum_award.amount": "The maximum award is above the call's budget."},
            ),
        ],
    )
    def test_nobody_who_applied_gets_worse_terms(self, fields: Any, errors: dict[str, str]) -> None:
        world = with_round()
        receive(world, APPLICATION, ARTIST)
        assert world.turned_down(change(**fields), OFFICER) == (Invalid, errors)

    def test_not_in_another_currency(self) -> None:
        kind, errors = with_round().turned_down(change(budget=Money(amount="9", currency="USD")), OFFICER)
        assert isinstance(errors, dict)
        assert (kind, set(errors)) == (Invalid, {"budget.currency"})

    def test_not_once_the_panel_opened_or_it_was_cancelled_or_nothing_changes(self) -> None:
        bigger = change(budget=euros("2000.00"))
        assert with_round(closed(), put_to_panel()).turned_down(bigger, OFFICER) == (
            Refused,
            "The panel of this call is already open, so the call cannot be changed.",
        )
        world = with_round()
        world.run(CANCEL, OFFICER)
        assert world.turned_down(bigger, OFFICER) == (Refused, "A cancelled call cannot be changed.")
        assert with_round().turned_down(change(), OFFICER) == (Refused, "This changes nothing in the call.")


class TestCancelling:
    def test_round_applications_and_owed_reviews_end_with_it(self) -> None:
        world = with_round(closed(APPLICATION, OTHER_APPLICATION))
        receive(world, APPLICATION, ARTIST, found_eligible())
        receive(world, OTHER_APPLICATION, OTHER_ARTIST, withdrawn(OTHER_APPLICATION))
        review(world, REVIEW, APPLICATION, JUROR)
        facts = world.run(CANCEL, OFFICER, AFTER).facts
        assert facts[CALL] == (
            CallCancelled(call=CALL, officer=OFFICER, reason="events", explanation="The war"),
        )
        assert facts[ROUND] == (RoundCancelled(round=ROUND),)
        assert facts[APPLICATION] == (ApplicationCancelled(application=APPLICATION, reason="events"),)
        assert OTHER_APPLICATION not in facts
        assert world.state(REVIEWS, REVIEW).status is ReviewStatus.EXPIRED
        assert world.state(APPLICATIONS, APPLICATION).status is ApplicationStatus.CANCELLED
        assert personal_fields(CallCancelled) == {"explanation": "officer"}

    def test_nothing_is_due_any_more_and_nobody_applies(self) -> None:
        world = with_round()
        world.run(CANCEL, OFFICER)
        assert f"close {ROUND}" not in world.due
        applying = SubmitApplication(call=CALL, round=ROUND, title="T", requested=euros("500.00"), answers={})
        assert world.turned_down(applying, ARTIST) == (
            Refused,
            "This call was cancelled; it takes no more applications.",
        )

    def test_not_twice_nor_once_the_panel_opened_nor_a_draft(self) -> None:
        world = with_round()
        world.run(CANCEL, OFFICER)
        assert world.turned_down(CANCEL, OFFICER) == (Refused, "This call has already been cancelled.")
        assert with_round(closed(), put_to_panel()).turned_down(CANCEL, OFFICER) == (
            Refused,
            "The panel of this call is already open, so the call cannot be cancelled.",
        )
        world = calling()
        world.streams[CALL] = [drafted()]
        assert world.turned_down(CANCEL, OFFICER)[0] is Refused
        assert world.turned_down(CANCEL, ARTIST)[0] is NotFound
