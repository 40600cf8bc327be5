"""Readings: what excludes from judging, deciding or applying is recorded before it is shown, by every query."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from domain.readings import ReadingKind
from domain.refusals import Forbidden, Refused
from domain.values import Channel, Role
from projections import applications, panels, raw, reviews, timeline
from tests.projections.conftest import CANARY_TITLES, Season, eur
from tests.projections.test_judging_staff import holds

pytestmark = pytest.mark.anyio

KNOWS = "This call is blind, and you have seen who applied"
ASKED_IN_VAIN = "This person cannot be asked to judge this application; ask another juror."
SCORES = "You have seen others' scores of this application"

Reading = tuple[str, ReadingKind, str | None, str]
"""A reading as it was recorded: who read, what kind, of which application, and by which channel."""


def recorded(season: Season) -> list[Reading]:
    """All readings in the history, in their order."""
    documents = [json.loads(bytes(row[4])) for row in season.office.rows() if row[3] == "reading.recorded.v1"]
    return [
        (
            each["fact"]["viewer"],
            each["fact"]["kind"],
            each["fact"]["application"],
            each["envelope"]["how"]["channel"],
        )
        for each in documents
    ]


def read_by(season: Season, who: str) -> list[str]:
    """The kinds that somebody is recorded to have read."""
    return [kind for viewer, kind, _, _ in recorded(season) if viewer == season.people[who]]


async def closed(season: Season, blindness: str = "double") -> None:
    """Both applications are found eligible, and there is another officer, who administers the installation, too."""
    await season.begin(blindness)
    for part in (season.apply, season.close):
        await part()
    await season.member("newcomer", Role.OFFICER)
    await season.run("installation.appoint", season.administrator, person=season.newcomer)
    season.project()


async def ask(
    season: Season, juror: str, application: str = "application1", *, declares: bool = False
) -> None:
    """A juror is asked for a review, and declares no conflict."""
    review = await season.run(
        "review.assign", season.officer, application=season.things[application], juror=season.people[juror]
    )
    season.reviews[juror, application] = review
    if declares:
        await season.run("review.declare_no_conflict", season.people[juror], review=review)


async def submit(season: Season, juror: str, application: str = "application1") -> None:
    await season.run(
        "review.submit",
        season.people[juror],
        review=season.reviews[juror, application],
        scores={"art": 7},
        comment_jury="Canary comment",
    )


async def facts(season: Season, who: str) -> Any:  # Any: see raw.facts
    return await raw.facts(season.reader, season.people[who], after=0, limit=1000)


Act = Callable[[Season, str], Awaitable[Any]]

REVEALING: dict[str, Act] = {
    "the list of applications": lambda s, who: applications.of_call(s.reader, s.people[who], s.call),
    "an application": lambda s, who: applications.one(s.reader, s.people[who], s.application2),
    "the ranking": lambda s, who: panels.ranking(s.reader, s.people[who], s.round),
    "the call's timeline": lambda s, who: timeline.of_call(s.reader, s.people[who], s.call),
    "an application's timeline": lambda s, who: timeline.of_application(
        s.reader, s.people[who], s.application2
    ),
    "raw facts": facts,
    "examining": lambda s, who: s.run(
        "application.find_ineligible", s.people[who], application=s.application2, reason="outside_scope"
    ),
}
"""The ways in which an officer learns of a round in which nothing was reviewed yet."""


class TestWhoReadAndThenJudges:
    @pytest.mark.parametrize("way", REVEALING)
    @pytest.mark.parametrize("blindness", ["double", "open"])
    async def test_a_former_officer_is_asked_for_no_review_in_a_blind_call(
        self, season: Season, way: str, blindness: str
    ) -> None:
        await closed(season, blindness)
        await REVEALING[way](season, "newcomer")
        await holds(season, "newcomer", Role.JUROR)
        if blindness == "open":
            await ask(season, "newcomer")
            return
        with pytest.raises(Refused, match=ASKED_IN_VAIN):
            await ask(season, "newcomer")

    async def test_an_officer_who_sees_only_who_submitted_can_still_be_asked(self, season: Season) -> None:
        """Until they ask for the scores, as on the page of an application. In an open call nothing else excludes."""
        await closed(season, "open")
        await ask(season, "juror", declares=True)
        await submit(season, "juror")
        season.project()
        for scores, seen in ((False, (None, None, None)), (True, ({"art": 7}, "70.000", "Canary comment"))):
            found = await reviews.of_application(
                season.reader, season.newcomer, season.application1, scores=scores
            )
            (each,) = found.items
            assert (each.status, each.unrecorded) == ("submitted", False)
            assert (each.scores, each.score, each.comment_jury) == seen
            assert read_by(season, "newcomer") == (["scores"] if scores else [])

    async def test_an_officer_who_has_read_nothing_asks_nobody_in_a_blind_call(self, season: Season) -> None:
        """Who cannot be asked may have applied: it is told after the reading that keeps the officer from judging."""
        await closed(season)
        asked = {"application": season.application1, "juror": season.juror}
        with pytest.raises(Forbidden, match="In a blind call, jurors are asked by staff who have read"):
            await season.run("review.assign", season.newcomer, **asked)
        assert read_by(season, "newcomer") == []
        await applications.one(season.reader, season.newcomer, season.application1)
        await season.run("review.assign", season.newcomer, **asked)
        await holds(season, "newcomer", Role.JUROR)
        with pytest.raises(Refused, match=ASKED_IN_VAIN):
            await ask(season, "newcomer")

    async def test_an_officer_who_has_read_nothing_judges_in_a_blind_call(self, season: Season) -> None:
        """Of what they judge they read the text, as its juror; that keeps nobody from judging."""
        await closed(season)
        await holds(season, "newcomer", Role.OFFICER, Role.JUROR)
        await ask(season, "newcomer", declares=True)
        season.project()
        shown = await applications.one(season.reader, season.newcomer, season.application1)
        assert (shown.title, shown.applicant) == (CANARY_TITLES[0], None)
        await reviews.one(season.reader, season.newcomer, season.reviews["newcomer", "application1"])
        await submit(season, "newcomer")
        assert read_by(season, "newcomer") == ["judged"]

    @pytest.mark.parametrize("way", ["the list of applications", "an application", "raw facts"])
    async def test_a_juror_who_becomes_an_officer_and_reads_submits_no_more_and_what_they_submitted_stands(
        self, season: Season, way: str
    ) -> None:
        """They are shown the neighbour of what they judge. Also a juror again, they can only step back."""
        await closed(season)
        await holds(season, "newcomer", Role.JUROR)
        await season.run("installation.appoint", season.administrator, person=season.juror)
        for juror in ("newcomer", "juror"):
            await ask(season, juror, declares=True)
        await submit(season, "juror")
        season.project()
        for juror in ("newcomer", "juror"):
            await holds(season, juror, Role.OFFICER, Role.JUROR)
            await REVEALING[way](season, juror)
            await holds(season, juror, Role.JUROR)
            assert "applicants" in read_by(season, juror)
        with pytest.raises(Forbidden, match=KNOWS):
            await submit(season, "newcomer")
        review = season.reviews["newcomer", "application1"]
        await season.run("review.declare_conflict", season.newcomer, review=review, reason="other")
        shown = await reviews.of_application(season.reader, season.officer, season.application1)
        assert "70.000" in {item.score for item in shown.items}

    async def test_a_chair_who_was_an_officer_and_read_decides_nothing(self, season: Season) -> None:
        await closed(season)
        await applications.of_call(season.reader, season.newcomer, season.call)
        await holds(season, "newcomer", Role.CHAIR)
        for part in (season.assign, season.judge, season.open_panel):
            await part()
        decline = {"application": season.application1, "outcome": "decline", "reason": "not_selected"}
        with pytest.raises(Forbidden, match=KNOWS):
            await season.run("panel.set_outcome", season.newcomer, panel=season.panel, **decline)
        with pytest.raises(Forbidden, match=KNOWS):
            await season.run("panel.close", season.newcomer, panel=season.panel)
        await season.run("panel.set_outcome", season.chair, panel=season.panel, **decline)

    async def test_a_small_house_whose_only_officer_must_judge_works_in_an_open_call(
        self, season: Season
    ) -> None:
        """The officer examines, reads, assigns themself, submits, sees who has submitted, and opens the panel."""
        await closed(season, "open")
        await holds(season, "officer", Role.OFFICER, Role.JUROR)
        for application in ("application1", "application2"):
            for juror in ("officer", "juror"):
                await ask(season, juror, application, declares=True)
            await submit(season, "juror", application)
        season.project()
        waiting = await reviews.of_application(season.reader, season.officer, season.application1)
        assert {(each.juror, each.status, each.score) for each in waiting.items} == {
            (season.officer, "cleared", None),
            (season.juror, "submitted", None),
        }
        await applications.of_call(season.reader, season.officer, season.call)
        for application in ("application1", "application2"):
            await submit(season, "officer", application)
        await season.open_panel()


class TestWhoReadAndThenApplies:
    async def apply(self, season: Season, who: str) -> None:
        await season.run(
            "application.submit",
            season.people[who],
            call=season.call,
            round=season.round,
            title="Own Title",
            requested=eur("300.00"),
            answers={"idea": "Own idea", "born": "Own village"},
        )

    @pytest.mark.parametrize("blindness", ["double", "open"])
    @pytest.mark.parametrize("way", ["the list of applications", "an application"])
    async def test_nobody_applies_who_read_what_others_wrote(
        self, season: Season, way: str, blindness: str
    ) -> None:
        """Also once they are no officer any more, and though they examined nothing."""
        await season.begin(blindness)
        await season.apply()
        await season.member("newcomer", Role.OFFICER)
        season.project()
        await REVEALING[way](season, "newcomer")
        await season.run(
            "initiative.remove_member",
            season.administrator,
            initiative=season.initiative,
            person=season.newcomer,
        )
        with pytest.raises(Forbidden, match="You have read applications of this round"):
            await self.apply(season, "newcomer")

    async def test_of_the_two_at_the_same_time_one_happens(self, season: Season) -> None:
        """Neither order lets somebody apply with others' answers in mind."""
        await season.begin()
        await season.apply()
        await season.member("newcomer", Role.OFFICER)
        season.project()
        applied, read = await asyncio.gather(
            self.apply(season, "newcomer"),
            applications.of_call(season.reader, season.newcomer, season.call),
            return_exceptions=True,
        )
        if isinstance(applied, BaseException):
            assert read_by(season, "newcomer") == ["applicants", "answers"]
        else:
            assert read_by(season, "newcomer") == []
            assert isinstance(read, Forbidden) or CANARY_TITLES[0] not in str(read)


