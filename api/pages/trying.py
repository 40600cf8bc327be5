"""Finds out what a person may do now: tries the commands with their access checks and rules, and writes nothing.

So a page offers what would succeed, and otherwise shows the sentence with which it would be refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from api.run.wiring import Wiring
from domain.commands.register import REGISTER
from domain.deciding import (
    Aggregate,
    Command,
    CommandContext,
    Denied,
    IndexEntries,
    Load,
    LoadBoth,
    PlannedCommand,
)
from domain.messages import Message
from domain.refusals import CommandRejected, Invalid
from domain.values import stream_id

_BY_REQUEST = {entry.request: entry for entry in REGISTER.values()}


@dataclass(frozen=True, slots=True)
class Offer:
    """Whether a command would succeed. Otherwise `why_not` is the sentence of the rule, or `not_yours` the sentence of
    access; both are None if the person may not know of the thing at all."""

    do: str
    name: Message
    may: bool
    why_not: Message | str | None = None
    not_yours: Message | str | None = None


class Trial:
    """Tries one person's commands on the current streams; each stream and index is read once, and unique names are
    looked up."""

    def __init__(self, wiring: Wiring, person: str) -> None:
        self._runner = wiring.runner
        self._reading = wiring.runner.states.read_set(bypass_cache=True)
        self._indexes: dict[str, tuple[str, ...]] = {}
        self._context = CommandContext(
            actor=person,
            now=wiring.clock(),
            new=lambda kind: stream_id(kind, wiring.runner.random(16)),
            demonstration=wiring.settings.demo,
            versioned=True,
        )

    async def of(self, name: Message, command: Command) -> Offer:
        """Try one command, called `name` on the page. Fields that a person would fill in may have any value: errors in
        them are not refusals."""
        do = _BY_REQUEST[type(command)].name
        try:
            act = await self._plan(command)
            if isinstance(act.may, Denied):
                return Offer(do, name, may=False, not_yours=None if act.may.hidden else act.may.detail)
            if taken := await self._runner.taken_name(act.decide()):
                return Offer(do, name, may=False, why_not=taken)
        except Invalid:
            return Offer(do, name, may=True)
        except CommandRejected as turned:
            return Offer(do, name, may=False, why_not=turned.detail)
        return Offer(do, name, may=True)

    async def why_not(self, command: Command) -> Message | None:
        """Why a command would not succeed, with the fields that it has; None if it would. Raises `Invalid` for wrong
        ones."""
        try:
            act = await self._plan(command)
            if isinstance(act.may, Denied):
                return act.may.detail
            return await self._runner.taken_name(act.decide())
        except Invalid:
            raise
        except CommandRejected as turned:
            return turned.detail

    async def _plan(self, command: Command) -> PlannedCommand:
        plan = _BY_REQUEST[type(command)].plan(command, self._context)
        answer: object = None
        while True:
            try:
                request = plan.send(answer)
            except StopIteration as stop:
                act: PlannedCommand = stop.value
                return act
            match request:
                case Load():
                    answer = await self._reading.load(request.streams)
                case IndexEntries():
                    answer = (await self._read((), request.indexes))[1]
                case LoadBoth():
                    answer = await self._read(request.streams, request.indexes)

    async def _read(
        self, streams: Sequence[tuple[Aggregate[Any], str]], indexes: Iterable[str]
    ) -> tuple[object, object]:
        """The states of streams and the entries of indexes; each index is read once."""
        unknown = [index for index in indexes if index not in self._indexes]
        loaded, found = await self._reading.load_with(streams, unknown)
        self._indexes |= found
        return loaded, self._indexes
