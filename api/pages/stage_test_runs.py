"""A test run of a stage: an officer applies as an applicant would and reads and scores that as a juror would. The pages and the
checks are the real ones; what was typed travels from page to page in hidden inputs and is stored nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec

from api.drafts.forms import ApplicationForm
from api.inputs.commands import command_of
from api.inputs.submitted import SubmittedForm
from api.pages.applying import eligibility_first, writing
from api.pages.call_work import Work, work_of
from api.pages.page import Page, PageContent
from api.pages.questions import STAGE
from api.pages.rendering import said
from api.pages.returned_forms import with_errors
from api.pages.review_drafts import COMMENTS, DraftedReview, review_typed
from api.pages.reviews import form_context
from api.pages.stage_previews import (
    Tried,
    as_prepared,
    note_for,
    planned_until,
    review_of,
    shown_until,
    tried,
)
from api.pages.trying import Offer
from api.pages.visits import Visit
from domain.commands.reviews import SubmitReview
from domain.forms import Rubric
from domain.messages import Message, msg
from domain.refusals import CommandRejected, FieldError, Invalid
from domain.reviews.scores import score
from domain.reviews.state import Review, ReviewStatus
from domain.reviews.writing import Written, check_written
from domain.stages import Stage
from projections.calls import CallDetail
from projections.review_summary import ReviewSummary
from projections.reviews import ReviewDetail, percent

APPLICATION: Final = "application.submit"
REVIEW: Final = "review.submit"
_NO_REVIEW: Final = "review-" + "0" * 32
_HELD: Final[Mapping[str, str]] = {
    "form": "change",
    "submitted": "submit",
    "asked": "read",
    "reading": "declared",
    "done": "score",
}
"""Where a page of the test run is (its hidden field ``_at``), with the step that leads there: a button that only changes the
language or a table stays on the page."""


@dataclass(frozen=True, slots=True)
class TestRun:
    """Where the test run is: its `number` among the `steps`, the name `at` of this page, and the inputs of other pages that it
    keeps as hidden ones."""

    at: str
    number: int
    steps: int
    title: Message
    kept: tuple[tuple[str, str], ...]


async def _show(visit: Visit) -> PageContent:
    work = await work_of(visit)
    stage, call = await as_prepared(visit, work)
    form = visit.returned.typed if visit.returned else None
    step = "" if form is None else form.own("step") or _HELD.get(form.own("at"), "")
    run = _Run(visit, work, stage, call, form or SubmittedForm({}))
    if form is None or step in ("", "form", "change"):
        return await run.applying()
    application = tried(work, call, stage, form)
    if application.errors:
        return await run.applying(application.errors)
    match step:
        case "submit":
            return run.submitted(application)
        case "read" if run.summary(application) is not None:
            return run.asked(application)
        case "score":
            return run.scored(application)
        case _:
            return run.reading(application)


@dataclass(frozen=True, slots=True)
class _Run:
    """One request of a test run, with what was `typed` so far."""

    visit: Visit
    work: Work
    stage: Stage
    call: CallDetail
    typed: SubmittedForm

    async def applying(self, errors: tuple[FieldError, ...] = ()) -> PageContent:
        """The questions that are asked first, then the form."""
        visit = self._returned("application-submit", errors)
        first = self.stage.id == self.work.call.stages[0].id
        until = shown_until(visit, self.work, self.stage, self.call)
        form = ApplicationForm(APPLICATION, self.call, self.stage, until, rolling=self.work.call.rolling)
        eligibility = eligibility_first(visit, form) if first else None
        if eligibility is not None:
            return self._page(eligibility, "eligibility", msg("Whom this call is for"))
        shown = await writing(
            visit,
            form,
            heading=msg("Apply"),
            note=note_for(self.work.call),
            send=msg("Submit the application"),
        )
        undated = planned_until(self.work, self.stage, self.call) is None
        shown = replace(shown, context={**shown.context, "undated": undated})
        return self._page(shown, "form", msg("The form"))

    def submitted(self, application: Tried) -> PageContent:
        """What the applicant reads after submitting, who reads all of it."""
        visit = self._returned("test-run")
        review = self._review(application, open_to_all=True)
        content = PageContent(
            "test_submitted.html",
            {
                "call": self.call,
                "stage": self.stage,
                "application": review.application_shown,
                "form": visit.form("test.run"),
            },
            initiative=self.call.initiative,
        )
        return self._page(content, "submitted", msg("What was submitted"), keeps=True)

    def asked(self, application: Tried) -> PageContent:
        """What a juror reads before saying whether they have a conflict of interest."""
        review = msgspec.structs.replace(
            self._review(application),
            status=ReviewStatus.ASSIGNED,
            application_shown=None,
            summary=self.summary(application),
        )
        return self._juror(
            review, "asked", msg("The question about conflicts of interest"), form_id="test-run"
        )

    def reading(self, application: Tried, errors: tuple[FieldError, ...] = ()) -> PageContent:
        """The application beside the form of the review."""
        return self._juror(
            self._review(application),
            "reading",
            msg("Reading and scoring"),
            form_id="review-submit",
            errors=errors,
        )

    def scored(self, application: Tried) -> PageContent:
        """The review as it would be submitted, or what is wrong with it."""
        try:
            # The application travels in the same form.
            plain = {
                name: value
                for name, value in review_typed(self.typed).items()
                if name == "scores" or name in COMMENTS
            }
            command = command_of(SubmitReview, {**plain, "review": _NO_REVIEW})
            checked = check_written(
                Written(
                    scores=command.scores,
                    comment_jury=command.comment_jury,
                    comment_applicant=command.comment_applicant,
                ),
                self.stage.rubric,
            )
        except Invalid as invalid:
            return self.reading(application, tuple(invalid.errors))
        except CommandRejected as rejected:
            return self.reading(application, (FieldError("scores", rejected.detail),))
        total = score(Review(status=ReviewStatus.SUBMITTED, scores=dict(checked.scores)), self.stage.rubric)
        review = msgspec.structs.replace(
            self._review(application),
            status=ReviewStatus.SUBMITTED,
            scores=dict(checked.scores),
            score=percent(total),
            comment_jury=checked.comment_jury,
            comment_applicant=checked.comment_applicant,
        )
        return self._juror(review, "done", msg("The submitted review"), form_id="test-run")

    def summary(self, application: Tried) -> ReviewSummary | None:
        """The summary of the application; None if the stage has none."""
        form = self.stage.form
        chosen = tuple([each for each in form.questions if each.in_summary])
        if not chosen and not form.title_in_summary:
            return None
        return ReviewSummary(
            title=application.title if form.title_in_summary else None,
            title_in_summary=form.title_in_summary,
            form=msgspec.structs.replace(form, questions=chosen),
            answers={each.id: application.answers.get(each.id) for each in chosen},
        )

    def _review(self, application: Tried, *, open_to_all: bool = False) -> ReviewDetail:
        assert application.requested is not None
        stage = msgspec.structs.replace(self.stage, blindness="open") if open_to_all else self.stage
        return review_of(
            self.visit,
            self.work,
            stage,
            self.call,
            title=application.title,
            requested=application.requested,
            answers=application.answers,
        )

    def _juror(
        self,
        review: ReviewDetail,
        at: str,
        title: Message,
        *,
        form_id: str,
        errors: tuple[FieldError, ...] = (),
    ) -> PageContent:
        visit = self._returned(form_id, errors)
        rubric: Rubric = self.stage.rubric
        writes = at == "reading"
        may = {
            name: Offer(name, msg("Submit the review"), may=allowed)
            for name, allowed in (
                ("review.declare_no_conflict", at == "asked"),
                ("review.declare_conflict", False),
                ("review.submit", writes),
            )
        }
        form = visit.form(REVIEW) if writes else None
        content = PageContent(
            "review.html",
            {
                "review": review,
                "call": self.call,
                "may": may,
                "offers": [],
                **form_context(visit, form, DraftedReview(rubric, self.call.time_zone, None)),
                "typed": [],
                "run_form": None if writes else visit.form("test.run"),
                "place": None,
            },
            labels={f"scores.{each.id}": said(each.label, visit.languages).text for each in rubric.criteria},
            initiative=self.call.initiative,
        )
        return self._page(content, at, title, keeps=True)

    def _returned(self, form_id: str, errors: tuple[FieldError, ...] = ()) -> Visit:
        """The visit whose form `form_id` has everything that was typed."""
        if self.visit.returned is None:
            return self.visit
        return with_errors(self.visit, form_id, self.typed, errors)

    def _page(self, content: PageContent, at: str, title: Message, *, keeps: bool = False) -> PageContent:
        """A page of the test run, which says that it is one. `keeps`: all that was typed on other pages goes along."""
        steps = [
            *(
                ["eligibility"]
                if self.call.eligibility and self.stage.id == self.work.call.stages[0].id
                else []
            ),
            "form",
            "submitted",
            *(
                ["asked"]
                if self.stage.form.title_in_summary
                or any(each.in_summary for each in self.stage.form.questions)
                else []
            ),
            "reading",
            "done",
        ]
        own = ("scores.", "comment_") if at == "reading" else ()
        kept = tuple([each for each in self.typed.typed().items() if not own or not each[0].startswith(own)])
        run = TestRun(at, steps.index(at) + 1, len(steps), title, kept if keeps else ())
        context: dict[str, Any] = {  # Any: as in PageContent
            **content.context,
            "test_run": run,
            "back": f"/calls/{self.work.id}/stages/{self.stage.id}",
        }
        return replace(content, context=context, script=False)


PAGES = (Page(path=f"{STAGE}/test-run", show=_show, tries=True),)
