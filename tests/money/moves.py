"""What somebody may try with a grant in random play: the next step towards its end, or anything at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from domain.grants.rules import PlannedInstalment
from tests.money.books import GrantBook
from tests.money.conftest import eur, left_by, planned

STAFF = ("officer", "finance", "second_finance", "approver", "second_approver", "both")


@dataclass(frozen=True)
class Attempt:
    """A command that somebody tries."""

    command: str
    who: str
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Moves:
    """The attempts that fit a grant. `acting` acts for its recipient, and `pledge` still has money to come into the fund; of
    whatever there is to choose, `choice` decides."""

    grant: str
    book: GrantBook
    acting: str
    pledge: str
    choice: int
    now: datetime

    def onward(self) -> Attempt:
        """The next step towards the grant's end, by one of those who may take it."""
        book, choice = self.book, self.choice
        if book.step == "offered":
            if choice % 5 == 0:
                return self._on_grant("grant.decline", self.acting, reason="other")
            return self._on_grant("grant.accept", self.acting)
        if book.step == "suspended":
            return self._on_grant("grant.resume", "officer")
        if book.proposed is not None:
            answer = ("accept", "decline")[choice % 4 == 0]
            return self._on_grant(f"grant.{answer}_amendment", self.acting, amendment=book.proposed.amendment)
        if book.setting == 0:
            return self.payee()
        if not book.confirmed:
            return self._on_grant("grant.confirm_payee", "finance", setting=book.setting)
        if not book.plan:
            return self._schedule()
        if choice % 12 == 0 and not book.amended:
            return self.amend()
        for number, step in book.steps.items():
            if step != "settled":
                return self._pay(number, step)
        return self._on_grant("grant.complete", ("officer", "second_officer")[choice % 2])

    def anything(self) -> Attempt | None:
        """Whatever comes to mind, also what nobody may do. None: a day passes."""
        book, choice = self.book, self.choice
        one = {"instalment": 1 + choice % 3}
        who = (*STAFF, self.acting)[choice % 7]
        amount = (book.amount, *book.plan.values())[-(choice % 2)]
        anything = (
            self._schedule(),
            self._on_grant("instalment.approve", who, **one),
            self._on_grant("instalment.approve", who, **one),
            self._on_grant("instalment.request", self.acting, **one),
            self._on_grant("instalment.instruct", who, **one, reference="WILD"),
            self._on_grant("instalment.fail", who, **one, reason="other"),
            self._settle(one["instalment"], amount),
            self._on_grant("grant.complete", who),
            self._on_grant("grant.suspend", "officer", reason="under_review"),
            self.amend(),
            self._on_grant("grant.accept_amendment", self.acting, amendment=1 + choice % 2),
            self._on_grant("grant.terminate", "second_officer", reason="other"),
            self._on_grant("grant.decline", self.acting, reason="other"),
            self._on_grant("grant.confirm_payee", who, setting=book.setting),
            self.payee(),
            self._report(),
            self._on_grant("grant.accept_report", who, report=1 + choice % 2),
            Attempt("fund.receive", "finance", received(book.fund, self.pledge, 5_000)),
            None,
        )
        return anything[choice % len(anything)]

    def payee(self, **host: Any) -> Attempt:
        """Whoever acts for the recipient says where to pay: to itself, or to a host."""
        paid = {"kind": "recipient", **host, "name": "Applicant One", "account": "In cash, by hand"}
        return self._on_grant("grant.set_payee", self.acting, **paid)

    def _on_grant(self, command: str, who: str, **fields: Any) -> Attempt:
        return Attempt(command, who, {"grant": self.grant, **fields})

    def _pay(self, number: int, step: str) -> Attempt:
        """The next step of an instalment."""
        book, choice = self.book, self.choice
        finance = ("finance", "second_finance", "both")[choice % 3]
        one = {"instalment": number}
        match step:
            case "scheduled" if number in book.follow and not unspent(book) and choice % 3:
                return self._report()
            case "scheduled":
                return self._on_grant("instalment.request", self.acting, **one)
            case "requested":
                return self._on_grant("instalment.approve", finance, **one)
            case "approved 1":
                approver = ("approver", "second_approver", "both")[choice % 3]
                return self._on_grant("instalment.approve", approver, **one)
            case "failed" if book.outdated(number):
                return self._on_grant("instalment.approve", finance, **one)
            case "instructed" if choice % 2:
                return self._on_grant("instalment.fail", finance, **one, reason="held_by_bank")
            case "instructed":
                wrong = int(choice % 8 == 0)  # a cent too much, now and then
                return self._settle(number, book.plan[number] + wrong)
            case _:
                return self._on_grant("instalment.instruct", finance, **one, reference=f"RUN-{choice}")

    def _report(self) -> Attempt:
        """The next step towards an accepted report: a text, or the officer's answer, now and then a return."""
        for number, step in self.book.reports.items():
            if step == "submitted":
                if self.choice % 8 == 0:
                    return self._on_grant("grant.return_report", "officer", report=number, reason="unclear")
                return self._on_grant("grant.accept_report", "officer", report=number)
        return self._on_grant("grant.submit_report", self.acting, text="It was shown in May.")

    @property
    def _due(self) -> date:
        return self.now.date() + timedelta(days=180)

    def _schedule(self) -> Attempt:
        plan = split(self.book.amount, self.choice, self._due)
        return self._on_grant(
            "grant.schedule", "officer", instalments=plan, unscheduled=left_by(self.book.amount, plan)
        )

    def amend(self) -> Attempt:
        """Less money, with a new plan for what was not yet requested, or without one."""
        book, choice = self.book, self.choice
        begun = sum(book.plan[number] for number, step in book.steps.items() if step != "scheduled")
        amount = book.amount - choice % 7 * 100
        plan = split(amount - begun, choice, self._due) if choice % 2 and amount > begun else None
        return self._on_grant(
            "grant.propose_amendment",
            "officer",
            amount=eur(max(amount, 0)),
            instalments=plan,
            unscheduled=None if plan is None else left_by(amount - begun, plan),
        )

    def _settle(self, number: int, cents: int) -> Attempt:
        """The bank paid, they say."""
        paid = {"instalment": number, "amount": eur(cents), "settled_on": self.now.date()}
        return self._on_grant("instalment.settle", "finance", **paid)


def received(fund: str, pledge: str, cents: int) -> dict[str, Any]:
    """The fields that say that money of a pledge arrived."""
    return {"fund": fund, "pledge": pledge, "amount": eur(cents), "received_on": date(2026, 2, 1)}


def split(cents: int, choice: int, due: date) -> Sequence[PlannedInstalment]:
    """A plan: whole, in two or three parts, with something left over, or too much; some parts follow a report."""
    part = cents // 3
    parts = ((cents,), (part, cents - part), (part, part, part), (part,), (cents, 1))[choice % 5]
    follow = ((), (1,), (2,), (2, 3), (1, 2, 3))[choice // 5 % 5]
    return planned(*parts, follow=follow, due=due)


def unspent(book: GrantBook) -> bool:
    """Whether an accepted report waits for an instalment to meet."""
    return any(step == "accepted" and report not in book.spent for report, step in book.reports.items())


A_DAY = timedelta(hours=25)
"""A day and an hour, so that a changed payee can be paid."""
