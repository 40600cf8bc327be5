"""The command line: what an operator runs, with real processes on a real PostgreSQL. Errors are one sentence each."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import pty
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from api.health.health import LEADERLESS
from api.postgres.connecting import why_not_connected
from api.postgres.embedded import EmbeddedPostgres
from api.run.settings import read_settings
from api.run.wiring import wire
from domain.commands.persons import RegisterPerson
from domain.values import SYSTEM, Channel
from history.keyfiles import KeyFolder
from history.runner import Request

OVERWINTER = (sys.executable, "-c", "from api.cli import main; main()")


class Operator:
    """Somebody at the command line of one installation."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self.settings = {
            "DATABASE_URL": database_url,
            "DATA_DIR": str(folder),
            "OVERWINTER_PORT": free_port(),
        }

    def run(self, *arguments: str, typed: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; `typed` is its standard input."""
        return subprocess.run(
            [*OVERWINTER, *arguments],
            env={**os.environ, **self.settings, **settings},
            input=typed,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def said(self, *arguments: str, typed: str = "") -> str:
        """What a command prints that succeeds."""
        done = self.run(*arguments, typed=typed)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def administrator(self) -> dict[str, str]:
        """A new administrator of the installation, who has exchanged their claim: their person and their token."""
        claim = self.said("claims", "create", "--administrator")
        way_in: dict[str, str] = json.loads(self.said("claims", "exchange", "--json", typed=claim))
        return way_in

    def refused(self, *arguments: str, typed: str = "", **settings: str) -> str:
        """The one sentence of a command that fails."""
        done = self.run(*arguments, typed=typed, **settings)
        assert done.returncode != 0
        assert "Traceback" not in done.stderr
        (line,) = done.stderr.strip().splitlines()
        assert line.startswith("overwinter: ")
        assert line.endswith(".")
        return line.removeprefix("overwinter: ")

    @contextlib.contextmanager
    def running(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """A command that runs until it is told to stop; it must then end well."""
        process = subprocess.Popen(
            [*OVERWINTER, *arguments], env={**os.environ, **self.settings}, stderr=subprocess.PIPE, text=True
        )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=30)
        assert process.returncode == 0, errors

    def readiness(self) -> int:
        """The status of /health/ready; 0 while nobody answers."""
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.settings['OVERWINTER_PORT']}/health/ready", timeout=5
            ) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0


def free_port() -> str:
    """A port of the loopback that nobody listens at now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@pytest.fixture
def operator(database_url: str, tmp_path: Path) -> Operator:
    """An operator with an empty database."""
    return Operator(database_url, tmp_path / "data")


@pytest.fixture
def migrated(operator: Operator) -> Operator:
    """An operator whose database is ready."""
    operator.said("migrate")
    return operator


COMMANDS = (
    (), ("migrate",), ("serve",), ("project",), ("rebuild",), ("demo",), ("claims",), ("claims", "create"),
    ("claims", "withdraw"), ("claims", "exchange"), ("tokens",), ("tokens", "list"), ("tokens", "revoke"), ("erase",), ("find-person",), ("doctor",), ("verify",),
    ("rotate-keys",), ("backup",), ("restore",),
)  # fmt: skip


NEVER_MAKING = (
    ("doctor",), ("verify",), ("tokens", "list"), ("rebuild",), ("find-person",),
    ("erase", "person-" + "0" * 32, "--reason", "safety", "--yes"), ("serve",),
    ("rotate-keys",), ("backup", "/nowhere/one.dump"), ("restore",),
)  # fmt: skip
"""What makes no database where there is none."""


class TestHelp:
    """Every command explains itself."""

    @pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
    def test_each_has_help(self, command: tuple[str, ...]) -> None:
        done = subprocess.run([*OVERWINTER, *command, "--help"], capture_output=True, text=True, check=True)
        assert "Usage:" in done.stdout
        assert len(done.stdout.splitlines()) > 4

    def test_none_is_missing_from_this_list(self) -> None:
        from api.cli import main
        from api.cli.claims import claims
        from api.cli.tokens import tokens

        assert {
            (),
            *((name,) for name in main.commands),
            *(("claims", name) for name in claims.commands),
            *(("tokens", name) for name in tokens.commands),
        } == set(COMMANDS)


class TestMigrate:
    """A database is brought up to date once, and never by an older program."""

    def test_it_says_what_it_applied_and_does_it_once(self, operator: Operator) -> None:
        first = json.loads(operator.said("migrate", "--json"))["applied"]
        assert first[0] == "history/0001_history"
        assert {name.partition("/")[0] for name in first} == {"history", "projections", "api"}
        assert json.loads(operator.said("migrate", "--json"))["applied"] == []

    def test_what_needs_a_database_asks_for_it(self, operator: Operator) -> None:
        for command in (("serve",), ("project",), ("rebuild",), ("tokens", "list")):
            assert operator.refused(*command) == (
                "The database is not ready for this program; run: overwinter migrate."
            )

    def test_a_newer_database_is_left_alone(self, migrated: Operator) -> None:
        with psycopg.connect(migrated.settings["DATABASE_URL"]) as connection:
            connection.execute("INSERT INTO migrations.applied VALUES ('history/9999_later', 'x')")
        for command in (("migrate",), ("serve",), ("project",), ("doctor",)):
            assert migrated.refused(*command) == (
                "The database is newer than this program (it has history/9999_later); install the newer program."
            )


class TestTokens:
    """Ways in are listed and ended, and a token's text is told once."""

    def test_they_are_listed_and_revoked(self, migrated: Operator) -> None:
        made = migrated.administrator()
        claim = migrated.said("claims", "create", made["person"])
        options = ("--label", "second", "--days", "3")
        second = migrated.said("claims", "exchange", *options, typed=claim).strip()
        listed = json.loads(migrated.said("tokens", "list", made["person"], "--json"))
        assert [each["label"] for each in listed] == ["second", "cli"]
        assert made["token"] not in str(listed)
        assert second not in str(listed)
        migrated.said("tokens", "revoke", listed[0]["id"])
        lines = migrated.said("tokens", "list").splitlines()
        assert ["revoked" in line for line in lines] == [True, False]

    def test_mistakes_are_told(self, migrated: Operator) -> None:
        assert migrated.refused("tokens", "revoke", "0" * 16) == (
            "There is no token with this id; overwinter tokens list shows the ids."
        )

    def test_a_person_without_any_is_no_person_who_is_not_there(self, migrated: Operator) -> None:
        """The first is told beside an empty list, the second refused."""
        nothing = migrated.run("tokens", "list")
        assert (nothing.returncode, nothing.stdout, nothing.stderr) == (0, "", "There are no tokens.\n")
        person = registered(migrated, None)
        none = migrated.run("tokens", "list", person, "--json")
        assert (none.returncode, none.stdout, none.stderr) == (0, "[]\n", f"{person} has no tokens.\n")
        for nobody in ("person-nope", "person-" + "0" * 32, "initiative-" + "0" * 32):
            assert migrated.refused("tokens", "list", nobody) == "There is no such person."


class TestErase:
    """A person is erased for good, after a question."""

    def test_the_key_goes_and_so_do_the_ways_in(self, migrated: Operator) -> None:
        made = migrated.administrator()
        other = migrated.administrator()
        asked = migrated.run("erase", made["person"], "--reason", "safety")
        assert asked.returncode != 0, "nobody said yes"
        assert asked.stdout.startswith(f"Nobody can undo this. Erase {made['person']}? [y/N]: ")
        assert "What remains" in migrated.said("erase", made["person"], "--reason", "safety", "--yes")
        assert [each["person"] for each in json.loads(migrated.said("tokens", "list", "--json"))] == [
            other["person"]
        ]

    def test_whoever_is_not_there_is_not_asked_about(self, migrated: Operator) -> None:
        for nobody in ("person-nope", "person-" + "0" * 32):
            assert migrated.refused("erase", nobody, "--reason", "safety") == "There is no such person."


class TestFindPerson:
    """Whoever asks to be erased is found by their address, which no argument and no history of a shell holds."""

    def test_by_the_address_in_any_spelling(self, migrated: Operator) -> None:
        registered(migrated, "other@example.org")
        person = registered(migrated, "Kedrov@Example.org")
        for asked in ("kedrov@example.org\n", " Kedrov@Example.org", "KEDROV@EXAMPLE.ORG\r\n"):
            assert migrated.run("find-person", typed=asked).stdout == f"{person}\n"
        found = migrated.run("find-person", "--json", typed="kedrov@example.org")
        assert json.loads(found.stdout) == {"person": person}
        assert migrated.run("find-person", "kedrov@example.org").returncode == 2, "never as an argument"

    def test_whom_it_does_not_find(self, migrated: Operator) -> None:
        """Nobody, and nobody any more: with the person goes the claim to their address."""
        person = registered(migrated, "kedrov@example.org")
        migrated.said("erase", person, "--reason", "asked_by_person", "--yes")
        for asked, sentence in (
            ("kedrov@example.org", "Nobody is registered under this address."),
            ("nobody@example.org", "Nobody is registered under this address."),
            (
                "kedrov",
                "This does not look like an e-mail address; write a single one, such as anna@example.org.",
            ),
            ("", "No address was given."),
        ):
            done = migrated.run("find-person", typed=asked)
            assert (done.returncode, done.stdout, done.stderr) == (1, "", f"overwinter: {sentence}\n")

    def test_it_asks_at_a_terminal(self, migrated: Operator) -> None:
        """What is asked goes to standard error, so that the answer can be taken on."""
        person = registered(migrated, "kedrov@example.org")
        ours, theirs = pty.openpty()
        os.write(ours, b"kedrov@example.org\n")
        done = subprocess.run(
            [*OVERWINTER, "find-person"], env={**os.environ, **migrated.settings}, stdin=theirs, capture_output=True,
            text=True, timeout=60, check=True,
        )  # fmt: skip
        os.close(ours)
        os.close(theirs)
        assert (done.stdout, done.stderr) == (f"{person}\n", "Address: ")


class TestRebuild:
    """Read models are built anew, those named or all."""

    def test_by_name_and_whole(self, migrated: Operator) -> None:
        migrated.said("claims", "create", "--administrator")
        some = json.loads(migrated.said("rebuild", "calls", "grants", "--json"))
        assert (some["rebuilt"], some["position"]) == (["calls", "grants"], 4)
        assert migrated.said("rebuild").startswith("Rebuilt from 4 facts: ")

    def test_an_unknown_one_is_told_with_those_there_are(self, migrated: Operator) -> None:
        done = migrated.run("rebuild", "letters")
        assert done.returncode == 2
        assert "There is no projection letters; there are: initiatives, calls," in done.stderr


class TestServing:
    """Server and projections are processes of their own, and end well when told to."""

    def test_readiness_tells_whether_somebody_projects(self, migrated: Operator) -> None:
        with migrated.running("serve"):
            wait_until(lambda: migrated.readiness() == 503)
            assert migrated.refused("doctor") == "No process has projected yet; run: overwinter project."
            with migrated.running("project"):
                wait_until(lambda: migrated.readiness() == 200)
                found = json.loads(migrated.said("doctor", "--json"))
                assert found["well"] is True
                assert {each["behind"] for each in found["projections"]} == {0}
                assert found["free_bytes"] > 0
                assert found["projecting"] is True
            assert migrated.readiness() == 200, "another may take over"
            assert migrated.refused("doctor") == LEADERLESS

    def test_each_starts_on_a_database_that_only_reads(self, migrated: Operator) -> None:
        """A standby is asked, not written; its due dates and read models wait until it is promoted."""
        migrated.administrator()
        migrated.said("rebuild")
        url = migrated.settings["DATABASE_URL"]
        with psycopg.connect(url, autocommit=True) as connection:
            name = connection.info.dbname
            connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on".encode())
        with migrated.running("serve"), migrated.running("project") as project:
            wait_until(lambda: migrated.readiness() == 200)
            assert json.loads(migrated.said("doctor", "--json"))["well"] is True
            assert json.loads(migrated.said("tokens", "list", "--json"))
            time.sleep(3)
            assert project.poll() is None

    def test_a_port_in_use_is_told(self, migrated: Operator) -> None:
        with socket.create_server(("127.0.0.1", int(migrated.settings["OVERWINTER_PORT"]))):
            assert "is in use by another program" in migrated.refused("serve")

    def test_a_demonstration_is_never_served_as_real_nor_the_reverse(self, migrated: Operator) -> None:
        migrated.said("claims", "create", "--administrator")
        assert migrated.refused("serve", OVERWINTER_DEMO="1").startswith(
            "This database holds a real installation, which is never used as a demonstration"
        )


class TestDoctor:
    """A doctor looks, and changes nothing: no key, no fact, no row."""

    def test_on_an_installation_that_was_never_used(self, migrated: Operator, tmp_path: Path) -> None:
        assert migrated.refused("doctor") == "No process has projected yet; run: overwinter project."
        assert not (tmp_path / "data").exists()
        assert counted(migrated, "vault.keys") == 0

    def test_where_there_is_no_installation_at_all(self, tmp_path: Path) -> None:
        nowhere = Operator("", tmp_path / "data")
        for command in NEVER_MAKING:
            assert nowhere.refused(*command) == (
                f"There is no database in {tmp_path}/data/postgres, and no DATABASE_URL is set: set DATABASE_URL or "
                "DATA_DIR to where it is, or make one there with overwinter migrate."
            )
        assert not (tmp_path / "data").exists()

    def test_where_the_making_of_one_was_cut_off(self, tmp_path: Path) -> None:
        """The folder is there, and no database in it; it stays so."""
        (tmp_path / "data" / "postgres").mkdir(parents=True, mode=0o700)
        assert (
            Operator("", tmp_path / "data").refused("tokens", "list").startswith("There is no database in ")
        )
        assert not (tmp_path / "data" / "postgres" / "data").exists()

    def test_it_is_written_for_people_too(self, migrated: Operator) -> None:
        """Each projection on a line, the longest name apart from what follows it."""
        with migrated.running("project"):
            wait_until(lambda: migrated.run("doctor").returncode == 0)
            lines = migrated.said("doctor").splitlines()
        assert "read models             kept up to date" in lines
        assert "projection  applications  at 1, 0 behind, 0.0 s" in lines

    def test_what_waits_to_be_deleted_waits_for_another(self, migrated: Operator, tmp_path: Path) -> None:
        """As after an old backup was restored: an erased person has a key again, and tokens."""
        made = migrated.administrator()
        with psycopg.connect(migrated.settings["DATABASE_URL"]) as connection:
            connection.execute(
                "INSERT INTO accounts.tokens (digest, person, label, made_by, expires_at) "
                "VALUES (sha256('old'), 'person-erased', 'old', 'system', now())"
            )
        (tmp_path / "data-keys" / "fences").write_text(made["person"] + "\n")
        before = {
            table: counted(migrated, table) for table in ("history.facts", "vault.keys", "accounts.tokens")
        }
        migrated.refused("doctor")
        assert before == {table: counted(migrated, table) for table in before}
        assert before == {"history.facts": 5, "vault.keys": 1, "accounts.tokens": 2}

    def test_a_slip_in_a_setting_s_name_is_told(self, migrated: Operator) -> None:
        with migrated.running("project"):
            wait_until(lambda: migrated.run("doctor").returncode == 0)
            assert migrated.refused("doctor", OVERWINTER_PROT="8001") == (
                "OVERWINTER_PROT is no setting of this program; look for a slip in its name."
            )

    def test_a_disabled_trigger_is_told(self, migrated: Operator) -> None:
        """The owner can do that, and then change what has happened."""
        assert "trigger" not in migrated.refused("doctor")
        with psycopg.connect(migrated.settings["DATABASE_URL"]) as connection:
            connection.execute("ALTER TABLE history.facts DISABLE TRIGGER facts_are_final")
        assert "The trigger facts_are_final on history.facts is disabled" in migrated.refused("doctor")

    def test_what_does_not_fit_is_told(self, migrated: Operator, tmp_path: Path) -> None:
        migrated.said("claims", "create", "--administrator")
        assert "key" in migrated.refused("doctor", OVERWINTER_KEYS=str(tmp_path / "elsewhere"))
        assert not (tmp_path / "elsewhere").exists()
        assert migrated.refused("doctor", OVERWINTER_DEMO="1").startswith(
            "This database holds a real installation, which is never used as a demonstration"
        )


def registered(operator: Operator, email: str | None) -> str:
    """The id of a new person."""
    settings = read_settings(operator.settings)
    command = RegisterPerson(name="Somebody of the Test", email=email, language="en")

    async def register() -> str:
        async with wire(settings, operator.settings["DATABASE_URL"], connections=2) as wiring:
            answer = await wiring.runner.run(Request(command=command, actor=SYSTEM, channel=Channel.CLI))
            return answer.stream

    return asyncio.run(register())


def counted(operator: Operator, table: str) -> int:
    """How many rows a table has."""
    with psycopg.connect(operator.settings["DATABASE_URL"]) as connection:
        row = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
    assert row is not None
    return int(row[0])


class TestWithoutWhatIsNeeded:
    """Wrong settings and missing things are told in one sentence, by every command that meets them."""

    def test_a_database_that_does_not_answer(self, operator: Operator) -> None:
        away = f"postgresql://nobody@127.0.0.1:{free_port()}/nothing"
        for command in (("migrate",), ("doctor",), ("serve",)):
            assert operator.refused(*command, DATABASE_URL=away) == (
                "The database does not answer; look at DATABASE_URL, and at the database's own log."
            )

    def test_a_server_that_turns_one_away(self, operator: Operator) -> None:
        """Whom it does not know is told apart from what it does not have; no name and no password is quoted."""
        url = operator.settings["DATABASE_URL"]
        stranger = url.replace("://overwinter@", "://stranger:hushhush@")
        for command in (("migrate",), ("doctor",), ("tokens", "list")):
            assert operator.refused(*command, DATABASE_URL=stranger) == (
                "The database server does not let this role in; look at the user and the password in DATABASE_URL, and "
                "at the server's pg_hba.conf."
            )
            assert operator.refused(*command, DATABASE_URL=url.replace("/test_", "/nothing_")) == (
                "The database server answers, and has no database of the name in DATABASE_URL; make it, or correct the "
                "name."
            )

    @pytest.mark.parametrize(
        "words",
        [
            'FATAL:  password authentication failed for user "overwinter"',
            'FATAL:  Peer authentication failed for user "overwinter"',
            'FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "overwinter", database "overwinter", no encryption',
            "fe_sendauth: no password supplied",
        ],
    )
    def test_what_a_server_with_passwords_says(self, words: str) -> None:
        """The tests' own server trusts everybody it knows."""
        error = psycopg.OperationalError(
            f"connection failed: connection to server at 10.0.0.9 failed: {words}"
        )
        assert "does not let this role in" in why_not_connected(error)

    def test_a_setting_that_cannot_be_used(self, operator: Operator) -> None:
        assert "DATABASE_URL" in operator.refused("migrate", DATABASE_URL="mysql://x")
        assert "OVERWINTER_PORT" in operator.refused("serve", OVERWINTER_PORT="many")

    def test_a_folder_that_cannot_be_written(self, operator: Operator, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("no folder")
        sentence = operator.refused("migrate", DATABASE_URL="", DATA_DIR=str(tmp_path / "file" / "data"))
        assert str(tmp_path / "file") in sentence

    def test_keys_that_could_not_be_made(self, operator: Operator, tmp_path: Path) -> None:
        """The first command says so already, with the database migrated; it makes no keys itself."""
        (tmp_path / "file").write_text("no folder")
        assert operator.refused("migrate", OVERWINTER_KEYS=str(tmp_path / "file" / "keys")) == (
            f"The key folder {tmp_path}/file/keys cannot be made or written by this user; let the service's user own it, "
            "or choose another with OVERWINTER_KEYS."
        )
        assert json.loads(operator.said("migrate", "--json"))["applied"] == []
        assert not (tmp_path / "data").exists()

    def test_keys_of_another_installation(self, migrated: Operator, tmp_path: Path) -> None:
        migrated.said("claims", "create", "--administrator")
        for command in (("migrate",), ("tokens", "list")):
            sentence = migrated.refused(*command, OVERWINTER_KEYS=str(tmp_path / "elsewhere"))
            assert "key" in sentence

    def test_good_keys_of_another_installation(self, migrated: Operator, tmp_path: Path) -> None:
        """What they would seal beside what is there, no folder could open all of."""
        migrated.said("claims", "create", "--administrator")
        others = tmp_path / "others"
        KeyFolder(others, create=True)
        for command in (("migrate",), ("tokens", "list"), ("doctor",), ("serve",)):
            assert migrated.refused(*command, OVERWINTER_KEYS=str(others)) == (
                f"The wrapping key in {others} is not the one this database was sealed with; "
                "restore the right key folder."
            )


def wait_until(holds: object, seconds: float = 30) -> None:
    """Wait until something holds."""
    assert callable(holds)
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "this never came about"
        time.sleep(0.1)


class TestVerifying:
    """The history rechecked from the command line."""

    def test_a_whole_history_and_a_changed_one(self, migrated: Operator, postgres: EmbeddedPostgres) -> None:
        """Exit code, sentence and JSON; never what a fact says."""
        migrated.said("claims", "create", "--administrator")
        assert migrated.said("verify") == (
            "4 facts rechecked; all is as it was recorded.\n"
            "Sealed fields were not opened, and unique names were only counted; overwinter verify --keys checks both.\n"
        )
        assert json.loads(migrated.said("verify", "--json")) == {
            "facts": 4,
            "newest": 4,
            "found": 0,
            "wrong": [],
            "tables": {"found": 0, "wrong": []},
            "ways_in": [],
        }
        database = str(conninfo_to_dict(migrated.settings["DATABASE_URL"])["dbname"])
        with psycopg.connect(postgres.url_of(database, "postgres"), autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute(
                "UPDATE history.facts SET leaf = set_bit(leaf, 0, 1 - get_bit(leaf, 0)) WHERE position = 3"
            )
        done = migrated.run("verify", "--json")
        assert (done.returncode, json.loads(done.stdout)["wrong"]) == (1, [{"position": 3, "check": "leaf"}])
        done = migrated.run("verify")
        assert done.stdout == "position 3: leaf: the stored leaf is not the one that the document has\n"
        assert done.stderr.splitlines()[-1] == (
            "overwinter: The history is not as it was recorded: 1 fault in all, the first at position 3."
        )

    def test_every_sealed_field_with_the_keys(
        self, migrated: Operator, postgres: EmbeddedPostgres, tmp_path: Path
    ) -> None:
        """How many were opened, the position of one that was altered, and a sentence where there are no keys."""
        migrated.said("claims", "create", "--administrator")
        assert migrated.said("verify", "--keys") == (
            "4 facts rechecked; all is as it was recorded.\n"
            "2 sealed fields opened; each is as it was committed to.\n"
        )
        assert json.loads(migrated.said("verify", "--keys", "--json"))["opened"] == 2
        nowhere = migrated.refused("verify", "--keys", OVERWINTER_KEYS=str(tmp_path / "nowhere"))
        assert nowhere.startswith(f"The key folder {tmp_path / 'nowhere'} cannot be used")

        database = str(conninfo_to_dict(migrated.settings["DATABASE_URL"])["dbname"])
        with psycopg.connect(postgres.url_of(database, "postgres"), autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            row = connection.execute(
                "UPDATE history.facts SET document = convert_to(regexp_replace(convert_from(document, 'UTF8'), "
                """'"box":"....', '"box":"AAAA'), 'UTF8') WHERE topic = 'person.registered.v1' RETURNING position"""
            ).fetchone()
        assert row is not None
        assert migrated.run("verify").returncode == 0
        altered = migrated.run("verify", "--keys")
        assert altered.stdout == (
            f"position {row[0]}: sealed: a sealed field does not open, or is not what was committed to\n"
        )
        assert altered.returncode == 1

    def test_unique_names_with_the_keys(self, migrated: Operator, postgres: EmbeddedPostgres) -> None:
        """An address that its holder never gave is found with the keys alone, as addresses are sealed."""
        made = json.loads(migrated.said("claims", "create", "--administrator", "--json"))
        database = str(conninfo_to_dict(migrated.settings["DATABASE_URL"])["dbname"])
        with psycopg.connect(postgres.url_of(database, "postgres"), autocommit=True) as connection:
            connection.execute("INSERT INTO history.claims VALUES (sha256('x'), %s)", (made["person"],))
        assert "unique names were only counted" in migrated.said("verify")
        added = migrated.run("verify", "--keys")
        assert (added.returncode, added.stdout) == (
            1,
            f"history.claims, {made['person']}: added: the row is there, and no fact makes it\n",
        )


class TestARestoredBackup:
    """The read models of a newer history than the one that is there."""

    def test_is_a_fault_until_they_are_built_anew(self, migrated: Operator) -> None:
        migrated.said("claims", "create", "--administrator")
        migrated.said("rebuild")
        with psycopg.connect(migrated.settings["DATABASE_URL"], autocommit=True) as connection:
            connection.execute("UPDATE read.positions SET position = 7 WHERE projection = 'calls'")
        beyond = (
            "1 projection is beyond the newest fact at position 4, calls at 7, as after an older backup was restored; "
            "run: overwinter rebuild."
        )
        assert migrated.refused("doctor") == f"{beyond} {LEADERLESS}"
        with migrated.running("serve"):
            wait_until(lambda: migrated.readiness() == 503)
            migrated.said("rebuild", "calls")
            wait_until(lambda: migrated.readiness() == 200)
        assert migrated.refused("doctor") == LEADERLESS
