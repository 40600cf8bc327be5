"""How a command becomes facts, without any input or output.

A **plan** is a generator. It yields requests for streams and index entries (with `the`, `maybe`, `some`,
`index_entries`; several at a time with `together`), receives their folded states, and returns a `PlannedCommand`: the
answer of access, and a function that applies the rule. The command runner in `history` drives the plan: it loads, asks
access, decides and appends. Everything that was read this way is checked again, at its version, when the facts are
appended.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar, overload

import msgspec

from domain.messages import Message
from domain.refusals import NotFound
from domain.values import Role, check_stream_id

S = TypeVar("S")
T = TypeVar("T")
T1 = TypeVar("T1")
T2 = TypeVar("T2")
T3 = TypeVar("T3")
T4 = TypeVar("T4")
T5 = TypeVar("T5")
T6 = TypeVar("T6")
C = TypeVar("C", bound="Command")


class Fact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that happened. Each class has a permanent topic in `domain.topics`.

    Each subclass repeats ``frozen=True, kw_only=True``: msgspec does not inherit the second, and mypy needs to see the
    first.
    """

    @property
    def told(self) -> bool:
        """Whether the version that people are told of this fact's stream counts it. A class says no if some who may read the
        stream must not learn that this happened: the version would show it."""
        return True


