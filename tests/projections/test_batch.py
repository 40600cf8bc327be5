"""Batches and tables: the rows' classes are the tables, facts are written in sets, and nothing depends on how they are cut."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.applications import APPLICATION
from domain.calls import CALL
from domain.deciding import Aggregate
from domain.grants.rules import PlannedInstalment
from domain.grants.state import GRANT
from domain.initiatives import InitiativeFact, MemberAdded
from domain.panels import PANEL
from domain.reviews import REVIEW
from domain.rounds import ROUND
from projections import facts, projector
from projections.batch import Batch
from projections.folding import applications, calls, grants, initiatives, panels, reviews, rounds
from projections.placed import Placed
from projections.projector import Projector
from projections.rebuild import rebuild
from projections.register import PROJECTIONS
from projections.rows import Rows
from projections.tables import Row, Table
from tests.projections.conftest import DEADLINE, Season, eur

TABLES = [table for projection in PROJECTIONS for table in projection.keeps]


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection to empty read models."""
    with psycopg.connect(database_url) as connection:
        yield connection


async def eventful(season: Season) -> Season:
    """A season in which things also go another way: a lowered quorum, an outcome that is set twice, instalments that are
    scheduled anew, approvals that end with another payee, and an erasure."""
    for part in (
        season.begin,
        season.apply,
        season.close,
        season.assign,
        season.lower_quorum,
        season.judge,
        season.open_panel,
    ):
        await part()
    await season.run(
        "panel.set_outcome",
        season.chair,
        panel=season.panel,
        application=season.application2,
        outcome="waitlist",
        rank=1,
    )
    await season.decide()
    grant = season.things["grant"] = await season.run(
        "grant.offer",
        season.officer,
        application=season.application1,
        respond_by=DEADLINE + timedelta(days=30),
    )
    await season.run("grant.accept", season.artist1, grant=grant)
    await _set_payee(season, 1)
    for amounts in (("500.00", "500.00", "400.25"), ("1000.00", "400.25")):
        planned = tuple(PlannedInstalment(amount=eur(amount), due=date(2026, 6, 1)) for amount in amounts)
        await season.run("grant.schedule", season.officer, grant=grant, instalments=planned)
    await season.pay(1, "1000.00", fails_first=True)
    at = {"grant": grant, "instalment": 2}
    await season.run("instalment.request", season.artist1, **at)
    await season.run("instalment.approve", season.finance, **at)
    await _set_payee(season, 2)
    await season.run("instalment.approve", season.finance, **at)
    await season.run("grant.submit_report", season.artist1, grant=grant, text="Canary report")
    await season.run("grant.return_report", season.officer, grant=grant, report=1, reason="unclear")
    await season.run("grant.submit_report", season.artist1, grant=grant, text="Canary report, again")
    await season.run("grant.accept_report", season.officer, grant=grant, report=2)
    await season.run("person.erase", season.administrator, person=season.artist2, reason="asked_by_person")
    return season


async def _set_payee(season: Season, setting: int) -> None:
    grant = season.things["grant"]
    await season.run(
        "grant.set_payee",
        season.artist1,
        grant=grant,
        kind="recipient",
        name="Canary Payee",
        account=f"Canary Payee {setting}",
    )
    await season.run("grant.confirm_payee", season.finance, grant=grant, setting=setting)


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


SHOWN: dict[Table[Any], tuple[str, Aggregate[Any]]] = {
    calls.CALLS: ("call", CALL),
    rounds.ROUNDS: ("round", ROUND),
    applications.APPLICATIONS: ("application", APPLICATION),
    reviews.REVIEWS: ("review", REVIEW),
    panels.PANELS: ("panel", PANEL),
    grants.GRANTS: ("grant", GRANT),
}


def present(season: Season, table: Table[Any]) -> list[Row]:
    """The present rows of a table."""
    columns = ", ".join(f'"{name}"' for name in table.columns)
    with psycopg.connect(season.url) as connection:
        query = f"SELECT {columns} FROM read.{table.name} WHERE to_position = {2**63 - 1}"
        rows: list[Row] = table.rows(connection.execute(query.encode()).fetchall())
    return rows


@pytest.mark.anyio
async def test_rows_show_the_state_that_the_domain_folds(season: Season) -> None:
    """Status, sums and whatever else they have in common, and the version of the stream; also of what was lowered, failed,
    paid to another or taken back."""
    await eventful(season)
    season.project()
    reader = season.reader
    for table, (key, aggregate) in SHOWN.items():
        rows = present(season, table)
        assert rows
        for row in rows:
            stream = getattr(row, key)
            loaded = (await reader.load((aggregate, stream)))[stream]
            common = {*aggregate.empty.__struct_fields__} & {*table.columns}
            # What no fact has set is null in a row: a sum that was awarded, a review's points.
            said = {name: getattr(row, name) or getattr(aggregate.empty, name) for name in common}
            assert said == {name: getattr(loaded.state, name) for name in common}
            assert row.version == loaded.version  # type: ignore[attr-defined]
    grant = await reader.the(GRANT, season.things["grant"])
    (shown,) = present(season, grants.GRANTS)
    instalments = {row.number: row.status for row in present(season, grants.INSTALMENTS)}  # type: ignore[attr-defined]
    reports = {row.report: row.status for row in present(season, grants.REPORTS)}  # type: ignore[attr-defined]
    assert instalments == {number: each.status for number, each in grant.instalments.items()}
    assert reports == grant.reports
    assert isinstance(shown, grants.GrantRow)
    assert grant.payee is not None
    assert (shown.settled, shown.payee_setting, shown.payee_confirmed, shown.payable_from) == (
        grant.settled,
        grant.payee.setting,
        grant.payee.confirmed,
        grant.payee.payable_from,
    )


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
async def test_another_schemas_tables_are_written_beside_the_live_ones(season: Season) -> None:
    """By the same statements, as a rebuild does."""
    await season.begin()
    with psycopg.connect(season.url) as connection:
        connection.execute("CREATE SCHEMA read_beside")
        for table in ("positions", "memberships"):
            connection.execute(f"CREATE TABLE read_beside.{table} (LIKE read.{table} INCLUDING ALL)".encode())
    with Projector(season.url, (initiatives.PROJECTION,), schema="read_beside", lock=(1, 1)) as beside:
        assert beside.lead()
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
        assert failing.lead()
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
