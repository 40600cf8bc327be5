"""What happens to a person."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from domain.deciding import Fact
from domain.personal import Personal, Withheld
from domain.topic import stored_as

ErasureReason = Literal["asked_by_person", "retention_ended", "safety", "other"]
WayInKind = Literal["words", "email"]
LettersWanted = Literal["all", "all_but_work", "sign_in_only"]
SubjectsWanted = Literal["discreet", "telling"]
FactorKind = Literal["passkey", "totp", "codes"]
"""A passkey, an app that shows codes (TOTP), or recovery codes, which alone do not count as a second factor."""


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


@stored_as("person.letters_chosen.v1")
class PersonLettersChosen(Fact, frozen=True, kw_only=True):
    """The person chose which `letters` they get, and whether their `subjects` may name what they are about."""

    person: str
    letters: LettersWanted
    subjects: SubjectsWanted


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
    | PersonLettersChosen
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
