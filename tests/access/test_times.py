"""Who may know when things happened, by role and by the state of the round."""

from __future__ import annotations

import pytest

from domain import access
from domain.deciding import Allowed
from domain.parties import Actor
from domain.reviews.state import Review, ReviewStatus
from domain.rounds.state import Round, RoundStatus
from domain.values import MEMBER_ROLES, Role
from tests.access.test_seeing import HOUSE, NAMES, allowed
from tests.scene import ARTIST, EVERYBODY, JUROR, OFFICER

UNDECIDED = [status for status in RoundStatus if status is not RoundStatus.DECIDED]
STAFF = {"officer": Role.OFFICER, "judging officer": Role.OFFICER}


@pytest.mark.parametrize("status", UNDECIDED)
def test_before_the_decision_the_staff_and_the_applicant(status: RoundStatus) -> None:
    """Nobody of the jury, and no funder."""
    found = allowed(
        lambda who: access.sees_times(Actor(who), HOUSE, applicant=ARTIST, round=Round(status=status))
    )
    assert found == {**STAFF, "artist": Role.APPLICANT}


def test_from_the_decision_on_funders_too() -> None:
    decided = Round(status=RoundStatus.DECIDED)
    assert allowed(lambda who: access.sees_times(Actor(who), HOUSE, round=decided)) == {
        **STAFF,
        "funder": Role.FUNDER,
    }


def test_of_money_also_those_who_pay() -> None:
    assert allowed(lambda who: access.sees_times(Actor(who), HOUSE, money=True)) == {
        **STAFF,
        "finance": Role.FINANCE,
        "approver": Role.APPROVER,
        "funder": Role.FUNDER,
    }


def test_nobody_who_judges_whatever_else_they_are() -> None:
    """But their own application's."""
    everything = access.sees_times(Actor(ARTIST), HOUSE, applicant=ARTIST, judging=True)
    assert isinstance(everything, Allowed)
    assert allowed(lambda who: access.sees_times(Actor(who), HOUSE, judging=True, money=True)) == {}
    assert NAMES.keys() >= set(EVERYBODY)


@pytest.mark.parametrize("status", ReviewStatus)
def test_who_was_asked_judges_until_the_round_is_decided_or_they_step_back(status: ReviewStatus) -> None:
    asked = (Review(status=status, juror=OFFICER),)
    stepped_back = status in (ReviewStatus.RECUSED, ReviewStatus.REPLACED)
    for state in UNDECIDED:
        assert access.is_judging(OFFICER, Round(status=state), asked) is not stepped_back
        assert not access.is_judging(JUROR, Round(status=state), asked)
    assert not access.is_judging(OFFICER, Round(status=RoundStatus.DECIDED), asked)


def test_a_role_that_is_not_named_sees_no_times() -> None:
    """So that a new one begins with nothing."""
    named = {Role.OFFICER, Role.FUNDER, Role.FINANCE, Role.APPROVER}
    for role in MEMBER_ROLES:
        verdicts = [
            access.sees_times(Actor(who), HOUSE, money=True)
            for who in EVERYBODY
            if HOUSE.roles(who) == frozenset({role})
        ]
        assert verdicts
        assert all(isinstance(verdict, Allowed) is (role in named) for verdict in verdicts)
