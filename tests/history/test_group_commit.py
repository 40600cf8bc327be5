"""Appends that share a commit: each is stored or rejected on its own, and none is answered before the commit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from hashlib import sha256
from typing import Any

import psycopg
import pytest

from history.appends import Append, Appended, Idempotency, Unavailable
from history.batch import BatchWrites, reads
from history.documents import Stored
from history.store import History, open_history
from history.vault import WrappedKey

pytestmark = pytest.mark.anyio


@pytest.fixture
async def history(database_url: str) -> AsyncIterator[History]:
    async with open_history(database_url) as opened:
        yield opened


@pytest.fixture
async def url(database_url: str) -> str:
    return database_url


def fact(stream: str, version: int = 1, content: str = "") -> Stored:
    document = f"{stream} {version} {content}".encode()
    return Stored(stream, version, "application.withdrawn.v1", document, sha256(document).digest())


def new(stream: str, **more: Any) -> Append:
    """An append that begins a stream."""
    return Append(facts=[fact(stream)], read={stream: 0}, answers=stream, **more)


def stored(url: str) -> list[tuple[int, str, int]]:
    with psycopg.connect(url) as connection:
        return connection.execute(
            "SELECT position, stream, version FROM history.facts ORDER BY position"
        ).fetchall()


def commits(url: str) -> int:
    """How many transactions have written facts."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(DISTINCT xmin::text) FROM history.facts").fetchone()
    assert row is not None
    return int(row[0])


async def test_appends_of_one_moment_share_a_few_commits(history: History, url: str) -> None:
    """Forty appends at once are stored by two transactions, and each learns its own positions."""
    ended = await asyncio.gather(*(history.append(new(f"stream-{n}")) for n in range(40)))

    rows = stored(url)
    assert [position for position, _, _ in rows] == list(range(1, 41))
    by_stream = {stream: position for position, stream, _ in rows}
    assert [each.positions for each in ended] == [(by_stream[f"stream-{n}"],) for n in range(40)]
    assert commits(url) == 2


async def test_those_that_conflict_fail_alone_and_at_once(history: History, url: str) -> None:
    """Among forty, a stale one, a taken name, a missing key, a counted index that moved and a reused key."""
    await history.append(new("taken", unique_names=[(b"name", "taken")], entries=[("index", "taken")]))
    used = Idempotency("somebody", b"key", b"request")
    await history.append(new("used", idempotency=used, new_keys=[WrappedKey("person-2", 1, b"wrapped")]))
    turned = {
        "stale": (new("taken"), Appended("conflict", (), "taken")),
        "name_taken": (new("a", unique_names=[(b"name", "a")]), Appended("name_taken", (), b"name".hex())),
        "erased": (new("b", sealed_for=["person-1"]), Appended("conflict", (), "person-1")),
        "counted": (new("c", read_indexes={"index": 0}), Appended("conflict", (), "index")),
        "repeated": (new("d", idempotency=used), Appended("repeated", (2,), "used")),
        "reused": (
            new("e", idempotency=replace(used, request=b"another")),
            Appended("reused", (2,), "used"),
        ),
    }
    good = [new(f"good-{n}", sealed_for=["person-2"] if n == 3 else []) for n in range(34)]

    ended = await asyncio.gather(
        *(
            history.append(append)
            for append in [*good[:17], *(append for append, _ in turned.values()), *good[17:]]
        )
    )

    assert ended[17 : 17 + len(turned)] == [expected for _, expected in turned.values()]
    others = [each for each in ended if each.outcome == "appended"]
    assert sorted(position for each in others for position in each.positions) == list(range(3, 37))
    assert [position for position, _, _ in stored(url)] == list(range(1, 37))


async def test_those_that_depend_on_each_other_are_stored_one_after_another(
    history: History, url: str
) -> None:
    """Ten want the same version of one stream: one gets it, nine conflict, whoever stands beside them."""
    ended = await asyncio.gather(
        *(
            history.append(
                Append(
                    facts=[fact("contended", content=str(n)), fact(f"own-{n}")],
                    read={"contended": 0},
                    answers="contended",
                )
            )
            for n in range(10)
        )
    )

    assert [each.outcome for each in ended].count("appended") == 1
    assert {each.detail for each in ended if each.outcome == "conflict"} == {"contended"}
    assert len(stored(url)) == 2


async def test_one_that_the_database_refuses_fails_alone(history: History, url: str) -> None:
    """A text that PostgreSQL cannot hold, and one that is no UTF-8, spoil nobody else's append."""
    bad = [
        new("bad-1", idempotency=Idempotency("nul\x00", b"k", b"r")),
        new("bad-2", entries=[("half a pair \ud800", "entry")]),
    ]
    ended = await asyncio.gather(
        *(history.append(append) for append in [new("one"), *bad, new("two"), new("three")]),
        return_exceptions=True,
    )

    assert [type(each) for each in ended] == [Appended, Unavailable, Unavailable, Appended, Appended]
    assert sorted(stream for _, stream, _ in stored(url)) == ["one", "three", "two"]
    assert [position for position, _, _ in stored(url)] == [1, 2, 3]


