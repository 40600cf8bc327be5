"""After an erasure no copy of anything opens what was sealed for the erased, and everything of the living opens.

What is searched are the bytes themselves: every wrapped key that lies anywhere, in the database's files, its write-ahead
log, dumps, base backups, key folders and the key backup, is tried with every wrapping key that lies anywhere there.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from api.keeping.backups import _program
from api.postgres.embedded import EmbeddedPostgres
from api.run.settings import read_settings
from api.run.wiring import Wiring, wire
from history.format.notation import FormatError
from history.format.wrapped import WRAPPED_BYTES, unwrap_key
from tests.operations.command_line.operator import Operator
from tests.operations.test_backups import _register

EPOCHS = (1, 2)
_HEX = re.compile(rb"0{15}[12][0-9a-f]{120}")
_BASE64 = re.compile(rb"[A-Za-z0-9+/]{91}=")


def contents(places: Iterable[Path]) -> Iterator[bytes]:
    """The bytes of every file of some places; a dump also as its SQL, since it is compressed."""
    for place in places:
        for file in [place] if place.is_file() else sorted(place.rglob("*")):
            if file.suffix == ".dump":
                done = subprocess.run(
                    [_program("pg_restore"), "--file=-", str(file)], capture_output=True, check=True
                )
                yield done.stdout
            if file.is_file():
                yield file.read_bytes()


def wraps_in(content: bytes) -> set[bytes]:
    """What could be a wrapped key, by its size and by how it begins."""
    found = {bytes.fromhex(found[0].decode()) for found in _HEX.finditer(content)}
    found |= {b64decode(found[0]) for found in _BASE64.finditer(content)}
    for epoch in EPOCHS:
        beginning = epoch.to_bytes(8, "big")
        at = content.find(beginning)
        while at >= 0:
            wrap = content[at : at + WRAPPED_BYTES]
            if wrap.count(0) < 20:  # most of it is random; much else in a database's files is small numbers
                found.add(wrap)
            at = content.find(beginning, at + 1)
    return found


def holds(content: bytes, secret: bytes) -> bool:
    """Whether a secret lies there, as it is or written in hex or base64."""
    return any(form in content for form in (secret, secret.hex().encode(), b64encode(secret)))


@dataclass(frozen=True)
class Secrets:
    """What a searcher may find: the wrapping keys by epoch, and the sealing keys by person."""

    history: str
    wrapping: dict[int, bytes]
    sealing: dict[str, bytes]

    seen: dict[Path, tuple[set[str], set[int], set[bytes]]] = field(default_factory=dict)
    """What was found in a place that was searched already: whose sealing keys, which wrapping keys, and wraps."""

    def search(self, place: Path) -> tuple[set[str], set[int], set[bytes]]:
        """Search one place."""
        if place not in self.seen:
            people, epochs, wraps = self.seen[place] = (set(), set(), set())
            for content in contents([place]):
                people |= {person for person, key in self.sealing.items() if holds(content, key)}
                epochs |= {epoch for epoch, key in self.wrapping.items() if holds(content, key)}
                wraps |= wraps_in(content)
        return self.seen[place]

    def opened(self, *places: Path) -> set[str]:
        """Whose sealing key somebody gets who has these places."""
        people, epochs, wraps = (set().union(*each) for each in zip(*map(self.search, places), strict=True))
        found = set(people)
        at_hand = {epoch: self.wrapping[epoch] for epoch in epochs}
        for wrapped in wraps:
            epoch = int.from_bytes(wrapped[:8], "big")
            if epoch in at_hand:
                found |= {
                    person for person in self.sealing if self._opens(at_hand[epoch], person, epoch, wrapped)
                }
        return found

    def _opens(self, wrapping_key: bytes, person: str, epoch: int, wrapped: bytes) -> bool:
        try:
            return unwrap_key(wrapping_key, self.history, person, epoch, wrapped) == self.sealing[person]
        except FormatError:
            return False


@dataclass(frozen=True)
class Machine:
    """An installation on the embedded server, with all that lies around it."""

    operator: Operator
    server: EmbeddedPostgres
    folder: Path

    @property
    def data(self) -> Path:
        """The database's files, its write-ahead log among them."""
        return self.folder / "data"

    @property
    def keys(self) -> Path:
        return self.folder / "data-keys"

    @property
    def key_backup(self) -> Path:
        return self.folder / "safe" / "keys"

    def copied(self, name: str) -> tuple[Path, Path, Path]:
        """A dump, a base backup and a copy of the key folder, as they are now."""
        place = self.folder / name
        place.mkdir()
        self.operator.said("backup", str(place / "one.dump"))
        command = [_program("pg_basebackup"), "--checkpoint=fast", f"--pgdata={place / 'base'}"]
        subprocess.run(
            [*command, f"--dbname={self.server.url_of('postgres', 'postgres')}"],
            check=True,
            capture_output=True,
        )
        shutil.copytree(self.keys, place / "keys")
        return place / "one.dump", place / "base", place / "keys"


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    operator = Operator("", tmp_path / "data")
    operator.settings["OVERWINTER_KEY_BACKUP"] = str(tmp_path / "safe" / "keys")
    operator.said("migrate")
    with EmbeddedPostgres(tmp_path / "data" / "postgres", make=False) as server:
        yield Machine(operator, server, tmp_path)


