"""Folded states: a stream is only folded as its own kind."""

from contextlib import nullcontext
from typing import cast

import pytest
from psycopg_pool import AsyncConnectionPool

from domain.calls.state import CALL
from domain.initiatives.state import INITIATIVE
from domain.persons.state import PERSON
from domain.refusals import NotFound
from domain.topics import AGGREGATES
from history.statements import Connection
from history.states import REMEMBERED, Folded, StateCache
from history.store import History, LoadedFact
from history.unreadable import Unreadable
from tests.history.conftest import Office

pytestmark = pytest.mark.anyio


def test_the_state_that_was_not_used_for_longest_is_dropped_first() -> None:
    """A stream that every command reads, such as an initiative's, stays however rarely it is written."""
    states = StateCache(cast("History", None))
    for number in range(REMEMBERED):
        states.keep(f"call-{number}", Folded(None, 1, 1, b""))
    assert states.known("call-0") is not None
    states.keep("call-new", Folded(None, 1, 1, b""))
    assert states.known("call-0") is not None
    assert states.known("call-1") is None


@pytest.mark.parametrize("afresh", [True, False])
async def test_no_stream_is_folded_as_another_kind(office: Office, afresh: bool) -> None:
    """Not even one that is remembered because its person was active."""
    administrator, initiative = await office.opened()
    assert office.runner.states.known(administrator) is not None
    for aggregate in AGGREGATES.values():
        for stream in (administrator, initiative):
            if stream.startswith(f"{aggregate.kind}-"):
                continue
            with pytest.raises(NotFound):
                await office.runner.states.read_set(bypass_cache=afresh).load(((aggregate, stream),))


@pytest.mark.parametrize("malformed", ["", "person", "person-", "person-12", "call-" + "g" * 32, "x" * 300])
async def test_a_malformed_id_names_nothing(office: Office, malformed: str) -> None:
    for aggregate in (PERSON, CALL, INITIATIVE):
        with pytest.raises(NotFound):
            await office.runner.states.read_set(bypass_cache=True).load(((aggregate, malformed),))


async def test_what_comes_in_several_parts_is_put_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Facts and entries are asked for in one statement, and PostgreSQL promises no order between them."""
    first, second, entry = (
        LoadedFact(1, 1, "", b"", b""),
        LoadedFact(1, 2, "", b"", b""),
        LoadedFact(-1, 0, "of the index", b"", b""),
    )

    async def answered(*_: object) -> list[LoadedFact]:
        return [first, entry, second]

    monkeypatch.setattr("history.store.call_as", answered)
    monkeypatch.setattr(History, "connection", lambda _: nullcontext())
    history = History(cast("AsyncConnectionPool[Connection]", None), "history")
    assert await history.read({"call-1": 0}, ["index"]) == (
        {"call-1": (first, second)},
        {"index": ("of the index",)},
    )


async def test_a_stream_that_lacks_a_fact_is_not_folded(office: Office) -> None:
    administrator, _ = await office.opened()
    history = office.runner.states.history
    facts = (await history.load({administrator: 0}))[administrator]
    assert len(facts) > 1

    class Lacking:
        """A history that has lost the first fact of each stream."""

        id = history.id
        position_of = history.position_of

        async def read(self, after: dict[str, int], _: object) -> tuple[dict[str, object], dict[str, object]]:
            return dict.fromkeys(after, facts[1:]), {}

    states = StateCache(cast("History", Lacking()))
    with pytest.raises(Unreadable):
        await states.read_set(bypass_cache=True).load(((PERSON, administrator),))
