"""What several commands load about an application with several stages: its current reviews, what a person knows of it, and
conflicts of interest, which do not end with a stage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from domain.applications.state import APPLICATION, Application
from domain.calls.state import Call
from domain.deciding import IndexEntries, Part, index_entries, maybe, some, some_maybe
from domain.indexes import (
    applications_by,
    conflicts_of,
    kept_from,
    reviews_of,
    rounds_of,
    shown_again_to,
)
from domain.panels.state import Panel
from domain.parties import Conflicts, avoided_by
from domain.readings import READING, Reading, reading_of, with_earlier
from domain.reviews.state import REVIEW, Review, concerning
from domain.rounds.state import ROUND


def reviews_now(application_id: str, application: Application) -> Part[dict[str, Review]]:
    """The reviews of an application that count in its present round (`domain.reviews.state.concerning`)."""
    found = yield from some(REVIEW, (yield from index_entries(reviews_of(application_id))))
    return concerning(found, application.round)


def known_of(person: str, round_id: str, stage: str, call_id: str, call: Call) -> Part[Reading]:
    """What a person has read of a round, and of who applied in the call's earlier stages, whose applications continue
    in this round."""
    read = yield from maybe(READING, reading_of(person, round_id))
    if stage == call.stages[0].id:
        return read
    others = yield from some(ROUND, (yield from index_entries(rounds_of(call_id))))
    streams = [reading_of(person, each) for each in sorted(others) if each != round_id]
    for found in (yield from some_maybe(READING, streams)).values():
        read = with_earlier(read, found)
    return read


def conflicts_in(person: str, rounds: Iterable[str]) -> Part[Conflicts]:
    """The applications with which a person declared a conflict of interest in some rounds, and those of applicants who never
    want them to read theirs. A conflict does not end with a stage: for one application, `rounds` are those of all its stages
    (`Application.rounds`)."""
    wanted = sorted(set(rounds))
    indexes = tuple(conflicts_of(person, each) for each in wanted)
    found: Mapping[str, tuple[str, ...]] = yield IndexEntries(
        (*indexes, kept_from(person), shown_again_to(person))
    )
    declared = {each for index in indexes for each in found[index]}
    avoiding = yield from avoided_by(found, person)
    theirs = tuple(applications_by(party, each) for party in sorted(avoiding) for each in wanted)
    if not theirs:
        return Conflicts.of(declared, ())
    submitted: Mapping[str, tuple[str, ...]] = yield IndexEntries(theirs)
    return Conflicts.of(declared, {each for index in theirs for each in submitted[index]})


def conflicts_in_panel(person: str, panel: Panel) -> Part[tuple[str, ...]]:
    """The applications of a panel with which a person declared a conflict of interest, in its round or in an earlier
    stage. Those that ended in an earlier stage are not in the panel."""
    here = (yield from conflicts_in(person, (panel.round,))).declared
    ranked = yield from some(APPLICATION, (place.application for place in panel.ranking))
    before = {each for application in ranked.values() for each in application.earlier}
    earlier = (yield from conflicts_in(person, before)).declared if before else frozenset()
    return tuple(sorted({*here, *(each for each in earlier if each in ranked)}))
