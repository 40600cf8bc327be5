"""Who gave which role to whom in an initiative, for its members."""

from __future__ import annotations

from api.pages import member_factors
from api.pages.page import Page, PageAction, PageContent
from api.pages.visits import Visit
from domain.commands.leaving import LeaveInitiative
from domain.commands.screening import SetInitiativeScreening
from domain.initiatives.state import INITIATIVE
from domain.messages import msg
from domain.values import MEMBER_ROLES, Role
from projections import members


async def _show(visit: Visit) -> PageContent:
    reader, initiative = visit.wiring.reader, visit.path["initiative"]
    shown = await members.given_roles(
        reader, visit.person, initiative, cursor=visit.query.get("cursor"), limit=100
    )
    # After the first query, which allows only members.
    house = await reader.the(INITIATIVE, initiative)
    return PageContent(
        "members.html",
        {
            "name": house.name,
            "screening": house.screening,
            "offer": await visit.trial().of(
                msg("Require screenings"),
                SetInitiativeScreening(initiative=initiative, required=not house.screening),
            ),
            **await member_factors.shown_of(visit, initiative, house),
            "entries": shown.items,
            "invites": not house.roles(visit.who).isdisjoint({Role.ADMINISTRATOR, Role.OFFICER}),
            "own_roles": tuple([role for role in MEMBER_ROLES if role in house.roles(visit.who)]),
            "leaving": await visit.trial().of(
                msg("Give up my roles"), LeaveInitiative(initiative=initiative)
            ),
            "next": shown.next,
        },
        initiative=initiative,
    )


PAGES = (
    Page(
        path="/initiatives/{initiative}/members",
        show=_show,
        acts=(
            PageAction(
                command="initiative.leave",
                done=msg("You gave up your roles."),
                then=lambda *_: "/me",
            ),
            PageAction(
                command="initiative.set_screening",
                done=msg("The setting for screenings is saved."),
            ),
            *member_factors.ACTS,
        ),
    ),
)
