"""What comes next with the applications of a call that are not decided yet, for its staff."""

from __future__ import annotations

import enum
import logging
from collections.abc import Awaitable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeVar

from domain.applications.state import ApplicationStatus
from domain.panels.state import PanelStatus
from domain.refusals import Forbidden, NotFound
from domain.rounds.state import RoundStatus
from history.unreadable import ReadModelStopped, Unreadable
from projections import panel_turns, panels, review_progress
from projections.at_once import a_few_at_once
from projections.reader import Reader
from projections.review_progress import JudgedApplication, SameInCall, same_in_call

log = logging.getLogger("overwinter.projections")

T = TypeVar("T")


class NextStep(enum.StrEnum):
    """What comes next, in the order of the work. Those that begin with ``await`` are not for the staff to take."""

    CHECK = "check"
    AWAIT_APPLICANT = "await applicant"
    ASK_JURORS = "ask jurors"
    AWAIT_REVIEWS = "await reviews"
    OPEN_PANEL = "open panel"
    AWAIT_OUTCOME = "await outcome"
    CONFIRM = "confirm"
    ANNOUNCE = "announce"
    AWAIT_ANNOUNCEMENT = "await announcement"


@dataclass(frozen=True, slots=True)
class Next:
    """The next step with an application; `missing` is how many more jurors have to be asked for it."""

    step: NextStep
    missing: int = 0


class Undecided(NamedTuple):
    """An application that is not decided yet."""

    application: str
    round: str
    status: str


_STEP_OF_PANEL: Final[Mapping[str, NextStep]] = {
    PanelStatus.OPENED: NextStep.AWAIT_OUTCOME,
    PanelStatus.CLOSED: NextStep.CONFIRM,
    PanelStatus.CONFIRMED: NextStep.ANNOUNCE,
}
"""What comes next where a panel stands so, if its announcement is not planned."""


async def next_steps(
    reader: Reader, viewer: str, call: str, undecided: Iterable[Undecided]
) -> dict[str, Next]:
    """What comes next with some undecided applications of a call, by their ids. Those with which it is not shown to the viewer, or
    cannot be read, are left out, and so are those that wait for nothing but the end of their round. The caller has checked that the
    viewer is of its staff. Raises `Behind`."""
    found: dict[str, Next] = {}
    by_round: dict[str, list[str]] = {}
    for each in undecided:
        if each.status == ApplicationStatus.SUBMITTED:
            found[each.application] = Next(NextStep.CHECK)
        elif each.status == ApplicationStatus.RETURNED:
            found[each.application] = Next(NextStep.AWAIT_APPLICANT)
        elif each.status == ApplicationStatus.ELIGIBLE:
            by_round.setdefault(each.round, []).append(each.application)
    rows = await reader.rows(
        "SELECT round, status FROM read.rounds WHERE round = ANY (%(rounds)b::text[]) AND to_position = 9223372036854775807",
        rounds=sorted(by_round),
    )
    standing = {row["round"]: row["status"] for row in rows}
    judged = [each for each, status in standing.items() if status == RoundStatus.CLOSED]
    decided = [each for each, status in standing.items() if status == RoundStatus.IN_PANEL]
    if not judged and not decided:
        return found
    # A rolling call has a round for each application, so what is the same in all of them is asked for once.
    same = await same_in_call(reader, viewer, call)
    reviewed = await a_few_at_once(
        _shown(_reviewed(reader, viewer, each, by_round[each], same)) for each in judged
    )
    put_to_panel = await a_few_at_once(_shown(_in_panel(reader, viewer, each, same)) for each in decided)
    for its in reviewed:
        found |= its or {}
    for round, step in zip(decided, put_to_panel, strict=True):
        if step is not None:
            found |= dict.fromkeys(by_round[round], Next(step))
    return found


async def _shown(question: Awaitable[T]) -> T | None:
    """An answer; None where it is not shown to the viewer, or cannot be read."""
    try:
        return await question
    except (Forbidden, NotFound):
        return None
    except ReadModelStopped:
        raise
    except Unreadable as error:
        log.error("left out of the next steps: %s", error)  # noqa: TRY400 - a traceback may quote what was read
        return None


async def _reviewed(
    reader: Reader, viewer: str, round: str, applications: Collection[str], same: SameInCall
) -> dict[str, Next]:
    judged = await review_progress.of_applications(reader, viewer, round, applications, same)
    return {each.application: _next_of(each) for each in judged}


def _next_of(judged: JudgedApplication) -> Next:
    """What comes next with an application in a closed round."""
    if judged.missing:
        return Next(NextStep.ASK_JURORS, judged.missing)
    return Next(NextStep.AWAIT_REVIEWS if judged.owed else NextStep.OPEN_PANEL)


async def _in_panel(reader: Reader, viewer: str, round: str, same: SameInCall) -> NextStep | None:
    panel = await panels.standing(reader, viewer, round)
    if panel is None:
        return None
    step = _STEP_OF_PANEL.get(panel.status)
    if step is NextStep.AWAIT_OUTCOME and same.call.on_fast_track:
        # On the fast track the decision is confirmed as soon as all outcomes are set.
        complete = await panel_turns.waits_for(reader, viewer, round, same.conflicts)
        return NextStep.CONFIRM if complete else step
    return NextStep.AWAIT_ANNOUNCEMENT if step is NextStep.ANNOUNCE and panel.announce_at else step
