"""What waits in calls for their staff, their chairs and their jury, as lines of their start page."""

from __future__ import annotations

from typing import Final, assert_never

from api.pages.own_initiatives import OwnInitiative
from api.pages.todo import EachItem, TodoItem
from api.pages.visits import Visit
from domain.applications.state import ApplicationStatus
from domain.labels import REASONS
from domain.messages import Message, counted, msg
from projections import work_waiting
from projections.letters.work import due_soon
from projections.work_waiting import OneOf, Work, WorkKind


async def in_calls(visit: Visit, places: list[OwnInitiative]) -> list[TodoItem]:
    """What waits in calls for their staff, their chairs and their jury."""
    reader, who, now = visit.wiring.reader, visit.who, visit.wiring.clock()
    return [
        TodoItem(
            _where(work),
            _work_words(work),
            0
            if work.returned is not None or (work.kind in _AT_THE_RANKING and not work.several)
            else work.count,
            about=work.call.title,
            until=work.until,
            zone=work.call.time_zone,
            each=tuple([EachItem(_where_one(work.kind, each), each.handle or "–") for each in work.several]),
        )
        for place in places
        for work in await work_waiting.work_in(reader, who, place.own, place.calls, now=now, may_lag=True)
    ]


_AT_THE_RANKING: Final = frozenset(
    {
        WorkKind.OPEN_PANEL,
        WorkKind.READ_RANKING,
        WorkKind.SET_OUTCOMES,
        WorkKind.CLOSE_PANEL,
        WorkKind.CONFIRM,
        WorkKind.ANNOUNCE,
    }
)
"""What is done once for a round, on the page of its ranking; rounds of a rolling call are counted together."""


def _where(work: Work) -> str | None:
    """Where it is done; None if that is on several pages, one for each application to a rolling call."""
    listed = f"/calls/{work.call.id}/applications"
    match work.kind:
        case WorkKind.OFFER:
            return f"{listed}?status={ApplicationStatus.AWARDED}"
        case _ if len(work.several) == 1:
            return _where_one(work.kind, work.several[0])
        case WorkKind.CHECK:
            return f"{listed}?status={ApplicationStatus.SUBMITTED}" + (
                f"&round={work.round}" if work.round else ""
            )
        case _ if work.several:
            return None
        case WorkKind.ASK_JURORS:
            return f"/rounds/{work.round}/jury"
        case _:
            return f"/rounds/{work.round}/ranking"


def _where_one(kind: WorkKind, one: OneOf) -> str:
    """Where it is done for one application to a rolling call."""
    match kind:
        case WorkKind.CHECK | WorkKind.DUE_SOON:
            return f"/applications/{one.application}"
        case WorkKind.ASK_JURORS:
            return f"/applications/{one.application}/jury"
        case _:
            return f"/rounds/{one.round}/ranking"


def _work_words(work: Work) -> Message:
    fast_track = work.call.on_fast_track
    match work.kind:
        case WorkKind.CHECK:
            return counted("application to check", "applications to check", count=work.count)
        case WorkKind.ASK_JURORS:
            return counted("review to ask a juror for", "reviews to ask jurors for", count=work.count)
        case WorkKind.OPEN_PANEL if work.several:
            return counted(
                "panel to open: its reviews are done",
                "panels to open: their reviews are done",
                count=work.count,
            )
        case WorkKind.OPEN_PANEL if work.ready:
            return msg("Open the panel: all reviews are done")
        case WorkKind.OPEN_PANEL:
            return msg("Open the panel when the reviews are done")
        case WorkKind.READ_RANKING:
            return msg("The panel is open: read the ranking, and write notes for the panel if you like")
        case WorkKind.SET_OUTCOMES | WorkKind.CLOSE_PANEL if work.returned is not None:
            return msg("The panel was returned to its chair: {reason}", reason=REASONS[work.returned])
        case WorkKind.SET_OUTCOMES if work.several and fast_track:
            return counted(
                "panel: set the outcome; somebody else then confirms it",
                "panels: set the outcome of each; somebody else then confirms them",
                count=work.count,
            )
        case WorkKind.SET_OUTCOMES if work.several:
            return counted(
                "panel: set the outcome and close it",
                "panels: set the outcome of each and close it",
                count=work.count,
            )
        case WorkKind.SET_OUTCOMES if fast_track:
            return msg("Set the outcomes with the panel; somebody else then confirms them")
        case WorkKind.SET_OUTCOMES:
            return msg("Set the outcomes with the panel and close it")
        case WorkKind.CLOSE_PANEL if work.several:
            return counted(
                "panel to close: its outcome is set",
                "panels to close: their outcomes are set",
                count=work.count,
            )
        case WorkKind.CLOSE_PANEL:
            return msg("Close the panel: all outcomes are set")
        case WorkKind.CONFIRM if work.several:
            return counted(
                "decision of a panel to confirm", "decisions of panels to confirm", count=work.count
            )
        case WorkKind.CONFIRM if work.ready and fast_track:
            return msg("Confirm the panel's decision")
        case WorkKind.CONFIRM if work.ready:
            return msg("Confirm the panel's decision, or return it to the chair")
        case WorkKind.CONFIRM:
            return msg("Confirm the panel's decision when the chair has set all outcomes")
        case WorkKind.ANNOUNCE if work.several:
            return counted(
                "confirmed decision to announce", "confirmed decisions to announce", count=work.count
            )
        case WorkKind.ANNOUNCE:
            return msg("Announce the results to the applicants")
        case WorkKind.DUE_SOON:
            return due_soon(work.count)
        case WorkKind.OFFER:
            return counted(
                "awarded application: offer the grant",
                "awarded applications: offer the grants",
                count=work.count,
            )
        case _:
            assert_never(work.kind)
