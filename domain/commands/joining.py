"""What ends when a person begins to act for an organisation: what they decided before on its money, and in the rounds in which
it applied.

Nobody decides on a party with which they have ties, nor on its rivals. What a person decided before they had any ends in the
append in which they join, so that no later rule has to ask who has joined since.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.applications.state import APPLICATION
from domain.deciding import Fact, IndexEntries, Part, index_entries, some
from domain.grants import rules as grant_rules
from domain.grants.state import GRANT
from domain.indexes import grants_paying, judged_by, reviews_of, rounds_of, submissions_of
from domain.panels import rules as panel_rules
from domain.panels.state import PANEL
from domain.reviews import assigning
from domain.reviews.state import REVIEW
from domain.rounds.state import ROUND, Round, RoundStatus


@dataclass(frozen=True, slots=True)
class EndedByJoining:
    """The facts by grant, review or panel, and the initiative of each."""

    facts: Mapping[str, tuple[Fact, ...]] = field(default_factory=dict)
    initiatives: Mapping[str, str] = field(default_factory=dict)


def ended_by_joining(person: str, organisation: str) -> Part[EndedByJoining]:
    """What ends when a person begins to act for an organisation: what they decided on the payments of its grants; reviews that
    they submitted in a round in which it applied, until the panel opens; and what they decided in a panel that is not
    confirmed. A ranking is fixed when the panel opens, so reviews that it counts stay."""
    applications = yield from some(APPLICATION, (yield from index_entries(submissions_of(organisation))))
    ids = {each.round for each in applications.values()}
    for call in sorted({each.call for each in applications.values() if each.rivals_later}):
        ids |= set((yield from index_entries(rounds_of(call))))
    rounds = yield from some(ROUND, sorted(ids))
    facts = {
        **(yield from _payments(person, organisation)),
        **(yield from _reviews(person, rounds, own=frozenset(applications))),
        **(yield from _panels(person, rounds)),
    }
    return EndedByJoining(
        facts={stream: ended for stream, (_, ended) in facts.items()},
        initiatives={stream: initiative for stream, (initiative, _) in facts.items()},
    )


_Ended = dict[str, tuple[str, tuple[Fact, ...]]]
"""The initiative and the facts of each stream."""


def _payments(person: str, organisation: str) -> Part[_Ended]:
    grants = yield from some(GRANT, (yield from index_entries(grants_paying(organisation))))
    return {
        each: (grant.initiative, ended)
        for each, grant in grants.items()
        if (ended := grant_rules.end_decisions(each, grant, person=person, organisation=organisation))
    }


def _reviews(person: str, rounds: Mapping[str, Round], *, own: frozenset[str]) -> Part[_Ended]:
    found: _Ended = {}
    for round_id, round in rounds.items():
        if round.status is not RoundStatus.CLOSED:
            continue
        judged = yield from index_entries(judged_by(person, round_id))
        if not judged:
            continue
        asked: Mapping[str, tuple[str, ...]] = yield IndexEntries(
            tuple([reviews_of(each) for each in judged])
        )
        reviews = yield from some(REVIEW, (review for index in asked.values() for review in index))
        for each, review in reviews.items():
            ended = assigning.end_by_joining(each, review, round_id, person=person, own=own)
            if ended:
                found[each] = (review.initiative, ended)
    return found


def _panels(person: str, rounds: Mapping[str, Round]) -> Part[_Ended]:
    panels = yield from some(
        PANEL,
        (round.panel for round in rounds.values() if round.panel and round.status is RoundStatus.IN_PANEL),
    )
    return {
        each: (panel.initiative, ended)
        for each, panel in panels.items()
        if (ended := panel_rules.end_decisions(each, panel, person=person))
    }