class Command(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request to do something. Its fields are the body of the JSON request.

    Each subclass repeats ``frozen=True, kw_only=True``, as facts do.
    """


@dataclass(frozen=True, slots=True)
class Aggregate(Generic[S]):
    """A kind of stream: its empty state, and how each fact changes the state. `often_absent`: most streams of this kind
    that are loaded do not exist, so the command runner also caches their absence."""

    kind: str
    empty: S
    evolve: Callable[
        [S, Any], S
    ]  # Any: the union of this kind's facts, which the aggregate's own file checks
    often_absent: bool = False


@dataclass(frozen=True, slots=True)
class Load:
    """Request of a plan: load these streams, folded. The reply maps each stream's id to `Loaded`."""

    streams: tuple[tuple[Aggregate[Any], str], ...]


@dataclass(frozen=True, slots=True)
class IndexEntries:
    """Request of a plan: load the entries of these indexes (``applications of round-…``). The reply maps each index's
    name to a sorted tuple of ids."""

    indexes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LoadBoth:
    """Request of a plan: what `Load` and `IndexEntries` ask for, in one round trip. The reply is a tuple of both replies."""

    streams: tuple[tuple[Aggregate[Any], str], ...]
    indexes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Loaded(Generic[S]):
    """A folded stream and the version at which it was read (0 if it has no fact yet). `told` is the version that people
    are told (`Fact.told`)."""

    state: S
    version: int
    told: int


PlanRequest = Load | IndexEntries | LoadBoth


@dataclass(frozen=True, slots=True)
class CommandContext:
    """What a rule must not look up itself: the actor, the time, and new random ids (`new("grant")`). `versioned`: the
    actor named the version that they read, and the command fails if it has changed since. `hide` is a keyed hash of a
    person's id, for facts that must not name them. `writers` are the people who wrote in the draft from which the
    command was sent."""

    actor: str
    now: datetime
    new: Callable[[str], str]
    demonstration: bool = False
    versioned: bool = False
    hide: Callable[[str], str] = str
    writers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Allowed:
    """Access is given; `role` is the role in which the person acts."""

    role: Role


@dataclass(frozen=True, slots=True)
class Denied:
    """Access is denied, with the reason in one sentence. `hidden`: the person may not even know that the thing
    exists."""

    detail: Message
    hidden: bool = False


Verdict = Allowed | Denied


@dataclass(frozen=True, slots=True)
class Due:
    """A scheduled command: at `at` the system runs `command`. A later due date with the same `key` replaces it.

    `domain.due_dates.set_by` derives it from the fact that sets it, again when it is due: the queue stores no command.
    The system's command records that fact as its cause.
    """

    key: str
    at: datetime
    command: Command


DueBy = Mapping[type[Fact], Callable[[Any], Due | None]]
"""The due dates that facts set, by class of fact. `Any`: each function takes facts of its own class."""
RemovedBy = Mapping[type[Fact], Callable[[Any], str]]
"""The keys of the due dates that facts remove, by class of fact."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a rule: new facts by stream, and what else the same append has to do. Without any fact there was nothing to
    do, and the command succeeds without writing.

    Index entries, unique names and due dates are derived from the facts alone: see `domain.indexes`,
    `domain.unique_names` and `domain.due_dates`. `subjects` are data subjects whose sealing key has to be created
    first; `erases` are subjects whose key is deleted once the facts are stored. `initiatives` names the initiative of
    streams that do not belong to the command's own.
    """

    facts: Mapping[str, tuple[Fact, ...]]
    answers: str
    subjects: tuple[str, ...] = ()
    erases: tuple[str, ...] = ()
    initiatives: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlannedCommand:
    """The result of a plan: whether this person may do it (`may`), and the rule to apply (`decide`, called only if so).

    `initiative` is the tenant; None for the installation and for persons. `scope` is the stream (a call, a fund, an
    initiative) within which the actor has one handle; None for commands without a scope. `party` is the party that they
    act for, None for themselves: an organisation has a handle of its own in the scope.
    """

    may: Verdict
    decide: Callable[[], Outcome]
    initiative: str | None
    scope: str | None = None
    party: str | None = None


Part = Generator[PlanRequest, Any, T]
"""A part of a plan, which returns a T. `Any`: the type of the reply depends on the request; `the`, `some` and
`index_entries` restore it."""

Plan = Part[PlannedCommand]


@dataclass(frozen=True, slots=True)
class Registered(Generic[C]):
    """A command in the register: its permanent name (``application.withdraw``), its request and its plan.

    `versioned`: whether the person who sends the command may be told the version of the answer's stream. It is False if
    that stream also counts events that they may not know of; then its version is neither returned nor accepted as a
    condition.

    `by_program`: only the program sends the command, so it has no address. Its plan calls `access.system`.

    `grave`: whoever sends it from a page must have signed in a short time ago, so that nobody does it at a screen that was
    left alone: it erases something, or changes where money goes.
    """

    name: str
    request: type[C]
    plan: Callable[[C, CommandContext], Plan]
    versioned: bool = True
    by_program: bool = False
    grave: bool = False


def the(aggregate: Aggregate[S], stream: str) -> Part[S]:
    """The state of an existing stream; raises `NotFound` if there is none."""
    check_stream_id(aggregate.kind, stream)
    answer: Mapping[str, Loaded[S]] = yield Load(((aggregate, stream),))
    loaded = answer[stream]
    if loaded.version == 0:
        raise NotFound(named=stream)
    return loaded.state


def maybe(aggregate: Aggregate[S], stream: str) -> Part[S]:
    """The state of a stream that may not exist yet; then its empty state."""
    check_stream_id(aggregate.kind, stream)
    answer: Mapping[str, Loaded[S]] = yield Load(((aggregate, stream),))
    return answer[stream].state


def some(aggregate: Aggregate[S], streams: Iterable[str]) -> Part[dict[str, S]]:
    """The states of several existing streams of one kind, in one round trip; raises `NotFound`."""
    wanted = tuple(dict.fromkeys(check_stream_id(aggregate.kind, stream) for stream in streams))
    if not wanted:
        return {}
    answer: Mapping[str, Loaded[S]] = yield Load(tuple((aggregate, stream) for stream in wanted))
    for stream in wanted:
        if answer[stream].version == 0:
            raise NotFound(named=stream)
    return {stream: answer[stream].state for stream in wanted}


def some_maybe(aggregate: Aggregate[S], streams: Iterable[str]) -> Part[dict[str, S]]:
    """The states of several streams of one kind that may not exist yet, in one round trip; then their empty state."""
    wanted = tuple(dict.fromkeys(check_stream_id(aggregate.kind, stream) for stream in streams))
    if not wanted:
        return {}
    answer: Mapping[str, Loaded[S]] = yield Load(tuple((aggregate, stream) for stream in wanted))
    return {stream: answer[stream].state for stream in wanted}


def index_entries(index: str) -> Part[tuple[str, ...]]:
    """The ids in an index, sorted. The append checks that none was added since."""
    found: Mapping[str, tuple[str, ...]] = yield IndexEntries((index,))
    return found[index]


def index_entries_of_all(indexes: Iterable[str]) -> Part[frozenset[str]]:
    """The ids in several indexes together, in one round trip. The append checks that none was added since."""
    wanted = tuple(dict.fromkeys(indexes))
    if not wanted:
        return frozenset()
    found: Mapping[str, tuple[str, ...]] = yield IndexEntries(wanted)
    return frozenset().union(*found.values())


@overload
def together(p1: Part[T1], p2: Part[T2], /) -> Part[tuple[T1, T2]]: ...
@overload
def together(p1: Part[T1], p2: Part[T2], p3: Part[T3], /) -> Part[tuple[T1, T2, T3]]: ...
@overload
def together(p1: Part[T1], p2: Part[T2], p3: Part[T3], p4: Part[T4], /) -> Part[tuple[T1, T2, T3, T4]]: ...
@overload
def together(
    p1: Part[T1], p2: Part[T2], p3: Part[T3], p4: Part[T4], p5: Part[T5], /
) -> Part[tuple[T1, T2, T3, T4, T5]]: ...
@overload
def together(
    p1: Part[T1], p2: Part[T2], p3: Part[T3], p4: Part[T4], p5: Part[T5], p6: Part[T6], /
) -> Part[tuple[T1, T2, T3, T4, T5, T6]]: ...
def together(*parts: Part[Any]) -> Part[tuple[Any, ...]]:  # Any: the overloads tell the types
    """Load several things at once, each written as if it were loaded alone: ``call, read = yield from
    together(the(CALL, call_id), maybe(READING, reading_id))``.

    All streams and indexes go into one request. Missing streams are refused in the order of the parts.
    """
    found: dict[int, Any] = {}
    requests: dict[int, PlanRequest] = {}

    def go_on(number: int, answer: Any) -> None:
        try:
            requests[number] = parts[number].send(answer)
        except StopIteration as stop:
            requests.pop(number, None)
            found[number] = stop.value

    for number in range(len(parts)):
        go_on(number, None)
    while requests:
        streams = tuple([each for request in requests.values() for each in _streams(request)])
        indexes = tuple([each for request in requests.values() for each in _indexes(request)])
        loaded, entries = yield from _both(streams, indexes)
        for number, request in sorted(requests.items()):
            match request:
                case Load():
                    go_on(number, loaded)
                case IndexEntries():
                    go_on(number, entries)
                case LoadBoth():
                    go_on(number, (loaded, entries))
    return tuple([found[number] for number in range(len(parts))])


def _both(streams: tuple[tuple[Aggregate[Any], str], ...], indexes: tuple[str, ...]) -> Part[tuple[Any, Any]]:
    """The replies to `Load` and `IndexEntries`, of which one may be empty, with one request."""
    if not indexes:
        return (yield Load(streams)), {}
    if not streams:
        return {}, (yield IndexEntries(indexes))
    replies: tuple[Any, Any] = yield LoadBoth(streams, indexes)
    return replies


def _streams(request: PlanRequest) -> tuple[tuple[Aggregate[Any], str], ...]:
    return () if isinstance(request, IndexEntries) else request.streams


def _indexes(request: PlanRequest) -> tuple[str, ...]:
    return () if isinstance(request, Load) else request.indexes
