"""The rules of claims: one-time keys, with which a person begins to use their account."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain import limits
from domain.deciding import Fact
from domain.messages import msg
from domain.persons.facts import PersonClaimMade, PersonClaimUsed, PersonClaimWithdrawn
from domain.persons.rules import check_registered
from domain.persons.state import Person
from domain.refusals import Invalid, NotFound, Refused


def make_claim(
    person_id: str, person: Person, *, claim: str, made_by: str, days: int, now: datetime
) -> tuple[Fact, ...]:
    """Make a claim that ends after `days` days; a person has only one usable claim at a time."""
    check_registered(person, person_id)
    if not 1 <= days <= limits.MOST_CLAIM_DAYS:
        raise Invalid.field(
            "days",
            msg(
                "A one-time key can be used for 1 to {most} days; this is {given}.",
                most=limits.MOST_CLAIM_DAYS,
                given=days,
            ),
        )
    open_one = next((each for each in person.claims if each.usable(now)), None)
    if open_one is not None:
        raise Refused(
            msg(
                "This person has a one-time key that can be used until {end}; withdraw it first.",
                end=open_one.ends_at,
            )
        )
    return (
        PersonClaimMade(
            person=person_id,
            claim=claim,
            made_by=made_by,
            made_at=now,
            ends_at=now + timedelta(days=days),
            another=any(each.used_at for each in person.claims),
        ),
    )


def withdraw_claim(person_id: str, person: Person, *, claim: str, now: datetime) -> tuple[Fact, ...]:
    """Withdraw an unused claim."""
    check_registered(person, person_id)
    _check_usable(person, claim, now)
    return (PersonClaimWithdrawn(person=person_id, claim=claim, withdrawn_at=now),)


def use_claim(person_id: str, person: Person, *, claim: str, now: datetime) -> tuple[Fact, ...]:
    """Exchange a claim, once."""
    check_registered(person, person_id)
    _check_usable(person, claim, now)
    return (PersonClaimUsed(person=person_id, claim=claim, used_at=now),)


def _check_usable(person: Person, claim: str, now: datetime) -> None:
    found = next((each for each in person.claims if each.id == claim), None)
    if found is None:
        raise NotFound(msg("There is no such one-time key."), named=claim)
    if found.used_at is not None:
        raise Refused(
            msg("This one-time key was used on {moment}; it works only once.", moment=found.used_at)
        )
    if found.withdrawn_at is not None:
        raise Refused(
            msg("This one-time key was withdrawn on {moment}; ask for a new one.", moment=found.withdrawn_at)
        )
    if now >= found.ends_at:
        raise Refused(msg("This one-time key expired on {moment}; ask for a new one.", moment=found.ends_at))
