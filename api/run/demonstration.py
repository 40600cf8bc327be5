"""The demonstration: invented people and real commands, dated over the two months before its first start.

One call is over: reviewed, decided, granted, and half paid. Another is open. Every command has its own idempotency key and
times are counted from the history's first fact, so the next start completes an interrupted one.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from api.run.demonstration_calls import BOOKS, CONCERTS, eur
from api.run.settings import Settings
from api.run.wiring import Wiring, wire
from domain.commands.register import REGISTER
from domain.values import SYSTEM, Channel
from history.due import run_due
from history.requests import Request
from history.store import open_history
from history.unreadable import Unreadable

DAYS: Final = 75
"""How many days before its first start the demonstration's history begins."""
FILE: Final = "access.json"
ADMINISTRATOR_FILE: Final = "administrator-token"
_ZONE: Final = ZoneInfo("Europe/Berlin")

PEOPLE: Final = {
    "administrator": ("Administrator", "en"),
    "officer": ("Officer One", "en"),
    "chair": ("Chair One", "en"),
    "juror": ("Juror One", "en"),
    "second juror": ("Juror Two", "en"),
    "third juror": ("Juror Three", "en"),
    "finance": ("Finance One", "en"),
    "approver": ("Approver One", "en"),
    "funder": ("Funder One", "en"),
    "applicant": ("Applicant One", "ru"),
    "second applicant": ("Applicant Two", "en"),
    "newcomer": ("Applicant Three", "en"),
}
"""The invented people by role: name and language."""
_ROLES: Final = ("officer", "chair", "finance", "approver", "funder")


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """One person of the demonstration: role, name, id, and a token to sign in with."""

    role: str
    name: str
    person: str
    token: str


class _SavedTokens(msgspec.Struct, frozen=True, kw_only=True):
    """The content of `FILE`: people and tokens of one history. Another database in the same folder has other tokens."""

    history: str
    access: tuple[DemoPerson, ...]


def saved_people(settings: Settings, history_id: str) -> tuple[DemoPerson, ...]:
    """The people of a demonstration, with their tokens, so that everybody can enter as one of them; nobody if this is none."""
    if not settings.demo:
        return ()
    try:
        kept = msgspec.json.decode((settings.data_dir / FILE).read_bytes(), type=_SavedTokens)
    except (OSError, msgspec.DecodeError):
        return ()
    return kept.access if kept.history == history_id else ()


class _Story:
    """Runs the demonstration's commands: `at` sets the time, `do` runs a command as a person."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=DAYS)
        self.began = self.now
        self.people: dict[str, str] = {}
        self._told = 0
        self.wiring: Wiring

    def clock(self) -> datetime:
        """The demonstration's current time."""
        return self.now

    def at(self, days: int) -> None:
        """Set the time to a number of days after the beginning."""
        self.now = self.began + timedelta(days=days)

    async def do(
        self, who: str, command: str, /, **fields: Any
    ) -> str:  # Any: a command's fields, as in JSON
        """Run a command as `who`; returns the id of the stream it is about. Each command moves the time on by a minute."""
        self._told += 1
        self.now += timedelta(minutes=1)
        actor = SYSTEM if who == SYSTEM else self.people[who]
        answer = await self.wiring.runner.run(
            Request(
                command=msgspec.convert(fields, REGISTER[command].request),
                actor=actor,
                channel=Channel.CLI,
                key=f"demonstration {self._told}",
            )
        )
        return answer.stream

    def local(self, days: int) -> str:
        """A number of days after the beginning at 18:00 Berlin time."""
        there = (self.began + timedelta(days=days)).astimezone(_ZONE)
        return there.replace(hour=18, minute=0, tzinfo=None).isoformat()

    def day(self, days: int) -> str:
        """The date a number of days after the beginning."""
        return (self.began + timedelta(days=days)).date().isoformat()


