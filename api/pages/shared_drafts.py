"""Drafts in which several people write: the form for those who were invited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from api.drafts.drafts import Draft
from api.drafts.sharing import FORMS
from api.pages.application_forms import answered
from api.pages.applying import eligibility_answers, writing, written
from api.pages.calls import open_round, open_until, takes_now
from api.pages.drafting import DraftedApplication, PageDrafts
from api.pages.forms import Plain, SubmittedForm
from api.pages.page import Page, PageAction, PageContent
from api.pages.visits import Visit
from domain.messages import msg
from domain.refusals import Forbidden
from domain.rounds.state import RoundStatus
from domain.stages import Stage
from projections import applications, calls, rounds
from projections.calls import CallDetail
from projections.rounds import RoundLine

NOT_YOURS_TO_SUBMIT: Final = msg(
    "Only the person whose draft this is can submit it, or somebody who acts for the organisation that applies."
)
WHERE: Final[Mapping[str, str]] = {
    "application.submit": "/calls/{about}/apply",
    "application.change": "/applications/{about}/change",
    "application.resubmit": "/applications/{about}/change",
    "application.continue": "/applications/{about}/continue",
}
"""The page on which the owner of a draft writes in it, by the command that its form sends."""


@dataclass(frozen=True, slots=True)
class _Form:
    """The form of a draft: it takes answers `until` a time, or all the time in a `rolling` call."""

    call: CallDetail
    stage: Stage
    until: datetime | None
    round: RoundLine | None = None
    rolling: bool = False


async def _form_of(visit: Visit, draft: Draft) -> _Form:
    """The form of a draft, as its owner has it; only what the form asks for, and until when, is taken from there."""
    reader, owner, about = visit.wiring.reader, draft.place.person, draft.place.about
    if draft.place.command == "application.submit":
        call = await calls.one(reader, owner, about)
        round = open_round(visit, call)
        until = open_until(round) if round else None
        return _Form(call, call.stages[0], until, round, takes_now(visit, call))
    shown = await applications.one(reader, owner, about)
    call = await calls.one(reader, owner, shown.call)
    if draft.place.command == "application.continue":
        stage = next((each for each in call.stages if each.id == shown.invited_to), call.stages[-1])
        line = next((each for each in call.rounds if each.stage == stage.id), None)
        return _Form(call, stage, open_until(line) if line and line.status == RoundStatus.OPEN else None)
    if draft.place.command == "application.resubmit":
        return _Form(call, answered(call, shown), shown.awaited_until)
    line = await rounds.one(reader, owner, shown.round)
    open_ = line.status == RoundStatus.OPEN
    return _Form(call, answered(call, shown), open_until(line) if open_ else None)


async def _asked(visit: Visit) -> DraftedApplication:
    assert visit.shared is not None
    form = await _form_of(visit, visit.shared)
    return DraftedApplication(form.call, form.stage, form.until)


async def _show(visit: Visit) -> PageContent:
    assert visit.shared is not None
    form = await _form_of(visit, visit.shared)
    submits = await visit.wiring.shared_drafts.submits(visit.shared, visit.who)
    return await writing(
        visit,
        form.call,
        form.stage,
        visit.shared.place.command,
        until=form.until,
        round=form.round,
        rolling=form.rolling,
        heading=msg("A draft that you write together"),
        note=msg("You can submit it, because you act for the organisation that applies.")
        if submits
        else msg("You help to write it. Only the person whose draft it is submits it."),
        send=msg("Submit the application"),
        submits=submits,
    )


async def _filled(visit: Visit, typed: SubmittedForm) -> Plain:
    draft = visit.shared
    assert draft is not None
    if not await visit.wiring.shared_drafts.submits(draft, visit.who):
        raise Forbidden(NOT_YOURS_TO_SUBMIT)
    form = await _form_of(visit, draft)
    plain = written(form.call, form.stage.form, typed)
    if draft.place.command != "application.submit":
        return plain | {"application": draft.place.about}
    if form.call.eligibility:
        plain |= {"eligibility": eligibility_answers(plain)}
    if applicant := draft.typed.get("applicant"):
        plain |= {"applicant": applicant}
    return plain | {"call": draft.place.about}


PAGES: Final[tuple[Page, ...]] = (
    Page(
        path="/drafts/{draft}",
        show=_show,
        drafts=PageDrafts(tuple(sorted(FORMS)), _asked, shared=True),
        acts=tuple(
            [
                PageAction(
                    command=command,
                    done=msg("It is submitted."),
                    filled=_filled,
                    then=lambda _, answer: f"/applications/{answer.stream}",
                )
                for command in sorted(FORMS)
            ]
        ),
    ),
)
