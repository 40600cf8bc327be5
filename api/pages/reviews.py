"""Pages of reviews: a juror's list, declaring whether there is a conflict of interest, and scoring."""

from __future__ import annotations

from typing import Any

from api.pages.forms import Plain, SubmittedForm, nested
from api.pages.page import Page, PageAction, PageContent
from api.pages.rendering import said
from api.pages.visits import Visit
from domain.commands.reviews import DeclareConflict, DeclareNoConflict, SubmitReview
from domain.messages import msg
from projections import calls, reviews

NO_BASIS = "none"
"""The value for a criterion that a juror cannot judge."""


async def _mine(visit: Visit) -> PageContent:
    found = await reviews.mine(visit.wiring.reader, visit.person, cursor=visit.query.get("cursor"))
    return PageContent("reviews.html", {"reviews": found})


async def _one(visit: Visit) -> PageContent:
    reader, review = visit.wiring.reader, visit.path["review"]
    shown = await reviews.one(reader, visit.person, review)
    trial = visit.trial()
    offers = [
        await trial.of(msg("Declare no conflict"), DeclareNoConflict(review=review)),
        await trial.of(msg("Declare a conflict"), DeclareConflict(review=review, reason="other")),
        await trial.of(msg("Submit the review"), SubmitReview(review=review, scores={})),
    ]
    call = await calls.one(reader, visit.person, shown.call)
    return PageContent(
        "review.html",
        {
            "review": shown,
            "call": call,
            "may": {offer.do: offer for offer in offers},
            "offers": offers,
            "no_basis": NO_BASIS,
        },
        labels={
            f"scores.{criterion.id}": said(criterion.label, visit.languages).text
            for criterion in shown.rubric.criteria
        },
        initiative=call.initiative,
    )


async def _scored(_: Visit, form: SubmittedForm) -> Plain:
    """The fields of a review; a criterion without a choice is left out, so that the rule reports it."""
    plain = nested(form.typed())
    scores: Any = plain.get("scores", {})  # Any: whatever was sent
    if isinstance(scores, dict):
        plain["scores"] = {
            name: None if text == NO_BASIS else text for name, text in scores.items() if text != ""
        }
    return plain


PAGES = (
    Page(path="/reviews", show=_mine),
    Page(
        path="/reviews/{review}",
        show=_one,
        acts=(
            PageAction(
                command="review.declare_no_conflict",
                done=msg("You declared that you have no conflict of interest. Here is the application."),
                told={"review": "review"},
            ),
            PageAction(
                command="review.declare_conflict",
                done=msg("You stepped back. Another juror can be asked now. Thank you for telling us."),
                told={"review": "review"},
            ),
            PageAction(
                command="review.submit",
                done=msg("Your review is submitted."),
                told={"review": "review"},
                filled=_scored,
            ),
        ),
    ),
)
