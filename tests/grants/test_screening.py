"""A screening against sanctions lists: required by the initiative or by the call, recorded before a payment is sent."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.calls.facts import CallCancelled, CallScreeningSet
from domain.calls.state import CALL as CALLS
from domain.commands.grants.instalments import InstructInstalment
from domain.commands.screening import RecordScreening, SetCallScreening, SetInitiativeScreening
from domain.deciding import Command, Fact, Outcome
from domain.grants.facts import GrantCompleted, GrantScreened, ScreeningResult
from domain.initiatives.facts import InitiativeScreeningSet
from domain.initiatives.state import INITIATIVE as INITIATIVES
from domain.persons.facts import PersonErased
from domain.refusals import Invalid, Refused
from tests.driving import World
from tests.grants.scene import (
    ADMINISTRATOR,
    ARTIST,
    CALL,
    FINANCE,
    GRANT,
    INITIATIVE,
    OFFICER,
    PAYMENTS,
    TODAY,
    accepted,
    approved,
    payable,
    payee_confirmed,
    payee_set,
    requested,
    world_with_grant,
)

INSTRUCT = InstructInstalment(grant=GRANT, instalment=1, reference="BATCH-1")
READY = (*payable(), requested(), *approved())
REQUIRED = (
    Refused,
    "This payee must be screened before a payment; record the screening first.",
)
FOUND = (
    Refused,
    (
        "The screening found this payee on a sanctions list, so nothing can be paid. If that was a mistake, record another "
        "screening."
    ),
)
BY_INITIATIVE = (INITIATIVE, InitiativeScreeningSet(initiative=INITIATIVE, required=True))
BY_CALL = (CALL, CallScreeningSet(call=CALL, required=True))


def record(result: ScreeningResult = "no_match", **changed: object) -> RecordScreening:
    """Finance has the payee compared with the lists."""
    fields = {"reference": " S-2026-1 ", "screened_on": TODAY, "note": " Nobody alike. ", "setting": 1}
    return RecordScreening(grant=GRANT, result=result, **(fields | changed))  # type: ignore[arg-type]


def screened(result: ScreeningResult = "no_match", setting: int = 1) -> GrantScreened:
    """What is recorded of it."""
    return GrantScreened(
        grant=GRANT,
        dossier=PAYMENTS,
        setting=setting,
        result=result,
        reference="S-2026-1",
        screened_on=TODAY,
        screener=FINANCE,
        note="Nobody alike.",
    )


def requiring(*facts: Fact, by: tuple[str, Fact] = BY_INITIATIVE) -> World:
    """A grant with these facts, where a screening is required."""
    world = world_with_grant(*facts)
    world.given(*by)
    return world


class TestWhereItIsRequired:
    @pytest.mark.parametrize("by", [BY_INITIATIVE, BY_CALL], ids=["by the initiative", "by the call"])
    def test_nothing_is_sent_to_the_bank_before_it_is_recorded(self, by: tuple[str, Fact]) -> None:
        world = requiring(*READY, by=by)
        assert world.turned_down(INSTRUCT, FINANCE) == REQUIRED
        world.run(record(), FINANCE)
        assert world.run(INSTRUCT, FINANCE).answers == GRANT

    def test_a_match_that_was_ruled_out_is_no_hindrance(self) -> None:
        assert requiring(*READY, screened("match_ruled_out")).run(INSTRUCT, FINANCE).answers == GRANT

    def test_another_payee_is_screened_anew(self) -> None:
        world = requiring(*payable(), screened(), payee_set(2), payee_confirmed(2), requested(), *approved())
        assert world.turned_down(INSTRUCT, FINANCE) == REQUIRED
        world.run(record(setting=2), FINANCE)
        assert world.run(INSTRUCT, FINANCE).answers == GRANT

    def test_the_call_s_own_requirement_can_be_taken_back_the_initiative_s_stays(self) -> None:
        world = requiring(*READY)
        world.run(SetCallScreening(call=CALL, required=True), OFFICER)
        world.run(SetCallScreening(call=CALL, required=False), OFFICER)
        assert world.turned_down(INSTRUCT, FINANCE) == REQUIRED


class TestWhereItIsNotRequired:
    def test_a_payment_needs_none(self) -> None:
        assert world_with_grant(*READY).run(INSTRUCT, FINANCE).answers == GRANT

    def test_one_that_found_the_payee_on_a_list_counts_all_the_same(self) -> None:
        world = world_with_grant(*READY, screened("match"))
        assert world.turned_down(INSTRUCT, FINANCE) == FOUND
        world.run(record("match_ruled_out"), FINANCE)
        assert world.run(INSTRUCT, FINANCE).answers == GRANT


class TestARecord:
    def test_says_what_was_found_and_seals_the_note(self) -> None:
        assert world_with_grant(*accepted(), payee_set()).run(record(), FINANCE) == Outcome(
            facts={GRANT: (screened(),)}, answers=GRANT
        )

    @pytest.mark.parametrize(
        ("command", "field", "sentence"),
        [
            (record(reference=" "), "reference", "This cannot be left empty."),
            (record(reference="x" * 101), "reference", "At most 100 characters; this has 101."),
            (record(screened_on=TODAY + timedelta(days=3)), "screened_on", "This day is in the future."),
        ],
    )
    def test_has_a_reference_and_a_day(self, command: Command, field: str, sentence: str) -> None:
        world = world_with_grant(*accepted(), payee_set())
        assert world.turned_down(command, FINANCE) == (Invalid, {field: sentence})

    @pytest.mark.parametrize(
        ("facts", "sentence"),
        [
            (accepted(), "The recipient has not added bank details yet."),
            (
                (*accepted(), payee_set(), payee_set(2)),
                "The bank details have been changed since; the new payee has to be screened.",
            ),
            (
                (*payable(), GrantCompleted(grant=GRANT)),
                "This is possible only for an accepted grant; this one is completed.",
            ),
        ],
    )
    def test_is_of_the_payee_that_was_seen(self, facts: tuple[Fact, ...], sentence: str) -> None:
        assert world_with_grant(*facts).turned_down(record(), FINANCE) == (Refused, sentence)

    def test_is_not_made_of_a_recipient_who_was_erased(self) -> None:
        world = world_with_grant(*accepted(), payee_set())
        world.given(ARTIST, PersonErased(person=ARTIST, reason="safety", dossiers=(PAYMENTS,), kept=()))
        assert world.turned_down(record(), FINANCE)[0] is Refused


class TestARequirement:
    def test_is_the_administrator_s_for_the_initiative_and_the_officer_s_for_a_call(self) -> None:
        world = world_with_grant(*accepted())
        assert world.run(SetInitiativeScreening(initiative=INITIATIVE, required=True), ADMINISTRATOR) == (
            Outcome(facts={INITIATIVE: (BY_INITIATIVE[1],)}, answers=INITIATIVE)
        )
        assert world.run(SetCallScreening(call=CALL, required=True), OFFICER) == Outcome(
            facts={CALL: (BY_CALL[1],)}, answers=CALL
        )
        assert world.state(INITIATIVES, INITIATIVE).screening
        assert world.state(CALLS, CALL).screening

    @pytest.mark.parametrize(
        ("command", "actor"),
        [
            (SetInitiativeScreening(initiative=INITIATIVE, required=False), ADMINISTRATOR),
            (SetCallScreening(call=CALL, required=False), OFFICER),
        ],
    )
    def test_is_not_said_twice(self, command: Command, actor: str) -> None:
        assert world_with_grant(*accepted()).turned_down(command, actor) == (
            Refused,
            "Screening is not required here.",
        )

    def test_is_not_set_for_a_cancelled_call(self) -> None:
        """Its last fact says why it was cancelled."""
        world = world_with_grant(*accepted())
        world.given(CALL, CallCancelled(call=CALL, officer=OFFICER, reason="other", explanation=None))
        assert world.turned_down(SetCallScreening(call=CALL, required=True), OFFICER) == (
            Refused,
            "A cancelled call cannot be changed.",
        )
