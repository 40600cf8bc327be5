"""A person: registered, known by a handle within each call or fund, and erased for good when asked."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Literal, assert_never

import msgspec

from domain import limits
from domain.addresses import check_email
from domain.deciding import Aggregate, Fact
from domain.messages import msg
from domain.personal import Personal, Withheld
from domain.refusals import Invalid, NotFound, Refused
from domain.texts import check_text
from domain.topic import stored_as

ErasureReason = Literal["asked_by_person", "retention_ended", "safety", "other"]
WayInKind = Literal["words", "email"]
FactorKind = Literal["passkey", "totp", "codes"]
"""A passkey, an app that shows codes (TOTP), or recovery codes, which alone do not count as a second factor."""

# Facts


@stored_as("person.registered.v1")
class PersonRegistered(Fact, frozen=True, kw_only=True):
    """A person was registered. Everything that identifies them is sealed under their own key."""

    person: str
    name: Annotated[str | Withheld, Personal(of="person")]
    email: Annotated[str | Withheld | None, Personal(of="person")]
    language: str


@stored_as("person.handle_given.v1")
class PersonHandleGiven(Fact, frozen=True, kw_only=True):
    """Within `scope` (a call, a fund, an initiative) the person is known as `handle`, so that funders can tell two
    people apart without knowing who they are."""

    person: str
    scope: str
    handle: str


@stored_as("person.claim_made.v1")
class PersonClaimMade(Fact, frozen=True, kw_only=True):
    """A one-time claim was made, which can be exchanged for access to this person's account until `ends_at`. The
    claim's secret is not in the history. `made_by` is a person, or "system" for the operator at the command line;
    `another`: the person had used a claim before, so this gives additional access."""

    person: str
    claim: str
    made_by: str
    made_at: datetime
    ends_at: datetime
    another: bool


@stored_as("person.claim_withdrawn.v1")
class PersonClaimWithdrawn(Fact, frozen=True, kw_only=True):
    """An unused claim was withdrawn, by its maker or by the person."""

    person: str
    claim: str
    withdrawn_at: datetime


@stored_as("person.claim_used.v1")
class PersonClaimUsed(Fact, frozen=True, kw_only=True):
    """The claim was exchanged for access to the person's account."""

    person: str
    claim: str
    used_at: datetime


@stored_as("person.way_in_added.v1")
class PersonWayInAdded(Fact, frozen=True, kw_only=True):
    """The person can sign in from now on with nine words, or by letters to an e-mail address. Neither is in the history."""

    person: str
    way: str
    kind: WayInKind
    added_at: datetime


@stored_as("person.way_in_removed.v1")
class PersonWayInRemoved(Fact, frozen=True, kw_only=True):
    """The person can no longer sign in by this way, because they removed or replaced it."""

    person: str
    way: str
    removed_at: datetime


@stored_as("person.factor_added.v1")
class PersonFactorAdded(Fact, frozen=True, kw_only=True):
    """Whoever signs in as the person has to show a second factor as well, such as this one. Its secret is not in the history."""

    person: str
    factor: str
    kind: FactorKind
    added_at: datetime


@stored_as("person.factor_removed.v1")
class PersonFactorRemoved(Fact, frozen=True, kw_only=True):
    """The person removed or replaced a second factor."""

    person: str
    factor: str
    removed_at: datetime


@stored_as("person.recovery_asked.v1")
class PersonRecoveryAsked(Fact, frozen=True, kw_only=True):
    """Somebody asked that all second factors of a person who lost them be removed, which another one has to confirm.
    `asked_by` is a person, or "system" for the operator at the command line."""

    person: str
    asked_by: str
    asked_at: datetime


@stored_as("person.recovery_cancelled.v1")
class PersonRecoveryCancelled(Fact, frozen=True, kw_only=True):
    """The second factors stay: the person or an administrator cancelled their removal."""

    person: str
    cancelled_at: datetime


@stored_as("person.recovered.v1")
class PersonRecovered(Fact, frozen=True, kw_only=True):
    """All second factors of the person were removed, by two people."""

    person: str
    asked_by: str
    confirmed_by: str
    recovered_at: datetime


@stored_as("person.joined_organisation.v1")
class PersonJoinedOrganisation(Fact, frozen=True, kw_only=True):
    """The person acts for an organisation from now on."""

    person: str
    organisation: str


@stored_as("person.left_organisation.v1")
class PersonLeftOrganisation(Fact, frozen=True, kw_only=True):
    """The person no longer acts for an organisation, or it was erased."""

    person: str
    organisation: str


@stored_as("person.entered_by_staff.v1")
class PersonEnteredByStaff(Fact, frozen=True, kw_only=True):
    """The staff of an initiative registered the person, to enter an application to a call for them. Until the person uses their
    account, officers of the call can make a claim to it, to be given to the person."""

    person: str
    initiative: str
    call: str


@stored_as("person.profile_changed.v1")
class PersonProfileChanged(Fact, frozen=True, kw_only=True):
    """The person changed how they are called, the languages that they read, their time zone, and how they can be reached. What
    was there before no longer counts. Letters and pages are in their `language`."""

    person: str
    language: str
    name: Annotated[str | Withheld, Personal(of="person")]
    languages: Annotated[tuple[str, ...] | Withheld, Personal(of="person")]
    time_zone: Annotated[str | Withheld | None, Personal(of="person")]
    contact: Annotated[str | Withheld | None, Personal(of="person")]


@stored_as("person.reader_excluded.v1")
class PersonReaderExcluded(Fact, frozen=True, kw_only=True):
    """Somebody must never read the person's applications. `reader` is a keyed hash of who that is, and `named` is what the
    person typed, sealed for themselves."""

    person: str
    exclusion: str
    reader: str
    named: Annotated[str | Withheld, Personal(of="person")]


@stored_as("person.reader_allowed.v1")
class PersonReaderAllowed(Fact, frozen=True, kw_only=True):
    """The person ended an exclusion."""

    person: str
    exclusion: str
    reader: str


@stored_as("person.erased.v1")
class PersonErased(Fact, frozen=True, kw_only=True):
    """The person's sealing key was destroyed; what was sealed under it can no longer be opened. `dossiers` are all that
    were ever opened for them, sorted; they were erased too, except those that a legal duty keeps (`kept`)."""

    person: str
    reason: ErasureReason
    dossiers: tuple[str, ...]
    kept: tuple[str, ...]


PersonFact = (
    PersonRegistered
    | PersonHandleGiven
    | PersonClaimMade
    | PersonClaimWithdrawn
    | PersonClaimUsed
    | PersonWayInAdded
    | PersonWayInRemoved
    | PersonFactorAdded
    | PersonFactorRemoved
    | PersonRecoveryAsked
    | PersonRecoveryCancelled
    | PersonRecovered
    | PersonJoinedOrganisation
    | PersonLeftOrganisation
    | PersonEnteredByStaff
    | PersonProfileChanged
    | PersonReaderExcluded
    | PersonReaderAllowed
    | PersonErased
)

# State


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

# Rules


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
