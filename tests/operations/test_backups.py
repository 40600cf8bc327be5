"""Backing up and bringing back, as an operator does it; what was erased stays erased, and what lives comes back."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest

from api.keeping.backups import BackupError, _program, _refuse_others, _run
from api.postgres.embedded import EmbeddedPostgres
from api.run.settings import read_settings
from api.run.wiring import Wiring, wire
from domain.commands.persons import RegisterPerson
from domain.values import SYSTEM, Channel
from history.requests import Request
from tests.conftest import drop_database, make_database
from tests.operations.command_line.operator import Operator


@pytest.fixture
def keeper(database_url: str, tmp_path: Path) -> Operator:
    """An operator with an installation that has a place for its key backup."""
    operator = Operator(database_url, tmp_path / "data")
    operator.settings["OVERWINTER_KEY_BACKUP"] = str(tmp_path / "safe" / "keys")
    operator.said("migrate")
    (tmp_path / "dumps").mkdir()
    return operator


@pytest.fixture
def empty_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    """The address of an empty database."""
    name = f"test_{uuid4().hex}"
    make_database(postgres, name)
    yield postgres.url_of(name)
    drop_database(postgres, name)


def register(operator: Operator, count: int) -> list[str]:
    """Some invented people."""

    async def run() -> list[str]:
        settings = read_settings(operator.settings)
        async with wire(settings, operator.settings["DATABASE_URL"], connections=2) as wiring:
            return [await _register(wiring) for _ in range(count)]

    return asyncio.run(run())


async def _register(wiring: Wiring) -> str:
    command = RegisterPerson(name="Somebody of the Test", email=None, language="en")
    return (await wiring.runner.run(Request(command=command, actor=SYSTEM, channel=Channel.CLI))).stream


def living(operator: Operator) -> set[str]:
    """Whose sealed data can be opened after a start."""

    async def run() -> set[str]:
        settings = read_settings(operator.settings)
        async with wire(settings, operator.settings["DATABASE_URL"], connections=2) as wiring:
            with psycopg.connect(operator.settings["DATABASE_URL"]) as connection:
                rows = connection.execute("SELECT DISTINCT stream FROM history.facts").fetchall()
            return {*await wiring.reader.keys([row[0] for row in rows])}

    return asyncio.run(run())


def elsewhere(operator: Operator, url: str, folder: Path) -> Operator:
    """The same operator on a new machine: nothing is there but the two backups."""
    other = Operator(url, folder / "data")
    other.settings["OVERWINTER_KEY_BACKUP"] = operator.settings["OVERWINTER_KEY_BACKUP"]
    return other


def erasures(url: str) -> dict[str, str]:
    """Who was erased, by the history, and why."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT stream, convert_from(document, 'UTF8')::jsonb #>> '{fact,reason}' FROM history.facts "
            "WHERE topic = 'person.erased.v1'"
        ).fetchall()
    return dict(rows)


def erase(operator: Operator, person: str) -> None:
    operator.said("erase", person, "--reason", "safety", "--yes")


@pytest.mark.parametrize("fences", ["kept", "lost"])
def test_a_restore_across_two_rotations(
    keeper: Operator, empty_url: str, tmp_path: Path, fences: str
) -> None:
    """The dump is older than both erasures; the key backup knows of them, with its list of fences or without it."""
    first, second, stays = register(keeper, 3)
    dump = str(tmp_path / "dumps" / "one.dump")
    keeper.said("backup", dump)
    erase(keeper, first)
    (late,) = register(keeper, 1)
    erase(keeper, second)
    assert living(keeper) == {stays, late}

    other = elsewhere(keeper, empty_url, tmp_path / "new")
    if fences == "lost":
        backup = Path(keeper.settings["OVERWINTER_KEY_BACKUP"]) / "overwinter-keys"
        heading, keys = backup.read_text().splitlines()
        backup.write_text(f"{heading}\n{json.dumps(json.loads(keys) | {'fences': ''})}\n")

    said = json.loads(other.said("restore", dump, "--json"))

    assert said == {"facts": 6, "recorded_now": 2, "epoch": 4}
    assert living(other) == {stays}
    reason = "safety" if fences == "kept" else "other"
    assert erasures(empty_url) == {first: reason, second: reason}
    (new,) = register(other, 1)
    assert living(other) == {stays, new}
    other.said("verify")


