"""Writing in sets: whatever a batch says about a thing takes effect in order, whichever statements say it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, LiteralString

import psycopg
import pytest

from domain.initiatives import MemberAdded
from projections import funds, initiatives, panels, projector, timeline
from projections.projection import Placed
from projections.projector import Projector
from projections.register import PROJECTIONS
from projections.writing import Connection, Statement, Write
from tests.projections.conftest import Season, take_lead

END = 2**63 - 1


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    """A connection to empty read models."""
    with psycopg.connect(database_url) as connection:
        yield connection


def rows(connection: Connection, query: LiteralString) -> list[tuple[Any, ...]]:
    return connection.execute(query).fetchall()


MEMBERSHIPS: LiteralString = "SELECT person, initiative FROM read.memberships ORDER BY person"


@pytest.mark.parametrize("at_once", [True, False])
def test_rows_about_one_thing_are_run_in_the_order_in_which_they_were_written(
    connection: Connection, at_once: bool
) -> None:
    """Who joins, leaves and joins again is a member; at once as one by one."""
    write = Write(connection)
    said = [
        (initiatives._JOIN, "back"),
        (initiatives._JOIN, "gone"),
        (initiatives._LEAVE, "back"),
        (initiatives._JOIN, "back"),
        (initiatives._LEAVE, "gone"),
        (initiatives._LEAVE, "never"),
    ]
    for statement, person in said:
        write(statement, person=person, initiative="initiative-1")
        if not at_once:
            write.finish()
    write.finish()

    assert rows(connection, MEMBERSHIPS) == [("back", "initiative-1")]


def test_many_things_take_as_many_statements_as_one(connection: Connection) -> None:
    """The first word on each goes in one set, the second in another."""
    run: list[tuple[Statement, int]] = []

    class Counting(Write):
        def _run(self, statement: Statement, rows: Any) -> None:
            run.append((statement, len(rows)))
            super()._run(statement, rows)

    write = Counting(connection)
    for number in range(50):
        write(initiatives._JOIN, person=f"person-{number}", initiative="initiative-1")
        write(initiatives._LEAVE, person=f"person-{number}", initiative="initiative-1")
    write.finish()

    assert run == [(initiatives._JOIN, 50), (initiatives._LEAVE, 50)]
    assert rows(connection, MEMBERSHIPS) == []


def test_a_row_with_two_keys_follows_the_later_of_them(connection: Connection) -> None:
    """The handle of an application is known to its grant, though something else was said first about the grant."""
    connection.execute("CREATE TEMPORARY TABLE said (number integer GENERATED ALWAYS AS IDENTITY, what text)")
    first, second, both = (
        Statement(
            "INSERT INTO said (what) SELECT k || w FROM unnest(%(k)b::text[], %(w)b::text[]) AS s (k, w)",
            keys=keys,
        )
        for keys in (("k",), ("k",), ("k", "w"))
    )
    write = Write(connection)
    write(both, k="x", w="y")
    write(first, k="a", w="-")
    write(both, k="b", w="a")
    write(second, k="b", w="-")
    write(first, k="c", w="-")
    write(both, k="c", w="b")
    write.finish()

    said = [what for _, what in rows(connection, "SELECT number, what FROM said ORDER BY number")]
    assert said.index("a-") < said.index("ba") < said.index("b-") < said.index("cb")
    assert said.index("c-") < said.index("cb")
    assert sorted(said) == ["a-", "b-", "ba", "c-", "cb", "xy"]


def test_a_key_that_is_none_orders_nothing(connection: Connection) -> None:
    """Rows without a fund have nothing in common by that."""
    statement = Statement(
        "DELETE FROM read.memberships WHERE person = ANY (%(person)b::text[])", keys=("person",)
    )
    write = Write(connection)
    write(statement, person=None)
    write(statement, person=None)

    assert [len(turn) for turn in write._turns] == [1]


def open_panel(write: Write) -> None:
    write(
        panels._OPEN,
        panel="panel-1",
        at=10,
        version=1,
        initiative="initiative-1",
        call="call-1",
        round="round-1",
        status="opened",
    )


def change_panel(write: Write, at: int, version: int, status: str) -> None:
    write(panels._CHANGE, panel="panel-1", at=at, version=version, status=status)


STATES: LiteralString = (
    "SELECT from_position, to_position, version, call, status FROM read.panels ORDER BY from_position"
)


@pytest.mark.parametrize("seen_before", [0, 1, 2, 3, 4])
def test_states_that_are_strung_together_follow_each_other_without_a_gap(
    connection: Connection, seen_before: int
) -> None:
    """Also where some of them were seen before, in batches of their own."""
    facts = [(12, 2, "opened"), (13, 3, "opened"), (17, 4, "closed"), (20, 5, "confirmed")]
    write = Write(connection)
    open_panel(write)
    for fact in facts[:seen_before]:
        change_panel(write, *fact)
        write.finish()
    open_panel(write)
    for fact in facts:
        change_panel(write, *fact)
    write.finish()

    assert rows(connection, STATES) == [
        (10, 12, 1, "call-1", "opened"),
        (12, 13, 2, "call-1", "opened"),
        (13, 17, 3, "call-1", "opened"),
        (17, 20, 4, "call-1", "closed"),
        (20, END, 5, "call-1", "confirmed"),
    ]


@pytest.mark.parametrize("seen_before", [0, 1, 2, 3])
def test_sums_that_are_strung_together_grow_by_each_fact(connection: Connection, seen_before: int) -> None:
    """Each state of a fund holds the sums up to it, and two funds keep theirs apart."""
    facts = [(12, 2, 500, 0, 0), (13, 3, 0, 300, 0), (14, 4, 0, 0, 200), (20, 5, 0, 0, -50)]
    write = Write(connection)

    def say(fund: str, said: list[tuple[int, int, int, int, int]]) -> None:
        write(
            funds._OPEN,
            fund=fund,
            at=10,
            version=1,
            initiative="initiative-1",
            name="Fund",
            currency="EUR",
            basis="received",
        )
        for at, version, pledged, received, committed in said:
            write(
                funds._ADD,
                fund=fund,
                at=at,
                version=version,
                pledged=pledged,
                received=received,
                committed=committed,
            )

    say("fund-1", facts[:seen_before])
    write.finish()
    say("fund-1", facts)
    say("fund-2", facts[:1])
    write.finish()

    assert rows(
        connection,
        "SELECT fund, from_position, to_position, version, pledged, received, committed FROM read.funds ORDER BY 1, 2",
    ) == [
        ("fund-1", 10, 12, 1, 0, 0, 0),
        ("fund-1", 12, 13, 2, 500, 0, 0),
        ("fund-1", 13, 14, 3, 500, 300, 0),
        ("fund-1", 14, 20, 4, 500, 300, 200),
        ("fund-1", 20, END, 5, 500, 300, 150),
        ("fund-2", 10, 12, 1, 0, 0, 0),
        ("fund-2", 12, END, 2, 500, 0, 0),
    ]


def test_a_fact_that_is_told_twice_in_a_timeline_is_about_what_its_own_stream_says(
    connection: Connection,
) -> None:
    """What a fund commits to a grant is told in the fund's timeline as the fund's, in the grant's as the grant's."""
    write = Write(connection)
    write(timeline._BEGIN, stream="fund-1", things="fund-1", round=None, application=None)
    write(timeline._BEGIN, stream="grant-1", things="grant-1 fund-1", round=None, application="application-1")
    write(timeline._ENTER, stream="fund-1", also="grant-1", at=5, topic="t", round=None, application=None)
    write(timeline._ENTER, stream="grant-1", also=None, at=6, topic="t", round=None, application=None)
    write.finish()

    assert rows(
        connection, "SELECT thing, position, application FROM read.timeline ORDER BY thing, position"
    ) == [
        ("fund-1", 5, None),
        ("fund-1", 6, "application-1"),
        ("grant-1", 5, "application-1"),
        ("grant-1", 6, "application-1"),
    ]


@pytest.mark.anyio
async def test_rows_without_a_key_in_common_touch_nothing_of_each_others(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the statements of each turn, and the rows of each statement, the other way round: the same tables."""
    await season.whole()
    season.project()
    as_written = season.tables()
    with psycopg.connect(season.url) as connection:
        for projection in PROJECTIONS:
            for table in projection.tables:
                connection.execute(f"TRUNCATE read.{table}".encode())
        connection.execute("UPDATE read.positions SET position = 0")

    def finish_backwards(write: Write) -> None:
        for turn in write._turns:
            for statement, said in reversed(turn.items()):
                write._run(statement, said[::-1])

    monkeypatch.setattr(Write, "finish", finish_backwards)
    season.project()

    assert season.tables() == as_written


