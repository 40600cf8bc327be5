"""One grant's way through the main job, and all grants' ways beside one another.

A journey has three acts, since all wait for one another twice: until the round closes, and until the results are
confirmed. What people see on the way they also ask for, as they would on a page.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from benchmarks.people import Person, money, register
from benchmarks.traffic import CommandRejected, Traffic, Unreachable
from tests.acceptance.cast import CRITERIA, QUORUM, SCALE, Cast, Clock, Play
from tests.acceptance.giving import FileGrant

ACCOUNTS: Final = (
    "DE89 3704 0044 0532 0130 00",
    "GB29 NWBK 6016 1331 9268 19",
    "FR14 2004 1010 0505 0001 3M02 606",
)
"""The specimen accounts that the registry of IBANs prints; they belong to nobody."""

RESPOND_DAYS: Final = 30
CHANGES_PAYEE_EVERY: Final = 10
"""Every tenth recipient moves to another account after the first was confirmed, and waits for it."""
FAILS_ONCE_EVERY: Final = 15
"""Every fifteenth grant's last payment comes back from the bank once, and is instructed again."""
PAYEE_WAIT: Final = timedelta(hours=25)


@dataclass
class Journey:
    """One grant of the file on its way. `stopped` says why it went no further, if it did not."""

    file: FileGrant
    play: Play
    applicant: Person | None = None
    application: str = ""
    grant: str = ""
    stopped: str | None = None
    parts: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Every second grant of more than one minor unit is paid in two instalments."""
        sum_awarded = self.file.awarded
        in_two = self.file.number % 2 == 0 and sum_awarded > 1
        self.parts = (sum_awarded - sum_awarded // 3, sum_awarded // 3) if in_two else (sum_awarded,)
        if 0 in self.parts:
            self.parts = (sum_awarded - 1, 1)

    @property
    def changes_payee(self) -> bool:
        """Whether the recipient moves to another account on the way."""
        return self.file.number % CHANGES_PAYEE_EVERY == 0

    @property
    def fails_once(self) -> bool:
        """Whether the bank returns the last payment once."""
        return self.file.number % FAILS_ONCE_EVERY == 0


@dataclass(frozen=True, slots=True)
class Company:
    """All that the journeys share."""

    traffic: Traffic
    administrator: str
    cast: Cast
    clock: Clock
    seed: int


async def abreast(
    journeys: Iterable[Journey],
    step: Callable[[Journey], Awaitable[None]],
    at_a_time: int,
    done: Callable[[], None],
) -> None:
    """Take every journey a step further, so many at a time. One that is turned down stops, and the others go on."""
    waiting = iter([journey for journey in journeys if journey.stopped is None])

    async def walk() -> None:
        for journey in waiting:
            try:
                await step(journey)
            except (CommandRejected, Unreachable) as turned:
                journey.stopped = str(turned)
            done()

    async with asyncio.TaskGroup() as group:
        for _ in range(at_a_time):
            group.create_task(walk())


# The first act: until the round closes


async def apply(company: Company, journey: Journey) -> None:
    """A person of the grant's own registers, submits, and looks at what was received."""
    traffic, file = company.traffic, journey.file
    applicant = journey.applicant = await register(traffic, company.administrator, file.recipient)
    submitted = await traffic.write(
        "submit an application",
        f"/api/calls/{journey.play.call}/applications",
        applicant.token,
        {
            "round": journey.play.round,
            "title": file.title,
            "requested": money(file.requested, file.currency),
            "answers": {
                "description": file.description,
                "programme": file.programme,
                "begins": file.awarded_on.isoformat(),
                "from_open_call": file.open_call,
                "budget": [
                    {"item": "As described", "amount": money(file.requested, file.currency)["amount"]}
                ],
            },
        },
    )
    journey.application = submitted.id
    await traffic.read(
        "read one's application",
        f"/api/applications/{submitted.id}",
        applicant.token,
        position=submitted.position,
    )


# The second act: until the results are announced


