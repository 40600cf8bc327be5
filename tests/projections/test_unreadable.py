"""One fact that cannot be read is named, and what rests on it is refused; everything else goes on."""

from __future__ import annotations

import logging
from collections.abc import Callable

import psycopg
import pytest

from history.appends import Append
from history.documents import Stored
from history.due import run_due
from history.unreadable import ReadModelStopped, Unreadable
from projections import applications, calls, funds, grants, reviews, timeline
from projections.projector import Projector
from projections.register import PROJECTIONS
from projections.standing import read_models_in
from tests.projections.conftest import DEADLINE, Season, take_lead

pytestmark = pytest.mark.anyio


async def add(season: Season, stream: str, topic: str, document: bytes) -> int:
    """Append a fact as somebody can who has the program's password; returns its position."""
    version = season.rows("SELECT count(*) FROM history.facts WHERE stream = '" + stream + "'")[0][0] + 1  # type: ignore[arg-type]
    fact = Stored(stream, version, topic, document, bytes(32))
    appended = await season.office.runner.history.append(
        Append(facts=[fact], read={stream: version - 1}, answers=stream)
    )
    return appended.positions[0]


async def applied(season: Season) -> Season:
    """Two artists applied to the open round."""
    await season.begin()
    await season.apply()
    return season


def project(season: Season) -> tuple[str, ...]:
    """Project all that can be, and tell what stopped."""
    with Projector(season.url, PROJECTIONS) as projector:
        take_lead(projector)
        while projector.step():
            pass
        return projector.resting()


def another_streams(season: Season) -> bytes:
    """A document that is whole, of a fact that an application cannot have."""
    return bytes(season.rows("SELECT document FROM history.facts WHERE topic = 'fund.opened.v1'")[0][0])


BAD: dict[str, tuple[str, Callable[[Season], bytes]]] = {
    "a topic that nobody knows": ("application.sung.v1", lambda _: b'{"envelope": {}, "fact": {}}'),
    "a topic that is no text for a log": ("\x1b[2Jпривет", lambda _: b"{}"),
    "nothing": ("application.found_eligible.v1", lambda _: b""),
    "no JSON": ("application.found_eligible.v1", lambda _: b'{"envelope": '),
    "no UTF-8": ("application.found_eligible.v1", lambda _: b'{"fact": {"application": "\xff"}}'),
    "nested without end": ("application.found_eligible.v1", lambda _: b"[" * 100_000),
    "another shape": (
        "application.found_eligible.v1",
        lambda _: b'{"envelope": {}, "fact": {}, "sealed": {}}',
    ),
    "another kind of stream": ("fund.opened.v1", another_streams),
}


@pytest.mark.parametrize("what", BAD)
async def test_its_own_stream_is_refused_and_others_are_not(season: Season, what: str) -> None:
    """By commands and by whoever reads it, with the position."""
    await applied(season)
    topic, document = BAD[what]
    position = await add(season, season.application1, topic, document(season))
    project(season)
    sentence = (
        f"The fact at position {position} cannot be read, so nothing that depends on it can be shown or changed; "
        "run: overwinter verify."
    )

    for command, actor in (
        ("application.withdraw", season.artist1),
        ("application.find_ineligible", season.officer),
    ):
        with pytest.raises(Unreadable) as refused:
            await season.run(command, actor, application=season.application1, reason="other")
        assert str(refused.value) == sentence
    for query in (applications.one, timeline.of_application, reviews.of_application):
        with pytest.raises(Unreadable) as refused:
            await query(season.reader, season.officer, season.application1)
        assert str(refused.value) == sentence

    await season.run("application.find_eligible", season.officer, application=season.application2)
    assert (await calls.one(season.reader, season.officer, season.call)).id == season.call
    assert (await funds.one(season.reader, season.finance, season.fund)).id == season.fund


async def test_an_unknown_topic_stops_no_read_model_and_is_logged(
    season: Season, caplog: pytest.LogCaptureFixture
) -> None:
    """No read model makes anything of it; the log names the position once, and never the topic's own text."""
    await applied(season)
    position = await add(season, season.application1, "\x1b[2Jcanary", b"{}")
    with caplog.at_level(logging.ERROR, "overwinter.projections"):
        assert project(season) == ()
        await add(season, "note-1", "fund.opened.v1", another_streams(season))
    assert [record.getMessage() for record in caplog.records] == [
        f"the fact at position {position} has a topic that this program does not know"
    ]
    assert set(season.positions().values()) == {position}
    names = [
        item.id for item in (await applications.of_call(season.reader, season.officer, season.call)).items
    ]
    assert sorted(names) == sorted([season.application1, season.application2])


async def test_a_read_model_that_stopped_is_refused_and_the_others_are_not(
    season: Season, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever waits for their own write waits for those that go on; and when it runs again it answers at once."""
    await applied(season)
    position = await add(season, season.application1, "application.found_eligible.v1", b"no JSON")
    await season.run(
        "fund.open", season.officer, initiative=season.initiative, name="Spring fund", currency="EUR"
    )
    newest = season.rows("SELECT max(position) FROM history.facts")[0][0]
    reader = season.reader
    with caplog.at_level(logging.ERROR, "overwinter.projections"):
        assert set(project(season)) == {"applications", "timeline"}
    assert f"projection applications stopped at position {position}" in caplog.text

    await reader.wait_for(newest, patience=0.1)
    with pytest.raises(ReadModelStopped) as refused:
        await applications.of_call(reader, season.officer, season.call)
    assert str(refused.value) == (
        f"The read model applications stopped at position {position}, so its data cannot be shown; "
        "run: overwinter doctor."
    )
    with pytest.raises(ReadModelStopped):
        await timeline.of_call(reader, season.officer, season.call)
    assert len((await funds.of_initiative(reader, season.finance, season.initiative)).items) == 2
    assert (await grants.mine(reader, season.artist1)).items == ()

    with psycopg.connect(season.url) as connection:
        connection.execute("UPDATE read.positions SET failed_position = NULL")
    assert len((await applications.of_call(reader, season.officer, season.call)).items) == 2


async def test_a_due_date_on_its_stream_rests_and_the_others_run(
    season: Season, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says which fact it is."""
    await applied(season)
    position = await add(season, season.round, "round.closed.v1", b"no JSON")
    season.office.now = DEADLINE.replace(year=2027)
    with caplog.at_level(logging.ERROR, "overwinter.due"):
        assert await run_due(season.office.runner) == 0
    (record,) = caplog.records
    assert record.getMessage() == (
        f"due date failed: close {season.round}: the fact at position {position} cannot be read; next try in 1 s"
    )


def test_a_query_names_the_read_models_that_it_rests_on() -> None:
    """Tables and views of the schema read; the facts' own tables are none."""
    query = (
        "SELECT * FROM read.calls c JOIN read.titled t ON true JOIN history.facts f ON true, read.positions"
    )
    assert read_models_in(query) == {"calls", "applications"}


async def test_every_view_is_known(season: Season) -> None:
    """A view that nobody knows would be shown out of date."""
    views = season.rows("SELECT viewname FROM pg_views WHERE schemaname = 'read'")
    assert views
    for (view,) in views:
        assert read_models_in(f"SELECT * FROM read.{view}"), view
