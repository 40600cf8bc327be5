"""Who gave which role to whom in an initiative, for its members."""

from __future__ import annotations

from typing import Final

from api.pages import member_factors
from api.pages.page import Page, PageAction, PageContent, offers_of
from api.pages.visits import Visit
from domain.commands.leaving import LeaveInitiative
from domain.commands.screening import SetInitiativeScreening
from domain.initiatives.state import INITIATIVE, Initiative
from domain.messages import msg
from domain.values import MEMBER_ROLES, Role
from projections import members


async def _show(visit: Visit) -> PageContent:
    reader, initiative = visit.wiring.reader, visit.path["initiative"]
    shown = await members.given_roles(
        reader, visit.person, initiative, cursor=visit.query.get("cursor"), limit=100
    )
    # After the first query, which allows only members.
    house: Initiative = await reader.the(INITIATIVE, initiative)
    return PageContent(
        "members.html",
        {
            "name": house.name,
            "screening": house.screening,
            "may": {offer.do: offer for offer in await offers_of(visit, visit.trial(), _ACTS, house)},
            **await member_factors.shown_of(visit, initiative, house),
            "entries": shown.items,
            "invites": not house.roles(visit.who).isdisjoint({Role.ADMINISTRATOR, Role.OFFICER}),
            "own_roles": tuple([role for role in MEMBER_ROLES if role in house.roles(visit.who)]),
            "next": shown.next,
        },
        initiative=initiative,
    )


_ACTS: Final[tuple[PageAction[Initiative], ...]] = (
    PageAction(
        command="initiative.leave",
        name=msg("Give up my roles"),
        done=msg("You gave up your roles."),
        tried=lambda _, house: LeaveInitiative(initiative=house.id),
        then=lambda *_: "/me",
    ),
    PageAction(
        command="initiative.set_screening",
        name=msg("Require a screening before each payment"),
        done=msg("The setting for screenings is saved."),
        tried=lambda _, house: SetInitiativeScreening(initiative=house.id, required=not house.screening),
    ),
    *member_factors.ACTS,
)

PAGES = (
    Page(
        path="/initiatives/{initiative}/members",
        show=_show,
        acts=_ACTS,
    ),
)