async def review(company: Company, journey: Journey) -> None:
    """The application is found eligible, and three jurors score it."""
    traffic, cast, application = company.traffic, company.cast, journey.application
    await traffic.write("find eligible", f"/api/applications/{application}/find-eligible", cast.officer.token)
    chosen = random.Random(company.seed * 1_000_003 + journey.file.number)
    for juror in chosen.sample(cast.jurors, QUORUM):
        assigned = await traffic.write(
            "assign a juror",
            f"/api/applications/{application}/reviews",
            cast.officer.token,
            {"juror": juror.id},
        )
        cleared = await traffic.write(
            "declare no conflict", f"/api/reviews/{assigned.id}/declare-no-conflict", juror.token
        )
        await traffic.read(
            "read a review's application",
            f"/api/applications/{application}",
            juror.token,
            position=cleared.position,
        )
        await traffic.write(
            "submit a review",
            f"/api/reviews/{assigned.id}/submit",
            juror.token,
            {
                "scores": {name: chosen.randint(SCALE // 2, SCALE) for name in CRITERIA},
                "comment_jury": f"Rehearsal: seen and weighed as number {journey.file.number} of the file.",
            },
        )


async def decide(company: Company, play: Play, journeys: Sequence[Journey], done: Callable[[], None]) -> None:
    """The panel opens on the ranking, the chair sets every outcome, somebody else confirms, and the results are announced.
    Raises `CommandRejected`."""
    traffic, cast = company.traffic, company.cast
    panel = await traffic.write("open a panel", f"/api/rounds/{play.round}/panel", cast.officer.token)
    await traffic.read(
        "read a ranking", f"/api/rounds/{play.round}/ranking", cast.chair.token, position=panel.position
    )
    for journey in journeys:
        await traffic.write(
            "set an outcome",
            f"/api/panels/{panel.id}/outcomes",
            cast.chair.token,
            {
                "application": journey.application,
                "outcome": "award",
                "reason": "quality",
                "amount": money(journey.file.awarded, journey.file.currency),
                "more_because": "other" if journey.file.awarded > journey.file.requested else None,
            },
        )
        done()
    await traffic.write("close a panel", f"/api/panels/{panel.id}/close", cast.chair.token)
    await traffic.write("confirm a panel", f"/api/panels/{panel.id}/confirm", cast.officer.token)
    await traffic.write("announce the results", f"/api/panels/{panel.id}/announce", cast.officer.token)


# The third act: until the last payment


async def agree(company: Company, journey: Journey) -> None:
    """The grant is offered and accepted, its payee set and confirmed, its instalments scheduled."""
    traffic, cast, applicant = company.traffic, company.cast, journey.applicant
    assert applicant is not None
    respond_by = company.clock.now() + timedelta(days=RESPOND_DAYS)
    offered = await traffic.write(
        "offer a grant",
        f"/api/applications/{journey.application}/grant",
        cast.officer.token,
        {"respond_by": respond_by.isoformat()},
    )
    journey.grant = offered.id
    path = f"/api/grants/{offered.id}"
    await traffic.read("read one's grant", path, applicant.token, position=offered.position)
    await traffic.write("accept a grant", f"{path}/accept", applicant.token)
    settings = 2 if journey.changes_payee and company.clock.settable else 1
    for setting in range(1, settings + 1):
        await traffic.write(
            "set the payee",
            f"{path}/payee",
            applicant.token,
            {
                "kind": "recipient",
                "name": journey.file.recipient,
                "account": ACCOUNTS[(journey.file.number + setting) % len(ACCOUNTS)],
            },
        )
        await traffic.write(
            "confirm the payee", f"{path}/payee/confirm", cast.finance.token, {"setting": setting}
        )
    await traffic.write(
        "schedule instalments",
        f"{path}/schedule",
        cast.officer.token,
        {"instalments": _planned(journey), "confirm_past_due": True},
    )


def _planned(journey: Journey) -> list[dict[str, object]]:
    file = journey.file
    days = (file.awarded_on, file.ends_on)
    return [
        {
            "amount": money(part, file.currency),
            "due": days[place].isoformat(),
            "condition": "report" if place else "none",
        }
        for place, part in enumerate(journey.parts)
    ]


async def pay(company: Company, journey: Journey) -> None:
    """Every instalment is requested, approved by two, instructed and settled; then the grant is completed."""
    traffic, cast, applicant = company.traffic, company.cast, journey.applicant
    assert applicant is not None
    path = f"/api/grants/{journey.grant}"
    for number, part in enumerate(journey.parts, 1):
        if number > 1:
            await _report(company, path, applicant, journey.file.title)
        instalment = f"{path}/instalments/{number}"
        await traffic.write("request an instalment", f"{instalment}/request", applicant.token)
        await traffic.write("approve, first", f"{instalment}/approve", cast.finance.token)
        approved = await traffic.write("approve, second", f"{instalment}/approve", cast.approver.token)
        await traffic.read("read a grant", path, cast.finance.token, position=approved.position)
        reference = {"reference": f"Grant {journey.file.number}, instalment {number}"}
        await traffic.write("instruct", f"{instalment}/instruct", cast.finance.token, reference)
        if journey.fails_once and number == len(journey.parts):
            await traffic.write(
                "record a failure", f"{instalment}/fail", cast.finance.token, {"reason": "returned_by_bank"}
            )
            await traffic.write("instruct", f"{instalment}/instruct", cast.finance.token, reference)
        settled_on = company.clock.now().date().isoformat()
        await traffic.write(
            "settle",
            f"{instalment}/settle",
            cast.finance.token,
            {"amount": money(part, journey.file.currency), "settled_on": settled_on},
        )
    completed = await traffic.write("complete a grant", f"{path}/complete", cast.officer.token)
    await traffic.read(
        "read a grant's timeline", f"{path}/timeline", cast.funder.token, position=completed.position
    )


async def _report(company: Company, path: str, applicant: Person, title: str) -> None:
    traffic, officer = company.traffic, company.cast.officer
    await traffic.write(
        "submit a report", f"{path}/reports", applicant.token, {"text": f"Done as described: {title}"}
    )
    await traffic.write("accept a report", f"{path}/reports/1/accept", officer.token)


async def until_closed(company: Company, play: Play, seconds: float = 60) -> None:
    """Let the deadline pass, and wait until the program has closed the round by itself. Raises `Unreachable`."""
    await company.clock.reach(play.closes_at + timedelta(seconds=1))
    until = asyncio.get_running_loop().time() + seconds
    while True:
        shown = await company.traffic.read(
            "read a round", f"/api/rounds/{play.round}", company.cast.officer.token
        )
        if shown["status"] != "open":
            return
        if asyncio.get_running_loop().time() > until:
            raise Unreachable("The round's deadline has passed, and the program did not close it.")
        await asyncio.sleep(0.1)


def closing_time(clock: Clock, grants: int) -> datetime:
    """When a round closes: far off where the clock can be set, else as soon as all can have been submitted."""
    if clock.settable:
        return clock.now() + timedelta(days=30)
    return clock.now() + timedelta(seconds=20 + grants / 5)
