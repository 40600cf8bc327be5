"""Concurrent lookups share one statement, and no result is older than its request."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from history.appends import Lost, Unavailable
from history.batched_lookups import LANES, MAX_KEYS, BatchedLookup

pytestmark = pytest.mark.anyio


class Table:
    """A fake table: records the keys that it was asked for, and answers only when released."""

    def __init__(self) -> None:
        self.rows: dict[str, int] = {"one": 1, "two": 2}
        self.asked: list[frozenset[str]] = []
        self.fails: dict[str, Exception] = {}
        self.go = asyncio.Event()
        self.go.set()

    async def ask(self, keys: frozenset[str]) -> Mapping[str, int]:
        self.asked.append(keys)
        found = {key: self.rows[key] for key in keys if key in self.rows}
        await self.go.wait()
        for key in keys:
            if key in self.fails:
                raise self.fails[key]
        return found


@pytest.fixture
def table() -> Table:
    return Table()


@pytest.fixture
def gathered(table: Table) -> BatchedLookup[str, int]:
    return BatchedLookup(table.ask)


async def test_one_who_asks_alone_is_answered_by_a_statement_of_their_own(
    table: Table, gathered: BatchedLookup[str, int]
) -> None:
    assert await gathered.get(("one", "missing")) == {"one": 1}
    assert table.asked == [{"one", "missing"}]


async def test_nothing_is_asked_for_no_key(table: Table, gathered: BatchedLookup[str, int]) -> None:
    assert await gathered.get(()) == {}
    assert table.asked == []


async def test_those_who_ask_at_once_share_the_lanes(table: Table, gathered: BatchedLookup[str, int]) -> None:
    answers = await asyncio.gather(*(gathered.get((key,)) for key in ("one", "two", "one", "missing")))
    assert [
        answer.get(key) for answer, key in zip(answers, ("one", "two", "one", "missing"), strict=True)
    ] == [
        1,
        2,
        1,
        None,
    ]
    assert table.asked == [{"one", "two"}, {"one", "missing"}]


async def test_nobody_is_told_what_was_read_before_they_asked(
    table: Table, gathered: BatchedLookup[str, int]
) -> None:
    """A key that is under way already is looked up once more for whoever asks for it now."""
    table.go.clear()
    early = [asyncio.create_task(gathered.get(("one",))) for _ in range(LANES)]
    for _ in range(5):  # until both are under way
        await asyncio.sleep(0)
    assert len(table.asked) == LANES
    table.rows["one"] = 10
    late = asyncio.create_task(gathered.get(("one",)))
    await asyncio.sleep(0)
    table.go.set()
    assert [await each for each in early] == [{"one": 1}] * LANES
    assert await late == {"one": 10}


async def test_whoever_asks_for_very_much_takes_nobody_along(
    table: Table, gathered: BatchedLookup[str, int]
) -> None:
    many = [f"key {number}" for number in range(MAX_KEYS + 1)]
    answers = await asyncio.gather(gathered.get(many), gathered.get(("one",)), gathered.get(("two",)))
    assert list(answers) == [{}, {"one": 1, "two": 2}, {"one": 1, "two": 2}]
    assert table.asked == [set(many), {"one", "two"}]


async def test_nobody_fails_by_anothers_key(table: Table, gathered: BatchedLookup[str, int]) -> None:
    table.fails["bad"] = ValueError("cannot be sent")
    table.go.clear()
    busy = [asyncio.create_task(gathered.get(("two",))) for _ in range(LANES)]
    await asyncio.sleep(0)
    good, bad = asyncio.create_task(gathered.get(("one",))), asyncio.create_task(gathered.get(("bad",)))
    await asyncio.sleep(0)
    table.go.set()
    assert await good == {"one": 1}
    with pytest.raises(ValueError, match="cannot be sent"):
        await bad
    await asyncio.gather(*busy)


@pytest.mark.parametrize("trouble", [Unavailable("It does not answer."), Lost("It went away.")])
async def test_trouble_of_the_database_is_told_to_all_at_once(
    table: Table, gathered: BatchedLookup[str, int], trouble: Unavailable
) -> None:
    table.fails["one"] = trouble
    failed = await asyncio.gather(
        *(gathered.get((key,)) for key in ("one", "two", "one", "two")), return_exceptions=True
    )
    assert [(type(each), str(each)) for each in failed if isinstance(each, Exception)] == [
        (type(trouble), str(trouble))
    ] * 4
    assert len(set(map(id, failed))) == 4, "an exception of one's own each, for it collects a traceback"
    assert len(table.asked) == 2


async def test_one_who_goes_away_hurts_nobody(table: Table, gathered: BatchedLookup[str, int]) -> None:
    table.go.clear()
    gone, stays = asyncio.create_task(gathered.get(("one",))), asyncio.create_task(gathered.get(("two",)))
    waits = asyncio.create_task(gathered.get(("one", "two")))
    await asyncio.sleep(0)
    gone.cancel()
    table.go.set()
    assert (await stays)["two"] == 2
    assert (await waits) == {"one": 1, "two": 2}
    with pytest.raises(asyncio.CancelledError):
        await gone
