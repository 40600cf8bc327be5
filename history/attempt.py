"""One attempt at one command: load, check access, decide, seal and append."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from domain.deciding import (
    Aggregate,
    CommandContext,
    Denied,
    Fact,
    IndexEntries,
    Load,
    LoadBoth,
    Loaded,
    Outcome,
    PlannedCommand,
    Registered,
)
from domain.messages import Message, msg
from domain.organisations import ORGANISATION, Organisation
from domain.organisations import give_handle as give_handle_to_organisation
from domain.persons.rules import give_handle
from domain.persons.state import PERSON, Person, PersonStatus
from domain.refusals import Forbidden, NotFound, Refused
from domain.values import HANDLE_BYTES, SYSTEM, Role, handle_of, is_id, stream_id
from history.appends import Append, Appended, Idempotency
from history.documents import Stored, write
from history.format.envelope import Acting, Envelope, How, Place
from history.implied import Implied, implied_by
from history.requests import Answer, Request, Stale
from history.shapes import shape_of
from history.states import Folded
from history.store import opened_keys
from history.vault import WrappedKey

if TYPE_CHECKING:
    from history.runner import Runner

_TAKEN: Final = msg("This is already taken.")


class Attempt:
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
        self._context = CommandContext(
            actor=request.actor,
            now=now,
            new=lambda kind: stream_id(kind, runner.random(16)),
            demonstration=runner.demonstration,
            versioned=request.expected is not None,
            hide=runner.hidden,
            writers=request.writers,
        )
        self._command = runner.random(16).hex()
        self._names: dict[str, Message] = {}
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
                self._request.actor, outcome.answers, self._reading.told_version(outcome.answers)
            )
            if expected != present:
                raise Stale(present)
        if not any(outcome.facts.values()):
            return Appended("nothing")
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
        plan = entry.plan(self._request.command, self._context)
        answer: Any = None  # Any: the answer's type depends on the request
        # The actor's own stream, which `_person` needs later, is loaded together with the first streams of the plan.
        actor = self._request.actor
        along: tuple[tuple[Aggregate[Any], str], ...] = () if actor == SYSTEM else ((PERSON, actor),)
        while True:
            try:
                request = plan.send(answer)
            except StopIteration as stop:
                act: PlannedCommand = stop.value
                return act
            try:
                match request:
                    case IndexEntries(indexes=indexes):
                        answer = await self._reading.index_entries(indexes)
                    case Load(streams=streams):
                        answer = await self._reading.load((*streams, *along))
                        along = ()
                    case LoadBoth(streams=streams, indexes=indexes):
                        answer = await self._reading.load_with((*streams, *along), indexes)
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
        handle = handle_of(self._runner.random(HANDLE_BYTES))
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
            decided_at=self._context.now,
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
        names: list[tuple[bytes, str]] = []
        implied = self._implied
        for (stream, _), each in zip(self._facts, implied, strict=True):
            for name, refusal in each.unique_names:
                assert name is not None, "the fields of a fact that is not stored yet are not sealed"
                names.append((runner.name_hash(name), stream))
                self._names[names[-1][0].hex()] = refusal
        return Append(
            facts=self._stored,
            read=self._reading.versions,
            read_indexes=self._reading.indexes,
            answers=outcome.answers,
            entries=[entry for each in implied for entry in each.entries],
            unique_names=names,
            removed_due=[each.removed_due for each in implied if each.removed_due is not None],
            due=[each.due for each in implied if each.due is not None],
            new_keys=made,
            sealed_for=sorted({s for _, fact in self._facts for s in subjects_of(fact)}),
            erased=outcome.erases,
            idempotency=self._idempotency,
        )

    def name_taken_sentence(self, name: str | None) -> Message:
        """The refusal for a unique name that another stream holds."""
        return self._names.get(name or "", _TAKEN)

    def answer(self, appended: Appended) -> Answer:
        """The answer to a command that was just appended; also puts the new states into the cache."""
        assert self._outcome is not None
        after = self._runner.states.remember(self._reading, self._facts)
        stream = self._outcome.answers
        about = after.get(stream) or self._reading.loaded(stream)
        return self._answer(about, appended.positions)

    async def unchanged(self) -> Answer:
        """The answer to a command that had nothing to do: that of the stream's newest fact."""
        assert self._outcome is not None
        about = self._reading.loaded(self._outcome.answers)
        position = await self._runner.history.position_of(self._outcome.answers, about.version)
        assert position is not None
        return self._answer(about, (position,))

    def _answer(self, about: Folded, positions: tuple[int, ...]) -> Answer:
        assert self._outcome is not None
        assert about.leaf is not None
        return Answer(self._outcome.answers, about.told, about.leaf, positions)


def subjects_of(fact: Fact) -> set[str]:
    """The data subjects whose personal fields a fact holds."""
    return {getattr(fact, of) for of in shape_of(type(fact)).personal.values()}