@pytest.mark.long
def test_no_way_in_from_before_a_restore_is_one_afterwards(
    keeper: Operator, empty_url: str, tmp_path: Path
) -> None:
    """Since the dump was made a token was revoked, a claim used and another withdrawn; all that would be forgotten. People
    come back by new claims."""
    revoked = Made.by(keeper, "--administrator")
    token = keeper.said("claims", "exchange", typed=revoked.text).strip()
    used, withdrawn = Made.by(keeper, "--administrator"), Made.by(keeper, "--administrator")
    unused = Made.by(keeper, "--administrator")
    dump = str(tmp_path / "dumps" / "one.dump")
    keeper.said("backup", dump)
    (shown,) = json.loads(keeper.said("tokens", "list", "--json"))
    keeper.said("tokens", "revoke", shown["id"])
    keeper.said("claims", "exchange", typed=used.text)
    keeper.said("claims", "withdraw", withdrawn.person, withdrawn.id)

    other = elsewhere(keeper, empty_url, tmp_path / "new")
    said = other.said("restore", dump)

    assert "All tokens and sessions have ended" in said
    assert "overwinter claims create PERSON" in said
    assert not lets_in(other, token)
    for claim in (used, withdrawn, unused):
        assert other.refused("claims", "exchange", typed=claim.text).startswith(
            "This one-time key is not known here."
        )
    other.said("verify", "--keys")
    for person in (revoked.person, used.person, unused.person):
        again = Made.by(other, person)
        assert lets_in(other, other.said("claims", "exchange", typed=again.text).strip())


@dataclass(frozen=True)
class Made:
    """A claim as the command line tells it."""

    person: str
    id: str
    text: str

    @classmethod
    def by(cls, operator: Operator, whose: str) -> Made:
        """A new one; `whose` is a person or ``--administrator``."""
        said = json.loads(operator.said("claims", "create", whose, "--json"))
        return cls(said["person"], said["id"], said["text"])


def lets_in(operator: Operator, token: str) -> bool:
    """Whether a token stands for anybody."""

    async def run() -> bool:
        settings = read_settings(operator.settings)
        async with wire(settings, operator.settings["DATABASE_URL"], connections=2) as wiring:
            return await wiring.tokens.person(token) is not None

    return asyncio.run(run())


def test_whoever_is_fenced_and_has_a_key_is_erased_again(
    keeper: Operator, empty_url: str, tmp_path: Path
) -> None:
    """As when the disk of the key backup was away during the erasure: its fence is on the machine itself."""
    first, stays = register(keeper, 2)
    dump = str(tmp_path / "dumps" / "one.dump")
    keeper.said("backup", dump)
    older = tmp_path / "older"
    shutil.copytree(keeper.settings["OVERWINTER_KEY_BACKUP"], older)
    erase(keeper, first)
    other = elsewhere(keeper, empty_url, tmp_path / "new")
    other.settings["OVERWINTER_KEY_BACKUP"] = str(older)
    keys = tmp_path / "new" / "data-keys"
    keys.mkdir(parents=True, mode=0o700)
    shutil.copy(tmp_path / "data-keys" / "fences", keys)

    said = json.loads(other.said("restore", dump, "--json"))

    assert said == {"facts": 4, "recorded_now": 1, "epoch": 2}
    assert living(other) == {stays}
    assert erasures(empty_url) == {first: "safety"}


