"""Batches and tables: the rows' classes are the tables, facts are written in sets, and nothing depends on how they are cut."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.calls.facts import CallPublished
from domain.initiatives.facts import InitiativeFact, MemberAdded
from projections import facts, projector
from projections.batch import Batch
from projections.folding import calls, initiatives
from projections.placed import Placed
from projections.projector import Projector
from projections.rebuild import rebuild
from projections.register import PROJECTIONS
from projections.rows import Rows
from projections.tables import Table
from tests.projections.conftest import Season, take_lead
from tests.projections.eventful import eventful

TABLES = [table for projection in PROJECTIONS for table in projection.keeps]


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection to empty read models."""
    with psycopg.connect(database_url) as connection:
        yield connection


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_the_class_of_its_rows_has_the_columns_of_the_table(
    connection: psycopg.Connection[Any], table: Table[Any]
) -> None:
    """With their types, and with None where there may be null; and its key is the table's."""
    found = connection.execute(
        "SELECT column_name, data_type, is_nullable FROM information_schema.columns "
        "WHERE table_schema = 'read' AND table_name = %s",
        (table.name,),
    ).fetchall()
    columns = {name: (_TYPES.get(kind, kind), nullable == "YES") for name, kind, nullable in found}
    if table.versions:
        assert columns.pop("from_position") == columns.pop("to_position") == ("bigint", False)
    hints = {name: str(kind) for name, kind in table.row.__annotations__.items()}
    assert columns == {name: (kind, "None" in hints[name]) for name, kind in table.columns.items()}
    key = connection.execute(
        "SELECT string_agg(a.attname, ' ' ORDER BY array_position(i.indkey::int2[], a.attnum)) FROM pg_index i "
        "JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey) "
        "WHERE i.indisprimary AND i.indrelid = %s::regclass",
        (f"read.{table.name}",),
    ).fetchone()
    assert key == (" ".join((*table.key, *(("from_position",) if table.versions else ()))),)


_TYPES = {"integer": "bigint", "smallint": "bigint", "timestamp with time zone": "timestamptz"}


