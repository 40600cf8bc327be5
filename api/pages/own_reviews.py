"""A juror's own reviews: by round, how far they are, and from one to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from api.pages.visits import Visit
from domain.forms import Rubric
from domain.reviews.state import OUTSTANDING, STEPPED_BACK, ReviewStatus
from domain.rounds.state import RoundStatus
from projections import calls, own_reviews, rounds
from projections.calls import CallDetail
from projections.own_reviews import OwnReview
from projections.review_summary import ReviewsDue
from projections.reviews import ReviewDetail


@dataclass(frozen=True, slots=True)
class OwnRound:
    """One's own reviews in a round of a `call`, by the `rubric` of its stage. `drafted` are those with a saved draft."""

    call: CallDetail
    round: str
    rubric: Rubric
    status: str
    reviews: Sequence[OwnReview]
    drafted: frozenset[str]

    @property
    def counted(self) -> list[OwnReview]:
        """Those that one did not step back from."""
        return [each for each in self.reviews if each.status not in STEPPED_BACK]

    @property
    def submitted(self) -> list[OwnReview]:
        """Those that are submitted, the best first."""
        found = [each for each in self.reviews if each.status == ReviewStatus.SUBMITTED]
        return sorted(found, key=lambda each: -float(each.score or 0))

    @property
    def due(self) -> ReviewsDue | None:
        """When they are due."""
        return self.reviews[0].due

    @property
    def next(self) -> OwnReview | None:
        """The one to go on with: begun, or new."""
        owed = [each for each in self.reviews if each.status in OUTSTANDING]
        return min(owed, key=lambda each: each.status != ReviewStatus.CLEARED, default=None)


async def own_rounds(visit: Visit, found: Sequence[OwnReview]) -> list[OwnRound]:
    """One's own reviews by round; first the rounds in which reviews are owed."""
    drafted = frozenset(draft.place.about for draft in await visit.wiring.drafts.of(visit.who))
    by_round: dict[str, list[OwnReview]] = {}
    for each in found:
        by_round.setdefault(each.round, []).append(each)
    own = []
    known = await calls.named_in_list(visit.wiring.reader, visit.person, [each.call for each in found])
    for round, its in by_round.items():
        if (call := known.get(its[0].call)) is None:
            continue
        # A rolling call does not list the rounds of its single applications.
        listed = next((each for each in call.rounds if each.id == round), None)
        line = listed or await rounds.one(visit.wiring.reader, visit.person, round)
        stage = next(each for each in call.stages if each.id == line.stage)
        own.append(OwnRound(call, round, stage.rubric, line.status, its, drafted))
    return sorted(own, key=lambda each: (each.next is None, each.status != RoundStatus.CLOSED))


@dataclass(frozen=True, slots=True)
class ReviewPlace:
    """Where a review is among one's own in its round: its `number` of `total` (0 if one stepped back from it), how many are
    `submitted` and how many are `left` to write, and the ids of the one before, the one after, and the next that is owed."""

    number: int
    total: int
    submitted: int
    previous: str | None
    next: str | None
    owed: str | None
    left: int


async def place_among_own(visit: Visit, shown: ReviewDetail) -> ReviewPlace | None:
    """Where the visitor's own review is among theirs; None for others."""
    if shown.juror != visit.person:
        return None
    found = await own_reviews.own_in_round(visit.wiring.reader, visit.who, shown.round)
    ids = [each for each, _ in found]
    if shown.id not in ids and shown.status not in STEPPED_BACK:
        return None
    at = ids.index(shown.id) if shown.id in ids else -1
    following = found[at + 1 :] + found[: max(at, 0)]
    return ReviewPlace(
        number=at + 1,
        total=len(ids),
        submitted=sum(status is ReviewStatus.SUBMITTED for _, status in found),
        previous=ids[at - 1] if at > 0 else None,
        next=ids[at + 1] if 0 <= at < len(ids) - 1 else None,
        owed=next((each for each, status in following if status in OUTSTANDING), None),
        left=sum(status in OUTSTANDING for _, status in found),
    )
