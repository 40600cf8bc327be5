"""The server, the projections, and the doctor who looks at both."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path

import psycopg

from api.health.health import LEADERLESS
from tests.operations.command_line.operator import Operator, counted, wait_until

NEVER_MAKING = (
    ("doctor",), ("verify",), ("tokens", "list"), ("rebuild",), ("find-person",),
    ("erase", "person-" + "0" * 32, "--reason", "safety", "--yes"), ("serve",),
    ("rotate-keys",), ("backup", "/nowhere/one.dump"), ("restore",),
)  # fmt: skip
"""What makes no database where there is none."""


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
