"""The append: gap-free, ordered, atomic, checked against the versions read, idempotent, and correct after lost connections."""

from __future__ import annotations

import asyncio
import random
from datetime import datetime
from typing import Any

import psycopg
import pytest

from domain.refusals import Refused
from domain.values import Role, stream_id
from history.appends import Append, Unavailable
from history.statements import call
from tests.history import second_reader
from tests.history.conftest import Office, Offices

pytestmark = pytest.mark.anyio


async def test_positions_are_gap_free_and_in_order_under_concurrent_commands_conflicts_and_refusals(
    offices: Offices,
) -> None:
    """Two processes' runners race on the same streams; positions come out as 1..N, versions without a gap."""
    one, two = await offices(), await offices()
    administrator, initiative = await one.opened()
    people = [await one.person() for _ in range(6)]
    chance = random.Random(7)

    async def meddle(office: Office) -> int:
        done = 0
        for _ in range(25):
            person = chance.choice(people)
            roles = tuple(chance.sample([Role.OFFICER, Role.JUROR, Role.FINANCE], chance.randint(1, 3)))
            try:
                await office.run(
                    "initiative.add_member", administrator, initiative=initiative, person=person, roles=roles
                )
                done += 1
            except Refused:
                pass
        return done

    before = len(one.rows())
    done = await asyncio.gather(*(meddle(office) for office in (one, two) for _ in range(4)))

    rows = one.rows()
    # The administrator's first act within the initiative had bound their handle, so each act adds one fact.
    assert sum(done) > 50
    assert len(rows) - before == sum(done)
    assert [row[0] for row in rows] == list(range(1, len(rows) + 1))
    second_reader.check(rows, {})


async def test_a_conflict_writes_nothing_and_names_the_stream(office: Office) -> None:
    """A stream that was only read, and moved on, is enough to turn the whole append down."""
    _administrator, initiative = await office.opened()
    history = office.runner.history
    rows = office.rows()
    stored = _copy(rows[-1], version=7)

    appended = await history.append(
        Append(facts=[stored], read={initiative: 0, stored.stream: 6}, answers=stored.stream)
    )

    assert (appended.outcome, appended.detail) == ("conflict", initiative)
    assert office.rows() == rows


async def test_facts_of_several_streams_are_stored_together_or_not_at_all(office: Office) -> None:
    """Of two streams in one append the second is out of date, so the first gets nothing either."""
    await office.opened()
    rows = office.rows()
    fresh = _copy(rows[-1], stream=stream_id("person", b"\x01" * 16), version=1)
    late = _copy(rows[-1], version=rows[-1][2])

    appended = await office.runner.history.append(
        Append(
            facts=[fresh, late], read={fresh.stream: 0, late.stream: late.version - 1}, answers=fresh.stream
        )
    )

    assert appended.outcome == "conflict"
    assert office.rows() == rows


async def test_a_taken_address_is_refused_to_the_next(office: Office) -> None:
    """An address is taken once, whatever its capitals, and shows nowhere in clear."""
    await office.opened()
    await office.run("person.register", name="First", email="Same@Example.org", language="en")
    rows = office.rows()

    with pytest.raises(Refused, match="address"):
        await office.run("person.register", name="Second", email="same@example.org", language="en")

    assert office.rows() == rows
    with psycopg.connect(office.url) as connection:
        names = connection.execute("SELECT encode(name, 'escape') FROM history.unique_names").fetchall()
    assert len(names) == 2
    assert not any("example" in name.lower() for (name,) in names)


async def test_an_erased_persons_address_is_free_again(office: Office) -> None:
    """Not even the keyed hash of it outlives them; nobody else's is touched."""
    await office.opened()
    gone = await office.run("person.register", name="First", email="same@example.org", language="en")
    await office.run("person.register", name="Other", email="other@example.org", language="en")

    await office.run("person.erase", person=gone.stream, reason="asked_by_person")

    with psycopg.connect(office.url) as connection:
        held = connection.execute("SELECT stream FROM history.unique_names").fetchall()
    assert len(held) == 2  # the administrator's and the other's
    assert (gone.stream,) not in held
    again = await office.run("person.register", name="Second", email="same@example.org", language="en")
    assert again.stream != gone.stream
    with pytest.raises(Refused, match="address"):
        await office.run("person.register", name="Third", email="other@example.org", language="en")


async def test_the_recorded_time_never_runs_backwards(office: Office) -> None:
    """The server's clock was set back by an hour: later facts carry the newest time there is, until it is reached."""
    administrator, _initiative = await office.opened()
    with psycopg.connect(office.url, autocommit=True) as connection:
        connection.execute("ALTER TABLE history.facts DISABLE TRIGGER facts_are_final")
        connection.execute(
            "UPDATE history.facts SET recorded_at = recorded_at + interval '1 hour' "
            "WHERE position = (SELECT max(position) FROM history.facts)"
        )
        connection.execute("ALTER TABLE history.facts ENABLE TRIGGER facts_are_final")
    newest = recorded(office)[-1]

    for _ in range(2):
        await office.run("initiative.found", administrator, name="Later Initiative")

    times = recorded(office)
    assert times == sorted(times)
    assert times[-2:] == [newest, newest]


