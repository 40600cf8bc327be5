"""Whose turn it is with the instalments of grants, for the people of the initiative who know the recipient."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from domain import access
from domain.calls.state import CALL
from domain.deciding import Allowed
from domain.grants.state import GRANT, Grant
from domain.grants.turns import turn_of
from domain.initiatives.state import INITIATIVE, Initiative
from domain.messages import Message
from domain.organisations import ORGANISATION
from domain.parties import acts_for, is_organisation
from domain.persons.state import PERSON
from projections.reader import Reader


async def turns(
    reader: Reader, viewer: str, wanted: Collection[str], *, now: datetime
) -> dict[str, dict[int, Message]]:
    """Who has to do what next, by grant and number of the instalment. Without grants that cannot be read, those of which the viewer
    may not know the recipient, and their own."""
    loaded = await reader.readable(*((GRANT, each) for each in sorted(wanted)))
    grants: dict[str, Grant] = {each: found.state for each, found in loaded.items()}
    around = await reader.readable(
        *((CALL, call) for call in sorted({grant.call for grant in grants.values()})),
        *((INITIATIVE, house) for house in sorted({grant.initiative for grant in grants.values()})),
        *(
            (ORGANISATION if is_organisation(party) else PERSON, party)
            for party in sorted({grant.recipient for grant in grants.values()})
        ),
    )
    actor = await reader.actor(viewer)
    conflicts = {
        call: await reader.conflicts_in_call(viewer, call) for call in {each.call for each in grants.values()}
    }
    found: dict[str, dict[int, Message]] = {}
    for each, grant in grants.items():
        if acts_for(actor, grant.recipient) or not (
            {grant.call, grant.initiative, grant.recipient} <= around.keys()
        ):
            continue
        house: Initiative = around[grant.initiative].state
        initiative = house.within(grant.call)
        sees = access.sees_recipient(actor, initiative, grant, conflicts=conflicts[grant.call])
        if not isinstance(sees, Allowed):
            continue
        required = house.screening or around[grant.call].state.screening
        setting = grant.payee.setting if grant.payee else 0
        told = isinstance(access.sees_screening(actor, grant, setting), Allowed)
        erased = around[grant.recipient].state.erased
        said = {
            number: turn_of(
                grant, number, viewer=viewer, screening=required, told=told, erased=erased, now=now
            )
            for number in grant.instalments
        }
        found[each] = {number: words for number, words in said.items() if words is not None}
    return found
