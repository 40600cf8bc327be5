"""Questions are answered by a real streaming replica, and nothing that somebody may or may not see rests on it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import psycopg
import pytest

from api.postgres.embedded import EmbeddedPostgres
from domain.indexes import conflicts_of
from history.tokens import CURSOR, PositionTokens
from projections import applications, grants, initiatives, replica
from projections.projector import Projector, follow
from projections.reader import Behind, Reader
from projections.register import PROJECTIONS
from projections.replica import Foreign, Replica, follows, open_replica
from tests.projections.conftest import CANARY_NAMES, CANARY_TITLES, Season, take_lead
from tests.replicas import StreamingReplica

pytestmark = pytest.mark.anyio

ON_REPLICA = "SELECT pg_is_in_recovery() AS yes"


@pytest.fixture(scope="module")
def streaming(postgres: EmbeddedPostgres) -> Iterator[StreamingReplica]:
    """One for all tests here; each finds it following."""
    with StreamingReplica(postgres) as made:
        yield made


@pytest.fixture
def read_url(streaming: StreamingReplica, season: Season) -> Iterator[str]:
    """The address of the season's database on the replica."""
    yield streaming.url_of(urlsplit(season.url).path.removeprefix("/"))
    streaming.go_on()


@pytest.fixture
async def followed(
    streaming: StreamingReplica, season: Season, read_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Replica]:
    """The replica as one process holds on to it, after an open round with two applications has been projected."""
    monkeypatch.setattr(replica, "PAUSE_SECONDS", 0.1)
    await season.begin()
    await season.apply()
    season.project()
    streaming.catch_up()
    async with open_replica(read_url, season.office.runner.history.id) as opened:
        yield opened


@pytest.fixture
async def reader(season: Season, followed: Replica) -> Reader:
    """A reader whom the replica answers."""
    runner = season.office.runner
    cursors = PositionTokens(runner.keyed("position-tokens", b"test"), CURSOR)
    reader = Reader(runner.history, runner.states, runner.vault, cursors, followed, runner)
    await comes_back(reader)
    return reader


async def on_replica(reader: Reader) -> bool:
    """Whether the replica answers now."""
    return bool((await reader.rows(ON_REPLICA))[0]["yes"])


async def comes_back(reader: Reader) -> None:
    """Wait until the replica answers."""
    until = time.monotonic() + 10
    while not await on_replica(reader):
        assert time.monotonic() < until
        await asyncio.sleep(0.05)


class TestWhatComesFromIt:
    """Read models, which lag anyway."""

    async def test_rows_and_the_position_that_they_have_seen(
        self, season: Season, streaming: StreamingReplica, reader: Reader
    ) -> None:
        assert await on_replica(reader)
        before, listed = await reader.position(), await applications.mine(reader, season.artist1)
        assert [item.title for item in listed.items] == [CANARY_TITLES[0]]
        streaming.hold_up()
        await season.run(
            "application.withdraw", season.artist1, application=season.application1, reason="other"
        )
        season.project()
        assert (await reader.position(), await applications.mine(reader, season.artist1)) == (before, listed)
        assert before < await season.reader.position()
        streaming.go_on()
        streaming.catch_up()
        assert (await applications.mine(reader, season.artist1)).items[0].status == "withdrawn"


