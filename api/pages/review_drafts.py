"""The form of a review: its draft, what a juror is told is still empty, and what was typed when it can no longer be sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from api.drafts.drafts import Draft
from api.inputs.submitted import Plain, SubmittedForm, nested
from api.pages.drafting import PageDrafts
from api.pages.rendering import Said, said
from api.pages.visits import Visit
from domain.calls.state import CALL
from domain.commands.reviews import ChangeReview, SubmitReview
from domain.forms import Rubric
from domain.messages import At, Message, msg
from domain.refusals import Forbidden, NotFound, Refused
from domain.reviews.state import REVIEW, ReviewStatus
from domain.rounds.state import ROUND

NO_BASIS: Final = "none"
"""The value for a criterion that a juror cannot judge."""
COMMENTS: Final = {
    "comment_jury": msg("Comment for the jury"),
    "comment_applicant": msg("Comment for the applicant"),
}
_KEPT: Final = timedelta(days=365)
"""A draft is kept this long at the most; it ends with the review (`api.drafts.keeping`)."""


def _warning(comments: Sequence[Message]) -> Message:
    return msg(
        "Nothing is submitted yet. Still empty: {fields}. If you mean it so, press the button again. You can change your "
        "review until the panel opens.",
        fields=tuple(comments),
    )


@dataclass(frozen=True, slots=True)
class DraftedReview:
    """The form of a review, by a `rubric`; see `api.pages.drafting.DraftedForm`."""

    rubric: Rubric
    time_zone: str
    until: datetime | None

    def saved(self, draft: Draft) -> Message:
        """When it was saved, and how long it is kept."""
        return msg(
            "Draft saved on {moment}. Only you can read it, and it is not submitted yet. It is deleted when the panel opens.",
            moment=At(draft.saved_at, self.time_zone),
        )

    def counts(self, typed: Mapping[str, str]) -> dict[str, Message]:
        """What is still empty."""
        return {"scores": still_empty(self.rubric, typed)}


async def drafted(visit: Visit, _command: str) -> DraftedReview:
    """The form on a review's page. Raises `CommandRejected` if the visitor cannot write the review now."""
    reader, review = visit.wiring.reader, visit.path["review"]
    state = await reader.the(REVIEW, review)
    submitted = state.status is ReviewStatus.SUBMITTED
    offer = await visit.trial().of(
        msg("Submit the review"),
        (ChangeReview if submitted else SubmitReview)(review=review, scores={}),
    )
    if not offer.may:
        if isinstance(offer.why_not, Message):
            raise Refused(offer.why_not)
        raise Forbidden(offer.not_yours) if isinstance(offer.not_yours, Message) else NotFound
    call = await reader.the(CALL, state.call)
    round = await reader.the(ROUND, state.round)
    return DraftedReview(call.stage(round.stage).rubric, call.time_zone, visit.wiring.clock() + _KEPT)


DRAFTS: Final = PageDrafts(("review.submit", "review.change"), drafted, ended_by=("review.declare_conflict",))


def still_empty(rubric: Rubric, typed: Mapping[str, str]) -> Message:
    """What of a review is still empty, in one sentence."""
    empty = [
        *[each.label for each in rubric.criteria if not typed.get(f"scores.{each.id}", "").strip()],
        *[label for name, label in COMMENTS.items() if not typed.get(name, "").strip()],
    ]
    if not empty:
        return msg("Everything is filled in.")
    return msg("Still empty: {fields}.", fields=tuple(empty))


async def filled(_: Visit, form: SubmittedForm) -> Plain:
    """The fields of a review; a criterion without a choice is left out, so that the rule reports it.

    Raises `Refused` once if all criteria are scored and a comment is empty: the juror is told, and can send it again."""
    typed = form.typed()
    comments = [label for name, label in COMMENTS.items() if not typed.get(name, "").strip()]
    scored = all(text for name, text in typed.items() if name.startswith("scores."))
    if comments and scored and not form.own("told"):
        raise Refused(_warning(comments))
    return review_typed(form)


def review_typed(form: SubmittedForm) -> Plain:
    """The fields of a review as they were typed, without a warning."""
    plain = nested(form.typed())
    scores: Any = plain.get("scores", {})  # Any: whatever was sent
    if isinstance(scores, dict):
        plain["scores"] = {
            name: None if text == NO_BASIS else text for name, text in scores.items() if text != ""
        }
    return plain


def was_told(visit: Visit) -> bool:
    """Whether the form came back because a comment is empty, so that sending it again is meant."""
    returned = visit.returned
    return returned is not None and (
        bool(returned.typed.own("told"))
        or (returned.sentence is not None and returned.sentence.template == _warning(()).template)
    )


def in_words(visit: Visit, rubric: Rubric, typed: Mapping[str, str]) -> list[tuple[Said, str]]:
    """What was typed into the form of a review, with the label of each input."""
    locale = visit.locale
    labels = {
        **{f"scores.{each.id}": said(each.label, visit.languages) for each in rubric.criteria},
        **{name: Said(locale.language, locale.say(label)) for name, label in COMMENTS.items()},
    }
    no_basis = locale.say(msg("no basis to judge"))
    return [
        (labels[name], no_basis if text == NO_BASIS and name.startswith("scores.") else text)
        for name, text in typed.items()
        if name in labels and text.strip()
    ]


def start_of(
    scores: Mapping[str, int | None], comment_jury: str | None, comment_applicant: str | None
) -> dict[str, str]:
    """The initial values of the form that changes a review."""
    return {
        **{f"scores.{name}": NO_BASIS if points is None else str(points) for name, points in scores.items()},
        "comment_jury": comment_jury or "",
        "comment_applicant": comment_applicant or "",
    }