def test_a_database_restored_by_other_means_gets_its_keys_back(
    keeper: Operator, postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    """As from a base backup: it has wraps under a wrapping key that is gone, also of somebody erased since."""
    first, stays = register(keeper, 2)
    name = f"test_{uuid4().hex}"
    copied_from = urlsplit(keeper.settings["DATABASE_URL"]).path.removeprefix("/")
    make_database(postgres, name, template=copied_from)
    try:
        keeper.said("backup", str(tmp_path / "dumps" / "one.dump"))
        erase(keeper, first)
        other = elsewhere(keeper, postgres.url_of(name), tmp_path / "new")
        shutil.copytree(tmp_path / "data-keys", tmp_path / "new" / "data-keys")
        assert "overwinter restore" in other.refused("doctor")
        other.said("restore")
        assert living(other) == {stays}
    finally:
        drop_database(postgres, name)


def test_a_dump_holds_no_key_and_both_files_are_for_their_owner(keeper: Operator, tmp_path: Path) -> None:
    register(keeper, 2)
    with psycopg.connect(keeper.settings["DATABASE_URL"]) as connection:
        wraps = [bytes(row[0]) for row in connection.execute("SELECT wrapped FROM vault.keys").fetchall()]
    dump, backup = tmp_path / "dumps" / "one.dump", tmp_path / "safe" / "keys" / "overwinter-keys"
    keeper.said("backup", str(dump))
    assert {file.stat().st_mode & 0o777 for file in (dump, backup)} == {0o600}
    text = subprocess.run(
        [_program("pg_restore"), "--file=-", str(dump)], capture_output=True, text=True, check=True
    ).stdout
    assert "COPY history.facts" in text
    assert not [wrap for wrap in wraps if wrap.hex() in text]


@pytest.mark.long
class TestRefused:
    """What is missing or would do harm is said in one sentence, and nothing is changed."""

    def test_without_a_place_for_the_keys(self, keeper: Operator, tmp_path: Path) -> None:
        for command in (("backup", str(tmp_path / "dumps" / "one.dump")), ("restore",)):
            assert "OVERWINTER_KEY_BACKUP" in keeper.refused(*command, OVERWINTER_KEY_BACKUP="")
        assert list((tmp_path / "dumps").iterdir()) == []

    def test_both_in_one_place(self, keeper: Operator, tmp_path: Path) -> None:
        sentence = keeper.refused("backup", str(tmp_path / "safe" / "one.dump"))
        assert "would be in the same place" in sentence
        assert not (tmp_path / "safe").exists()

    def test_a_file_that_is_there(self, keeper: Operator, tmp_path: Path) -> None:
        (tmp_path / "dumps" / "one.dump").write_text("precious")
        assert "already" in keeper.refused("backup", str(tmp_path / "dumps" / "one.dump"))
        assert (tmp_path / "dumps" / "one.dump").read_text() == "precious"

    def test_a_database_that_is_not_empty(self, keeper: Operator, tmp_path: Path) -> None:
        register(keeper, 1)
        keeper.said("backup", str(tmp_path / "dumps" / "one.dump"))
        assert "not empty" in keeper.refused("restore", str(tmp_path / "dumps" / "one.dump"))

    def test_while_others_are_connected(self, keeper: Operator, tmp_path: Path) -> None:
        register(keeper, 1)
        keeper.said("backup", str(tmp_path / "dumps" / "one.dump"))
        with psycopg.connect(keeper.settings["DATABASE_URL"]):
            assert "stop serve and project" in keeper.refused("restore")

    def test_a_file_that_is_no_dump(self, keeper: Operator, empty_url: str, tmp_path: Path) -> None:
        register(keeper, 1)
        keeper.said("backup", str(tmp_path / "dumps" / "one.dump"))
        (tmp_path / "dumps" / "other").write_text("no dump")
        other = elsewhere(keeper, empty_url, tmp_path / "new")
        whole = (tmp_path / "dumps" / "one.dump").read_bytes()
        (tmp_path / "dumps" / "empty").write_bytes(b"")
        (tmp_path / "dumps" / "part").write_bytes(whole[: len(whole) // 40])
        for name in ("other", "empty", "part"):
            assert "is not a complete dump written by overwinter backup" in other.refused(
                "restore", str(tmp_path / "dumps" / name)
            )
        assert "no file" in other.refused("restore", str(tmp_path / "dumps" / "none"))

    def test_a_dump_of_another_database(
        self, keeper: Operator, empty_url: str, postgres: EmbeddedPostgres, tmp_path: Path
    ) -> None:
        """It is not even loaded, so that the right one can be."""
        register(keeper, 1)
        keeper.said("backup", str(tmp_path / "dumps" / "one.dump"))
        name = f"test_{uuid4().hex}"
        make_database(postgres, name)
        dump = str(tmp_path / "dumps" / "other.dump")
        try:
            with psycopg.connect(postgres.url_of(name), autocommit=True) as connection:
                connection.execute("CREATE TABLE somebody_s (own text)")
            _run("pg_dump", postgres.url_of(name), "--format=custom", f"--file={dump}")
        finally:
            drop_database(postgres, name)
        other = elsewhere(keeper, empty_url, tmp_path / "new")
        assert "is a dump of another database" in other.refused("restore", dump)
        with psycopg.connect(empty_url) as connection:
            assert connection.execute("SELECT to_regclass('somebody_s')").fetchone() == (None,)
        other.said("restore", str(tmp_path / "dumps" / "one.dump"))

    def test_a_dump_of_another_version(self, keeper: Operator, empty_url: str, tmp_path: Path) -> None:
        """A newer program has to go on with it; once the schema fits, it goes on without the file."""
        register(keeper, 1)
        dump, url = str(tmp_path / "dumps" / "later.dump"), keeper.settings["DATABASE_URL"]
        keeper.said("backup", str(tmp_path / "dumps" / "one.dump"))
        with psycopg.connect(url) as connection:
            connection.execute("INSERT INTO migrations.applied VALUES ('history/9999_later', 'x')")
        _run("pg_dump", url, "--format=custom", "--exclude-table-data=vault.keys", f"--file={dump}")
        other = elsewhere(keeper, empty_url, tmp_path / "new")
        sentence = other.refused("restore", dump)
        assert "The database is newer than this program (it has history/9999_later)" in sentence
        assert "restore without the file" in sentence
        assert not (tmp_path / "new" / "data-keys").exists()
        with psycopg.connect(empty_url) as connection:
            connection.execute("DELETE FROM migrations.applied WHERE name = 'history/9999_later'")
        other.said("restore")

    def test_key_files_that_cannot_be_read(self, keeper: Operator, tmp_path: Path) -> None:
        """What only looks like a wrapping key is let be; a damaged key or list of fences is named."""
        register(keeper, 1)
        keeper.said("backup", str(tmp_path / "dumps" / "one.dump"))
        keys = tmp_path / "data-keys"
        (keys / "wrapping-old.key").write_text("kept by somebody")
        keeper.said("restore")
        for name in ("index.key", "wrapping-1.key"):
            right = (keys / name).read_bytes()
            (keys / name).write_bytes(b"\xff\xfe")
            assert f"{name} cannot be read; move it away" in keeper.refused("restore")
            (keys / name).unlink()
            keeper.said("restore")
            assert (keys / name).read_bytes().strip() == right.strip()
        (keys / "fences").write_bytes(b"\xff\xfe")
        for command in ("restore", "rotate-keys"):
            assert f"{keys / 'fences'}, cannot be read; move it away" in keeper.refused(command)
        (keys / "fences").unlink()
        keeper.said("restore")
        assert (keys / "wrapping-old.key").read_text() == "kept by somebody"

    def test_a_key_backup_that_is_not_whole(self, keeper: Operator, tmp_path: Path) -> None:
        register(keeper, 1)
        keeper.said("backup", str(tmp_path / "dumps" / "one.dump"))
        backup = tmp_path / "safe" / "keys" / "overwinter-keys"
        heading, keys = backup.read_text().splitlines()
        short = json.dumps(json.loads(keys) | {"wrapping_key": "AAAA"})
        for damaged in (b"", b"\xff\xfe", heading.encode(), f"{heading}\n{short}\n".encode()):
            backup.write_bytes(damaged)
            assert "is damaged" in keeper.refused("restore")
        backup.unlink()
        assert "There is no key backup in" in keeper.refused("restore")

    def test_a_backup_whose_keys_cannot_be_written(self, keeper: Operator, tmp_path: Path) -> None:
        """The dump goes, too, and its name is free for the next try."""
        register(keeper, 1)
        keeper.settings["OVERWINTER_KEY_BACKUP"] = str(tmp_path / "in the way" / "keys")
        (tmp_path / "in the way").write_text("a file where a folder belongs")
        dump = tmp_path / "dumps" / "one.dump"
        done = keeper.run("backup", str(dump))
        # The program tries by itself first, and warns in its log.
        assert (done.returncode, "Traceback" in done.stderr) == (1, False)
        assert done.stderr.strip().splitlines()[-1].startswith("overwinter: The key backup in")
        assert not dump.exists()

    def test_a_connection_that_ends_soon_is_waited_for(self, keeper: Operator) -> None:
        """A connection that was closed a moment ago may still be in the server's list."""
        url = keeper.settings["DATABASE_URL"]
        with ThreadPoolExecutor(1) as pool:
            with psycopg.connect(url):
                waiting = pool.submit(_refuse_others, url)
            waiting.result()

    def test_a_key_backup_older_than_the_keys(self, keeper: Operator, tmp_path: Path) -> None:
        """It may still hold whom the newer one does not."""
        register(keeper, 1)
        keeper.said("backup", str(tmp_path / "dumps" / "one.dump"))
        shutil.copytree(tmp_path / "safe" / "keys", tmp_path / "older")
        keeper.said("rotate-keys")
        sentence = keeper.refused("restore", OVERWINTER_KEY_BACKUP=str(tmp_path / "older"))
        assert "belongs to epoch 2, but the key backup to the older epoch 1" in sentence

    def test_a_key_backup_older_than_the_dump(self, keeper: Operator, empty_url: str, tmp_path: Path) -> None:
        """Nobody is taken for erased because the wrong file was at hand."""
        (first,) = register(keeper, 1)
        keeper.said("backup", str(tmp_path / "dumps" / "one.dump"))
        shutil.copytree(tmp_path / "safe" / "keys", tmp_path / "older")
        (second,) = register(keeper, 1)
        keeper.said("backup", str(tmp_path / "dumps" / "two.dump"))
        other = elsewhere(keeper, empty_url, tmp_path / "new")
        older = str(tmp_path / "older")
        sentence = other.refused("restore", str(tmp_path / "dumps" / "two.dump"), OVERWINTER_KEY_BACKUP=older)
        assert "lacks one key that was made later" in sentence
        assert not (tmp_path / "new" / "data-keys").exists()
        other.said("restore")
        assert (living(other), erasures(empty_url)) == ({first, second}, {})

    def test_without_postgresqls_programs(
        self, keeper: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(BackupError, match="The program pg_dump is missing"):
            _program("pg_dump")
