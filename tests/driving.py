"""Runs commands with the domain only: a world in memory that runs plans as the command runner does."""

from __future__ import annotations

import copy
import hashlib
import sys
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from domain.deciding import (
    Aggregate,
    Command,
    CommandContext,
    Denied,
    Due,
    Fact,
    IndexEntries,
    Load,
    LoadBoth,
    Loaded,
    Outcome,
    PlannedCommand,
    PlanRequest,
    Registered,
    Verdict,
)
from domain.due_dates import removed_by, set_by
from domain.indexes import HIDDEN_NAMES, entries_of
from domain.refusals import CommandRejected, Forbidden, Invalid, NotFound, Refused
from domain.unique_names import unique_names_of
from domain.values import SYSTEM, stream_id

S = TypeVar("S")

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
"""The time of commands, unless a test sets another."""


@dataclass
class World:
    """Streams, indexes, unique names and due dates in memory.

    `run` loads what a command's plan asks for, checks access, calls the rule, checks the unique names and stores the
    whole outcome, or raises what the command runner raises and stores nothing. `versioned`: the actor named the present
    version. `verdict` is the result of the last access check.
    """

    streams: dict[str, list[Fact]] = field(default_factory=dict)
    indexes: dict[str, set[str]] = field(default_factory=dict)
    unique_names: set[str] = field(default_factory=set)
    due: dict[str, Due] = field(default_factory=dict)
    demonstration: bool = False
    verdict: Verdict | None = None
    _made: int = 0

    def given(self, stream: str, *facts: Fact) -> str:
        """Add facts to a stream without asking the rules; returns the stream's id."""
        self.streams.setdefault(stream, []).extend(facts)
        return stream

    def facts(self, stream: str) -> tuple[Fact, ...]:
        """All facts of a stream, oldest first."""
        return tuple(self.streams.get(stream, ()))

    def state(self, aggregate: Aggregate[S], stream: str) -> S:
        """The folded state of a stream."""
        return self._load(aggregate, stream).state

    def new(self, kind: str) -> str:
        """A new id. Ids are the same in every run, and do not sort in order of creation."""
        self._made += 1
        return stream_id(kind, hashlib.sha256(f"{kind} {self._made}".encode()).digest()[:16])

    def run(
        self,
        command: Command,
        actor: str,
        now: datetime = NOON,
        *,
        versioned: bool = False,
        writers: Collection[str] = (),
    ) -> Outcome:
        """Run a command as `actor`; raises `Forbidden`, `NotFound`, `Refused` or `Invalid`, and then stores nothing."""
        assert msgspec.json.decode(msgspec.json.encode(command), type=type(command)) == command, (
            "no JSON body"
        )
        made: set[str] = set()
        context = CommandContext(
            actor=actor,
            now=now,
            new=self._noting(made),
            demonstration=self.demonstration,
            versioned=versioned,
            hide=hidden,
            writers=frozenset(writers),
        )
        plan = registered(type(command)).plan(command, context)
        read: set[str] = set()
        act, answer = None, None
        while act is None:
            try:
                answer = self._answer(plan.send(answer), read)
            except StopIteration as stop:
                act = stop.value
        assert isinstance(act, PlannedCommand)
        self.verdict = act.may
        if isinstance(act.may, Denied):
            raise NotFound if act.may.hidden else Forbidden(act.may.detail)
        outcome = act.decide()
        self._check(outcome, read | made)
        self._store(outcome, actor)
        return outcome

    def turned_down(
        self, command: Command, actor: str, now: datetime = NOON
    ) -> tuple[type[CommandRejected], object]:
        """How a command that must not succeed was turned down: the exception's class and its sentence; of `Invalid`,
        each wrong field with its sentence instead. Nothing may have been stored."""
        before = copy.deepcopy((self.streams, self.indexes, self.unique_names, self.due))
        try:
            outcome = self.run(command, actor, now)
        except CommandRejected as turned:
            assert (self.streams, self.indexes, self.unique_names, self.due) == before, (
                "turned down, yet something was stored"
            )
            if isinstance(turned, Invalid):
                return Invalid, {error.field: str(error.detail) for error in turned.errors}
            return type(turned), str(turned.detail)
        raise AssertionError(f"{command} was not turned down: {outcome}")

    def pass_time(self, now: datetime) -> tuple[Outcome, ...]:
        """Run everything that was due until `now`, in order of the due dates, as the system. As in the queue, what is refused
        has been overtaken by events."""
        outcomes = []
        for due in sorted(self.due.values(), key=lambda due: (due.at, due.key)):
            if due.at <= now and self.due.get(due.key) == due:
                del self.due[due.key]
                with suppress(Refused):
                    outcomes.append(self.run(due.command, SYSTEM, due.at))
        return tuple(outcomes)

    def _noting(self, made: set[str]) -> Any:
        def new(kind: str) -> str:
            made.add(identifier := self.new(kind))
            return identifier

        return new

    def _load(self, aggregate: Aggregate[S], stream: str) -> Loaded[S]:
        state, facts = aggregate.empty, self.streams.get(stream, ())
        for fact in facts:
            state = aggregate.evolve(state, fact)
        return Loaded(state, len(facts), sum(fact.told for fact in facts))

    def _answer(
        self, request: PlanRequest, read: set[str]
    ) -> Any:  # Any: the answer's type depends on the request
        match request:
            case Load(streams=wanted):
                read.update(stream for _, stream in wanted)
                return {stream: self._load(aggregate, stream) for aggregate, stream in wanted}
            case IndexEntries(indexes=indexes):
                return {index: tuple(sorted(self.indexes.get(_stored(index), ()))) for index in indexes}
            case LoadBoth(streams=wanted, indexes=indexes):
                return self._answer(Load(wanted), read), self._answer(IndexEntries(indexes), read)

    def _check(self, outcome: Outcome, known: set[str]) -> None:
        """Check that only streams that were read, or new ones, are written, and that each unique name is held once."""
        assert set(outcome.facts) <= known, "a stream was written that the plan never read"
        assert outcome.answers in known, "the answer is about a stream that the plan never read"
        taken = set(self.unique_names)
        for facts in outcome.facts.values():
            for fact in facts:
                for name, refusal in unique_names_of(fact):
                    assert name is not None, "a fact that was decided just now is open"
                    if name in taken:
                        raise Refused(refusal)
                    taken.add(name)

    def _store(self, outcome: Outcome, actor: str) -> None:
        for stream, facts in outcome.facts.items():
            self.given(stream, *facts)
            for fact in facts:
                for index, entry in entries_of(fact, actor):
                    self.indexes.setdefault(index, set()).add(entry)
                self.unique_names.update(name for name, _ in unique_names_of(fact) if name is not None)
                if (key := removed_by(fact)) is not None:
                    self.due.pop(key, None)
                if (due := set_by(fact)) is not None:
                    self.due[due.key] = due


def hidden(person: str) -> str:
    """Stands for the keyed hash of a person's id."""
    return f"hidden-{person}"


def _stored(index: str) -> str:
    for beginning in HIDDEN_NAMES:
        if index.startswith(beginning):
            return f"{beginning}{hidden(index.removeprefix(beginning))}"
    return index


def registered(request: type[Command]) -> Registered[Any]:
    """The registration of a request, from the file that defines it."""
    (found,) = (entry for entry in sys.modules[request.__module__].COMMANDS if entry.request is request)
    assert isinstance(found, Registered)
    return found


def person(number: int) -> str:
    """The id of an invented person."""
    return stream_id("person", number.to_bytes(16, "big"))
