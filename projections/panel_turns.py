"""Whose turn it is in an open panel: who still decides something in it, and who may confirm it as it is."""

from __future__ import annotations

import enum
import logging
from collections.abc import Awaitable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from domain import access
from domain.applications.state import APPLICATION, Application, ApplicationStatus
from domain.calls.state import CALL, Call
from domain.commands.chairs import every_chair_is_excluded, sets_outcome
from domain.commands.judged import known_of
from domain.deciding import Allowed
from domain.indexes import deciders_of, judged_by, reviews_of
from domain.initiatives.state import INITIATIVE, Initiative
from domain.panels.rules import is_complete
from domain.panels.state import PANEL, Panel, PanelStatus
from domain.parties import Conflicts, OwnApplications
from domain.reviews.state import REVIEW, concerning
from domain.rounds.state import ROUND, Round
from domain.values import Role
from history.unreadable import ReadModelStopped, Unreadable
from projections.at_once import a_few_at_once
from projections.fresh import Fresh
from projections.reader import Reader

log = logging.getLogger("overwinter.projections")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class OpenPanel:
    """The open panel of a rolling call, which decides on one application until `decide_by`; `handle` stands for its applicant."""

    call: str
    round: str
    application: str
    handle: str | None
    decide_by: datetime | None


class PanelTurn(enum.Enum):
    """What an open panel waits for from somebody: an outcome, or, once all are set, to be closed."""

    SET_OUTCOME = enum.auto()
    CLOSE = enum.auto()


