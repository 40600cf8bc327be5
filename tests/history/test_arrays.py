"""Arrays in PostgreSQL's binary format: every value comes back unchanged, and None comes back as None."""

from __future__ import annotations

import struct
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import psycopg
import pytest

from history.arrays import column

MOMENT = datetime(2026, 3, 1, 12, 30, 1, 5, tzinfo=timezone(timedelta(hours=3)))

COLUMNS: dict[str, list[Any]] = {
    "text": ["", "Зима", "a", "Зима", 'quoted " \\ {,} NULL'],
    "bytea": [b"", b"\x00\xff", b"\x00\xff"],
    "integer": [0, -(2**31), 2**31 - 1, 7, 7],
    "bigint": [0, -(2**63), 2**63 - 1, 7, 7],
    "boolean": [True, False, True],
    "date": [date(2000, 1, 1), date(1, 1, 1), date(9999, 12, 31)],
    "timestamptz": [MOMENT, datetime(1970, 1, 1, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC)],
    "jsonb": [{"ru": "Зима", "n": [1, None, True]}, [], "text", 5, {"ru": "Зима", "n": [1, None, True]}],
}


@pytest.mark.parametrize("kind", COLUMNS)
@pytest.mark.parametrize("nulls", ["none", "one", "all"])
def test_a_column_comes_back_as_it_was_given(database_url: str, kind: str, nulls: str) -> None:
    """With a null among its values, with nothing but nulls, and without any."""
    values = {"none": COLUMNS[kind], "one": [*COLUMNS[kind], None], "all": [None, None]}[nulls]
    with psycopg.connect(database_url) as connection:
        read = connection.execute("SELECT %b", (column(kind, values),)).fetchone()

    assert read == (values,)


@pytest.mark.parametrize(
    ("kind", "value", "error"),
    [
        ("integer", 2**31, struct.error),
        ("bigint", 2**63, struct.error),
        ("text", 5, TypeError),
        ("bytea", "text", TypeError),
        ("numeric", 5, KeyError),
    ],
)
def test_what_is_not_of_the_type_is_refused(kind: str, value: object, error: type[Exception]) -> None:
    """Before anything is sent."""
    with pytest.raises(error):
        column(kind, [value])
