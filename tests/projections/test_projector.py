"""The projector: batches, one leader, exactly-once positions, and a failure that stops one projection alone."""

from __future__ import annotations

import logging
from dataclasses import replace

import psycopg
import pytest
from eventsourcing.persistence import StoredEvent

from domain.applications.facts import ApplicationFoundEligible
from domain.calls.facts import CallFact, CallPublished
from history.documents import Recorded
from history.library import FactMapper
from projections import facts, projector
from projections.folding import calls, ledger
from projections.placed import Placed
from projections.projection import Projection
from projections.projector import Projector
from projections.rebuild import rebuild
from projections.register import PROJECTIONS
from projections.rows import Rows
from tests.projections.conftest import Season, take_lead

pytestmark = pytest.mark.anyio


async def test_a_whole_season_is_projected_and_a_rebuild_gives_the_same_tables(season: Season) -> None:
    """Followed in three goes or replayed at once: every table holds the same rows."""
    await season.begin()
    season.project()
    await season.apply()
    await season.close()
    season.project()
    for part in (
        season.assign,
        season.lower_quorum,
        season.judge,
        season.decide,
        season.grant,
        season.finish,
    ):
        await part()
    await season.run(
        "application.write_message",
        season.artist1,
        application=season.application1,
        text="Does anybody read this?",
    )
    await season.run("person.erase", season.administrator, person=season.artist2, reason="asked_by_person")
    season.project()
    live, last = season.tables(), len(season.office.rows())
    told: list[tuple[int, int]] = []

    assert rebuild(season.url, PROJECTIONS, progress=lambda done, newest: told.append((done, newest))) == last

    assert season.tables() == live
    assert all(live.values()), "a table is empty, so its equality says nothing"
    assert season.positions() == dict.fromkeys((each.name for each in PROJECTIONS), last)
    assert told[0] == (0, last)
    assert told[-1] == (last, last)


