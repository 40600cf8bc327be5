"""An instalment's way: requested by the recipient, approved by two others, instructed, and settled or failed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from domain import access
from domain.commands.grants.instalments import (
    ApproveInstalment,
    FailInstalment,
    InstructInstalment,
    RequestInstalment,
    SettleInstalment,
)
from domain.deciding import Allowed, Command, Fact, Outcome
from domain.grants import state
from domain.grants.facts import (
    GrantCompleted,
    GrantInstalmentApproved,
    GrantInstalmentFailed,
    GrantInstalmentRequested,
    GrantInstalmentSettled,
)
from domain.refusals import Forbidden, Invalid, NotFound, Refused
from domain.values import Money, Role
from tests.grants.scene import (
    ADMINISTRATOR,
    APPROVER,
    ARTIST,
    BOTH,
    FINANCE,
    FUNDER,
    GRANT,
    OFFICER,
    OTHER_FINANCE,
    PAYMENTS,
    STRANGER,
    TODAY,
    UNCHARGED,
    accepted,
    approved,
    euros,
    instructed,
    kept,
    member_too,
    offered,
    paid,
    payable,
    payee_confirmed,
    payee_set,
    requested,
    scheduled,
    settled,
    world_with_grant,
)

NOT_FOUND = (NotFound, "Not found, or you have no access.")
REQUEST = RequestInstalment(grant=GRANT, instalment=1)
APPROVE = ApproveInstalment(grant=GRANT, instalment=1)
INSTRUCT = InstructInstalment(grant=GRANT, instalment=1, reference="BATCH-1")
SETTLE = SettleInstalment(grant=GRANT, instalment=1, amount=euros("600"), settled_on=TODAY)
FAIL = FailInstalment(grant=GRANT, instalment=1, reason="held_by_bank")
FAILED = GrantInstalmentFailed(grant=GRANT, instalment=1, reason="held_by_bank", approvals_ended=0)


def approved_once(approver: str = FINANCE) -> GrantInstalmentApproved:
    """A first person approved the first instalment."""
    return GrantInstalmentApproved(grant=GRANT, instalment=1, approver=approver, approval=1)


BY_STATUS: dict[str, tuple[Fact, ...]] = {
    "scheduled": payable(),
    "requested": (*payable(), requested()),
    "approved once": (*payable(), requested(), approved_once()),
    "approved": (*payable(), requested(), *approved()),
    "instructed": (*payable(), requested(), *approved(), instructed()),
    "failed": (*payable(), requested(), *approved(), instructed(), FAILED),
    "settled": (*payable(), *paid(1, 60_000)),
}
"""The facts that bring the first instalment, of 600.00 EUR, into each of its states."""


def but(*left_out: str) -> list[str]:
    """All states but these."""
    return [status for status in BY_STATUS if status not in left_out]


def reference(text: str) -> InstructInstalment:
    """The bank is told to pay under this reference."""
    return InstructInstalment(grant=GRANT, instalment=1, reference=text)


class TestAScheduledInstalment:
    def test_the_recipient_requests_it(self) -> None:
        assert world_with_grant(*BY_STATUS["scheduled"]).run(REQUEST, ARTIST) == Outcome(
            facts={GRANT: (GrantInstalmentRequested(grant=GRANT, instalment=1, report=None),)}, answers=GRANT
        )

    @pytest.mark.parametrize("actor", [ADMINISTRATOR, OFFICER, FINANCE, APPROVER, FUNDER, STRANGER])
    def test_nobody_else_requests_it(self, actor: str) -> None:
        assert world_with_grant(*BY_STATUS["scheduled"]).turned_down(REQUEST, actor) == NOT_FOUND

    @pytest.mark.parametrize("payee", [(), (payee_set(),)], ids=["none", "unconfirmed"])
    def test_it_is_not_requested_before_a_payee_is_confirmed(self, payee: tuple[Fact, ...]) -> None:
        world = world_with_grant(*accepted(), *payee, scheduled((60_000, "none")))
        assert world.turned_down(REQUEST, ARTIST) == (
            Refused,
            "An instalment can be requested once the bank details are added and confirmed.",
        )

    def test_one_without_a_condition_is_requested_in_any_order(self) -> None:
        world = world_with_grant(*payable((60_000, "report"), (40_000, "none")))
        assert world.run(RequestInstalment(grant=GRANT, instalment=2), ARTIST) == Outcome(
            facts={GRANT: (requested(2),)}, answers=GRANT
        )

    def test_one_that_follows_a_report_needs_all_earlier_ones_first(self) -> None:
        """Before it needs the report: the sentence names the first that is missing."""
        world = world_with_grant(
            *payable((30_000, "none"), (30_000, "none"), (40_000, "report")), requested(1)
        )
        assert world.turned_down(RequestInstalment(grant=GRANT, instalment=3), ARTIST) == (
            Refused,
            "Instalment 3 follows a report, so instalment 2 must be requested first.",
        )

    def test_one_that_follows_a_report_needs_one_of_its_own(self) -> None:
        world = world_with_grant(*payable(), requested(1))
        assert world.turned_down(RequestInstalment(grant=GRANT, instalment=2), ARTIST) == (
            Refused,
            "Instalment 2 needs an accepted report of its own; submit one first.",
        )


class TestARequestedInstalment:
    @pytest.mark.parametrize("actor", [FINANCE, OTHER_FINANCE, BOTH])
    def test_finance_approves_it_first(self, actor: str) -> None:
        assert world_with_grant(*BY_STATUS["requested"]).run(APPROVE, actor) == Outcome(
            facts={GRANT: (approved_once(actor),)}, answers=GRANT
        )

    @pytest.mark.parametrize("actor", [ADMINISTRATOR, OFFICER, APPROVER, FUNDER])
    def test_no_other_member_approves_it_first(self, actor: str) -> None:
        assert world_with_grant(*BY_STATUS["requested"]).turned_down(APPROVE, actor) == (
            Forbidden,
            "In this initiative, only people with this role can do this: finance.",
        )


class TestAnInstalmentApprovedOnce:
    def test_an_approver_approves_it_second(self) -> None:
        assert world_with_grant(*BY_STATUS["approved once"]).run(APPROVE, APPROVER) == Outcome(
            facts={
                GRANT: (GrantInstalmentApproved(grant=GRANT, instalment=1, approver=APPROVER, approval=2),)
            },
            answers=GRANT,
        )

    @pytest.mark.parametrize("actor", [ADMINISTRATOR, OFFICER, FINANCE, OTHER_FINANCE, FUNDER])
    def test_no_other_member_approves_it_second(self, actor: str) -> None:
        assert world_with_grant(*BY_STATUS["approved once"]).turned_down(APPROVE, actor) == (
            Forbidden,
            "In this initiative, only people with this role can do this: approver.",
        )

    def test_one_who_holds_both_roles_does_not_approve_it_twice(self) -> None:
        world = world_with_grant(*payable(), requested(), approved_once(BOTH))
        assert world.turned_down(APPROVE, BOTH) == (
            Refused,
            "You gave the first approval; the second must come from somebody else.",
        )

    def test_one_who_holds_both_roles_approves_it_after_another(self) -> None:
        assert world_with_grant(*BY_STATUS["approved once"]).run(APPROVE, BOTH) == Outcome(
            facts={GRANT: (GrantInstalmentApproved(grant=GRANT, instalment=1, approver=BOTH, approval=2),)},
            answers=GRANT,
        )


class TestAnInstalmentThatWaitsForApproval:
    @pytest.mark.parametrize("status", ["requested", "approved once"])
    def test_its_recipient_never_approves_it(self, status: str) -> None:
        world = world_with_grant(*BY_STATUS[status])
        member_too(world, ARTIST)
        assert world.turned_down(APPROVE, ARTIST) == (
            Forbidden,
            "This is your own grant, so somebody else must do this.",
        )

    @pytest.mark.parametrize("status", ["requested", "approved once"])
    def test_the_rule_itself_keeps_the_recipient_from_approving(
        self, status: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whatever access may say."""
        monkeypatch.setattr(access, "approver_on_grant", lambda *_, **__: Allowed(Role.APPROVER))
        assert world_with_grant(*BY_STATUS[status]).turned_down(APPROVE, ARTIST) == (
            Refused,
            "The recipient cannot approve an instalment; somebody else must.",
        )

    @pytest.mark.parametrize("status", but("requested", "approved once", "failed"))
    @pytest.mark.parametrize("actor", [FINANCE, APPROVER])
    def test_no_other_is_approved(self, status: str, actor: str) -> None:
        assert world_with_grant(*BY_STATUS[status]).turned_down(APPROVE, actor) == (
            Refused,
            f"Only a requested instalment can be approved; this one is {status}.",
        )


