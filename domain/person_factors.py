"""The rules of second factors: a person adds and removes their own, and two others can remove all of them."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from domain.deciding import Fact
from domain.messages import msg
from domain.persons.facts import (
    FactorKind,
    PersonFactorAdded,
    PersonFactorRemoved,
    PersonRecovered,
    PersonRecoveryAsked,
    PersonRecoveryCancelled,
)
from domain.persons.rules import check_registered
from domain.persons.state import Person
from domain.refusals import NotFound, Refused

MOST_PASSKEYS: Final = 10


def add_factor(
    person_id: str, person: Person, *, factor: str, kind: FactorKind, now: datetime
) -> tuple[Fact, ...]:
    """Add a second factor. An app and recovery codes replace earlier ones; there can be several passkeys."""
    check_registered(person, person_id)
    same = [each.id for each in person.factors if each.kind == kind]
    if kind == "codes" and not person.secured:
        raise Refused(
            msg("Recovery codes need a second factor first: a passkey, or an app that shows codes.")
        )
    if kind == "passkey" and len(same) >= MOST_PASSKEYS:
        raise Refused(
            msg("You have {most} passkeys, which is the most; remove one first.", most=MOST_PASSKEYS)
        )
    replaced = () if kind == "passkey" else same
    return (
        *(PersonFactorRemoved(person=person_id, factor=each, removed_at=now) for each in replaced),
        PersonFactorAdded(person=person_id, factor=factor, kind=kind, added_at=now),
    )


def remove_factor(person_id: str, person: Person, *, factor: str, now: datetime) -> tuple[Fact, ...]:
    """Remove a second factor; with the last one, the recovery codes go."""
    check_registered(person, person_id)
    if all(each.id != factor or each.kind == "codes" for each in person.factors):
        raise NotFound(msg("You have no such second factor."), named=factor)
    left = [each for each in person.factors if each.id != factor]
    gone = [factor, *([] if any(each.kind != "codes" for each in left) else [each.id for each in left])]
    return tuple([PersonFactorRemoved(person=person_id, factor=each, removed_at=now) for each in gone])


def ask_recovery(person_id: str, person: Person, *, asked_by: str, now: datetime) -> tuple[Fact, ...]:
    """Ask that all second factors of a person be removed."""
    check_registered(person, person_id)
    if not person.secured:
        raise Refused(msg("This person has no second factor."))
    if person.recovery_asked_by is not None:
        raise Refused(msg("Somebody has already asked for this; another administrator can confirm it."))
    return (PersonRecoveryAsked(person=person_id, asked_by=asked_by, asked_at=now),)


def cancel_recovery(person_id: str, person: Person, *, now: datetime) -> tuple[Fact, ...]:
    """Leave the second factors as they are."""
    check_registered(person, person_id)
    _check_asked(person)
    return (PersonRecoveryCancelled(person=person_id, cancelled_at=now),)


def recover(person_id: str, person: Person, *, confirmed_by: str, now: datetime) -> tuple[Fact, ...]:
    """Remove all second factors of a person, which somebody else has asked for."""
    check_registered(person, person_id)
    asked_by = _check_asked(person)
    return (
        PersonRecovered(person=person_id, asked_by=asked_by, confirmed_by=confirmed_by, recovered_at=now),
    )


def _check_asked(person: Person) -> str:
    if person.recovery_asked_by is None:
        raise Refused(msg("Nobody has asked to remove the second factors of this person."))
    return person.recovery_asked_by