@pytest.mark.anyio
async def test_however_facts_are_cut_and_seen_again_the_tables_are_those_of_a_rebuild(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the beginning in batches of 1, 7 or 500, and again from any earlier position, as often as one likes."""
    await eventful(season)
    last = len(season.office.rows())
    rebuild(season.url, PROJECTIONS)
    rebuilt = season.tables()
    assert all(rebuilt.values()), "a table is empty, so its equality says nothing"
    batches = st.sampled_from([1, 7, 500])

    def project(batch: int, position: int) -> None:
        monkeypatch.setattr(facts, "BATCH", batch)
        with psycopg.connect(season.url) as connection:
            connection.execute("UPDATE read.positions SET position = %s", (position,))
        season.project()

    @settings(max_examples=3, deadline=None)
    @given(batch=batches)
    def from_the_beginning(batch: int) -> None:
        with psycopg.connect(season.url) as connection:
            for table in TABLES:
                connection.execute(f"TRUNCATE read.{table.name}".encode())
        project(batch, 0)
        assert season.tables() == rebuilt

    @settings(max_examples=15, deadline=None)
    @given(batch=batches, position=st.integers(0, last))
    def again(batch: int, position: int) -> None:
        project(batch, position)
        assert season.tables() == rebuilt

    from_the_beginning()
    again()


@pytest.mark.anyio
async def test_a_batch_of_many_facts_takes_as_many_statements_as_one_of_few(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For each table one that asks, one that closes, one that inserts, and one that deletes where rows go."""
    await eventful(season)
    run: list[str] = []
    execute = Batch._execute

    def noting(batch: Batch, statement: str, values: Any) -> Any:
        run.append(statement)
        return execute(batch, statement, values)

    monkeypatch.setattr(Batch, "_execute", noting)
    season.project()

    assert len(season.office.rows()) < facts.BATCH
    assert len(run) == len(set(run))


@pytest.mark.anyio
async def test_the_others_take_a_batch_at_once_though_one_cannot(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the one that fails goes through it fact by fact."""
    await season.begin()
    gone: dict[str, list[int]] = {}
    project = Projector._project

    def noting(self: Projector, abreast: Any, found: Any, newest: int = 0) -> Any:
        for each in abreast:
            gone.setdefault(each.projection.name, []).append(len(found))
        return project(self, abreast, found, newest)

    def fold(_rows: Rows, fact: CallPublished, _placed: Placed) -> None:
        raise ValueError

    monkeypatch.setattr(Projector, "_project", noting)
    poisoned = replace(calls.PROJECTION, fold=fold)
    with Projector(season.url, (poisoned, initiatives.PROJECTION)) as failing:
        take_lead(failing)
        failing.step()

    last = len(season.office.rows())
    assert gone["initiatives"] == [last, last]
    published = season.rows("SELECT position FROM history.facts WHERE topic = 'call.published.v1'")[0][0]
    assert gone["calls"] == [last, last, *[1] * published]


@pytest.mark.anyio
async def test_another_schemas_tables_are_written_beside_the_live_ones(season: Season) -> None:
    """By the same statements, as a rebuild does."""
    await season.begin()
    with psycopg.connect(season.url) as connection:
        connection.execute("CREATE SCHEMA read_beside")
        for table in ("positions", "memberships"):
            connection.execute(f"CREATE TABLE read_beside.{table} (LIKE read.{table} INCLUDING ALL)".encode())
    with Projector(season.url, (initiatives.PROJECTION,), schema="read_beside", lock=(1, 1)) as beside:
        take_lead(beside)
        beside.step()

    assert season.rows("SELECT count(*) FROM read.memberships") == [(0,)]
    assert season.rows("SELECT count(*) FROM read_beside.memberships") == [(9,)]


POISONS = {
    "what PostgreSQL refuses": ("Canary\x00", "CharacterNotInRepertoire"),
    "what cannot be packed": (1, "TypeError"),
}


@pytest.mark.anyio
@pytest.mark.parametrize("poison", POISONS)
async def test_a_row_that_cannot_be_written_is_traced_to_its_fact_in_the_midst_of_a_batch(
    season: Season, monkeypatch: pytest.MonkeyPatch, poison: str
) -> None:
    """All before it stands, nothing after it is written, and the other projections have passed it."""
    await season.begin()
    monkeypatch.setattr(projector, "FIRST_PAUSE", 0.0)
    person, error = POISONS[poison]
    added = [
        int(row[0])
        for row in season.rows(
            "SELECT position FROM history.facts WHERE topic = 'initiative.member_added.v1' ORDER BY position"
        )
    ]
    blamed = added[3]

    def fold(rows: Rows, fact: InitiativeFact, placed: Placed) -> None:
        if placed.position == blamed:
            assert isinstance(fact, MemberAdded)
            row: Any = initiatives.MembershipRow
            rows.put(initiatives.MEMBERSHIPS, row(person=person, initiative="i"))
        initiatives.fold(rows, fact, placed)

    poisoned = replace(initiatives.PROJECTION, fold=fold)
    others = tuple(each for each in PROJECTIONS if each.name != "initiatives")
    with Projector(season.url, (poisoned, *others)) as failing:
        take_lead(failing)
        failing.step()
        assert failing.resting() == ("initiatives",)

    assert season.rows("SELECT count(*) FROM read.memberships") == [(4,)]  # the founder and three members
    assert season.rows(
        "SELECT position, failed_position, failed_topic, failed_error FROM read.positions "
        "WHERE projection = 'initiatives'"
    ) == [(blamed - 1, blamed, "initiative.member_added.v1", error)]
    assert {position for name, position in season.positions().items() if name != "initiatives"} == {
        len(season.office.rows())
    }

    season.project()

    assert season.rows("SELECT count(*) FROM read.memberships") == [(len(added) + 1,)]
