"""What may be done with a person."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, assert_never

from domain import limits
from domain.addresses import check_email
from domain.deciding import Fact
from domain.messages import msg
from domain.persons.facts import (
    ErasureReason,
    LettersWanted,
    PersonErased,
    PersonHandleGiven,
    PersonJoinedOrganisation,
    PersonLeftOrganisation,
    PersonLettersChosen,
    PersonRegistered,
    PersonWayInAdded,
    PersonWayInRemoved,
    SubjectsWanted,
    WayInKind,
)
from domain.persons.state import Person, PersonStatus
from domain.refusals import Invalid, NotFound, Refused
from domain.texts import check_text

BoundBy = Literal["installation", "initiative", "payment"]
"""What keeps people from having themselves erased: being the only administrator, or a payment to them that is under way."""


def register(person_id: str, *, name: str, email: str | None, language: str) -> tuple[Fact, ...]:
    """Register a person by name, optionally with an e-mail address."""
    if not (2 <= len(language) <= 3 and language.isascii() and language.isalpha() and language.islower()):
        raise Invalid.field("language", msg("Write the language as its code, such as en or ru."))
    return (
        PersonRegistered(
            person=person_id,
            name=check_text(name, "name", most=limits.NAME),
            email=check_email(email),
            language=language,
        ),
    )


def register_oneself(
    person_id: str, *, name: str, language: str, way: str, kind: WayInKind, now: datetime
) -> tuple[Fact, ...]:
    """Register somebody who came by themselves, with their first way to sign in."""
    return (
        *register(person_id, name=name, email=None, language=language),
        PersonWayInAdded(person=person_id, way=way, kind=kind, added_at=now),
    )


def add_way_in(
    person_id: str, person: Person, *, way: str, kind: WayInKind, now: datetime
) -> tuple[Fact, ...]:
    """Add a way to sign in, in place of an earlier one of the same kind."""
    check_registered(person, person_id)
    earlier = [each.id for each in person.ways_in if each.kind == kind]
    return (
        *(PersonWayInRemoved(person=person_id, way=each, removed_at=now) for each in earlier),
        PersonWayInAdded(person=person_id, way=way, kind=kind, added_at=now),
    )


def remove_way_in(person_id: str, person: Person, *, way: str, now: datetime) -> tuple[Fact, ...]:
    """Remove a way to sign in."""
    check_registered(person, person_id)
    if all(each.id != way for each in person.ways_in):
        raise NotFound(msg("You have no such way to sign in."), named=way)
    return (PersonWayInRemoved(person=person_id, way=way, removed_at=now),)


def choose_letters(
    person_id: str, person: Person, *, letters: LettersWanted, subjects: SubjectsWanted
) -> tuple[Fact, ...]:
    """Choose which letters the person gets, and how telling their subjects are."""
    check_registered(person, person_id)
    if (person.letters, person.subjects) == (letters, subjects):
        raise Refused(msg("You have already chosen this."))
    return (PersonLettersChosen(person=person_id, letters=letters, subjects=subjects),)


def check_known(person: Person, person_id: str) -> None:
    """Raise `NotFound` unless the person was registered; only for readers who may know which ids exist."""
    if person.status is None:
        raise NotFound(msg("There is no such person."), named=person_id)


def check_registered(person: Person, person_id: str) -> None:
    """Raise `NotFound` or `Refused` unless the person can be given something, such as a role."""
    check_known(person, person_id)
    if person.status is PersonStatus.ERASED:
        raise Refused(msg("This person's data was erased."))


def give_handle(person_id: str, person: Person, *, scope: str, handle: str) -> tuple[Fact, ...]:
    """Give a person a handle within a scope, once."""
    if scope in person.handles:
        raise Refused(msg("This person already has a handle there."))
    return (PersonHandleGiven(person=person_id, scope=scope, handle=handle),)


def join_organisation(person_id: str, *, organisation: str) -> tuple[Fact, ...]:
    """Record that a person acts for an organisation."""
    return (PersonJoinedOrganisation(person=person_id, organisation=organisation),)


def leave_organisation(person_id: str, person: Person, *, organisation: str) -> tuple[Fact, ...]:
    """Record that a person no longer acts for an organisation; nothing if they did not."""
    if organisation not in person.organisations:
        return ()
    return (PersonLeftOrganisation(person=person_id, organisation=organisation),)


def check_may_go(bound: Iterable[BoundBy]) -> None:
    """Raise `Refused` if something keeps a person from having themselves erased."""
    for each in bound:
        match each:
            case "installation":
                raise Refused(
                    msg("You are the only administrator of this installation. Appoint another one first.")
                )
            case "initiative":
                raise Refused(
                    msg("You are the only administrator of an initiative. Name another one there first.")
                )
            case "payment":
                raise Refused(
                    msg(
                        "A payment that you asked for is under way, and nobody could be paid once your data is erased. Wait until it "
                        "is paid. If you cannot wait, ask the people who run this site: they can erase your data at once."
                    )
                )
            case _:
                assert_never(each)


def erase(
    person_id: str,
    person: Person,
    *,
    reason: ErasureReason,
    dossiers: Iterable[str],
    kept: Iterable[str],
) -> tuple[Fact, ...]:
    """Erase a person; their facts stay, unreadable. `dossiers` are all of their dossiers, `kept` those that a legal
    duty keeps."""
    if person.status is PersonStatus.ERASED:
        raise Refused(msg("This person's data was already erased."))
    return (
        PersonErased(
            person=person_id, reason=reason, dossiers=tuple(sorted(dossiers)), kept=tuple(sorted(kept))
        ),
    )
