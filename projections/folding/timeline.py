"""The tables of timelines: which timelines show each fact.

A fact is shown in the timelines of its own stream and of what that stream belongs to: a review's also in the
application's and the call's.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from domain.applications.facts import ApplicationContinued, ApplicationSubmitted
from domain.calls.facts import CallAwardReleased, CallAwardsConfirmed, CallChanged, CallDrafted
from domain.deciding import Fact
from domain.dossiers import DossierErased
from domain.funds import FundCommitted, FundOpened, FundReleased
from domain.grants.facts import GrantOffered
from domain.initiatives.facts import InitiativeFounded
from domain.organisations import OrganisationRegistered
from domain.panels.facts import (
    PanelAwardFreed,
    PanelOpened,
    PanelOutcomeEnded,
    PanelOutcomeSet,
    PanelWaitingListLeft,
    PanelWaitingListMoved,
)
from domain.readings import ReadingRecorded
from domain.reviews.facts import ReviewAssigned
from domain.rounds.facts import RoundClosed, RoundOpened, RoundQuorumLowered
from domain.topics import REGISTER
from projections.placed import Placed
from projections.projection import Projection
from projections.rows import Rows
from projections.tables import Table, TableRow


class StreamRow(TableRow, frozen=True, kw_only=True):
    """The `things` in whose timelines a stream's facts are shown, and the round and the application that they are
    about. A round's own facts are about it only in a rolling call, where they tell of its single application."""

    stream: str
    things: tuple[str, ...]
    round: str | None = None
    application: str | None = None


class TimelineRow(TableRow, frozen=True, kw_only=True):
    """A fact in the timeline of a thing: when it was decided, by whom (the role, and the handle if people may be
    distinguished), and the round and the application that it is about."""

    thing: str
    position: int
    at: datetime
    topic: str
    role: str
    handle: str | None
    round: str | None
    application: str | None


def shown_in(placed: Placed) -> tuple[str, ...]:
    """The streams in whose timelines a fact is shown: its own, and another that it names."""
    match placed.fact:
        case FundCommitted() | FundReleased() as fact:
            return placed.stream, fact.grant
        case CallChanged(round=str(round)):
            return placed.stream, round
        case (
            PanelOutcomeSet()
            | PanelOutcomeEnded()
            | PanelAwardFreed()
            | PanelWaitingListLeft()
            | PanelWaitingListMoved()
            | RoundQuorumLowered()
        ) as fact:
            return placed.stream, fact.application
        case DossierErased() as fact:
            return (fact.about,)
        case _:
            return (placed.stream,)


def _concerned(placed: Placed) -> tuple[str, ...]:
    """The streams whose rows say where a fact is shown and what it is about."""
    other = _about_stream(placed.fact)
    return shown_in(placed) if other is None else (*shown_in(placed), other)


def _about_stream(fact: Fact) -> str | None:
    """Another stream that a fact is about, but in whose timeline it is not shown."""
    match fact:
        case CallAwardsConfirmed():
            return fact.panel
        case CallAwardReleased():
            return fact.grant
        case _:
            return None


STREAMS: Final = Table("timeline_streams", StreamRow, key=("stream",), versions=False, concerns=_concerned)
TIMELINE: Final = Table("timeline", TimelineRow, key=("thing", "at", "position"), versions=False)


def fold(rows: Rows, fact: Fact, placed: Placed) -> None:
    """Add each fact to the timelines that show it."""
    begun = begins(fact, placed.stream)
    if begun is not None:
        rows.put(STREAMS, begun)
    if isinstance(fact, ApplicationContinued):
        _moved(rows, fact)
    if isinstance(fact, RoundOpened | RoundClosed) and _of_rolling_call(rows, placed.stream):
        return  # the application's submission says it already
    round, application = about(fact)
    other = _about_stream(fact)
    if other is not None and (row := rows.get(STREAMS, other)) is not None:
        round, application = row.round, row.application
    envelope = placed.recorded.envelope
    # Nobody is shown who has read something.
    handle = None if isinstance(fact, ReadingRecorded) else envelope.acting.handle
    found: dict[str, StreamRow] = {}
    for stream in shown_in(placed):
        row = rows.get(STREAMS, stream)
        if row is not None:
            # If both streams have the same timeline, the fact's own stream says what it is about.
            found = dict.fromkeys(row.things, row) | found
    if isinstance(fact, ReadingRecorded) and fact.kind == "judged" and fact.application is not None:
        # What a jury reads one by one would fill the call's timeline. It is kept with the round, of which no timeline is
        # shown, and applicants are told of it from there (`projections.disclosures`).
        found = {fact.round: found[fact.call]}
    if application is None:
        # A fund's commitment to a grant is about the grant's application, also in the fund's own timeline.
        application = next((row.application for row in found.values() if row.application), None)
    for thing, row in found.items():
        rows.put(
            TIMELINE,
            TimelineRow(
                thing=thing,
                position=placed.position,
                at=envelope.decided_at,
                topic=placed.recorded.topic,
                role=envelope.acting.role,
                handle=handle,
                round=round or row.round,
                application=application,
            ),
        )


def _of_rolling_call(rows: Rows, round: str) -> bool:
    row = rows.get(STREAMS, round)
    return row is not None and row.round is not None


def _moved(rows: Rows, fact: ApplicationContinued) -> None:
    """From now on, the application's facts are about the round of its next stage."""
    row = rows.get(STREAMS, fact.application)
    if row is not None:
        rows.clear(STREAMS, fact.application)
        rows.put(STREAMS, msgspec.structs.replace(row, round=fact.round))


def begins(fact: Fact, stream: str) -> StreamRow | None:
    """The timelines of a stream, from its first fact."""
    things: tuple[str, ...]
    match fact:
        case InitiativeFounded() | OrganisationRegistered() | FundOpened() | CallDrafted():
            return StreamRow(stream=stream, things=(stream,))
        case RoundOpened():
            about_itself = fact.round if fact.rolling else None
            return StreamRow(stream=stream, things=(stream, fact.call), round=about_itself)
        case ApplicationSubmitted():
            return StreamRow(stream=stream, things=(stream, fact.call), round=fact.round, application=stream)
        case ReviewAssigned():
            things = (stream, fact.application, fact.call)
            return StreamRow(stream=stream, things=things, round=fact.round, application=fact.application)
        case ReadingRecorded():
            return StreamRow(stream=stream, things=(stream, fact.call), round=fact.round)
        case PanelOpened():
            return StreamRow(stream=stream, things=(stream, fact.round, fact.call), round=fact.round)
        case GrantOffered():
            things = (stream, fact.application, fact.call, fact.fund)
            return StreamRow(stream=stream, things=things, application=fact.application)
        case _:
            return None  # not the first fact of its stream


def about(fact: Fact) -> tuple[str | None, str | None]:
    """The round and the application that a fact is about, if its stream does not say it."""
    match fact:
        case (
            ReadingRecorded()
            | PanelOutcomeSet()
            | PanelOutcomeEnded()
            | PanelAwardFreed()
            | PanelWaitingListLeft()
            | PanelWaitingListMoved()
        ):
            return None, fact.application
        case RoundQuorumLowered():
            # A round's own facts are shown to everybody who follows its call; this one is about an application in it.
            return fact.round, fact.application
        case _:
            return None, None


PROJECTION: Final = Projection(
    "timeline",
    (TIMELINE, STREAMS),
    fold,
    # Every fact with an audience, so that a new topic needs nothing else to appear in timelines.
    declared=tuple(topic.fact for topic in REGISTER if topic.audience),
)
