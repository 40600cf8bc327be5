"""The command runner: every command runs through it, from pages, JSON, the command line, imports and due dates.

For each command it runs the plan (which loads streams), checks access, calls the rule, seals and commits the facts, and
appends them with the version of every stream that was written or read. Folded states are cached between commands and
used without asking the database: the append checks every version under its lock, and a command is refused only on states
that were read from the database for it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final
from weakref import WeakValueDictionary

from domain.deciding import (
    Outcome,
)
from domain.messages import Message, msg
from domain.refusals import CommandRejected, Refused
from domain.values import Channel
from history.appends import Append, Appended, Idempotency
from history.attempt import Attempt
from history.implied import BY_REQUEST, encode, unique_names_in
from history.keyed import keyed_hash, unique_name_hash
from history.requests import Answer, Contended, KeyReused, Request, Stale
from history.states import StateCache
from history.store import History
from history.vault import Vault

log = logging.getLogger("overwinter.history")

MAX_ATTEMPTS: Final = 15
"""How often a command that conflicts with others is tried before it fails."""
SHARED_ATTEMPTS: Final = 5
"""How many of these attempts use group commit; later ones hold the append lock while they run."""


class Runner:
    """Runs commands against a history. One per process; safe for concurrent use within its event loop."""

    def __init__(
        self,
        history: History,
        vault: Vault,
        index_key: bytes,
        *,
        clock: Callable[[], datetime],
        finish_erasures: Callable[[], Awaitable[None]] | None = None,
        demonstration: bool = False,
        random_bytes: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self.history = history
        self.vault = vault
        self.clock = clock
        self._finish_erasures = finish_erasures
        self.states = StateCache(history, self.hidden)
        self._index_key = index_key
        self.demonstration = demonstration
        # Locks are dropped when nobody waits for them.
        self._stream_locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self.random = random_bytes

    def keyed(self, label: str, text: bytes) -> bytes:
        """A keyed hash (32 bytes); see `history.keyed`."""
        return keyed_hash(self._index_key, label, text)

    def hidden(self, person: str) -> str:
        """The keyed hash by which facts and the names of indexes tell of a person without naming them."""
        return self.keyed("hidden-person", person.encode()).hex()

    def version_tag(self, viewer: str, stream: str, version: int) -> str:
        """An opaque tag (22 characters) for a stream's version, different for each viewer (the empty string for the public).
        It does not reveal how many versions there are, and two viewers cannot compare their tags."""
        digest = self.keyed("version-tag", f"{viewer} {stream} {version}".encode())
        return urlsafe_b64encode(digest[:16]).decode().rstrip("=")

    async def run(self, request: Request) -> Answer:
        """Run one command.

        Raises `domain.refusals.CommandRejected` (Refused, Invalid, Forbidden, NotFound), `Stale`, `KeyReused`, `Contended`,
        `Unreadable` or `KeysUnusable`: nothing was written; or `history.appends.Unavailable`: it may have been written.
        Nothing changes outside the database before the facts are stored. The work that an erasure needs there is derived
        from the facts, so a crash does not lose it.
        """
        entry = BY_REQUEST[type(request.command)]
        if request.expected is not None and not entry.versioned:
            raise Refused(msg("This can be done at any version; send it without one."))
        idempotency = self._idempotency(entry.name, request)
        # Deadlines are compared with the time the request arrived, however often it is retried.
        now = self.clock()
        if request.not_before is not None:
            now = request.not_before if self.demonstration else max(now, request.not_before)
        bypass_cache = False
        contested: str | None = None
        for attempt in range(MAX_ATTEMPTS):
            work = Attempt(self, request, idempotency, now=now, bypass_cache=bypass_cache)
            try:
                async with self._stream_lock(contested), self._append_for(attempt) as append:
                    appended = await work.attempt(entry, append)
                    answered = work.answer(appended) if appended.outcome == "appended" else None
            except (CommandRejected, Stale):
                if (answer := await self._remembered(idempotency)) is not None:
                    return answer
                # Cached states may be outdated, and several reads may have happened at different times. So a command is
                # refused only if everything was read from the database and nothing has changed since.
                if bypass_cache and (attempt == MAX_ATTEMPTS - 1 or await work.holds()):
                    raise
                bypass_cache = True
                continue
            match appended.outcome:
                case "appended":
                    assert answered is not None
                    # Due dates often come in groups, and one rotation is enough for all: the next periodic check does it.
                    if work.erases and request.channel is not Channel.SYSTEM:
                        await self._follow_erasure()
                    return answered
                case "nothing":
                    if (answer := await self._remembered(idempotency)) is not None:
                        return answer
                    # Decided on what was read, as a refusal is.
                    if bypass_cache and (attempt == MAX_ATTEMPTS - 1 or await work.holds()):
                        return await work.unchanged()
                    bypass_cache = True
                case "repeated" | "reused":
                    answer = await self._repeated(appended)
                    assert answer is not None
                    return answer
                case "name_taken":
                    raise Refused(work.name_taken_sentence(appended.detail))
                case "rotated":
                    assert appended.detail is not None
                    self.vault.follow(int(appended.detail))
                case "conflict":
                    bypass_cache = True
                    contested = appended.detail
                    await asyncio.sleep(secrets.randbelow(1000) / 1000 * min(0.002 * 2**attempt, 0.2))
        raise Contended

    async def _follow_erasure(self) -> None:
        """Complete an erasure whose fact is stored. If that fails now, the periodic task in `api.run.wiring` completes it
        later; the command has succeeded anyway."""
        if self._finish_erasures is None:
            return
        try:
            await self._finish_erasures()
        except Exception as error:  # noqa: BLE001 - whatever fails here, the erasure is stored
            log.warning("an erasure is not complete yet: %s", type(error).__name__)

    @asynccontextmanager
    async def _stream_lock(self, contested: str | None) -> AsyncIterator[None]:
        """A lock on the stream that the last attempt conflicted on, so that commands of this process do not conflict there
        again."""
        if contested is None:
            yield
            return
        lock = self._stream_locks.setdefault(contested, asyncio.Lock())
        async with lock:
            yield

    @asynccontextmanager
    async def _append_for(self, attempt: int) -> AsyncIterator[Callable[[Append], Awaitable[Appended]]]:
        """The append function for an attempt: group commit at first, later one that holds the append lock.

        Otherwise a command that reads many streams could conflict for as long as anybody writes to one of them.
        """
        if attempt < SHARED_ATTEMPTS:
            yield self.history.append
        else:
            async with self.history.alone() as append:
                yield append

    async def taken_name(self, outcome: Outcome) -> Message | None:
        """The refusal if another stream holds a unique name of this outcome; None if none does."""
        sentences = {
            self.name_hash(name): sentence for name, sentence in unique_names_in(outcome.facts).items()
        }
        held = await self.history.held(sentences) if sentences else ()
        return next((sentence for name, sentence in sentences.items() if name in held), None)

    async def holder(self, name: str) -> str | None:
        """The stream that holds a unique name; None if none does."""
        return await self.history.holder(self.name_hash(name))

    def name_hash(self, name: str) -> bytes:
        """The hash that is stored for a unique name, so that an address cannot be guessed from it."""
        return unique_name_hash(self._index_key, name)

    def _idempotency(self, name: str, request: Request) -> Idempotency | None:
        if request.key is None:
            return None
        body = encode((name, request.command, request.expected))
        return Idempotency(
            principal=request.actor,
            key=self.keyed("idempotency-key", request.key.encode()),
            request=self.keyed("request", body),
        )

    async def _remembered(self, idempotency: Idempotency | None) -> Answer | None:
        return (
            None if idempotency is None else await self._repeated(await self.history.remembered(idempotency))
        )

    async def _repeated(self, appended: Appended | None) -> Answer | None:
        if appended is None:
            return None
        if appended.outcome == "reused":
            raise KeyReused
        stream = appended.detail
        assert stream is not None
        written = [row for row in await self.history.at(appended.positions) if row.stream == stream]
        # A command that wrote only to other streams is answered with this one as it stands now.
        newest = written[-1] if written else (await self.history.load({stream: 0}))[stream][-1]
        version = await self.states.told_version(stream, newest.version)
        return Answer(stream, version, newest.leaf, appended.positions, repeated=True)
