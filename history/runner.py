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
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from weakref import WeakValueDictionary

from domain.deciding import (
    Aggregate,
    Command,
    Denied,
    Fact,
    Given,
    Loaded,
    Members,
    Outcome,
    PlannedCommand,
    Registered,
)
from domain.messages import Message, msg
from domain.organisations import ORGANISATION, Organisation
from domain.organisations import give_handle as give_handle_to_organisation
from domain.persons import PERSON, Person, PersonStatus, give_handle
from domain.refusals import CommandRejected, Forbidden, NotFound, Refused
from domain.values import SYSTEM, Channel, Role, is_id, stream_id
from history.appends import Append, Appended, Idempotency
from history.documents import Stored, write
from history.format.envelope import Acting, Envelope, How, Place
from history.implied import BY_REQUEST, Implied, encode, implied_by, unique_names_in
from history.keyed import keyed_hash, unique_name_hash
from history.shapes import shape_of
from history.states import StateCache
from history.store import History, opened_keys
from history.vault import Vault, WrappedKey

log = logging.getLogger("overwinter.history")

MAX_ATTEMPTS: Final = 15
"""How often a command that conflicts with others is tried before it fails."""
SHARED_ATTEMPTS: Final = 5
"""How many of these attempts use group commit; later ones hold the append lock while they run."""
_HANDLE_LETTERS: Final = "23456789abcdefghjkmnpqrstvwxyz"
_TAKEN: Final = msg("This is already taken.")


class Contended(Exception):
    """The command conflicted with others on every attempt; nothing was written. It can be sent again."""


class Stale(Exception):
    """The stream has changed since the version that the client named; nothing was written. `tag` is the tag of the current
    version."""

    def __init__(self, tag: str) -> None:
        super().__init__("This was changed since you read it; read it again.")
        self.tag = tag


