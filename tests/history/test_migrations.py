"""A history that was begun by an older program goes on in the newer one."""

from __future__ import annotations

import psycopg
import pytest

from api.embedded import EmbeddedPostgres
from history.appends import Append
from history.migrate import MigrationError, migrate, migrations_in, pending
from history.store import open_history
from tests.conftest import drop_database
from tests.history.test_group_commit import fact

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="session")
def database_template() -> str:
    """These tests migrate for themselves."""
    return "template1"


async def test_a_history_from_before_the_group_commit_goes_on(database_url: str) -> None:
    """Its facts stay, the next position follows, and the versions that were reached count."""
    first, *later = migrations_in("history")
    migrate(database_url, [first])
    old = fact("one")
    with psycopg.connect(database_url, autocommit=True) as connection:
        row = connection.execute(
            "SELECT positions FROM history.append(%s, '{1}', %s, %s, %s, '{}', '{}', "
            "'{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', "
            "NULL, NULL, NULL, NULL, NULL)",
            ([old.stream], [old.topic], [old.document], [old.leaf]),
        ).fetchone()
    assert row == ([1],)

    applied = migrate(database_url, [first, *later])

    assert applied == tuple(migration.name for migration in later)
    async with open_history(database_url) as history:
        again = await history.append(Append(facts=[fact("one", content="anew")], read={}, answers="one"))
        after = await history.append(Append(facts=[fact("one", 2)], read={"one": 1}, answers="one"))
        assert (again.outcome, after.positions) == ("conflict", (2,))
        assert [bytes(row.document) for row in (await history.load({"one": 0}))["one"]] == [
            old.document,
            fact("one", 2).document,
        ]


def test_a_database_in_another_encoding_is_refused_before_anything_is_made(
    postgres: EmbeddedPostgres,
) -> None:
    """What would come out of it as bytes, no later command could make sense of."""
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE sql_ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0")
    try:
        url = postgres.url_of("sql_ascii")
        for look in (migrate, pending):
            with pytest.raises(MigrationError, match="encoding is SQL_ASCII, and the history is in UTF-8"):
                look(url, migrations_in("history"))
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT to_regclass('migrations.applied')").fetchone() == (None,)
    finally:
        drop_database(postgres, "sql_ascii")
