"""Pages of reviews: a juror's list, declaring whether there is a conflict of interest, and scoring."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from api.pages.asking_first import lost_by_reading
from api.pages.own_reviews import own_rounds, place_among_own
from api.pages.page import Page, PageAction, PageContent, offers_of
from api.pages.rendering import said
from api.pages.review_drafts import DRAFTS, NO_BASIS, DraftedReview, filled, in_words, start_of, was_told
from api.pages.visits import FormShown, Visit
from domain.commands.reviews import ChangeReview, DeclareConflict, DeclareNoConflict, SubmitReview
from domain.messages import msg
from domain.reviews.state import REVIEW, Review, ReviewStatus
from domain.rounds.state import ROUND, Round, RoundStatus
from projections import calls, own_reviews, reviews
from projections.own_reviews import OwnReview
from projections.paging import MOST, whole
from projections.paging import ResultPage as ListPage
from projections.reviews import ReviewDetail


async def _mine(visit: Visit) -> PageContent:
    unreadable: set[str] = set()

    async def own(cursor: str | None) -> ListPage[OwnReview]:
        found = await own_reviews.mine(visit.wiring.reader, visit.person, cursor=cursor, limit=MOST)
        unreadable.update(found.unreadable)
        return found

    listed = await whole(own)
    rounds = await own_rounds(visit, listed)
    left = ListPage[OwnReview](items=(), unreadable=tuple(sorted(unreadable)))
    unrecorded = any(each.unrecorded for each in listed)
    return PageContent("reviews.html", {"rounds": rounds, "reviews": left, "unrecorded": unrecorded})


async def _one(visit: Visit) -> PageContent:
    reader, review = visit.wiring.reader, visit.path["review"]
    state: Review = await reader.the(REVIEW, review)
    lost = None
    if state.juror != visit.person and state.status is ReviewStatus.SUBMITTED:
        lost = await lost_by_reading(visit, state.round, state.application)
    shown = await reviews.one(reader, visit.person, review, scores=lost is None)
    offers = await offers_of(visit, visit.trial(), _ACTS, shown)
    call = await calls.one(reader, visit.person, shown.call)
    round: Round = await reader.the(ROUND, shown.round)
    form = _form(visit, shown, frozenset(offer.do for offer in offers if offer.may))
    return PageContent(
        "review.html",
        {
            "review": shown,
            "call": call,
            "may": {offer.do: offer for offer in offers},
            # What was done already is no news, and why it can no longer be changed is said beside the scores.
            "offers": [
                each
                for each in offers
                if (each.do != "review.declare_no_conflict" or shown.status == ReviewStatus.ASSIGNED)
                and each.do != "review.change"
            ],
            "lost": lost,
            "panel_opens": round.status is RoundStatus.CLOSED,
            "place": await place_among_own(visit, shown),
            **form_context(visit, form, DraftedReview(shown.rubric, call.time_zone, None)),
        },
        labels={
            f"scores.{criterion.id}": said(criterion.label, visit.languages).text
            for criterion in shown.rubric.criteria
        },
        script=form is not None,
        initiative=call.initiative,
    )


def _form(visit: Visit, shown: ReviewDetail, may: Collection[str]) -> FormShown | None:
    """The form in which the visitor writes the review now, if they can."""
    if "review.submit" in may:
        return visit.form("review.submit", seen=shown.version)
    if "review.change" in may and shown.scores is not None:
        start = start_of(shown.scores, shown.comment_jury, shown.comment_applicant)
        return visit.form("review.change", seen=shown.version, start=start)
    return None


def form_context(visit: Visit, form: FormShown | None, drafted: DraftedReview) -> dict[str, object]:
    """What the template needs to show the form of a review; without a `form`, what was typed into one that came back."""
    typed = visit.returned.typed.typed() if visit.returned else form.start if form else {}
    draft = form.draft if form else None
    return {
        "form": form,
        "no_basis": NO_BASIS,
        "told": was_told(visit),
        "counts": drafted.counts(typed),
        "saved": drafted.saved(draft) if draft else None,
        "others": in_words(visit, drafted.rubric, visit.other_version),
        "typed": [] if form else in_words(visit, drafted.rubric, typed),
    }


def _submitted(review: ReviewDetail) -> bool:
    return review.status == ReviewStatus.SUBMITTED


_ACTS: Final[tuple[PageAction[ReviewDetail], ...]] = (
    PageAction(
        command="review.declare_no_conflict",
        name=msg("Declare no conflict"),
        done=msg("You declared that you have no conflict of interest. Here is the application."),
        tried=lambda _, review: DeclareNoConflict(review=review.id),
    ),
    PageAction(
        command="review.declare_conflict",
        name=msg("Declare a conflict"),
        done=msg("You handed the review back. Another juror can be asked now. Thank you for telling us."),
        tried=lambda _, review: DeclareConflict(review=review.id, reason="other"),
    ),
    PageAction(
        command="review.submit",
        name=msg("Submit the review"),
        done=msg("Your review is submitted. You can change it until the panel opens."),
        filled=filled,
        tried=lambda _, review: None if _submitted(review) else SubmitReview(review=review.id, scores={}),
    ),
    PageAction(
        command="review.change",
        name=msg("Change the review"),
        done=msg("Your review is changed."),
        filled=filled,
        tried=lambda _, review: ChangeReview(review=review.id, scores={}) if _submitted(review) else None,
    ),
)

PAGES = (
    Page(path="/reviews", show=_mine),
    Page(
        path="/reviews/{review}",
        show=_one,
        drafts=DRAFTS,
        acts=_ACTS,
    ),
)