class TestAnApprovedInstalment:
    def test_finance_tells_the_bank_to_pay_the_confirmed_payee(self) -> None:
        assert world_with_grant(*BY_STATUS["approved"]).run(INSTRUCT, FINANCE) == Outcome(
            facts={GRANT: (instructed(setting=1),), PAYMENTS: (kept(),)}, answers=GRANT
        )

    @pytest.mark.parametrize(
        ("text", "kept"),
        [
            *((text, text) for text in ("A", "x" * 35, "aZ09/?:().,'+ -z")),
            *((text, "A B") for text in (" A B", "A B ", "A\nB", "A\tB")),
        ],
    )
    def test_a_reference_is_what_every_bank_carries(self, text: str, kept: str) -> None:
        """A line as every other is: without blanks at its ends, and a line's end is a blank."""
        world = world_with_grant(*BY_STATUS["approved"])
        world.run(reference(text), FINANCE)
        (last,) = world.facts(GRANT)[-1:]
        assert getattr(last, "reference", None) == kept

    @pytest.mark.parametrize(
        ("text", "detail"),
        [
            *((text, "This cannot be left empty.") for text in ("", " ", "\n")),
            ("x" * 36, "At most 35 characters; this has 36."),
            *(
                (
                    text,
                    "Use only the letters A to Z, digits, spaces and the characters / - ? : ( ) . , ' +",
                )
                for text in ("A_1", "Schnee & Eis", "Зима", "é", "٣", "A*")
            ),
        ],
    )
    def test_any_other_reference_is_not(self, text: str, detail: str) -> None:
        assert world_with_grant(*BY_STATUS["approved"]).turned_down(reference(text), FINANCE) == (
            Invalid,
            {"reference": detail},
        )

    @pytest.mark.parametrize("actor", [ADMINISTRATOR, OFFICER, APPROVER, FUNDER])
    @pytest.mark.parametrize(
        ("status", "command"), [("approved", INSTRUCT), ("instructed", SETTLE), ("instructed", FAIL)]
    )
    def test_no_other_member_pays_it(self, status: str, command: Command, actor: str) -> None:
        assert world_with_grant(*BY_STATUS[status]).turned_down(command, actor) == (
            Forbidden,
            "In this initiative, only people with this role can do this: finance.",
        )

    @pytest.mark.parametrize(
        ("status", "command"), [("approved", INSTRUCT), ("instructed", SETTLE), ("instructed", FAIL)]
    )
    def test_a_recipient_who_handles_money_does_not_pay_themself(self, status: str, command: Command) -> None:
        world = world_with_grant(*BY_STATUS[status])
        member_too(world, ARTIST)
        assert world.turned_down(command, ARTIST) == (
            Forbidden,
            "This is your own grant, so somebody else must do this.",
        )


