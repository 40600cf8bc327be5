"""Creating the calls on a server: drafted, published, read back as anybody reads them, and compared with what was meant."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from benchmarks.people import Person, register
from benchmarks.traffic import CommandRejected, Traffic
from tests.acceptance.hypha.calls import CURRENCY, MeantCall

HOUSE: Final = "Forms from Hypha"


@dataclass
class CreatedCall:
    """What became of a call. `refused` is the server's sentence; `different` are the places where it shows something else
    than was meant."""

    meant: MeantCall
    id: str = ""
    refused: str | None = None
    different: list[str] = field(default_factory=list)

    @property
    def well(self) -> bool:
        """Whether the call stands there as it was meant."""
        return self.refused is None and not self.different


async def create(traffic: Traffic, administrator: str, calls: tuple[MeantCall, ...]) -> list[CreatedCall]:
    """Create all calls in an initiative of their own. One that is refused does not stop the others. Raises `CommandRejected`
    if not even the initiative can be founded, and `Unreachable`."""
    officer, fund = await _open_house(traffic, administrator)
    return [await _created(traffic, officer, fund, meant) for meant in calls]


async def _open_house(traffic: Traffic, administrator: str) -> tuple[Person, str]:
    founder = await register(traffic, administrator, "Founder")
    officer = await register(traffic, administrator, "Officer")
    initiative = await traffic.write(
        "found an initiative", "/api/initiatives", administrator, {"name": HOUSE, "founder": founder.id}
    )
    await traffic.write(
        "add a member",
        f"/api/initiatives/{initiative.id}/members",
        founder.token,
        {"person": officer.id, "roles": ["officer"]},
    )
    fund = await traffic.write(
        "open a fund",
        "/api/funds",
        officer.token,
        {"initiative": initiative.id, "name": f"Fund of {HOUSE}", "currency": CURRENCY},
    )
    return officer, fund.id


async def _created(traffic: Traffic, officer: Person, fund: str, meant: MeantCall) -> CreatedCall:
    created = CreatedCall(meant)
    try:
        drafted = await traffic.write("draft a call", "/api/calls", officer.token, meant.draft(fund))
        created.id = drafted.id
        published = await traffic.write("publish a call", f"/api/calls/{drafted.id}/publish", officer.token)
        # Without a token, as everybody may read a call that is published.
        shown = await traffic.read(
            "read a call", f"/api/calls/{drafted.id}", None, position=published.position
        )
    except CommandRejected as rejected:
        created.refused = str(rejected)
        return created
    created.different = meant.differences(shown)
    return created