async def load(settings: Settings, url: str) -> tuple[DemoPerson, ...]:
    """Create the demonstration unless it exists, and return one person with a token for each role, always the same."""
    file = settings.data_dir / FILE
    async with open_history(url, connections=1) as history:
        history_id = history.id
    if file.exists():
        kept = msgspec.json.decode(file.read_bytes(), type=_SavedTokens)
        if kept.history == history_id:
            async with wire(settings, url, connections=2) as wiring:  # refuses a real installation
                # People who were erased meanwhile have no token any more.
                return tuple([each for each in kept.access if await wiring.tokens.person(each.token)])
    story = _Story()
    async with wire(settings, url, connections=2, clock=story.clock) as wiring:
        story.wiring = wiring
        first = (await wiring.history.at((1,)))[0]
        try:
            story.began = datetime.fromisoformat(json.loads(first.document)["envelope"]["decided_at"])
        except (ValueError, LookupError, TypeError) as error:
            raise Unreadable(first.position) from error
        story.at(0)
        await _found(story)
        people = tuple(
            [
                DemoPerson(
                    role=role,
                    name=name,
                    person=story.people[role],
                    token=await wiring.tokens.make(
                        story.people[role],
                        label="demonstration",
                        made_by=SYSTEM,
                        days=3650,
                        seed=wiring.runner.keyed("demonstration", role.encode()),
                    ),
                )
                for role, (name, _) in PEOPLE.items()
            ]
        )
    _write(settings.data_dir / ADMINISTRATOR_FILE, people[0].token + "\n")
    kept = _SavedTokens(history=history_id, access=people)
    _write(file, msgspec.json.format(msgspec.json.encode(kept), indent=1).decode() + "\n")
    return people


def _write(file: Path, text: str) -> None:
    """Write an owner-only file atomically."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(text)
    draft.replace(file)


async def _found(story: _Story) -> None:
    for role, (name, language) in PEOPLE.items():
        story.people[role] = await story.do(SYSTEM, "person.register", name=name, language=language)
    people = story.people
    await story.do(SYSTEM, "installation.appoint", person=people["administrator"])
    initiative = await story.do("administrator", "initiative.found", name="Зимний дом / Winter House")
    for role in _ROLES:
        await story.do(
            "administrator", "initiative.add_member", initiative=initiative, person=people[role], roles=[role]
        )
    for role in ("juror", "second juror", "third juror"):
        await story.do(
            "administrator",
            "initiative.add_member",
            initiative=initiative,
            person=people[role],
            roles=["juror"],
        )
    story.at(1)
    fund = await story.do("officer", "fund.open", initiative=initiative, name="Winter fund", currency="EUR")
    await story.do("funder", "fund.pledge", fund=fund, funder=people["funder"], amount=eur("40000.00"))
    pledge = await _newest_pledge(story, fund)
    story.at(4)
    await story.do(
        "finance",
        "fund.receive",
        fund=fund,
        pledge=pledge,
        amount=eur("30000.00"),
        received_on=story.day(4),
    )
    await _first_call(story, fund)
    await _open_call(story, fund)


async def _newest_pledge(story: _Story, fund: str) -> str:
    """The id of the fund's only pledge, taken from its fact."""
    rows = await story.wiring.history.load({fund: 0})
    return next(
        str(json.loads(row.document)["fact"]["pledge"])
        for row in rows[fund]
        if row.topic == "fund.pledged.v1"
    )


