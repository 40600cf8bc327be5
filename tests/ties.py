"""Who acts, or acted, for which organisation, counted from the recorded facts alone."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from domain.deciding import Fact
from domain.organisations import (
    OrganisationErased,
    OrganisationMemberAdded,
    OrganisationMemberRemoved,
    OrganisationRegistered,
)


@dataclass
class Ties:
    """The members of each organisation: those of `now`, and all that it `ever` had."""

    now: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    ever: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def count(self, fact: Fact) -> None:
        """Count one more fact; those that are not about members change nothing."""
        match fact:
            case OrganisationRegistered():
                self._add(fact.organisation, fact.member)
            case OrganisationMemberAdded():
                self._add(fact.organisation, fact.person)
            case OrganisationMemberRemoved():
                self.now[fact.organisation].discard(fact.person)
            case OrganisationErased():
                self.now[fact.organisation].clear()
            case _:
                pass

    def _add(self, organisation: str, person: str) -> None:
        self.now[organisation].add(person)
        self.ever[organisation].add(person)

    def acts_for(self, person: str, party: str) -> bool:
        """Whether a person acts for a party now."""
        return person == party or person in self.now[party]

    def tied(self, person: str, party: str | None) -> bool:
        """Whether a person is a party, or acts or acted for it; nobody is tied to a payee whom the program does not know."""
        return party is not None and (person == party or person in self.ever[party])
