"""Whose own applications a query counts in a round: also those that are invited to a later stage of its call."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from domain.applications.state import APPLICATION as APPLICATIONS
from domain.applications.state import ApplicationStatus
from domain.indexes import submissions_to
from domain.parties import Actor
from projections.fresh import Fresh
from tests.driving import World
from tests.scene import APPLICATION, ARTIST, CALL, submitted

pytestmark = pytest.mark.anyio

SUBMITTED = World({APPLICATION: [submitted()]}).state(APPLICATIONS, APPLICATION)
LATER = "round-00000000000000000000000000000002"


@pytest.mark.parametrize(
    ("invited_to", "status", "own"),
    [
        (None, ApplicationStatus.SUBMITTED, ()),
        ("project", ApplicationStatus.INVITED, (APPLICATION,)),
        ("project", ApplicationStatus.LAPSED, (APPLICATION,)),
        ("project", ApplicationStatus.ELIGIBLE, (APPLICATION,)),
        ("project", ApplicationStatus.DECLINED, ()),
    ],
)
async def test_an_invited_application_counts_in_every_round(
    invited_to: str | None, status: ApplicationStatus, own: tuple[str, ...]
) -> None:
    state = msgspec.structs.replace(SUBMITTED, invited_to=invited_to, status=status)

    async def index_entries(names: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
        return {name: (APPLICATION,) if name == submissions_to(CALL, ARTIST) else () for name in names}

    async def load(*streams: Any) -> Any:
        return {stream: SimpleNamespace(state=state) for _, stream in streams}

    async def nobody(*_: object) -> frozenset[str]:
        return frozenset()

    read_set = SimpleNamespace(index_entries=index_entries)
    states = SimpleNamespace(read_set=lambda **_: read_set)
    reader: Any = SimpleNamespace(states=states, load=load, _avoided_by=nobody)
    found = await Fresh.applied_by(reader, Actor(ARTIST), LATER, CALL)
    assert (found, found.competing) == (own, bool(own))