async def open_in_rolling(reader: Reader, calls: Collection[str]) -> list[OpenPanel]:
    """The open panels of rolling calls. The caller checks access to each (`turn`)."""
    if not calls:
        return []
    rows = await reader.rows(
        "SELECT p.call, p.round, a.application, a.handle, a.decide_by FROM read.panels p "
        "JOIN read.rounds r ON r.round = p.round AND r.to_position = p.to_position "
        "JOIN read.places o ON o.panel = p.panel "
        "JOIN read.applications a ON a.application = o.application AND a.to_position = p.to_position "
        "WHERE p.call = ANY (%(calls)b::text[]) AND r.rolling AND p.status = %(opened)b "
        "AND p.to_position = 9223372036854775807 ORDER BY p.call, a.decide_by, a.handle, p.round",
        calls=sorted(calls),
        opened=str(PanelStatus.OPENED),
    )
    return [
        OpenPanel(row["call"], row["round"], row["application"], row["handle"], row["decide_by"])
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class RollingPanel:
    """A panel of a rolling call, by the round that it belongs to, the handle of its applicant, and its status."""

    round: str
    handle: str | None
    status: str


MOST_PANELS: Final = 50
"""How many panels of a rolling call are shown."""


async def of_rolling(reader: Reader, viewer: str, call: str) -> tuple[RollingPanel, ...]:
    """The panels of a rolling call for its chair: the open ones first, then the newest. Without those that decide on applications of the
    viewer's own, or with which they must not deal. The caller has checked that they are a chair of the call."""
    rows = await reader.rows(
        "SELECT p.round, p.status, a.handle FROM read.panels p "
        "JOIN read.rounds r ON r.round = p.round AND r.to_position = p.to_position "
        "JOIN read.places o ON o.panel = p.panel "
        "JOIN read.applications a ON a.application = o.application AND a.to_position = p.to_position "
        "WHERE p.call = %(call)b AND r.rolling AND NOT a.applicant = ANY (%(own)b::text[]) "
        "AND NOT a.application = ANY (%(apart)b::text[]) AND p.to_position = 9223372036854775807 "
        "ORDER BY p.status <> %(opened)b, o.from_position DESC LIMIT %(most)b",
        call=call,
        own=list((await reader.actor(viewer)).all_parties),
        apart=sorted(await reader.conflicts_in_call(viewer, call)),
        opened=str(PanelStatus.OPENED),
        most=MOST_PANELS,
    )
    return tuple([RollingPanel(row["round"], row["handle"], row["status"]) for row in rows])


async def turn(reader: Fresh, viewer: str, round: str) -> PanelTurn | None:
    """For what the open panel of a round waits from the viewer: an outcome that they may set, or, once all are set, to be closed by
    them. They are a chair, or a juror in the place of chairs who cannot. None if for nothing, or if the panel cannot be read."""
    return await _readable(_turn(reader, viewer, round))


async def deciders(reader: Fresh, people: Iterable[str], round: str) -> tuple[str, ...]:
    """Those of some people for whom the open panel of a round waits, sorted."""
    asked = sorted(people)
    found = await a_few_at_once(turn(reader, each, round) for each in asked)
    return tuple([each for each, waits in zip(asked, found, strict=True) if waits is not None])


async def waits_for(reader: Reader, viewer: str, round: str, conflicts: Conflicts | None = None) -> bool:
    """Whether all outcomes of the open panel of a round are set and it is the viewer who may confirm them, as on the fast track; who
    may not does not learn how far the panel is. Not if the panel cannot be read. `conflicts`: the viewer's in the call, if known."""
    return bool(await _readable(_waits_for(reader, viewer, round, conflicts)))


async def _readable(answer: Awaitable[T]) -> T | None:
    """An answer about a panel; None if it cannot be read, so that one that is damaged does not hide what waits elsewhere."""
    try:
        return await answer
    except ReadModelStopped:
        raise
    except Unreadable as error:
        log.error("left out of what waits: %s", error)  # noqa: TRY400 - a traceback may quote what was read
        return None


async def _waits_for(reader: Fresh, viewer: str, round: str, conflicts: Conflicts | None) -> bool:
    state, actor = await reader.seen_by(viewer, ROUND, round)
    if state.panel is None:
        return False
    panel: Panel = await reader.the(PANEL, state.panel)
    initiative: Initiative = (await reader.the(INITIATIVE, state.initiative)).within(state.call, round)
    own = await reader.applied_by(actor, round, state.call)
    known = await reader.conflicts_in_call(viewer, state.call) if conflicts is None else conflicts
    apart = [place.application for place in panel.ranking if place.application in known]
    if not isinstance(access.confirms_panel(viewer, initiative, own=own, conflicts=apart), Allowed):
        return False
    if viewer in await reader.index_entries(deciders_of(state.panel)):
        return False
    return is_complete(panel, await ranked_in(reader, panel))


async def ranked_in(reader: Fresh, panel: Panel) -> dict[str, Application]:
    """The ranked applications of a panel, without those that cannot be read."""
    found = await reader.readable(*((APPLICATION, place.application) for place in panel.ranking))
    return {each: loaded.state for each, loaded in found.items()}


async def _turn(reader: Fresh, viewer: str, round_id: str) -> PanelTurn | None:
    round, actor = await reader.seen_by(viewer, ROUND, round_id)
    if round.panel is None:
        return None
    loaded = await reader.load((PANEL, round.panel), (CALL, round.call), (INITIATIVE, round.initiative))
    panel: Panel = loaded[round.panel].state
    call: Call = loaded[round.call].state
    initiative: Initiative = loaded[round.initiative].state.within(round.call, round_id)
    judged = await reader.index_entries(judged_by(viewer, round_id))
    chairs = Role.CHAIR in initiative.roles(viewer)
    if panel.status is not PanelStatus.OPENED or not (chairs or judged):
        return None
    own = await reader.applied_by(actor, round_id, round.call)
    read = await reader.follow(known_of(viewer, round_id, round.stage, round.call, call))
    stage = call.stage(round.stage)
    decides = access.closes_panel(viewer, initiative, stage, own=own, read=read, in_place_of_chair=not chairs)
    if not isinstance(decides, Allowed):
        return None
    no_chair_can = await reader.follow(
        every_chair_is_excluded(viewer, initiative, round.call, call, round_id, round.stage)
    )
    left = await _unset(reader, panel)
    if not left:
        if is_complete(panel, await ranked_in(reader, panel)):
            return PanelTurn.CLOSE if chairs or no_chair_can else None
        # The waiting list has to be numbered anew, unless an application cannot be read.
        left = [each for each, outcome in panel.outcomes().items() if outcome.rank is not None]
    theirs = [each for each in left if each not in own.avoided]
    if not chairs:
        apart = None if no_chair_can else await _apart_from_chairs(reader, initiative, round)
        theirs = [each for each in theirs if each in judged and (apart is None or each in apart)]
    # Those of which nothing speaks against it come first, so that one is seldom followed by another.
    for each in sorted(theirs, key=lambda application: application in judged):
        if await _sets(reader, viewer, initiative, call, panel, each, own):
            return PanelTurn.SET_OUTCOME
    return None


async def _unset(reader: Fresh, panel: Panel) -> list[str]:
    """The ranked applications that have no outcome and were not withdrawn, as far as they can be read."""
    outcomes = panel.outcomes()
    unset = [place.application for place in panel.ranking if place.application not in outcomes]
    found = await reader.readable(*((APPLICATION, each) for each in unset))
    return [each for each in found if found[each].state.status is not ApplicationStatus.WITHDRAWN]


async def _apart_from_chairs(reader: Fresh, initiative: Initiative, round: Round) -> set[str]:
    """The applications of a round's call with which some chair may not deal."""
    chairs = [each for each in sorted(initiative.members) if Role.CHAIR in initiative.roles(each)]
    conflicts = await a_few_at_once(reader.conflicts_in_call(each, round.call) for each in chairs)
    return {application for its in conflicts for application in its}


async def _sets(
    reader: Fresh,
    viewer: str,
    initiative: Initiative,
    call: Call,
    panel: Panel,
    application: str,
    own: OwnApplications,
) -> bool:
    """Whether the viewer may set the outcome of an application, as the command asks it."""
    asked = await reader.index_entries(reviews_of(application))
    loaded = await reader.load(*((REVIEW, each) for each in asked))
    reviews = concerning({each: loaded[each].state for each in asked}, panel.round)
    verdict = await reader.follow(
        sets_outcome(viewer, initiative, call, panel, own=own, reviews=reviews.values())
    )
    return isinstance(verdict, Allowed)
