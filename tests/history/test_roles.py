"""The program's database role can read the history and append through one function, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from api.postgres.embedded import EmbeddedPostgres
from history.appends import Append, DueDate, Idempotency
from history.batch import APPEND, arguments
from history.migrate import Migration, migrate, migrations_in
from history.statements import call
from history.store import open_history
from history.vault import WrappedKey
from tests.history.conftest import NOON
from tests.history.test_group_commit import fact

pytestmark = pytest.mark.anyio


ERASED = replace(fact("person-1"), topic="person.erased.v1")


@pytest.fixture
def application_url(postgres: EmbeddedPostgres, database_url: str) -> Iterator[str]:
    """The address of the database for a role that its owner let in."""
    role = f"application_{uuid4().hex}"
    database = urlsplit(database_url).path.removeprefix("/")
    admin = postgres.url_of(database, "postgres")
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute("CALL history.allow(%s)", [role])
    yield postgres.url_of(database, role)
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(role)))
        connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


async def test_the_application_role_can_do_all_that_an_append_does(application_url: str) -> None:
    """Every part of an append, the look-up of an idempotency key, loading, and the queue of due dates."""
    idempotency = Idempotency("somebody", b"key", b"request")
    due = DueDate("due", NOON, "one", 1)
    async with open_history(application_url) as history:
        one = await history.append(
            Append(
                facts=[fact("one")],
                read={},
                answers="one",
                entries=[("index", "one")],
                unique_names=[(b"name", "person-1")],
                due=[due],
                new_keys=[WrappedKey("person-1", 1, b"wrapped")],
                sealed_for=["person-1"],
                idempotency=idempotency,
            )
        )
        two = await history.append(
            Append(
                facts=[ERASED],
                read={"one": 1},
                answers="person-1",
                erased=["person-1"],
                removed_due=["other"],
            )
        )

        assert (one.positions, two.positions) == ((1,), (2,))
        assert list(await history.load({"one": 0, "person-1": 0, "three": 0})) == ["one", "person-1"]
        assert await history.entries(["index"]) == {"index": ("one",)}
        assert await history.keys(["person-1"]) == []
        known = await history.remembered(idempotency)
        assert known is not None
        assert known.positions == (1,)
        assert await history.due(NOON) == [due]
        await history.remove_due_date(due)
        assert await history.due(NOON) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE history.facts SET topic = 'x'",
        "DELETE FROM history.facts",
        "TRUNCATE history.facts",
        "INSERT INTO history.facts VALUES (9, 's', 1, 't', '', sha256(''), now())",
        "ALTER TABLE history.facts DISABLE TRIGGER facts_are_final",
        "DROP TRIGGER facts_are_final ON history.facts",
        "CREATE OR REPLACE FUNCTION history.refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "DROP TABLE history.facts CASCADE",
        "UPDATE history.installation SET history_id = 'another'",
        "UPDATE history.commands SET request = ''",
        "DELETE FROM history.commands",
        "CREATE OR REPLACE FUNCTION history.answers_kept() RETURNS interval LANGUAGE sql AS $$SELECT interval '0'$$",
        "DELETE FROM history.unique_names",
        "INSERT INTO history.indexes VALUES ('index', 'entry')",
        "UPDATE vault.keys SET wrapped = ''",
        "DELETE FROM vault.keys",
        "TRUNCATE vault.keys",
        "INSERT INTO vault.keys VALUES ('person-1', 1, '')",
        "UPDATE vault.epoch SET number = 9",
        "SELECT vault.put_back(1, '{}', '{}')",
        "DELETE FROM migrations.applied",
        "CALL history.allow('public')",
        "CREATE TABLE history.more ()",
    ],
)
async def test_the_application_role_can_do_nothing_else_to_it(application_url: str, statement: str) -> None:
    """The database says so, whatever a program tries."""
    with (
        psycopg.connect(application_url, autocommit=True) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement.encode())


@pytest.mark.parametrize(
    ("append", "read", "sentence"),
    [
        (Append(facts=[], read={}, answers="one", erased=["person-1"]), {}, "only deleted together with"),
        (Append(facts=[fact("two")], read={}, answers="two", erased=["person-1"]), {"two": 0}, "only deleted together with"),
        (
            Append(facts=[replace(fact("two"), topic="person.erased.v1")], read={}, answers="two", erased=["person-1"]),
            {"two": 0},
            "only deleted together with",
        ),
        (
            Append(facts=[replace(ERASED, topic="person.registered.v1")], read={}, answers="two", erased=["person-1"]),
            {"person-1": 0},
            "only deleted together with",
        ),
        (
            Append(facts=[replace(ERASED, topic="dossier.erased.v1")], read={}, answers="two", erased=["person-1"]),
            {"person-1": 0},
            "only deleted together with",
        ),
        (
            Append(facts=[replace(ERASED, topic="other.person.erased.v1")], read={}, answers="two", erased=["person-1"]),
            {"person-1": 0},
            "only deleted together with",
        ),
        (
            Append(facts=[replace(ERASED, topic="person.erased.v0")], read={}, answers="two", erased=["person-1"]),
            {"person-1": 0},
            "only deleted together with",
        ),
        (Append(facts=[fact("one", 7)], read={}, answers="one"), {"one": 1}, "must be consecutive"),
        (Append(facts=[fact("two", 2)], read={}, answers="two"), {"two": 0}, "must be consecutive"),
        (Append(facts=[fact("two", 1), fact("two", 3)], read={}, answers="two"), {"two": 0}, "must be consecutive"),
    ],
)  # fmt: skip
async def test_whoever_has_its_password_makes_no_gap_and_lets_no_key_fall_in_silence(
    application_url: str, append: Append, read: dict[str, int], sentence: str
) -> None:
    """What the program never asks for, the function itself refuses, and nothing of it is written."""
    first = Append(
        facts=[fact("one")], read={}, answers="one", new_keys=[WrappedKey("person-1", 1, b"wrapped")]
    )
    async with open_history(application_url) as history:
        await history.append(first)
        with pytest.raises(psycopg.errors.CheckViolation, match=sentence):
            async with history.connection() as connection:
                await call(connection, APPEND, arguments([(append, read)]))
        assert await history.last_position() == 1
        assert await history.keys(["person-1"]) == [WrappedKey("person-1", 1, b"wrapped")]
        assert await history.entries(["index"]) == {"index": ()}


async def test_what_comes_without_a_fact_is_not_stored(application_url: str) -> None:
    """Of none of the effects: here a request with a fact and one without stand side by side."""
    bare = Append(
        facts=[],
        read={},
        answers="one",
        entries=[("index", "one")],
        unique_names=[(b"name", "person-2")],
        due=[DueDate("due", NOON, "one", 1)],
        removed_due=["kept"],
        new_keys=[WrappedKey("person-2", 1, b"wrapped")],
        idempotency=Idempotency("somebody", b"key", b"request"),
    )
    whole = Append(facts=[fact("one")], read={}, answers="one", due=[DueDate("kept", NOON, "one", 1)])
    async with open_history(application_url) as history:
        await history.append(whole)
        async with history.connection() as connection:
            await call(
                connection,
                APPEND,
                arguments([(bare, {}), (replace(whole, facts=[fact("two")], due=[]), {"two": 0})]),
            )
        assert await history.last_position() == 2
        assert await history.entries(["index"]) == {"index": ()}
        assert await history.held([b"name"]) == frozenset()
        assert [due.key for due in await history.due(NOON)] == ["kept"]
        assert await history.keys(["person-2"]) == []
        assert bare.idempotency is not None
        assert await history.remembered(bare.idempotency) is None


async def test_names_that_the_caller_puts_in_the_way_are_not_taken(application_url: str) -> None:
    """The append runs with its owner's rights and looks at nothing of the caller's: a temporary table of the same name
    is not written."""
    async with open_history(application_url, connections=1) as history:
        async with history.connection() as connection:
            await connection.execute("CREATE TEMPORARY TABLE facts (LIKE history.facts)")
            await connection.execute("SET search_path = pg_temp, history")
        appended = await history.append(Append(facts=[fact("one")], read={}, answers="one"))
        assert appended.positions == (1,)
        assert await history.last_position() == 1


async def test_who_was_let_in_stays_let_in_when_the_function_is_made_anew(
    application_url: str, database_url: str
) -> None:
    """As a later migration may do: what is dropped takes the rights to it along."""
    anew = Migration(
        "history/9999_anew",
        "DO $$ DECLARE definition text := pg_get_functiondef('history.append'::regproc); "
        "BEGIN DROP FUNCTION history.append; EXECUTE definition; "
        "REVOKE ALL ON FUNCTION history.append FROM PUBLIC; END $$",
    )
    assert migrate(database_url, [*migrations_in("history"), anew]) == (anew.name,)
    async with open_history(application_url) as history:
        assert (await history.append(Append(facts=[fact("one")], read={}, answers="one"))).positions == (1,)


async def test_it_forgets_old_answers_to_idempotency_keys_and_no_young_ones(
    application_url: str, database_url: str
) -> None:
    """However many it asks for: a command whose answer is gone would be done again."""
    async with open_history(application_url) as history:
        for number, stream in enumerate(("one", "two")):
            key = Idempotency("person-1", bytes([number]), b"request")
            await history.append(Append(facts=[fact(stream)], read={}, answers=stream, idempotency=key))
        with psycopg.connect(database_url) as owner:
            owner.execute(
                "UPDATE history.commands SET recorded_at = now() - interval '31 days' WHERE answers = 'one'"
            )
        with psycopg.connect(application_url) as role:
            assert role.execute("SELECT history.forget_answers(1000)").fetchone() == (1,)
            assert role.execute("SELECT answers FROM history.commands").fetchall() == [("two",)]
