"""One grant's way from the call to the announced award, and all grants' ways beside one another.

All wait for one another until a round closes, and until its results are announced; `paying` has what follows. What people
see on the way they also ask for, as they would on a page.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from benchmarks.people import Person, money, register
from benchmarks.traffic import CommandRejected, Traffic, Unreachable
from tests.acceptance.call import SCALE
from tests.acceptance.cast import Cast, Clock, Play, open_round
from tests.acceptance.giving import FileGrant

ORGANISATION_EVERY = 10
"""Every tenth grant goes to an organisation, and through two stages."""
CHANGES_PAYEE_EVERY: Final = 7
"""Every seventh recipient moves to another account after the first was confirmed, and waits for it."""
FAILS_ONCE_EVERY: Final = 15
"""Every fifteenth grant's last payment comes back from the bank once, and is instructed again."""


def goes_to_organisation(grant: FileGrant) -> bool:
    """Whether a grant of the file is one that goes to an organisation, and through two stages."""
    return grant.number % ORGANISATION_EVERY == 0


@dataclass
class Journey:
    """One grant of the file on its way. `party` applies, receives and is paid; `acting` is the person who acts for it now.
    `stopped` says why it went no further, if it did not."""

    file: FileGrant
    play: Play
    party: str = ""
    acting: Person | None = None
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


# Until a round closes


async def apply(company: Company, journey: Journey) -> None:
    """A person of the grant's own registers, and their organisation if it goes to one; then they submit, and look at what
    was received."""
    traffic, file = company.traffic, journey.file
    organisation = goes_to_organisation(file)
    name = f"Rehearsal Applicant {file.number}" if organisation else file.recipient
    acting = journey.acting = await register(traffic, company.administrator, name)
    journey.party = acting.id
    if organisation:
        registered = await traffic.write(
            "register an organisation", "/api/organisations", acting.token, {"name": file.recipient}
        )
        journey.party = registered.id
    await _write(
        company,
        journey,
        "submit an application",
        f"/api/calls/{journey.play.call}/applications",
        {"round": journey.play.round, "applicant": journey.party, **_written(journey)},
    )


async def go_on(company: Company, journey: Journey) -> None:
    """Another member of the organisation, who was invited to it, answers the next stage's form, and acts for it from then
    on."""
    traffic, file, first = company.traffic, journey.file, journey.acting
    assert first is not None
    second = await register(traffic, company.administrator, f"Rehearsal Colleague {file.number}")
    organisation = f"/api/organisations/{journey.party}"
    await traffic.write("invite a member", f"{organisation}/members", first.token, {"person": second.id})
    await traffic.write("join an organisation", f"{organisation}/join", second.token)
    journey.acting = second
    await _write(
        company,
        journey,
        "go on to the next stage",
        f"/api/applications/{journey.application}/continue",
        _written(journey),
    )


async def _write(company: Company, journey: Journey, kind: str, path: str, body: dict[str, Any]) -> None:
    acting = journey.acting
    assert acting is not None
    written = await company.traffic.write(kind, path, acting.token, body)
    journey.application = written.id
    await company.traffic.read(
        "read one's application",
        f"/api/applications/{written.id}",
        acting.token,
        position=written.position,
    )


def _written(journey: Journey) -> dict[str, Any]:
    """What is written in the present stage. The letter asks for what will be awarded, the project for what the file says; the
    project is what counts."""
    file = journey.file
    if not journey.play.in_last_stage:
        return {
            "title": file.title,
            "requested": money(file.awarded, file.currency),
            "answers": {"idea": file.description},
        }
    asked = money(file.requested, file.currency)
    return {
        "title": file.title,
        "requested": asked,
        "answers": {
            "description": file.description,
            "programme": file.programme,
            "begins": file.awarded_on.isoformat(),
            "from_open_call": file.open_call,
            "budget": [{"item": "As described", "amount": asked["amount"]}],
        },
    }


# Until its results are announced


async def review(company: Company, journey: Journey) -> None:
    """The application is found eligible, and jurors score it."""
    traffic, cast, application = company.traffic, company.cast, journey.application
    judging = journey.play.judging
    await traffic.write("find eligible", f"/api/applications/{application}/find-eligible", cast.officer.token)
    chosen = random.Random(company.seed * 1_000_003 + journey.file.number)
    for juror in chosen.sample(cast.jurors, judging.quorum):
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
                "scores": {name: chosen.randint(SCALE // 2, SCALE) for name in judging.criteria},
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
            {"application": journey.application, **_outcome(journey)},
        )
        done()
    await traffic.write("close a panel", f"/api/panels/{panel.id}/close", cast.chair.token)
    await traffic.write("confirm a panel", f"/api/panels/{panel.id}/confirm", cast.officer.token)
    await traffic.write("announce the results", f"/api/panels/{panel.id}/announce", cast.officer.token)


def _outcome(journey: Journey) -> dict[str, Any]:
    file = journey.file
    if not journey.play.in_last_stage:
        return {"outcome": "invite"}
    return {
        "outcome": "award",
        "reason": "quality",
        "amount": money(file.awarded, file.currency),
        "more_because": "other" if file.awarded > file.requested else None,
    }


async def open_next_stage(company: Company, play: Play, journeys: int) -> None:
    """Open the round to which so many applications were invited. Raises `CommandRejected`."""
    play.closes_at = closing_time(company.clock, journeys)
    play.round = await open_round(company.traffic, company.cast, play.call, play.closes_at)
    play.stage += 1


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
