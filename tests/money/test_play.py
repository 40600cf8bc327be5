"""Random play with money by people who act at once: whatever they try, in whatever order, no promise about it breaks.

`Books` counts anew after every fact; after each game the ledger is compared with them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.money.books import GrantBook
from tests.money.conftest import House, Round, eur, planned, together

pytestmark = pytest.mark.anyio

AWARDS = (40_000, 30_000, 50_000, 20_000)
RECEIVED = 125_000
"""Not enough for all four."""
GAMES_PLAYED = 12
STAFF = ("officer", "finance", "second_finance", "approver", "second_approver", "both")

Try = Coroutine[Any, Any, str | None]


@dataclass(frozen=True)
class Move:
    """Something that somebody tries with the grant of an application: the next step towards its end, or anything.

    `choice` decides among what there is to choose; `people` so many try the same at once.
    """

    application: int
    wild: bool
    choice: int
    people: int


MOVES = st.builds(
    Move,
    application=st.integers(0, len(AWARDS) - 1),
    wild=st.sampled_from([False, False, False, False, True]),
    choice=st.sampled_from(range(1000)),
    people=st.sampled_from([1, 2]),
)
GAMES = st.lists(st.lists(MOVES, min_size=2, max_size=5), min_size=24, max_size=32)


@dataclass(frozen=True)
class Table:
    """One game: a decided round and the house that plays."""

    house: House
    round: Round

    @property
    def grants(self) -> list[GrantBook]:
        """The books of this game's grants."""
        return [book for book in self.house.books.grants.values() if book.fund == self.round.fund]

    def tries(self, move: Move) -> list[Try]:
        """What the people of one move try at once."""
        application, artist = list(self.round.applications.items())[move.application]
        books = self.house.books
        found = [(grant, book) for grant, book in books.grants.items() if book.application == application]
        if not found:
            return [self.house.tried_offer(application) for _ in range(move.people)]
        ((grant, book),) = found
        step = self.anything if move.wild else self.onward
        return [step(grant, book, artist, move.choice + turn) for turn in range(move.people)]

    def onward(self, grant: str, book: GrantBook, artist: str, choice: int) -> Try:
        """The next step towards the grant's end, by one of those who may take it."""
        tried = self.house.tried
        if book.step == "offered":
            if choice % 5 == 0:
                return tried("grant.decline", artist, grant=grant, reason="other")
            return tried("grant.accept", artist, grant=grant)
        if book.setting == 0:
            return self.payee(grant, artist)
        if not book.confirmed:
            return tried("grant.confirm_payee", "finance", grant=grant, setting=book.setting)
        if not book.plan:
            return tried("grant.schedule", "officer", grant=grant, instalments=split(book.amount, choice))
        for number, step in book.steps.items():
            if step != "settled":
                return self.pay(grant, book, artist, number, step, choice)
        return tried("grant.complete", ("officer", "second_officer")[choice % 2], grant=grant)

    def pay(self, grant: str, book: GrantBook, artist: str, number: int, step: str, choice: int) -> Try:
        """The next step of an instalment."""
        tried, finance = self.house.tried, ("finance", "second_finance", "both")[choice % 3]
        one = {"grant": grant, "instalment": number}
        match step:
            case "scheduled" if number in book.follow and not unspent(book) and choice % 3:
                return self.report(grant, book, artist, choice)
            case "scheduled":
                return tried("instalment.request", artist, **one)
            case "requested":
                return tried("instalment.approve", finance, **one)
            case "approved 1":
                approver = ("approver", "second_approver", "both")[choice % 3]
                return tried("instalment.approve", approver, **one)
            case "failed" if book.outdated(number):
                return tried("instalment.approve", finance, **one)
            case "instructed" if choice % 2:
                return tried("instalment.fail", finance, **one, reason="held_by_bank")
            case "instructed":
                wrong = int(choice % 8 == 0)  # a cent too much, now and then
                return self.settle(grant, number, book.plan[number] + wrong)
            case _:
                return tried("instalment.instruct", finance, **one, reference=f"RUN-{choice}")

    def report(self, grant: str, book: GrantBook, artist: str, choice: int) -> Try:
        """The next step towards an accepted report: a text, or the officer's answer, now and then a return."""
        for number, step in book.reports.items():
            if step == "submitted":
                answered = {"grant": grant, "report": number}
                if choice % 8 == 0:
                    return self.house.tried("grant.return_report", "officer", **answered, reason="unclear")
                return self.house.tried("grant.accept_report", "officer", **answered)
        return self.house.tried("grant.submit_report", artist, grant=grant, text="It was shown in May.")

    def anything(self, grant: str, book: GrantBook, artist: str, choice: int) -> Try:
        """Whatever comes to mind, also what nobody may do."""
        tried, number = self.house.tried, 1 + choice % 3
        one = {"grant": grant, "instalment": number}
        who = (*STAFF, artist)[choice % 7]
        anything = (
            lambda: tried("grant.schedule", "officer", grant=grant, instalments=split(book.amount, choice)),
            lambda: tried("instalment.approve", who, **one),
            lambda: tried("instalment.approve", who, **one),
            lambda: tried("instalment.request", artist, **one),
            lambda: tried("instalment.instruct", who, **one, reference="WILD"),
            lambda: tried("instalment.fail", who, **one, reason="other"),
            lambda: self.settle(grant, number, (book.amount, *book.plan.values())[-(choice % 2)]),
            lambda: tried("grant.complete", who, grant=grant),
            lambda: tried("grant.decline", artist, grant=grant, reason="other"),
            lambda: tried("grant.confirm_payee", who, grant=grant, setting=book.setting),
            lambda: self.payee(grant, artist),
            lambda: self.report(grant, book, artist, choice),
            lambda: tried("grant.accept_report", who, grant=grant, report=1 + choice % 2),
            lambda: self.house.receive(self.round.fund, self.round.pledge, 5_000),
            self.tomorrow,
        )
        return anything[choice % len(anything)]()

    def payee(self, grant: str, artist: str) -> Try:
        """The artist says where to pay."""
        return self.house.tried(
            "grant.set_payee",
            artist,
            grant=grant,
            kind="recipient",
            name="Applicant One",
            account="Account 1234",
        )

    def settle(self, grant: str, number: int, cents: int) -> Try:
        """The bank paid, they say."""
        return self.house.tried(
            "instalment.settle",
            "finance",
            grant=grant,
            instalment=number,
            amount=eur(cents),
            settled_on=self.house.offices[0].now.date(),
        )

    async def tomorrow(self) -> None:
        """A day and an hour pass, so that a changed payee can be paid."""
        for office in self.house.offices:
            office.now += timedelta(hours=25)