async def test_nobody_is_told_before_the_commit(history: History, url: str) -> None:
    """What fails in the commit itself, after every statement went well, was not appended."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'at commit' USING ERRCODE = '53100'; END $$"
        )
        connection.execute(
            "CREATE CONSTRAINT TRIGGER late AFTER INSERT ON history.facts DEFERRABLE INITIALLY DEFERRED "
            "FOR EACH ROW EXECUTE FUNCTION refuse()"
        )

    ended = await asyncio.gather(
        *(history.append(new(f"stream-{n}")) for n in range(3)), return_exceptions=True
    )

    assert [type(each) for each in ended] == [Unavailable] * 3
    assert stored(url) == []


async def test_what_nobody_foresaw_takes_nobody_along(history: History, url: str) -> None:
    """A mistake in one append, at which making up the batch's arguments ends, is that one's alone."""
    odd = replace(fact("odd"), document=None)  # type: ignore[arg-type]
    ended = await asyncio.gather(
        history.append(new("a")),
        history.append(Append(facts=[odd], read={"odd": 0}, answers="odd")),
        history.append(new("b")),
        return_exceptions=True,
    )
    assert [type(each) for each in ended] == [Appended, Unavailable, Appended]
    assert {stream for _, stream, _ in stored(url)} == {"a", "b"}


async def test_a_sender_who_goes_away_takes_nobody_along(history: History, url: str) -> None:
    """A request that is cancelled before its batch is sent is not stored; its neighbours are."""
    tasks = [asyncio.create_task(history.append(new(f"stream-{n}"))) for n in range(3)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    ended = await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(each) for each in ended] == [Appended, asyncio.CancelledError, Appended]
    assert [stream for _, stream, _ in stored(url)] == ["stream-0", "stream-2"]


async def test_closing_waits_for_what_was_sent(database_url: str) -> None:
    """A process that ends in good order leaves nobody without an answer."""
    async with open_history(database_url) as history:
        tasks = [asyncio.create_task(history.append(new(f"stream-{n}"))) for n in range(5)]
        await asyncio.sleep(0)

    assert [each.outcome for each in await asyncio.gather(*tasks)] == ["appended"] * 5


async def test_facts_that_would_leave_a_gap_are_refused(history: History, url: str) -> None:
    """From the version that was read on, one after another."""
    for versions, read in (((2,), {"s": 0}), ((1, 3), {"s": 0}), ((2, 1), {}), ((3,), {"s": 1})):
        with pytest.raises(ValueError, match="consecutive versions"):
            await history.append(Append(facts=[fact("s", v) for v in versions], read=read, answers="s"))
    assert stored(url) == []


KEY = WrappedKey("person-1", 1, b"")


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        (new("a"), new("b"), True),
        (new("a"), new("a"), False),
        (new("a"), replace(new("b"), read={"b": 0, "a": 1}), False),
        (replace(new("b"), read={"b": 0, "a": 1}), new("a"), True),
        (new("a", entries=[("i", "a")]), new("b", entries=[("i", "b")]), True),
        (new("a", entries=[("i", "a")]), new("b", entries=[("i", "a")]), False),
        (new("a", entries=[("i", "a")]), new("b", read_indexes={"i": 1}), False),
        (new("a", read_indexes={"i": 1}), new("b", entries=[("i", "b")]), True),
        (new("a", unique_names=[(b"n", "a")]), new("b", unique_names=[(b"n", "b")]), False),
        (new("a", unique_names=[(b"n", "person-1")]), new("b", erased=["person-1"]), False),
        (new("a", new_keys=[KEY]), new("b", sealed_for=["person-1"]), False),
        (new("a", erased=["person-1"]), new("b", sealed_for=["person-1"]), False),
        (new("a", sealed_for=["person-1"]), new("b", sealed_for=["person-1"]), True),
        (new("a", removed_due=["due"]), new("b", removed_due=["due"]), False),
        (
            new("a", idempotency=Idempotency("p", b"k", b"1")),
            new("b", idempotency=Idempotency("p", b"k", b"2")),
            False,
        ),
        (
            new("a", idempotency=Idempotency("p", b"k", b"1")),
            new("b", idempotency=Idempotency("q", b"k", b"1")),
            True,
        ),
    ],
)
async def test_only_those_go_together_that_do_not_depend_on_each_other(
    first: Append, second: Append, together: bool
) -> None:
    """The second may not read or write what the first writes; the first may have read what the second writes."""
    company = BatchWrites()

    assert company.admit(first, reads(first))
    assert company.admit(second, reads(second)) == together