class TestWhatIsRecorded:
    async def test_one_fact_for_each_kind_however_often_it_is_read(self, season: Season) -> None:
        await closed(season, "open")
        everybody = recorded(season)
        for way in ("the list of applications", "an application", "the ranking", "raw facts"):
            for _ in range(2):
                await REVEALING[way](season, "newcomer")
        assert recorded(season) == [
            *everybody,
            (season.newcomer, "applicants", None, "api"),
            (season.newcomer, "answers", None, "api"),
        ]

    async def test_at_once_by_many_questions_at_the_same_time(self, season: Season) -> None:
        await closed(season)
        await asyncio.gather(*(REVEALING["an application"](season, "newcomer") for _ in range(8)))
        assert read_by(season, "newcomer") == ["applicants", "answers"]

    async def test_times_in_a_blind_call_once_there_are_any(self, season: Season) -> None:
        """Not again, where it is recorded who applied, for that is shown with times."""
        await season.begin()
        await season.member("newcomer", Role.OFFICER)
        await season.member("other", Role.OFFICER)
        season.project()
        await timeline.of_call(season.reader, season.newcomer, season.call)
        assert read_by(season, "newcomer") == []
        await season.apply()
        season.project()
        await applications.of_call(season.reader, season.other, season.call)
        for who in ("newcomer", "other"):
            for _ in range(2):
                await timeline.of_call(season.reader, season.people[who], season.call)
                await timeline.of_application(season.reader, season.people[who], season.application1)
        assert read_by(season, "newcomer") == ["times"]
        assert read_by(season, "other") == ["applicants", "answers"]

    async def test_by_the_channel_of_the_request(self, season: Season) -> None:
        await closed(season)
        await applications.of_call(season.reader.through(Channel.PAGE), season.newcomer, season.call)
        assert {channel for who, _, _, channel in recorded(season) if who == season.newcomer} == {"page"}

    async def test_scores_of_one_application_or_of_the_round(self, season: Season) -> None:
        """By their jurors too, who see each other's once they have submitted; where none is shown, none is recorded."""
        await closed(season)
        for juror in ("juror", "second_juror"):
            await ask(season, juror, declares=True)
        season.project()
        await reviews.of_application(season.reader, season.newcomer, season.application1)
        assert read_by(season, "newcomer") == []
        for juror in ("juror", "second_juror"):
            await submit(season, juror)
        season.project()
        before = recorded(season)
        await reviews.of_application(season.reader, season.newcomer, season.application1)
        await reviews.one(season.reader, season.juror, season.reviews["second_juror", "application1"])
        await panels.ranking(season.reader, season.newcomer, season.round)
        assert recorded(season)[len(before) :] == [
            (season.newcomer, "scores", season.application1, "api"),
            (season.juror, "scores", season.application1, "api"),
            (season.juror, "judged", season.application1, "api"),
            (season.newcomer, "scores", None, "api"),
            (season.newcomer, "answers", None, "api"),
        ]

    async def test_why_a_juror_stepped_back_for_it_may_say_who_applied(self, season: Season) -> None:
        """Staff who judge, too, do not read it."""
        await closed(season)
        await ask(season, "juror")
        review = season.reviews["juror", "application1"]
        why = {"reason": "family", "explanation": "Canary comment"}
        await season.run("review.declare_conflict", season.juror, review=review, **why)
        season.project()
        await holds(season, "newcomer", Role.OFFICER, Role.JUROR)
        (told,) = (await reviews.of_application(season.reader, season.newcomer, season.application1)).items
        assert (told.reason, told.explanation, read_by(season, "newcomer")) == ("family", None, [])
        await holds(season, "newcomer", Role.OFFICER)
        (told,) = (await reviews.of_application(season.reader, season.newcomer, season.application1)).items
        assert (told.explanation, read_by(season, "newcomer")) == ("Canary comment", ["applicants"])

    async def test_nothing_that_applicants_read_of_their_own_and_of_the_jury_only_that_it_judges(
        self, season: Season
    ) -> None:
        await season.begin("open")
        for part in (season.apply, season.close, season.assign, season.judge, season.open_panel):
            await part()
        season.project()
        before = recorded(season)
        await applications.one(season.reader, season.artist1, season.application1)
        for who in (season.chair, season.juror):
            await panels.ranking(season.reader, who, season.round)
            await applications.one(season.reader, who, season.application1)
            await reviews.of_application(season.reader, who, season.application1)
        assert recorded(season) == [
            *before,
            (season.chair, "judged", None, "api"),
            (season.juror, "judged", None, "api"),
        ]

    async def test_nothing_of_a_round_that_is_decided(self, season: Season) -> None:
        """Nobody judges or applies in it any more."""
        await season.begin()
        for part in (season.apply, season.close, season.assign, season.judge, season.decide):
            await part()
        await season.member("newcomer", Role.OFFICER)
        season.project()
        for way in ("the list of applications", "an application", "the ranking"):
            await REVEALING[way](season, "newcomer")
        await panels.ranking(season.reader, season.funder, season.round)
        assert read_by(season, "newcomer") == read_by(season, "funder") == []

    async def test_its_reader_is_named_in_no_timeline_and_applicants_are_told_nothing(
        self, season: Season
    ) -> None:
        await closed(season)
        await applications.of_call(season.reader, season.newcomer, season.call)
        season.project()
        told = await timeline.of_call(season.reader, season.newcomer, season.call, limit=100)
        of_readings = [entry for entry in told.items if entry.topic == "reading.recorded.v1"]
        # Its own stream's id is made of the reader's, which the members know.
        assert {entry.stream for entry in of_readings} <= {season.round}
        assert [(str(entry.what), entry.handle, entry.role) for entry in of_readings[-2:]] == [
            ("A member read who applied in the round.", None, "officer"),
            ("A member read what applicants wrote in the round.", None, "officer"),
        ]
        assert {str(entry.actor) for entry in of_readings} == {"A member"}
        own = await timeline.of_application(season.reader, season.artist1, season.application1, limit=100)
        assert not any(entry.topic.startswith("reading.") for entry in own.items)
