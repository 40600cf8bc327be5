"""The moments at which everybody tries a command: a world in which the command is legal, so that who asks is the only thing
that can be in its way."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, cast

from domain.commands.register import REGISTER
from domain.deciding import Aggregate, Allowed, Command, Loaded
from domain.initiatives.facts import MemberAdded
from domain.refusals import CommandRejected
from domain.values import MEMBER_ROLES, SYSTEM, Channel, Role
from history.appends import Append, Appended
from history.requests import Request
from history.runner import Runner
from history.store import History
from history.vault import Vault
from tests.driving import World, person
from tests.scene import (
    ADMINISTRATOR,
    APPROVER,
    ARTIST,
    CHAIR,
    FINANCE,
    FUNDER,
    INITIATIVE,
    JUROR,
    KEEPER,
    OFFICER,
    OTHER_ARTIST,
    SECOND_JUROR,
    STRANGER,
    THIRD_JUROR,
    numbered,
)

NOBODY: Final = person(100)
ERASED: Final = person(101)
CONFLICTED_JUROR: Final = person(102)
CONFLICTED_CHAIR: Final = person(103)
CONFLICTED_OFFICER: Final = person(104)
RIVAL_CHAIR: Final = person(105)
RIVAL_OFFICER: Final = person(106)
OUTSIDER: Final = person(107)
NEWCOMER: Final = person(108)
CONFLICTED_FINANCE: Final = person(109)
ORPHANED: Final = numbered("initiative", 2)
"""An initiative whose only administrator was erased."""

WHO: Final[Mapping[str, str]] = {
    "no": NOBODY,
    "er": ERASED,
    "st": STRANGER,
    "ar": ARTIST,
    "ri": OTHER_ARTIST,
    "ar+": ARTIST,
    "ju": JUROR,
    "j2": SECOND_JUROR,
    "id": THIRD_JUROR,
    "jx": CONFLICTED_JUROR,
    "ch": CHAIR,
    "cx": CONFLICTED_CHAIR,
    "cr": RIVAL_CHAIR,
    "of": OFFICER,
    "ox": CONFLICTED_OFFICER,
    "or": RIVAL_OFFICER,
    "fi": FINANCE,
    "fx": CONFLICTED_FINANCE,
    "ap": APPROVER,
    "fu": FUNDER,
    "ad": ADMINISTRATOR,
    "ke": KEEPER,
    "sy": SYSTEM,
    "ou": OUTSIDER,
}
"""The person of each column."""

MORE_MEMBERS: Final[Mapping[str, tuple[Role, ...]]] = {
    ERASED: MEMBER_ROLES,
    CONFLICTED_JUROR: (Role.JUROR,),
    CONFLICTED_CHAIR: (Role.CHAIR,),
    CONFLICTED_OFFICER: (Role.OFFICER, Role.JUROR),
    CONFLICTED_FINANCE: (Role.FINANCE, Role.APPROVER, Role.JUROR),
    RIVAL_CHAIR: (Role.CHAIR,),
    RIVAL_OFFICER: (Role.OFFICER,),
}


@dataclass(frozen=True)
class Moment:
    """A world in which `command` is legal for the right person, and nothing else has to happen first."""

    world: World
    command: Command
    now: datetime

    def tried(self, actor: str, *before: MemberAdded) -> Role | str:
        """What comes of somebody's trying it, after some more facts of the initiative: the role in which they are
        allowed, or the sentence by which they are refused, and then nothing is stored."""
        world = fork(self.world)
        world.given(INITIATIVE, *before)
        untouched = fork(world)
        try:
            world.run(self.command, actor, self.now)
        except CommandRejected as turned:
            assert stored(world) == stored(untouched), "refused, yet something was stored"
            return str(turned.detail)
        assert isinstance(world.verdict, Allowed)
        return world.verdict.role

    def refused_by_the_runner(self, actor: str) -> str:
        """The sentence by which the command runner itself refuses somebody, whom the rules alone would not know."""
        runner = Runner(
            cast("History", _Untouched()),
            cast("Vault", None),
            b"",
            clock=lambda: self.now,
        )
        runner.states = cast("Any", _Remembered(self.world))  # reading from the world instead of a database
        request = Request(command=self.command, actor=actor, channel=Channel.API)
        try:
            asyncio.run(runner.run(request))
        except CommandRejected as turned:
            return str(turned.detail)
        raise AssertionError("not refused")


class _Untouched:
    """A history that nobody may append to: who is refused never gets that far."""

    async def append(self, append: Append) -> Appended:
        raise AssertionError(f"refused, yet {len(append.facts)} facts were on their way")


@dataclass(frozen=True)
class _Remembered:
    """What the runner reads, from a world in memory."""

    world: World

    def read_set(self, *, bypass_cache: bool) -> _Remembered:
        return self

    async def load(self, streams: Sequence[tuple[Aggregate[Any], str]]) -> dict[str, Loaded[Any]]:
        return (await self.load_with(streams, ()))[0]

    async def index_entries(self, indexes: Sequence[str]) -> dict[str, tuple[str, ...]]:
        return (await self.load_with((), indexes))[1]

    async def load_with(
        self, streams: Sequence[tuple[Aggregate[Any], str]], indexes: Sequence[str]
    ) -> tuple[dict[str, Loaded[Any]], dict[str, tuple[str, ...]]]:
        loaded = {
            stream: Loaded(self.world.state(aggregate, stream), len(facts), sum(fact.told for fact in facts))
            for aggregate, stream in streams
            for facts in [self.world.facts(stream)]
        }
        return loaded, {index: tuple(sorted(self.world.indexes.get(index, ()))) for index in indexes}

    async def holds(self) -> bool:
        """Nobody else writes."""
        return True


def fork(world: World) -> World:
    """A world that goes its own way from here; facts are shared, for they never change."""
    return World(
        streams={stream: list(facts) for stream, facts in world.streams.items()},
        indexes={index: set(entries) for index, entries in world.indexes.items()},
        unique_names=set(world.unique_names),
        due=dict(world.due),
        _made=world._made,
    )


def stored(world: World) -> tuple[object, ...]:
    """All that a world keeps."""
    streams = {stream: facts for stream, facts in world.streams.items() if facts}
    return streams, world.indexes, world.unique_names, world.due


class Moments(dict[str, Moment]):
    """The moments of the walk, by the row of the table that they are about."""

    def __missing__(self, row: str) -> Moment:
        raise AssertionError(f"add a stop to tests/access/walk.py, where {row} is legal")


@dataclass
class Walk:
    """The walk: `moments` by the row of the table that they are about."""

    world: World
    now: datetime
    moments: Moments = field(default_factory=Moments)

    def stop(self, row: str, /, **fields: Any) -> Command:
        """Here everybody tries the command of this row."""
        command: Command = REGISTER[row.partition(":")[0]].request(**fields)
        assert row not in self.moments
        self.moments[row] = Moment(fork(self.world), command, self.now)
        return command

    def do(self, actor: str, name: str, /, **fields: Any) -> str:
        """Go on by a command; gives the stream that it is about."""
        return self.world.run(REGISTER[name].request(**fields), actor, self.now).answers

    def stop_and_do(self, actor: str, row: str, /, **fields: Any) -> str:
        """Both: everybody tries it, and the right person does it."""
        return self.world.run(self.stop(row, **fields), actor, self.now).answers
