"""The command runner: the one way in, shared by pages, JSON, the command line, imports and due dates.

For each command it drives the plan (load, fold), asks access, lets the rule decide, seals and commits the facts, and
appends them at the version of every stream that was written or read. Folded states are remembered between commands;
they are used without a look at the database, because the append checks every version under its lock, and a refusal is
given only by states that were read afresh.
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
    Act,
    Aggregate,
    Command,
    Denied,
    Fact,
    Given,
    Loaded,
    Members,
    Outcome,
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
from history.implied import BY_REQUEST, Implied, claims_in, encode, implied_by
from history.keyed import claim_hash, keyed_hash
from history.shapes import shape_of
from history.states import States
from history.store import History, opened_keys
from history.vault import Vault, WrappedKey

log = logging.getLogger("overwinter.history")

TRIES: Final = 15
"""How often a command that lost a race is decided anew before it is given up."""
TRIES_TOGETHER: Final = 5
"""How often of these it is appended along with others; from then on alone, while everybody else waits."""
_HANDLE_LETTERS: Final = "23456789abcdefghjkmnpqrstvwxyz"
_TAKEN: Final = msg("This is already taken.")


class Contended(Exception):
    """Others were faster, several times in a row; nothing was written. The command can be sent again."""


class Stale(Exception):
    """The stream has moved on from the version that the client named; nothing was written. `tag` is the present one's."""

    def __init__(self, tag: str) -> None:
        super().__init__("This was changed since you read it; read it again.")
        self.tag = tag


class KeyReused(Exception):
    """An idempotency key came again, with another request; nothing was written."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command came to: the stream that it is about, its version and head leaf hash, and the positions."""

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
    """A command with who sends it and how. `key` is the client's idempotency key, `expected` the tag
    (`Runner.version_tag`) of the stream that the command is about, if the client insists on a version. `cause` is the leaf
    (hex) of the fact that triggered it, None if the actor gave it directly. `not_before` is the time that a due date was
    set for: it is decided as of then if the clock was set back since it was found due."""

    command: Command
    actor: str
    channel: Channel
    key: str | None = None
    expected: str | None = None
    cause: str | None = None
    not_before: datetime | None = None


