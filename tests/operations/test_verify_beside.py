"""`overwinter verify` on what lies beside the facts: what a stolen password of the program's role adds there, it names."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from click.testing import CliRunner, Result
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from api.cli import main
from api.embedded import EmbeddedPostgres
from api.roles import let_in
from api.wiring import all_migrations
from history.migrate import migrate


class Installation:
    """An installation with one administrator, its operator, and whoever has the password of the program's role."""

    def __init__(self, url: str, stolen: str, folder: Path) -> None:
        self._environment = {"DATABASE_URL": url, "DATA_DIR": str(folder)}
        self._stolen = stolen

    def run(self, *arguments: str) -> Result:
        """Run a command as the operator."""
        return CliRunner().invoke(main, arguments, env=self._environment)

    def steal(self, statement: str, *values: object) -> None:
        """Change something with the stolen password."""
        with psycopg.connect(self._stolen, autocommit=True) as connection:
            connection.execute(statement.encode(), values)


@pytest.fixture
def installation(postgres: EmbeddedPostgres, database_url: str, tmp_path: Path) -> Installation:
    role = f"application_{uuid4().hex}"
    database = str(conninfo_to_dict(database_url)["dbname"])
    with psycopg.connect(postgres.url_of(database, "postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
    migrate(database_url, all_migrations())
    let_in(database_url, role)
    installation = Installation(database_url, postgres.url_of(database, role), tmp_path / "data")
    assert installation.run("tokens", "create", "--administrator").exit_code == 0
    return installation


NOBODY = "person-" + "0" * 32
MAKE = "INSERT INTO accounts.tokens (digest, person, label, made_by, expires_at) "
EXCHANGE = "INSERT INTO accounts.sessions (digest, person, token, expires_at) "


def test_a_token_for_nobody_and_its_session_are_named(installation: Installation) -> None:
    """A way in without a person whom a fact registers; in words and as JSON."""
    installation.steal(
        MAKE + "VALUES (decode(repeat('ab', 32), 'hex'), %s, 'one', 'system', now() + '1 day')", NOBODY
    )
    installation.steal(
        EXCHANGE + "SELECT decode(repeat('cd', 32), 'hex'), person, digest, expires_at FROM accounts.tokens "
        "WHERE person = %s",
        NOBODY,
    )

    done = installation.run("verify")

    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        "token abababababababab: no fact registers the person whom it lets in",
        "session cdcdcdcdcdcdcdcd: no fact registers the person whom it lets in",
    ]
    assert done.stderr.splitlines()[-1] == (
        "overwinter: What lies beside the history is not what its facts make: 2 faults. `overwinter tokens revoke` ends a "
        "token that nobody should have, with its sessions; a wrong row of a table is for whoever owns the database."
    )
    assert json.loads(installation.run("verify", "--json").stdout)["ways_in"] == [
        {"kind": "token", "id": "abababababababab", "reason": "nobody"},
        {"kind": "session", "id": "cdcdcdcdcdcdcdcd", "reason": "nobody"},
    ]


def test_a_token_that_nobody_made_and_a_session_as_somebody_else_are_named(
    installation: Installation,
) -> None:
    """Both let in people who are registered; the session is another person's than its token."""
    made = installation.run("tokens", "create", "--administrator", "--json")
    other = json.loads(made.stdout)["person"]
    installation.steal(
        MAKE + "SELECT decode(repeat('ab', 32), 'hex'), %s, 'one', %s, now() + '1 day'", other, NOBODY
    )
    installation.steal(
        EXCHANGE + "SELECT decode(repeat('cd', 32), 'hex'), %s, digest, expires_at FROM accounts.tokens "
        "WHERE person <> %s",
        other,
        other,
    )

    assert json.loads(installation.run("verify", "--json").stdout)["ways_in"] == [
        {"kind": "token", "id": "abababababababab", "reason": "maker"},
        {"kind": "session", "id": "cdcdcdcdcdcdcdcd", "reason": "another"},
    ]


def test_a_token_of_an_erased_person_is_named(installation: Installation) -> None:
    """It lets nobody in, and it should not be there."""
    person = json.loads(installation.run("tokens", "create", "--administrator", "--json").stdout)["person"]
    assert installation.run("erase", person, "--reason", "asked_by_person", "--yes").exit_code == 0
    assert installation.run("verify").exit_code == 0
    installation.steal(
        MAKE + "VALUES (decode(repeat('ab', 32), 'hex'), %s, 'one', 'system', now() + '1 day')", person
    )
    assert json.loads(installation.run("verify", "--json").stdout)["ways_in"] == [
        {"kind": "token", "id": "abababababababab", "reason": "erased"}
    ]


def test_rows_that_come_with_an_invented_fact_are_named(installation: Installation) -> None:
    """The append takes any entries, claims and due dates, if there is a fact."""
    installation.steal(
        "SELECT history.append('{1}', '{a}', '{1}', '{some.topic.v1}', '{x}', "
        "ARRAY[decode(repeat('00', 32), 'hex')], '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', "
        "'{1}', '{conflicts of somebody}', '{application}', '{1}', '{one day}', '{2026-01-01}', '{round.close}', '{x}', "
        "'{}', '{}', '{}', '{}', '{}', '{1}', '{x}', '{a}', '{}', '{}', '{}', '{}', '{}', '{}')"
    )

    found = json.loads(installation.run("verify", "--json").stdout)

    assert [(each["position"], each["check"]) for each in found["wrong"]] == [(4, "document")]
    assert [(each["table"], each["fault"], each["position"]) for each in found["tables"]["wrong"]] == [
        ("indexes", "unreadable", 4),
        ("indexes", "added", None),
        ("claims", "added", None),
        ("due_dates", "added", None),
    ]
