"""What would have to be recorded as read is withheld where nothing can be recorded, and costs nothing once it is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from typing import Any

import msgspec
import pytest
from psycopg.conninfo import make_conninfo

from api.http.failing import problem_of
from api.http.problems import ProblemType
from domain.forms import Form
from domain.readings import reading_of
from domain.refusals import Forbidden
from domain.values import Role
from history.position_tokens import CURSOR, PositionTokens
from history.runner import Runner
from history.store import History, open_history
from projections import applications, own_reviews, panels, raw, reviews, timeline
from projections.reader import Reader
from projections.readings import NotRecorded
from tests.projections.conftest import CANARIES, CANARY_TITLES, Season
from tests.projections.test_judging_staff import holds
from tests.projections.test_readings import KNOWS, ask, closed, read_by, submit
from tests.projections.test_review_summary import QUESTIONS as SUMMARISED

pytestmark = pytest.mark.anyio

Another = Callable[[str], Awaitable[Reader]]


@pytest.fixture
async def another(season: Season) -> AsyncIterator[Another]:
    """Opens the reader of another process, with database options of its own."""
    async with AsyncExitStack() as opened:

        async def make(options: str) -> Reader:
            history = await opened.enter_async_context(
                open_history(make_conninfo(season.url, options=options))
            )
            runner = Runner(
                history,
                season.office.runner.vault,
                season.office.keys.index_key,
                clock=lambda: season.office.now,
            )
            cursors = PositionTokens(runner.keyed("position-tokens", b"test"), CURSOR)
            return Reader(history, runner.states, runner.vault, cursors, runner=runner)

        yield make


@pytest.fixture
def read_only(another: Another) -> Callable[[], Awaitable[Reader]]:
    """Opens the reader of a process to which the database gives only reading."""
    return lambda: another("-c default_transaction_read_only=on")


class TestWhereNothingCanBeRecorded:
    """A database that only reads: what would have to be recorded is withheld, and all else is shown."""

    async def test_the_list_and_the_application_are_shown_by_handle_alone(
        self, season: Season, read_only: Callable[[], Awaitable[Reader]]
    ) -> None:
        await closed(season)
        season.project()
        reader = await read_only()
        listed = await applications.of_call(reader, season.newcomer, season.call)
        shown = await applications.one(reader, season.newcomer, season.application1)
        for line in (*listed.items, shown):
            assert (line.unrecorded, line.status) == (True, "eligible")
            assert (line.title, line.applicant, line.submitted_at) == (None, None, None)
            assert line.handle
        assert (shown.answers, shown.applicant_name) == (None, None)
        text = msgspec.json.encode((listed, shown), enc_hook=repr).decode()
        assert not [canary for canary in (*CANARIES, season.artist1, season.artist2) if canary in text]
        assert read_by(season, "newcomer") == []

    async def test_reviews_are_shown_without_what_they_say_and_the_ranking_without_places(
        self, season: Season, read_only: Callable[[], Awaitable[Reader]]
    ) -> None:
        await closed(season)
        await ask(season, "juror", declares=True)
        await submit(season, "juror")
        season.project()
        reader = await read_only()
        told = await reviews.of_application(reader, season.newcomer, season.application1)
        assert [
            (each.status, each.unrecorded, each.score, each.scores, each.comment_jury) for each in told.items
        ] == [("submitted", True, None, None, None)]
        ranked = await panels.ranking(reader, season.newcomer, season.round)
        assert (ranked.unrecorded, ranked.places.items, ranked.places.next) == (True, (), None)

    async def test_timelines_tell_no_time_of_a_blind_round(
        self, season: Season, read_only: Callable[[], Awaitable[Reader]]
    ) -> None:
        await closed(season)
        reader = await read_only()
        for way in (
            timeline.of_call(reader, season.newcomer, season.call),
            timeline.of_application(reader, season.newcomer, season.application1),
        ):
            with pytest.raises(NotRecorded, match="The timeline is not shown at the moment") as refused:
                await way
            # It passes, so it is no matter of what somebody may see.
            problem = problem_of(refused.value)
            assert (problem.kind, problem.detail) == (ProblemType.UNAVAILABLE, refused.value.detail)
            assert "Retry-After" in problem.headers

    async def test_raw_facts_are_withheld(
        self, season: Season, read_only: Callable[[], Awaitable[Reader]]
    ) -> None:
        await closed(season)
        rows, seen, _ = await raw.facts(await read_only(), season.newcomer, after=0, limit=1000)
        kinds = {row.stream.partition("-")[0] for row in rows if row.position in seen}
        assert kinds == {"installation", "person", "initiative", "fund", "call", "round"}

    async def test_what_was_recorded_before_is_shown(
        self, season: Season, read_only: Callable[[], Awaitable[Reader]]
    ) -> None:
        """So do applicants see what they always see, and jurors what they read before."""
        await closed(season)
        await ask(season, "juror", declares=True)
        season.project()
        for who in (season.officer, season.juror):
            await applications.one(season.reader, who, season.application1)
        reader = await read_only()
        for who in (season.officer, season.juror, season.artist1):
            shown = await applications.one(reader, who, season.application1)
            assert (shown.unrecorded, shown.title) == (False, CANARY_TITLES[0])

    async def test_a_juror_is_not_shown_what_they_would_judge(
        self, season: Season, read_only: Callable[[], Awaitable[Reader]]
    ) -> None:
        await closed(season)
        await ask(season, "juror", declares=True)
        season.project()
        reader = await read_only()
        shown = await applications.one(reader, season.juror, season.application1)
        (own,) = (await own_reviews.mine(reader, season.juror)).items
        assert (shown.unrecorded, shown.title, shown.answers) == (True, None, None)
        assert (own.unrecorded, own.title, own.requested) == (True, None, None)

    async def test_a_juror_s_own_scores_are_their_own(
        self, season: Season, read_only: Callable[[], Awaitable[Reader]]
    ) -> None:
        await closed(season)
        await ask(season, "juror", declares=True)
        await submit(season, "juror")
        season.project()
        (own,) = (await own_reviews.mine(await read_only(), season.juror)).items
        assert (own.unrecorded, own.title, own.scores, own.score) == (True, None, {"art": 7}, "70.000")

    async def test_a_review_is_shown_without_the_summary(
        self, season: Season, read_only: Callable[[], Awaitable[Reader]]
    ) -> None:
        """Its juror can still read when it is due, and say that they have a conflict."""
        await season.begin()
        form = Form(questions=SUMMARISED, title_in_summary=True)
        await season.run("call.change_form", season.officer, call=season.call, stage="main", form=form)
        for part in (season.apply, season.close, season.assign):
            await part()
        season.project()
        review = season.reviews["juror", "application1"]
        withheld = await reviews.one(await read_only(), season.juror, review)
        assert (withheld.status, withheld.unrecorded, withheld.summary) == ("assigned", True, None)
        shown = await reviews.one(season.reader, season.juror, review)
        assert not shown.unrecorded
        assert shown.summary is not None

    async def test_without_a_runner_too(self, season: Season) -> None:
        await closed(season)
        reader = season.reader
        reader.runner = None
        shown = await applications.one(reader, season.newcomer, season.application1)
        assert (shown.unrecorded, shown.title) == (True, None)


async def test_a_reading_that_is_recorded_costs_a_list_no_statement(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two, as for whoever records nothing; and three for a process that does not remember the reading yet."""
    await closed(season)
    await applications.of_call(season.reader, season.newcomer, season.call)
    reader, statements = season.reader, 0
    await applications.of_call(
        reader, season.newcomer, season.call
    )  # it looks now and then whether the read models stand
    connection = History.connection

    def counted(history: History) -> Any:  # Any: what it counts
        nonlocal statements
        statements += 1
        return connection(history)

    monkeypatch.setattr(History, "connection", counted)
    costs = []
    for remembered in (True, False):
        if not remembered:
            for stream in (season.round, reading_of(season.newcomer, season.round)):
                reader.states._folded.pop(stream)
        statements = 0
        listed = await applications.of_call(reader, season.newcomer, season.call)
        assert listed.items[0].title
        costs.append(statements)
    assert costs == [2, 3]


async def test_that_nothing_was_read_is_remembered_and_costs_a_review_no_statement(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    await closed(season)
    for application in ("application1", "application2"):
        await ask(season, "juror", application, declares=True)
    asked: list[str] = []
    load = History.load

    async def noted(history: History, after: Mapping[str, int]) -> Any:  # Any: see History.load
        asked.extend(after)
        return await load(history, after)

    monkeypatch.setattr(History, "load", noted)
    await submit(season, "juror", "application1")
    assert asked == []


async def test_what_another_process_recorded_meanwhile_counts_all_the_same(
    season: Season, another: Another
) -> None:
    """The append finds that the remembered state is none any more."""
    await closed(season)
    await ask(season, "juror", declares=True)
    await holds(season, "juror", Role.OFFICER, Role.JUROR)
    elsewhere = await another("")
    await applications.of_call(elsewhere, season.juror, season.call)
    with pytest.raises(Forbidden, match=KNOWS):
        await submit(season, "juror")
