"""What ends when a person begins to act for an organisation: what they decided before on its money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.deciding import Fact, Part, index_entries, some
from domain.grants import rules as grant_rules
from domain.grants.state import GRANT
from domain.indexes import grants_paying


@dataclass(frozen=True, slots=True)
class EndedByJoining:
    """The facts by grant, and the initiative of each."""

    facts: Mapping[str, tuple[Fact, ...]] = field(default_factory=dict)
    initiatives: Mapping[str, str] = field(default_factory=dict)


def ended_by_joining(person: str, organisation: str) -> Part[EndedByJoining]:
    """What ends when a person begins to act for an organisation. Nobody decides on the money of a party with which they have
    ties; what they decided before they had any ends in the append in which they join, so that no later rule has to ask who
    has joined since."""
    grants = yield from some(GRANT, (yield from index_entries(grants_paying(organisation))))
    facts = {
        each: ended
        for each, grant in grants.items()
        if (ended := grant_rules.end_decisions(each, grant, person=person, organisation=organisation))
    }
    return EndedByJoining(facts=facts, initiatives={each: grants[each].initiative for each in facts})
