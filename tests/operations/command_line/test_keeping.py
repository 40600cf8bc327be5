"""Keeping a database: migrated, rebuilt, verified, restored."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from api.health.health import LEADERLESS
from api.postgres.embedded import EmbeddedPostgres
from tests.operations.command_line.operator import Operator, wait_until


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
                "The database is newer than this program (it has history/9999_later); install the newer version."
            )


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
        assert "There is no read model letters; there are initiatives, calls," in done.stderr


class TestVerifying:
    """The history rechecked from the command line."""

    def test_a_whole_history_and_a_changed_one(self, migrated: Operator, postgres: EmbeddedPostgres) -> None:
        """Exit code, sentence and JSON; never what a fact says."""
        migrated.said("claims", "create", "--administrator")
        assert migrated.said("verify") == (
            "4 facts verified; all are as they were recorded.\n"
            "Sealed fields were not opened, and unique names were only counted; overwinter verify --keys checks both.\n"
        )
        assert json.loads(migrated.said("verify", "--json")) == {
            "facts": 4,
            "newest": 4,
            "found": 0,
            "wrong": [],
            "tables": {"found": 0, "wrong": []},
            "access": [],
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
        assert (
            done.stdout
            == "position 3: leaf: the stored leaf hash differs from the one computed from the document\n"
        )
        assert done.stderr.splitlines()[-1] == (
            "overwinter: The history is not as it was recorded: 1 fault in total, the first at position 3."
        )

    def test_every_sealed_field_with_the_keys(
        self, migrated: Operator, postgres: EmbeddedPostgres, tmp_path: Path
    ) -> None:
        """How many were opened, the position of one that was altered, and a sentence where there are no keys."""
        migrated.said("claims", "create", "--administrator")
        assert migrated.said("verify", "--keys") == (
            "4 facts verified; all are as they were recorded.\n"
            "2 sealed fields opened; each matches its commitment.\n"
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
            f"position {row[0]}: sealed: a sealed field does not open, or its content differs from its commitment\n"
        )
        assert altered.returncode == 1

    def test_unique_names_with_the_keys(self, migrated: Operator, postgres: EmbeddedPostgres) -> None:
        """An address that its holder never gave is found with the keys alone, as addresses are sealed."""
        made = json.loads(migrated.said("claims", "create", "--administrator", "--json"))
        database = str(conninfo_to_dict(migrated.settings["DATABASE_URL"])["dbname"])
        with psycopg.connect(postgres.url_of(database, "postgres"), autocommit=True) as connection:
            connection.execute("INSERT INTO history.unique_names VALUES (sha256('x'), %s)", (made["person"],))
        assert "unique names were only counted" in migrated.said("verify")
        added = migrated.run("verify", "--keys")
        assert (added.returncode, added.stdout) == (
            1,
            f"history.unique_names, {made['person']}: added: no fact implies this row\n",
        )


@pytest.mark.long
class TestARestoredBackup:
    """The read models of a newer history than the one that is there."""

    def test_is_a_fault_until_they_are_built_anew(self, migrated: Operator) -> None:
        migrated.said("claims", "create", "--administrator")
        migrated.said("rebuild")
        with psycopg.connect(migrated.settings["DATABASE_URL"], autocommit=True) as connection:
            connection.execute("UPDATE read.positions SET position = 7 WHERE projection = 'calls'")
        beyond = (
            "1 projection is ahead of the newest fact (position 4), calls at 7, for example because an older backup was "
            "restored; run: overwinter rebuild."
        )
        assert migrated.refused("doctor") == f"{beyond} {LEADERLESS}"
        with migrated.running("serve"):
            wait_until(lambda: migrated.readiness() == 503)
            migrated.said("rebuild", "calls")
            wait_until(lambda: migrated.readiness() == 200)
        assert migrated.refused("doctor") == LEADERLESS