async def test_the_recorded_time_is_the_databases_own(office: Office) -> None:
    """Not that at which the command was decided, which a caller's clock may tell wrongly."""
    with psycopg.connect(office.url, autocommit=True) as connection:

        def clock() -> datetime:
            return connection.execute("SELECT clock_timestamp()").fetchone()[0]

        before = clock()
        await office.opened()
        times = recorded(office)
        assert before <= times[0]
        assert times == sorted(times)
        assert times[-1] <= clock()


def recorded(office: Office) -> list[datetime]:
    """When the database recorded each fact, in the order of their positions."""
    with psycopg.connect(office.url) as connection:
        rows = connection.execute("SELECT recorded_at FROM history.facts ORDER BY position").fetchall()
    return [row[0] for row in rows]


@pytest.mark.parametrize("stored", [False, True], ids=["lost before the commit", "lost after the commit"])
async def test_a_lost_connection_is_told_truly(
    office: Office, monkeypatch: pytest.MonkeyPatch, stored: bool
) -> None:
    """Whether or not the facts had been stored when the connection went, the command is done once and says so."""
    administrator, initiative = await office.opened()
    person = await office.person()
    before = len(office.rows())
    _lose_connections(monkeypatch, times=1, stored=stored)

    answer = await office.run(
        "initiative.add_member", administrator, initiative=initiative, person=person, roles=(Role.JUROR,)
    )

    rows = office.rows()
    assert len(rows) == before + 1
    assert (answer.stream, answer.version, answer.leaf) == (initiative, rows[-1][2], rows[-1][5])


async def test_a_lost_connection_hides_no_true_conflict(
    offices: Offices, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the connection is down somebody else changes the stream: the command is decided anew, not lost."""
    one, two = await offices(), await offices()
    administrator, initiative = await one.opened()
    person, other = await one.person(), await two.person()

    async def meanwhile() -> None:
        await two.run(
            "initiative.add_member", administrator, initiative=initiative, person=other, roles=(Role.FUNDER,)
        )

    _lose_connections(monkeypatch, times=1, stored=False, meanwhile=meanwhile)
    answer = await one.run(
        "initiative.add_member", administrator, initiative=initiative, person=person, roles=(Role.JUROR,)
    )

    assert answer.version == 3
    second_reader.check(one.rows(), {})


async def test_a_database_that_stays_away_is_told_as_unavailable(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No false success: the caller learns that nothing is known, and may send the same key again."""
    administrator, initiative = await office.opened()
    person = await office.person()
    monkeypatch.setattr("history.group_commit._FIRST_WAIT", 0.001)
    with monkeypatch.context() as patch:
        _lose_connections(patch, times=99, stored=False)
        with pytest.raises(Unavailable):
            await office.run(
                "initiative.add_member",
                administrator,
                key="again",
                initiative=initiative,
                person=person,
                roles=(Role.JUROR,),
            )

    answer = await office.run(
        "initiative.add_member",
        administrator,
        key="again",
        initiative=initiative,
        person=person,
        roles=(Role.JUROR,),
    )
    assert answer.version == 2


async def test_facts_can_be_neither_changed_nor_deleted(office: Office) -> None:
    """Not even by the role that owns the table, short of dropping the trigger."""
    await office.opened()
    with psycopg.connect(office.url, autocommit=True) as connection:
        for statement in (
            "UPDATE history.facts SET topic = 'x' WHERE position = 1",
            "DELETE FROM history.facts WHERE position = 1",
            "TRUNCATE history.facts",
        ):
            with pytest.raises(psycopg.errors.RaiseException, match="never changed or deleted"):
                connection.execute(statement)


def _copy(row, *, version, stream=None):
    from history.documents import Stored

    return Stored(stream or row[1], version, row[3], bytes(row[4]), bytes(row[5]))


def _lose_connections(monkeypatch, *, times, stored, meanwhile=None):
    """Make the next appends lose their connection, before the statement reaches the server or after it committed."""
    left = [times]

    async def losing(connection, statement, arrays):
        if left[0] == 0:
            return await call(connection, statement, arrays)
        left[0] -= 1
        if stored:
            ((_, turned, _, _),) = await call(connection, statement, arrays)
            assert turned == []
        if meanwhile is not None:
            await meanwhile()
        raise psycopg.OperationalError("the connection is lost")

    monkeypatch.setattr("history.group_commit.call", losing)


async def test_who_is_cancelled_on_the_way_to_go_alone_keeps_no_lock(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock may be granted at the very moment at which whoever waited for it is told to stop."""
    _administrator, _initiative = await office.opened()
    execute = psycopg.AsyncConnection.execute

    async def granted_and_cancelled(connection: Any, query: Any, *arguments: Any, **more: Any) -> Any:
        cursor = await execute(connection, query, *arguments, **more)
        if "pg_advisory_lock" in query:
            raise asyncio.CancelledError
        return cursor

    with monkeypatch.context() as cancelling:
        cancelling.setattr(psycopg.AsyncConnection, "execute", granted_and_cancelled)
        with pytest.raises(asyncio.CancelledError):
            async with office.runner.history.alone():
                pass

    with psycopg.connect(office.url) as connection:
        held = connection.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 7302025 AND objid = 1 "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        ).fetchone()
    assert held == (0,)
    await asyncio.wait_for(office.person(), 10)