class KeyReused(Exception):
    """An idempotency key was used again with a different request; nothing was written."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a command: the stream that it is about, the version and leaf hash of its newest fact, and the positions
    of all facts written."""

    stream: str
    version: int
    leaf: bytes
    positions: tuple[int, ...]
    repeated: bool = False

    @property
    def position(self) -> int:
        """The position after which a read model has seen all of this command."""
        return self.positions[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A command, with who sends it and how.

    `key` is the client's idempotency key. `expected` is the version tag (`Runner.version_tag`) that the command's stream
    must have, if the client asks for one. `cause` is the leaf hash (hex) of the fact that triggered the command; None if
    the actor sent it. `not_before` is the time of a due date: the command is decided as of that time if the clock was
    set back.
    """

    command: Command
    actor: str
    channel: Channel
    key: str | None = None
    expected: str | None = None
    cause: str | None = None
    not_before: datetime | None = None


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
        self.states = StateCache(history)
        self._index_key = index_key
        self._demonstration = demonstration
        # Locks are dropped when nobody waits for them.
        self._stream_locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self.random = random_bytes

    def keyed(self, label: str, text: bytes) -> bytes:
        """A keyed hash (32 bytes); see `history.keyed`."""
        return keyed_hash(self._index_key, label, text)

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
            now = max(now, request.not_before)
        bypass_cache = False
        contested: str | None = None
        for attempt in range(MAX_ATTEMPTS):
            work = _Attempt(self, request, idempotency, now=now, bypass_cache=bypass_cache)
            try:
                async with self._stream_lock(contested), self._append_for(attempt) as append:
                    appended = await work.attempt(entry, append)
                    answered = work.answer(appended) if appended.outcome == "appended" else None
            except (CommandRejected, Stale):
                if idempotency is not None:
                    answer = await self._repeated(await self.history.remembered(idempotency))
                    if answer is not None:
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
                case "repeated" | "reused":
                    answer = await self._repeated(appended)
                    assert answer is not None
                    return answer
                case "claimed":
                    raise Refused(work.claim_sentence(appended.detail))
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

    async def claimed(self, outcome: Outcome) -> Message | None:
        """The refusal if a claim of this outcome is already held; None if none is."""
        sentences = {self._claim(name): sentence for name, sentence in unique_names_in(outcome.facts).items()}
        held = await self.history.held(sentences) if sentences else ()
        return next((sentence for name, sentence in sentences.items() if name in held), None)

    async def holder(self, claim: str) -> str | None:
        """The stream that holds a claim; None if none does."""
        return await self.history.holder(self._claim(claim))

    def _claim(self, name: str) -> bytes:
        """The hash that is stored for a claim, so that an address cannot be guessed from it."""
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

    async def _repeated(self, appended: Appended | None) -> Answer | None:
        if appended is None:
            return None
        if appended.outcome == "reused":
            raise KeyReused
        stream = appended.detail
        rows = [row for row in await self.history.at(appended.positions) if row.stream == stream]
        assert stream is not None
        assert rows
        return Answer(stream, rows[-1].version, rows[-1].leaf, appended.positions, repeated=True)


class _Attempt:
    """One attempt at one command."""

    def __init__(
        self,
        runner: Runner,
        request: Request,
        idempotency: Idempotency | None,
        *,
        now: datetime,
        bypass_cache: bool,
    ) -> None:
        self._runner = runner
        self._request = request
        self._idempotency = idempotency
        self._reading = runner.states.read_set(bypass_cache=bypass_cache)
        self._given = Given(
            actor=request.actor,
            now=now,
            new=lambda kind: stream_id(kind, runner.random(16)),
            demonstration=runner._demonstration,
        )
        self._command = runner.random(16).hex()
        self._claims: dict[str, Message] = {}
        self._stored: list[Stored] = []
        self._facts: list[tuple[str, Fact]] = []
        self._implied: list[Implied] = []
        self._outcome: Outcome | None = None

    async def attempt(
        self, entry: Registered[Any], append: Callable[[Append], Awaitable[Appended]]
    ) -> Appended:
        """Load, check access, decide and append."""
        act = await self._plan(entry)
        person = await self._person()
        if isinstance(act.may, Denied):
            raise NotFound if act.may.hidden else Forbidden(act.may.detail)
        outcome = self._outcome = act.decide()
        expected = self._request.expected
        if expected is not None:
            present = self._runner.version_tag(
                self._request.actor, outcome.answers, self._reading.version(outcome.answers)
            )
            if expected != present:
                raise Stale(present)
        handle = await self._handle(act, person)
        keys, made = await self._keys(outcome)
        for stream, facts in outcome.facts.items():
            for fact in facts:
                self._write(act, stream, fact, keys, handle)
        appended = await append(self._gather(outcome, made))
        for subject in outcome.erases:
            self._runner.vault.evict(subject)
        return appended

    @property
    def erases(self) -> bool:
        """Whether the command erases a subject."""
        return self._outcome is not None and bool(self._outcome.erases)

    async def holds(self) -> bool:
        """Whether nothing has changed since it was read."""
        return await self._reading.holds()

    async def _plan(self, entry: Registered[Any]) -> PlannedCommand:
        plan = entry.plan(self._request.command, self._given)
        answer: Any = None  # Any: the answer's type depends on the wish
        # The actor's own stream, which `_person` needs later, is loaded together with the first streams of the plan.
        actor = self._request.actor
        along: tuple[tuple[Aggregate[Any], str], ...] = () if actor == SYSTEM else ((PERSON, actor),)
        while True:
            try:
                wish = plan.send(answer)
            except StopIteration as stop:
                act: PlannedCommand = stop.value
                return act
            try:
                if isinstance(wish, Members):
                    answer = await self._reading.members(wish.indexes)
                else:
                    answer = await self._reading.load((*wish.streams, *along))
                    along = ()
            except BaseException:
                plan.close()
                raise

    async def _person(self) -> Person | None:
        actor = self._request.actor
        if actor == SYSTEM:
            return None
        loaded: Mapping[str, Loaded[Person]] = await self._reading.load(((PERSON, actor),))
        person = loaded[actor].state
        if person.status is not PersonStatus.REGISTERED:
            raise Forbidden(msg("This account was erased."))
        return person

    async def _handle(self, act: PlannedCommand, person: Person | None) -> str | None:
        """The actor's handle within the act's scope; the first act there binds a new one to the person. Whoever acts for an
        organisation has the organisation's handle instead, so that nothing tells it from a person."""
        if person is None or act.scope is None:
            return None
        known: Person | Organisation = person
        stream = self._request.actor
        if act.party is not None and is_id(ORGANISATION.kind, act.party):
            loaded: Mapping[str, Loaded[Organisation]] = await self._reading.load(
                ((ORGANISATION, act.party),)
            )
            known, stream = loaded[act.party].state, act.party
        if act.scope in known.handles:
            return known.handles[act.scope]
        handle = "".join(_HANDLE_LETTERS[byte % len(_HANDLE_LETTERS)] for byte in self._runner.random(10))
        given = (
            give_handle_to_organisation(stream, known, scope=act.scope, handle=handle)
            if isinstance(known, Organisation)
            else give_handle(stream, known, scope=act.scope, handle=handle)
        )
        for fact in given:
            self._write(PlannedCommand(act.may, act.decide, initiative=None), stream, fact, {}, None)
        return handle

    async def _keys(self, outcome: Outcome) -> tuple[dict[str, bytes], list[WrappedKey]]:
        made: list[WrappedKey] = []
        keys: dict[str, bytes] = {}
        for subject in outcome.subjects:
            row, keys[subject] = self._runner.vault.make(subject)
            made.append(row)
        subjects = {
            getattr(fact, of)
            for facts in outcome.facts.values()
            for fact in facts
            for of in shape_of(type(fact)).personal.values()
        } - keys.keys()
        keys |= await opened_keys(self._runner.history, self._runner.vault, subjects)
        if missing := subjects - keys.keys():
            raise Refused(
                msg("This person's data was erased; nothing more can be recorded about them.")
                if any(is_id(PERSON.kind, subject) for subject in missing)
                else msg("What was written here was erased; nothing more can be added to it.")
            )
        return keys, made

    def _write(
        self, act: PlannedCommand, stream: str, fact: Fact, keys: Mapping[str, bytes], handle: str | None
    ) -> None:
        version, previous = self._reading.next(stream)
        elsewhere = self._outcome.initiatives if self._outcome is not None else {}
        initiative = elsewhere.get(stream, act.initiative)
        role = act.may.role if not isinstance(act.may, Denied) else Role.SYSTEM
        envelope = Envelope(
            acting=Acting(handle=handle, role=role, scope=act.scope),
            actor=self._request.actor,
            decided_at=self._given.now,
            how=How(cause=self._request.cause, channel=self._request.channel, command=self._command),
            place=Place(
                initiative=initiative,
                previous=previous.hex() if previous is not None else None,
                stream=stream,
                version=version,
            ),
        )
        stored = write(fact, self._runner.history.id, envelope, keys, self._runner.random)
        self._reading.wrote(stored)
        self._stored.append(stored)
        self._facts.append((stream, fact))
        self._implied.append(implied_by(fact, envelope))

    def _gather(self, outcome: Outcome, made: list[WrappedKey]) -> Append:
        runner = self._runner
        claims: list[tuple[bytes, str]] = []
        implied = self._implied
        for (stream, _), each in zip(self._facts, implied, strict=True):
            for name, refusal in each.claims:
                assert name is not None, "the fields of a fact that is not stored yet are not sealed"
                claims.append((runner._claim(name), stream))
                self._claims[claims[-1][0].hex()] = refusal
        return Append(
            facts=self._stored,
            read=self._reading.versions,
            read_indexes=self._reading.indexes,
            answers=outcome.answers,
            entries=[entry for each in implied for entry in each.entries],
            claims=claims,
            struck=[each.struck for each in implied if each.struck is not None],
            due=[each.due for each in implied if each.due is not None],
            new_keys=made,
            sealed_for=sorted({s for _, fact in self._facts for s in subjects_of(fact)}),
            erased=outcome.erases,
            idempotency=self._idempotency,
        )

    def claim_sentence(self, name: str | None) -> Message:
        """The refusal for a claim that another stream holds."""
        return self._claims.get(name or "", _TAKEN)

    def answer(self, appended: Appended) -> Answer:
        """The answer to a command that was just appended; also puts the new states into the cache."""
        assert self._outcome is not None
        self._runner.states.remember(self._reading, self._facts)
        about = [stored for stored in self._stored if stored.stream == self._outcome.answers][-1]
        return Answer(about.stream, about.version, about.leaf, appended.positions)


def subjects_of(fact: Fact) -> set[str]:
    """The data subjects whose personal fields a fact holds."""
    return {getattr(fact, of) for of in shape_of(type(fact)).personal.values()}
