"""Staff who applied are applicants in that round: of their rivals they read nothing before it is decided."""

from __future__ import annotations

import pytest

from domain.refusals import Forbidden
from projections import applications
from tests.projections.conftest import CANARIES, CANARY_TITLES, Season, eur
from tests.projections.reading_all import answered, leaks, read_all

pytestmark = pytest.mark.anyio

HIDDEN = "Forbidden: You or your organisation applied in this round, or you helped to write an application, so others are not shown to you before it is decided."


async def apply_as_an_officer(season: Season) -> str:
    """A second officer applies beside the two artists; gives the officer's application."""
    return await season.run(
        "application.submit",
        season.second_officer,
        call=season.call,
        round=season.round,
        title="Own Title",
        requested=eur("300.00"),
        answers={"idea": "An own idea", "born": "An own village"},
    )


async def with_a_second_officer(season: Season) -> None:
    """The season begins, and the first officer has a colleague."""
    await season.begin()
    season.people["second_officer"] = await season.office.person("Officer who applies")
    await season.run(
        "initiative.add_member",
        season.administrator,
        initiative=season.initiative,
        person=season.second_officer,
        roles=("officer",),
    )


async def test_an_officer_who_applied_reads_of_rivals_only_when_the_round_is_decided(season: Season) -> None:
    """No title, name, answer, score, comment or step of the jury, by no query; their own application as applicants do."""
    await with_a_second_officer(season)
    own = await apply_as_an_officer(season)
    for part in (season.apply, season.close, season.assign, season.judge):
        await part()
    await season.run("application.find_ineligible", season.officer, application=own, reason="outside_scope")
    season.things["panel"] = await season.run("panel.open", season.officer, round=season.round)
    await season.run(
        "panel.set_outcome",
        season.chair,
        panel=season.panel,
        application=season.application1,
        outcome="award",
        reason="quality",
        amount=eur("1400.25"),
    )

    found = await read_all(season, season.second_officer)

    # The officer's own answer to the same question is another; the list of members names nobody who applied.
    assert leaks(found, *CANARIES, season.artist1, season.artist2, "1400.25", season.application1) == {}
    for number in (1, 2):
        for query in ("applications.one", "reviews.of_application", "timeline.of_application"):
            assert found[f"{query} application{number}"] == HIDDEN
    for juror, application in season.reviews:
        assert found[f"reviews.one {juror} {application}"] == HIDDEN
    listed = await applications.of_call(season.reader, season.second_officer, season.call)
    assert [(item.id, item.title, item.applicant) for item in listed.items] == [
        (own, "Own Title", season.second_officer)
    ]
    mine = await applications.one(season.reader, season.second_officer, own)
    assert (mine.seen_as, mine.status) == ("applicant", "ineligible")

    await season.run(
        "panel.set_outcome",
        season.chair,
        panel=season.panel,
        application=season.application2,
        outcome="decline",
        reason="not_selected",
    )
    await season.run("panel.close", season.chair, panel=season.panel)
    await season.run("panel.confirm", season.officer, panel=season.panel)
    await season.run("panel.announce", season.officer, panel=season.panel)

    found = await read_all(season, season.second_officer)

    assert {
        "applications.one application1",
        "reviews.of_application application1",
        "panels.ranking",
    } <= answered(found)
    listed = await applications.of_call(season.reader, season.second_officer, season.call)
    assert {item.title for item in listed.items} == {"Own Title", *CANARY_TITLES}


async def test_a_list_is_whole_at_once_when_the_round_is_decided(season: Season) -> None:
    """What keeps rivals away is the round's stream, not a read model that may lag."""
    await with_a_second_officer(season)
    own = await apply_as_an_officer(season)
    for part in (season.apply, season.close, season.assign, season.judge):
        await part()
    await season.run("application.find_ineligible", season.officer, application=own, reason="outside_scope")
    season.project()
    assert len((await applications.of_call(season.reader, season.second_officer, season.call)).items) == 1
    await season.decide()
    assert len((await applications.of_call(season.reader, season.second_officer, season.call)).items) == 3


async def test_an_officer_who_applied_reads_on_in_pages_without_rivals(season: Season) -> None:
    """A page is filled with what is shown; none is short, or empty before the last."""
    await with_a_second_officer(season)
    own = {await apply_as_an_officer(season) for _ in range(3)}
    await season.apply()
    season.project()
    seen: list[str] = []
    cursor = None
    sizes = []
    while True:
        page = await applications.of_call(
            season.reader, season.second_officer, season.call, cursor=cursor, limit=2
        )
        sizes.append(len(page.items))
        seen += [item.id for item in page.items]
        if (cursor := page.next) is None:
            break
    assert (sorted(seen), sizes) == (sorted(own), [2, 1])


async def test_whoever_found_a_rival_ineligible_cannot_apply_any_more(season: Season) -> None:
    """Through the real runner, whose first act in a call gives the handle by which the examiner is known."""
    await with_a_second_officer(season)
    await season.apply()
    await season.run(
        "application.find_ineligible",
        season.second_officer,
        application=season.application1,
        reason="outside_scope",
    )
    with pytest.raises(Forbidden, match="You have read applications of this round"):
        await apply_as_an_officer(season)
