"""`overwinter verify` reports what somebody with the stolen password of the program's role adds beside the facts."""

from __future__ import annotations

import asyncio
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from click.testing import CliRunner, Result
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from api.cli import main
from api.postgres.embedded import EmbeddedPostgres
from api.postgres.roles import let_in
from api.run.wiring import all_migrations
from domain.deciding import Fact
from domain.due_dates import set_by
from domain.indexes import entries_of
from domain.initiatives.facts import AdministratorAppointed, InstallationOpened
from domain.persons.facts import PersonClaimMade, PersonClaimUsed
from domain.rounds.facts import RoundOpened
from domain.values import SYSTEM
from history.appends import Append, DueDate
from history.documents import Stored, write
from history.format.envelope import Acting, Envelope, How, Place
from history.migrate import migrate
from history.store import open_history
from history.vault import WrappedKey


class Installation:
    """An installation with one administrator, its operator, and whoever has the password of the program's role."""

    def __init__(self, url: str, stolen: str, folder: Path) -> None:
        self._environment = {"DATABASE_URL": url, "DATA_DIR": str(folder)}
        self._stolen = stolen

    def run(self, *arguments: str, typed: str = "") -> Result:
        """Run a command as the operator, with the owner's rights; `typed` is its standard input."""
        return CliRunner().invoke(main, arguments, env=self._environment, input=typed)

    def let_in(self) -> str:
        """Register somebody who exchanges a claim for a token; their id."""
        claim = json.loads(self.run("claims", "create", "--administrator", "--json").stdout)
        done = self.run("claims", "exchange", "--json", typed=claim["text"] + "\n")
        assert json.loads(done.stdout)["person"] == claim["person"]
        return str(claim["person"])

    def own(self, statement: str) -> None:
        """Change something with the owner's rights."""
        with psycopg.connect(self._environment["DATABASE_URL"], autocommit=True) as connection:
            connection.execute(statement.encode())

    def steal(self, statement: str, *values: object) -> None:
        """Change something with the stolen password."""
        with psycopg.connect(self._stolen, autocommit=True) as connection:
            connection.execute(statement.encode(), values)

    def append(self, append: Append) -> None:
        """Append with the stolen password what no command has decided."""

        async def run() -> None:
            async with open_history(self._stolen, connections=1) as history:
                assert (await history.append(append)).outcome == "appended"

        asyncio.run(run())

    def append_fact(self, stream: str, fact: Fact) -> None:
        """Append a well-formed fact to a stream with the stolen password."""

        async def run() -> None:
            async with open_history(self._stolen, connections=1) as history:
                before = (await history.load({stream: 0})).get(stream, ())
                envelope = Envelope(
                    acting=Acting(handle=None, role="system", scope=None),
                    actor=SYSTEM,
                    decided_at=datetime.now(UTC),
                    how=How(cause=None, channel="cli", command="0" * 32),
                    place=Place(
                        initiative=None,
                        previous=before[-1].leaf.hex() if before else None,
                        stream=stream,
                        version=len(before) + 1,
                    ),
                )
                stored = write(fact, history.id, envelope, {}, os.urandom)
                append = Append(facts=[stored], read={stream: len(before)}, answers=stream)
                assert (await history.append(append)).outcome == "appended"

        asyncio.run(run())