class Runner:
    """Runs commands against a history. One for a process; safe for concurrent use within its event loop."""

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
        self.states = States(history)
        self._index_key = index_key
        self._demonstration = demonstration
        # A lock is dropped when nobody waits for it.
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self.random = random_bytes

    def keyed(self, label: str, text: bytes) -> bytes:
        """A keyed hash (32 bytes) that cannot be guessed at without the key folder."""
        return keyed_hash(self._index_key, label, text)

    def version_tag(self, viewer: str, stream: str, version: int) -> str:
        """The text that stands for a stream's version to one viewer (the empty one for the public), of 22 characters. From
        it nobody learns how many versions there are, and two viewers cannot compare theirs."""
        digest = self.keyed("version-tag", f"{viewer} {stream} {version}".encode())
        return urlsafe_b64encode(digest[:16]).decode().rstrip("=")

    async def run(self, request: Request) -> Answer:
        """Run one command.

        Raises `domain.refusals.CommandRejected` (Refused, Invalid, Forbidden, NotFound), `Stale`, `KeyReused`, `Contended`,
        `Unreadable` or `KeysUnusable`: nothing was written; or `history.appends.Unavailable`: it may have been written.
        Outside the database nothing happens before the facts are stored: what an erasure leaves to be done there follows
        from them, also after a crash.
        """
        entry = BY_REQUEST[type(request.command)]
        if request.expected is not None and not entry.versioned:
            raise Refused(msg("This can be done at any version; send it without one."))
        idempotency = self._idempotency(entry.name, request)
        # A deadline is held against the moment at which a request arrived, however often it has to be decided again.
        now = self.clock()
        if request.not_before is not None:
            now = max(now, request.not_before)
        afresh = False
        contested: str | None = None
        for attempt in range(TRIES):
            work = _Work(self, request, idempotency, now=now, afresh=afresh)
            try:
                async with self._turn(contested), self._way(attempt) as append:
                    appended = await work.attempt(entry, append)
                    answered = work.answer(appended) if appended.outcome == "appended" else None
            except (CommandRejected, Stale):
                if idempotency is not None:
                    answer = await self._repeated(await self.history.remembered(idempotency))
                    if answer is not None:
                        return answer
                # Remembered states may lag behind another process, and of what was read in several goes one part may be
                # older than the next: a refusal is given by fresh states alone, all of one moment.
                if afresh and (attempt == TRIES - 1 or await work.holds()):
                    raise
                afresh = True
                continue
            match appended.outcome:
                case "appended":
                    assert answered is not None
                    # Of due dates many come at once, and one rotation is enough for all of them: the next look does it.
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
                    afresh = True
                    contested = appended.detail
                    await asyncio.sleep(secrets.randbelow(1000) / 1000 * min(0.002 * 2**attempt, 0.2))
        raise Contended

    async def _follow_erasure(self) -> None:
        """Do what follows from an erasure that is stored. What cannot be done now is left to the task that looks every few
        seconds (`api.run.wiring`): the erasure itself is answered."""
        if self._finish_erasures is None:
            return
        try:
            await self._finish_erasures()
        except Exception as error:  # noqa: BLE001 - whatever it is, the erasure is stored
            log.warning("what follows from an erasure is not done yet: %s", type(error).__name__)

    @asynccontextmanager
    async def _turn(self, contested: str | None) -> AsyncIterator[None]:
        """Whoever lost a race for a stream waits for its turn there, so that only other processes are raced again."""
        if contested is None:
            yield
            return
        lock = self._turns.setdefault(contested, asyncio.Lock())
        async with lock:
            yield

    @asynccontextmanager
    async def _way(self, attempt: int) -> AsyncIterator[Callable[[Append], Awaitable[Appended]]]:
        """How an attempt appends: with the others, and after many in vain alone.

        Otherwise a decision about many streams would lose for as long as anybody writes to any of them.
        """
        if attempt < TRIES_TOGETHER:
            yield self.history.append
        else:
            async with self.history.alone() as append:
                yield append

    async def claimed(self, outcome: Outcome) -> Message | None:
        """The sentence by which an outcome would be refused now, since one of its claims is held; None if none is."""
        sentences = {self._claim(name): sentence for name, sentence in claims_in(outcome.facts).items()}
        held = await self.history.held(sentences) if sentences else ()
        return next((sentence for name, sentence in sentences.items() if name in held), None)

    async def holder(self, claim: str) -> str | None:
        """The stream that holds a claim, by its name; None if none does."""
        return await self.history.holder(self._claim(claim))

    def _claim(self, name: str) -> bytes:
        """The name of a claim as it is stored: an address is not to be guessed from it."""
        return claim_hash(self._index_key, name)

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


class _Work:
    """One attempt at one command."""

    def __init__(
        self,
        runner: Runner,
        request: Request,
        idempotency: Idempotency | None,
        *,
        now: datetime,
        afresh: bool,
    ) -> None:
        self._runner = runner
        self._request = request
        self._idempotency = idempotency
        self._reading = runner.states.reading(afresh=afresh)
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
        """Plan, ask, decide, append."""
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
        """Whether it erases somebody."""
        return self._outcome is not None and bool(self._outcome.erases)

    async def holds(self) -> bool:
        """Whether all that was read still is as it was read."""
        return await self._reading.holds()

    async def _plan(self, entry: Registered[Any]) -> Act:
        plan = entry.plan(self._request.command, self._given)
        answer: Any = None  # Any: the answer's type depends on the wish
        # The actor's own stream, which `_person` asks for in the end, comes along with the first that the plan wants.
        actor = self._request.actor
        along: tuple[tuple[Aggregate[Any], str], ...] = () if actor == SYSTEM else ((PERSON, actor),)
        while True:
            try:
                wish = plan.send(answer)
            except StopIteration as stop:
                act: Act = stop.value
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

    async def _handle(self, act: Act, person: Person | None) -> str | None:
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
            self._write(Act(act.may, act.decide, initiative=None), stream, fact, {}, None)
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
        self, act: Act, stream: str, fact: Fact, keys: Mapping[str, bytes], handle: str | None
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
                assert name is not None, "the fields of a fact that is not stored yet are in clear"
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
        """The sentence that refuses a claim which somebody else holds."""
        return self._claims.get(name or "", _TAKEN)

    def answer(self, appended: Appended) -> Answer:
        """The answer to a command that was appended just now; the new states are remembered."""
        assert self._outcome is not None
        self._runner.states.remember(self._reading, self._facts)
        about = [stored for stored in self._stored if stored.stream == self._outcome.answers][-1]
        return Answer(about.stream, about.version, about.leaf, appended.positions)


def subjects_of(fact: Fact) -> set[str]:
    """The data subjects whose personal fields a fact holds."""
    return {getattr(fact, of) for of in shape_of(type(fact)).personal.values()}
