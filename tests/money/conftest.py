"""An initiative whose jury has awarded grants, and two processes' command runners that race for its money."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Collection, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, TypeVar

import psycopg
import pytest

from domain.deciding import Fact
from domain.forms import Criterion, Form, Question, Rubric
from domain.grants.rules import PlannedInstalment
from domain.refusals import CommandRejected
from domain.stages import StageDraft
from domain.values import Money, Role
from history.documents import read
from history.requests import Answer
from projections.projector import Projector
from projections.register import PROJECTIONS
from tests.history.conftest import Office, Offices, anyio_backend, offices
from tests.money.books import Books
from tests.projections.conftest import database_template

__all__ = ["anyio_backend", "database_template", "offices"]

ROLES = {
    "officer": (Role.OFFICER,),
    "second_officer": (Role.OFFICER,),
    "juror": (Role.JUROR,),
    "chair": (Role.CHAIR,),
    "finance": (Role.FINANCE,),
    "second_finance": (Role.FINANCE,),
    "approver": (Role.APPROVER,),
    "second_approver": (Role.APPROVER,),
    "both": (Role.FINANCE, Role.APPROVER),
    "funder": (Role.FUNDER,),
}


REQUESTED = 50_000
"""What each application asks for, in cents."""

T = TypeVar("T")


def eur(cents: int) -> Money:
    """An amount of cents, as it is written at the edges."""
    return Money.of(cents, "EUR")


def left_by(cents: int, plan: Sequence[PlannedInstalment]) -> Money | None:
    """What a plan leaves of a grant of so many cents, as it has to be said; None if it covers it or exceeds it."""
    left = cents - sum(int(each.amount.amount.replace(".", "")) for each in plan)
    return eur(left) if left > 0 else None


def planned(
    *cents: int, follow: Collection[int] = (), due: date = date(2026, 9, 1)
) -> tuple[PlannedInstalment, ...]:
    """Instalments of so many cents; those numbered in `follow` follow a report."""
    return tuple(
        PlannedInstalment(amount=eur(amount), due=due, condition="report" if number in follow else "none")
        for number, amount in enumerate(cents, 1)
    )


@dataclass
class Round:
    """A round with its applications, each with its applicant."""

    fund: str
    pledge: str
    call: str
    id: str
    applications: dict[str, str] = field(default_factory=dict)
    panel: str = ""


@dataclass
class House:
    """The initiative. `offices` are its processes: whoever acts next uses the next of them."""

    offices: tuple[Office, ...]
    people: dict[str, str] = field(default_factory=dict)
    initiative: str = ""
    books: Books = field(default_factory=Books)
    _turn: int = 0

    @property
    def url(self) -> str:
        """The address of the database."""
        return self.offices[0].url

    async def run(self, name: str, who: str, /, **fields: Any) -> Answer:
        """Run a command as a member by their name here, or as a person by their id."""
        self._turn += 1
        office = self.offices[self._turn % len(self.offices)]
        return await office.run(name, self.people.get(who, who), **fields)

    async def stream(self, name: str, who: str, /, **fields: Any) -> str:
        """The same; gives the stream that it is about."""
        return (await self.run(name, who, **fields)).stream

    async def tried(self, name: str, who: str, /, **fields: Any) -> str | None:
        """The same; gives the sentence of a refusal, or None where it was done."""
        try:
            await self.run(name, who, **fields)
        except CommandRejected as turned:
            return str(turned.detail)
        return None

    async def people_join(self) -> House:
        """Everybody in their roles."""
        administrator, self.initiative = await self.offices[0].opened()
        for name, roles in ROLES.items():
            self.people[name] = await self.offices[0].person()
            await self.run(
                "initiative.add_member",
                administrator,
                initiative=self.initiative,
                person=self.people[name],
                roles=roles,
            )
        return self

    async def fund(self, pledged: int, received: int) -> tuple[str, str]:
        """A fund with one pledge, of which so many cents arrived."""
        fund = await self.stream(
            "fund.open", "officer", initiative=self.initiative, name="Winter fund", currency="EUR"
        )
        await self.run("fund.pledge", "funder", fund=fund, funder=self.people["funder"], amount=eur(pledged))
        pledge: str = self.facts(fund)[-1].pledge  # type: ignore[attr-defined]
        await self.receive(fund, pledge, received)
        return fund, pledge

    async def receive(self, fund: str, pledge: str, cents: int) -> str | None:
        """Money of a pledge arrives, if it may."""
        return await self.tried(
            "fund.receive",
            "finance",
            fund=fund,
            pledge=pledge,
            amount=eur(cents),
            received_on=date(2026, 2, 1),
        )

    async def reviewed(
        self,
        artists: Sequence[str],
        *,
        pledged: int,
        received: int,
        budget: int,
        jurors: Sequence[str] = ("juror",),
        fast_track_up_to: int | None = None,
    ) -> Round:
        """A closed round in which each artist's application is eligible and reviewed by the jurors."""
        fund, pledge = await self.fund(pledged, received)
        call = await self.stream(
            "call.draft",
            "officer",
            fund=fund,
            title={"en": "Winter call"},
            summary={"en": "Work in exile"},
            stages=(
                StageDraft(
                    id="main",
                    form=Form(questions=(Question(id="idea", kind="text", label={"en": "Idea"}),)),
                    rubric=Rubric(criteria=(Criterion(id="art", label={"en": "Art"}),)),
                    quorum=len(jurors),
                ),
            ),
            budget=eur(max(budget, REQUESTED)),
            minimum_award=eur(1),
            maximum_award=eur(max(budget, REQUESTED)),
            fast_track_up_to=None if fast_track_up_to is None else eur(fast_track_up_to),
        )
        await self.run("call.publish", "officer", call=call)
        closes = self.offices[0].now + timedelta(days=1)
        opened = await self.stream("round.open", "officer", call=call, closes_at=closes.replace(tzinfo=None))
        round = Round(fund, pledge, call, opened)
        applied = await several(self._apply(round, artist) for artist in artists)
        round.applications.update(zip(applied, artists, strict=True))
        for office in self.offices:
            office.now = closes + timedelta(minutes=1)
        await self.run("round.close", "officer", round=opened)
        await several(self._review(application, jurors) for application in round.applications)
        return round

    async def _apply(self, round: Round, artist: str) -> str:
        return await self.stream(
            "application.submit",
            artist,
            call=round.call,
            round=round.id,
            title="Invented Work",
            requested=eur(REQUESTED),
            answers={"idea": "A song about snow"},
        )

    async def _review(self, application: str, jurors: Sequence[str]) -> None:
        await self.run("application.find_eligible", "officer", application=application)
        for juror in jurors:
            review = await self.stream(
                "review.assign", "officer", application=application, juror=self.people[juror]
            )
            await self.run("review.declare_no_conflict", juror, review=review)
            await self.run("review.submit", juror, review=review, scores={"art": 8})

    async def awarded(self, *cents: int, received: int) -> Round:
        """A decided round in which so many new artists were awarded so many cents each, and its fund."""
        artists = [await self.offices[0].person() for _ in cents]
        round = await self.reviewed(artists, pledged=10 * sum(cents), received=received, budget=sum(cents))
        round.panel = await self.stream("panel.open", "officer", round=round.id)
        for application, amount in zip(round.applications, cents, strict=True):
            await self.run(
                "panel.set_outcome",
                "chair",
                panel=round.panel,
                application=application,
                outcome="award",
                reason="quality",
                amount=eur(amount),
                more_because="other" if amount > REQUESTED else None,
            )
        await self.run("panel.close", "chair", panel=round.panel)
        await self.run("panel.confirm", "officer", panel=round.panel)
        await self.run("panel.announce", "officer", panel=round.panel)
        return round

    async def offer(self, application: str, who: str = "officer") -> str:
        """Offer a grant; gives its stream."""
        respond_by = self.offices[0].now + timedelta(days=30)
        return await self.stream("grant.offer", who, application=application, respond_by=respond_by)

    async def tried_offer(self, application: str, who: str = "officer") -> str | None:
        """Offer a grant, if it may be; gives the sentence of a refusal."""
        respond_by = self.offices[0].now + timedelta(days=30)
        return await self.tried("grant.offer", who, application=application, respond_by=respond_by)

    async def payable(self, cents: int, *instalments: int) -> tuple[str, str]:
        """An accepted grant with a confirmed payee and a schedule; gives its stream and its recipient."""
        round = await self.awarded(cents, received=cents)
        ((application, artist),) = round.applications.items()
        grant = await self.offer(application)
        await self.run("grant.accept", artist, grant=grant)
        await self.run(
            "grant.set_payee",
            artist,
            grant=grant,
            kind="recipient",
            name="Applicant One",
            account="In cash, by hand",
        )
        await self.run("grant.confirm_payee", "finance", grant=grant, setting=1)
        await self.schedule(grant, cents, planned(*instalments))
        return grant, artist

    async def schedule(self, grant: str, cents: int, plan: Sequence[PlannedInstalment]) -> str | None:
        """Divide a grant of so many cents, if it may be; gives the sentence of a refusal."""
        return await self.tried(
            "grant.schedule", "officer", grant=grant, instalments=plan, unscheduled=left_by(cents, plan)
        )

    async def instructed(self, cents: int) -> str:
        """A grant whose one instalment the bank was told to pay."""
        grant, artist = await self.payable(cents, cents)
        for name, who in (
            ("instalment.request", artist),
            ("instalment.approve", "finance"),
            ("instalment.approve", "approver"),
        ):
            await self.run(name, who, grant=grant, instalment=1)
        await self.run("instalment.instruct", "finance", grant=grant, instalment=1, reference="RUN-1")
        return grant

    def facts(self, stream: str) -> tuple[Fact, ...]:
        """All facts of a stream, its personal fields withheld."""
        with psycopg.connect(self.url) as connection:
            rows = connection.execute(
                "SELECT topic, document FROM history.facts WHERE stream = %s ORDER BY version", (stream,)
            ).fetchall()
        return tuple(read(topic, document).fact for topic, document in rows)

    def count(self) -> Books:
        """The books, counted on to the newest fact."""
        return self.books.read(self.url)

    def check_ledger(self) -> None:
        """Project everything; then each entry adds up to zero and each fund's accounts equal the facts."""
        books = self.count()
        with Projector(self.url, PROJECTIONS) as projector:
            assert projector.lead()
            while projector.reach()[0] < projector.reach()[1]:
                projector.step()
                assert projector.resting() == ()
        with psycopg.connect(self.url) as connection:
            uneven = connection.execute(
                "SELECT position FROM read.ledger GROUP BY position HAVING sum(amount) <> 0 OR count(*) <> 2"
            ).fetchall()
            sums = connection.execute(
                "SELECT fund, account, sum(amount)::bigint FROM read.ledger GROUP BY fund, account"
            ).fetchall()
        assert uneven == []
        ledger: dict[str, dict[str, int]] = {fund: {} for fund in books.funds}
        for fund, account, balance in sums:
            if balance:
                ledger[fund][account] = balance
        assert ledger == {fund: books.balances(fund) for fund in books.funds}


async def several(work: Iterable[Awaitable[T]], at_once: int = 16) -> list[T]:
    """All of it, a few at a time; the answers in order."""
    gate = asyncio.Semaphore(at_once)

    async def one(job: Awaitable[T]) -> T:
        async with gate:
            return await job

    return list(await asyncio.gather(*(one(job) for job in work)))


async def together(*tries: Coroutine[Any, Any, str | None]) -> list[str | None]:
    """Everybody at once; each gets a refusal's sentence or None."""
    return list(await asyncio.gather(*tries))


async def two_processes(offices: Offices) -> House:
    """The house with two command runners, each with its own connections and its own memory."""
    return await House((await offices(), await offices())).people_join()


@pytest.fixture
async def house(offices: Offices) -> House:
    """The house that most tests need."""
    return await two_processes(offices)
