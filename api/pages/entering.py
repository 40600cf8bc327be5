"""The page on which the staff enter an application for somebody who cannot."""

from __future__ import annotations

from api.pages.applying import eligibility_first, filled, writing
from api.pages.calls import open_round, open_until, roles_in, takes_now
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
    round, rolling = open_round(visit, call), takes_now(visit, call)
    if (round or rolling) and call.eligibility and (step := eligibility_first(visit, call, DO)) is not None:
        return step
    return await writing(
        visit,
        call,
        call.stages[0],
        DO,
        until=open_until(round) if round else None,
        rolling=rolling,
        heading=msg("Enter an application for somebody"),
        note=msg(
            "Afterwards you can make a one-time key, with which the applicant takes the application over. Only the applicant "
            "can change or withdraw it."
        ),
        send=msg("Submit it for them"),
        round=round,
        start={"language": visit.locale.language},
    )


PAGES = (
    Page(
        path="/calls/{call}/enter",
        show=_show,
        acts=(
            PageAction(
                command=DO,
                done=msg("The application is submitted for the applicant."),
                filled=filled,
                then=lambda _, answer: f"/applications/{answer.stream}",
            ),
        ),
    ),
)
