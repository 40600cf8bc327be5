"""No time can be found by asking for two moments: who may not know when things happened gets one and the same answer,
whatever `as_of` says, from every query that takes one."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import pytest

from api.http.queries import READS, QueryRoute
from domain.refusals import Forbidden, NotFound
from domain.values import Role
from projections import applications, reviews, timeline
from projections.moments import AsOf
from tests.projections.conftest import Season
from tests.projections.reading_all import as_json

pytestmark = pytest.mark.anyio

TAKING = [read for read in READS if "as_of" in inspect.signature(read.query).parameters]
VIEWERS = (
    None,
    "juror",
    "second_juror",
    "third_juror",
    "chair",
    "funding_juror",
    "judging_officer",
    "artist1",
    "artist2",
    "officer",
    "finance",
    "approver",
    "funder",
)
MONEY = {
    "initiative.funds",
    "initiative.accounts",
    "fund.show",
    "fund.ledger",
    "fund.payments",
    "call.grants",
    "grant.show",
}
OF_CALLS = {"call.show", "round.show", "fund.timeline", "call.timeline", "grant.timeline"}
OF_APPLICATIONS = {
    "call.applications",
    "round.ranking",
    "application.show",
    "application.reviews",
    "application.timeline",
    "application.messages",
    "application.notes",
}


def times(viewer: str | None, name: str, stage: str) -> bool:
    """Whether somebody may know times of what a query answers, as it is written down here."""
    decided = stage == "decided"
    match viewer:
        case "officer":
            return True
        case "judging_officer":
            return decided or name not in OF_APPLICATIONS
        case "funder" | "funding_juror":
            if name in OF_APPLICATIONS and name != "call.applications":
                return decided
            return name != "initiative.calls"
        case "finance" | "approver":
            return name in MONEY
        case "artist1":
            return name in {
                "application.show",
                "application.timeline",
                "application.messages",
                "grant.show",
                "grant.timeline",
            }
        case _:
            return False


async def asked(season: Season, read: QueryRoute, viewer: str | None, position: int) -> str:
    """What somebody is told by a query as of a position."""
    who = season.people[viewer] if viewer else None
    things = [
        season.things["application1" if name == "application" else name]
        for name in (part[1:-1] for part in read.path.split("/") if part.startswith("{"))
    ]
    people = (who,) if "viewer" in inspect.signature(read.query).parameters else ()
    try:
        answer: Any = await read.query(season.reader, *people, *things, as_of=AsOf(position))
    except (Forbidden, NotFound) as refused:
        return f"{type(refused).__name__}: {refused.detail}"
    return as_json(answer)


async def check(season: Season, stage: str) -> None:
    """Everybody asks everything as of moments before and after an application came in."""
    season.project()
    newest = len(season.office.rows())
    submitted = next(
        position for position, stream, *_ in season.office.rows() if stream == season.application1
    )
    positions = (0, submitted - 1, submitted, newest)
    found: list[tuple[str | None, str]] = []
    for read in TAKING:
        if "{grant}" in read.path and "grant" not in season.things:
            continue
        for viewer in VIEWERS:
            if times(viewer, read.name, stage):
                continue
            told = {await asked(season, read, viewer, position) for position in positions}
            if not (len(told) == 1 and next(iter(told)).startswith(("Forbidden", "NotFound"))):
                found.append((viewer, read.name))
    assert found == []


async def begun(season: Season, blindness: str = "double") -> None:
    """Up to an open round with applications, with somebody who funds and judges, and staff who are asked to judge."""
    await season.begin(blindness)
    await season.member("judging_officer", Role.JUROR)
    await season.member("funding_juror", Role.FUNDER)
    await roles(season, "funding_juror", (Role.FUNDER, Role.JUROR))
    await season.apply()


async def roles(season: Season, name: str, given: Sequence[Role]) -> None:
    """Give somebody these roles."""
    await season.run(
        "initiative.add_member",
        season.administrator,
        initiative=season.initiative,
        person=season.people[name],
        roles=tuple(given),
    )


async def asked_to_judge(season: Season) -> None:
    """The officer to be is asked for a review, and then becomes one."""
    await season.run(
        "review.assign",
        season.officer,
        application=season.application1,
        juror=season.people["judging_officer"],
    )
    await roles(season, "judging_officer", (Role.JUROR, Role.OFFICER))


@pytest.mark.parametrize("blindness", ["open", "double"])
async def test_nobody_who_may_not_know_times_finds_one(season: Season, blindness: str) -> None:
    """In every state of the round, from every query, for everybody."""
    await begun(season, blindness)
    await check(season, "open")
    await season.close()
    await season.assign()
    await asked_to_judge(season)
    await check(season, "closed")
    await season.judge()
    review, officer = await _review_of(season, "judging_officer"), season.people["judging_officer"]
    if blindness == "open":
        await season.run("review.declare_no_conflict", officer, review=review)
        await season.run("review.submit", officer, review=review, scores={"art": 8})
    else:
        # As staff they see who applied with what they are not asked to judge.
        await applications.of_call(season.reader, officer, season.call)
        with pytest.raises(Forbidden, match="This call is blind, and you have seen who applied"):
            await season.run("review.declare_no_conflict", officer, review=review)
    await season.open_panel()
    await check(season, "in panel")
    await season.decide()
    await season.grant()
    await check(season, "decided")


async def _review_of(season: Season, name: str) -> str:
    season.project()
    (row,) = [
        row[0]
        for row in season.rows(
            "SELECT review, juror FROM read.reviews WHERE to_position = 9223372036854775807"
        )
        if row[1] == season.people[name]
    ]
    return str(row)


async def test_who_may_know_times_is_answered_as_of_then(season: Season) -> None:
    """Otherwise the test above would prove nothing."""
    await begun(season)
    season.project()
    submitted = next(
        position for position, stream, *_ in season.office.rows() if stream == season.application1
    )
    show = next(read for read in TAKING if read.name == "application.show")
    before = await asked(season, show, "officer", submitted - 1)
    after = await asked(season, show, "officer", submitted)
    assert before.startswith("NotFound")
    assert season.application1 in after


async def test_who_judges_reads_no_time_in_a_timeline(season: Season) -> None:
    """Staff who are asked to judge: neither the application's own nor what the call's says of it, until the decision."""
    await begun(season)
    await season.close()
    await season.assign()
    await asked_to_judge(season)
    season.project()
    who = season.people["judging_officer"]
    with pytest.raises(Forbidden, match="asked to judge"):
        await timeline.of_application(season.reader, who, season.application1)
    told = {entry.stream for entry in (await timeline.of_call(season.reader, who, season.call)).items}
    assert season.application1 not in told
    assert season.application2 in told
    listed = (await applications.of_call(season.reader, who, season.call)).items
    assert {item.id: item.submitted_at is None for item in listed} == {
        season.application1: True,
        season.application2: False,
    }


def test_every_query_that_takes_a_moment_is_tried() -> None:
    """And takes nothing else for one."""
    assert {read.name for read in TAKING} == MONEY | OF_CALLS | OF_APPLICATIONS | {"initiative.calls"}


async def test_what_a_juror_wrote_who_stepped_back_afterwards_is_not_read_as_of_before(
    season: Season,
) -> None:
    """Neither scores nor comments, and so nothing is recorded of it; why they stepped back is read as of now."""
    await season.begin("open")
    for part in (season.apply, season.close, season.assign, season.judge):
        await part()
    review = season.reviews["juror", "application1"]
    before = AsOf(season.rows("SELECT max(position) FROM history.facts")[0][0])
    await season.run(
        "review.declare_conflict",
        season.juror,
        review=review,
        reason="friendship",
        explanation="Canary comment on why",
    )
    season.project()

    async def seen(as_of: AsOf | None) -> reviews.ReviewShown:
        found = await reviews.of_application(season.reader, season.officer, season.application1, as_of=as_of)
        return next(item for item in found.items if item.id == review)

    shown, now = await seen(before), await seen(None)
    assert (shown.status, shown.scores, shown.score) == ("submitted", None, None)
    assert (shown.comment_jury, shown.comment_applicant, shown.explanation) == (None, None, None)
    assert (now.status, now.comment_jury, now.explanation) == ("recused", None, "Canary comment on why")
