"""How a command becomes facts, without touching the world.

A **plan** is a generator: it asks for the streams that it needs (`the`, `some`, `members`), gets their folded states,
and returns an `Act`: the answer of access, and a function that applies the rule. Whoever drives the plan (the
command runner in `history`) loads, asks, decides and appends; everything read this way is checked again, at its
version, when the facts are appended.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec

from domain.messages import Message
from domain.refusals import NotFound
from domain.values import Role, check_stream_id

S = TypeVar("S")
C = TypeVar("C", bound="Command")


class Fact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that happened. Its class has a permanent topic in `domain.topics`.

    Each subclass says ``frozen=True, kw_only=True`` itself: msgspec does not inherit the second, and mypy wants to
    read the first.
    """


class Command(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that someone asks for. Its fields are the body of the JSON request.

    Each subclass says ``frozen=True, kw_only=True`` itself, as a fact's does.
    """


@dataclass(frozen=True, slots=True)
class Aggregate(Generic[S]):
    """A kind of stream: the state before its first fact, and how each fact changes the state. `often_absent`: most that
    are asked for have no fact, so the command runner remembers that there is none, too."""

    kind: str
    empty: S
    evolve: Callable[
        [S, Any], S
    ]  # Any: the union of this kind's facts, which the aggregate's own file checks
    often_absent: bool = False


@dataclass(frozen=True, slots=True)
class Load:
    """A plan's wish: these streams, folded. Answered by a mapping from stream id to `Loaded`."""

    streams: tuple[tuple[Aggregate[Any], str], ...]


@dataclass(frozen=True, slots=True)
class Members:
    """A plan's wish: the entries of one index (``applications of round-…``). Answered by a tuple of ids, sorted."""

    index: str


@dataclass(frozen=True, slots=True)
class Loaded(Generic[S]):
    """A folded stream and the version at which it was read (0: it has no fact yet)."""

    state: S
    version: int


Wish = Load | Members


@dataclass(frozen=True, slots=True)
class Given:
    """What a rule may not find out by itself: who asks, when, and fresh random ids (`new("grant")`)."""

    actor: str
    now: datetime
    new: Callable[[str], str]
    demonstration: bool = False


@dataclass(frozen=True, slots=True)
class Allowed:
    """Access says yes; `role` is the one in which the person acts."""

    role: Role


@dataclass(frozen=True, slots=True)
class Denied:
    """Access says no, in one sentence. `hidden`: the person may not even know that the thing exists."""

    detail: Message | str
    hidden: bool = False


Verdict = Allowed | Denied


@dataclass(frozen=True, slots=True)
class Due:
    """What time will bring about: at `at` the system runs `command`. A later due date of the same `key` replaces it.

    `domain.due_dates.set_by` names the fact that sets it; the system's act has that fact as its cause.
    """

    key: str
    at: datetime
    command: Command


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a rule decided: new facts by stream, and what else must be true in the same append.

    Index entries, claims and due dates follow from the facts alone: `domain.indexes`, `domain.claims` and
    `domain.due_dates` say which. `subjects` are data subjects whose sealing key must be made first; `erases` are
    subjects whose key dies once the facts are stored. `initiatives` names the initiative of those streams that do not
    belong to the act's own.
    """

    facts: Mapping[str, tuple[Fact, ...]]
    answers: str
    subjects: tuple[str, ...] = ()
    erases: tuple[str, ...] = ()
    initiatives: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Act:
    """What a plan comes to: may this person (`may`), and what follows (`decide`, called only if so).

    `initiative` is the tenant, or None for the installation and for persons. `scope` is the stream (a call, a fund,
    an initiative) within which the actor is known by one handle; None for acts of no scope. `party` is the one for which they
    act, None for themself: where it is an organisation, it is known there by a handle of its own.
    """

    may: Verdict
    decide: Callable[[], Outcome]
    initiative: str | None
    scope: str | None = None
    party: str | None = None


Plan = Generator[
    Wish, Any, Act
]  # Any: the answer's type depends on the wish; `the`, `some` and `members` restore it


@dataclass(frozen=True, slots=True)
class Registered(Generic[C]):
    """A command in the register: its permanent name (``application.withdraw``), its request and its plan.

    `versioned`: the version of the stream that answers may be told to whoever gives the command. It is False where that
    stream also counts acts that they may not know of; then no version of it is told, and none can be insisted on.
    """

    name: str
    request: type[C]
    plan: Callable[[C, Given], Plan]
    versioned: bool = True


def the(aggregate: Aggregate[S], stream: str) -> Generator[Wish, Any, S]:
    """The state of an existing stream; raises `NotFound` if there is none."""
    check_stream_id(aggregate.kind, stream)
    answer: Mapping[str, Loaded[S]] = yield Load(((aggregate, stream),))
    loaded = answer[stream]
    if loaded.version == 0:
        raise NotFound(named=stream)
    return loaded.state


def maybe(aggregate: Aggregate[S], stream: str) -> Generator[Wish, Any, S]:
    """The state of a stream that may not exist yet; then its empty state."""
    check_stream_id(aggregate.kind, stream)
    answer: Mapping[str, Loaded[S]] = yield Load(((aggregate, stream),))
    return answer[stream].state


def some(aggregate: Aggregate[S], streams: Iterable[str]) -> Generator[Wish, Any, dict[str, S]]:
    """The states of several existing streams of one kind, in one round trip; raises `NotFound`."""
    wanted = tuple(dict.fromkeys(check_stream_id(aggregate.kind, stream) for stream in streams))
    if not wanted:
        return {}
    answer: Mapping[str, Loaded[S]] = yield Load(tuple((aggregate, stream) for stream in wanted))
    for stream in wanted:
        if answer[stream].version == 0:
            raise NotFound(named=stream)
    return {stream: answer[stream].state for stream in wanted}


def ahead(*streams: tuple[Aggregate[Any], str]) -> Generator[Wish, Any, None]:
    """Load several streams of different kinds in one round trip, so that `the` finds them at hand."""
    yield Load(tuple((aggregate, check_stream_id(aggregate.kind, stream)) for aggregate, stream in streams))


def members(index: str) -> Generator[Wish, Any, tuple[str, ...]]:
    """The ids in an index, sorted; the append checks that none was added meanwhile."""
    found: tuple[str, ...] = yield Members(index)
    return found
