"""A stress test: random appends from several processes, each with a journal of requests and answers, and a check of the
result.

``python -m tests.history.storm URL JOURNAL SEED WRITERS SECONDS`` runs one process of writers. It writes a line to the journal
before an append is sent and another when it is answered, so that a killed process leaves a correct journal.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg

from history import group_commit
from history.appends import Append, Appended, Idempotency, Unavailable
from history.documents import Stored
from history.statements import Connection, Prepared, call
from history.store import History, open_history

SHARED = [f"grant-{number:032x}" for number in range(6)]
ROUNDS = ["round one", "round two"]
NAMES = [f"name {number}".encode() for number in range(300)]
LOST_ANSWERS = 0.02
TOPIC = "application.withdrawn.v1"


@dataclass
class Asked:
    """An append in a journal, and its outcome; None if the process was killed before the answer."""

    facts: list[tuple[str, int, str]]
    read: dict[str, int]
    key: str | None
    told: list[tuple[str, list[int]]] = field(default_factory=list)


class Journal:
    """The journal of one process."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._asked = 0

    def asks(self, append: Append) -> int:
        """Record an append that is about to be sent; returns its number."""
        self._asked += 1
        facts = [(fact.stream, fact.version, fact.leaf.hex()) for fact in append.facts]
        key = append.idempotency.key.hex() if append.idempotency else None
        self._write(["asks", self._asked, facts, dict(append.read), key])
        return self._asked

    def told(self, number: int, outcome: str, positions: tuple[int, ...] = ()) -> None:
        """Record the answer to an append."""
        self._write(["told", number, outcome, positions])

    def _write(self, line: list[Any]) -> None:
        os.write(self._file, json.dumps(line).encode() + b"\n")


def read_journal(path: Path) -> list[Asked]:
    """Read the journal of a process. An incomplete last line counts as not answered."""
    asked: dict[int, Asked] = {}
    for line in path.read_text("utf-8").splitlines():
        match json.loads(line):
            case ["asks", number, facts, read, key]:
                asked[number] = Asked([(stream, version, leaf) for stream, version, leaf in facts], read, key)
            case ["told", number, outcome, positions]:
                asked[number].told.append((outcome, positions))
    return list(asked.values())


class Writer:
    """A writer that makes random appends of all kinds."""

    def __init__(self, history: History, journal: Journal, chance: random.Random) -> None:
        self._history = history
        self._journal = journal
        self._chance = chance

    async def once(self) -> None:
        """Make one append; sometimes the client sends it twice at the same time, and each is decided separately."""
        append = await self._any()
        twins = [append]
        if append.idempotency is not None and self._chance.random() < 0.2:
            anew = [self._fact(fact.stream, fact.version) for fact in append.facts]
            twins.append(replace(append, facts=anew, entries=(), read_indexes={}))
        await asyncio.gather(*(self._send(twin) for twin in twins))

    async def _send(self, append: Append) -> None:
        """Send an append, and repeat it with its key while the database is unavailable."""
        number = self._journal.asks(append)
        for _ in range(20):
            try:
                appended: Appended = await self._history.append(append)
            except Unavailable:
                self._journal.told(number, "unavailable")
                if append.idempotency is None:
                    return
                await asyncio.sleep(0.2)
            else:
                self._journal.told(number, appended.outcome, appended.positions)
                return

    async def _any(self) -> Append:
        chance = self._chance
        own = f"application-{chance.randbytes(16).hex()}"
        answers = own
        facts = [self._fact(own, version) for version in range(1, chance.randint(2, 4))]
        read: dict[str, int] = {own: 0}
        more: dict[str, Any] = {}
        kind = chance.randrange(8)
        if kind in (0, 1, 2):  # some streams that others write too, perhaps out of date
            heads = await self._heads(chance.sample(SHARED, chance.randint(1, 3)))
            for stream, head in heads.items():
                read[stream] = head - (head > 0 and chance.random() < 0.2)
                if chance.random() < 0.6:
                    facts.append(self._fact(stream, read[stream] + 1))
        elif kind == 3:
            more["unique_names"] = [(chance.choice(NAMES), own)]
        elif kind == 4:
            index = chance.choice(ROUNDS)
            facts = [self._fact(own, 1, adds=index)]
            more["entries"] = [(index, own)]
        elif kind == 5:
            index = chance.choice(ROUNDS)
            count = len((await self._history.entries((index,)))[index])
            facts = [self._fact(own, 1, counts=index, count=count)]
            more["read_indexes"] = {index: count}
        elif kind == 6:  # the second of two facts is out of place in a stream of somebody else's
            facts.append(self._fact(SHARED[0], 1))
            read[SHARED[0]] = 0
        if chance.random() < 0.5:
            more["idempotency"] = Idempotency("writer", chance.randbytes(16), b"request")
        return Append(facts=facts, read=read, answers=answers, **more)

    async def _heads(self, streams: list[str]) -> dict[str, int]:
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "SELECT s, coalesce((SELECT max(version) FROM history.facts WHERE stream = s), 0) "
                "FROM unnest(%b::text[]) s",
                (streams,),
            )
            return dict(await cursor.fetchall())  # type: ignore[arg-type]

    def _fact(self, stream: str, version: int, **content: Any) -> Stored:
        document = json.dumps({"chance": self._chance.randbytes(100).hex(), **content}).encode()
        return Stored(stream, version, TOPIC, document, sha256(document).digest())


