"""The table of initiatives' members."""

from __future__ import annotations

from typing import Final, assert_never

from domain.initiatives.facts import (
    InitiativeDescribed,
    InitiativeFact,
    InitiativeFactorsRequired,
    InitiativeFounded,
    InitiativeScreeningSet,
    JurorAddedToRound,
    JurorRemovedFromRound,
    MemberAdded,
    MemberAddedToCall,
    MemberLeft,
    MemberRemoved,
    MemberRemovedFromCall,
    MemberSecured,
)
from domain.letters.facts import InitiativeLetterReset, InitiativeLetterWritten
from projections.placed import Placed
from projections.projection import Projection
from projections.rows import Rows
from projections.tables import Table, TableRow


class MembershipRow(TableRow, frozen=True, kw_only=True):
    """A person who has or had a role in an initiative."""

    person: str
    initiative: str


MEMBERSHIPS: Final = Table("memberships", MembershipRow, key=("person", "initiative"), versions=False)


def fold(rows: Rows, fact: InitiativeFact, _placed: Placed) -> None:
    """Store which initiatives a person belongs to; the roles themselves are read from the initiative's stream."""
    match fact:
        case InitiativeFounded():
            rows.put(MEMBERSHIPS, MembershipRow(person=fact.founder, initiative=fact.initiative))
        case MemberAdded() | MemberAddedToCall() | JurorAddedToRound():
            rows.put(MEMBERSHIPS, MembershipRow(person=fact.person, initiative=fact.initiative))
        case MemberRemoved() | MemberLeft(call=None, round=None):
            rows.clear(MEMBERSHIPS, (fact.person, fact.initiative))
        case (
            InitiativeScreeningSet()
            | InitiativeDescribed()
            | InitiativeLetterWritten()
            | InitiativeLetterReset()
            | InitiativeFactorsRequired()
            | MemberSecured()
        ):
            pass  # belongs to no person
        case MemberRemovedFromCall() | JurorRemovedFromRound() | MemberLeft():
            pass  # queries leave out people who have no role any more
        case _:
            assert_never(fact)


PROJECTION: Final = Projection("initiatives", (MEMBERSHIPS,), fold)
