"""Asking for what can be done with a grant and its instalments."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator
from datetime import date, datetime
from typing import Any, Protocol

from domain import access, funds
from domain.applications import APPLICATION
from domain.calls import CALL
from domain.deciding import (
    Act,
    Command,
    Due,
    Fact,
    Given,
    Outcome,
    Plan,
    Registered,
    Verdict,
    Wish,
    ahead,
    maybe,
    members,
    the,
)
from domain.funds import FUND
from domain.grants import rules
from domain.grants.facts import DeclineReason, FailureReason, PayeeKind, ReturnReason
from domain.grants.rules import PlannedInstalment
from domain.grants.state import GRANT, Grant
from domain.indexes import conflicts_of, grants_of, instructed_on
from domain.initiatives import INITIATIVE, Initiative
from domain.persons import PERSON, Person
from domain.values import Money


class OfferGrant(Command, frozen=True, kw_only=True):
    """Offer the applicant of an awarded application the sum awarded, until `respond_by`, a time with its offset."""

    application: str
    respond_by: datetime


class AcceptGrant(Command, frozen=True, kw_only=True):
    """Accept the grant that one was offered."""

    grant: str


class DeclineGrant(Command, frozen=True, kw_only=True):
    """Decline the grant that one was offered, with the reason."""

    grant: str
    reason: DeclineReason
    explanation: str | None = None


class LapseGrant(Command, frozen=True, kw_only=True):
    """End an offer that was not answered; the program does this by itself once the time to respond has passed."""

    grant: str


class SetGrantPayee(Command, frozen=True, kw_only=True):
    """Say to whom, and to which account (an IBAN, or another account in words), one's grant is paid."""

    grant: str
    kind: PayeeKind
    name: str
    account: str


class ConfirmGrantPayee(Command, frozen=True, kw_only=True):
    """Confirm the payee of a grant as it was seen in that `setting`."""

    grant: str
    setting: int


class ScheduleGrant(Command, frozen=True, kw_only=True):
    """Divide a grant into instalments, which are numbered in the order given."""

    grant: str
    instalments: tuple[PlannedInstalment, ...]


class SubmitGrantReport(Command, frozen=True, kw_only=True):
    """Report on what was done with one's grant."""

    grant: str
    text: str


class AcceptGrantReport(Command, frozen=True, kw_only=True):
    """Accept a report on a grant."""

    grant: str
    report: int


class ReturnGrantReport(Command, frozen=True, kw_only=True):
    """Return a report on a grant, with the reason."""

    grant: str
    report: int
    reason: ReturnReason
    explanation: str | None = None


class CompleteGrant(Command, frozen=True, kw_only=True):
    """End a grant that is paid and reported; what was not scheduled returns to the fund."""

    grant: str


class RequestInstalment(Command, frozen=True, kw_only=True):
    """Ask for an instalment of one's grant."""

    grant: str
    instalment: int


class ApproveInstalment(Command, frozen=True, kw_only=True):
    """Approve an instalment, as the first person or as the second."""

    grant: str
    instalment: int


class InstructInstalment(Command, frozen=True, kw_only=True):
    """Record that the bank was told to pay an instalment, under a reference that becomes public."""

    grant: str
    instalment: int
    reference: str


class SettleInstalment(Command, frozen=True, kw_only=True):
    """Record that the bank paid an instalment, by the bank's calendar on `settled_on`."""

    grant: str
    instalment: int
    amount: Money
    settled_on: date


class FailInstalment(Command, frozen=True, kw_only=True):
    """Record that the bank did not pay an instalment, with the reason."""

    grant: str
    instalment: int
    reason: FailureReason


Rule = Callable[[Grant], tuple[Fact, ...]]


def _answer_due(grant_id: str) -> str:
    """The key of the due date at which an offer lapses."""
    return f"lapse {grant_id}"


def _by_recipient(grant_id: str, given: Given, rule: Rule) -> Plan:
    """The plan of every act by which the recipient changes the grant alone."""
    grant = yield from the(GRANT, grant_id)
    return Act(
        may=access.recipient(given.actor, grant),
        initiative=grant.initiative,
        scope=grant.call,
        decide=lambda: Outcome(facts={grant_id: rule(grant)}, answers=grant_id),
    )


class _May(Protocol):
    """What access says of a member's act on a grant."""

    def __call__(
        self, actor: str, initiative: Initiative, grant: Grant, *, conflicts: Collection[str]
    ) -> Verdict: ...


