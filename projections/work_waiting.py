"""What waits for the people of an initiative, for their start page and for the letter that work waits: each adds only its words."""

from __future__ import annotations

import enum
import logging
from collections.abc import Awaitable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple, TypeVar

from domain.applications.state import ApplicationStatus
from domain.calls.state import CallStatus
from domain.indexes import judged_by
from domain.initiatives.state import INITIATIVE, Initiative
from domain.panels.state import PanelStatus
from domain.refusals import Forbidden, NotFound
from domain.rounds.state import ROUND, Round, RoundStatus
from domain.values import Role
from history.unreadable import ReadModelStopped, Unreadable
from projections import applications, calls, grants, panel_turns, panels, review_progress
from projections.applications import DecisionDue
from projections.at_once import a_few_at_once
from projections.calls import CallLine
from projections.grants import GrantTasks
from projections.initiatives import OwnRoles
from projections.next_steps import NextStep
from projections.paging import MOST, ResultPage, whole
from projections.panel_turns import OpenPanel, PanelTurn
from projections.reader import Behind, Reader
from projections.rounds import RoundLine

log = logging.getLogger("overwinter.projections")

T = TypeVar("T")

SOON: Final = timedelta(days=7)
"""How long before its decision is due the staff are told of an application that waits for others."""


class WorkKind(enum.Enum):
    """What there is to do in a call, in the order of the work."""

    CHECK = enum.auto()
    ASK_JURORS = enum.auto()
    OPEN_PANEL = enum.auto()
    READ_RANKING = enum.auto()
    SET_OUTCOMES = enum.auto()
    CLOSE_PANEL = enum.auto()
    CONFIRM = enum.auto()
    ANNOUNCE = enum.auto()
    DUE_SOON = enum.auto()
    OFFER = enum.auto()


class OneOf(NamedTuple):
    """An application to a rolling call for which there is something to do, the round of its own, and the handle of its applicant."""

    application: str
    round: str
    handle: str | None


@dataclass(frozen=True, slots=True)
class Work:
    """Something to do in a call, how often, and until when; None if no date is set. `round` is None if it is about the call as
    a whole. In a rolling call it is about `several` applications, at least one. It is `ready` if nobody else has to do something
    first. `returned` is the reason for which a panel was returned to its chair, if it is open again."""

    kind: WorkKind
    call: CallLine
    count: int = 1
    round: str | None = None
    ready: bool = True
    until: datetime | None = None
    several: tuple[OneOf, ...] = ()
    returned: str | None = None


def roles_in(own: OwnRoles, call: str, round: str | None = None) -> frozenset[Role]:
    """All roles that somebody holds in a call of an initiative, and in one of its rounds."""
    for_call = [
        role for each in own.calls if each.call == call and each.round in (None, round) for role in each.roles
    ]
    return frozenset((*own.roles, *for_call))


async def calls_of(reader: Reader, person: str, own: OwnRoles) -> tuple[CallLine, ...]:
    """The calls of an initiative that are somebody's to see. Officers, also those for one call alone, see drafts of theirs and
    how many applications were received."""

    async def listed(cursor: str | None) -> ResultPage[CallLine]:
        if Role.OFFICER in own.roles:
            return await calls.of_initiative(reader, person, own.initiative, cursor=cursor, limit=MOST)
        return await calls.public(reader, initiative=own.initiative, cursor=cursor, limit=MOST)

    found = {call.id: call for call in await whole(listed)}
    for_call = {each.call: None for each in own.calls if Role.OFFICER in each.roles}
    for call_id in for_call if Role.OFFICER not in own.roles else ():
        try:
            found[call_id] = await calls.one(reader, person, call_id)
        except (Forbidden, NotFound):  # the role was removed a moment ago
            continue
    return tuple([call for call in found.values() if call.status != CallStatus.DISCARDED])


async def work_in(
    reader: Reader,
    person: str,
    own: OwnRoles,
    its_calls: Collection[CallLine],
    *,
    now: datetime,
    may_lag: bool,
) -> list[Work]:
    """What waits now for somebody in calls of an initiative, without its grants. What is in a round is not looked at: an officer
    who reads applications can no longer review in a blind round. What is not shown to them is left out, and what cannot be read; so
    is, with `may_lag`, what the read models do not know yet. Otherwise that raises `Behind`."""
    found: list[Work] = []
    for call in its_calls:
        for round in call.rounds:
            roles = roles_in(own, call.id, round.id)
            found += await _shown(_in_round(reader, person, roles, call, round), may_lag=may_lag)
    found += await _in_rolling_panels(reader, person, own, its_calls)
    staffed = [call for call in its_calls if Role.OFFICER in roles_in(own, call.id)]
    for call in staffed:
        found += await _shown(_in_rolling_rounds(reader, person, call, now), may_lag=may_lag)
    for call in staffed:
        found += await _shown(_to_offer(reader, person, call), may_lag=may_lag)
    return found


