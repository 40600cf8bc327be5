"""People with ties to an applicant or a payee: what their other roles would show of it is left out."""

from __future__ import annotations

from datetime import date

import pytest

from domain.topics import topics_for
from domain.values import Role
from projections import grants, raw, timeline
from projections.grants.shown import ScreeningShown
from projections.moments import AsOf
from projections.paging import MOST
from tests.projections.conftest import CANARY_ANSWERS, Season, eur
from tests.projections.test_changed_grants import granted
from tests.projections.test_judging_staff import holds

pytestmark = pytest.mark.anyio


async def organisation(season: Season, member: str) -> str:
    """An organisation of one new person."""
    season.people[member] = await season.office.person(f"Person {member}")
    return await season.run("organisation.register", season.people[member], name="Winter house")


async def test_staff_who_acted_for_the_applicant_before_read_none_of_the_jury_s_steps(season: Season) -> None:
    await season.begin()
    house = await organisation(season, "former")
    await season.run("organisation.invite", season.former, organisation=house, person=season.artist1)
    await season.run("organisation.join", season.artist1, organisation=house)
    await season.run("organisation.remove_member", season.former, organisation=house, person=season.former)
    for number, applicant in ((1, house), (2, season.artist2)):
        season.things[f"application{number}"] = await season.run(
            "application.submit",
            season.people[f"artist{number}"],
            call=season.call,
            round=season.round,
            applicant=applicant,
            title="Title",
            requested=eur("1500.00"),
            answers={"idea": CANARY_ANSWERS[0], "born": CANARY_ANSWERS[1]},
        )
    for part in (season.close, season.assign, season.judge, season.decide):
        await part()
    await holds(season, "former", Role.OFFICER)
    season.project()

    for_applicants = topics_for(Role.APPLICANT)
    for who, application, told in (
        ("former", "application1", False),
        ("former", "application2", True),
        ("officer", "application1", True),
    ):
        found = await timeline.of_application(
            season.reader, season.people[who], season.things[application], limit=MOST
        )
        topics = {entry.topic for entry in found.items}
        assert "application.submitted.v1" in topics
        assert bool(topics - for_applicants) == told, (who, application)


async def screen(season: Season, setting: int) -> None:
    """The payee of that setting is screened."""
    await season.run(
        "grant.record_screening",
        season.finance,
        grant=season.grant_id,
        setting=setting,
        result="match_ruled_out",
        reference=f"S-{setting}",
        screened_on=date(2026, 3, 1),
    )


async def screening(season: Season, who: str, as_of: AsOf | None = None) -> ScreeningShown | None:
    """What somebody is shown of the grant's latest screening."""
    season.project()
    found = await grants.one(season.reader, season.people[who], season.grant_id, as_of=as_of)
    return found.screening


TIMELINES = {
    "grant_id": timeline.of_grant,
    "call": timeline.of_call,
    "fund": timeline.of_fund,
    "application1": timeline.of_application,
}


async def told(season: Season, who: str) -> dict[str, int]:
    """How many screenings each timeline tells somebody."""
    found = {}
    for thing, query in TIMELINES.items():
        shown = await query(season.reader, season.people[who], season.things[thing], limit=MOST)
        found[thing] = sum(entry.topic == "grant.screened.v1" for entry in shown.items)
    return found


async def raw_topics(season: Season, who: str) -> set[str]:
    """The topics of the raw facts that somebody sees."""
    rows, seen, _ = await raw.facts(season.reader, season.people[who], after=0, limit=1000)
    return {row.topic for row in rows if row.position in seen}


@pytest.mark.parametrize("role", [Role.FUNDER, Role.OFFICER])
async def test_whoever_acts_for_a_payee_reads_its_screening_nowhere(season: Season, role: Role) -> None:
    """Neither while it is the payee nor afterwards, also not as it was then; that of another payee they read."""
    await granted(season)
    season.things["grant_id"] = season.things["grant"]
    host = await organisation(season, "tied")
    await holds(season, "tied", role)
    payee = {"grant": season.grant_id, "name": "Canary Payee", "account": "Canary Payee 2"}
    await season.run("grant.set_payee", season.artist1, **payee, kind="fiscal_host", host=host)
    await screen(season, 2)

    assert await screening(season, "tied") is None
    assert await told(season, "tied") == dict.fromkeys(TIMELINES, 0)
    assert await screening(season, "funder") is not None
    assert await told(season, "funder") == dict.fromkeys(TIMELINES, 1)
    then = AsOf(len(season.office.rows()))

    await season.run("grant.set_payee", season.artist1, **payee, kind="other")
    assert await screening(season, "tied") is None
    assert await told(season, "tied") == dict.fromkeys(TIMELINES, 0)
    await season.run("installation.appoint", season.administrator, person=season.tied)
    assert "grant.screened.v1" not in await raw_topics(season, "tied")
    await screen(season, 3)
    found = await screening(season, "tied")
    assert found is not None
    assert found.reference == "S-3"
    assert await told(season, "tied") == dict.fromkeys(TIMELINES, 1)
    assert await screening(season, "tied", then) is None
    assert await screening(season, "funder", then) is not None
    assert ("grant.screened.v1" in await raw_topics(season, "tied")) == (role is Role.OFFICER)