@pytest.fixture
def installation(postgres: EmbeddedPostgres, database_url: str, tmp_path: Path) -> Installation:
    role = f"application_{uuid4().hex}"
    database = str(conninfo_to_dict(database_url)["dbname"])
    with psycopg.connect(postgres.url_of(database, "postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
    migrate(database_url, all_migrations())
    let_in(database_url, role)
    installation = Installation(database_url, postgres.url_of(database, role), tmp_path / "data")
    assert installation.run("claims", "create", "--administrator").exit_code == 0
    return installation


NOBODY = "person-" + "0" * 32
MAKE = "INSERT INTO accounts.tokens (digest, person, label, made_by, expires_at) "
EXCHANGE = "INSERT INTO accounts.sessions (digest, person, begun_by, token, expires_at) "


def test_a_token_for_nobody_and_its_session_are_named(installation: Installation) -> None:
    """A token without a person whom a fact registers; in words and as JSON."""
    installation.steal(
        MAKE + "VALUES (decode(repeat('ab', 32), 'hex'), %s, 'one', 'system', now() + '1 day')", NOBODY
    )
    installation.steal(
        EXCHANGE
        + "SELECT decode(repeat('cd', 32), 'hex'), person, 'token', digest, expires_at FROM accounts.tokens "
        "WHERE person = %s",
        NOBODY,
    )

    done = installation.run("verify")

    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        "token abababababababab: no fact registers its person",
        "session cdcdcdcdcdcdcdcd: no fact registers its person",
    ]
    assert done.stderr.splitlines()[-1] == (
        "overwinter: Tables beside the history do not match its facts: 2 faults. `overwinter tokens revoke` ends a token that "
        "nobody should have, and its sessions; wrong rows of tables must be corrected by the owner of the database."
    )
    assert json.loads(installation.run("verify", "--json").stdout)["access"] == [
        {"kind": "token", "id": "abababababababab", "reason": "nobody"},
        {"kind": "session", "id": "cdcdcdcdcdcdcdcd", "reason": "nobody"},
    ]


def test_a_token_that_nobody_made_and_a_session_as_somebody_else_are_named(
    installation: Installation,
) -> None:
    """Both let in people who are registered; the session is another person's than its token."""
    installation.let_in()
    other = installation.let_in()
    installation.steal(
        MAKE + "SELECT decode(repeat('ab', 32), 'hex'), %s, 'one', %s, now() + '1 day'", other, NOBODY
    )
    installation.steal(
        EXCHANGE
        + "SELECT decode(repeat('cd', 32), 'hex'), %s, 'token', digest, expires_at FROM accounts.tokens "
        "WHERE person <> %s LIMIT 1",
        other,
        other,
    )

    assert json.loads(installation.run("verify", "--json").stdout)["access"] == [
        {"kind": "token", "id": "abababababababab", "reason": "maker"},
        {"kind": "session", "id": "cdcdcdcdcdcdcdcd", "reason": "another"},
    ]


def test_a_way_in_that_goes_back_to_no_claim_of_its_person_is_named(installation: Installation) -> None:
    """To none, to one that nobody was given, to one that was not used, or to another person's."""
    person, other = installation.let_in(), installation.let_in()
    unused = json.loads(installation.run("claims", "create", person, "--json").stdout)["id"]
    assert json.loads(installation.run("verify", "--json").stdout)["access"] == []
    for digit, claim in (("a", None), ("b", "claim-" + "0" * 32), ("c", unused)):
        installation.steal(
            MAKE.replace("expires_at", "expires_at, claim")
            + "VALUES (decode(repeat(%s, 64), 'hex'), %s, 'one', %s, now() + '1 day', %s)",
            digit,
            person,
            person,
            claim,
        )
    installation.steal(
        MAKE.replace("expires_at", "expires_at, claim")
        + "SELECT decode(repeat('d', 64), 'hex'), %s, 'one', %s, "
        "now() + '1 day', claim FROM accounts.tokens WHERE person = %s",
        person,
        person,
        other,
    )
    installation.steal(
        "INSERT INTO accounts.claims (digest, claim, person) VALUES (decode(repeat('e', 64), 'hex'), %s, %s)",
        "claim-" + "0" * 32,
        person,
    )
    installation.steal(
        EXCHANGE + "VALUES (decode(repeat('f', 64), 'hex'), %s, 'words', NULL, now() + '1 day')", person
    )
    assert json.loads(installation.run("verify", "--json").stdout)["access"] == [
        {"kind": "claim", "id": "e" * 16, "reason": "unclaimed"},
        *({"kind": "token", "id": digit * 16, "reason": "unclaimed"} for digit in "abcd"),
        {"kind": "session", "id": "f" * 16, "reason": "unclaimed"},
    ]


CLAIM = "claim-" + "7" * 32


def claim_facts(person: str) -> tuple[Fact, Fact]:
    """That somebody made and used a claim to a person's account."""
    now = datetime.now(UTC)
    made = PersonClaimMade(
        person=person,
        claim=CLAIM,
        made_by=SYSTEM,
        made_at=now,
        ends_at=now + timedelta(days=1),
        another=False,
    )
    return made, PersonClaimUsed(person=person, claim=CLAIM, used_at=now)


def test_facts_of_a_claim_in_another_stream_found_no_token(installation: Installation) -> None:
    """They are well-formed and name the victim, and each is named as well."""
    victim = installation.let_in()
    installation.steal(
        MAKE.replace("expires_at", "expires_at, claim")
        + "VALUES (decode(repeat('a', 64), 'hex'), %s, 'one', %s, now() + '1 day', %s)",
        victim,
        victim,
        CLAIM,
    )
    stray = "person-" + "9" * 32
    for fact in claim_facts(victim):
        installation.append_fact(stray, fact)

    done = installation.run("verify", "--json")

    found = json.loads(done.stdout)
    assert (done.exit_code, found["wrong"]) == (1, [])
    assert found["access"] == [{"kind": "token", "id": "a" * 16, "reason": "unclaimed"}]
    assert found["tables"]["wrong"] == [
        {"table": "facts", "row": stray, "fault": "stray", "position": found["newest"] - 1},
        {"table": "facts", "row": stray, "fault": "stray", "position": found["newest"]},
    ]


def test_a_claim_that_was_used_without_having_been_made_founds_no_token(installation: Installation) -> None:
    """Even in the person's own stream."""
    victim = installation.let_in()
    installation.steal(
        MAKE.replace("expires_at", "expires_at, claim")
        + "VALUES (decode(repeat('a', 64), 'hex'), %s, 'one', %s, now() + '1 day', %s)",
        victim,
        victim,
        CLAIM,
    )
    installation.append_fact(victim, claim_facts(victim)[1])
    assert json.loads(installation.run("verify", "--json").stdout)["access"] == [
        {"kind": "token", "id": "a" * 16, "reason": "unclaimed"}
    ]


@pytest.mark.parametrize("stream", ["installation-" + "9" * 32, "installation-" + "0" * 32])
def test_only_the_first_fact_of_all_makes_a_demonstration(installation: Installation, stream: str) -> None:
    """Neither that of another installation's stream nor a later one; and the server starts as before."""
    victim = installation.let_in()
    installation.append_fact(stream, InstallationOpened(demonstration=True))
    installation.steal(
        MAKE + "VALUES (decode(repeat('a', 64), 'hex'), %s, 'one', 'system', now() + '1 day')", victim
    )
    found = json.loads(installation.run("verify", "--json").stdout)
    assert found["access"] == [{"kind": "token", "id": "a" * 16, "reason": "unclaimed"}]
    assert found["tables"]["found"] == (1 if stream.endswith("9") else 0)
    assert installation.run("claims", "create", victim).exit_code == 0


def test_an_appointment_in_another_stream_is_named_and_makes_no_administrator(
    installation: Installation,
) -> None:
    stray = "installation-" + "9" * 32
    installation.append_fact(stray, AdministratorAppointed(person=installation.let_in()))
    found = json.loads(installation.run("verify", "--json").stdout)
    assert [(each["table"], each["row"], each["fault"]) for each in found["tables"]["wrong"]] == [
        ("facts", stray, "stray")
    ]


def test_index_entries_and_due_dates_of_a_stray_fact_are_named_and_taken_out(
    installation: Installation,
) -> None:
    """What a fact makes in its own stream, it does not make in another."""
    call, round_ = "call-" + "8" * 32, "round-" + "8" * 32
    opened = RoundOpened(
        round=round_,
        initiative="initiative-" + "8" * 32,
        call=call,
        stage="main",
        closes_at=datetime(2099, 1, 1, tzinfo=UTC),
        closes_local="2099-01-01T00:00:00",
        time_zone="UTC",
        grace_minutes=0,
        rolling=False,
        last=True,
    )
    entries, due = entries_of(opened, SYSTEM), set_by(opened)
    assert due is not None
    stray = "round-" + "9" * 32
    installation.append_fact(stray, opened)
    for name, entry in entries:
        installation.own(f"INSERT INTO history.indexes VALUES ('{name}', '{entry}')")
    installation.own(
        f"INSERT INTO history.due_dates VALUES ('{due.key}', '2099-01-01T00:00:00Z', '{stray}', 1)"
    )
    found = json.loads(installation.run("verify", "--json").stdout)["tables"]
    assert sorted((each["table"], each["fault"]) for each in found["wrong"]) == sorted(
        [("facts", "stray"), ("due_dates", "added"), *[("indexes", "added")] * len(entries)]
    )
    assert installation.run("rebuild", "indexes", "due_dates").exit_code == 0
    assert json.loads(installation.run("verify", "--json").stdout)["tables"]["found"] == 1


def test_a_token_of_an_erased_person_is_named(installation: Installation) -> None:
    """It lets nobody in, and it should not be there."""
    person = json.loads(installation.run("claims", "create", "--administrator", "--json").stdout)["person"]
    assert installation.run("erase", person, "--reason", "asked_by_person", "--yes").exit_code == 0
    assert installation.run("verify").exit_code == 0
    installation.steal(
        MAKE + "VALUES (decode(repeat('ab', 32), 'hex'), %s, 'one', 'system', now() + '1 day')", person
    )
    assert json.loads(installation.run("verify", "--json").stdout)["access"] == [
        {"kind": "token", "id": "abababababababab", "reason": "erased"}
    ]


def test_rows_that_come_with_an_invented_fact_are_named(installation: Installation) -> None:
    """The append takes any entries, unique names, due dates and keys, if there is a fact. A key of nobody opens nothing."""
    invented = Stored("note-1", 1, "note.written.v1", b"x", bytes(32))
    installation.append(
        Append(
            facts=[invented],
            read={},
            answers="note-1",
            entries=[("conflicts of somebody", "application")],
            unique_names=[(b"name", "note-1")],
            due=[DueDate("one day", datetime(2026, 1, 1, tzinfo=UTC), "note-1", 1)],
            new_keys=[WrappedKey(NOBODY, 1, b"wrapped")],
        )
    )

    found = json.loads(installation.run("verify", "--json").stdout)

    assert [(each["position"], each["check"]) for each in found["wrong"]] == [(found["newest"], "document")]
    assert [(each["table"], each["fault"], each["position"]) for each in found["tables"]["wrong"]] == [
        ("indexes", "unreadable", found["newest"]),
        ("indexes", "added", None),
        ("unique_names", "added", None),
        ("due_dates", "added", None),
    ]


def test_the_owner_makes_indexes_and_due_dates_anew(installation: Installation) -> None:
    """By name only: building the read models anew leaves them as they are."""
    installation.own("INSERT INTO history.indexes VALUES ('conflicts of somebody', 'application')")
    installation.own("INSERT INTO history.due_dates VALUES ('one day', now(), 'round', 1)")
    assert installation.run("rebuild").exit_code == 0
    assert json.loads(installation.run("verify", "--json").stdout)["tables"]["found"] == 2

    done = installation.run("rebuild", "indexes", "due_dates")

    assert done.stdout.splitlines() == [
        "history.indexes repaired: 0 rows added, 1 removed.",
        "history.due_dates repaired: 0 rows added, 1 removed.",
    ]
    assert installation.run("verify").exit_code == 0
    assert json.loads(installation.run("rebuild", "indexes", "--json").stdout) == {
        "rebuilt": [],
        "position": None,
        "tables": {"indexes": {"added": 0, "removed": 0}},
    }
