"""The money counted anew from the recorded facts, one by one in the order of their positions, with none of the
program's own sums: each fact must leave every promise about money unbroken."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import psycopg

from domain.deciding import Fact
from domain.funds import FundCommitted, FundOpened, FundPledged, FundReceived, FundReleased
from domain.grants.facts import (
    GrantAccepted,
    GrantAmended,
    GrantAmendmentDeclined,
    GrantAmendmentProposed,
    GrantCompleted,
    GrantDecisionsEnded,
    GrantDeclined,
    GrantInstalmentApproved,
    GrantInstalmentFailed,
    GrantInstalmentInstructed,
    GrantInstalmentRequested,
    GrantInstalmentSettled,
    GrantInstalmentsScheduled,
    GrantLapsed,
    GrantOffered,
    GrantPayeeConfirmed,
    GrantPayeeSet,
    GrantReportAccepted,
    GrantReportReturned,
    GrantReportSubmitted,
    GrantResumed,
    GrantScreened,
    GrantScreeningEnded,
    GrantSuspended,
    GrantTerminated,
)
from domain.organisations import OrganisationFact
from history.documents import Recorded, read
from tests.ties import Ties

KINDS = ("fund", "grant", "organisation")
FACTS = (
    "SELECT position, topic, document FROM history.facts "
    "WHERE position > %s AND split_part(stream, '-', 1) = ANY(%s) ORDER BY position"
)

ENDED_BY_JOINING = (GrantDecisionsEnded, GrantScreeningEnded)
"""What ends in the append in which a person begins to act for the recipient or the payee."""
BY_RECIPIENT = (
    GrantAccepted,
    GrantDeclined,
    GrantAmended,
    GrantAmendmentDeclined,
    GrantPayeeSet,
    GrantInstalmentRequested,
    GrantReportSubmitted,
)
"""What somebody does who acts for the recipient; everything else that people do with a grant, the initiative does."""


@dataclass
class FundBook:
    """What came into a fund and what is bound to each of its grants, in minor units."""

    pledged: dict[str, int] = field(default_factory=dict)
    received: dict[str, int] = field(default_factory=dict)
    bound: dict[str, int] = field(default_factory=dict)

    @property
    def available(self) -> int:
        """What is there to offer, of a fund that counts what was received."""
        return sum(self.received.values()) - sum(self.bound.values())


@dataclass
class GrantBook:
    """A grant: its plan, each instalment's last step and each report's. `accepted` says by whom and when it was,
    `payee` is the party to be paid, where it is known. `approvers` are those of the step at hand, `approved_for` the payee's setting for which they approved; `follow` are the
    instalments that follow a report, and `spent` which report met whose condition."""

    fund: str
    application: str
    recipient: str
    amount: int
    step: str = "offered"
    accepted: tuple[str, datetime] | None = None
    payee: str | None = None
    setting: int = 0
    confirmed: bool = False
    ever_confirmed: bool = False
    payable_from: datetime | None = None
    plan: dict[int, int] = field(default_factory=dict)
    follow: set[int] = field(default_factory=set)
    steps: dict[int, str] = field(default_factory=dict)
    approvers: dict[int, list[str]] = field(default_factory=dict)
    approved_for: dict[int, int] = field(default_factory=dict)
    paid: dict[int, int] = field(default_factory=dict)
    reports: dict[int, str] = field(default_factory=dict)
    spent: dict[int, int] = field(default_factory=dict)
    amendments: int = 0
    amended: int = 0
    proposed: GrantAmendmentProposed | None = None

    def follows(self, fact: Fact, actor: str, decided_at: datetime) -> bool:
        """Whether a fact is the whole schedule of a grant on the fast track, which comes with its acceptance."""
        return (
            isinstance(fact, GrantInstalmentsScheduled)
            and self.accepted == (actor, decided_at)
            and [each.amount for each in fact.instalments] == [self.amount]
        )

    def move(self, instalment: int, step: str, *after: str) -> None:
        """An instalment takes a step that may only follow some others."""
        on = ("accepted", "suspended") if step in ("settled", "failed") else ("accepted",)
        assert self.step in on, f"{step} while {self.step}"
        assert self.steps[instalment] in after, f"{step} after {self.steps[instalment]}"
        self.steps[instalment] = step

    def approve(self, instalment: int, stage: int, actor: str) -> None:
        """Two people approve, for the payee of now: of a payment that failed for an earlier one, both do anew."""
        if self.steps[instalment] == "failed":
            assert self.outdated(instalment) or not self.approvers[instalment], "approved again for nothing"
            self.steps[instalment], self.approvers[instalment] = "requested", []
        before = self.approvers[instalment]
        assert actor not in before, "approved twice by the same person"
        assert stage == len(before) + 1
        before.append(actor)
        self.approved_for[instalment] = self.setting
        self.move(instalment, f"approved {len(before)}", "requested", "approved 1")

    def outdated(self, instalment: int) -> bool:
        """Whether an instalment was approved for a payee in whose place another was set."""
        return self.approved_for.get(instalment, self.setting) != self.setting

    def end_approvals(self) -> int:
        """Another payee is set: whatever was approved and not instructed is only requested, and what failed needs both
        approvals again. Gives how many approvals were lost."""
        lost = 0
        for instalment, step in self.steps.items():
            if step.startswith("approved"):
                lost += len(self.approvers[instalment])
                self.steps[instalment], self.approvers[instalment] = "requested", []
            elif step == "failed" and not self.outdated(instalment):
                lost += len(self.approvers[instalment])
        return lost

    def amend(self, fact: GrantAmended) -> None:
        """What was proposed takes effect: the sum falls, and what was not yet requested may be planned anew."""
        assert self.proposed is not None, "amended without a proposal"
        assert self.proposed.amendment == fact.amendment
        assert (self.proposed.amount, self.proposed.instalments) == (fact.amount, fact.instalments)
        assert fact.amount <= self.amount, "an amendment raised the grant"
        self.amount, self.proposed = fact.amount, None
        self.amended += 1
        if fact.instalments is not None:
            for number in [number for number, step in self.steps.items() if step == "scheduled"]:
                del self.steps[number], self.plan[number]
                self.follow.discard(number)
            for each in fact.instalments:
                assert each.number not in self.plan
                self.plan[each.number], self.steps[each.number] = each.amount, "scheduled"
                if each.condition == "report":
                    self.follow.add(each.number)
        assert fact.unscheduled == self.amount - sum(self.plan.values())

    def answer(self, report: int, step: str) -> None:
        """A report is answered once."""
        assert self.reports[report] == "submitted", f"{step} after {self.reports[report]}"
        self.reports[report] = step

    def spend(self, report: int | None, instalment: int) -> None:
        """An accepted report meets the condition of one instalment, whose turn it is; without one, none is used."""
        if instalment not in self.follow:
            assert report is None, "a report was used up for nothing"
            return
        before = [step for number, step in self.steps.items() if number < instalment]
        assert "scheduled" not in before, "a report was used before its turn"
        assert report is not None, "paid without a report"
        assert self.reports[report] == "accepted", f"paid for a report that is {self.reports[report]}"
        assert report not in self.spent, "one report paid two instalments"
        self.spent[report] = instalment


@dataclass
class Books:
    """All funds and grants as the facts left them up to `position`."""

    position: int = 0
    funds: dict[str, FundBook] = field(default_factory=dict)
    grants: dict[str, GrantBook] = field(default_factory=dict)
    ties: Ties = field(default_factory=Ties)

    def read(self, url: str) -> Books:
        """Count what was recorded since, and see after each fact that every promise holds."""
        with psycopg.connect(url) as connection:
            for position, topic, document in connection.execute(FACTS, (self.position, [*KINDS])).fetchall():
                self.enter(position, read(topic, document))
        return self

    def enter(self, position: int, recorded: Recorded) -> None:
        """Count one more fact, of a fund, a grant or an organisation, and see that every promise holds."""
        self._count(recorded.fact, recorded.envelope.actor, recorded.envelope.decided_at)
        self.check()
        self.position = position

    def check(self) -> None:
        """The promises about money."""
        for fund in self.funds.values():
            for pledge, amount in fund.received.items():
                assert 0 <= amount <= fund.pledged[pledge], "more arrived than was pledged"
            assert all(bound >= 0 for bound in fund.bound.values()), "more was released than bound"
            assert fund.available >= 0, "more was committed than was received"
        offered = [grant.application for grant in self.grants.values()]
        assert len(offered) == len(set(offered)), "an application was offered two grants"
        for grant in self.grants.values():
            assert sum(grant.plan.values()) <= grant.amount, "the instalments exceed the grant"
            assert sum(grant.paid.values()) <= sum(grant.plan.values()), "more was paid than planned"

    def _count(self, fact: Fact, actor: str, decided_at: datetime) -> None:
        match fact:
            case FundOpened():
                assert fact.basis == "received"
                self.funds[fact.fund] = FundBook()
            case FundPledged():
                self.funds[fact.fund].pledged[fact.pledge] = fact.amount
            case FundReceived():
                received = self.funds[fact.fund].received
                received[fact.pledge] = received.get(fact.pledge, 0) + fact.amount
            case FundCommitted():
                assert fact.grant not in self.funds[fact.fund].bound
                assert fact.amount == self.grants[fact.grant].amount
                self.funds[fact.fund].bound[fact.grant] = fact.amount
            case FundReleased():
                grant, bound = self.grants[fact.grant], self.funds[fact.fund].bound
                bound[fact.grant] -= fact.amount
                ended = grant.step in ("declined", "lapsed", "completed", "terminated")
                assert bound[fact.grant] == (sum(grant.paid.values()) if ended else grant.amount)
            case _ if isinstance(fact, OrganisationFact):
                self.ties.count(fact)
            case GrantOffered():
                assert not self.ties.tied(actor, fact.recipient), "offered by the recipient"
                book = GrantBook(fact.fund, fact.application, fact.recipient, fact.amount)
                assert fact.grant not in self.grants
                self.grants[fact.grant] = book
            case _:
                grant = self.grants[fact.grant]  # type: ignore[attr-defined]
                self._count_of_grant(grant, fact, actor, decided_at)

    def _count_of_grant(self, grant: GrantBook, fact: Fact, actor: str, decided_at: datetime) -> None:
        if isinstance(fact, BY_RECIPIENT):
            assert self.ties.acts_for(actor, grant.recipient), (
                "done by one who does not act for the recipient"
            )
        elif isinstance(fact, ENDED_BY_JOINING):
            assert self.ties.tied(actor, grant.recipient) or self.ties.tied(actor, grant.payee)
        elif not isinstance(fact, GrantLapsed) and not grant.follows(fact, actor, decided_at):
            for party in (grant.recipient, grant.payee):
                assert not self.ties.tied(actor, party), "done by one who receives the grant or is paid"
        match fact:
            case GrantAccepted() | GrantDeclined():
                assert grant.step == "offered"
                grant.step, grant.accepted = "declined", None
                if isinstance(fact, GrantAccepted):
                    grant.step, grant.accepted = "accepted", (actor, decided_at)
            case GrantLapsed():
                assert grant.step == "offered"
                grant.step = "lapsed"
            case GrantCompleted():
                assert grant.step == "accepted"
                assert grant.paid == grant.plan != {}
                assert "submitted" not in grant.reports.values(), "completed while a report waits"
                grant.step, grant.proposed = "completed", None
            case GrantSuspended():
                assert grant.step == "accepted"
                grant.step = "suspended"
            case GrantResumed():
                assert grant.step == "suspended"
                grant.step = "accepted"
            case GrantTerminated():
                assert grant.step in ("accepted", "suspended")
                assert "instructed" not in grant.steps.values(), "ended while the bank has an order"
                grant.step, grant.proposed = "terminated", None
            case GrantAmendmentProposed():
                assert grant.step in ("accepted", "suspended")
                assert fact.amendment == grant.amendments + 1
                grant.amendments, grant.proposed = fact.amendment, fact
            case GrantAmendmentDeclined():
                assert grant.proposed is not None
                grant.proposed = None
            case GrantAmended():
                grant.amend(fact)
            case GrantPayeeSet():
                assert fact.setting == grant.setting + 1
                waits = decided_at + timedelta(hours=24) if grant.ever_confirmed else None
                assert fact.payable_from == waits, "a changed payee waits a day"
                assert fact.approvals_ended == grant.end_approvals()
                grant.setting, grant.confirmed, grant.payable_from = fact.setting, False, waits
                grant.payee = fact.party
            case GrantPayeeConfirmed():
                assert (fact.setting, grant.confirmed) == (grant.setting, False)
                grant.confirmed = grant.ever_confirmed = True
            case GrantScreened() | GrantScreeningEnded():
                assert fact.setting == grant.setting
            case GrantDecisionsEnded():
                for number in fact.instalments:
                    grant.approvers[number] = []
                    if grant.steps[number].startswith("approved"):
                        grant.steps[number] = "requested"
                grant.confirmed = grant.confirmed and not fact.payee
            case GrantInstalmentsScheduled():
                assert set(grant.steps.values()) <= {"scheduled"}, "planned anew after a request"
                grant.plan = {instalment.number: instalment.amount for instalment in fact.instalments}
                grant.follow = {each.number for each in fact.instalments if each.condition == "report"}
                grant.steps = dict.fromkeys(grant.plan, "scheduled")
                assert fact.unscheduled == grant.amount - sum(grant.plan.values())
            case GrantInstalmentRequested():
                assert grant.proposed is None, "requested while an amendment waits"
                assert grant.confirmed
                grant.spend(fact.report, fact.instalment)
                grant.move(fact.instalment, "requested", "scheduled")
                grant.approvers[fact.instalment] = []
            case GrantInstalmentApproved():
                assert grant.confirmed, "approved for bank details that nobody checked"
                grant.approve(fact.instalment, fact.approval, actor)
            case GrantInstalmentInstructed():
                assert (fact.setting, grant.confirmed) == (grant.setting, True)
                assert len(grant.approvers[fact.instalment]) == 2
                assert not grant.outdated(fact.instalment), "paid to another than was approved"
                assert grant.payable_from is None or grant.payable_from <= decided_at, "paid before its time"
                grant.move(fact.instalment, "instructed", "approved 2", "failed")
            case GrantInstalmentSettled():
                grant.move(fact.instalment, "settled", "instructed")
                assert fact.amount == grant.plan[fact.instalment]
                grant.paid[fact.instalment] = fact.amount
            case GrantInstalmentFailed():
                grant.move(fact.instalment, "failed", "instructed")
                assert fact.approvals_ended == (
                    len(grant.approvers[fact.instalment]) if grant.outdated(fact.instalment) else 0
                )
            case GrantReportSubmitted():
                assert grant.step in ("accepted", "suspended")
                assert fact.report == len(grant.reports) + 1
                assert "submitted" not in grant.reports.values(), "two reports wait at once"
                grant.reports[fact.report] = "submitted"
            case GrantReportAccepted():
                grant.answer(fact.report, "accepted")
            case GrantReportReturned():
                grant.answer(fact.report, "returned")
            case _:
                raise AssertionError(f"nobody counts {type(fact).__name__}")

    def balances(self, fund: str) -> dict[str, int]:
        """What a double-entry ledger of a fund must show, debits positive, without the accounts that are even."""
        book = self.funds[fund]
        pledged, received = sum(book.pledged.values()), sum(book.received.values())
        awarded = sum(book.bound.values())
        paid = sum(sum(grant.paid.values()) for grant in self.grants.values() if grant.fund == fund)
        balances = {
            "pledges_receivable": pledged - received,
            "cash": received - paid,
            "contributions": -pledged,
            "grants_awarded": awarded,
            "grants_payable": paid - awarded,
        }
        return {account: balance for account, balance in balances.items() if balance}
