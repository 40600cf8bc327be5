"""Whose turn it is after a fact: the people for whom it adds something to do, and who are told by letter that work waits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Final, NamedTuple, assert_never

import msgspec

from domain.applications.facts import (
    ApplicationAwarded,
    ApplicationEndedByErasure,
    ApplicationPromoted,
    ApplicationResubmitted,
    ApplicationWithdrawn,
)
from domain.applications.state import APPLICATION, Application, ApplicationStatus, unsettled
from domain.calls.state import CALL, Call
from domain.grants.facts import (
    GrantAccepted,
    GrantAmended,
    GrantAmendmentDeclined,
    GrantDecisionsEnded,
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
    GrantScreeningEnded,
)
from domain.grants.state import GRANT, Grant
from domain.grants.tasks import TaskKind, tasks_to_come
from domain.indexes import reviews_in
from domain.initiatives.state import INITIATIVE, Initiative
from domain.panels.facts import (
    PanelClosed,
    PanelConfirmed,
    PanelOpened,
    PanelOutcomeEnded,
    PanelOutcomeSet,
    PanelReopened,
    PanelReturned,
)
from domain.panels.rules import is_complete
from domain.panels.state import PANEL, Panel, PanelStatus
from domain.parties import is_tied_to
from domain.reviews.facts import ReviewConflictDeclared, ReviewSubmitted
from domain.reviews.state import OUTSTANDING, REVIEW, Review, ReviewStatus
from domain.rounds.facts import RoundClosed, RoundQuorumLowered
from domain.rounds.state import ROUND, Round, RoundStatus
from domain.values import Role
from projections.blocked_reviews import blocked_among
from projections.fresh import Fresh
from projections.panel_turns import deciders, ranked_in

WorkAdded = (
    RoundClosed
    | RoundQuorumLowered
    | ReviewSubmitted
    | ReviewConflictDeclared
    | PanelOpened
    | PanelOutcomeSet
    | PanelOutcomeEnded
    | PanelClosed
    | PanelReturned
    | PanelReopened
    | PanelConfirmed
    | ApplicationResubmitted
    | ApplicationAwarded
    | ApplicationPromoted
    | ApplicationWithdrawn
    | ApplicationEndedByErasure
    | GrantAccepted
    | GrantDeclined
    | GrantPayeeSet
    | GrantPayeeConfirmed
    | GrantDecisionsEnded
    | GrantScreened
    | GrantScreeningEnded
    | GrantReportSubmitted
    | GrantInstalmentRequested
    | GrantInstalmentApproved
    | GrantInstalmentFailed
    | GrantInstalmentSettled
    | GrantResumed
    | GrantAmended
    | GrantAmendmentDeclined
)
"""The facts after which somebody of the initiative has something to do; some of them only in some cases (`_turn_after`)."""
_MAY_ADD: Final[Mapping[type[WorkAdded], frozenset[TaskKind]]] = {
    GrantAccepted: frozenset({TaskKind.SCHEDULE}),
    GrantPayeeSet: frozenset({TaskKind.CONFIRM_PAYEE}),
    # What was approved before the payee had to be confirmed again can be ordered at once.
    GrantPayeeConfirmed: frozenset({TaskKind.APPROVE, TaskKind.INSTRUCT}),
    GrantDecisionsEnded: frozenset({TaskKind.CONFIRM_PAYEE, TaskKind.APPROVE}),
    GrantScreened: frozenset({TaskKind.INSTRUCT}),
    # What could be ordered is screened first.
    GrantScreeningEnded: frozenset({TaskKind.INSTRUCT}),
    GrantInstalmentRequested: frozenset({TaskKind.APPROVE}),
    GrantInstalmentSettled: frozenset({TaskKind.COMPLETE}),
    # While a grant is suspended, reports and payments that are with the bank wait as before.
    GrantResumed: frozenset(TaskKind) - {TaskKind.AWAIT_ANSWER, TaskKind.ANSWER_REPORT, TaskKind.SETTLE},
    GrantAmended: frozenset({TaskKind.SCHEDULE, TaskKind.COMPLETE}),
    GrantAmendmentDeclined: frozenset({TaskKind.SCHEDULE, TaskKind.COMPLETE}),
}
"""What facts about grants add only in some cases: what may wait after them that did not before."""


def roles_for(fact: WorkAdded) -> frozenset[Role]:
    """Whose turn it may be after a fact. Of chairs and jurors only those are meant who decide in the panel (`deciders`)."""
    match fact:
        case PanelOpened() | PanelReturned() | PanelReopened() | PanelOutcomeEnded():
            return frozenset({Role.CHAIR, Role.JUROR})
        case (
            GrantPayeeSet()
            | GrantDecisionsEnded()
            | GrantScreened()
            | GrantScreeningEnded()
            | GrantInstalmentRequested()
            | GrantInstalmentFailed()
        ):
            return frozenset({Role.FINANCE})
        case GrantPayeeConfirmed():
            return frozenset({Role.FINANCE, Role.APPROVER})
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
            | ApplicationWithdrawn()
            | ApplicationEndedByErasure()
            | GrantAccepted()
            | GrantDeclined()
            | GrantReportSubmitted()
            | GrantInstalmentSettled()
            | GrantAmended()
            | GrantAmendmentDeclined()
        ):
            return frozenset({Role.OFFICER})
        case _:
            assert_never(fact)


async def workers(reader: Fresh, fact: WorkAdded) -> tuple[str, ...]:
    """The people whose turn it is after a fact, sorted. Whether something waits for them is asked later. Raises `NotFound`."""
    wanted = await _turn_after(reader, fact)
    if not wanted:
        return ()
    place = await _place(reader, fact)
    state: Initiative = await reader.the(INITIATIVE, place.initiative)
    within = state.within(place.call, place.round)
    people = sorted(each for each in within.members if not wanted.isdisjoint(within.roles(each)))
    if place.round is not None and not wanted.isdisjoint({Role.CHAIR, Role.JUROR}):
        return await deciders(reader, people, place.round)
    return tuple([each for each in people if await _deals_with(reader, each, place)])


async def _deals_with(reader: Fresh, person: str, place: _Place) -> bool:
    """Whether somebody has no tie to the application that a fact is about. Who has one is not shown what waits on it, and a letter that
    lists only what waited before would tell them that something happened."""
    if place.application is None:
        return True
    if is_tied_to(await reader.actor(person), place.applicant):
        return False
    return place.application not in await reader.conflicts_in_call(person, place.call)


async def _turn_after(reader: Fresh, fact: WorkAdded) -> frozenset[Role]:
    """The roles of those for whom a fact adds something to do, so that nobody is told again of what waited before."""
    wanted, nobody = roles_for(fact), frozenset[Role]()
    match fact:
        case ReviewSubmitted():
            review: Review = await reader.the(REVIEW, fact.review)
            return wanted if await _can_be_opened(reader, review.round) else nobody
        case RoundQuorumLowered():
            return wanted if await _can_be_opened(reader, fact.round) else nobody
        case ReviewConflictDeclared():
            return await _turn_after_conflict(reader, fact)
        case ApplicationWithdrawn() | ApplicationEndedByErasure():
            return wanted if await _nothing_is_missing_without(reader, fact.application) else nobody
        case PanelOutcomeSet():
            return await _turn_after_outcome(reader, fact)
        case (
            GrantAccepted()
            | GrantPayeeSet()
            | GrantPayeeConfirmed()
            | GrantDecisionsEnded()
            | GrantScreened()
            | GrantScreeningEnded()
            | GrantInstalmentRequested()
            | GrantInstalmentSettled()
            | GrantResumed()
            | GrantAmended()
            | GrantAmendmentDeclined()
        ):
            grant: Grant = await reader.the(GRANT, fact.grant)
            return wanted & _turn_on(grant, _MAY_ADD[type(fact)])
        case _:
            return wanted


def _turn_on(grant: Grant, kinds: Collection[TaskKind]) -> frozenset[Role]:
    """The roles of those for whom tasks of some kinds wait on a grant now, or will after a waiting time."""
    found = set[Role]()
    for kind in tasks_to_come(grant).intersection(kinds):
        match kind:
            case TaskKind.APPROVE:
                awaited = {grant.next_approval(each) for each in grant.instalments}
                found |= {
                    role for number, role in ((1, Role.FINANCE), (2, Role.APPROVER)) if number in awaited
                }
            case TaskKind.CONFIRM_PAYEE | TaskKind.RECORD_SCREENING | TaskKind.INSTRUCT | TaskKind.SETTLE:
                found.add(Role.FINANCE)
            case TaskKind.SCHEDULE | TaskKind.ANSWER_REPORT | TaskKind.AWAIT_ANSWER | TaskKind.COMPLETE:
                found.add(Role.OFFICER)
            case _:
                assert_never(kind)
    return frozenset(found)


async def _can_be_opened(reader: Fresh, round_id: str) -> bool:
    """Whether the panel of a closed round waits only to be opened: no review is awaited any more, and none is missing."""
    round: Round = await reader.the(ROUND, round_id)
    if round.status is not RoundStatus.CLOSED:
        return False
    submitted, owed = await _reviews(reader, round, round_id)
    if await _eligible(reader, owed, round_id):
        return False
    call: Call = await reader.the(CALL, round.call)
    loaded = await reader.readable(*((APPLICATION, each) for each in round.applications))
    here = {each: found.state.status for each, found in loaded.items() if found.state.round == round_id}
    return not unsettled(here.values()) and all(
        submitted[each] >= round.quorum(each, call.stage(round.stage))
        for each, status in here.items()
        if status is ApplicationStatus.ELIGIBLE
    )


async def _eligible(reader: Fresh, applications: Collection[str], round_id: str) -> bool:
    """Whether one of some applications is judged in a round: reviews of others are awaited by nobody."""
    loaded = await reader.readable(*((APPLICATION, each) for each in applications))
    return any(
        each.state.round == round_id and each.state.status is ApplicationStatus.ELIGIBLE
        for each in loaded.values()
    )


async def _nothing_is_missing_without(reader: Fresh, application_id: str) -> bool:
    """Whether an application that ended was the last to lack something: reviews before the panel is opened, or on the fast track an
    outcome. A rolling call has a round for each, which ends with it."""
    application: Application = await reader.the(APPLICATION, application_id)
    round: Round = await reader.the(ROUND, application.round)
    call: Call = await reader.the(CALL, application.call)
    if round.rolling:
        return False
    if round.status is RoundStatus.CLOSED:
        submitted, owed = await _reviews(reader, round, application.round)
        needed = round.quorum(application_id, call.stage(round.stage))
        lacked = owed[application_id] > 0 or submitted[application_id] < needed
        return lacked and await _can_be_opened(reader, application.round)
    if round.panel is None or not call.on_fast_track:
        return False
    panel: Panel = await reader.the(PANEL, round.panel)
    open_without = panel.status is PanelStatus.OPENED and application_id not in panel.outcomes()
    return open_without and is_complete(panel, await ranked_in(reader, panel))


async def _reviews(reader: Fresh, round: Round, round_id: str) -> tuple[Counter[str], Counter[str]]:
    """How many reviews of each application of a round are submitted, and how many are still awaited."""
    asked = await reader.index_entries(reviews_in(round_id))
    loaded = await reader.readable(*((REVIEW, each) for each in asked))
    reviews: dict[str, Review] = {each: found.state for each, found in loaded.items()}
    blocked = await blocked_among(reader, reviews, round, round_id, await reader.the(CALL, round.call))
    return (
        Counter(each.application for each in reviews.values() if each.status is ReviewStatus.SUBMITTED),
        Counter(
            review.application
            for each, review in reviews.items()
            if review.status in OUTSTANDING and each not in blocked
        ),
    )


async def _turn_after_conflict(reader: Fresh, fact: ReviewConflictDeclared) -> frozenset[Role]:
    """While reviews are written, the staff's, who ask another juror, or open the panel if enough have judged. In an open panel, a
    juror's, if it was the chair who stepped back."""
    round: Round = await reader.the(ROUND, fact.round)
    if round.status is RoundStatus.IN_PANEL:
        house: Initiative = await reader.the(INITIATIVE, round.initiative)
        chairs = Role.CHAIR in house.within(round.call, fact.round).roles(fact.juror)
        return frozenset({Role.JUROR}) if chairs else frozenset()
    if round.status is not RoundStatus.CLOSED:
        return frozenset()
    submitted, owed = await _reviews(reader, round, fact.round)
    call: Call = await reader.the(CALL, round.call)
    needed = round.quorum(fact.application, call.stage(round.stage))
    lacks = submitted[fact.application] + owed[fact.application] < needed
    return frozenset({Role.OFFICER}) if lacks or await _can_be_opened(reader, fact.round) else frozenset()


