"""Replaying a stream from PostgreSQL to its state, against the library's `@event` aggregate.

Both read the same grant's life: an offer, a payee, two reports, two instalments through two approvals to the bank; a
long stream is a grant with more reports, all but the last of which were returned. Ours is `History.load`, decoding and
`evolve`, with nothing remembered; its payee and reports are sealed, as they are in every history, and stay so, since no
rule needs them. The library reads its aggregate with its default JSON transcoder.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import uvloop

from benchmarks.databases import Databases
from benchmarks.grant_life import AMOUNT, NOW, Offer, dossier_of, life, returns_for
from benchmarks.library_grant import library_rate, make_aggregate, open_library
from benchmarks.results import Bar, Line, beside
from domain.grants.state import GRANT, Grant
from domain.grants.statuses import GrantStatus
from domain.values import Channel, Role, stream_id
from history.appends import Append
from history.documents import write
from history.format.envelope import Acting, Envelope, How, Place
from history.keyfiles import KeyFolder
from history.states import StateCache
from history.store import open_history
from history.vault import Vault

STREAMS: Final[Mapping[int, int]] = {20: 100, 1_000: 4, 10_000: 1}
"""How many streams there are of each number of facts."""
BARS: Final = {20: Bar("ratio", "at least", 3)}
ROUNDS: Final = 5
ROUND_SECONDS: Final = 1.0


def measure_replays(databases: Databases, folder: Path, say: Callable[[str], None]) -> list[Line]:
    """The lines of a replayed stream, by its length."""
    keys = KeyFolder(folder / "replay-keys", create=True)
    url = databases.make_history("replay")
    lines = []
    with open_library(databases, databases.make("library")) as library:
        for facts, count in STREAMS.items():
            say(f"replay of {facts} facts, making the streams")
            streams = uvloop.run(_make_streams(url, keys, facts, count))
            made = [make_aggregate(library, returns_for(facts)) for _ in range(count)]
            ours, theirs = [], []
            for round_number in range(ROUNDS):
                say(f"replay of {facts} facts, round {round_number + 1} of {ROUNDS}")
                theirs.append(library_rate(library, made, facts, ROUND_SECONDS))
                ours.append(uvloop.run(_our_rate(url, streams, facts)))
            lines.append(
                beside(
                    f"replay of a stream of {facts:,} facts from PostgreSQL",
                    "streams/s",
                    ours,
                    "eventsourcing's @event aggregate with its JSON transcoder",
                    theirs,
                    BARS.get(facts),
                )
            )
    return lines


async def _make_streams(url: str, keys: KeyFolder, facts: int, count: int) -> list[str]:
    made = []
    async with open_history(url, connections=2) as history:
        vault = Vault(keys, history.id)
        for _ in range(count):
            grant, recipient = (
                stream_id("grant", secrets.token_bytes(16)),
                stream_id("person", secrets.token_bytes(16)),
            )
            row, key = vault.make(dossier_of(grant))
            stored = []
            previous = None
            offer = Offer(
                grant=grant,
                recipient=recipient,
                application=stream_id("application", secrets.token_bytes(16)),
            )
            for version, fact in enumerate(life(offer, returns_for(facts)), 1):
                envelope = Envelope(
                    acting=Acting(
                        handle="2345678923", role=Role.APPLICANT, scope=stream_id("call", bytes(16))
                    ),
                    actor=recipient,
                    decided_at=NOW,
                    how=How(cause=None, channel=Channel.API, command=secrets.token_hex(16)),
                    place=Place(
                        initiative=stream_id("initiative", bytes(16)),
                        previous=previous,
                        stream=grant,
                        version=version,
                    ),
                )
                stored.append(write(fact, history.id, envelope, {row.subject: key}, secrets.token_bytes))
                previous = stored[-1].leaf.hex()
            assert len(stored) == facts
            done = await history.append(
                Append(facts=stored, read={grant: 0}, answers=grant, new_keys=[row], sealed_for=[row.subject])
            )
            assert done.outcome == "appended"
            made.append(grant)
    return made


async def _our_rate(url: str, streams: list[str], facts: int) -> float:
    async with open_history(url, connections=2) as history:
        await StateCache(history).read_set(bypass_cache=True).load([(GRANT, streams[0])])
        read = 0
        began = time.perf_counter()
        while time.perf_counter() < began + ROUND_SECONDS:
            stream = streams[read % len(streams)]
            loaded = await StateCache(history).read_set(bypass_cache=True).load([(GRANT, stream)])
            state: Grant = loaded[stream].state
            assert (loaded[stream].version, state.status, state.settled) == (
                facts,
                GrantStatus.COMPLETED,
                AMOUNT,
            )
            read += 1
        return read / (time.perf_counter() - began)