@pytest.mark.parametrize("batch", [1, 7, 31])
async def test_batches_of_any_size_give_the_same_tables(
    season: Season, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    """One fact at a time or some, the process ended after each batch, or all at once."""
    await season.whole()
    season.project()
    at_once = season.tables()
    monkeypatch.setattr(facts, "BATCH", batch)
    with psycopg.connect(season.url) as connection:
        for projection in PROJECTIONS:
            for table in projection.tables:
                connection.execute(f"TRUNCATE read.{table}".encode())
        connection.execute("UPDATE read.positions SET position = 0")

    passed = 1
    while passed:
        with Projector(season.url, PROJECTIONS) as restarted:
            take_lead(restarted)
            passed = restarted.step()

    assert season.tables() == at_once


async def test_seeing_every_fact_again_changes_nothing(season: Season) -> None:
    """Folding is idempotent: even with its position lost, a projection leaves its tables as they are."""
    await season.whole()
    season.project()
    before = season.tables()
    with psycopg.connect(season.url) as connection:
        connection.execute("UPDATE read.positions SET position = 0")

    season.project()

    assert season.tables() == before


async def test_a_fact_that_cannot_be_handled_stops_its_own_projection_alone_and_says_where(
    season: Season, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Facts before it stand, others go on, the log and the row name the place and no content, and a mend is enough."""
    await season.begin()
    await season.apply()
    monkeypatch.setattr(projector, "FIRST_PAUSE", 0.0)
    poisoned = replace(calls.PROJECTION, fold=_poison)
    others = tuple(each for each in PROJECTIONS if each.name != "calls")
    last = len(season.office.rows())
    published = season.rows("SELECT position FROM history.facts WHERE topic = 'call.published.v1'")[0][0]

    with caplog.at_level(logging.ERROR), Projector(season.url, (*others, poisoned)) as failing:
        take_lead(failing)
        failing.step()
        failing.step()
        assert failing.resting() == ("calls",)

    assert season.positions() == {
        **dict.fromkeys((each.name for each in others), last),
        "calls": published - 1,
    }
    assert season.rows(
        "SELECT projection, failed_position, failed_topic, failed_error FROM read.positions "
        "WHERE failed_at IS NOT NULL"
    ) == [("calls", published, "call.published.v1", "ValueError")]
    assert season.rows("SELECT status FROM read.calls") == [("drafted",)]
    assert (
        f"projection calls stopped at position {published}, topic call.published.v1: ValueError"
        in caplog.text
    )
    assert "Canary" not in caplog.text

    season.project()

    assert season.rows("SELECT count(*) FROM read.positions WHERE failed_at IS NOT NULL") == [(0,)]
    assert season.rows("SELECT status FROM read.calls ORDER BY from_position") == [
        ("drafted",),
        ("published",),
        ("published",),  # a round was opened
    ]


async def test_a_fact_that_cannot_be_decoded_stops_those_who_handle_it_when_they_come_to_it(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not while it is read ahead, when what came before it is still being written; and nobody else."""
    await season.begin()
    await season.apply()
    last = len(season.office.rows())
    published = season.rows("SELECT position FROM history.facts WHERE topic = 'call.published.v1'")[0][0]
    decode = FactMapper.to_domain_event

    def unreadable(mapper: FactMapper, stored: StoredEvent) -> Recorded:
        if stored.topic == "call.published.v1":
            raise ValueError("no fact that anybody knows")
        return decode(mapper, stored)

    monkeypatch.setattr(FactMapper, "to_domain_event", unreadable)
    monkeypatch.setattr(facts, "BATCH", 2)
    handling = {each.name for each in PROJECTIONS if CallPublished in each.facts}

    with Projector(season.url, PROJECTIONS) as failing:
        take_lead(failing)
        while failing.step():
            pass
        assert set(failing.resting()) == handling

    assert season.positions() == {
        each.name: published - 1 if each.name in handling else last for each in PROJECTIONS
    }
    assert len(handling) < len(PROJECTIONS)


async def test_a_statement_that_the_database_refuses_is_traced_to_its_fact(season: Season) -> None:
    """Also where it refuses a whole set of rows, of which one is to blame."""
    await season.begin()
    await season.apply()
    await season.close()
    odd = Projection("odd", (ledger.LEDGER,), _book_nothing)
    first = season.rows(
        "SELECT min(position) FROM history.facts WHERE topic = 'application.found_eligible.v1'"
    )[0][0]

    with Projector(season.url, (odd,)) as failing:
        take_lead(failing)
        failing.step()
        assert failing.resting() == ("odd",)

    assert season.rows(
        "SELECT position, failed_position, failed_error FROM read.positions WHERE projection = 'odd'"
    ) == [(first - 1, first, "CheckViolation")]


@pytest.mark.parametrize("table", ["calls", "timeline"])
async def test_what_fails_in_the_commit_itself_is_told_like_everything_else(
    season: Season, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    """Its answer comes with another projection's, or after the last one's: its own projection rests all the same, at its
    fact, and no other."""
    monkeypatch.setattr(projector, "FIRST_PAUSE", 0.0)
    await season.begin()
    topic = {"calls": "call.drafted.v1", "timeline": "initiative.founded.v1"}[table]
    recorded = season.office.rows()
    first, last = next(row[0] for row in recorded if row[3] == topic), len(recorded)
    with psycopg.connect(season.url) as connection:
        connection.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'at commit'; END $$"
        )
        connection.execute(
            f"CREATE CONSTRAINT TRIGGER late AFTER INSERT ON read.{table} DEFERRABLE INITIALLY DEFERRED "
            "FOR EACH ROW EXECUTE FUNCTION refuse()".encode()
        )

    with Projector(season.url, PROJECTIONS) as leading:
        take_lead(leading)
        for _ in range(4):
            leading.step()
        assert leading.resting() == (table,)

    assert season.positions() == {
        each.name: first - 1 if each.name == table else last for each in PROJECTIONS
    }
    assert season.rows(
        "SELECT projection, failed_position FROM read.positions WHERE failed_at IS NOT NULL"
    ) == [(table, first)]


async def test_where_facts_cannot_be_read_meanwhile_nothing_stays_half_done(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection that reads is cut while the other has a transaction open: that is no projection's own trouble, and
    whoever begins anew finds each batch done or not."""
    await season.begin()

    def cut(_facts: facts.FactReader, _position: int, _newest: int) -> None:
        raise psycopg.OperationalError("the connection is lost")

    with Projector(season.url, PROJECTIONS) as leading:
        take_lead(leading)
        monkeypatch.setattr(facts.FactReader, "read_ahead", cut)
        with pytest.raises(psycopg.OperationalError):
            leading.step()
        assert leading.resting() == ()

    monkeypatch.undo()
    season.project()
    assert season.positions() == dict.fromkeys((each.name for each in PROJECTIONS), len(season.office.rows()))


@pytest.mark.parametrize("place", [0, 5, len(PROJECTIONS)], ids=["first", "in the midst", "last"])
async def test_one_that_the_database_refuses_leaves_the_others_as_without_it(
    season: Season, monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    """Its statements lie between those of the others in one pipeline; what is undone is its own alone."""
    await season.begin()
    await season.apply()
    await season.close()
    season.project()
    clean, positions = season.tables(), season.positions()
    with psycopg.connect(season.url) as connection:
        for table in ("positions", *(table for each in PROJECTIONS for table in each.tables)):
            connection.execute(f"TRUNCATE read.{table}".encode())
    monkeypatch.setattr(facts, "BATCH", 5)
    odd = Projection("odd", (ledger.LEDGER,), _book_nothing)
    first = season.rows(
        "SELECT min(position) FROM history.facts WHERE topic = 'application.found_eligible.v1'"
    )[0][0]

    with Projector(season.url, (*PROJECTIONS[:place], odd, *PROJECTIONS[place:])) as projector:
        take_lead(projector)
        while projector.step():
            pass
        assert projector.resting() == ("odd",)

    assert season.tables() == clean
    assert season.positions() == {**positions, "odd": first - 1}


def _book_nothing(rows: Rows, fact: ApplicationFoundEligible, placed: Placed) -> None:
    """A line of no amount, which the table refuses."""
    rows.put(
        ledger.LEDGER,
        ledger.LineRow(
            position=placed.position,
            line=1,
            fund="fund-1",
            initiative="initiative-1",
            account="cash",
            amount=placed.version - 2,
            currency="EUR",
            topic="t",
            grant=None,
            pledge=None,
            instalment=None,
            booked_on=placed.recorded.envelope.decided_at.date(),
        ),
    )


@pytest.mark.parametrize(("failures", "seconds"), [(1, 0.5), (2, 1.0), (7, 30.0), (5_000, 30.0)])
def test_a_projection_that_fails_for_days_rests_no_longer_and_ends_nobody(
    failures: int, seconds: float
) -> None:
    """One failure each half minute comes to thousands over a weekend."""
    assert projector.pause_after(failures) == seconds


def _poison(rows: Rows, fact: CallFact, placed: Placed) -> None:
    if isinstance(fact, CallPublished):
        int("Canary: the text of an error may quote what was read")
    calls.fold(rows, fact, placed)


async def test_a_batch_that_says_nothing_to_a_failed_projection_tells_that_it_runs_again(
    season: Season,
) -> None:
    """Its failure is past, and no longer shown."""
    await season.begin()
    season.project()
    await season.office.person("Canary Visitor")
    with psycopg.connect(season.url) as connection:
        connection.execute(
            "UPDATE read.positions SET failed_position = 1, failed_topic = 't', failed_error = 'E', failed_at = now() "
            "WHERE projection = 'calls'"
        )

    season.project()

    assert season.rows(
        "SELECT count(*) FROM read.positions WHERE failed_at IS NOT NULL OR failed_position IS NOT NULL"
    ) == [(0,)]
