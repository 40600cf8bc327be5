"""Whom a call is for: eligibility questions, one application or several, and sums within what the call awards."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from domain.applications.facts import ApplicationReturned
from domain.calls.facts import CallPublished
from domain.commands.applications.returning import ResubmitApplication
from domain.commands.applications.submitting import ChangeApplication, SubmitApplication
from domain.eligibility import EligibilityQuestion
from domain.indexes import submissions_to
from domain.refusals import Invalid, Refused
from tests.applications.test_applications import ANSWERS, COMMAND
from tests.driving import World
from tests.scene import (
    AFTER,
    APPLICATION,
    ARTIST,
    CALL,
    CLOSES,
    OTHER_ARTIST,
    ROUND,
    dossier_of,
    drafted,
    euros,
    opened,
    peopled,
    receive,
    withdrawn,
)

EXILE = EligibilityQuestion(
    id="exile",
    label={"en": "Do you live in exile?"},
    refusal={"en": "This call is for people in exile.", "ru": "Этот конкурс для тех, кто в изгнании."},
)
PAID = EligibilityQuestion(
    id="paid",
    label={"en": "Is the work paid for already?"},
    refusal={"en": "We pay for new work."},
    needed="no",
)


def calling(**fields: Any) -> World:
    """A published call, changed in these fields, with its open round."""
    world = peopled()
    world.given(CALL, msgspec.structs.replace(drafted(), **fields), CallPublished(call=CALL))
    world.given(ROUND, opened())
    return world


def submission(**fields: Any) -> SubmitApplication:
    return msgspec.structs.replace(COMMAND, **fields)


class TestEligibilityQuestions:
    QUESTIONS = (EXILE, PAID)

    def test_whoever_gives_the_answers_that_are_needed_applies(self) -> None:
        world = calling(eligibility=self.QUESTIONS)
        assert world.run(submission(eligibility={"exile": True, "paid": False}), ARTIST).facts

    @pytest.mark.parametrize(
        ("answers", "errors"),
        [
            ({"exile": False, "paid": False}, {"eligibility.exile": "This call is for people in exile."}),
            ({"exile": True, "paid": True}, {"eligibility.paid": "We pay for new work."}),
            ({"exile": True}, {"eligibility.paid": "Please answer this question."}),
            (
                {"exile": True, "paid": False, "secret": True},
                {"eligibility": "The call has no such eligibility question."},
            ),
        ],
    )
    def test_everybody_else_is_told_whom_the_call_is_for(
        self, answers: dict[str, bool], errors: dict[str, str]
    ) -> None:
        world = calling(eligibility=self.QUESTIONS)
        assert world.turned_down(submission(eligibility=answers), ARTIST) == (Invalid, errors)


class TestOneOrSeveral:
    def again(self, how_many: str, *facts: Any) -> World:
        world = calling(applications_per_applicant=how_many)
        receive(world, APPLICATION, ARTIST, *facts)
        world.indexes.setdefault(submissions_to(CALL, ARTIST), set()).add(APPLICATION)
        return world

    def test_where_it_takes_several_each_is_submitted(self) -> None:
        assert self.again("several").run(COMMAND, ARTIST).facts

    def test_where_it_takes_one_a_second_is_refused(self) -> None:
        assert self.again("one").turned_down(COMMAND, ARTIST) == (
            Refused,
            (
                "This call takes one application from each applicant, and you have submitted yours. You can change it, or "
                "withdraw it and submit another one."
            ),
        )
        assert self.again("one").run(COMMAND, OTHER_ARTIST).facts

    def test_one_that_was_withdrawn_makes_room_for_another(self) -> None:
        assert self.again("one", withdrawn()).run(COMMAND, ARTIST).facts

    def test_what_was_submitted_a_moment_ago_counts(self) -> None:
        world = calling(applications_per_applicant="one")
        world.run(COMMAND, ARTIST)
        assert world.turned_down(COMMAND, ARTIST)[0] is Refused


RETURNED = ApplicationReturned(
    application=APPLICATION,
    round=ROUND,
    dossier=dossier_of(APPLICATION),
    questions="?",
    resubmit_by=AFTER,
    resubmit_local="2026-04-01 23:59",
    time_zone="Europe/Berlin",
)


class TestSums:
    def tried(self, amount: str) -> list[tuple[World, Any]]:
        fresh, submitted, returned = calling(), calling(), calling()
        receive(submitted, APPLICATION, ARTIST)
        receive(returned, APPLICATION, ARTIST, RETURNED)
        asked: dict[str, Any] = {
            "title": "Invented Work",
            "requested": euros(amount),
            "answers": {"work": ANSWERS["work"]},
        }
        return [
            (fresh, SubmitApplication(call=CALL, round=ROUND, **asked)),
            (submitted, ChangeApplication(application=APPLICATION, **asked)),
            (returned, ResubmitApplication(application=APPLICATION, **asked)),
        ]

    @pytest.mark.parametrize("amount", ["100.00", "800.00"])
    def test_within_what_the_call_awards_are_taken(self, amount: str) -> None:
        for world, command in self.tried(amount):
            assert world.run(command, ARTIST, CLOSES.replace(day=1)).facts

    @pytest.mark.parametrize("amount", ["99.99", "800.01"])
    def test_beyond_it_are_refused_when_submitted_changed_and_resubmitted(self, amount: str) -> None:
        for world, command in self.tried(amount):
            assert world.turned_down(command, ARTIST, CLOSES.replace(day=1)) == (
                Invalid,
                {
                    "requested.amount": f"This call awards from 100.00 EUR to 800.00 EUR; you ask for {amount} EUR."
                },
            )
