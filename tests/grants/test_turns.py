"""Whom the initiative waits for, so that an instalment is paid: always somebody who can do what is said."""

from __future__ import annotations

from typing import Final

import pytest

from domain.deciding import Fact
from domain.grants.facts import GrantInstalmentFailed, GrantScreened
from domain.grants.state import GRANT as GRANTS
from domain.grants.turns import turn_of
from tests.grants.scene import (
    AWARD,
    FINANCE,
    GRANT,
    NOON,
    OFFICER,
    PAYMENTS,
    TODAY,
    accepted,
    approved,
    instructed,
    paid,
    payable,
    payee_confirmed,
    payee_set,
    report_submitted,
    reported,
    requested,
    scheduled,
    world_with_grant,
)

ONE: Final = ((AWARD, "none"),)
AFTER_REPORT: Final = (*payable(), *paid(1, 60_000))
APPROVED: Final = (*payable(*ONE), requested(), *approved())
FAILED = GrantInstalmentFailed(grant=GRANT, instalment=1, reason="account_closed", approvals_ended=0)
ON_A_LIST = GrantScreened(
    grant=GRANT,
    dossier=PAYMENTS,
    setting=1,
    result="match",
    reference="S",
    screened_on=TODAY,
    screener=FINANCE,
    note=None,
)


def said(
    *facts: Fact,
    number: int = 1,
    viewer: str = OFFICER,
    screening: bool = False,
    told: bool = True,
    erased: bool = False,
) -> str:
    """The sentence in English; empty if nobody has to do anything."""
    grant = world_with_grant(*facts).state(GRANTS, GRANT)
    found = turn_of(grant, number, viewer=viewer, screening=screening, told=told, erased=erased, now=NOON)
    return "" if found is None else str(found)


@pytest.mark.parametrize(
    ("facts", "number", "beginning"),
    [
        ((*accepted(), scheduled(*ONE)), 1, "The recipient has to add bank details"),
        (
            (*accepted(), scheduled(*ONE), payee_set()),
            1,
            "Somebody from finance has to confirm the bank details",
        ),
        (payable(), 1, "The recipient has to request it"),
        (AFTER_REPORT, 2, "The recipient has to submit a report."),
        ((*AFTER_REPORT, report_submitted()), 2, "The staff have to accept the report"),
        ((*AFTER_REPORT, *reported()), 2, "The recipient has to request it"),
        ((*payable(), *reported()), 2, "The recipient has to request instalment 1 first."),
        (
            (*payable((1, "none"), (1, "report"), (1, "report")), requested(), *reported()),
            3,
            "The recipient has to request instalment 2 first.",
        ),
        (
            (*payable(*ONE), payee_set(2, waits=True), payee_confirmed(2), requested(), *approved()),
            1,
            "The bank details were changed, so finance can order it from",
        ),
        ((*payable(*ONE), requested()), 1, "Two people have to approve it"),
        (APPROVED, 1, "Finance makes the transfer in the bank, and then records the order"),
        ((*APPROVED, instructed()), 1, "Finance records the payment here"),
        ((*APPROVED, instructed(), FAILED), 1, "Finance makes the transfer in the bank again"),
        ((*payable(*ONE), *paid(1, AWARD)), 1, ""),
    ],
)
def test_the_initiative_is_told_whom_an_instalment_waits_for(
    facts: tuple[Fact, ...], number: int, beginning: str
) -> None:
    sentence = said(*facts, number=number)
    assert sentence.startswith(beginning)
    assert bool(sentence) is bool(beginning)


def test_who_approved_it_is_told_that_one_more_person_is_needed() -> None:
    once = (*payable(*ONE), requested(), approved()[0])
    assert said(*once, viewer=FINANCE) == "You have approved it. One more person is needed: an approver."
    assert said(*once).startswith("One person has approved it.")


def test_a_screening_is_told_of_only_to_those_who_may_know_it() -> None:
    assert said(*APPROVED, screening=True).startswith("Somebody from finance has to screen the payee")
    assert "sanctions list" in said(*APPROVED, ON_A_LIST)
    assert said(*APPROVED, ON_A_LIST, screening=True, told=False) == said(*APPROVED)


def test_nobody_is_told_to_pay_a_recipient_who_was_erased() -> None:
    for before in (payable(*ONE), (*payable(*ONE), requested()), APPROVED):
        assert said(*before, erased=True).startswith("The recipient's data was erased")
    assert said(*APPROVED, instructed(), erased=True).startswith("Finance records the payment here")
