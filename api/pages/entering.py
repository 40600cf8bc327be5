"""The page on which the staff enter an application for somebody who cannot."""

from __future__ import annotations

from api.drafts.forms import fields_of, new_form
from api.inputs.submitted import Plain, SubmittedForm
from api.pages.applying import eligibility_first, writing
from api.pages.calls import roles_in
from api.pages.page import Page, PageAction, PageContent
from api.pages.visits import Visit
from domain.messages import msg
from domain.refusals import NotFound
from domain.values import Role
from projections import calls

DO = "application.enter"


async def _show(visit: Visit) -> PageContent:
    call = await calls.one(visit.wiring.reader, visit.person, visit.path["call"])
    if Role.OFFICER not in await roles_in(visit, call.initiative, call.id):
        raise NotFound
    form = new_form(visit.wiring, call, DO, grace=visit.returned is not None)
    if (step := eligibility_first(visit, form)) is not None:
        return step
    return await writing(
        visit,
        form,
        heading=msg("Enter an application for somebody"),
        note=msg(
            "Afterwards you can make a one-time key, with which the applicant takes the application over. Only the applicant "
            "can change or withdraw it."
        ),
        send=msg("Submit it for them"),
        start={"language": visit.locale.language},
    )


async def _filled(visit: Visit, typed: SubmittedForm) -> Plain:
    call = await calls.one(visit.wiring.reader, visit.person, visit.path["call"])
    return fields_of(new_form(visit.wiring, call, DO), typed)


PAGES = (
    Page(
        path="/calls/{call}/enter",
        show=_show,
        acts=(
            PageAction(
                command=DO,
                done=msg("The application is submitted for the applicant."),
                filled=_filled,
                then=lambda _, answer: f"/applications/{answer.stream}",
            ),
        ),
    ),
)
