"""By which names a timeline speaks of applications and of people: to each reader only by those that are theirs to know."""

from __future__ import annotations

import re

import psycopg
import pytest

from api.pages.rendering import address_of
from domain.values import Role
from projections import applications, calls, funds, grants, timeline
from projections.timeline import Timeline
from tests.projections.conftest import CANARY_NAMES, CANARY_TITLES, Season, eur
from tests.projections.reading_all import as_json

pytestmark = pytest.mark.anyio

ASKED_BY = {
    "applications": applications.one,
    "calls": calls.one,
    "funds": funds.one,
    "grants": grants.one,
}
"""The queries behind the pages to which a line can lead."""


def titles_in(told: Timeline) -> set[str]:
    return {title for title in CANARY_TITLES if title in as_json(told)}


def names_in(told: Timeline) -> dict[str, str | None]:
    """What each application is called."""
    return {
        entry.about.id: None if entry.about.name is None else str(entry.about.name)
        for entry in told.items
        if entry.about.kind == "application"
    }


async def of_call(season: Season, viewer: str, limit: int = 100) -> Timeline:
    season.project()
    return await timeline.of_call(season.reader, viewer, season.call, limit=limit)


class TestTitles:
    async def test_the_staff_are_told_those_that_they_have_read(self, season: Season) -> None:
        """Before that a timeline would have them read it unrecorded; and opening one records no reading of answers."""
        for part in (season.begin, season.apply, season.close):
            await part()
        await season.member("newcomer", Role.OFFICER)
        season.project()
        assert titles_in(await of_call(season, season.newcomer)) == set()
        assert titles_in(await of_call(season, season.newcomer)) == set()
        await applications.one(season.reader, season.newcomer, season.application1)
        assert titles_in(await of_call(season, season.newcomer)) == set(CANARY_TITLES)

    async def test_of_an_application_that_was_changed_the_newest_is_told(self, season: Season) -> None:
        """Wherever the rows of its titles lie in the database, which is often not the order in which they were written."""
        for part in (season.begin, season.apply):
            await part()
        await season.run(
            "application.change",
            season.artist1,
            application=season.application1,
            title="Ten kitchens",
            requested=eur("1500.00"),
            answers={"idea": "A better idea", "born": "1990"},
        )
        season.project()
        with psycopg.connect(season.url) as connection:
            # Without its index, the table is read in the order in which its rows lie.
            connection.execute("ALTER TABLE read.titles DROP CONSTRAINT titles_pkey")
            connection.execute("UPDATE read.titles SET topic = topic WHERE version = 1")
        told = await timeline.of_application(season.reader, season.artist1, season.application1)
        assert names_in(told) == {season.application1: "Ten kitchens"}

    async def test_an_officer_with_a_conflict_is_told_no_title_and_given_no_link_of_it(
        self, season: Season
    ) -> None:
        for part in (season.begin, season.apply, season.close, season.assign):
            await part()
        conflicted = season.reviews["second_juror", "application1"]
        await season.run(
            "review.declare_conflict",
            season.second_juror,
            review=conflicted,
            reason="friendship",
            explanation=None,
        )
        await season.run(
            "initiative.add_member",
            season.administrator,
            initiative=season.initiative,
            person=season.second_juror,
            roles=(Role.JUROR, Role.OFFICER),
        )
        told = await of_call(season, season.second_juror)
        assert CANARY_TITLES[0] not in as_json(told)
        about = [entry.about for entry in told.items if entry.about.id == season.application1]
        assert about
        assert {address_of(each) for each in about} == {None}

    async def test_funders_follow_applications_by_their_handles(self, season: Season) -> None:
        await season.whole()
        told = await of_call(season, season.funder)
        assert titles_in(told) == set()
        handles = {
            each.id: each.handle
            for each in (await applications.of_call(season.reader, season.officer, season.call)).items
        }
        assert names_in(told) == handles
        fund = await timeline.of_fund(season.reader, season.funder, season.fund, limit=100)
        assert titles_in(fund) == set()

    async def test_applicants_are_told_their_own(self, season: Season) -> None:
        await season.whole()
        season.project()
        for number, other in ((1, 2), (2, 1)):
            mine = season.things[f"application{number}"]
            told = await timeline.of_application(
                season.reader, season.people[f"artist{number}"], mine, limit=100
            )
            assert titles_in(told) == {CANARY_TITLES[number - 1]}
            assert season.things[f"application{other}"] not in as_json(told)
            assert names_in(told) == {mine: CANARY_TITLES[number - 1]}


@pytest.mark.parametrize("who", ["officer", "funder", "artist1"])
async def test_every_line_leads_to_something_that_its_reader_can_open(season: Season, who: str) -> None:
    await season.whole()
    season.project()
    viewer = season.people.get(who) or getattr(season, who)
    if who == "artist1":
        told = [
            await timeline.of_application(season.reader, viewer, season.application1, limit=100),
            await timeline.of_grant(season.reader, viewer, season.things["grant"], limit=100),
        ]
    else:
        told = [
            await of_call(season, viewer),
            await timeline.of_fund(season.reader, viewer, season.fund, limit=100),
        ]
    addresses = {address_of(entry.about) for each in told for entry in each.items} - {None}
    assert len(addresses) >= 2
    for address in addresses:
        assert address is not None
        _, where, thing = address.split("/")
        await ASKED_BY[where](season.reader, viewer, thing)


class TestNumbers:
    async def test_nobody_is_named(self, season: Season) -> None:
        await season.whole()
        for viewer in (season.officer, season.funder):
            text = as_json(await of_call(season, viewer))
            assert not [name for name in (*CANARY_NAMES, "Person ") if name in text]

    async def test_no_number_is_missing_where_somebody_is_hidden(self, season: Season) -> None:
        """What jurors did with application 1 is hidden from a person with a conflict; the letters of the others still begin
        at A, so they show neither that somebody is hidden nor who is who to another reader."""
        await season.whole()
        await season.run(
            "initiative.add_member",
            season.administrator,
            initiative=season.initiative,
            person=season.second_juror,
            roles=(Role.OFFICER,),
        )
        theirs, whole = [await of_call(season, viewer) for viewer in (season.second_juror, season.officer)]
        for told in (theirs, whole):
            for role, first in (("Juror", "A"), ("Officer", "1")):
                marks = list(
                    dict.fromkeys(re.findall(rf"\b{role} (\w+)", as_json([str(e.what) for e in told.items])))
                )
                expected = [chr(ord(first) + number) for number in range(len(marks))]
                assert marks == expected
        letters = [
            {entry.handle: str(entry.actor) for entry in told.items if entry.role == "juror"}
            for told in (theirs, whole)
        ]
        assert len(letters[0]) < len(letters[1])

    async def test_the_applicant_is_not_told_how_many_judged(self, season: Season) -> None:
        await season.whole()
        season.project()
        told = await timeline.of_application(season.reader, season.artist1, season.application1, limit=100)
        assert not re.search(r"\b(Juror|Chair) \w", as_json([str(entry.what) for entry in told.items]))

    async def test_a_number_is_the_same_on_every_page(self, season: Season) -> None:
        await season.whole()
        whole = await of_call(season, season.officer)
        found, cursor = [], None
        while True:
            page = await timeline.of_call(season.reader, season.officer, season.call, limit=3, cursor=cursor)
            found += page.items
            if (cursor := page.next) is None:
                break
        assert [str(each.actor) for each in found] == [str(each.actor) for each in whole.items]