async def _turn_after_outcome(reader: Fresh, fact: PanelOutcomeSet) -> frozenset[Role]:
    """Of the last outcome of a panel: on the fast track the staff's, who can confirm it already; otherwise a chair's, who closes it after
    a juror decided in their place. A later change of an outcome is not told."""
    panel: Panel = await reader.the(PANEL, fact.panel)
    if panel.status is not PanelStatus.OPENED or fact not in panel.decisions:
        return frozenset()
    call: Call = await reader.the(CALL, panel.call)
    house: Initiative = await reader.the(INITIATIVE, panel.initiative)
    chairs = Role.CHAIR in house.within(panel.call, panel.round).roles(fact.decider)
    if chairs and not call.on_fast_track:
        return frozenset()
    number, ranked = panel.decisions.index(fact), await ranked_in(reader, panel)
    before, after = (
        msgspec.structs.replace(panel, decisions=panel.decisions[:until]) for until in (number, number + 1)
    )
    if is_complete(before, ranked) or not is_complete(after, ranked):
        return frozenset()
    return frozenset({Role.OFFICER if call.on_fast_track else Role.CHAIR})


class _Place(NamedTuple):
    """Where a fact belongs; `application` and its `applicant` if what waits is about this one alone, not about a whole round."""

    initiative: str
    call: str
    round: str | None = None
    application: str | None = None
    applicant: str | None = None


