"""What was different in an application before it was changed or came back: the staff alone read it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.commands.dossiers import EraseDossier
from domain.values import SYSTEM, Channel
from history.requests import Request
from projections import applications
from projections.applications import ApplicationDetail
from projections.applications.returns import to_compare
from projections.moments import AsOf
from tests.projections.conftest import CANARY_ANSWERS, CANARY_TITLES, DEADLINE, Season, eur

pytestmark = pytest.mark.anyio

NEW: dict[str, Any] = {
    "title": CANARY_TITLES[0],
    "requested": eur("1600.00"),
    "answers": {"idea": "Another idea", "born": CANARY_ANSWERS[1]},
}


async def shown(season: Season, viewer: str, **options: Any) -> ApplicationDetail:
    """The first application."""
    season.project()
    return await applications.one(season.reader, viewer, season.application1, **options)


async def came_back(season: Season) -> None:
    """The first application is returned, and submitted again with another idea, another sum and nobody who takes part."""
    await (await season.begin()).apply()
    until = (DEADLINE + timedelta(days=9)).replace(tzinfo=None)
    asked = {"application": season.application1, "questions": "What is it?", "resubmit_by": until}
    await season.run("application.return", season.officer, **asked)
    await season.run("application.resubmit", season.artist1, application=season.application1, **NEW)


async def test_the_staff_read_what_was_otherwise_before_it_came_back(season: Season) -> None:
    await came_back(season)
    found = await shown(season, season.officer)
    assert found.before is not None
    assert found.answers is not None
    assert found.answers["idea"] == "Another idea"
    assert found.before.answers["idea"] == CANARY_ANSWERS[0]
    assert set(found.before.answers) == {"idea", "people"}, "where it was lived was not changed"
    assert (found.before.title, found.before.requested) == (None, eur("1500.00"))
    assert found.before.came_back_at == found.came_back_at == found.asked[0].resubmitted_at
    listed = (await applications.of_call(season.reader, season.officer, season.call)).items
    assert {each.id: each.came_back_at for each in listed} == {
        season.application1: found.came_back_at,
        season.application2: None,
    }


async def test_it_is_as_it_was_then(season: Season) -> None:
    await (await season.begin()).apply()
    before = AsOf(len(season.office.rows()))
    await season.run("application.change", season.artist1, application=season.application1, **NEW)
    now, then = await shown(season, season.officer), await shown(season, season.officer, as_of=before)
    assert now.before is not None
    assert (now.before.came_back_at, now.before.answers["idea"]) == (None, CANARY_ANSWERS[0])
    assert then.before is None


async def test_the_jury_the_applicant_and_funders_read_the_last_version_only(season: Season) -> None:
    await came_back(season)
    assert (await shown(season, season.artist1)).before is None
    await season.close()
    await season.assign()
    await season.judge()
    juror = await shown(season, season.juror)
    assert (juror.before, juror.came_back_at, juror.asked) == (None, None, ())
    assert (juror.answers or {})["idea"] == "Another idea"
    await season.decide()
    for viewer in (season.juror, season.chair, season.funder):
        found = await shown(season, viewer)
        assert (found.before, found.came_back_at) == (None, None)
        listed = await applications.of_call(season.reader, season.funder, season.call)
        assert {each.came_back_at for each in listed.items} == {None}


async def test_what_was_erased_is_erased_in_both_versions(season: Season) -> None:
    await came_back(season)
    dossier = EraseDossier(dossier=await season.dossier_of(season.application1), reason="asked_by_person")
    await season.office.runner.run(Request(command=dossier, actor=SYSTEM, channel=Channel.SYSTEM))
    found = await shown(season, season.officer)
    assert (found.before, found.erased, found.came_back_at is not None) == (None, True, True)


SUBMITTED, CHANGED, RETURNED, AGAIN, LAPSED, CONTINUED = (
    f"application.{each}.v1"
    for each in ("submitted", "changed", "returned", "resubmitted", "return_lapsed", "continued")
)


@pytest.mark.parametrize(
    ("topics", "compared"),
    [
        ((SUBMITTED,), None),
        ((SUBMITTED, RETURNED), None),
        ((SUBMITTED, CHANGED), (1, None)),
        ((SUBMITTED, CHANGED, CHANGED), (1, None)),
        ((SUBMITTED, CHANGED, RETURNED, AGAIN), (2, 4)),
        ((SUBMITTED, RETURNED, AGAIN, CHANGED), (1, 3)),
        ((SUBMITTED, RETURNED, AGAIN, RETURNED, AGAIN), (3, 5)),
        ((SUBMITTED, RETURNED, LAPSED, CHANGED), (1, None)),
        ((SUBMITTED, RETURNED, AGAIN, CONTINUED), None),
    ],
)
def test_it_is_compared_with_what_stood_when_it_was_last_returned_or_with_what_was_first_submitted(
    topics: tuple[str, ...], compared: tuple[int, int | None] | None
) -> None:
    steps = list(enumerate(topics, start=1))
    written = max(version for version, topic in steps if topic not in (RETURNED, LAPSED))
    assert to_compare(steps, written) == compared
