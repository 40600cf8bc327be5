"""How a command becomes facts, without touching the world.

A **plan** is a generator: it asks for the streams that it needs (`the`, `maybe`, `some`, `members`; several at a time with
`together`), gets their folded states, and returns an `PlannedCommand`: the answer of access, and a function that applies the rule.
Whoever drives the plan (the command runner in `history`) loads, asks, decides and appends; everything read this way is
checked again, at its version, when the facts are appended.
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
    """A plan's wish: the entries of these indexes (``applications of round-…``). Answered by a mapping from the index's name
    to a tuple of ids, sorted."""

    indexes: tuple[str, ...]


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

    detail: Message
    hidden: bool = False


Verdict = Allowed | Denied


@dataclass(frozen=True, slots=True)
class Due:
    """A scheduled command: at `at` the system runs `command`. A later due date of the same `key` replaces it.

    `domain.due_dates.set_by` works it out from the fact that sets it, again when the time has come: the queue holds no
    command. The system's act has that fact as its cause.
    """

    key: str
    at: datetime
    command: Command


DueBy = Mapping[type[Fact], Callable[[Any], Due | None]]
"""The due dates that facts set, by their class. `Any`: each function takes facts of its own class."""
StruckBy = Mapping[type[Fact], Callable[[Any], str]]
"""The keys of the due dates that facts strike out, by their class."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a rule decided: new facts by stream, and what else must be true in the same append.

    Index entries, claims and due dates follow from the facts alone: `domain.indexes`, `domain.unique_names` and
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
class PlannedCommand:
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


Part = Generator[Wish, Any, T]
"""A part of a plan, which comes to a T. Any: the answer's type depends on the wish; `the`, `some` and `members` restore
it."""

Plan = Part[PlannedCommand]


@dataclass(frozen=True, slots=True)
class Registered(Generic[C]):
    """A command in the register: its permanent name (``application.withdraw``), its request and its plan.

    `versioned`: the version of the stream that answers may be told to whoever gives the command. It is False where that
    stream also counts acts that they may not know of; then no version of it is told, and none can be insisted on.
    `by_program`: only the program gives the command, so that it has no address. Its plan asks `access.system`.
    """

    name: str
    request: type[C]
    plan: Callable[[C, Given], Plan]
    versioned: bool = True
    by_program: bool = False


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


def members(index: str) -> Part[tuple[str, ...]]:
    """The ids in an index, sorted; the append checks that none was added meanwhile."""
    found: Mapping[str, tuple[str, ...]] = yield Members((index,))
    return found[index]


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
    """Ask for several things at once, each written as if it were asked for alone:
    ``call, read = yield from together(the(CALL, call_id), maybe(READING, reading_id))``.

    All streams go into one wish, and all indexes into another. What is not there is refused in the order of the parts.
    """
    found: dict[int, Any] = {}
    wishes: dict[int, Wish] = {}

    def go_on(number: int, answer: Any) -> None:
        try:
            wishes[number] = parts[number].send(answer)
        except StopIteration as stop:
            wishes.pop(number, None)
            found[number] = stop.value

    for number in range(len(parts)):
        go_on(number, None)
    while wishes:
        streams = [each for wish in wishes.values() if isinstance(wish, Load) for each in wish.streams]
        indexes = [each for wish in wishes.values() if isinstance(wish, Members) for each in wish.indexes]
        loaded = (yield Load(tuple(streams))) if streams else {}
        entries = (yield Members(tuple(indexes))) if indexes else {}
        for number, wish in sorted(wishes.items()):
            go_on(number, loaded if isinstance(wish, Load) else entries)
    return tuple([found[number] for number in range(len(parts))])
