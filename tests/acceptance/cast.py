"""What comes before the first application: an initiative with its people, and for every currency of the file a fund and a
call, and another of each for the grants that go through two stages."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from benchmarks.people import Person, money, register
from benchmarks.traffic import CommandRejected, Traffic
from tests.acceptance.call import Judging, call_of
from tests.acceptance.giving import FileGrant

JURORS: Final = 6

_ROLES: Final[Mapping[str, tuple[str, ...]]] = {
    "officer": ("officer",),
    "chair": ("chair",),
    "finance": ("finance",),
    "approver": ("approver",),
    "funder": ("funder",),
}


@dataclass(frozen=True, slots=True)
class Cast:
    """The initiative's people."""

    initiative: str
    founder: Person
    officer: Person
    chair: Person
    finance: Person
    approver: Person
    funder: Person
    jurors: tuple[Person, ...]


@dataclass(slots=True)
class Play:
    """What grants of one currency go through: their fund, and their call with its stages. `round` is that of the present
    stage, which is number `stage`, counted from 0."""

    currency: str
    stages: tuple[Judging, ...]
    fund: str
    call: str
    round: str
    closes_at: datetime
    stage: int = 0

    @property
    def judging(self) -> Judging:
        """How applications are judged in the present stage."""
        return self.stages[self.stage]

    @property
    def in_last_stage(self) -> bool:
        """Whether grants are awarded in the present stage."""
        return self.stage == len(self.stages) - 1


async def gather_cast(traffic: Traffic, administrator: str) -> Cast:
    """Found the initiative and give its members their roles."""
    founder = await register(traffic, administrator, "Rehearsal Founder")
    initiative = await traffic.write(
        "found an initiative",
        "/api/initiatives",
        administrator,
        {"name": "Rehearsal with real grants", "founder": founder.id},
    )
    names = [*_ROLES, *(f"juror {number}" for number in range(1, JURORS + 1))]
    people = dict(
        zip(
            names,
            await asyncio.gather(
                *(register(traffic, administrator, f"Rehearsal {name.title()}") for name in names)
            ),
            strict=True,
        )
    )
    for name, person in people.items():
        await traffic.write(
            "add a member",
            f"/api/initiatives/{initiative.id}/members",
            founder.token,
            {"person": person.id, "roles": _ROLES.get(name, ("juror",))},
        )
    return Cast(
        initiative=initiative.id,
        founder=founder,
        officer=people["officer"],
        chair=people["chair"],
        finance=people["finance"],
        approver=people["approver"],
        funder=people["funder"],
        jurors=tuple(people[name] for name in names[len(_ROLES) :]),
    )


async def add_auditor(traffic: Traffic, administrator: str, cast: Cast) -> tuple[Person, str]:
    """One more officer, who comes when all is done and only looks, also at raw facts; with the position of their coming,
    which lies after everything else that the rehearsal wrote."""
    auditor = await register(traffic, administrator, "Rehearsal Auditor")
    added = await traffic.write(
        "add a member",
        f"/api/initiatives/{cast.initiative}/members",
        cast.founder.token,
        {"person": auditor.id, "roles": ("officer", "funder")},
    )
    await traffic.write(
        "appoint an administrator", "/api/administrators", administrator, {"person": auditor.id}
    )
    return auditor, added.position


class Clock:
    """The server's clock: a demonstration's can be set, any other is waited for."""

    def __init__(self, traffic: Traffic, administrator: str, now: datetime, *, settable: bool) -> None:
        self._traffic = traffic
        self._administrator = administrator
        self._ahead = now - datetime.now(UTC)
        self.settable = settable

    @classmethod
    async def found(cls, traffic: Traffic, administrator: str) -> Clock:
        """Find out which kind of clock the server has, by setting it a second ahead."""
        now = datetime.now(UTC) + timedelta(seconds=1)
        for _ in range(40):
            try:
                await _set_clock(traffic, administrator, now)
            except CommandRejected as turned:
                if turned.status == 409:
                    # It was set forward before, and only ever goes forward: look for where it is.
                    now += timedelta(days=92)
                    continue
                return cls(traffic, administrator, datetime.now(UTC), settable=False)
            return cls(traffic, administrator, now, settable=True)
        return cls(traffic, administrator, datetime.now(UTC), settable=False)

    def now(self) -> datetime:
        """The server's present time, as well as it can be known from here."""
        return datetime.now(UTC) + self._ahead

    async def reach(self, moment: datetime) -> None:
        """Set the clock to a moment, or wait for it."""
        left = moment - self.now()
        if left <= timedelta():
            return
        if self.settable:
            await _set_clock(self._traffic, self._administrator, moment)
            self._ahead = moment - datetime.now(UTC)
        else:
            await asyncio.sleep(left.total_seconds())


async def _set_clock(traffic: Traffic, administrator: str, now: datetime) -> None:
    await traffic.post("set the clock", "/api/demo/clock", administrator, {"now": now.isoformat()})


async def open_play(
    traffic: Traffic,
    cast: Cast,
    currency: str,
    stages: tuple[Judging, ...],
    grants: Sequence[FileGrant],
    closes_at: datetime,
) -> Play:
    """Open a fund that holds just what these grants come to, and a call and its first round paid from it."""
    total = sum(grant.awarded for grant in grants)
    fund = await traffic.write(
        "open a fund",
        "/api/funds",
        cast.officer.token,
        {"initiative": cast.initiative, "name": f"Rehearsal fund in {currency}", "currency": currency},
    )
    pledged = await traffic.write(
        "pledge",
        f"/api/funds/{fund.id}/pledges",
        cast.funder.token,
        {"funder": cast.funder.id, "amount": money(total, currency)},
    )
    await _receive(traffic, cast, fund.id, currency, total, pledged.position)
    call = await traffic.write(
        "draft a call", "/api/calls", cast.officer.token, call_of(fund.id, currency, grants, stages)
    )
    await traffic.write("publish a call", f"/api/calls/{call.id}/publish", cast.officer.token)
    round = await open_round(traffic, cast, call.id, closes_at)
    return Play(currency, stages, fund.id, call.id, round, closes_at)


async def open_round(traffic: Traffic, cast: Cast, call: str, closes_at: datetime) -> str:
    """Open the round of a call's next stage; returns its id."""
    opened = await traffic.write(
        "open a round",
        f"/api/calls/{call}/rounds",
        cast.officer.token,
        {"closes_at": closes_at.astimezone(UTC).replace(tzinfo=None).isoformat()},
    )
    return opened.id


async def _receive(traffic: Traffic, cast: Cast, fund: str, currency: str, total: int, position: str) -> None:
    """The pledged money arrives in two payments."""
    shown = await traffic.read("read a fund", f"/api/funds/{fund}", cast.finance.token, position=position)
    pledge = shown["pledges"][0]["id"]
    for part in (total // 2, total - total // 2):
        if part:
            await traffic.write(
                "receive money",
                f"/api/funds/{fund}/receipts",
                cast.finance.token,
                {
                    "pledge": pledge,
                    "amount": money(part, currency),
                    "received_on": datetime.now(UTC).date().isoformat(),
                },
            )