async def _people(machine: Machine, people: list[str]) -> tuple[list[str], str, dict[str, bytes]]:
    settings = read_settings(machine.operator.settings)
    async with wire(settings, machine.server.program_url, connections=2) as wired:
        return await _look(wired, people)


async def _look(wired: Wiring, people: list[str]) -> tuple[list[str], str, dict[str, bytes]]:
    people = people or [await _register(wired) for _ in range(3)]
    return people, wired.history.id, await wired.reader.keys(people)


def wrapping_key(machine: Machine, epoch: int) -> bytes:
    return bytes.fromhex((machine.keys / f"wrapping-{epoch}.key").read_text())


@pytest.mark.timeout(600)
def test_nothing_of_the_erased_opens_and_everything_of_the_living_does(machine: Machine) -> None:
    """With old copies of the database and the keys of today, and with the old key folder and all of today."""
    (erased, *stay), history, sealing = asyncio.run(_people(machine, []))
    with psycopg.connect(machine.server.url, autocommit=True) as connection:
        connection.execute("CHECKPOINT")  # so that pages with keys go to the log as a whole
    first = wrapping_key(machine, 1)
    old_dump, old_base, old_keys = machine.copied("yesterday")

    machine.operator.said("erase", erased, "--reason", "safety", "--yes")

    # At once, since a base backup lets go of old log, too.
    data = machine.folder / "then"
    shutil.copytree(machine.data, data, ignore=shutil.ignore_patterns("socket"))
    new_dump, new_base, new_keys = machine.copied("today")
    secrets = Secrets(history, {1: first, 2: wrapping_key(machine, 2)}, sealing)
    today = (data, new_dump, new_base, new_keys, machine.keys, machine.key_backup)
    assert secrets.opened(*today, old_dump, old_base) == {*stay}
    assert secrets.opened(*today, old_dump, old_keys) == {*stay}
    # Each half alone opens nothing, and the program itself still opens the living.
    assert secrets.opened(data, new_dump, new_base, old_dump, old_base) == set()
    assert asyncio.run(_people(machine, [erased, *stay]))[2] == {person: sealing[person] for person in stay}

    # The search finds what is there to be found: who copied both before the erasure has the key, and that is out of reach.
    assert secrets.opened(old_base, old_keys) == {erased, *stay}
    planted = machine.folder / "planted"
    planted.write_bytes(b"some text " + b64encode(sealing[erased]))
    assert secrets.opened(planted) == {erased}
