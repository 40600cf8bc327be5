"""What becomes of the places of a ranking: withdrawn, with a lowered quorum, or with an outcome that is not announced yet."""

from __future__ import annotations

from typing import Any

import pytest

from domain.refusals import Forbidden
from domain.reviews.state import ReviewStatus
from projections import applications, grants, own_reviews, panels, review_progress, rounds, timeline
from projections.moments import AsOf
from projections.versions import Version
from tests.projections.conftest import CANARY_TITLES, DEADLINE, Season, eur
from tests.projections.reading_all import read_all
from tests.projections.test_ranking import Round, points

pytestmark = pytest.mark.anyio


@pytest.fixture
async def season(office: Any, database_url: str) -> Round:
    """A season with three applications."""
    return Round(office, database_url)


class TestAWithdrawal:
    @staticmethod
    async def withdraw(season: Round, number: int, application: str) -> None:
        await season.run(
            "application.withdraw",
            season.people[f"artist{number}"],
            application=application,
            reason="safety",
        )

    async def test_before_review_it_is_in_no_ranking_and_needs_no_review(self, season: Round) -> None:
        made = await season.judged((points(9, 9, 9),), (), (points(7, 7, 7),))
        await self.withdraw(season, 2, made[1])
        await season.open_panel()
        assert [(place.rank, place.application) for place in await season.ranking("officer")] == [
            (1, made[0]),
            (2, made[2]),
        ]

    async def test_between_reviews_it_leaves_the_ranking_and_what_is_owed_is_waited_for_by_nobody(
        self, season: Round
    ) -> None:
        made = await season.judged((points(9, 9, 9),), (points(10, 10, 10),))
        owed = await season.run(
            "review.assign", season.officer, application=made[1], juror=season.second_juror
        )
        await self.withdraw(season, 2, made[1])
        assert [(place.rank, place.application) for place in await season.ranking("officer")] == [
            (1, made[0])
        ]
        progress = await review_progress.progress(season.reader, season.officer, season.round)
        assert {each.application for each in progress.applications.items} == {made[0]}
        await season.open_panel()
        season.project()
        shown = (await own_reviews.mine(season.reader, season.second_juror)).items
        assert {each.id: each.status for each in shown} == {owed: str(ReviewStatus.EXPIRED)}

    async def test_in_panel_it_is_marked_where_it_stood_and_gets_no_outcome(self, season: Round) -> None:
        made = await season.judged((points(9, 9, 9),), (points(8, 8, 8),), (points(7, 7, 7),))
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
        await self.withdraw(season, 2, made[1])

        found = await season.ranking("chair")

        assert [(place.rank, place.withdrawn, place.outcome, place.waitlist_rank) for place in found] == [
            (1, False, "waitlist", 1),
            (2, True, None, None),
            (3, False, "waitlist", 3),
        ]
        await season.run(
            "panel.set_outcome",
            season.chair,
            panel=season.panel,
            application=made[2],
            outcome="waitlist",
            amount=eur("100.00"),
            rank=2,
        )
        await season.run("panel.close", season.chair, panel=season.panel)
        await season.run("panel.confirm", season.officer, panel=season.panel)
        await season.run("panel.announce", season.officer, panel=season.panel)
        season.project()
        listed = await applications.of_call(season.reader, season.officer, season.call)
        assert {each.id: (each.status, each.rank) for each in listed.items} == {
            made[0]: ("waitlisted", 1),
            made[1]: ("withdrawn", None),
            made[2]: ("waitlisted", 2),
        }


async def test_a_lowered_quorum_is_shown_beside_the_ranking_and_to_no_applicant(season: Season) -> None:
    """With its reason; the applicant's page, version and timeline stay as they were."""
    await Season.begin(season)
    for part in (season.apply, season.close, season.assign):
        await part()
    season.project()
    before = await read_all(season, season.artist2)
    await season.lower_quorum()

    after = await read_all(season, season.artist2)
    assert {
        query: after[query] for query in before
    } == before  # besides, there are two more reviews to ask for

    await season.judge()
    await season.open_panel()
    season.project()
    found = await panels.ranking(season.reader, season.chair, season.round)
    assert {each.application: (each.quorum, each.quorum_reason) for each in found.places.items} == {
        season.application1: (None, None),
        season.application2: (1, "jurors_unavailable"),
    }
    told = await timeline.of_application(season.reader, season.officer, season.application2, limit=100)
    (entry,) = [entry for entry in told.items if entry.topic == "round.quorum_lowered.v1"]
    assert (str(entry.what), str(entry.why)) == (
        f"Chair 1 lowered the quorum of “{CANARY_TITLES[1]}” to 1 review.",
        "no other juror is available",
    )
    other = await timeline.of_application(season.reader, season.officer, season.application1, limit=100)
    assert entry.topic not in {each.topic for each in other.items}
    funders = await timeline.of_call(season.reader, season.funder, season.call, limit=100)
    assert entry.topic not in {each.topic for each in funders.items}


class TestOutcomesThatAreSetAndNotAnnounced:
    async def test_make_no_difference_to_the_applicant(self, season: Season) -> None:
        """By no query, filter or count, as of no moment."""
        await Season.begin(season)
        for part in (season.apply, season.close, season.assign, season.judge, season.open_panel):
            await part()
        season.project()
        reader, artist = season.reader, season.artist1
        before = await read_all(season, artist)
        position = len(season.office.rows())

        for outcome in (
            {"outcome": "award", "reason": "quality", "amount": eur("1400.25")},
            {"outcome": "waitlist", "amount": eur("100.00"), "rank": 1},
            {"outcome": "award", "reason": "quality", "amount": eur("1400.25")},
        ):
            await season.run(
                "panel.set_outcome",
                season.chair,
                panel=season.panel,
                application=season.application1,
                **outcome,
            )
            assert await read_all(season, artist) == before
        await season.run(
            "panel.set_outcome",
            season.chair,
            panel=season.panel,
            application=season.application2,
            outcome="decline",
            reason="not_selected",
        )
        await season.run("panel.close", season.chair, panel=season.panel)
        assert await read_all(season, artist) == before
        await season.run("panel.confirm", season.officer, panel=season.panel)
        await season.run(
            "panel.plan_announcement",
            season.officer,
            panel=season.panel,
            announce_at=DEADLINE.replace(year=DEADLINE.year + 1, tzinfo=None),
        )
        assert await read_all(season, artist) == before

        for moment in range(position, len(season.office.rows()) + 1):
            shown = await applications.one(reader, artist, season.application1, as_of=AsOf(moment))
            assert (shown.status, shown.version, shown.awarded, shown.rank) == (
                "eligible",
                Version(season.application1, 2),
                None,
                None,
            )
            told = await timeline.of_application(reader, artist, season.application1, as_of=AsOf(moment))
            assert [entry.topic for entry in told.items] == [
                "application.submitted.v1",
                "application.found_eligible.v1",
            ]
            with pytest.raises(Forbidden):
                await rounds.one(reader, artist, season.round, as_of=AsOf(moment))
        assert (await grants.mine(reader, artist)).items == ()
        assert CANARY_TITLES[0] in before["applications.mine"]
