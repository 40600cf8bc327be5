"""A history that holds facts in a shape of before goes on: they are folded, shown and paid like any other."""

from __future__ import annotations

from typing import Any

import pytest

import history.attempt
import history.documents
from domain.deciding import Fact
from domain.grants.facts import GrantInstalmentInstructed
from domain.grants.state import GRANT
from domain.older_facts import GrantInstalmentInstructedV1
from domain.topics import TOPIC_OF
from history.states import StateCache
from history.verify import verify
from projections import grants, timeline
from tests.projections.conftest import Season

OLDER = "grant.instalment_instructed.v1"

pytestmark = pytest.mark.anyio


def store_older(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let instructions be stored as they were before they had a time."""
    write = history.documents.write

    def as_before(fact: Fact, *rest: Any) -> Any:
        if isinstance(fact, GrantInstalmentInstructed):
            fact = GrantInstalmentInstructedV1(
                grant=fact.grant,
                instalment=fact.instalment,
                setting=fact.setting,
                reference=fact.reference,
                instructed_on=fact.instructed_at.date(),
            )
        return write(fact, *rest)

    monkeypatch.setattr(history.attempt, "write", as_before)
    monkeypatch.setattr(history.documents, "TOPIC_OF", {**TOPIC_OF, GrantInstalmentInstructedV1: OLDER})


async def test_a_history_with_older_facts_goes_on(season: Season, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process folds them from the database, pays by them, shows them and finds nothing wrong with them."""
    store_older(monkeypatch)
    await season.whole()
    monkeypatch.undo()
    season.project()

    topics = {row[0] for row in season.rows("SELECT topic FROM history.facts")}
    assert OLDER in topics
    assert TOPIC_OF[GrantInstalmentInstructed] not in topics
    grant = season.things["grant"]
    reader = season.reader
    reader.states = StateCache(reader.history)  # as another process has them: nothing is remembered
    shown = await grants.one(reader, season.officer, grant)
    told = await timeline.of_grant(reader, season.officer, grant)
    state = await reader.the(GRANT, grant)
    assert all(each.instructed_at is not None for each in state.instalments.values())
    assert {each.status for each in shown.instalments} == {"settled"}
    assert OLDER in {entry.topic for entry in told.items}
    assert verify(season.url).wrong == ()
