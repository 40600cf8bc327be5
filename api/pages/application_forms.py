"""The forms by which an applicant changes an application, submits it again, or answers the next stage."""

from __future__ import annotations

from typing import Any, Final

from api.drafts.forms import next_form, own_application
from api.locales import Locale
from api.pages.applying import filled, writing
from api.pages.drafting import PageDrafts, drafted_application
from api.pages.page import Page, PageAction, PageContent
from api.pages.visits import Visit
from domain.commands.applications.returning import ResubmitApplication
from domain.commands.applications.submitting import ChangeApplication, ContinueApplication
from domain.forms import BudgetLine, Entries
from domain.messages import msg
from domain.refusals import NotFound
from domain.stages import Stage
from domain.values import Money
from projections.applications import ApplicationDetail


async def _change(visit: Visit) -> PageContent:
    """The form of an application with what was last submitted, to change or resubmit it."""
    shown = await own_application(visit.wiring, visit.who, visit.path["application"])
    form = await next_form(visit.wiring, visit.who, shown)
    if form.command == "application.resubmit":
        return await writing(
            visit,
            form,
            heading=msg("Submit again"),
            note=msg(
                "Answer the questions by correcting your application. The jury reads only the newest version; the staff can still read "
                "what stood here before."
            ),
            send=msg("Submit the application again"),
            start=_as_typed(shown, form.stage, visit.locale),
            questions=shown.explanation,
        )
    return await writing(
        visit,
        form,
        heading=msg("Change the application"),
        note=msg("The jury reads only the newest version; the staff can still read what stood here before."),
        send=msg("Submit the changes"),
        start=_as_typed(shown, form.stage, visit.locale),
    )


async def _next_stage(visit: Visit) -> PageContent:
    """The form of the stage to which an application was invited."""
    shown = await own_application(visit.wiring, visit.who, visit.path["application"])
    if shown.invited_to is None:
        raise NotFound
    return await writing(
        visit,
        await next_form(visit.wiring, visit.who, shown, "application.continue"),
        heading=msg("The next stage"),
        note=msg(
            "You can change what you submit until the deadline. The jury also sees your earlier answers."
        ),
        send=msg("Submit for the next stage"),
        start={"title": shown.title or "", "requested.amount": visit.locale.typed(shown.requested)},
    )


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


_NOTHING: Final[Any] = {"title": "", "requested": Money(amount="0", currency="EUR"), "answers": {}}
"""An empty application, for finding out whether one may be submitted."""

_CHANGE: Final[PageAction[ApplicationDetail]] = PageAction(
    command="application.change",
    name=msg("Change the application"),
    done=msg("Your changes are submitted."),
    filled=filled,
    tried=lambda _, application: ChangeApplication(application=application.id, **_NOTHING),
    then=lambda _, answer: f"/applications/{answer.stream}",
)
_CONTINUE: Final[PageAction[ApplicationDetail]] = PageAction(
    command="application.continue",
    name=msg("Answer the next stage"),
    done=msg("Your answers for the next stage are submitted."),
    filled=filled,
    tried=lambda _, application: ContinueApplication(application=application.id, **_NOTHING),
    then=lambda _, answer: f"/applications/{answer.stream}",
)
_RESUBMIT: Final[PageAction[ApplicationDetail]] = PageAction(
    command="application.resubmit",
    name=msg("Submit again"),
    done=msg("Your application is submitted again."),
    filled=filled,
    tried=lambda _, application: ResubmitApplication(application=application.id, **_NOTHING),
    then=lambda _, answer: f"/applications/{answer.stream}",
)
ACTS: Final = (_CHANGE, _CONTINUE, _RESUBMIT)
"""What an applicant does on the pages of these forms."""

PAGES = (
    Page(
        path="/applications/{application}/change",
        show=_change,
        drafts=PageDrafts(("application.change", "application.resubmit"), drafted_application),
        acts=(_CHANGE, _RESUBMIT),
    ),
    Page(
        path="/applications/{application}/continue",
        show=_next_stage,
        drafts=PageDrafts(("application.continue",), drafted_application),
        acts=(_CONTINUE,),
    ),
)
