"""Second factors on the page of an initiative's members: whether they are required, who lacks one, and removing lost ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from api.pages.page import PageAction
from api.pages.visits import Visit
from domain.commands.factors import RequireFactors
from domain.initiatives.state import Initiative
from domain.messages import msg
from domain.persons.state import PERSON
from domain.refusals import Forbidden, NotFound
from projections import initiatives
from projections.initiatives import Member


async def shown_of(visit: Visit, initiative: str, house: Initiative) -> Mapping[str, Any]:
    """What the page shows of it. Any: whatever the template shows."""
    try:
        people = (await initiatives.one(visit.wiring.reader, visit.person, initiative)).members
    except (Forbidden, NotFound):
        people = ()
    return {
        "factors_required": house.factors_required,
        "lacking": [each for each in people if each.lacks_factor],
        **(await _recovery(visit, people)),
    }


async def _recovery(visit: Visit, people: tuple[Member, ...]) -> dict[str, Any]:
    """For an administrator of the installation: whose second factors could be removed, and for whom it was asked."""
    if visit.me is None or not visit.me.administrator or not people:
        return {"can_lose": [], "asked": [], "alone": False, "appointable": []}
    administrators = (await visit.wiring.installation()).administrators
    loaded = await visit.wiring.reader.load(*((PERSON, each.person) for each in people))
    states = {each.person: loaded[each.person].state for each in people}
    others = [each for each in people if each.person != visit.who]
    return {
        "can_lose": [
            (each.person, each.name)
            for each in others
            if states[each.person].secured and states[each.person].recovery_asked_by is None
        ],
        "asked": [
            {"member": each, "mine": states[each.person].recovery_asked_by == visit.who}
            for each in others
            if states[each.person].recovery_asked_by is not None
        ],
        "alone": len(administrators) == 1,
        "appointable": [
            (each.person, each.name) for each in others if each.name and each.person not in administrators
        ],
    }


ACTS: Final[tuple[PageAction[Initiative], ...]] = (
    PageAction(
        command="initiative.require_factors",
        name=msg("Require second factors"),
        done=msg("The setting for second factors is saved."),
        tried=lambda _, house: RequireFactors(initiative=house.id, required=not house.factors_required),
    ),
    PageAction(
        command="person.ask_recovery",
        done=msg("You have asked for it. Another administrator of this site can confirm it on this page."),
    ),
    PageAction(
        command="person.confirm_recovery",
        done=msg("The second factors are removed. The person can sign in without, and set up new ones."),
    ),
    PageAction(
        command="installation.appoint",
        done=msg("This person is now an administrator of this site, too."),
    ),
    PageAction(command="person.cancel_recovery", done=msg("It is cancelled. The second factors stay.")),
)
"""The actions of the page for it."""
