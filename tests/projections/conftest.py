"""A season at an invented initiative, played through the real command runner, and the read models that follow it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, LiteralString
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from api.postgres.embedded import EmbeddedPostgres
from domain.applications.state import APPLICATION
from domain.forms import Criterion, Entries, Form, GroupedAnswer, GroupedQuestion, Question, Rubric
from domain.grants.rules import PlannedInstalment
from domain.grants.state import GRANT
from domain.stages import Blindness, StageDraft
from domain.values import Money, Role
from history.migrate import migrate, migrations_in
from history.position_tokens import CURSOR, PositionTokens
from projections.projector import Projector
from projections.reader import Reader
from projections.register import PROJECTIONS
from tests.conftest import drop_database, make_database
from tests.history.conftest import NOON, Office, anyio_backend, office, offices

__all__ = ["anyio_backend", "office", "offices"]

DEADLINE = NOON + timedelta(days=10)


@pytest.fixture(scope="session")
def database_template(postgres: EmbeddedPostgres) -> Iterator[str]:
    """A database with the tables of the history and of the read models, and nothing in them."""
    # Other folders of tests ask for it too, each for one of its own.
    name = f"projections_{uuid4().hex}"
    make_database(postgres, name)
    migrate(postgres.url_of(name), (*migrations_in("history"), *migrations_in("projections")))
    yield name
    drop_database(postgres, name)


PEOPLE = Question(
    id="people",
    kind="group",
    label={"en": "Who takes part"},
    required=False,
    questions=(
        GroupedQuestion(id="name", kind="text", label={"en": "Name"}, identifying=True),
        GroupedQuestion(id="part", kind="text", label={"en": "Part"}),
    ),
)


def eur(amount: str) -> Money:
    """An amount in euros."""
    return Money(amount=amount, currency="EUR")


CANARY_TITLES = ("Canary Title Одна", "Canary Title Two")
CANARY_NAMES = ("Canary Artist Один", "Canary Artist Two")
CANARY_ANSWERS = ("Canary idea of a book", "Canary village of birth")
CANARIES = (*CANARY_TITLES, *CANARY_NAMES, *CANARY_ANSWERS, "Canary comment", "Canary Payee", "Canary report")
"""What nobody may read to whom it is not shown."""
SINGER: dict[str, GroupedAnswer] = {"name": CANARY_ANSWERS[1], "part": "sings"}
"""An entry of it, whose name a blind jury must not read."""


def take_lead(projector: Projector) -> None:
    """Let a projector lead. The one before has hung up, but a busy server may not have noticed yet."""
    until = time.monotonic() + 30
    while not projector.lead():
        assert time.monotonic() < until
        time.sleep(0.05)


@dataclass
class Season:
    """A call with two artists, three jurors and a fund, brought as far as a test needs."""

    office: Office
    url: str
    people: dict[str, str] = field(default_factory=dict)
    things: dict[str, str] = field(default_factory=dict)
    reviews: dict[tuple[str, str], str] = field(default_factory=dict)

    def __getattr__(self, name: str) -> str:
        """A person or a thing by its name: `season.officer`, `season.call`."""
        for names in (self.__dict__.get("people", {}), self.__dict__.get("things", {})):
            if name in names:
                found: str = names[name]
                return found
        raise AttributeError(name)

    async def run(self, name: str, actor: str, /, **fields: Any) -> str:
        """Run a command as somebody; returns the stream that it is about."""
        return (await self.office.run(name, actor, **fields)).stream

    async def begin(self, blindness: Blindness = "double") -> Season:
        """Up to an open round, with all the people in their roles, and a fund with money in it."""
        administrator, initiative = await self.office.opened()
        self.people["administrator"], self.things["initiative"] = administrator, initiative
        for role in (
            Role.OFFICER,
            Role.JUROR,
            Role.CHAIR,
            Role.FINANCE,
            Role.APPROVER,
            Role.FUNDER,
        ):
            await self.member(str(role), role)
        await self.member("second_juror", Role.JUROR)
        await self.member("third_juror", Role.JUROR)
        for number, name in enumerate(CANARY_NAMES, start=1):
            self.people[f"artist{number}"] = await self.office.person(name)
        self.things["fund"] = await self.run(
            "fund.open", self.officer, initiative=initiative, name="Winter fund", currency="EUR"
        )
        await self.run(
            "fund.pledge",
            self.funder,
            fund=self.fund,
            funder=self.funder,
            amount=eur("8000.00"),
            restriction="Books",
        )
        pledges = self.rows("SELECT document FROM history.facts WHERE topic = 'fund.pledged.v2'")
        self.things["pledge"] = str(bytes(pledges[0][0]).split(b'"pledge":"')[1][:39].decode())
        await self.run(
            "fund.receive",
            self.finance,
            fund=self.fund,
            pledge=self.pledge,
            amount=eur("6000.00"),
            received_on=date(2026, 2, 1),
        )
        self.things["call"] = await self.draft(self.fund, blindness)
        await self.run("call.publish", self.officer, call=self.call)
        self.things["round"] = await self.run(
            "round.open", self.officer, call=self.call, closes_at=DEADLINE.replace(tzinfo=None)
        )
        return self

    async def draft(self, fund: str, blindness: Blindness = "double") -> str:
        """A call of a fund, not yet published."""
        return await self.run(
            "call.draft",
            self.officer,
            fund=fund,
            title={"en": "Winter call"},
            summary={"en": "Work in exile"},
            stages=(
                StageDraft(
                    id="main",
                    form=Form(
                        questions=(
                            Question(id="idea", kind="long_text", label={"en": "Idea"}),
                            Question(id="born", kind="text", label={"en": "Born"}, identifying=True),
                            PEOPLE,
                        )
                    ),
                    rubric=Rubric(criteria=(Criterion(id="art", label={"en": "Art"}),)),
                    quorum=2,
                    blindness=blindness,
                ),
            ),
            budget=eur("5000.00"),
            minimum_award=eur("100.00"),
            maximum_award=eur("3000.00"),
        )

    async def member(self, name: str, role: Role) -> None:
        """A new person in a role."""
        self.people[name] = await self.office.person(f"Person {name}")
        await self.run(
            "initiative.add_member",
            self.administrator,
            initiative=self.initiative,
            person=self.people[name],
            roles=(role,),
        )

    async def apply(self) -> Season:
        """Both artists apply."""
        for number in (1, 2):
            self.things[f"application{number}"] = await self.run(
                "application.submit",
                self.people[f"artist{number}"],
                call=self.call,
                round=self.round,
                title=CANARY_TITLES[number - 1],
                requested=eur(f"{number}500.00"),
                answers={
                    "idea": CANARY_ANSWERS[0],
                    "born": CANARY_ANSWERS[1],
                    "people": Entries(entries=(SINGER,)),
                },
            )
        return self

    async def close(self) -> Season:
        """The deadline passes; both applications are found eligible."""
        self.office.now = DEADLINE + timedelta(minutes=1)
        await self.run("round.close", self.officer, round=self.round)
        for number in (1, 2):
            await self.run(
                "application.find_eligible", self.officer, application=self.things[f"application{number}"]
            )
        return self

    async def assign(self) -> Season:
        """Two jurors are asked for both applications; the second juror has a conflict with the first of them."""
        for number in (1, 2):
            for juror in ("juror", "second_juror"):
                self.reviews[juror, f"application{number}"] = await self.run(
                    "review.assign",
                    self.officer,
                    application=self.things[f"application{number}"],
                    juror=self.people[juror],
                )
        return self

    async def lower_quorum(self) -> Season:
        """Everybody else of the jury is asked for application 2, too, so that the chair can lower its quorum while the
        jurors are no members for a moment, for what members owe may still come; what the chair and the third juror owe
        expires when the panel opens."""
        for juror in ("third_juror", "chair"):
            self.reviews[juror, "application2"] = await self.run(
                "review.assign", self.officer, application=self.application2, juror=self.people[juror]
            )
        await self.run("review.declare_no_conflict", self.chair, review=self.reviews["chair", "application2"])
        jurors = [self.people[juror] for juror in ("juror", "second_juror", "third_juror")]
        house = {"initiative": self.initiative}
        for juror in jurors:
            await self.run("initiative.remove_member", self.administrator, person=juror, **house)
        await self.run(
            "application.lower_quorum",
            self.chair,
            application=self.application2,
            quorum=1,
            reason="jurors_unavailable",
        )
        for juror in jurors:
            await self.run(
                "initiative.add_member", self.administrator, person=juror, roles=(Role.JUROR,), **house
            )
        return self

    async def judge(self) -> Season:
        """A conflict, a replacement, and all reviews: application 1 gets 8 and 9 points, application 2 gets 5 and 6."""
        conflicted = self.reviews["second_juror", "application1"]
        await self.run(
            "review.declare_conflict",
            self.second_juror,
            review=conflicted,
            reason="friendship",
            explanation="Canary comment",
        )
        self.reviews["third_juror", "application1"] = await self.run(
            "review.replace", self.officer, review=conflicted, juror=self.third_juror
        )
        for (juror, application), points in {
            ("juror", "application1"): 8,
            ("third_juror", "application1"): 9,
            ("juror", "application2"): 5,
            ("second_juror", "application2"): 6,
        }.items():
            review = self.reviews[juror, application]
            await self.run("review.declare_no_conflict", self.people[juror], review=review)
            await self.run(
                "review.submit",
                self.people[juror],
                review=review,
                scores={"art": points},
                comment_jury="Canary comment for the jury",
                comment_applicant="Canary comment for the artist",
            )
        return self

    async def open_panel(self) -> Season:
        """The round goes to its panel."""
        self.things["panel"] = await self.run("panel.open", self.officer, round=self.round)
        return self

    async def decide(self) -> Season:
        """The panel, opened now if it is not open yet, awards the first and declines the second."""
        if "panel" not in self.things:
            await self.open_panel()
        await self.run(
            "panel.set_outcome",
            self.chair,
            panel=self.panel,
            application=self.application1,
            outcome="award",
            reason="quality",
            amount=eur("1400.25"),
        )
        await self.run(
            "panel.set_outcome",
            self.chair,
            panel=self.panel,
            application=self.application2,
            outcome="decline",
            reason="budget_exhausted",
        )
        await self.run("panel.close", self.chair, panel=self.panel)
        await self.run("panel.confirm", self.officer, panel=self.panel)
        await self.run("panel.announce", self.officer, panel=self.panel)
        return self

    async def grant(self) -> Season:
        """Offered, accepted, scheduled in two instalments, the first one paid after a failure."""
        self.things["grant"] = await self.run(
            "grant.offer",
            self.officer,
            application=self.application1,
            respond_by=DEADLINE + timedelta(days=30),
        )
        grant, artist = self.things["grant"], self.artist1
        await self.run("grant.accept", artist, grant=grant)
        await self.run(
            "grant.set_payee",
            artist,
            grant=grant,
            kind="recipient",
            name="Canary Payee",
            account="Canary Payee 1234",
        )
        await self.run("grant.confirm_payee", self.finance, grant=grant, setting=1)
        await self.run(
            "grant.schedule",
            self.officer,
            grant=grant,
            instalments=(
                PlannedInstalment(amount=eur("1000.00"), due=date(2026, 6, 1)),
                PlannedInstalment(amount=eur("400.25"), due=date(2026, 9, 1), condition="report"),
            ),
        )
        await self.pay(1, "1000.00", fails_first=True)
        return self

    async def pay(self, number: int, amount: str, *, fails_first: bool = False, **charged: Any) -> None:
        """An instalment from the request to the settlement, with what the bank took or changed, if that is recorded."""
        at: dict[str, Any] = {"grant": self.things["grant"], "instalment": number}
        await self.run("instalment.request", self.artist1, **at)
        await self.run("instalment.approve", self.finance, **at)
        await self.run("instalment.approve", self.approver, **at)
        await self.run("instalment.instruct", self.finance, **at, reference=f"RUN-{number}")
        if fails_first:
            await self.run("instalment.fail", self.finance, **at, reason="held_by_bank")
            await self.run("instalment.instruct", self.finance, **at, reference=f"RUN-{number}-again")
        await self.run(
            "instalment.settle",
            self.finance,
            **at,
            amount=eur(amount),
            settled_on=date(2026, 3, 10),
            **charged,
        )

    async def finish(self) -> Season:
        """A returned report, an accepted one, the second payment, and the end."""
        grant = self.things["grant"]
        await self.run("grant.submit_report", self.artist1, grant=grant, text="Canary report, first")
        await self.run(
            "grant.return_report",
            self.officer,
            grant=grant,
            report=1,
            reason="unclear",
            explanation="Canary comment on it",
        )
        await self.run("grant.submit_report", self.artist1, grant=grant, text="Canary report, second")
        await self.run("grant.accept_report", self.officer, grant=grant, report=2)
        await self.pay(2, "400.25")
        await self.run("grant.complete", self.officer, grant=grant)
        return self

    async def whole(self, blindness: Blindness = "double") -> Season:
        """All of it."""
        await self.begin(blindness)
        for part in (self.apply, self.close, self.assign, self.judge, self.decide, self.grant, self.finish):
            await part()
        return self

    async def dossier_of(self, stream: str) -> str:
        """The dossier of an application or a grant."""
        kind = APPLICATION if stream.startswith("application-") else GRANT
        loaded = await self.office.runner.states.read_set(bypass_cache=True).load(((kind, stream),))
        dossier: str = loaded[stream].state.dossier
        return dossier

    # Projecting and looking

    def project(self) -> None:
        """Bring every read model up to date; fails if one of them failed."""
        with Projector(self.url, PROJECTIONS) as projector:
            take_lead(projector)
            while projector.reach()[0] < projector.reach()[1]:
                projector.step()
                assert projector.resting() == ()

    @property
    def reader(self) -> Reader:
        """A reader of its own, as another process would have it."""
        runner = self.office.runner
        cursors = PositionTokens(runner.keyed("position-tokens", b"test"), CURSOR)
        return Reader(runner.history, runner.states, runner.vault, cursors, runner=runner)

    def rows(self, query: LiteralString) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        with psycopg.connect(self.url) as connection:
            return connection.execute(query).fetchall()

    def tables(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every read model's tables, whole, each sorted by its rows' text."""
        found = {}
        with psycopg.connect(self.url) as connection:
            for projection in PROJECTIONS:
                for table in projection.tables:
                    statement = sql.SQL("SELECT * FROM read.{} AS t ORDER BY t::text").format(
                        sql.Identifier(table)
                    )
                    found[table] = connection.execute(statement).fetchall()
        return found

    def positions(self) -> dict[str, int]:
        """How far each projection has come."""
        return dict(self.rows("SELECT projection, position FROM read.positions"))


@pytest.fixture
async def season(office: Office, database_url: str) -> Season:
    """An empty season."""
    return Season(office, database_url)