def test_another_schemas_tables_are_written_beside_the_live_ones(connection: Connection) -> None:
    """By the same statements, as a rebuild does."""
    connection.execute("CREATE SCHEMA read_beside")
    connection.execute("CREATE TABLE read_beside.memberships (LIKE read.memberships INCLUDING ALL)")
    write = Write(connection, "read_beside")
    write(initiatives._JOIN, person="person-1", initiative="initiative-1")
    write.finish()

    assert rows(connection, MEMBERSHIPS) == []
    assert rows(connection, "SELECT person FROM read_beside.memberships") == [("person-1",)]


@pytest.mark.parametrize("values", [{"person": "p"}, {"person": "p", "initiative": "i", "role": "juror"}])
def test_a_row_has_a_value_for_each_placeholder_and_no_other(
    connection: Connection, values: dict[str, str]
) -> None:
    """A misspelt name is no null."""
    write = Write(connection)
    write(initiatives._JOIN, **values)
    with pytest.raises(ValueError, match="A row has a value for each of its statement's placeholders"):
        write.finish()


def test_a_statement_without_its_types_is_refused_where_it_is_written() -> None:
    """And one whose keys are not among its values."""
    for sql, key in (
        ("DELETE FROM read.titles WHERE subject = ANY (%(subject)b)", "subject"),
        ("DELETE FROM read.titles WHERE subject = %(subject)b::text", "subject"),
        ("DELETE FROM read.titles WHERE subject = ANY (%(subject)b::text[])", "person"),
    ):
        with pytest.raises(ValueError, match="A statement's values are arrays with their types"):
            Statement(sql, keys=(key,))


