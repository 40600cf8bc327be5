"""How many round trips a command needs to read what it has to know, when nothing of it is remembered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from domain.commands.applications.submitting import SubmitApplication
from domain.commands.panels import ConfirmPanel
from domain.commands.reviews import AssignReview, SubmitReview
from domain.deciding import Command
from history.batched_lookups import BatchedLookup
from history.requests import Answer, Request
from history.runner import Runner
from history.states import StateCache
from tests.projections.conftest import Season

pytestmark = pytest.mark.anyio

MOST: dict[type[Command], int] = {
    SubmitApplication: 1,
    AssignReview: 4,
    SubmitReview: 2,  # whether the applicant named the juror since
    ConfirmPanel: 2,
}
"""At most how many, for streams and indexes together."""


async def test_what_a_plan_knows_it_needs_is_asked_for_at_once(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of streams and of indexes, whatever their kinds."""
    asked: list[str] = []
    most: dict[type[Command], int] = {}
    get, run = BatchedLookup.get, Runner.run

    async def counted_get(self: BatchedLookup[Any, Any], keys: Iterable[Any]) -> Any:
        wanted = list(keys)
        if wanted:
            asked.append(self._ask.__name__)
        return await get(self, wanted)

    async def counted_run(self: Runner, request: Request) -> Answer:
        self.states = StateCache(self.history)
        asked.clear()
        answer = await run(self, request)
        kind = type(request.command)
        most[kind] = max(most.get(kind, 0), asked.count("_read"))
        return answer

    monkeypatch.setattr(BatchedLookup, "get", counted_get)
    monkeypatch.setattr(Runner, "run", counted_run)
    await season.whole()

    assert {kind: most[kind] for kind in MOST} == MOST
