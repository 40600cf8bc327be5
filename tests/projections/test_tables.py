"""A whole season, from the call to the last payment, leaves exactly the tables that its facts make."""

from __future__ import annotations

import psycopg
import pytest

from history.derived_tables import Mismatch, TablesVerified, verify_tables
from tests.projections.conftest import Season

pytestmark = pytest.mark.anyio


async def test_a_whole_season_has_the_tables_that_its_facts_make(season: Season) -> None:
    """Its erasures, conflicts, replaced reviews and answered offers included; and an erased grant's claim is missed."""
    await season.whole()
    await season.run("person.erase", season.administrator, person=season.artist2, reason="asked_by_person")
    assert verify_tables(season.url) == TablesVerified(0, ())

    with psycopg.connect(season.url) as connection:
        counts = connection.execute(
            "SELECT (SELECT count(DISTINCT split_part(name, ' ', 1)) FROM history.indexes), "
            "(SELECT count(*) FROM history.unique_names WHERE stream LIKE 'grant-%')"
        ).fetchone()
        assert counts == (10, 1), "an index that is empty proves nothing"
        connection.execute("DELETE FROM history.unique_names WHERE stream LIKE 'grant-%'")
    grant, position = season.rows(
        "SELECT stream, position FROM history.facts WHERE topic = 'grant.offered.v1'"
    )[0]
    assert verify_tables(season.url).wrong == (Mismatch("unique_names", grant, "missing", position),)
