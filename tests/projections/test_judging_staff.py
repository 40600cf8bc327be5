"""Staff who judge, too: of what they were asked to judge they read as its jurors do, and no less by any other query."""

from __future__ import annotations

from collections import Counter

import pytest

from domain.refusals import Refused
from domain.values import Role
from projections import applications, reviews, timeline
from tests.projections.conftest import CANARIES, CANARY_ANSWERS, CANARY_NAMES, CANARY_TITLES, Season
from tests.projections.reading_all import leaks, read_all

pytestmark = pytest.mark.anyio

UNDECLARED = "Forbidden: Declare first whether you have a conflict of interest with this application."


async def holds(season: Season, who: str, *roles: Role) -> None:
    """Somebody is given these roles in place of those held before."""
    await season.run(
        "initiative.add_member",
        season.administrator,
        initiative=season.initiative,
        person=season.people[who],
        roles=roles,
    )


async def assigned(season: Season, blindness: str) -> None:
    """The round is closed, two jurors are asked for both applications, and one of them has become an officer since."""
    await season.begin(blindness)
    for part in (season.apply, season.close, season.assign):
        await part()
    await holds(season, "juror", Role.OFFICER, Role.JUROR)


async def test_an_officer_reads_nothing_of_what_they_were_asked_to_judge_before_they_declare(
    season: Season,
) -> None:
    """Whether the call is blind or open; the list and the timeline name its handle alone."""
    await assigned(season, "open")

    found = await read_all(season, season.juror)

    assert leaks(found, *CANARIES, season.artist1, season.artist2) == {}
    assert found["applications.one application1"] == UNDECLARED
    listed = await applications.of_call(season.reader, season.juror, season.call)
    assert {(item.title, item.applicant, item.submitted_at) for item in listed.items} == {(None, None, None)}
    assert all(item.handle for item in listed.items)


@pytest.mark.parametrize("blindness", ["single", "double"])
async def test_an_officer_who_judges_in_a_blind_call_never_reads_who_applied(
    season: Season, blindness: str
) -> None:
    """From the declaration to the decision, in no query; the text they judge they read."""
    await assigned(season, blindness)
    identity = (*CANARY_NAMES, CANARY_ANSWERS[1], season.artist1, season.artist2)
    for number in (1, 2):
        await season.run(
            "review.declare_no_conflict", season.juror, review=season.reviews["juror", f"application{number}"]
        )
    assert leaks(await read_all(season, season.juror), *identity) == {}
    listed = await applications.of_call(season.reader, season.juror, season.call)
    assert {(item.title, item.applicant, item.submitted_at) for item in listed.items} == {
        (CANARY_TITLES[0], None, None),
        (CANARY_TITLES[1], None, None),
    }
    await holds(season, "juror", Role.OFFICER)  # even one who is of the jury no more
    assert leaks(await read_all(season, season.juror), *identity) == {}


async def test_an_officer_who_judged_runs_the_round_when_it_is_decided(season: Season) -> None:
    """Then the staff must know to whom it offers a grant."""
    await season.begin()
    for part in (season.apply, season.close, season.assign, season.judge, season.decide):
        await part()
    await holds(season, "juror", Role.OFFICER, Role.JUROR)
    season.project()
    listed = await applications.of_call(season.reader, season.juror, season.call)
    assert {(item.title, item.applicant) for item in listed.items} == {
        (CANARY_TITLES[0], season.artist1),
        (CANARY_TITLES[1], season.artist2),
    }


async def test_staff_who_judge_too_wait_for_others_reviews_with_the_jury(season: Season) -> None:
    """Otherwise they could be asked for one when they have read the others."""
    await season.begin("open")
    for part in (season.apply, season.close, season.assign, season.judge):
        await part()
    await holds(season, "chair", Role.OFFICER, Role.CHAIR)
    season.project()
    waiting = await reviews.of_application(season.reader, season.chair, season.application1)
    assert {(item.juror, item.status) for item in waiting.items} == {
        (season.juror, "submitted"),
        (season.second_juror, "replaced"),
        (season.third_juror, "submitted"),
    }
    assert {(item.scores, item.score, item.comment_jury) for item in waiting.items} == {(None, None, None)}
    await season.open_panel()
    shown = await reviews.of_application(season.reader, season.chair, season.application1)
    assert {item.score for item in shown.items} == {None, "80.000", "90.000"}


async def test_whoever_read_the_reviews_as_an_officer_is_asked_for_none(season: Season) -> None:
    """Neither with both roles nor with the juror's alone, and also where the officer's was taken away; of what they did
    not read, they are."""
    await season.begin("open")
    for part in (season.apply, season.close, season.assign, season.judge):
        await part()
    season.project()
    assert (await reviews.of_application(season.reader, season.officer, season.application1)).items
    await holds(season, "chair", Role.OFFICER, Role.CHAIR)
    for roles in ((Role.OFFICER, Role.JUROR), (Role.JUROR,)):
        await holds(season, "officer", *roles)
        with pytest.raises(Refused, match="This person has seen others' scores"):
            await season.run(
                "review.assign", season.chair, application=season.application1, juror=season.officer
            )
    await season.run("review.assign", season.chair, application=season.application2, juror=season.officer)


async def test_the_timelines_tell_a_conflicted_officer_nothing_of_the_jury(season: Season) -> None:
    """Neither the application's nor the call's; of the other application they tell all."""
    await season.begin()
    for part in (season.apply, season.close, season.assign, season.judge, season.decide):
        await part()
    await holds(season, "second_juror", Role.OFFICER, Role.JUROR)
    season.project()

    own = await timeline.of_application(season.reader, season.second_juror, season.application1, limit=100)
    other = await timeline.of_application(season.reader, season.second_juror, season.application2, limit=100)
    call = await timeline.of_call(season.reader, season.second_juror, season.call, limit=100)
    officers = await timeline.of_call(season.reader, season.officer, season.call, limit=100)

    def jury(page: object) -> list[str]:
        return [
            f"{entry.stream} {entry.topic}"
            for entry in page.items  # type: ignore[attr-defined]
            if entry.topic.startswith(("review.", "panel.outcome"))
        ]

    assert [entry.topic for entry in own.items] == [
        "application.submitted.v1",
        "application.found_eligible.v1",
        "application.awarded.v1",
    ]
    told = await timeline.of_application(season.reader, season.officer, season.application1, limit=100)
    assert jury(told)
    assert jury(other) == jury(
        await timeline.of_application(season.reader, season.officer, season.application2, limit=100)
    )
    assert Counter(jury(call)) == Counter(jury(officers)) - Counter(jury(told))