async def on_grants(
    reader: Reader, person: str, *, now: datetime, titles: bool = True
) -> Sequence[GrantTasks]:
    """All that waits for somebody on grants now, with the `titles` of the projects if they are shown."""

    async def listed(cursor: str | None) -> ResultPage[GrantTasks]:
        return await grants.tasks(reader, person, now=now, titles=titles, cursor=cursor, limit=MOST)

    return await whole(listed)


async def _shown(work: Awaitable[list[Work]], *, may_lag: bool) -> list[Work]:
    """Some work; nothing for those to whom it is not shown, such as officers who applied, and nothing of what is damaged."""
    try:
        return await _known(work) or []
    except Behind:
        if not may_lag:
            raise
        return []


async def _known(question: Awaitable[T]) -> T | None:
    """An answer; None where it is not shown, or is damaged."""
    try:
        return await question
    except (Forbidden, NotFound):
        return None
    except ReadModelStopped:
        raise  # much more is unknown then
    except Unreadable as error:
        log.error("left out of what waits: %s", error)  # noqa: TRY400 - a traceback may quote what was read
        return None


async def _in_round(
    reader: Reader, person: str, roles: frozenset[Role], call: CallLine, round: RoundLine
) -> list[Work]:
    if (
        round.status == RoundStatus.CLOSED
        and Role.OFFICER in roles
        and await _has_work(reader, person, round)
    ):
        return await _in_closed_round(reader, person, call, round.id)
    if round.status != RoundStatus.IN_PANEL or roles.isdisjoint({Role.OFFICER, Role.CHAIR, Role.JUROR}):
        return []
    panel = await panels.standing(reader, person, round.id)
    if panel is None:
        return []
    officer, judging = Role.OFFICER in roles, not roles.isdisjoint({Role.CHAIR, Role.JUROR})
    match panel.status:
        case PanelStatus.OPENED if judging and (turn := await panel_turns.turn(reader, person, round.id)):
            return [
                Work(
                    _TURNS[turn],
                    call,
                    round=round.id,
                    returned=panel.returned.reason if panel.returned else None,
                )
            ]
        case PanelStatus.OPENED if officer:
            if not call.on_fast_track:
                return []
            # On the fast track the decision is confirmed as soon as all outcomes are set.
            ready = await panel_turns.waits_for(reader, person, round.id)
            return [Work(WorkKind.CONFIRM, call, round=round.id, ready=ready)]
        case PanelStatus.OPENED:
            return [Work(WorkKind.READ_RANKING, call, round=round.id)]
        case PanelStatus.CLOSED if officer:
            return [Work(WorkKind.CONFIRM, call, round=round.id)]
        case PanelStatus.CONFIRMED if officer and panel.announce_at is None:
            return [Work(WorkKind.ANNOUNCE, call, round=round.id)]
        case _:
            return []


async def _has_work(reader: Reader, person: str, round: RoundLine) -> bool:
    """Whether something waits for an officer in a closed round: applications that they may know of; or, if no officer may know of
    any, those that it received all the same, because somebody has to be told that its panel is to be opened."""
    if round.received:
        return True
    state: Round = await reader.the(ROUND, round.id)
    if not state.applications:
        return False
    house: Initiative = (await reader.the(INITIATIVE, state.initiative)).within(state.call, round.id)
    for each in sorted(house.members.keys() - {person}):
        if Role.OFFICER in house.roles(each):
            hidden = await reader.avoided_everywhere(each)
            if not hidden.keys() >= set(state.applications):
                return False
    return True


async def _in_closed_round(reader: Reader, person: str, call: CallLine, round: str) -> list[Work]:
    """Applications to check and jurors to ask; then the panel to open."""
    progress = await review_progress.whole_progress(reader, person, round)
    unsettled = progress.unsettled or {}
    judged = progress.applications.items
    to_check = unsettled.get(ApplicationStatus.SUBMITTED, 0)
    to_ask = sum(each.missing for each in judged)
    if to_check or to_ask:
        counted = ((WorkKind.CHECK, to_check), (WorkKind.ASK_JURORS, to_ask))
        return [Work(kind, call, count, round) for kind, count in counted if count]
    done = not unsettled and not any(each.owed for each in judged)
    return [Work(WorkKind.OPEN_PANEL, call, round=round, ready=done)]