class TestWhatNeverDoes:
    """Access, keys, and whatever else counts as of now; the replica is held up and knows nothing of it."""

    async def test_an_erased_persons_key(
        self, season: Season, streaming: StreamingReplica, reader: Reader
    ) -> None:
        """It is still there, and so is the title in its box; neither list nor page opens it."""
        streaming.hold_up()
        await season.run("person.erase", season.administrator, person=season.artist1, reason="safety")
        rows = await reader.rows(
            "SELECT title_subject, title_epoch, title_wrapped FROM read.titled ORDER BY 2"
        )
        assert await on_replica(reader)
        assert {row["title_subject"]: row["title_wrapped"] is not None for row in rows} == {
            await season.dossier_of(season.application1): False,
            await season.dossier_of(season.application2): True,
        }
        shown = await applications.one(reader, season.officer, season.application1)
        listed = await applications.of_call(reader, season.officer, season.call)
        assert (shown.title, {item.title for item in listed.items}) == (None, {None, CANARY_TITLES[1]})

    async def test_an_application_that_one_was_asked_to_judge(
        self, season: Season, streaming: StreamingReplica, reader: Reader
    ) -> None:
        """The list tells a juror who became an officer at once nothing of what they have not declared on yet."""
        await season.close()
        season.project()
        streaming.catch_up()
        streaming.hold_up()
        await season.assign()
        await season.run(
            "initiative.add_member",
            season.administrator,
            initiative=season.initiative,
            person=season.second_juror,
            roles=("officer", "juror"),
        )
        listed = await applications.of_call(reader, season.second_juror, season.call)
        assert {item.id: item.title for item in listed.items} == {
            season.application1: None,
            season.application2: None,
        }

    async def test_a_conflict_that_was_declared(
        self, season: Season, streaming: StreamingReplica, reader: Reader
    ) -> None:
        """A list of grants names no recipient to whom it would not, whatever the replica knows."""
        for part in (season.close, season.assign, season.judge, season.decide, season.grant):
            await part()
        season.project()
        streaming.catch_up()
        listed = await grants.of_call(reader, season.finance, season.call)
        assert [item.recipient for item in listed.items] == [season.artist1]
        streaming.hold_up()
        with psycopg.connect(season.url) as connection:
            connection.execute(
                "INSERT INTO history.indexes (name, entry) VALUES (%s, %s)",
                (conflicts_of(season.finance, season.round), season.application1),
            )
        listed = await grants.of_call(reader, season.finance, season.call)
        assert await on_replica(reader)
        assert [item.recipient for item in listed.items] == [None]
        assert (await grants.one(reader, season.finance, season.things["grant"])).recipient is None

    async def test_which_applications_are_ones_own(
        self, season: Season, streaming: StreamingReplica, reader: Reader
    ) -> None:
        """Were one said to be another's in a read model, its applicant would still be the only one who reads it."""
        with psycopg.connect(season.url) as connection:
            connection.execute(
                "UPDATE read.applications SET applicant = %s WHERE application = %s",
                (season.artist2, season.application1),
            )
        streaming.catch_up()
        for artist, own in ((season.artist1, season.application1), (season.artist2, season.application2)):
            listed = await applications.mine(reader, artist)
            assert [item.id for item in listed.items] == [own]
        assert await on_replica(reader)

    async def test_a_fact_that_a_fresh_stream_names(
        self, season: Season, streaming: StreamingReplica, reader: Reader
    ) -> None:
        streaming.hold_up()
        newcomer = await season.office.person(CANARY_NAMES[0])
        assert ((await initiatives.me(reader, newcomer)).name or "").startswith(CANARY_NAMES[0])
        assert await on_replica(reader)

    async def test_what_a_time_stands_for(
        self, season: Season, streaming: StreamingReplica, reader: Reader
    ) -> None:
        """Or the same question would have another answer a moment later."""
        streaming.hold_up()
        await season.office.person()
        assert await reader.moment(datetime.now(UTC)) == len(season.office.rows())


