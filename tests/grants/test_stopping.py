"""A grant that cannot go on as it was: suspended for a time, resumed, or ended before all of it was paid."""

from __future__ import annotations

import pytest

from domain import due_dates, funds
from domain.applications.rules import check_can_be_erased
from domain.applications.state import APPLICATION as APPLICATIONS
from domain.commands.grants.ending import CompleteGrant, TerminateGrant
from domain.commands.grants.instalments import (
    ApproveInstalment,
    FailInstalment,
    InstructInstalment,
    RequestInstalment,
    SettleInstalment,
)
from domain.commands.grants.payee import ConfirmGrantPayee, SetGrantPayee
from domain.commands.grants.reports import SubmitGrantReport
from domain.commands.grants.suspending import ResumeGrant, SuspendGrant
from domain.deciding import Command, Fact, Outcome
from domain.funds import FundReleased
from domain.grants import state
from domain.grants.facts import (
    GrantCompleted,
    GrantDeclined,
    GrantInstalmentFailed,
    GrantLapsed,
    GrantResumed,
    GrantSuspended,
    GrantTerminated,
)
from domain.grants.statuses import ENDED, GrantStatus, InstalmentStatus
from domain.persons.facts import PersonErased
from domain.refusals import Refused
from tests.grants.scene import (
    APPLICATION,
    APPROVER,
    ARTIST,
    FINANCE,
    FUND,
    GRANT,
    IBAN,
    OFFICER,
    PAYMENTS,
    TODAY,
    accepted,
    approved,
    euros,
    instructed,
    offered,
    paid,
    payable,
    payee_set,
    requested,
    world_with_grant,
)

ONE = {"grant": GRANT, "instalment": 1}
SUSPEND = SuspendGrant(grant=GRANT, reason="report_overdue", explanation=" Where is it? ")
SUSPENDED = GrantSuspended(grant=GRANT, dossier=PAYMENTS, reason="report_overdue", explanation="Where is it?")
RESUMED = GrantResumed(grant=GRANT)
TERMINATE = TerminateGrant(grant=GRANT, reason="terms_broken")
TERMINATED = GrantTerminated(grant=GRANT, dossier=PAYMENTS, reason="terms_broken", explanation=None)
INSTRUCT = InstructInstalment(**ONE, reference="BATCH-1")
SETTLE = SettleInstalment(**ONE, amount=euros("600"), settled_on=TODAY)
SET = SetGrantPayee(grant=GRANT, kind="recipient", name="Applicant One", account=IBAN)


def only_accepted(status: str) -> tuple[type[Exception], str]:
    """The refusal of what needs a grant that goes on."""
    return (Refused, f"This is possible only for an accepted grant; this one is {status}.")


class TestAGrantThatGoesOn:
    def test_the_officer_suspends_it_with_a_reason(self) -> None:
        world = world_with_grant(*accepted())
        assert world.run(SUSPEND, OFFICER) == Outcome(facts={GRANT: (SUSPENDED,)}, answers=GRANT)
        assert world.state(state.GRANT, GRANT).status is GrantStatus.SUSPENDED

    def test_it_is_not_resumed(self) -> None:
        assert world_with_grant(*accepted()).turned_down(ResumeGrant(grant=GRANT), OFFICER) == (
            Refused,
            "Only a suspended grant can be resumed; this one is accepted.",
        )


class TestASuspendedGrant:
    @pytest.mark.parametrize(
        ("facts", "command", "actor"),
        [
            (payable(), RequestInstalment(**ONE), ARTIST),
            ((*payable(), requested()), ApproveInstalment(**ONE), FINANCE),
            ((*payable(), requested(), *approved()[:1]), ApproveInstalment(**ONE), APPROVER),
            ((*payable(), requested(), *approved()), INSTRUCT, FINANCE),
            ((*accepted(), payee_set()), ConfirmGrantPayee(grant=GRANT, setting=1), FINANCE),
            ((*payable((60_000, "none")), *paid(1, 60_000)), CompleteGrant(grant=GRANT), OFFICER),
            (accepted(), SUSPEND, OFFICER),
        ],
        ids=["request", "approve first", "approve second", "instruct", "confirm", "complete", "suspend"],
    )
    def test_nothing_goes_on_until_it_is_resumed(
        self, facts: tuple[Fact, ...], command: Command, actor: str
    ) -> None:
        world = world_with_grant(*facts, SUSPENDED)
        assert world.turned_down(command, actor) == only_accepted("suspended")
        world.run(ResumeGrant(grant=GRANT), OFFICER)
        assert world.run(command, actor).answers == GRANT

    def test_a_failed_payment_is_not_sent_again(self) -> None:
        failed = GrantInstalmentFailed(**ONE, reason="other", approvals_ended=0)
        world = world_with_grant(*payable(), requested(), *approved(), instructed(), failed, SUSPENDED)
        assert world.turned_down(INSTRUCT, FINANCE) == only_accepted("suspended")

    @pytest.mark.parametrize("command", [SETTLE, FailInstalment(**ONE, reason="held_by_bank")])
    def test_what_the_bank_was_told_before_is_recorded(self, command: Command) -> None:
        """It may have paid."""
        world = world_with_grant(*payable(), requested(), *approved(), instructed(), SUSPENDED)
        assert world.run(command, FINANCE).answers == GRANT

    @pytest.mark.parametrize("command", [SET, SubmitGrantReport(grant=GRANT, text="It was shown.")])
    def test_the_recipient_can_mend_what_stopped_it(self, command: Command) -> None:
        assert world_with_grant(*payable(), SUSPENDED).run(command, ARTIST).answers == GRANT

    def test_approvals_count_when_it_goes_on(self) -> None:
        world = world_with_grant(*payable(), requested(), *approved(), SUSPENDED, RESUMED)
        assert world.run(INSTRUCT, FINANCE).answers == GRANT

    def test_no_due_date_hangs_on_it(self) -> None:
        """An offer lapses; what was accepted does not, suspended or not."""
        assert [due_dates.set_by(fact) for fact in (SUSPENDED, RESUMED, TERMINATED)] == [None] * 3


