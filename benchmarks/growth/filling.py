"""Filling a history with seasons, through its one append: sealed, committed to, chained and positioned like any fact.

Each deed is an append of its own with an idempotency key, its index entries and its unique names, as a command's is; many run
abreast and share their commits.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from random import Random
from typing import Final

from benchmarks.growth.deeds import Deed
from benchmarks.growth.people import People, Staff
from benchmarks.growth.season import season
from domain.deciding import Fact
from domain.indexes import entries_of
from domain.initiatives.facts import INSTALLATION_ID, AdministratorAppointed, InstallationOpened
from domain.persons.facts import PersonHandleGiven, PersonRegistered
from domain.unique_names import unique_names_of
from domain.values import SYSTEM, Channel, Role, stream_id
from history.appends import Append, Idempotency
from history.attempt import subjects_of
from history.documents import Stored, fact_in, write
from history.format.envelope import Acting, Envelope, How, Place
from history.keyfiles import KeyFolder
from history.store import History, open_history
from history.vault import Vault, WrappedKey

ABREAST: Final = 4
"""How many initiatives have a season at a time."""
FACTS_OF_AN_INITIATIVE: Final = 50_000
"""For so many facts there is one more initiative."""
_CONNECTIONS: Final = 4
_TOLD_EACH: Final = 2.0
_HANDLE_LETTERS: Final = "23456789abcdefghjkmnpqrstvwxyz"

Say = Callable[[str], None]


class Filler:
    """Records deeds. It knows the head of every stream that it wrote or was told of, and is the only one that writes."""

    def __init__(self, history: History, vault: Vault) -> None:
        self._history, self._vault = history, vault
        self._heads: dict[str, Stored] = {}
        self._keys: dict[str, bytes] = {}
        self._handles: dict[tuple[str, str], str] = {}
        self.written = 0

    async def recall(self, streams: Iterable[str]) -> None:
        """Learn the heads of streams that others wrote, and the handles of persons among them."""
        for stream, rows in (await self._history.load(dict.fromkeys(streams, 0))).items():
            for row in rows:
                fact = fact_in(row.topic, row.document, self._history.id)
                if isinstance(fact, PersonHandleGiven):
                    self._handles[fact.person, fact.scope] = fact.handle
            last = rows[-1]
            self._heads[stream] = Stored(stream, last.version, last.topic, last.document, last.leaf)

    async def newest(self) -> int:
        """The newest position of the history."""
        return await self._history.last_position()

    def knows(self, stream: str) -> bool:
        """Whether a stream has a fact."""
        return stream in self._heads

    async def act(self, deed: Deed) -> None:
        """Record a deed; durable on return."""
        made: list[WrappedKey] = []
        for person in deed.registers:
            row, self._keys[person] = self._vault.make(person)
            made.append(row)
        command = secrets.token_hex(16)
        stored = []
        handle = self._handle(deed)
        if handle is not None and (deed.actor, deed.scope) not in self._handles:
            assert deed.scope is not None
            self._handles[deed.actor, deed.scope] = handle
            given = PersonHandleGiven(person=deed.actor, scope=deed.scope, handle=handle)
            stored.append(self._write(deed, command, deed.actor, given, None))
        stored += [self._write(deed, command, stream, fact, handle) for stream, fact in deed.facts]
        subjects = {subject for _, fact in deed.facts for subject in subjects_of(fact)}
        answers = deed.facts[0][0]
        done = await self._history.append(
            Append(
                facts=stored,
                read={},
                answers=answers,
                entries=[entry for _, fact in deed.facts for entry in entries_of(fact, deed.actor)],
                unique_names=[
                    (secrets.token_bytes(32), stream)
                    for stream, fact in deed.facts
                    for _ in unique_names_of(fact)
                ],
                new_keys=made,
                sealed_for=sorted(subjects),
                idempotency=Idempotency(deed.actor, secrets.token_bytes(32), secrets.token_bytes(32)),
            )
        )
        assert done.outcome == "appended", done
        self.written += len(stored)

    def _handle(self, deed: Deed) -> str | None:
        if deed.scope is None or deed.actor == SYSTEM:
            return None
        known = self._handles.get((deed.actor, deed.scope))
        return known or "".join(secrets.choice(_HANDLE_LETTERS) for _ in range(10))

    def _write(self, deed: Deed, command: str, stream: str, fact: Fact, handle: str | None) -> Stored:
        head = self._heads.get(stream)
        # As the command runner has it: the fact that gives a handle belongs to no initiative and no scope.
        of_person = isinstance(fact, PersonHandleGiven)
        envelope = Envelope(
            acting=Acting(handle=handle, role=deed.role, scope=None if of_person else deed.scope),
            actor=deed.actor,
            decided_at=datetime.now(UTC),
            how=How(
                cause=None, channel=Channel.SYSTEM if deed.actor == SYSTEM else Channel.API, command=command
            ),
            place=Place(
                initiative=None if of_person else deed.initiative,
                previous=head.leaf.hex() if head else None,
                stream=stream,
                version=head.version + 1 if head else 1,
            ),
        )
        stored = write(fact, self._history.id, envelope, self._keys, secrets.token_bytes)
        # Of a head only version and leaf are wanted, and a million documents would fill the memory.
        self._heads[stream] = Stored(stream, stored.version, stored.topic, b"", stored.leaf)
        return stored


@asynccontextmanager
async def opened_filler(url: str, keys: KeyFolder) -> AsyncIterator[Filler]:
    """A filler of the history at `url`."""
    async with open_history(url, connections=_CONNECTIONS) as history:
        yield Filler(history, Vault(keys, history.id))


async def keeper_of(filler: Filler) -> str:
    """A new administrator of the installation, which is opened if it was not."""
    await filler.recall([INSTALLATION_ID])
    keeper = stream_id("person", secrets.token_bytes(16))
    registered = PersonRegistered(person=keeper, name="Keeper", email=None, language="en")
    facts: list[tuple[str, Fact]] = [
        (keeper, registered),
        (INSTALLATION_ID, AdministratorAppointed(person=keeper)),
    ]
    if not filler.knows(INSTALLATION_ID):
        facts.insert(0, (INSTALLATION_ID, InstallationOpened(demonstration=False)))
    await filler.act(
        Deed(
            actor=SYSTEM,
            role=Role.SYSTEM,
            initiative=None,
            scope=None,
            facts=tuple(facts),
            registers=(keeper,),
        )
    )
    return keeper


class Told:
    """Says how far the filling has come and how fast it goes, every other second."""

    def __init__(self, filler: Filler, target: int, say: Say) -> None:
        self._filler, self._target, self._say = filler, target, say
        self._began, self._last = time.monotonic(), 0.0

    def __call__(self) -> None:
        """Once after each deed."""
        now = time.monotonic()
        if now - self._last >= _TOLD_EACH:
            self._last = now
            rate = self._filler.written / max(now - self._began, 1e-9)
            self._say(f"filling: {self._filler.written:,} of {self._target:,} facts, {rate:,.0f} a second")


async def fill(
    filler: Filler, target: int, say: Say, *, open_round: tuple[str, str, str, str] | None = None
) -> None:
    """Write about `target` facts: seasons of several initiatives.

    `open_round` names an initiative that is there, its founder, and a call and a round of it that take applications:
    then a twentieth of the facts are of people who apply there, and the initiative has seasons like all others.
    """
    told = Told(filler, target, say)

    async def act(deed: Deed) -> None:
        await filler.act(deed)
        told()

    people = People(act, await keeper_of(filler), Random(1))
    staffs: list[Staff] = []
    if open_round is not None:
        initiative, founder, call, round = open_round
        await filler.recall([initiative, founder])
        staffs.append(await people.join(initiative, founder))
        while filler.written < target // 20:
            await asyncio.gather(*(people.apply(initiative, call, round) for _ in range(100)))
    while len(staffs) < max(1, min(target // FACTS_OF_AN_INITIATIVE, 40)):
        staffs.append(await people.found())
    waiting = asyncio.Queue[Staff]()
    for staff in staffs:
        waiting.put_nowait(staff)

    async def seasons() -> None:
        # An initiative has one season at a time: its members' streams have one writer.
        while filler.written < target and not waiting.empty():
            staff = waiting.get_nowait()
            await season(people, staff)
            waiting.put_nowait(staff)

    async with asyncio.TaskGroup() as group:
        for _ in range(ABREAST):
            group.create_task(seasons())