async def _place(reader: Fresh, fact: WorkAdded) -> _Place:
    match fact:
        case RoundClosed() | RoundQuorumLowered():
            round: Round = await reader.the(ROUND, fact.round)
            return _Place(round.initiative, round.call, fact.round)
        case ReviewSubmitted() | ReviewConflictDeclared():
            review: Review = await reader.the(REVIEW, fact.review)
            return _Place(review.initiative, review.call, review.round)
        case (
            PanelOpened()
            | PanelOutcomeSet()
            | PanelOutcomeEnded()
            | PanelClosed()
            | PanelReturned()
            | PanelReopened()
            | PanelConfirmed()
        ):
            panel: Panel = await reader.the(PANEL, fact.panel)
            return _Place(panel.initiative, panel.call, panel.round)
        case ApplicationWithdrawn() | ApplicationEndedByErasure():
            gone: Application = await reader.the(APPLICATION, fact.application)
            return _Place(gone.initiative, gone.call)
        case ApplicationResubmitted() | ApplicationAwarded() | ApplicationPromoted():
            one: Application = await reader.the(APPLICATION, fact.application)
            return _Place(one.initiative, one.call, None, fact.application, one.applicant)
        case _:
            grant: Grant = await reader.the(GRANT, fact.grant)
            return _Place(grant.initiative, grant.call, None, grant.application, grant.recipient)