async def _first_call(story: _Story, fund: str) -> None:
    """A call that is over, with one grant half paid."""
    call = await story.do("officer", "call.draft", fund=fund, **BOOKS)
    await story.do("officer", "call.publish", call=call)
    round_ = await story.do("officer", "round.open", call=call, closes_at=story.local(20))
    story.at(12)
    quiet = await story.do(
        "applicant", "application.submit", call=call, round=round_, title="Тихая книга",
        requested=eur("3200.00"),
        answers={
            "idea": "Книга о зиме, которую пишут вдали от дома: двенадцать рассказов и карта.",
            "costs": [{"item": "Печать", "amount": "2400.00"}, {"item": "Редактура", "amount": "800.00"}],
            "home": "Invented Town",
        },
    )  # fmt: skip
    story.at(18)
    letters = await story.do(
        "second applicant", "application.submit", call=call, round=round_, title="Letters that were not sent",
        requested=eur("1800.00"),
        answers={
            "idea": "A reader of forty invented letters, in two languages.",
            "costs": [{"item": "Translation", "amount": "1800.00"}],
        },
    )  # fmt: skip
    story.at(21)
    await run_due(story.wiring.runner)
    await _review(story, {quiet: (9, 8), letters: (7, 6)})
    story.at(33)
    panel = await story.do("officer", "panel.open", round=round_)
    await story.do(
        "chair",
        "panel.set_outcome",
        panel=panel,
        application=quiet,
        outcome="award",
        reason="quality",
        amount=eur("3000.00"),
    )
    await story.do(
        "chair",
        "panel.set_outcome",
        panel=panel,
        application=letters,
        outcome="decline",
        reason="not_selected",
    )
    await story.do("chair", "panel.close", panel=panel)
    await story.do("officer", "panel.confirm", panel=panel)
    await story.do("officer", "panel.plan_announcement", panel=panel, announce_at=story.local(34))
    story.at(35)
    await run_due(story.wiring.runner)
    grant = await story.do(
        "officer",
        "grant.offer",
        application=quiet,
        respond_by=(story.began + timedelta(days=49)).isoformat(),
    )
    story.at(37)
    await story.do("applicant", "grant.accept", grant=grant)
    await story.do(
        "applicant",
        "grant.set_payee",
        grant=grant,
        kind="recipient",
        name=PEOPLE["applicant"][0],
        account="An invented account",
    )
    story.at(38)
    await story.do("finance", "grant.confirm_payee", grant=grant, setting=1)
    await story.do(
        "officer", "grant.schedule", grant=grant,
        instalments=[
            {"amount": eur("2000.00"), "due": story.day(45), "condition": "none"},
            {"amount": eur("1000.00"), "due": story.day(120), "condition": "report"},
        ],
    )  # fmt: skip
    story.at(40)
    await story.do("applicant", "instalment.request", grant=grant, instalment=1)
    await story.do("finance", "instalment.approve", grant=grant, instalment=1)
    await story.do("approver", "instalment.approve", grant=grant, instalment=1)
    story.at(42)
    await story.do("finance", "instalment.instruct", grant=grant, instalment=1, reference="RUN-1")
    story.at(44)
    await story.do(
        "finance",
        "instalment.settle",
        grant=grant,
        instalment=1,
        amount=eur("2000.00"),
        settled_on=story.day(44),
    )


async def _review(story: _Story, points: dict[str, tuple[int, int]]) -> None:
    """Two jurors review each application; a third declares a conflict with one of them, and the chair replaces them."""
    first = next(iter(points))
    for application, (art, need) in points.items():
        story.at(22)
        await story.do("officer", "application.find_eligible", application=application)
        reviews = {
            juror: await story.do(
                "officer", "review.assign", application=application, juror=story.people[juror]
            )
            for juror in ("juror", "second juror", "third juror")
        }
        if application == first:
            story.at(23)
            stepped_back = reviews.pop("third juror")
            await story.do("third juror", "review.declare_conflict", review=stepped_back, reason="friendship")
            reviews["chair"] = await story.do(
                "officer", "review.replace", review=stepped_back, juror=story.people["chair"]
            )
        story.at(28)
        for more, (juror, review) in enumerate(reviews.items()):
            await story.do(juror, "review.declare_no_conflict", review=review)
            await story.do(
                juror,
                "review.submit",
                review=review,
                scores={"art": art, "need": max(0, need - more)},
                comment_jury="Invented: strong, and well within its budget.",
            )


async def _open_call(story: _Story, fund: str) -> None:
    """A call that accepts applications for another month."""
    story.at(60)
    call = await story.do("officer", "call.draft", fund=fund, **CONCERTS)
    await story.do("officer", "call.publish", call=call)
    await story.do("officer", "round.open", call=call, closes_at=story.local(DAYS + 30))
