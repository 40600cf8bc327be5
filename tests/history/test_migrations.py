"""Databases that this program cannot use are refused with a sentence, before anything in them is changed."""

from __future__ import annotations

import psycopg
import pytest

from api.postgres.embedded import EmbeddedPostgres
from history.migrate import Migration, MigrationError, migrate, migrations_in, pending
from tests.conftest import drop_database


@pytest.fixture(scope="session")
def database_template() -> str:
    """These tests migrate for themselves."""
    return "template1"


def test_a_database_of_an_unreleased_version_is_refused(database_url: str) -> None:
    """Its facts are in a format that nothing reads any more; that is said, and nothing is changed."""
    first, *others = migrations_in("history")
    migrate(database_url, [Migration(first.name, first.sql + "-- as it was before")])
    for look in (migrate, pending):
        with pytest.raises(
            MigrationError,
            match=r"created with another version of the migration .*; install the version .* that created it",
        ):
            look(database_url, [first, *others])


def test_a_database_in_another_encoding_is_refused_before_anything_is_made(
    postgres: EmbeddedPostgres,
) -> None:
    """What would come out of it as bytes, no later command could make sense of."""
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE sql_ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0")
    try:
        url = postgres.url_of("sql_ascii")
        for look in (migrate, pending):
            with pytest.raises(MigrationError, match="encoding is SQL_ASCII, but the history needs UTF-8"):
                look(url, migrations_in("history"))
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT to_regclass('migrations.applied')").fetchone() == (None,)
    finally:
        drop_database(postgres, "sql_ascii")
