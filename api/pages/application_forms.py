"""The forms by which an applicant changes an application, submits it again, or answers the next stage."""

from __future__ import annotations

import msgspec

from api.locales import Locale
from api.pages.applying import writing, written
from api.pages.calls import open_until
from api.pages.drafting import DraftedApplication, PageDrafts
from api.pages.forms import Plain, SubmittedForm
from api.pages.page import Page, PageAction, PageContent
from api.pages.visits import Visit
from domain.applications.state import ApplicationStatus
from domain.forms import BudgetLine, Entries
from domain.messages import msg
from domain.refusals import NotFound
from domain.rounds.state import RoundStatus
from domain.stages import Stage
from domain.values import Money, Role
from projections import applications, calls, rounds
from projections.applications import ApplicationDetail
from projections.calls import CallDetail


async def _change(visit: Visit) -> PageContent:
    """The form of an application with what was last submitted, to change or resubmit it."""
    reader, who, application = visit.wiring.reader, visit.person, visit.path["application"]
    shown = await applications.one(reader, who, application)
    if shown.seen_as is not Role.APPLICANT:
        raise NotFound
    call = await calls.one(reader, who, shown.call)
    stage = answered(call, shown)
    start = _as_typed(shown, stage, visit.locale)
    if shown.status == ApplicationStatus.RETURNED:
        return await writing(
            visit,
            call,
            stage,
            "application.resubmit",
            until=shown.awaited_until,
            heading=msg("Submit again"),
            note=msg("Answer the questions by correcting your application; they are on its page."),
            send=msg("Submit the application again"),
            start=start,
        )
    round = await rounds.one(reader, who, shown.round)
    return await writing(
        visit,
        call,
        stage,
        "application.change",
        until=open_until(round) if round.status == RoundStatus.OPEN else None,
        heading=msg("Change the application"),
        note=msg("The jury sees the newest version; earlier ones stay in the history."),
        send=msg("Submit the changes"),
        start=start,
    )


async def _next_stage(visit: Visit) -> PageContent:
    """The form of the stage to which an application was invited."""
    reader, who = visit.wiring.reader, visit.person
    shown = await applications.one(reader, who, visit.path["application"])
    if shown.seen_as is not Role.APPLICANT or shown.invited_to is None:
        raise NotFound
    call = await calls.one(reader, who, shown.call)
    stage = next(each for each in call.stages if each.id == shown.invited_to)
    round = next((each for each in call.rounds if each.stage == stage.id), None)
    return await writing(
        visit,
        call,
        stage,
        "application.continue",
        until=open_until(round) if round and round.status == RoundStatus.OPEN else None,
        heading=msg("The next stage"),
        note=msg(
            "You can change what you submit until the deadline. The jury also sees your earlier answers."
        ),
        send=msg("Submit for the next stage"),
        start={"title": shown.title or "", "requested.amount": visit.locale.typed(shown.requested)},
    )


async def _asked_to_change(visit: Visit) -> DraftedApplication:
    """What the form asks for by which an application is changed or submitted again."""
    reader, who = visit.wiring.reader, visit.person
    shown = await applications.one(reader, who, visit.path["application"])
    call = await calls.one(reader, who, shown.call)
    round = await rounds.one(reader, who, shown.round)
    return DraftedApplication(call, answered(call, shown), shown.awaited_until or open_until(round))


async def _asked_next(visit: Visit) -> DraftedApplication:
    """What the next stage asks for."""
    reader, who = visit.wiring.reader, visit.person
    shown = await applications.one(reader, who, visit.path["application"])
    call = await calls.one(reader, who, shown.call)
    stage = next((each for each in call.stages if each.id == shown.invited_to), call.stages[-1])
    round = next((each for each in call.rounds if each.stage == stage.id), None)
    return DraftedApplication(call, stage, open_until(round) if round else None)


async def _continued(visit: Visit, form: SubmittedForm) -> Plain:
    reader, who = visit.wiring.reader, visit.person
    shown = await applications.one(reader, who, visit.path["application"])
    call = await calls.one(reader, who, shown.call)
    stage = next((each for each in call.stages if each.id == shown.invited_to), call.stages[-1])
    return written(call, stage.form, form)


def _as_typed(shown: ApplicationDetail, stage: Stage, locale: Locale) -> dict[str, str]:
    """The initial values of the form of an application, with amounts as its reader writes them."""
    start = {"title": shown.title or "", "requested.amount": locale.typed(shown.requested)}
    sums = {each.id for each in stage.form.questions if each.kind == "money"}

    def amount(text: str) -> str:
        return locale.typed(Money(amount=text, currency=shown.requested.currency))

    for name, answer in (shown.answers or {}).items():
        match answer:
            case None:
                pass
            case bool():
                start[f"answers.{name}"] = "yes" if answer else "no"
            case str():
                start[f"answers.{name}"] = amount(answer) if name in sums else answer
            case Entries():
                for row, entry in enumerate(answer.entries):
                    for part, given in entry.items():
                        place = f"answers.{name}.entries[{row}].{part}"
                        start[place] = ("yes" if given else "no") if isinstance(given, bool) else given or ""
            case _:
                for row, each in enumerate(answer):
                    if isinstance(each, BudgetLine):
                        start[f"answers.{name}[{row}].item"] = each.item
                        start[f"answers.{name}[{row}].amount"] = amount(each.amount)
                    else:
                        start[f"answers.{name}.{each}"] = "yes"
    return start


async def _changed(visit: Visit, form: SubmittedForm) -> Plain:
    reader, who = visit.wiring.reader, visit.person
    shown = await applications.one(reader, who, visit.path["application"])
    call = await calls.one(reader, who, shown.call)
    return written(call, answered(call, shown).form, form)


def answered(call: CallDetail, shown: ApplicationDetail) -> Stage:
    """The stage that an application answered last, with the version of its form that it answered."""
    stage = next(each for each in call.stages if each.id == shown.stage)
    return msgspec.structs.replace(stage, form=shown.form or stage.form)


PAGES = (
    Page(
        path="/applications/{application}/change",
        show=_change,
        drafts=PageDrafts(("application.change", "application.resubmit"), _asked_to_change),
        acts=(
            PageAction(
                command="application.change",
                done=msg("Your changes are submitted."),
                filled=_changed,
                then=lambda _, answer: f"/applications/{answer.stream}",
            ),
            PageAction(
                command="application.resubmit",
                done=msg("Your application is submitted again."),
                filled=_changed,
                then=lambda _, answer: f"/applications/{answer.stream}",
            ),
        ),
    ),
    Page(
        path="/applications/{application}/continue",
        show=_next_stage,
        drafts=PageDrafts(("application.continue",), _asked_next),
        acts=(
            PageAction(
                command="application.continue",
                done=msg("Your answers for the next stage are submitted."),
                filled=_continued,
                then=lambda _, answer: f"/applications/{answer.stream}",
            ),
        ),
    ),
)
