"""Whoever owes a review of an application learns no score, mean, rank or time of it, whatever other role they are given."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.refusals import Forbidden
from domain.values import Role
from projections import applications, panels, raw, reviews, timeline
from tests.projections.conftest import Season
from tests.projections.reading_all import leaks, read_all
from tests.projections.test_judging_staff import holds

pytestmark = pytest.mark.anyio

SUBMITTED_AT = "13:23:45"
"""The minute and second at which both applications came in, which stand in nothing else that is asked here."""
SCORES = ("80.000", "90.000", "85.000", '"art":8', '"art":9', "Canary comment")

ROLES = [
    (Role.OFFICER,),
    (Role.OFFICER, Role.JUROR),
    (Role.OFFICER, Role.CHAIR),
    (Role.FUNDER, Role.JUROR),
    (Role.FINANCE, Role.APPROVER, Role.ADMINISTRATOR),
    tuple(role for role in (Role.OFFICER, Role.CHAIR, Role.JUROR, Role.FINANCE, Role.APPROVER, Role.FUNDER)),
]


async def owing(season: Season, blindness: str, *, declares: bool = True) -> str:
    """A newcomer, who administers the installation, owes a review of the first application, of which two were
    submitted; gives the review."""
    await season.begin(blindness)
    began = season.office.now
    season.office.now = began.replace(hour=13, minute=23, second=45)
    await season.apply()
    season.office.now = began + timedelta(hours=3)
    for part in (season.close, season.assign):
        await part()
    await season.member("newcomer", Role.JUROR)
    await season.run("installation.appoint", season.administrator, person=season.newcomer)
    review = await season.run(
        "review.assign", season.officer, application=season.application1, juror=season.newcomer
    )
    if declares:
        await season.run("review.declare_no_conflict", season.newcomer, review=review)
    await season.judge()
    return review


@pytest.mark.parametrize("roles", ROLES, ids=" ".join)
@pytest.mark.parametrize("blindness", ["double", "open"])
async def test_no_query_tells_score_rank_or_time(
    season: Season, blindness: str, roles: tuple[Role, ...]
) -> None:
    await owing(season, blindness)
    await holds(season, "newcomer", *roles)
    found = {
        name: answer
        for name, answer in (await read_all(season, season.newcomer)).items()
        if name.endswith(("application1", "panels.ranking", "of_call"))
    }
    # The other application is theirs to read as staff, in the list and in the timeline of the call.
    theirs = {
        name: answer.replace(SUBMITTED_AT, "") if name.endswith("of_call") else answer
        for name, answer in found.items()
    }
    assert leaks(theirs, SUBMITTED_AT, *SCORES) == {}
    rows, seen, _ = await raw.facts(season.reader, season.newcomer, after=0, limit=1000)
    about = {
        season.application1,
        *(review for (_, application), review in season.reviews.items() if application == "application1"),
    }
    assert not [row for row in rows if row.position in seen and row.stream in about]


@pytest.mark.parametrize("declares", [False, True])
async def test_an_officer_who_owes_a_review_sees_who_has_submitted_and_nothing_more(
    season: Season, declares: bool
) -> None:
    review = await owing(season, "open", declares=declares)
    await holds(season, "newcomer", Role.OFFICER)
    season.project()
    shown = await reviews.of_application(season.reader, season.newcomer, season.application1)
    assert {each.juror: each.status for each in shown.items} == {
        season.juror: "submitted",
        season.second_juror: "replaced",
        season.third_juror: "submitted",
        season.newcomer: "cleared" if declares else "assigned",
    }
    assert {(each.score, each.scores, each.comment_jury, each.comment_applicant) for each in shown.items} == {
        (None, None, None, None)
    }
    for other in ("juror", "third_juror"):
        one = await reviews.one(season.reader, season.newcomer, season.reviews[other, "application1"])
        assert (one.status, one.score, one.comment_jury) == ("submitted", None, None)
    listed = await applications.of_call(season.reader, season.newcomer, season.call)
    assert {item.id: item.submitted_at is None for item in listed.items} == {
        season.application1: True,
        season.application2: False,
    }
    for question in (
        panels.ranking(season.reader, season.newcomer, season.round),
        timeline.of_application(season.reader, season.newcomer, season.application1),
    ):
        with pytest.raises(Forbidden):
            await question
    told = await timeline.of_call(season.reader, season.newcomer, season.call, limit=100)
    streams = {entry.stream for entry in told.items}
    assert streams.isdisjoint({season.application1, review})
    assert season.application2 in streams


async def test_whoever_has_submitted_sees_all_of_it(season: Season) -> None:
    """So what is hidden before is there, but for times, which whoever judges is told once the round is decided."""
    review = await owing(season, "open")
    await season.run("review.submit", season.newcomer, review=review, scores={"art": 8})
    await holds(season, "newcomer", Role.OFFICER)
    found = await read_all(season, season.newcomer)
    assert "80.000" in found["reviews.of_application application1"]
    assert "not when things happened" in found["timeline.of_application application1"]
    assert '"rank":1' in found["panels.ranking"]


async def test_the_ranking_read_in_another_role_ends_the_review(season: Season) -> None:
    """A juror who was asked for nothing becomes an officer, reads the ranking, and is asked then; or owes a review that
    they took on in the moment between."""
    await season.begin("open")
    for part in (season.apply, season.close, season.assign, season.judge):
        await part()
    await season.member("newcomer", Role.OFFICER)
    season.project()
    await panels.ranking(season.reader, season.newcomer, season.round)
    await holds(season, "newcomer", Role.JUROR)
    with pytest.raises(Exception, match="This person has seen others' scores of this application"):
        await season.run(
            "review.assign", season.officer, application=season.application1, juror=season.newcomer
        )
