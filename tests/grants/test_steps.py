"""The next step for an instalment is what the rules accept: in every state that a grant comes into on long random ways."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import cache
from random import Random
from typing import Any, Final, NamedTuple

from domain.deciding import Fact
from domain.grants import rules
from domain.grants.facts import Condition
from domain.grants.state import GRANT as GRANTS
from domain.grants.state import Grant
from domain.grants.steps import Step, step_of
from domain.grants.tasks import (
    RecipientTaskKind,
    TaskKind,
    may_have_tasks,
    tasks_of_recipient,
    tasks_on,
)
from domain.parties import Actor
from domain.persons.state import Person, PersonStatus
from domain.refusals import CommandRejected
from domain.values import Money
from tests.grants.scene import (
    APPROVER,
    FINANCE,
    GRANT,
    IBAN,
    NOON,
    OTHER_FINANCE,
    TODAY,
    accepted,
    scheduled,
)

LIVING: Final = Person(status=PersonStatus.REGISTERED)
ERASED: Final = Person(status=PersonStatus.ERASED)
DAY_AFTER: Final = NOON + timedelta(hours=24)
"""When every waiting time in these ways is over."""
WAYS: Final = 80
STEPS_OF_A_WAY: Final = 40
OFTEN_HINDERED: Final = 0.15
CONDITIONS: Final[tuple[Condition, ...]] = ("none", "report")
NO_REASON: Final[dict[str, Any]] = {"reason": "other", "explanation": None}

Rule = Callable[[Grant], tuple[Fact, ...]]


class Case(NamedTuple):
    """A moment of a grant, with what else the next step depends on."""

    grant: Grant
    screening: bool
    erased: bool
    now: datetime

    def step(self, number: int) -> Step:
        """The next step for one of its instalments."""
        return step_of(self.grant, number, screening=self.screening, erased=self.erased, now=self.now)


def instruct(number: int, recipient: Person, *, screening: bool, now: datetime) -> Rule:
    """Finance records the order."""
    return lambda grant: rules.instruct(
        GRANT, grant, recipient, number=number, reference="RUN-1", screening=screening, now=now
    )


def approve(number: int, who: str, recipient: Person = LIVING) -> Rule:
    """Somebody approves."""
    return lambda grant: rules.approve(GRANT, grant, recipient, number=number, approver=Actor(who))


def set_payee(grant: Grant) -> tuple[Fact, ...]:
    """The recipient writes the same account again."""
    return rules.set_payee(
        GRANT, grant, kind="recipient", host=None, host_state=None, name="Applicant One", account=IBAN,
        bank_code=None, country=None, now=NOON,
    )  # fmt: skip


def screened(result: Any) -> Rule:
    """Finance records a screening of the payee."""
    return lambda grant: rules.record_screening(
        GRANT, grant, LIVING, setting=grant.payee.setting if grant.payee else 0, result=result, reference="S",
        screened_on=TODAY, note=None, screener=OTHER_FINANCE, now=NOON,
    )  # fmt: skip


def settle(number: int) -> Rule:
    """The bank paid."""
    return lambda grant: rules.settle(
        GRANT, grant, number=number, amount=Money.of(grant.instalments[number].plan.amount, grant.currency),
        settled_on=TODAY, fee=None, exchange=None, now=DAY_AFTER,
    )  # fmt: skip


def amend(grant: Grant) -> tuple[Fact, ...]:
    """The staff propose another end."""
    return rules.propose_amendment(
        GRANT, grant, amount=None, ends_on=TODAY + timedelta(days=90), planned=None, single=False,
        confirm_past_due=False, explanation=None, now=NOON,
    )  # fmt: skip


def onward() -> Iterator[Rule]:
    """What brings a grant onward, tried in every state."""
    for number in (1, 2, 3):
        yield lambda grant, n=number: rules.request(GRANT, grant, number=n)  # type: ignore[misc]
        yield approve(number, FINANCE)
        yield approve(number, APPROVER)
        yield instruct(number, LIVING, screening=False, now=DAY_AFTER)
        yield settle(number)
        yield lambda grant, n=number: rules.accept_report(GRANT, grant, report=n)  # type: ignore[misc]
    yield lambda grant: rules.confirm_payee(
        GRANT, grant, LIVING, setting=grant.payee.setting if grant.payee else 0, confirmer=Actor(FINANCE)
    )
    yield lambda grant: set_payee(grant) if grant.payee is None else ()
    yield lambda grant: rules.submit_report(GRANT, grant, text="It was shown in May.")
    yield lambda grant: screened("no_match")(grant) if grant.screened == "match" else ()
    yield lambda grant: rules.decline_amendment(GRANT, grant, amendment=grant.amendments)
    yield lambda grant: rules.resume(GRANT, grant)
    yield lambda grant: rules.complete(GRANT, grant)


def hindrances() -> Iterator[Rule]:
    """What comes between, now and then."""
    for number in (1, 2, 3):
        yield lambda grant, n=number: rules.fail(GRANT, grant, number=n, reason="returned_by_bank")  # type: ignore[misc]
        yield lambda grant, n=number: rules.return_report(GRANT, grant, report=n, **NO_REASON)  # type: ignore[misc]
    yield set_payee
    yield screened("match")
    yield screened("no_match")
    yield lambda grant: rules.end_decisions(GRANT, grant, person=FINANCE, organisation=grant.recipient)
    yield amend
    yield lambda grant: rules.suspend(GRANT, grant, **NO_REASON)


def accepts(rule: Rule, grant: Grant) -> bool:
    """Whether a rule accepts a command in a state."""
    try:
        return bool(rule(grant))
    except CommandRejected:
        return False


def after(grant: Grant, facts: tuple[Fact, ...]) -> Grant:
    """The grant after some facts."""
    for fact in facts:
        grant = GRANTS.evolve(grant, fact)
    return grant


@cache
def cases() -> tuple[Case, ...]:
    """Every state on the ways, each in every circumstance."""
    known: dict[str, Grant] = {}
    usual, unusual = list(onward()), list(hindrances())
    for way in range(WAYS):
        choice = Random(way)
        conditions: list[Condition] = [choice.choice(CONDITIONS) for _ in range(3)]
        grant = after(Grant(), (*accepted(), scheduled(*((10_000, each) for each in conditions))))
        for _ in range(STEPS_OF_A_WAY):
            known.setdefault(repr(grant), grant)
            tried = unusual if choice.random() < OFTEN_HINDERED else usual
            possible = [rule for rule in tried if accepts(rule, grant)]
            if not possible:
                continue
            grant = after(grant, choice.choice(possible)(grant))
    return tuple(
        Case(grant, screening, erased, now)
        for grant in known.values()
        for screening in (False, True)
        for erased in (False, True)
        for now in (NOON, DAY_AFTER)
    )


def test_the_ways_lead_to_every_step() -> None:
    assert {case.step(number) for case in cases() for number in case.grant.instalments} == set(Step)


def test_an_instalment_is_requested_exactly_where_that_is_the_next_step() -> None:
    for case in cases():
        if case.erased:
            continue  # Nobody is left who could ask.
        for number in case.grant.instalments:
            asked = accepts(lambda grant, n=number: rules.request(GRANT, grant, number=n), case.grant)  # type: ignore[misc]
            assert asked is (case.step(number) is Step.REQUEST), (number, case)


def test_an_instalment_is_approved_exactly_where_that_is_the_next_step() -> None:
    for case in cases():
        recipient = ERASED if case.erased else LIVING
        for number in case.grant.instalments:
            by_one = any(accepts(approve(number, who, recipient), case.grant) for who in (FINANCE, APPROVER))
            step = case.step(number)
            assert by_one is (step in (Step.APPROVE_FIRST, Step.APPROVE_SECOND)), (number, case)


def test_a_payment_is_ordered_exactly_where_that_is_the_next_step() -> None:
    for case in cases():
        recipient = ERASED if case.erased else LIVING
        for number in case.grant.instalments:
            rule = instruct(number, recipient, screening=case.screening, now=case.now)
            assert accepts(rule, case.grant) is (case.step(number) is Step.INSTRUCT), (number, case)


def test_finance_is_told_to_pay_only_what_can_be_ordered_now() -> None:
    for case in cases():
        grant, screening, erased, now = case
        waiting = tasks_on(grant, screening=screening, erased=erased, now=now)
        assert [each.number for each in waiting if each.kind is TaskKind.INSTRUCT] == [
            number for number in sorted(grant.instalments) if case.step(number) is Step.INSTRUCT
        ]
        assert may_have_tasks(grant) or grant.amendment is not None or not waiting


def test_the_recipient_is_told_to_request_or_report_exactly_where_that_is_the_next_step() -> None:
    wanted = {RecipientTaskKind.REQUEST: Step.REQUEST, RecipientTaskKind.REPORT: Step.REPORT}
    for case in cases():
        told = tasks_of_recipient(case.grant)
        for kind, step in wanted.items():
            numbers = (
                [] if case.erased else [n for n in sorted(case.grant.instalments) if case.step(n) is step]
            )
            said = [task.number for task in told if task.kind is kind]
            # Of several that can be requested only the first is told.
            assert case.erased or said == numbers[:1], (kind, case)
