"""The ranking as it is asked for: exact, marked where something is out of the ordinary, and without a trace of what the
viewer has a conflict of interest with."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from domain.forms import Criterion, Form, Question, Rubric
from domain.refusals import Forbidden, NotFound
from domain.stages import StageDraft
from projections import applications, own_reviews, panels, review_progress, reviews, timeline
from projections.moments import AsOf
from tests.projections.conftest import DEADLINE, Season, eur
from tests.projections.reading_all import leaks, read_all

pytestmark = pytest.mark.anyio

Points = dict[str, int | None]


class Round(Season):
    """A season in which more artists apply, judged by three criteria that count the same."""

    async def judged(self, *written: tuple[Points, ...]) -> list[str]:
        """Applications, each with the reviews that the jurors gave it, one juror after the other; gives their ids."""
        await self.begin_with_three_criteria()
        made = []
        for number in range(len(written)):
            artist = await self.office.person(f"Artist {number}")
            self.people[f"artist{number + 1}"] = artist
            made.append(
                await self.run(
                    "application.submit",
                    artist,
                    call=self.call,
                    round=self.round,
                    title=f"Title {number}",
                    requested=eur("500.00"),
                    answers={},
                )
            )
        self.office.now = DEADLINE.replace(hour=23)
        await self.run("round.close", self.officer, round=self.round)
        for application, its_reviews in zip(made, written, strict=True):
            await self.run("application.find_eligible", self.officer, application=application)
            for juror, scores in zip(("juror", "second_juror", "third_juror"), its_reviews, strict=False):
                await self.review(juror, application, scores)
        return made

    async def begin_with_three_criteria(self) -> None:
        """An open round of another call."""
        await self.begin()
        self.things["call"] = await self.run(
            "call.draft",
            self.officer,
            fund=self.fund,
            title={"en": "Winter call"},
            summary={"en": "Work in exile"},
            stages=(
                StageDraft(
                    id="main",
                    form=Form(
                        questions=(Question(id="idea", kind="text", label={"en": "Idea"}, required=False),)
                    ),
                    rubric=Rubric(
                        criteria=tuple(
                            Criterion(id=name, label={"en": name}, scale=10, weight=1)
                            for name in ("a", "b", "c")
                        )
                    ),
                    quorum=1,
                ),
            ),
            budget=eur("5000.00"),
            minimum_award=eur("100.00"),
            maximum_award=eur("3000.00"),
        )
        await self.run("call.publish", self.officer, call=self.call)
        self.things["round"] = await self.run(
            "round.open", self.officer, call=self.call, closes_at=DEADLINE.replace(tzinfo=None)
        )

    async def review(self, juror: str, application: str, scores: Points | None) -> str:
        """A juror is asked, and submits these scores, or has a conflict if there are none."""
        who = self.people[juror]
        asked = await self.run("review.assign", self.officer, application=application, juror=who)
        self.reviews[juror, application] = asked
        if scores is None:
            await self.run("review.declare_conflict", who, review=asked, reason="friendship")
        else:
            await self.run("review.declare_no_conflict", who, review=asked)
            await self.run("review.submit", who, review=asked, scores=scores)
        return asked

    async def ranking(self, who: str, **asked: Any) -> tuple[panels.RankedApplication, ...]:
        """The ranking as somebody sees it now."""
        self.project()
        return (await panels.ranking(self.reader, self.people[who], self.round, **asked)).places.items


@pytest.fixture
async def season(office: Any, database_url: str) -> Round:
    """An empty one."""
    return Round(office, database_url)


def points(a: int | None, b: int | None, c: int | None) -> Points:
    """Points by three criteria."""
    return {"a": a, "b": b, "c": c}


EQUAL = ((points(8, 7, 7), points(8, 7, 7)), (points(7, 7, 7), points(8, 8, 7)))


async def test_equal_totals_share_a_rank_before_the_panel_opens_and_after(season: Round) -> None:
    """1, 1, 3: also where each review, rounded by itself, would have made a difference; and the same each time."""
    made = await season.judged(*EQUAL, (points(7, 7, 7),))
    before = await season.ranking("officer")
    await season.open_panel()
    after = await season.ranking("officer")

    expected = [(1, each, "73.333") for each in sorted(made[:2])] + [(3, made[2], "70.000")]
    for found in (before, after, await season.ranking("officer"), await season.ranking("chair")):
        assert [(place.rank, place.application, place.score) for place in found] == expected


async def test_a_score_that_rests_on_few_criteria_is_marked(season: Round) -> None:
    """10 and no basis to judge the others, against 10, 9 and 9."""
    made = await season.judged((points(10, None, None),), (points(10, 9, 9), points(None, 9, 9)))
    for _ in ("as it stands", "fixed"):
        found = await season.ranking("officer")
        assert [
            (place.application, place.score, place.reviews, place.on_few_criteria) for place in found
        ] == [
            (made[0], "100.000", 1, 1),
            (made[1], "91.667", 2, 0),
        ]
        if "panel" not in season.things:
            await season.open_panel()


class TestSteppingBack:
    async def test_the_score_leaves_the_ranking_and_the_history_says_why(self, season: Round) -> None:
        (made,) = await season.judged((points(10, 10, 10), points(4, 4, 4)))
        before = len(season.office.rows())
        assert [place.score for place in await season.ranking("officer")] == ["70.000"]

        await season.run(
            "review.declare_conflict",
            season.juror,
            review=season.reviews["juror", made],
            reason="friendship",
            explanation="Found while talking",
        )

        (place,) = await season.ranking("officer")
        assert (place.score, place.reviews) == ("40.000", 1)
        (then,) = await season.ranking("officer", as_of=AsOf(before))
        assert (then.score, then.reviews) == ("70.000", 2)
        told = await timeline.of_application(season.reader, season.officer, made)
        assert str(told.items[-1].what).endswith(
            "after submitting the review and stepped back; its scores no longer count."
        )
        shown = {
            each.id: each
            for each in (await reviews.of_application(season.reader, season.officer, made)).items
        }
        stepped_back = shown[season.reviews["juror", made]]
        assert (stepped_back.status, stepped_back.scores, stepped_back.score) == ("recused", None, None)
        assert stepped_back.explanation == "Found while talking"
        another = await season.run(
            "review.replace",
            season.officer,
            review=season.reviews["juror", made],
            juror=season.third_juror,
        )
        assert another

    async def test_whoever_stepped_back_or_was_replaced_reads_nothing_by_any_way_on_any_date(
        self, season: Round
    ) -> None:
        """The links that they had lead to nothing of the application, as it stands now and as it stood ever."""
        (made,) = await season.judged((points(10, 10, 10), points(4, 4, 4)))
        old = season.reviews["juror", made]
        season.project()
        opened = await reviews.one(season.reader, season.juror, old)
        assert opened.application_shown is not None
        await season.run("review.declare_conflict", season.juror, review=old, reason="friendship")
        await season.run("review.replace", season.officer, review=old, juror=season.third_juror)
        season.things["application1"] = made

        for part in (None, season.open_panel):
            if part is not None:
                await part()
            assert leaks(await read_all(season, season.juror), "Title 0") == {}
            own = await reviews.one(season.reader, season.juror, old)
            assert (own.status, own.application_shown, own.scores, own.score) == (
                "replaced",
                None,
                None,
                None,
            )
            (listed,) = (await own_reviews.mine(season.reader, season.juror)).items
            assert (listed.status, listed.title, listed.requested) == ("replaced", None, None)
            for position in range(len(season.office.rows()) + 1):
                for query in (applications.one, reviews.of_application, timeline.of_application):
                    with pytest.raises((Forbidden, NotFound)):
                        await query(season.reader, season.juror, made, as_of=AsOf(position))
            for other in season.reviews.values():
                if other != old:
                    with pytest.raises(Forbidden):
                        await reviews.one(season.reader, season.juror, other)


class TestAConflict:
    """Of an application with which somebody has a conflict of interest, nothing tells them its place or its score."""

    async def test_it_is_left_out_and_the_others_are_numbered_without_it(self, season: Round) -> None:
        made = await season.judged((points(9, 9, 9),), (points(8, 8, 8),), (points(7, 7, 7),))
        await season.review("chair", made[1], None)
        await season.open_panel()

        found = await season.ranking("chair")

        assert [(place.rank, place.application) for place in found] == [(1, made[0]), (2, made[2])]
        assert [place.rank for place in await season.ranking("officer")] == [1, 2, 3]
        answer = msgspec.json.encode(
            await panels.ranking(season.reader, season.chair, season.round), enc_hook=repr
        )
        assert made[1].encode() not in answer

    async def test_a_page_of_one_place_tells_no_more(self, season: Round) -> None:
        made = await season.judged((points(9, 9, 9),), (points(8, 8, 8),), (points(7, 7, 7),))
        await season.review("chair", made[1], None)
        await season.open_panel()
        season.project()
        assert (await panels.ranking(season.reader, season.officer, season.round)).version is not None
        # The panel's version would tell when an outcome of the hidden application was set.
        assert (await panels.ranking(season.reader, season.chair, season.round)).version is None
        seen, cursor = [], None
        while True:
            page = (
                await panels.ranking(season.reader, season.chair, season.round, cursor=cursor, limit=1)
            ).places
            seen += [(place.rank, place.application) for place in page.items]
            if (cursor := page.next) is None:
                break
        assert seen == [(1, made[0]), (2, made[2])]

    async def test_an_officer_does_not_see_it_before_the_panel_opens_either(self, season: Round) -> None:
        made = await season.judged((points(9, 9, 9),), (points(8, 8, 8),), (points(7, 7, 7),))
        await season.review("third_juror", made[1], None)
        await season.run(
            "initiative.add_member",
            season.administrator,
            initiative=season.initiative,
            person=season.third_juror,
            roles=("officer",),
        )
        found = await season.ranking("third_juror")
        assert [(place.rank, place.application) for place in found] == [(1, made[0]), (2, made[2])]
        left = await review_progress.progress(season.reader, season.third_juror, season.round)
        assert {each.application for each in left.applications.items} == {made[0], made[2]}

    async def test_how_far_the_jury_is_jurors_read_of_what_they_were_asked_to_judge(
        self, season: Round
    ) -> None:
        """Without a score; and nothing of what they have a conflict with."""
        made = await season.judged((points(9, 9, 9), points(1, 1, 1)), (points(8, 8, 8), None))
        season.project()

        async def read(who: str) -> dict[str, tuple[int, int, int, bool]]:
            found = await review_progress.progress(season.reader, season.people[who], season.round)
            return {
                each.application: (each.submitted, each.owed, each.needed, each.lowered)
                for each in found.applications.items
            }

        everything = {made[0]: (2, 0, 1, False), made[1]: (1, 0, 1, False)}
        assert await read("officer") == await read("chair") == await read("juror") == everything
        assert await read("second_juror") == {made[0]: everything[made[0]]}
        assert await read("third_juror") == {}
        for who in ("finance", "funder"):
            with pytest.raises(Forbidden):
                await read(who)
        with pytest.raises(NotFound):
            await read("artist1")

    async def test_nor_does_the_waiting_list_tell_its_place(self, season: Round) -> None:
        """Neither in the ranking, in a list or a page of applications, in a timeline, nor by what is missing between."""
        made = await season.judged((points(9, 9, 9),), (points(8, 8, 8), None), (points(7, 7, 7),))
        await season.run(
            "initiative.add_member",
            season.administrator,
            initiative=season.initiative,
            person=season.second_juror,
            roles=("officer", "juror"),
        )
        await season.open_panel()
        for place, application in enumerate(made, start=1):
            await season.run(
                "panel.set_outcome",
                season.chair,
                panel=season.panel,
                application=application,
                outcome="waitlist",
                amount=eur("100.00"),
                rank=place,
            )
        decided = await season.ranking("second_juror")
        assert [(each.application, each.waitlist_rank) for each in decided] == [(made[0], 1), (made[2], 2)]
        await season.run("panel.close", season.chair, panel=season.panel)
        await season.run("panel.confirm", season.officer, panel=season.panel)
        await season.run("panel.announce", season.officer, panel=season.panel)

        decided = await season.ranking("second_juror")
        assert [(each.application, each.waitlist_rank) for each in decided] == [(made[0], 1), (made[2], 2)]
        viewer = season.second_juror
        listed = await applications.of_call(season.reader, viewer, season.call)
        assert {each.rank for each in listed.items} == {None}
        for application in (made[0], made[2]):
            assert (await applications.one(season.reader, viewer, application)).rank is None
            story = await timeline.of_application(season.reader, viewer, application, limit=100)
            assert "place" not in str(story.items[-1].what)
        for entry in (await timeline.of_call(season.reader, viewer, season.call, limit=100)).items:
            assert "place 1" not in str(entry.what)
            assert "place 3" not in str(entry.what)
        # To everybody else it is told.
        assert (await applications.one(season.reader, season.officer, made[2])).rank == 3
        own = await applications.one(season.reader, season.artist3, made[2])
        assert own.rank == 3
        told = await timeline.of_application(season.reader, season.artist3, made[2])
        assert "place 3 of the waiting list" in str(told.items[-1].what)
