"""Drafts in the database: sealed, replaced at the revision that was seen, kept while the form is open, ended by an erasure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import psycopg
import pytest

from api.drafts.drafts import DraftChanged, DraftPlace
from api.drafts.keeping import closing_of, end_with_reviews, keep_or_delete
from domain.applications.state import Application
from domain.deciding import Loaded
from domain.indexes import rounds_of
from domain.refusals import NotFound
from domain.reviews.state import REVIEW, Review, ReviewStatus
from domain.rounds.state import Round, RoundStatus
from projections.fresh import Fresh
from tests.drafts.conftest import Desk
from tests.scene import APPLICATION, ARTIST, CALL, ROUND

pytestmark = pytest.mark.anyio

WORDS = "A word that nobody else may read: засекречено"


async def test_a_draft_comes_back_as_it_was_typed(desk: Desk) -> None:
    saved = await desk.save({"title": WORDS, "answers.costs[0].item": ""})
    found = await desk.drafts.find(desk.place)
    assert found == saved
    assert found is not None
    assert found.typed == {"title": WORDS, "answers.costs[0].item": ""}


async def test_nothing_of_it_can_be_read_in_the_database(desk: Desk) -> None:
    await desk.save({"title": WORDS})
    with psycopg.connect(desk.url) as connection:
        rows = connection.execute("SELECT d::text, box FROM accounts.drafts d").fetchall()
        planted = connection.execute("SELECT convert_to(%s, 'UTF8')", (WORDS,)).fetchone()
    assert len(rows) == 1
    assert planted is not None
    marker = WORDS.encode()
    assert marker in planted[0], "the search finds what is there"
    assert marker not in bytes(rows[0][1])
    assert marker.hex() not in rows[0][0]


async def test_a_box_opens_only_in_its_own_place(desk: Desk) -> None:
    """Whoever can write to the table cannot show one person's draft as that of another form."""
    await desk.save({"title": WORDS})
    with psycopg.connect(desk.url) as connection:
        connection.execute("UPDATE accounts.drafts SET command = 'application.change'")
    other = DraftPlace(desk.place.person, desk.place.about, "application.change")
    assert await desk.drafts.find(other) is None


async def test_two_devices_do_not_overwrite_each_other(desk: Desk) -> None:
    await desk.save({"title": "From the first device"})
    with pytest.raises(DraftChanged) as raised:
        await desk.save({"title": "From the second"}, seen=0)
    assert raised.value.draft.typed == {"title": "From the first device"}
    again = await desk.save({"title": "From the second"}, seen=raised.value.draft.revision)
    assert again.revision == 2


async def test_the_same_words_twice_are_saved_whatever_was_seen(desk: Desk) -> None:
    """A save whose answer was lost is sent again."""
    await desk.save({"title": "Songs"})
    assert (await desk.save({"title": "Songs"}, seen=0)).revision == 2


async def test_a_draft_is_deleted_when_its_time_is_over_but_not_while_the_form_is_open(desk: Desk) -> None:
    """The deadline may have been extended since it was saved."""
    kept = await desk.save({"title": "Songs"})
    desk.now = kept.kept_until + timedelta(seconds=1)
    desk.closes = desk.now + timedelta(days=1)
    await keep_or_delete(desk.drafts, desk.closing)
    found = await desk.drafts.find(desk.place)
    assert found is not None
    assert found.kept_until == desk.closes + timedelta(days=30)
    desk.now = found.kept_until + timedelta(seconds=1)
    await keep_or_delete(desk.drafts, desk.closing)
    assert await desk.drafts.find(desk.place) is None


async def test_nothing_is_kept_for_somebody_who_was_erased(desk: Desk) -> None:
    await desk.save({"title": "Songs"})
    await desk.erase()
    assert await desk.drafts.find(desk.place) is None
    with pytest.raises(NotFound):
        await desk.save({"title": "Songs"}, seen=1)
    await keep_or_delete(desk.drafts, desk.closing)
    with psycopg.connect(desk.url) as connection:
        assert connection.execute("SELECT count(*) FROM accounts.drafts").fetchone() == (0,)


class Rounds:
    """The states that `closing_of` asks for: one application to a call with one round."""

    def __init__(self, round: Round) -> None:
        self._round = round

    async def the(self, aggregate: Any, stream: str) -> Application:
        return Application(call=CALL)

    async def index_entries(self, index: str) -> tuple[str, ...]:
        return (ROUND,) if index == rounds_of(CALL) else ()

    async def load(self, *streams: tuple[Any, str]) -> Mapping[str, Loaded[Round]]:
        return {stream: Loaded(self._round, 1, 1) for _, stream in streams}


@pytest.mark.parametrize("about", [CALL, APPLICATION])
async def test_a_form_closes_with_the_latest_deadline_of_its_call_late_access_included(about: str) -> None:
    evening = datetime(2026, 3, 1, 18, tzinfo=UTC)
    later = evening + timedelta(days=2)
    rounds = Rounds(Round(intake_ends=evening, late={ARTIST: later}))
    place = DraftPlace(ARTIST, about, "application.change")
    assert await closing_of(cast("Fresh", rounds), place) == later


class Judged:
    """The states that `end_with_reviews` asks for: one review in one round."""

    def __init__(self, review: ReviewStatus, round: RoundStatus) -> None:
        self._review, self._round = review, round

    async def the(self, aggregate: Any, stream: str) -> Review | Round:
        return Review(status=self._review, round=ROUND) if aggregate is REVIEW else Round(status=self._round)


@pytest.mark.parametrize(
    ("command", "review", "round", "kept"),
    [
        ("review.submit", ReviewStatus.CLEARED, RoundStatus.CLOSED, True),
        ("review.submit", ReviewStatus.SUBMITTED, RoundStatus.CLOSED, False),
        ("review.submit", ReviewStatus.RECUSED, RoundStatus.CLOSED, False),
        ("review.submit", ReviewStatus.REPLACED, RoundStatus.CLOSED, False),
        ("review.submit", ReviewStatus.EXPIRED, RoundStatus.IN_PANEL, False),
        ("review.change", ReviewStatus.SUBMITTED, RoundStatus.CLOSED, True),
        ("review.change", ReviewStatus.SUBMITTED, RoundStatus.IN_PANEL, False),
        ("review.change", ReviewStatus.RECUSED, RoundStatus.CLOSED, False),
        ("application.submit", ReviewStatus.RECUSED, RoundStatus.IN_PANEL, True),
    ],
)
async def test_a_draft_of_a_review_ends_when_it_cannot_be_written_any_more(
    desk: Desk, command: str, review: ReviewStatus, round: RoundStatus, kept: bool
) -> None:
    """Also where that came about by JSON, or because a juror joined an organisation that applied."""
    desk.place = DraftPlace(desk.place.person, "review-" + "1" * 32, command)
    await desk.save({"scores.art": "8"})
    await end_with_reviews(desk.drafts, cast("Fresh", Judged(review, round)))
    assert (await desk.drafts.find(desk.place) is not None) is kept
