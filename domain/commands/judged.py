"""What several commands load about an application with several stages: its current reviews, and what a person knows of
it."""

from __future__ import annotations

from domain.applications.state import Application
from domain.calls.state import Call
from domain.deciding import Part, index_entries, maybe, some
from domain.indexes import reviews_of, rounds_of
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
    for each in sorted(others):
        if each != round_id:
            read = with_earlier(read, (yield from maybe(READING, reading_of(person, each))))
    return read