def _by_staff(
    grant_id: str,
    given: Given,
    may: _May,
    rule: Callable[[Grant, Person], tuple[Fact, ...]],
    entries: tuple[tuple[str, str], ...] = (),
) -> Plan:
    """The plan of every act by which a member of the initiative changes the grant alone. The rule is given the
    recipient, too."""
    grant = yield from the(GRANT, grant_id)
    yield from ahead(
        (INITIATIVE, grant.initiative), (APPLICATION, grant.application), (PERSON, grant.recipient)
    )
    initiative = yield from the(INITIATIVE, grant.initiative)
    recipient = yield from maybe(PERSON, grant.recipient)
    conflicts = yield from _conflicts(grant, given)
    return Act(
        may=may(given.actor, initiative, grant, conflicts=conflicts),
        initiative=grant.initiative,
        scope=grant.call,
        decide=lambda: Outcome(facts={grant_id: rule(grant, recipient)}, answers=grant_id, entries=entries),
    )


def _conflicts(grant: Grant, given: Given) -> Generator[Wish, Any, tuple[str, ...]]:
    """The applications of a grant's round with which the actor declared a conflict."""
    application = yield from the(APPLICATION, grant.application)
    return (yield from members(conflicts_of(given.actor, application.round)))


def _offer(command: OfferGrant, given: Given) -> Plan:
    application = yield from the(APPLICATION, command.application)
    yield from ahead(
        (CALL, application.call), (INITIATIVE, application.initiative), (PERSON, application.applicant)
    )
    call = yield from the(CALL, application.call)
    initiative = yield from the(INITIATIVE, application.initiative)
    fund = yield from the(FUND, call.fund)
    recipient = yield from maybe(PERSON, application.applicant)
    conflicts = yield from members(conflicts_of(given.actor, application.round))
    grant = given.new("grant")

    def decide() -> Outcome:
        offered = rules.offer(
            grant,
            command.application,
            application,
            call,
            fund,
            recipient,
            respond_by=command.respond_by,
            now=given.now,
        )
        committed = funds.commit(call.fund, fund, grant_id=grant, amount=application.awarded)
        return Outcome(
            facts={grant: offered, call.fund: committed},
            answers=grant,
            entries=((grants_of(application.call), grant),),
            claims=((f"grant of {command.application}", "This application was offered a grant already."),),
            due=(Due(key=_answer_due(grant), at=command.respond_by, command=LapseGrant(grant=grant)),),
        )

    return Act(
        may=access.offers(given.actor, initiative, command.application, application, conflicts=conflicts),
        initiative=application.initiative,
        scope=application.call,
        decide=decide,
    )


def _accept(command: AcceptGrant, given: Given) -> Plan:
    grant = yield from the(GRANT, command.grant)
    return Act(
        may=access.recipient(given.actor, grant),
        initiative=grant.initiative,
        scope=grant.call,
        decide=lambda: Outcome(
            facts={command.grant: rules.accept(command.grant, grant, now=given.now)},
            answers=command.grant,
            settled=(_answer_due(command.grant),),
        ),
    )


def _decline(command: DeclineGrant, given: Given) -> Plan:
    grant = yield from the(GRANT, command.grant)
    fund = yield from the(FUND, grant.fund)
    return Act(
        may=access.recipient(given.actor, grant),
        initiative=grant.initiative,
        scope=grant.call,
        decide=lambda: Outcome(
            facts={
                command.grant: rules.decline(
                    command.grant, grant, reason=command.reason, explanation=command.explanation
                ),
                grant.fund: funds.release(
                    grant.fund, fund, grant_id=command.grant, amount=grant.amount, reason="grant_declined"
                ),
            },
            answers=command.grant,
            settled=(_answer_due(command.grant),),
        ),
    )


def _lapse(command: LapseGrant, given: Given) -> Plan:
    grant = yield from the(GRANT, command.grant)
    fund = yield from the(FUND, grant.fund)
    return Act(
        may=access.system(given.actor),
        initiative=grant.initiative,
        scope=grant.call,
        decide=lambda: Outcome(
            facts={
                command.grant: rules.lapse(command.grant, grant, now=given.now),
                grant.fund: funds.release(
                    grant.fund, fund, grant_id=command.grant, amount=grant.amount, reason="grant_lapsed"
                ),
            },
            answers=command.grant,
            settled=(_answer_due(command.grant),),
        ),
    )


def _set_payee(command: SetGrantPayee, given: Given) -> Plan:
    return _by_recipient(
        command.grant,
        given,
        lambda grant: rules.set_payee(
            command.grant,
            grant,
            kind=command.kind,
            name=command.name,
            account=command.account,
            now=given.now,
        ),
    )


def _confirm_payee(command: ConfirmGrantPayee, given: Given) -> Plan:
    return _by_staff(
        command.grant,
        given,
        access.finance_on_grant,
        lambda grant, recipient: rules.confirm_payee(
            command.grant, grant, recipient, setting=command.setting, confirmer=given.actor
        ),
    )


def _schedule(command: ScheduleGrant, given: Given) -> Plan:
    return _by_staff(
        command.grant,
        given,
        access.officer_on_grant,
        lambda grant, _recipient: rules.schedule(command.grant, grant, instalments=command.instalments),
    )