def split(cents: int, choice: int) -> Any:
    """A plan: whole, in two or three parts, with something left over, or too much; some parts follow a report."""
    part = cents // 3
    parts = ((cents,), (part, cents - part), (part, part, part), (part,), (cents, 1))[choice % 5]
    follow = ((), (1,), (2,), (2, 3), (1, 2, 3))[choice // 5 % 5]
    return planned(*parts, follow=follow)


def unspent(book: GrantBook) -> bool:
    """Whether an accepted report waits for an instalment to meet."""
    return any(step == "accepted" and report not in book.spent for report, step in book.reports.items())


@pytest.fixture
def reached() -> Iterator[Counter[str]]:
    """How often each step was taken in all games together: a play in which nobody is paid would prove nothing."""
    counted: Counter[str] = Counter()
    yield counted
    if counted["game"] == GAMES_PLAYED:
        wanted = {"offered", "declined", "completed", "failed", "settled", "paid for a report"}
        wanted |= {"a fund too small", "a payee too new", "a report missing"}
        assert {step for step in wanted if counted[step]} == wanted
        assert counted["settled"] >= 10


@settings(
    max_examples=GAMES_PLAYED,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],  # races do not repeat themselves, so a smaller game proves nothing
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(game=GAMES)
async def test_no_game_breaks_a_promise_about_money(
    house: House, reached: Counter[str], game: list[list[Move]]
) -> None:
    """Each batch of moves is tried at once, through two processes; all games are played in one history."""
    table = Table(house, await house.awarded(*AWARDS, received=RECEIVED))
    house.count()
    for batch in game:
        answers = await together(*(one for move in batch for one in table.tries(move)))
        for answer in answers:
            reached["a fund too small"] += (answer or "").startswith("The fund has")
            reached["a payee too new"] += "payments are possible from" in (answer or "")
            reached["a report missing"] += "needs an accepted report of its own" in (answer or "")
        house.count()
        reached["failed"] += sum(step == "failed" for book in table.grants for step in book.steps.values())
    for book in table.grants:
        reached[book.step] += 1
        reached["offered"] += 1
        reached["settled"] += len(book.paid)
        reached["paid for a report"] += len(book.paid.keys() & book.spent.values())
    house.check_ledger()
    reached["game"] += 1
