"""What waits for the people of an initiative, for the letter that tells them so once a day at most."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Final, assert_never

from domain.applications.facts import ApplicationAwarded, ApplicationPromoted, ApplicationResubmitted
from domain.applications.state import APPLICATION, Application
from domain.calls.state import CALL, Call
from domain.grants.facts import (
    GrantAccepted,
    GrantDeclined,
    GrantInstalmentApproved,
    GrantInstalmentFailed,
    GrantInstalmentRequested,
    GrantInstalmentSettled,
    GrantPayeeConfirmed,
    GrantPayeeSet,
    GrantReportSubmitted,
    GrantResumed,
    GrantScreened,
)
from domain.grants.state import GRANT, Grant
from domain.grants.tasks import TaskKind, tasks_to_come
from domain.grants.turns import task_words
from domain.indexes import reviews_in
from domain.initiatives.state import INITIATIVE, Initiative
from domain.messages import Message, counted, msg
from domain.panels.facts import (
    PanelClosed,
    PanelConfirmed,
    PanelOpened,
    PanelOutcomeSet,
    PanelReopened,
    PanelReturned,
)
from domain.panels.rules import is_complete
from domain.panels.state import PANEL, Panel, PanelStatus
from domain.reviews.facts import ReviewConflictDeclared, ReviewSubmitted
from domain.reviews.state import OUTSTANDING, REVIEW, Review
from domain.rounds.facts import RoundClosed, RoundQuorumLowered
from domain.rounds.state import ROUND, Round, RoundStatus
from domain.values import Role
from projections import initiatives, work_waiting
from projections.blocked_reviews import blocked_among
from projections.fresh import Fresh
from projections.reader import Reader
from projections.work_waiting import WorkKind

WorkAdded = (
    RoundClosed
    | RoundQuorumLowered
    | ReviewSubmitted
    | ReviewConflictDeclared
    | PanelOpened
    | PanelOutcomeSet
    | PanelClosed
    | PanelReturned
    | PanelReopened
    | PanelConfirmed
    | ApplicationResubmitted
    | ApplicationAwarded
    | ApplicationPromoted
    | GrantAccepted
    | GrantDeclined
    | GrantPayeeSet
    | GrantPayeeConfirmed
    | GrantScreened
    | GrantReportSubmitted
    | GrantInstalmentRequested
    | GrantInstalmentApproved
    | GrantInstalmentFailed
    | GrantInstalmentSettled
    | GrantResumed
)
"""The facts after which somebody of the initiative has something to do; some of them only in some cases (`_adds`)."""
WORKING: Final = frozenset({Role.OFFICER, Role.CHAIR, Role.FINANCE, Role.APPROVER})
"""The roles of those who get this letter."""


def roles_for(fact: WorkAdded) -> frozenset[Role]:
    """Whose turn it may be after a fact."""
    match fact:
        case PanelOpened() | PanelReturned() | PanelReopened():
            return frozenset({Role.CHAIR})
        case (
            GrantPayeeSet()
            | GrantPayeeConfirmed()
            | GrantScreened()
            | GrantInstalmentRequested()
            | GrantInstalmentFailed()
        ):
            return frozenset({Role.FINANCE})
        case GrantInstalmentApproved():
            return frozenset({Role.APPROVER if fact.approval == 1 else Role.FINANCE})
        case GrantResumed():
            return frozenset({Role.OFFICER, Role.FINANCE, Role.APPROVER})
        case (
            RoundClosed()
            | RoundQuorumLowered()
            | ReviewSubmitted()
            | ReviewConflictDeclared()
            | PanelOutcomeSet()
            | PanelClosed()
            | PanelConfirmed()
            | ApplicationResubmitted()
            | ApplicationAwarded()
            | ApplicationPromoted()
            | GrantAccepted()
            | GrantDeclined()
            | GrantReportSubmitted()
            | GrantInstalmentSettled()
        ):
            return frozenset({Role.OFFICER})
        case _:
            assert_never(fact)


async def workers(reader: Fresh, fact: WorkAdded) -> tuple[str, ...]:
    """The people whose turn it is after a fact, sorted. Whether something waits for them is asked later. Raises `NotFound`."""
    if not await _adds(reader, fact):
        return ()
    house, call, round = await _place(reader, fact)
    state: Initiative = await reader.the(INITIATIVE, house)
    within = state.within(call, round)
    wanted = roles_for(fact)
    return tuple(sorted(each for each in within.members if not wanted.isdisjoint(within.roles(each))))


async def _adds(reader: Fresh, fact: WorkAdded) -> bool:
    """Whether a fact adds something to do, so that nobody is told again of what waited before."""
    match fact:
        case ReviewSubmitted():
            review: Review = await reader.the(REVIEW, fact.review)
            return await _all_reviewed(reader, review.round)
        case RoundQuorumLowered():
            return await _all_reviewed(reader, fact.round)
        case ReviewConflictDeclared():
            round: Round = await reader.the(ROUND, fact.round)
            return round.status is RoundStatus.CLOSED
        case PanelOutcomeSet():
            return await _can_be_confirmed(reader, fact.panel)
        case GrantPayeeConfirmed():
            return TaskKind.APPROVE in await _on_grant(reader, fact.grant)
        case GrantScreened():
            return TaskKind.INSTRUCT in await _on_grant(reader, fact.grant)
        case GrantInstalmentSettled():
            return TaskKind.COMPLETE in await _on_grant(reader, fact.grant)
        case GrantResumed():
            return bool(await _on_grant(reader, fact.grant))
        case _:
            return True


async def _all_reviewed(reader: Fresh, round_id: str) -> bool:
    """Whether no review is awaited any more in a round that has no panel yet."""
    round: Round = await reader.the(ROUND, round_id)
    if round.status is not RoundStatus.CLOSED:
        return False
    loaded = await reader.readable(
        *((REVIEW, each) for each in await reader.index_entries(reviews_in(round_id)))
    )
    owed = {each: found.state for each, found in loaded.items() if found.state.status in OUTSTANDING}
    return (
        owed.keys()
        == (await blocked_among(reader, owed, round, round_id, await reader.the(CALL, round.call))).keys()
    )


async def _can_be_confirmed(reader: Fresh, panel_id: str) -> bool:
    """Whether an open panel can be confirmed already, as on the fast track."""
    panel: Panel = await reader.the(PANEL, panel_id)
    call: Call = await reader.the(CALL, panel.call)
    if not call.on_fast_track or panel.status is not PanelStatus.OPENED:
        return False
    ranked = await reader.load(*((APPLICATION, place.application) for place in panel.ranking))
    return is_complete(panel, {each: found.state for each, found in ranked.items()})


async def _on_grant(reader: Fresh, grant_id: str) -> frozenset[TaskKind]:
    grant: Grant = await reader.the(GRANT, grant_id)
    return tasks_to_come(grant)


async def _place(reader: Fresh, fact: WorkAdded) -> tuple[str, str, str | None]:
    match fact:
        case RoundClosed() | RoundQuorumLowered():
            round: Round = await reader.the(ROUND, fact.round)
            return round.initiative, round.call, fact.round
        case ReviewSubmitted() | ReviewConflictDeclared():
            review: Review = await reader.the(REVIEW, fact.review)
            return review.initiative, review.call, review.round
        case (
            PanelOpened()
            | PanelOutcomeSet()
            | PanelClosed()
            | PanelReturned()
            | PanelReopened()
            | PanelConfirmed()
        ):
            panel: Panel = await reader.the(PANEL, fact.panel)
            return panel.initiative, panel.call, panel.round
        case ApplicationResubmitted() | ApplicationAwarded() | ApplicationPromoted():
            application: Application = await reader.the(APPLICATION, fact.application)
            return application.initiative, application.call, None
        case _:
            grant: Grant = await reader.the(GRANT, fact.grant)
            return grant.initiative, grant.call, None


async def work_of(reader: Reader, person: str, *, now: datetime) -> tuple[Message, ...]:
    """What waits for a person now, with how often: as on their page Today, but without their drafts, and only what they can do now.
    Raises `Behind`."""
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
