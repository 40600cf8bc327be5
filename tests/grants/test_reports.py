"""Reports on a grant: one at a time, each answered by the staff, and each of use to one instalment."""

from __future__ import annotations

import pytest

from domain.commands.grants.instalments import RequestInstalment
from domain.commands.grants.reports import AcceptGrantReport, ReturnGrantReport, SubmitGrantReport
from domain.deciding import Command, Fact, Outcome
from domain.grants import state
from domain.grants.facts import (
    GrantCompleted,
    GrantInstalmentRequested,
    GrantLapsed,
    GrantReportAccepted,
    GrantReportReturned,
    GrantReportSubmitted,
)
from domain.refusals import Forbidden, Invalid, NotFound, Refused
from tests.grants.scene import (
    ADMINISTRATOR,
    APPROVER,
    ARTIST,
    FINANCE,
    FUNDER,
    GRANT,
    OFFICER,
    PAYMENTS,
    STRANGER,
    accepted,
    member_too,
    offered,
    paid,
    payable,
    report_submitted,
    reported,
    requested,
    world_with_grant,
)

NOT_FOUND = (NotFound, "Not found, or you have no access.")
SUBMIT = SubmitGrantReport(grant=GRANT, text="It was shown in May.")
ACCEPT = AcceptGrantReport(grant=GRANT, report=1)
RETURN = ReturnGrantReport(grant=GRANT, report=1, reason="unclear")
ANSWERS = [ACCEPT, RETURN]
MEANWHILE: dict[str, tuple[Fact, ...]] = {
    "offered": offered(),
    "lapsed": (*offered(), GrantLapsed(grant=GRANT)),
    "completed": (*accepted(), GrantCompleted(grant=GRANT)),
}


def returned(number: int = 1) -> tuple[Fact, ...]:
    """A report that was returned."""
    return (
        report_submitted(number),
        GrantReportReturned(grant=GRANT, report=number, dossier=PAYMENTS, reason="unclear", explanation=None),
    )


def request(number: int) -> RequestInstalment:
    """The artist asks for an instalment."""
    return RequestInstalment(grant=GRANT, instalment=number)


class TestAnAcceptedGrant:
    def test_the_recipient_submits_a_report(self) -> None:
        world = world_with_grant(*accepted())
        command = SubmitGrantReport(grant=GRANT, text="  It was shown in May.\n")
        assert world.run(command, ARTIST) == Outcome(
            facts={
                GRANT: (
                    GrantReportSubmitted(
                        grant=GRANT, report=1, dossier=PAYMENTS, text="It was shown in May."
                    ),
                )
            },
            answers=GRANT,
        )

    @pytest.mark.parametrize(
        ("text", "detail"),
        [
            (" \n ", "This cannot be left empty."),
            ("x" * 50_001, "At most 50000 characters; this has 50001."),
        ],
    )
    def test_a_report_has_a_length(self, text: str, detail: str) -> None:
        command = SubmitGrantReport(grant=GRANT, text=text)
        assert world_with_grant(*accepted()).turned_down(command, ARTIST) == (Invalid, {"text": detail})

    @pytest.mark.parametrize("actor", [ADMINISTRATOR, OFFICER, FINANCE, APPROVER, FUNDER, STRANGER])
    def test_nobody_else_reports(self, actor: str) -> None:
        assert world_with_grant(*accepted()).turned_down(SUBMIT, actor) == NOT_FOUND

    @pytest.mark.parametrize("answer", ANSWERS)
    def test_a_report_that_was_never_submitted_is_not_answered(self, answer: Command) -> None:
        assert world_with_grant(*accepted()).turned_down(answer, OFFICER) == (
            NotFound,
            "This grant has no such report.",
        )


