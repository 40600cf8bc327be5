"""No work on a grant begins to wait without a letter: after each fact of a grant, whoever has something new to do is told of it."""

from __future__ import annotations

import functools
from datetime import UTC, datetime
from typing import Any, Final, cast, get_args

import pytest

from domain import access
from domain.deciding import Aggregate, Allowed, Fact
from domain.grants.facts import (
    GrantAmended,
    GrantAmendmentDeclined,
    GrantCompleted,
    GrantDecisionsEnded,
    GrantDeclined,
    GrantFact,
    GrantInstalmentInstructed,
    GrantLapsed,
    GrantReportAccepted,
    GrantReportReturned,
    GrantResumed,
    GrantScreeningEnded,
    GrantSuspended,
    GrantTerminated,
)
from domain.grants.state import GRANT as GRANTS
from domain.grants.state import Grant
from domain.grants.tasks import Task, TaskKind, tasks_on
from domain.initiatives.state import INITIATIVE as INITIATIVES
from domain.parties import Actor, Conflicts
from projections.fresh import Fresh
from projections.letters.work_added import WorkAdded, workers
from tests.grants.scene import (
    AWARD,
    GRANT,
    PAYMENTS,
    accepted,
    approved,
    initiative,
    instructed,
    paid,
    payable,
    payee_confirmed,
    payee_set,
    report_submitted,
    reported,
    requested,
    scheduled,
    settled,
)
from tests.grants.test_tasks import AMENDMENT, EVERYBODY, FAILED, ONE, TWO, screened

pytestmark = pytest.mark.anyio

FACTS: Final = get_args(GrantFact)
AMENDED = GrantAmended(grant=GRANT, amendment=1, amount=AWARD, ends_on=None, instalments=None, unscheduled=0)
UNAMENDED = GrantAmendmentDeclined(grant=GRANT, amendment=1)
SUSPENDED = GrantSuspended(grant=GRANT, dossier=PAYMENTS, reason="safety", explanation=None)
RESUMED = GrantResumed(grant=GRANT)
UNSCREENED = GrantScreeningEnded(grant=GRANT, setting=1)
RETURNED = GrantReportReturned(grant=GRANT, report=1, dossier=PAYMENTS, reason="unclear", explanation=None)
FIRST_HALF: Final = (*payable(*TWO), *paid(1, AWARD // 2))
ORDERED: Final = (*payable(*ONE), requested(), *approved())


def ended(*instalments: int, payee: bool) -> GrantDecisionsEnded:
    """What somebody decided on the payments counts no more."""
    return GrantDecisionsEnded(grant=GRANT, instalments=instalments, payee=payee)


HISTORIES: Final[dict[str, tuple[Fact, ...]]] = {
    "paid for a report": (
        *FIRST_HALF,
        report_submitted(1),
        RETURNED,
        report_submitted(2),
        GrantReportAccepted(grant=GRANT, report=2),
        *paid(2, AWARD // 2, report=2),
        report_submitted(3),
        GrantReportAccepted(grant=GRANT, report=3),
        GrantCompleted(grant=GRANT),
    ),
    "the bank did not pay": (*ORDERED, instructed(), FAILED, instructed(), settled(1, AWARD)),
    "another payee": (*ORDERED, payee_set(2), payee_confirmed(2), *approved(), instructed()),
    "screened": (*ORDERED, screened("no_match"), UNSCREENED, screened("no_match"), instructed()),
    "decisions end": (*ORDERED, ended(1, payee=True), payee_confirmed(), *approved(), instructed()),
    "approvals end": (*ORDERED, ended(1, payee=False), *approved(), instructed()),
    "only the payee is confirmed again": (*ORDERED, ended(payee=True), payee_confirmed(), instructed()),
    "it is confirmed again between the approvals": (
        *ORDERED[:-1],
        ended(payee=True),
        payee_confirmed(),
        *approved()[1:],
    ),
    "amended before it is scheduled": (*accepted(), AMENDMENT, AMENDED, payee_set(), scheduled(*ONE)),
    "an amendment is declined before it is scheduled": (*accepted(), AMENDMENT, UNAMENDED),
    "amended after the last payment": (*payable(*ONE), AMENDMENT, *paid(1, AWARD), AMENDED),
    "an amendment is declined after the last payment": (
        *payable(*ONE),
        AMENDMENT,
        *paid(1, AWARD),
        UNAMENDED,
    ),
    "suspended": (*ORDERED, SUSPENDED, RESUMED),
    "suspended between the approvals": (*ORDERED[:-1], SUSPENDED, RESUMED),
    "suspended before it is scheduled": (*accepted(), SUSPENDED, RESUMED),
    "suspended at the end": (*payable(*ONE), *paid(1, AWARD), SUSPENDED, RESUMED),
    "suspended with a report": (*FIRST_HALF, *reported()[:1], SUSPENDED, RESUMED),
    "ended early": (
        *FIRST_HALF,
        GrantTerminated(grant=GRANT, dossier=PAYMENTS, reason="safety", explanation=None),
    ),
    "declined": (
        *accepted()[:-1],
        GrantDeclined(grant=GRANT, dossier=PAYMENTS, reason="other", explanation=None),
    ),
    "never answered": (*accepted()[:-1], GrantLapsed(grant=GRANT)),
}
BY_ITSELF: Final = (GrantInstalmentInstructed, GrantReportAccepted, GrantReportReturned)
"""Facts of those who see on the same page what they do next: the payment is recorded, or the grant is completed."""
HOUSE: Final = functools.reduce(INITIATIVES.evolve, initiative(), INITIATIVES.empty)


class Held:
    """A grant and its initiative, as they are now. Nobody has a conflict."""

    def __init__(self, grant: Grant) -> None:
        self.grant = grant

    async def the(self, aggregate: Aggregate[Any], _: str) -> object:
        """One of the two."""
        return self.grant if aggregate.kind == GRANTS.kind else HOUSE

    async def actor(self, viewer: str) -> Actor:
        """Somebody without an organisation."""
        return Actor(viewer)

    async def conflicts_in_call(self, _viewer: str, _call: str) -> Conflicts:
        """None."""
        return Conflicts.of((), ())


def tasks(grant: Grant) -> set[Task]:
    """What waits on a grant, or will after a waiting time, whether payees are screened or not; the recipient's answer is not work."""
    later = datetime.max.replace(tzinfo=UTC)
    found = {each for screening in (True, False) for each in tasks_on(grant, screening=screening, now=later)}
    return {each for each in found if each.kind is not TaskKind.AWAIT_ANSWER}


def of_grant(facts: tuple[Fact, ...]) -> list[Fact]:
    return [each for each in facts if isinstance(each, FACTS)]


@pytest.mark.parametrize("name", HISTORIES)
async def test_whoever_has_something_new_to_do_is_told(name: str) -> None:
    grant = GRANTS.empty
    for fact in of_grant(HISTORIES[name]):
        before, grant = grant, GRANTS.evolve(grant, fact)
        new = tasks(grant) - tasks(before)
        waits_for = {
            who
            for who in EVERYBODY
            for task in new
            if isinstance(access.does_task(Actor(who), HOUSE, grant, task, conflicts=()), Allowed)
        }
        if not new or isinstance(fact, BY_ITSELF):
            continue
        assert isinstance(fact, WorkAdded), fact
        assert waits_for <= {*await workers(cast("Fresh", Held(grant)), fact)}, (fact, new)


def test_every_fact_of_a_grant_is_looked_at() -> None:
    assert {type(each) for facts in HISTORIES.values() for each in of_grant(facts)} == {*FACTS}
