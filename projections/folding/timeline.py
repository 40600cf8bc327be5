"""The tables of timelines: in which of them each fact is told.

A fact is told in the timelines of its own stream and of what that stream belongs to: a review's in the application's and
the call's, too.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from domain.applications.facts import ApplicationContinued, ApplicationSubmitted
from domain.calls.facts import CallChanged, CallDrafted
from domain.deciding import Fact
from domain.dossiers import DossierErased
from domain.funds import FundCommitted, FundOpened, FundReleased
from domain.grants.facts import GrantOffered
from domain.initiatives import InitiativeFounded
from domain.organisations import OrganisationRegistered
from domain.panels.facts import PanelAwardFreed, PanelOpened, PanelOutcomeSet, PanelWaitingListMoved
from domain.readings import ReadingRecorded
from domain.reviews.facts import ReviewAssigned
from domain.rounds.facts import RoundOpened, RoundQuorumLowered
from domain.topics import REGISTER
from projections.placed import Placed
from projections.projection import Projection
from projections.rows import Rows
from projections.tables import Table, TableRow


class StreamRow(TableRow, frozen=True, kw_only=True):
    """In the timelines of which `things` a stream's facts are told, and which round and application they are about."""

    stream: str
    things: tuple[str, ...]
    round: str | None = None
    application: str | None = None


class TimelineRow(TableRow, frozen=True, kw_only=True):
    """A fact that is told in the timeline of a thing: when it was decided, by whom (the role, and the handle where the
    person may be told from others), and which round and application it is about."""

    thing: str
    position: int
    at: datetime
    topic: str
    role: str
    handle: str | None
    round: str | None
    application: str | None


def told_in(placed: Placed) -> tuple[str, ...]:
    """The streams in whose timelines a fact is told: its own, and another that it names."""
    match placed.fact:
        case FundCommitted() | FundReleased() as fact:
            return placed.stream, fact.grant
        case CallChanged(round=str(round)):
            return placed.stream, round
        case PanelOutcomeSet() | PanelAwardFreed() | PanelWaitingListMoved() | RoundQuorumLowered() as fact:
            return placed.stream, fact.application
        case DossierErased() as fact:
            return (fact.about,)
        case _:
            return (placed.stream,)


STREAMS: Final = Table("timeline_streams", StreamRow, key=("stream",), versions=False, concerns=told_in)
TIMELINE: Final = Table("timeline", TimelineRow, key=("thing", "at", "position"), versions=False)


def fold(rows: Rows, fact: Fact, placed: Placed) -> None:
    """Enter each fact in the timelines in which it is told."""
    begun = begins(fact, placed.stream)
    if begun is not None:
        rows.put(STREAMS, begun)
    if isinstance(fact, ApplicationContinued):
        _moved(rows, fact)
    round, application = about(fact)
    envelope = placed.recorded.envelope
    # Who has read is told to nobody.
    handle = None if isinstance(fact, ReadingRecorded) else envelope.acting.handle
    told: dict[str, StreamRow] = {}
    for stream in told_in(placed):
        row = rows.get(STREAMS, stream)
        if row is not None:
            # Where both streams are told in one timeline, the fact's own says what it is about.
            told = dict.fromkeys(row.things, row) | told
    if application is None:
        # What a fund commits to a grant is about the grant's application, also in the fund's own timeline.
        application = next((row.application for row in told.values() if row.application), None)
    for thing, row in told.items():
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


def _moved(rows: Rows, fact: ApplicationContinued) -> None:
    """From now on an application's facts are about the round of its next stage."""
    row = rows.get(STREAMS, fact.application)
    if row is not None:
        rows.clear(STREAMS, fact.application)
        rows.put(STREAMS, msgspec.structs.replace(row, round=fact.round))


def begins(fact: Fact, stream: str) -> StreamRow | None:
    """Where a stream's facts are told, by its first fact."""
    things: tuple[str, ...]
    match fact:
        case InitiativeFounded() | OrganisationRegistered() | FundOpened() | CallDrafted():
            return StreamRow(stream=stream, things=(stream,))
        case RoundOpened():
            return StreamRow(stream=stream, things=(stream, fact.call))
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
            return None  # its stream has begun before


def about(fact: Fact) -> tuple[str | None, str | None]:
    """The round and the application that a fact is about, where its stream does not say it."""
    match fact:
        case ReadingRecorded() | PanelOutcomeSet() | PanelAwardFreed() | PanelWaitingListMoved():
            return None, fact.application
        case RoundQuorumLowered():
            # A round's own facts are told to all who follow its call; this one is about an application in it.
            return fact.round, fact.application
        case _:
            return None, None


PROJECTION: Final = Projection(
    "timeline",
    (TIMELINE, STREAMS),
    fold,
    # Whatever somebody may read in a timeline, so that a new topic has to say no more than that.
    declared=tuple(topic.fact for topic in REGISTER if topic.audience),
)
