"""Which round's reading decides whether a timeline shows a title, for an application that continued to the next stage."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from domain.applications.state import APPLICATION as APPLICATIONS
from domain.rounds.state import Round
from projections.timeline import naming
from tests.driving import World
from tests.scene import APPLICATION, ROUND, submitted

pytestmark = pytest.mark.anyio

LETTER, PROJECT = ROUND, "round-00000000000000000000000000000002"
HELD = World({APPLICATION: [submitted()]}).state(APPLICATIONS, APPLICATION)
NOW = msgspec.structs.replace(HELD, round=PROJECT, earlier=(LETTER,))


def reader() -> Any:
    """A reader whose cache still has the application in its first round."""
    cached = {APPLICATION: SimpleNamespace(state=HELD)}

    async def readable(*streams: Any) -> Any:
        return {stream: SimpleNamespace(state=NOW) for _, stream in streams}

    return SimpleNamespace(states=SimpleNamespace(known=cached.get), readable=readable)


@pytest.mark.parametrize(("last", "state"), [(False, NOW), (True, HELD)])
async def test_a_cached_state_is_enough_only_in_the_last_stage(last: bool, state: Any) -> None:
    rounds = {LETTER: Round(last=last)}
    assert await naming._applications(reader(), [APPLICATION], rounds) == {APPLICATION: state}