def _submit_report(command: SubmitGrantReport, given: Given) -> Plan:
    return _by_recipient(
        command.grant, given, lambda grant: rules.submit_report(command.grant, grant, text=command.text)
    )


def _accept_report(command: AcceptGrantReport, given: Given) -> Plan:
    return _by_staff(
        command.grant,
        given,
        access.officer_on_grant,
        lambda grant, _recipient: rules.accept_report(command.grant, grant, report=command.report),
    )


def _return_report(command: ReturnGrantReport, given: Given) -> Plan:
    return _by_staff(
        command.grant,
        given,
        access.officer_on_grant,
        lambda grant, _recipient: rules.return_report(
            command.grant,
            grant,
            report=command.report,
            reason=command.reason,
            explanation=command.explanation,
        ),
    )


def _complete(command: CompleteGrant, given: Given) -> Plan:
    grant = yield from the(GRANT, command.grant)
    yield from ahead((INITIATIVE, grant.initiative), (FUND, grant.fund), (APPLICATION, grant.application))
    initiative = yield from the(INITIATIVE, grant.initiative)
    fund = yield from the(FUND, grant.fund)
    conflicts = yield from _conflicts(grant, given)

    def decide() -> Outcome:
        facts = {command.grant: rules.complete(command.grant, grant)}
        unspent = grant.amount - grant.settled
        if unspent:
            facts[grant.fund] = funds.release(
                grant.fund, fund, grant_id=command.grant, amount=unspent, reason="grant_completed"
            )
        return Outcome(facts=facts, answers=command.grant)

    return Act(
        may=access.officer_on_grant(given.actor, initiative, grant, conflicts=conflicts),
        initiative=grant.initiative,
        scope=grant.call,
        decide=decide,
    )


def _request(command: RequestInstalment, given: Given) -> Plan:
    return _by_recipient(
        command.grant, given, lambda grant: rules.request(command.grant, grant, number=command.instalment)
    )


def _approve(command: ApproveInstalment, given: Given) -> Plan:
    return _by_staff(
        command.grant,
        given,
        lambda actor, initiative, grant, *, conflicts: access.approver_on_grant(
            actor, initiative, grant, command.instalment, conflicts=conflicts
        ),
        lambda grant, recipient: rules.approve(
            command.grant, grant, recipient, number=command.instalment, approver=given.actor
        ),
    )


def _instruct(command: InstructInstalment, given: Given) -> Plan:
    index, today = instructed_on(command.grant, command.instalment), given.now.date().isoformat()
    yield from the(GRANT, command.grant)  # so that the index is asked for by an id, and not by any text
    # One that failed may be instructed again on the same day, which is noted already.
    noted = today in (yield from members(index))
    plan = _by_staff(
        command.grant,
        given,
        access.finance_on_grant,
        lambda grant, recipient: rules.instruct(
            command.grant,
            grant,
            recipient,
            number=command.instalment,
            reference=command.reference,
            now=given.now,
        ),
        entries=() if noted else ((index, today),),
    )
    return (yield from plan)


def _settle(command: SettleInstalment, given: Given) -> Plan:
    yield from the(GRANT, command.grant)  # so that the index is asked for by an id, and not by any text
    days = yield from members(instructed_on(command.grant, command.instalment))
    plan = _by_staff(
        command.grant,
        given,
        access.finance_on_grant,
        lambda grant, _recipient: rules.settle(
            command.grant,
            grant,
            number=command.instalment,
            amount=command.amount,
            settled_on=command.settled_on,
            instructed_on=max(map(date.fromisoformat, days), default=None),
            now=given.now,
        ),
    )
    return (yield from plan)


def _fail(command: FailInstalment, given: Given) -> Plan:
    return _by_staff(
        command.grant,
        given,
        access.finance_on_grant,
        lambda grant, _recipient: rules.fail(
            command.grant, grant, number=command.instalment, reason=command.reason
        ),
    )


COMMANDS = (
    Registered("grant.offer", OfferGrant, _offer),
    Registered("grant.accept", AcceptGrant, _accept),
    Registered("grant.decline", DeclineGrant, _decline),
    Registered("grant.lapse", LapseGrant, _lapse),
    Registered("grant.set_payee", SetGrantPayee, _set_payee),
    Registered("grant.confirm_payee", ConfirmGrantPayee, _confirm_payee),
    Registered("grant.schedule", ScheduleGrant, _schedule),
    Registered("grant.submit_report", SubmitGrantReport, _submit_report),
    Registered("grant.accept_report", AcceptGrantReport, _accept_report),
    Registered("grant.return_report", ReturnGrantReport, _return_report),
    Registered("grant.complete", CompleteGrant, _complete),
    Registered("instalment.request", RequestInstalment, _request),
    Registered("instalment.approve", ApproveInstalment, _approve),
    Registered("instalment.instruct", InstructInstalment, _instruct),
    Registered("instalment.settle", SettleInstalment, _settle),
    Registered("instalment.fail", FailInstalment, _fail),
)
