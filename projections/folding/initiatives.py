"""The table of who belongs to which initiative."""

from __future__ import annotations

from typing import Final, assert_never

from domain.initiatives import (
    InitiativeFact,
    InitiativeFounded,
    InitiativeScreeningSet,
    MemberAdded,
    MemberAddedToCall,
    MemberRemoved,
    MemberRemovedFromCall,
)
from projections.placed import Placed
from projections.projection import Projection
from projections.rows import Rows
from projections.tables import Table, TableRow


class MembershipRow(TableRow, frozen=True, kw_only=True):
    """A person who holds or held a role in an initiative."""

    person: str
    initiative: str


MEMBERSHIPS: Final = Table("memberships", MembershipRow, key=("person", "initiative"), versions=False)


def fold(rows: Rows, fact: InitiativeFact, _placed: Placed) -> None:
    """Keep which initiatives a person belongs to; the roles themselves are read from the initiative's stream."""
    match fact:
        case InitiativeFounded():
            rows.put(MEMBERSHIPS, MembershipRow(person=fact.founder, initiative=fact.initiative))
        case MemberAdded() | MemberAddedToCall():
            rows.put(MEMBERSHIPS, MembershipRow(person=fact.person, initiative=fact.initiative))
        case MemberRemoved():
            rows.clear(MEMBERSHIPS, (fact.person, fact.initiative))
        case InitiativeScreeningSet():
            pass  # of no person
        case MemberRemovedFromCall():
            pass  # who holds no role any more is left out where it is asked
        case _:
            assert_never(fact)


PROJECTION: Final = Projection("initiatives", (MEMBERSHIPS,), fold)