def lose_answers(chance: random.Random, share: float) -> None:
    """Drop some connections after the COMMIT but before the answer is read, because signals rarely hit that moment."""

    async def forgetful(connection: Connection, statement: Prepared, arrays: Any) -> Any:
        rows = await call(connection, statement, arrays)
        if chance.random() < share:
            await connection.close()
            raise psycopg.OperationalError("the connection was cut after the commit")
        return rows

    group_commit.call = forgetful  # type: ignore[assignment]


async def write(url: str, journal: Path, seed: int, writers: int, seconds: float) -> None:
    """Write until the time is over, whatever happens to the database meanwhile."""
    chance = random.Random(seed)
    notes = Journal(journal)
    lose_answers(chance, LOST_ANSWERS)
    end = time.monotonic() + seconds

    async def keep_writing(history: History) -> None:
        writer = Writer(history, notes, chance)
        while time.monotonic() < end:
            try:
                await writer.once()
            except Unavailable:
                await asyncio.sleep(0.05)

    while time.monotonic() < end:
        try:
            async with open_history(url, patience=5) as history:
                await asyncio.gather(*(keep_writing(history) for _ in range(writers)))
        except Unavailable:
            await asyncio.sleep(0.1)


Row = tuple[int, str, int, str, bytes, bytes]


def check(rows: list[Row], journals: list[list[Asked]]) -> Counter[str]:
    """Compare the stored facts with the journals; returns how many appends had each outcome.

    Checks that positions are 1..N and the versions of each stream have no gap; that acknowledged appends are stored
    completely, at the positions in the answer, and were decided on the versions that were current then; that rejected
    appends are not stored; that unanswered appends are stored completely or not at all; and that nothing else is stored.
    """
    assert [row[0] for row in rows] == list(range(1, len(rows) + 1)), (
        "positions are 1, 2, 3, ... without a gap"
    )
    heads: Counter[str] = Counter()
    before: list[dict[str, int]] = []
    entries: Counter[str] = Counter()
    at: dict[str, int] = {}
    for position, stream, version, _topic, document, leaf in rows:
        before.append({stream: heads[stream]} if stream not in SHARED else {s: heads[s] for s in SHARED})
        heads[stream] += 1
        assert version == heads[stream], f"{stream} has a gap before version {version}"
        assert leaf.hex() not in at, "one fact is stored twice"
        at[leaf.hex()] = position
        content = json.loads(document)
        if "counts" in content:
            assert entries[content["counts"]] == content["count"], "the index had moved on"
        entries[content.get("adds", "")] += 1
    ends: Counter[str] = Counter()
    strangers = set(at)
    everything = [asked for journal in journals for asked in journal]
    by_key: dict[str, list[list[int]]] = defaultdict(list)
    for asked in everything:
        found = [at[leaf] for _, _, leaf in asked.facts if leaf in at]
        if asked.key is not None and found:
            by_key[asked.key].append(found)
    assert all(len(found) == 1 for found in by_key.values()), "one key was done twice"
    for asked in everything:
        leaves = [leaf for _, _, leaf in asked.facts]
        found = [at[leaf] for leaf in leaves if leaf in at]
        strangers.difference_update(leaves)
        outcomes = [outcome for outcome, _ in asked.told]
        ends.update(outcomes or ["not answered"])
        assert found in ([], list(range(found[0], found[0] + len(leaves))) if found else []), "half is stored"
        for outcome, positions in asked.told:
            if outcome == "appended":
                assert found == positions, f"it was told {outcome} at {positions} and stands at {found}"
            elif outcome == "repeated":
                assert by_key[asked.key or ""] == [positions], "the key stands for something else"
            elif outcome != "unavailable":
                assert not found, f"it was told {outcome} and stands at {found}"
        if found:
            for stream, version in asked.read.items():
                if stream in SHARED:
                    stood = before[found[0] - 1].get(stream)
                    if stood is None:
                        stood = sum(1 for row in rows[: found[0] - 1] if row[1] == stream)
                    assert stood == version, f"{stream} stood at {stood}, and {version} was decided on"
    assert not strangers, "a fact is stored that nobody asked for"
    return ends


if __name__ == "__main__":
    _, _url, _journal, _seed, _writers, _seconds = sys.argv
    asyncio.run(write(_url, Path(_journal), int(_seed), int(_writers), float(_seconds)))