class TestWaiting:
    """Who waits for their own write reads it, whichever database answers."""

    async def test_for_the_replica(self, season: Season, streaming: StreamingReplica, reader: Reader) -> None:
        streaming.hold_up()
        await season.run(
            "application.withdraw", season.artist1, application=season.application1, reason="other"
        )
        season.project()
        waiting = asyncio.create_task(reader.wait_for(len(season.office.rows()), 20))
        await asyncio.sleep(0.3)
        assert not waiting.done()
        streaming.go_on()
        await waiting
        assert await on_replica(reader)
        assert (await applications.mine(reader, season.artist1)).items[0].status == "withdrawn"

    async def test_for_one_that_stays_behind_the_primary_steps_in(
        self, season: Season, streaming: StreamingReplica, reader: Reader
    ) -> None:
        """And answers until the replica has seen what was waited for, however often it is tried meanwhile."""
        streaming.hold_up()
        await season.run(
            "application.withdraw", season.artist1, application=season.application1, reason="other"
        )
        season.project()
        await reader.wait_for(len(season.office.rows()), 0.5)
        for _ in range(5):
            assert (await applications.mine(reader, season.artist1)).items[0].status == "withdrawn"
            await asyncio.sleep(0.1)
        streaming.go_on()
        await comes_back(reader)
        assert (await applications.mine(reader, season.artist1)).items[0].status == "withdrawn"

    async def test_nobody_is_sent_to_the_primary_for_what_it_has_not_seen_either(
        self, season: Season, reader: Reader
    ) -> None:
        """The projections lag, not the replica."""
        await season.office.person()
        assert await on_replica(reader)
        with pytest.raises(Behind):
            await reader.wait_for(len(season.office.rows()), 0.5)
        assert await on_replica(reader)


class TestWithoutIt:
    """A replica that goes away takes no answer along."""

    async def test_the_primary_answers_until_it_is_back(
        self, season: Season, streaming: StreamingReplica, reader: Reader
    ) -> None:
        before = await applications.mine(reader, season.artist1)
        assert await on_replica(reader)
        streaming.stop()
        try:
            for _ in range(5):
                assert await applications.mine(reader, season.artist1) == before
                assert not await on_replica(reader)
                await asyncio.sleep(0.1)
        finally:
            streaming.start()
        await comes_back(reader)
        assert await applications.mine(reader, season.artist1) == before

    async def test_a_question_that_it_breaks_off_is_put_to_the_primary(self, reader: Reader) -> None:
        """As a replica does when a question holds it up; it is asked again the next time."""
        assert await on_replica(reader)
        query = "SELECT CASE WHEN pg_is_in_recovery() THEN 1 / (random() * 0)::integer ELSE 5 END AS five"
        assert await reader.rows(query) == [{"five": 5}]
        assert await on_replica(reader)

    async def test_one_of_another_installation_is_never_asked(
        self, season: Season, followed: Replica, read_url: str
    ) -> None:
        async with open_replica(read_url, "another") as foreign:
            for _ in range(5):
                assert await foreign.rows(ON_REPLICA, {}) is None
                await asyncio.sleep(0.1)

    async def test_the_start_tells_so(
        self, season: Season, postgres: EmbeddedPostgres, followed: Replica, read_url: str
    ) -> None:
        assert follows(read_url, season.url)
        assert not follows("postgresql://nobody@127.0.0.1:1/nothing", season.url)
        with pytest.raises(Foreign, match="no replica of the one at DATABASE_URL"):
            follows(postgres.url, season.url)


class TestProjecting:
    """The history is read from the replica, and read models are written to the primary."""

    async def test_it_goes_as_far_as_the_replica(
        self, season: Season, streaming: StreamingReplica, read_url: str, followed: Replica
    ) -> None:
        streaming.hold_up()
        known = len(season.office.rows())
        await season.office.person()
        with Projector(season.url, PROJECTIONS, read_url=read_url) as projector:
            take_lead(projector)
            projector.step()
            assert projector.reach() == (known, known)
            streaming.go_on()
            streaming.catch_up()
            projector.step()
        assert set(season.positions().values()) == {known + 1}

    async def test_without_it_the_primary_is_read(self, season: Season, followed: Replica) -> None:
        await season.office.person()
        stop = threading.Event()
        away = "postgresql://nobody@127.0.0.1:1/nothing"
        thread = threading.Thread(
            target=follow, args=(season.url, PROJECTIONS, stop), kwargs={"read_url": away}
        )
        thread.start()
        try:
            await season.reader.wait_for(len(season.office.rows()), 20)
        finally:
            stop.set()
            thread.join(20)
