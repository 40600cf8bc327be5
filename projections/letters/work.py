"""What waits for the people of an initiative, for the letter that tells them so once a day at most."""

from __future__ import annotations

from datetime import datetime
from typing import Final, assert_never

from domain.applications.facts import ApplicationResubmitted
from domain.applications.state import APPLICATION, Application, ApplicationStatus
from domain.calls.state import CallStatus
from domain.grants.facts import (
    GrantAccepted,
    GrantDeclined,
    GrantInstalmentApproved,
    GrantInstalmentFailed,
    GrantInstalmentRequested,
    GrantPayeeSet,
    GrantReportSubmitted,
)
from domain.grants.state import GRANT, Grant
from domain.grants.tasks import TaskKind
from domain.grants.turns import task_words
from domain.initiatives.state import INITIATIVE, Initiative
from domain.messages import Message, counted, msg
from domain.panels.facts import PanelClosed, PanelConfirmed, PanelOpened, PanelReturned
from domain.panels.state import PANEL, Panel, PanelStatus
from domain.refusals import Forbidden, NotFound
from domain.rounds.facts import RoundClosed
from domain.rounds.state import ROUND, Round, RoundStatus
from domain.values import Role
from projections import calls, grants, initiatives, panels, review_progress
from projections.calls import CallLine
from projections.fresh import Fresh
from projections.grants import GrantTasks
from projections.initiatives import OwnRoles
from projections.paging import MOST, ResultPage, whole
from projections.reader import Reader
from projections.rounds import RoundLine

WorkAdded = (
    RoundClosed
    | PanelOpened
    | PanelClosed
    | PanelReturned
    | PanelConfirmed
    | ApplicationResubmitted
    | GrantAccepted
    | GrantDeclined
    | GrantPayeeSet
    | GrantReportSubmitted
    | GrantInstalmentRequested
    | GrantInstalmentApproved
    | GrantInstalmentFailed
)
"""The facts after which somebody of the initiative has something to do."""
WORKING: Final = frozenset({Role.OFFICER, Role.CHAIR, Role.FINANCE, Role.APPROVER})
"""The roles of those who get this letter."""


def role_for(fact: WorkAdded) -> Role:
    """Whose turn it is after a fact."""
    match fact:
        case PanelOpened() | PanelReturned():
            return Role.CHAIR
        case GrantPayeeSet() | GrantInstalmentRequested() | GrantInstalmentFailed():
            return Role.FINANCE
        case GrantInstalmentApproved():
            return Role.APPROVER if fact.approval == 1 else Role.FINANCE
        case (
            RoundClosed()
            | PanelClosed()
            | PanelConfirmed()
            | ApplicationResubmitted()
            | GrantAccepted()
            | GrantDeclined()
            | GrantReportSubmitted()
        ):
            return Role.OFFICER
        case _:
            assert_never(fact)


async def workers(reader: Fresh, fact: WorkAdded) -> tuple[str, ...]:
    """The people whose turn it is after a fact, sorted. Whether something waits for them is asked later. Raises `NotFound`."""
    house, call, round = await _place(reader, fact)
    state: Initiative = await reader.the(INITIATIVE, house)
    within = state.within(call, round)
    wanted = role_for(fact)
    return tuple(sorted(person for person in within.members if wanted in within.roles(person)))


async def _place(reader: Fresh, fact: WorkAdded) -> tuple[str, str, str | None]:
    match fact:
        case RoundClosed():
            round: Round = await reader.the(ROUND, fact.round)
            return round.initiative, round.call, fact.round
        case PanelOpened() | PanelClosed() | PanelReturned() | PanelConfirmed():
            panel: Panel = await reader.the(PANEL, fact.panel)
            return panel.initiative, panel.call, panel.round
        case ApplicationResubmitted():
            application: Application = await reader.the(APPLICATION, fact.application)
            return application.initiative, application.call, None
        case _:
            grant: Grant = await reader.the(GRANT, fact.grant)
            return grant.initiative, grant.call, None


async def work_of(reader: Reader, person: str, *, now: datetime) -> tuple[Message, ...]:
    """What waits for a person now, with how often: as on their page Today, without what only they began."""
    counts: dict[TaskKind, int] = {}

    async def own(cursor: str | None) -> ResultPage[GrantTasks]:
        return await grants.tasks(reader, person, now=now, cursor=cursor, limit=MOST)

    for grant in await whole(own):
        for task in grant.tasks:
            counts[task.kind] = counts.get(task.kind, 0) + 1
    rounds = [
        each
        for place in (await initiatives.me(reader, person)).initiatives
        for each in await _of_rounds(reader, person, place)
    ]
    said = [(words, sum(count for each, count in rounds if each == words)) for words in _ROUND_WORDS]
    return (
        *(
            _often(count, Message(words.template, {"count": count}, plural=words.plural))
            for words, count in said
            if count
        ),
        *(
            _often(counts[kind], task_words(kind, counts[kind]))
            for kind in TaskKind
            if kind in counts and kind is not TaskKind.AWAIT_ANSWER
        ),
    )


def _often(count: int, words: Message) -> Message:
    return msg("{count} {things}", count=count, things=words)


_CHECK: Final = counted("application to check", "applications to check", count=1)
_DECIDE: Final = counted("panel to decide in", "panels to decide in", count=1)
_CONFIRM: Final = counted("decision of a panel to confirm", "decisions of panels to confirm", count=1)
_ANNOUNCE: Final = counted("confirmed decision to announce", "confirmed decisions to announce", count=1)
_ROUND_WORDS: Final = (_CHECK, _DECIDE, _CONFIRM, _ANNOUNCE)


async def _of_rounds(reader: Reader, person: str, place: OwnRoles) -> list[tuple[Message, int]]:
    """What waits in the rounds of an initiative. What is in them is not looked at."""

    async def own(cursor: str | None) -> ResultPage[CallLine]:
        if Role.OFFICER in place.roles:
            return await calls.of_initiative(reader, person, place.initiative, cursor=cursor, limit=MOST)
        return await calls.public(reader, initiative=place.initiative, cursor=cursor, limit=MOST)

    found = []
    for call in await whole(own):
        roles = {*place.roles, *(role for each in place.calls if each.call == call.id for role in each.roles)}
        if call.status == CallStatus.DISCARDED or roles.isdisjoint({Role.OFFICER, Role.CHAIR}):
            continue
        for round in call.rounds:
            try:
                found += await _of_round(reader, person, round, roles)
            except (Forbidden, NotFound):
                continue
    return found


async def _of_round(
    reader: Reader, person: str, round: RoundLine, roles: set[Role]
) -> list[tuple[Message, int]]:
    if round.status == RoundStatus.CLOSED and Role.OFFICER in roles and round.received:
        progress = await review_progress.progress(reader, person, round.id, limit=MOST)
        count = (progress.unsettled or {}).get(ApplicationStatus.SUBMITTED, 0)
        return [(_CHECK, count)] if count else []
    if round.status != RoundStatus.IN_PANEL:
        return []
    panel = await panels.standing(reader, person, round.id)
    match None if panel is None else panel.status:
        case PanelStatus.OPENED if Role.CHAIR in roles:
            return [(_DECIDE, 1)]
        case PanelStatus.CLOSED if Role.OFFICER in roles:
            return [(_CONFIRM, 1)]
        case PanelStatus.CONFIRMED if panel is not None and panel.announce_at is None:
            return [(_ANNOUNCE, 1)]
        case _:
            return []