class TestAnInstructedInstalment:
    @pytest.mark.parametrize("settled_on", [TODAY, TODAY - timedelta(days=1)])
    def test_finance_finds_it_settled_to_the_last_cent(self, settled_on: date) -> None:
        command = SettleInstalment(grant=GRANT, instalment=1, amount=euros("600.00"), settled_on=settled_on)
        assert world_with_grant(*BY_STATUS["instructed"]).run(command, FINANCE) == Outcome(
            facts={
                GRANT: (
                    GrantInstalmentSettled(
                        grant=GRANT,
                        instalment=1,
                        amount=60_000,
                        currency="EUR",
                        settled_on=settled_on,
                        **UNCHARGED,
                    ),
                )
            },
            answers=GRANT,
        )

    @pytest.mark.parametrize("amount", ["599.99", "600.01", "400.00", "1000.00"])
    def test_another_sum_does_not_settle_it(self, amount: str) -> None:
        command = SettleInstalment(grant=GRANT, instalment=1, amount=euros(amount), settled_on=TODAY)
        assert world_with_grant(*BY_STATUS["instructed"]).turned_down(command, FINANCE) == (
            Refused,
            f"The instalment is 600.00 EUR, so a payment of {amount} EUR does not match it.",
        )

    @pytest.mark.parametrize(
        ("amount", "field", "detail"),
        [
            (Money(amount="600", currency="USD"), "amount.currency", "The amount must be in EUR."),
            (euros("0"), "amount.amount", "The amount must be at least 0.01 EUR."),
            (euros("600.0010"), "amount.amount", "An amount in EUR has at most 2 decimals; this has 4."),
        ],
    )
    def test_neither_does_another_currency_nor_nothing(self, amount: Money, field: str, detail: str) -> None:
        command = SettleInstalment(grant=GRANT, instalment=1, amount=amount, settled_on=TODAY)
        assert world_with_grant(*BY_STATUS["instructed"]).turned_down(command, FINANCE) == (
            Invalid,
            {field: detail},
        )

    def test_it_is_not_settled_on_a_day_that_has_begun_nowhere(self) -> None:
        """At 09:59 UTC it is the same day in every time zone; a minute later the next has begun in the earliest."""
        day = TODAY + timedelta(days=2)
        command = SettleInstalment(grant=GRANT, instalment=1, amount=euros("600"), settled_on=day)
        begun = datetime(2026, 3, 3, 10, tzinfo=UTC)
        world = world_with_grant(*BY_STATUS["instructed"])
        assert world.turned_down(command, FINANCE, begun - timedelta(minutes=1)) == (
            Invalid,
            {"settled_on": "This day is in the future."},
        )
        assert world.run(command, FINANCE, begun).answers == GRANT

    def test_finance_finds_that_it_failed(self) -> None:
        assert world_with_grant(*BY_STATUS["instructed"]).run(FAIL, FINANCE) == Outcome(
            facts={GRANT: (FAILED,)}, answers=GRANT
        )