POISONS = {
    "what PostgreSQL refuses": ({"person": "Canary\x00", "initiative": "i"}, "CharacterNotInRepertoire"),
    "what cannot be packed": ({"person": 1, "initiative": "i"}, "TypeError"),
    "what has no place": ({"person": "Canary"}, "ValueError"),
}


@pytest.mark.anyio
@pytest.mark.parametrize("poison", POISONS)
async def test_a_row_that_cannot_be_written_is_traced_to_its_fact_in_the_midst_of_a_batch(
    season: Season, monkeypatch: pytest.MonkeyPatch, poison: str
) -> None:
    """All before it stands, nothing after it is written, and the other projections have passed it."""
    await season.begin()
    monkeypatch.setattr(projector, "FIRST_PAUSE", 0.0)
    values, error = POISONS[poison]
    added = [
        int(row[0])
        for row in season.rows(
            "SELECT position FROM history.facts WHERE topic = 'initiative.member_added.v1' ORDER BY position"
        )
    ]
    blamed = added[3]

    def handle(placed: Placed, write: Write) -> None:
        if placed.position == blamed:
            assert isinstance(placed.recorded.fact, MemberAdded)
            write(initiatives._JOIN, **values)
        initiatives.handle(placed, write)

    poisoned = replace(initiatives.PROJECTION, handle=handle)
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
