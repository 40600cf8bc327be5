"""Who was invited to write in somebody's draft, asked of the streams; and questions of the staff that nobody answered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

import pytest

from api.drafts.drafts import Draft, DraftPlace
from api.drafts.sharing import SharedDrafts
from domain.applications.state import APPLICATION
from domain.commands.applications.returning import LapseApplicationReturn
from domain.refusals import Forbidden
from domain.values import SYSTEM, Channel
from history.requests import Answer, Request
from history.runner import Runner
from projections import applications
from tests.history.conftest import NOON
from tests.projections.conftest import CANARY_ANSWERS, DEADLINE, Season, eur
from tests.projections.test_tied_viewers import organisation

pytestmark = pytest.mark.anyio


def shared(season: Season) -> SharedDrafts:
    """The shared drafts of a season, without letters."""
    runner = season.office.runner
    nothing = cast("Any", None)
    return SharedDrafts(
        runner.history,
        runner,
        runner.vault,
        nothing,
        season.reader,
        clock=lambda: NOON,
        site="https://x.example",
    )


def draft(person: str, about: str, command: str) -> Draft:
    """A draft of somebody's."""
    return Draft("draft-1", DraftPlace(person, about, command), {}, 1, NOON, NOON)


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Who was recorded as somebody who helps, each time that the program tried to."""
    asked: list[str] = []
    run = Runner.run

    async def noting(self: Runner, request: Request) -> Answer:
        if type(request.command).__name__ == "RecordWriter":
            asked.append(request.command.person)  # type: ignore[attr-defined]
        return await run(self, request)

    monkeypatch.setattr(Runner, "run", noting)
    return asked


async def test_who_applies_to_the_call_themselves_and_read_nothing_of_it_may_help(season: Season) -> None:
    await (await season.begin()).apply()
    await shared(season).check(draft(season.artist1, season.call, "application.submit"), season.artist2)


async def test_who_helps_with_what_was_received_is_recorded_once_and_funders_see_no_other_version(
    season: Season, recorded: list[str]
) -> None:
    await (await season.begin()).apply()
    change = draft(season.artist1, season.application1, "application.change")

    async def versions() -> list[int]:
        season.project()
        viewers = (season.artist1, season.officer)
        found = [await applications.one(season.reader, each, season.application1) for each in viewers]
        return [each.version.number for each in found]

    before = await versions()
    for _ in range(2):
        await shared(season).check(change, season.artist2)
    application = await season.reader.the(APPLICATION, season.application1)
    assert application.writers == {season.artist2}
    assert recorded == [season.artist2]
    assert await versions() == before, "a form that was opened before is not out of date"
    with pytest.raises(Forbidden):
        await shared(season).check(change, season.juror)


async def test_who_acts_for_the_organisation_that_applied_is_no_helper(
    season: Season, recorded: list[str]
) -> None:
    await season.begin()
    house = await organisation(season, "artist1")
    await season.run("organisation.invite", season.artist1, organisation=house, person=season.artist2)
    await season.run("organisation.join", season.artist2, organisation=house)
    application = await season.run(
        "application.submit",
        season.artist1,
        call=season.call,
        round=season.round,
        applicant=house,
        title="Title",
        requested=eur("1500.00"),
        answers={"idea": CANARY_ANSWERS[0], "born": CANARY_ANSWERS[1]},
    )
    await shared(season).check(draft(season.artist1, application, "application.change"), season.artist2)
    assert recorded == []


async def test_questions_that_were_not_answered_in_time_can_still_be_read(season: Season) -> None:
    await (await season.begin()).apply()
    until = (DEADLINE + timedelta(days=9)).replace(tzinfo=None)
    await season.run(
        "application.return",
        season.officer,
        application=season.application1,
        questions="What is it?",
        resubmit_by=until,
    )
    season.office.now = DEADLINE + timedelta(days=20)
    lapse = LapseApplicationReturn(application=season.application1)
    await season.office.runner.run(Request(command=lapse, actor=SYSTEM, channel=Channel.SYSTEM))
    season.project()
    for viewer in (season.artist1, season.officer):
        shown = await applications.one(season.reader, viewer, season.application1)
        (asked,) = shown.asked
        assert (asked.text, asked.resubmitted_at, asked.lapsed_at is not None) == ("What is it?", None, True)
        assert (shown.awaited_until, shown.explanation) == (None, None)
