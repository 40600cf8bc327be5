"""What waits for the people of an initiative, for the letter that tells them so once a day at most."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Final, assert_never

from domain.applications.facts import ApplicationAwarded, ApplicationPromoted, ApplicationResubmitted
from domain.applications.state import APPLICATION, Application
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
from domain.panels.state import PANEL, Panel
from domain.rounds.facts import RoundClosed
from domain.rounds.state import ROUND, Round
from domain.values import Role
from projections import initiatives, work_waiting
from projections.fresh import Fresh
from projections.reader import Reader
from projections.work_waiting import WorkKind

WorkAdded = (
    RoundClosed
    | PanelOpened
    | PanelClosed
    | PanelReturned
    | PanelConfirmed
    | ApplicationResubmitted
    | ApplicationAwarded
    | ApplicationPromoted
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
            | ApplicationAwarded()
            | ApplicationPromoted()
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
        case ApplicationResubmitted() | ApplicationAwarded() | ApplicationPromoted():
            application: Application = await reader.the(APPLICATION, fact.application)
            return application.initiative, application.call, None
        case _:
            grant: Grant = await reader.the(GRANT, fact.grant)
            return grant.initiative, grant.call, None


async def work_of(reader: Reader, person: str, *, now: datetime) -> tuple[Message, ...]:
    """What waits for a person now, with how often: as on their page Today, without what only they began and what waits for somebody
    else first. Raises `Behind`."""
    found: Counter[WorkKind] = Counter()
    for own in (await initiatives.me(reader, person)).initiatives:
        its_calls = await work_waiting.calls_of(reader, person, own)
        for work in await work_waiting.work_in(reader, person, own, its_calls, may_lag=False):
            if work.ready:
                found[work.kind] += work.count
    tasks = Counter(
        task.kind for grant in await work_waiting.on_grants(reader, person, now=now) for task in grant.tasks
    )
    said = [words for kind in WorkKind if found[kind] and (words := _words(kind, found[kind]))]
    return (
        *(msg("{count} {things}", count=each.values["count"], things=each) for each in said),
        *(
            msg("{count} {things}", count=tasks[kind], things=task_words(kind, tasks[kind]))
            for kind in TaskKind
            if tasks[kind] and kind is not TaskKind.AWAIT_ANSWER
        ),
    )


def _words(kind: WorkKind, count: int) -> Message | None:
    """What there is to do, to be read after how often; None if no letter tells it."""
    match kind:
        case WorkKind.CHECK:
            return counted("application to check", "applications to check", count=count)
        case WorkKind.ASK_JURORS:
            return counted("review to ask a juror for", "reviews to ask jurors for", count=count)
        case WorkKind.OPEN_PANEL:
            return counted("panel to open", "panels to open", count=count)
        case WorkKind.READ_RANKING:
            return None  # jurors may read it, and do not have to
        case WorkKind.SET_OUTCOMES:
            return counted("panel to decide in", "panels to decide in", count=count)
        case WorkKind.CONFIRM:
            return counted("decision of a panel to confirm", "decisions of panels to confirm", count=count)
        case WorkKind.ANNOUNCE:
            return counted("confirmed decision to announce", "confirmed decisions to announce", count=count)
        case WorkKind.DECIDE:
            return counted("application to decide on", "applications to decide on", count=count)
        case WorkKind.OFFER:
            return counted("grant to offer", "grants to offer", count=count)
        case _:
            assert_never(kind)
