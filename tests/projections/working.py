"""What tests of work that waits share: for whom it waits, to whom it is noted, and the moments at which it does."""

from __future__ import annotations

from typing import Any

from api.locales import ENGLISH
from domain.commands.call_drafts import CallMoney
from domain.panels.state import PANEL
from domain.stages import Blindness
from projections import initiatives
from projections.letters.work import work_of
from projections.letters.work_added import workers
from projections.work_waiting import Work, WorkKind, calls_of, work_in
from tests.projections.conftest import Season, eur

EVERYBODY = (
    "administrator",
    "officer",
    "chair",
    "finance",
    "approver",
    "funder",
    "juror",
    "third_juror",
    "artist1",
)


async def waits(season: Season, who: str) -> list[Work]:
    """What waits in calls for somebody."""
    season.project()
    reader, person = season.reader, season.people[who]
    return [
        work
        for own in (await initiatives.me(reader, person)).initiatives
        for work in await work_in(
            reader,
            person,
            own,
            await calls_of(reader, person, own),
            now=season.office.now,
            may_lag=False,
        )
    ]


async def kinds(season: Season, *people: str) -> dict[str, list[tuple[WorkKind, int]]]:
    """The kinds of what waits for them now and how often, without people for whom nothing does."""
    found = {
        who: [(each.kind, each.count) for each in await waits(season, who) if each.ready] for who in people
    }
    return {who: its for who, its in found.items() if its}


async def said(season: Season, who: str) -> list[str]:
    """What a letter would say now."""
    season.project()
    return [
        ENGLISH.say(each) for each in await work_of(season.reader, season.people[who], now=season.office.now)
    ]


async def told(season: Season, kind: type[Any], **named: object) -> set[str]:
    """To whom it is noted that a fact adds work, by their names; only what it is about matters of the fact."""
    fact = kind(**dict.fromkeys(kind.__struct_fields__, "") | named)
    people = await workers(season.reader, fact)
    return {name for name, person in season.people.items() if person in people}


async def begun(season: Season) -> None:
    """Two jurors are asked for each of two applications, which need two reviews."""
    await season.begin()
    for part in (season.apply, season.close, season.assign):
        await part()


async def step_back(season: Season, juror: str, application: str) -> dict[str, Any]:
    """A juror declares a conflict of interest; returns what it was about."""
    review = season.reviews[juror, application]
    await season.run("review.declare_conflict", season.people[juror], review=review, reason="friendship")
    return {
        "review": review,
        "round": season.round,
        "application": season.things[application],
        "juror": season.people[juror],
    }


async def on_the_fast_track(season: Season) -> None:
    """The panel of a call on the fast track is open, and its chair set no outcome yet."""
    draft = season.draft

    async def short(fund: str, blindness: Blindness = "double") -> str:
        call = await draft(fund, blindness)
        await season.run(
            "call.change_draft",
            season.officer,
            call=call,
            money=CallMoney(
                budget=eur("5000.00"),
                minimum_award=eur("100.00"),
                maximum_award=eur("3000.00"),
                fast_track_up_to=eur("3000.00"),
            ),
        )
        return call

    season.draft = short  # type: ignore[method-assign]
    await season.begin()
    for part in (season.apply, season.close, season.assign, season.judge, season.open_panel):
        await part()


async def decline(season: Season, number: int, who: str = "chair", reason: str = "other") -> None:
    await season.run(
        "panel.set_outcome",
        season.people[who],
        panel=season.panel,
        application=season.things[f"application{number}"],
        outcome="decline",
        reason=reason,
    )


async def told_of_the_newest_outcome(season: Season) -> set[str]:
    """To whom it is noted that the outcome that was set last adds work."""
    panel = await season.reader.the(PANEL, season.panel)
    people = await workers(season.reader, panel.decisions[-1])
    return {name for name, person in season.people.items() if person in people}