class TestAFailedInstalment:
    @pytest.mark.parametrize("actor", [FINANCE, APPROVER])
    def test_it_is_not_approved_again(self, actor: str) -> None:
        kind, _ = world_with_grant(*BY_STATUS["failed"]).turned_down(APPROVE, actor)
        assert kind is Refused

    def test_it_is_instructed_again(self) -> None:
        world = world_with_grant(*BY_STATUS["failed"])
        assert world.run(INSTRUCT, FINANCE) == Outcome(facts={GRANT: (instructed(),)}, answers=GRANT)

    def test_and_then_settled(self) -> None:
        world = world_with_grant(*BY_STATUS["failed"], instructed())
        assert world.run(SETTLE, FINANCE) == Outcome(facts={GRANT: (settled(1, 60_000),)}, answers=GRANT)
        assert world.state(state.GRANT, GRANT).settled == 60_000


class TestWhatIsNotItsTurn:
    """A step that does not follow from the one before is refused, in any state."""

    @pytest.mark.parametrize("status", but("scheduled"))
    def test_it_is_requested_once(self, status: str) -> None:
        assert world_with_grant(*BY_STATUS[status]).turned_down(REQUEST, ARTIST) == (
            Refused,
            f"Only a scheduled instalment can be requested; this one is {status}.",
        )

    @pytest.mark.parametrize("status", but("approved", "failed"))
    def test_it_is_instructed_after_both_approvals_and_once(self, status: str) -> None:
        assert world_with_grant(*BY_STATUS[status]).turned_down(INSTRUCT, FINANCE) == (
            Refused,
            f"Only an instalment approved twice can be sent to the bank; this one is {status}.",
        )

    @pytest.mark.parametrize("status", but("instructed"))
    @pytest.mark.parametrize("command", [SETTLE, FAIL])
    def test_it_is_settled_or_failed_after_the_bank_was_told(self, status: str, command: Command) -> None:
        assert world_with_grant(*BY_STATUS[status]).turned_down(command, FINANCE) == (
            Refused,
            f"Only an instalment that was sent to the bank can be recorded as paid or failed; this one is {status}.",
        )

    def test_a_grant_whose_payee_was_confirmed_at_last_is_paid(self) -> None:
        """The whole way, each step by the one whose it is."""
        world = world_with_grant(
            *accepted(), payee_set(), payee_set(2), payee_confirmed(2), scheduled((60_000, "none"))
        )
        for command, actor in (
            (REQUEST, ARTIST),
            (APPROVE, FINANCE),
            (APPROVE, APPROVER),
            (INSTRUCT, FINANCE),
            (SETTLE, FINANCE),
        ):
            world.run(command, actor)
        assert world.facts(GRANT)[-5:] == (
            requested(),
            *approved(),
            instructed(setting=2),
            settled(1, 60_000),
        )


class TestAnInstalmentThatIsNotThere:
    @pytest.mark.parametrize("number", [0, 3, -1])
    @pytest.mark.parametrize(
        ("command", "actor"),
        [(REQUEST, ARTIST), (APPROVE, FINANCE), (INSTRUCT, FINANCE), (SETTLE, FINANCE), (FAIL, FINANCE)],
    )
    def test_it_is_not_found(self, number: int, command: Command, actor: str) -> None:
        elsewhere = msgspec.structs.replace(command, instalment=number)
        assert world_with_grant(*payable()).turned_down(elsewhere, actor) == (
            NotFound,
            "This grant has no such instalment.",
        )


class TestAGrantThatIsNotAccepted:
    @pytest.mark.parametrize(
        ("facts", "status"),
        [(offered(), "offered"), ((*payable(), GrantCompleted(grant=GRANT)), "completed")],
    )
    def test_nothing_is_requested(self, facts: tuple[Fact, ...], status: str) -> None:
        assert world_with_grant(*facts).turned_down(REQUEST, ARTIST) == (
            Refused,
            f"This is possible only for an accepted grant; this one is {status}.",
        )
