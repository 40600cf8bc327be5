"""The state of a person."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import assert_never

import msgspec

from domain.deciding import Aggregate
from domain.persons.facts import (
    FactorKind,
    LettersWanted,
    PersonClaimMade,
    PersonClaimUsed,
    PersonClaimWithdrawn,
    PersonEnteredByStaff,
    PersonErased,
    PersonFact,
    PersonFactorAdded,
    PersonFactorRemoved,
    PersonHandleGiven,
    PersonJoinedOrganisation,
    PersonLeftOrganisation,
    PersonLettersChosen,
    PersonProfileChanged,
    PersonReaderAllowed,
    PersonReaderExcluded,
    PersonRecovered,
    PersonRecoveryAsked,
    PersonRecoveryCancelled,
    PersonRegistered,
    PersonWayInAdded,
    PersonWayInRemoved,
    SubjectsWanted,
    WayInKind,
)


class PersonStatus(enum.StrEnum):
    """The statuses of a person."""

    REGISTERED = "registered"
    ERASED = "erased"


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A one-time claim to a person's account."""

    id: str
    made_by: str
    made_at: datetime
    ends_at: datetime
    another: bool
    used_at: datetime | None = None
    withdrawn_at: datetime | None = None

    def usable(self, now: datetime) -> bool:
        """Whether it can still be exchanged."""
        return self.used_at is None and self.withdrawn_at is None and now < self.ends_at


class WayIn(msgspec.Struct, frozen=True, kw_only=True):
    """A way to sign in that the person chose: nine words, or letters to an e-mail address."""

    id: str
    kind: WayInKind
    added_at: datetime


class Factor(msgspec.Struct, frozen=True, kw_only=True):
    """A second factor, or recovery codes."""

    id: str
    kind: FactorKind
    added_at: datetime


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a person, without personal data. `handles` are by scope, `claims` the oldest first, and of the
    `ways_in` there is one of each kind at most; `recovery_asked_by` is who asked for the removal of all `factors`. The person acts for these `organisations`, and acted before for the `former_organisations`.
    `exclusions` are those of readers, by their ids, with the keyed hash of each reader. The staff of an initiative registered them
    (`entered_by`) to enter an application to a call (`entered_for`)."""

    status: PersonStatus | None = None
    language: str = "en"
    handles: dict[str, str] = {}
    claims: tuple[Claim, ...] = ()
    ways_in: tuple[WayIn, ...] = ()
    letters: LettersWanted = "all"
    subjects: SubjectsWanted = "discreet"
    factors: tuple[Factor, ...] = ()
    recovery_asked_by: str | None = None
    organisations: frozenset[str] = frozenset()
    former_organisations: frozenset[str] = frozenset()
    exclusions: dict[str, str] = {}
    entered_by: str | None = None
    entered_for: str | None = None

    @property
    def untouched(self) -> bool:
        """Whether the person has never used their account."""
        return not self.ways_in and not any(claim.used_at for claim in self.claims)

    @property
    def erased(self) -> bool:
        """Whether their data can no longer be read."""
        return self.status is PersonStatus.ERASED

    @property
    def secured(self) -> bool:
        """Whether they have a second factor."""
        return any(each.kind != "codes" for each in self.factors)


def evolve(person: Person, fact: PersonFact) -> Person:
    """The person after one more fact."""
    match fact:
        case PersonRegistered():
            return Person(status=PersonStatus.REGISTERED, language=fact.language)
        case PersonHandleGiven():
            return msgspec.structs.replace(person, handles={**person.handles, fact.scope: fact.handle})
        case PersonClaimMade():
            made = Claim(
                id=fact.claim,
                made_by=fact.made_by,
                made_at=fact.made_at,
                ends_at=fact.ends_at,
                another=fact.another,
            )
            return msgspec.structs.replace(person, claims=(*person.claims, made))
        case PersonClaimWithdrawn():
            return _with_claim(person, fact.claim, withdrawn_at=fact.withdrawn_at)
        case PersonClaimUsed():
            return _with_claim(person, fact.claim, used_at=fact.used_at)
        case PersonWayInAdded():
            added = WayIn(id=fact.way, kind=fact.kind, added_at=fact.added_at)
            return msgspec.structs.replace(person, ways_in=(*person.ways_in, added))
        case PersonWayInRemoved():
            return msgspec.structs.replace(
                person, ways_in=tuple(each for each in person.ways_in if each.id != fact.way)
            )
        case PersonLettersChosen():
            return msgspec.structs.replace(person, letters=fact.letters, subjects=fact.subjects)
        case PersonFactorAdded():
            factor = Factor(id=fact.factor, kind=fact.kind, added_at=fact.added_at)
            return msgspec.structs.replace(person, factors=(*person.factors, factor))
        case PersonFactorRemoved():
            return msgspec.structs.replace(
                person, factors=tuple(each for each in person.factors if each.id != fact.factor)
            )
        case PersonRecoveryAsked():
            return msgspec.structs.replace(person, recovery_asked_by=fact.asked_by)
        case PersonRecoveryCancelled():
            return msgspec.structs.replace(person, recovery_asked_by=None)
        case PersonRecovered():
            return msgspec.structs.replace(person, factors=(), recovery_asked_by=None)
        case PersonJoinedOrganisation():
            return msgspec.structs.replace(
                person,
                organisations=person.organisations | {fact.organisation},
                former_organisations=person.former_organisations - {fact.organisation},
            )
        case PersonLeftOrganisation():
            return msgspec.structs.replace(
                person,
                organisations=person.organisations - {fact.organisation},
                former_organisations=person.former_organisations | {fact.organisation},
            )
        case PersonEnteredByStaff():
            return msgspec.structs.replace(person, entered_by=fact.initiative, entered_for=fact.call)
        case PersonProfileChanged():
            return msgspec.structs.replace(person, language=fact.language)
        case PersonReaderExcluded():
            return msgspec.structs.replace(
                person, exclusions={**person.exclusions, fact.exclusion: fact.reader}
            )
        case PersonReaderAllowed():
            kept = {each: reader for each, reader in person.exclusions.items() if each != fact.exclusion}
            return msgspec.structs.replace(person, exclusions=kept)
        case PersonErased():
            return msgspec.structs.replace(person, status=PersonStatus.ERASED)
        case _:
            assert_never(fact)


def _with_claim(person: Person, claim: str, **changes: datetime) -> Person:
    claims = tuple(
        msgspec.structs.replace(each, **changes) if each.id == claim else each for each in person.claims
    )
    return msgspec.structs.replace(person, claims=claims)


PERSON = Aggregate(kind="person", empty=Person(), evolve=evolve)