class TestAGrantThatIsEnded:
    @pytest.mark.parametrize("suspended", [(), (SUSPENDED,)], ids=["going on", "suspended"])
    @pytest.mark.parametrize(
        ("since", "released"),
        [
            ((), 100_000),
            (paid(1, 60_000), 40_000),
            ((requested(), *approved()), 100_000),
        ],
        ids=["unpaid", "partly paid", "approved"],
    )
    def test_what_was_not_paid_returns_to_the_fund(
        self, since: tuple[Fact, ...], released: int, suspended: tuple[Fact, ...]
    ) -> None:
        world = world_with_grant(*payable(), *since, *suspended)
        assert world.run(TERMINATE, OFFICER) == Outcome(
            facts={
                GRANT: (TERMINATED,),
                FUND: (FundReleased(fund=FUND, grant=GRANT, amount=released, reason="grant_terminated"),),
            },
            answers=GRANT,
        )
        assert world.state(funds.FUND, FUND).available == 900_000 + released

    def test_nothing_is_released_where_all_was_paid(self) -> None:
        world = world_with_grant(*payable((100_000, "none")), *paid(1, 100_000))
        assert world.run(TERMINATE, OFFICER).facts == {GRANT: (TERMINATED,)}

    def test_its_unpaid_instalments_are_cancelled(self) -> None:
        world = world_with_grant(*payable(), *paid(1, 60_000), TERMINATED)
        found = world.state(state.GRANT, GRANT)
        assert {number: each.status for number, each in found.instalments.items()} == {
            1: InstalmentStatus.SETTLED,
            2: InstalmentStatus.CANCELLED,
        }
        assert found.settled == 60_000

    def test_not_while_the_bank_has_an_order(self) -> None:
        """Or money could leave that was released."""
        world = world_with_grant(*payable(), requested(), *approved(), instructed())
        assert world.turned_down(TERMINATE, OFFICER) == (
            Refused,
            "Instalment 1 is with the bank. Record first whether it was paid; then the grant can be ended.",
        )
        world.run(FailInstalment(**ONE, reason="held_by_bank"), FINANCE)
        assert world.run(TERMINATE, OFFICER).answers == GRANT

    def test_also_when_its_recipient_was_erased(self) -> None:
        """Which is the only way left to get the money back."""
        world = world_with_grant(*payable())
        world.given(ARTIST, PersonErased(person=ARTIST, reason="safety", dossiers=(PAYMENTS,), kept=()))
        assert world.run(TERMINATE, OFFICER).answers == GRANT

    @pytest.mark.parametrize(
        ("command", "actor"),
        [
            (RequestInstalment(**ONE), ARTIST),
            (SET, ARTIST),
            (SubmitGrantReport(grant=GRANT, text="It was shown."), ARTIST),
            (SUSPEND, OFFICER),
            (TERMINATE, OFFICER),
            (CompleteGrant(grant=GRANT), OFFICER),
        ],
    )
    def test_nothing_follows(self, command: Command, actor: str) -> None:
        assert world_with_grant(*payable(), TERMINATED).turned_down(command, actor) == only_accepted(
            "terminated"
        )

    def test_its_application_can_be_forgotten_like_that_of_any_grant_that_ended(self) -> None:
        world = world_with_grant(*payable(), TERMINATED)
        ended = world.state(state.GRANT, GRANT).status in ENDED
        check_can_be_erased(world.state(APPLICATIONS, APPLICATION), grant_has_ended=ended)


class TestAGrantThatIsNotAccepted:
    @pytest.mark.parametrize("command", [SUSPEND, TERMINATE])
    @pytest.mark.parametrize(
        ("facts", "status"),
        [
            (offered(), "offered"),
            (
                (
                    *offered(),
                    GrantDeclined(grant=GRANT, dossier=PAYMENTS, reason="terms", explanation=None),
                ),
                "declined",
            ),
            ((*offered(), GrantLapsed(grant=GRANT)), "lapsed"),
            ((*accepted(), GrantCompleted(grant=GRANT)), "completed"),
        ],
    )
    def test_it_is_neither_suspended_nor_ended(
        self, command: Command, facts: tuple[Fact, ...], status: str
    ) -> None:
        assert world_with_grant(*facts).turned_down(command, OFFICER) == only_accepted(status)
