"""What is not there or does not fit: the database, the keys, a setting."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest

from api.postgres.connecting import why_not_connected
from history.keyfiles import KeyFolder
from tests.operations.command_line.operator import Operator, free_port


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