async def _in_rolling_rounds(reader: Reader, person: str, call: CallLine, now: datetime) -> list[Work]:
    """What the staff of a rolling call do next with its applications, each of which has a round of its own. What waits for the
    applicant, the jury, the chair or a planned date is not theirs to do; but they see to it that no decision is late."""
    if call.intake != "rolling":
        return []

    async def listed(cursor: str | None) -> ResultPage[DecisionDue]:
        return await applications.decisions_due(reader, person, call.id, cursor=cursor, limit=MOST)

    due = await whole(listed)
    wanted = [(kind, [each for each in due if each.step is step]) for step, kind in _STAFF_STEPS.items()]
    near = [each for each in due if each.step in _OTHERS_STEPS and each.decide_by <= now + SOON]
    found = []
    for kind, some in (*wanted, (WorkKind.DUE_SOON, near)):
        if some:
            count = sum(each.missing or 1 for each in some)
            several = tuple([OneOf(each.application, each.round, each.handle) for each in some])
            found.append(Work(kind, call, count, until=some[0].decide_by, several=several))
    return found


_STAFF_STEPS: Final[Mapping[NextStep, WorkKind]] = {
    NextStep.CHECK: WorkKind.CHECK,
    NextStep.ASK_JURORS: WorkKind.ASK_JURORS,
    NextStep.OPEN_PANEL: WorkKind.OPEN_PANEL,
    NextStep.CONFIRM: WorkKind.CONFIRM,
    NextStep.ANNOUNCE: WorkKind.ANNOUNCE,
}
"""What the staff have to do in a rolling call."""
_OTHERS_STEPS: Final = frozenset({NextStep.AWAIT_APPLICANT, NextStep.AWAIT_REVIEWS, NextStep.AWAIT_OUTCOME})
"""What others have to do there before it can be decided."""


async def _in_rolling_panels(
    reader: Reader, person: str, own: OwnRoles, its_calls: Collection[CallLine]
) -> list[Work]:
    """The panels of rolling calls in which somebody decides, together for each call: each panel has one application and a round of its
    own."""
    judging = {
        call.id: call
        for call in its_calls
        if call.intake == "rolling"
        and not {Role.CHAIR, Role.JUROR}.isdisjoint(
            (*own.roles, *(role for each in own.calls if each.call == call.id for role in each.roles))
        )
    }
    opened = await panel_turns.open_in_rolling(reader, judging)
    if not opened:
        return []
    judged = await reader.index_entries_of_all([judged_by(person, each.round) for each in opened])
    theirs = [
        each
        for each in opened
        if Role.CHAIR in roles_in(own, each.call, each.round) or each.application in judged
    ]
    turns = await a_few_at_once(panel_turns.turn(reader, person, each.round) for each in theirs)
    found: dict[tuple[str, WorkKind], list[OpenPanel]] = {}
    for each, turn in zip(theirs, turns, strict=True):
        if turn is not None:
            found.setdefault((each.call, _TURNS[turn]), []).append(each)
    return [
        Work(
            kind,
            judging[call],
            len(its),
            until=its[0].decide_by,
            several=tuple([OneOf(each.application, each.round, each.handle) for each in its]),
            returned=await _why_returned(reader, person, its[0].round) if len(its) == 1 else None,
        )
        for (call, kind), its in found.items()
    ]


async def _why_returned(reader: Reader, person: str, round: str) -> str | None:
    """Why an open panel was returned to its chair; None if it was not, or if that cannot be read: what waits is told all the same."""
    panel = await _known(panels.standing(reader, person, round))
    return None if panel is None or panel.returned is None else panel.returned.reason


_TURNS: Final[Mapping[PanelTurn, WorkKind]] = {
    PanelTurn.SET_OUTCOME: WorkKind.SET_OUTCOMES,
    PanelTurn.CLOSE: WorkKind.CLOSE_PANEL,
}


async def _to_offer(reader: Reader, person: str, call: CallLine) -> list[Work]:
    """Awarded applications whose grant was not offered yet."""
    count = await grants.to_offer(reader, person, call.id)
    return [Work(WorkKind.OFFER, call, count)] if count else []