class TestASubmittedReport:
    def test_the_officer_accepts_it(self) -> None:
        world = world_with_grant(*accepted(), report_submitted())
        assert world.run(ACCEPT, OFFICER) == Outcome(
            facts={GRANT: (GrantReportAccepted(grant=GRANT, report=1),)}, answers=GRANT
        )

    @pytest.mark.parametrize(
        ("said", "kept"), [(" The receipts of June? ", "The receipts of June?"), ("  ", None), (None, None)]
    )
    def test_the_officer_returns_it_with_the_reason(self, said: str | None, kept: str | None) -> None:
        world = world_with_grant(*accepted(), report_submitted())
        command = ReturnGrantReport(grant=GRANT, report=1, reason="receipts_missing", explanation=said)
        assert world.run(command, OFFICER) == Outcome(
            facts={
                GRANT: (
                    GrantReportReturned(
                        grant=GRANT,
                        report=1,
                        dossier=PAYMENTS,
                        reason="receipts_missing",
                        explanation=kept,
                    ),
                )
            },
            answers=GRANT,
        )

    def test_an_explanation_has_a_limit(self) -> None:
        world = world_with_grant(*accepted(), report_submitted())
        command = ReturnGrantReport(grant=GRANT, report=1, reason="other", explanation="x" * 4001)
        assert world.turned_down(command, OFFICER) == (
            Invalid,
            {"explanation": "At most 4000 characters; this has 4001."},
        )

    def test_it_must_be_answered_before_the_next(self) -> None:
        world = world_with_grant(*accepted(), *reported(1), *returned(2), report_submitted(3))
        assert world.turned_down(SUBMIT, ARTIST) == (Refused, "Report 3 must be accepted or returned first.")

    def test_it_pays_nothing_before_it_is_accepted(self) -> None:
        world = world_with_grant(*payable((100_000, "report")), report_submitted())
        assert world.turned_down(request(1), ARTIST) == (
            Refused,
            "Instalment 1 needs an accepted report of its own; submit one first.",
        )

    @pytest.mark.parametrize("answer", ANSWERS)
    @pytest.mark.parametrize("actor", [ADMINISTRATOR, FINANCE, APPROVER, FUNDER])
    def test_no_other_member_answers_it(self, answer: Command, actor: str) -> None:
        world = world_with_grant(*accepted(), report_submitted())
        assert world.turned_down(answer, actor) == (
            Forbidden,
            "In this initiative, only people with this role can do this: officer.",
        )

    @pytest.mark.parametrize("answer", ANSWERS)
    def test_an_officer_does_not_answer_their_own(self, answer: Command) -> None:
        world = world_with_grant(*accepted(), report_submitted())
        member_too(world, ARTIST)
        assert world.turned_down(answer, ARTIST) == (
            Forbidden,
            "This is your own grant, so somebody else must do this.",
        )


class TestAnAnsweredReport:
    @pytest.mark.parametrize("answer", ANSWERS)
    @pytest.mark.parametrize(("before", "status"), [(reported(), "accepted"), (returned(), "returned")])
    def test_it_is_not_answered_again(self, answer: Command, before: tuple[Fact, ...], status: str) -> None:
        assert world_with_grant(*accepted(), *before).turned_down(answer, OFFICER) == (
            Refused,
            f"Only a submitted report can be accepted or returned; this one is {status}.",
        )

    @pytest.mark.parametrize("before", [reported(), returned()])
    def test_the_next_one_gets_the_next_number(self, before: tuple[Fact, ...]) -> None:
        world = world_with_grant(*accepted(), *before)
        assert world.run(SUBMIT, ARTIST) == Outcome(facts={GRANT: (report_submitted(2),)}, answers=GRANT)

    def test_a_returned_one_pays_nothing(self) -> None:
        world = world_with_grant(*payable((100_000, "report")), *returned())
        assert world.turned_down(request(1), ARTIST) == (
            Refused,
            "Instalment 1 needs an accepted report of its own; submit one first.",
        )

    def test_an_accepted_one_meets_an_instalments_condition(self) -> None:
        world = world_with_grant(*payable((100_000, "report")), *reported())
        assert world.run(request(1), ARTIST) == Outcome(
            facts={GRANT: (GrantInstalmentRequested(grant=GRANT, instalment=1, report=1),)}, answers=GRANT
        )

    def test_an_instalment_without_a_condition_uses_none_up(self) -> None:
        world = world_with_grant(*payable(), *reported())
        assert world.run(request(1), ARTIST) == Outcome(
            facts={GRANT: (GrantInstalmentRequested(grant=GRANT, instalment=1, report=None),)},
            answers=GRANT,
        )


class TestSeveralReports:
    def test_one_report_meets_one_instalments_condition(self) -> None:
        world = world_with_grant(
            *payable((50_000, "report"), (50_000, "report")), *reported(), requested(1, report=1)
        )
        assert world.turned_down(request(2), ARTIST) == (
            Refused,
            "Instalment 2 needs an accepted report of its own; submit one first.",
        )

    def test_one_that_was_paid_for_is_used_up_for_ever(self) -> None:
        world = world_with_grant(
            *payable((50_000, "report"), (50_000, "report")), *reported(), *paid(1, 50_000, report=1)
        )
        assert world.state(state.GRANT, GRANT).unused_reports == ()
        assert world.turned_down(request(2), ARTIST) == (
            Refused,
            "Instalment 2 needs an accepted report of its own; submit one first.",
        )

    def test_the_oldest_unused_one_is_used_whatever_was_returned_in_between(self) -> None:
        world = world_with_grant(
            *payable((50_000, "report"), (50_000, "report")),
            *returned(1),
            *reported(2),
            *reported(3),
            report_submitted(4),
        )
        assert world.state(state.GRANT, GRANT).unused_reports == (2, 3)
        assert world.run(request(1), ARTIST) == Outcome(
            facts={GRANT: (requested(1, report=2),)}, answers=GRANT
        )
        assert world.run(request(2), ARTIST) == Outcome(
            facts={GRANT: (requested(2, report=3),)}, answers=GRANT
        )


class TestAGrantThatIsNotAccepted:
    @pytest.mark.parametrize("status", MEANWHILE)
    def test_nothing_is_reported_on_it(self, status: str) -> None:
        assert world_with_grant(*MEANWHILE[status]).turned_down(SUBMIT, ARTIST) == (
            Refused,
            f"This is possible only for an accepted grant; this one is {status}.",
        )
