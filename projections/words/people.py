"""People, organisations, initiatives and the installation, in words."""

from __future__ import annotations

from typing import assert_never

from domain.applications import APPLICATION
from domain.dossiers import DossierErased, DossierFact, DossierKept, DossierOpened
from domain.initiatives import (
    AdministratorAppointed,
    InitiativeFact,
    InitiativeFounded,
    InitiativeScreeningSet,
    InstallationFact,
    InstallationOpened,
    MemberAdded,
    MemberAddedToCall,
    MemberRemoved,
    MemberRemovedFromCall,
)
from domain.messages import msg
from domain.organisations import (
    OrganisationClosed,
    OrganisationErased,
    OrganisationFact,
    OrganisationHandleGiven,
    OrganisationMemberAdded,
    OrganisationMemberInvited,
    OrganisationMemberRemoved,
    OrganisationRegistered,
)
from domain.persons import (
    PersonClaimMade,
    PersonClaimUsed,
    PersonClaimWithdrawn,
    PersonErased,
    PersonFact,
    PersonHandleGiven,
    PersonJoinedOrganisation,
    PersonLeftOrganisation,
    PersonRegistered,
)
from domain.values import is_id, moment_text
from projections.words.telling import REASONS, Words


def installation_words(fact: InstallationFact) -> Words:
    """What happened to the installation."""
    match fact:
        case InstallationOpened():
            kind = "demonstration" if fact.demonstration else "installation"
            return Words(f"The history of this {kind} began.")
        case AdministratorAppointed():
            return Words("A person was appointed administrator of the installation.")
        case _:
            assert_never(fact)


def initiative_words(fact: InitiativeFact) -> Words:
    """What happened to an initiative."""
    match fact:
        case InitiativeFounded():
            return Words(f"The initiative {fact.name} was founded.")
        case MemberAdded():
            return Words("A member was given roles.", changed=(f"roles: {', '.join(fact.roles)}",))
        case MemberRemoved():
            return Words("A member was removed.", changed=("roles: none",))
        case MemberAddedToCall():
            return Words(
                "A person was given roles for one call.", changed=(f"roles for it: {', '.join(fact.roles)}",)
            )
        case InitiativeScreeningSet():
            return Words(
                "Payees have to be screened before a payment."
                if fact.required
                else "Payees need not be screened before a payment any more."
            )
        case MemberRemovedFromCall():
            return Words("A person was removed from one call.", changed=("roles for it: none",))
        case _:
            assert_never(fact)


def person_words(fact: PersonFact) -> Words:
    """What happened to a person, whom it does not name."""
    match fact:
        case PersonRegistered():
            return Words("A person was registered.")
        case PersonHandleGiven():
            return Words(f"A person is known by the handle {fact.handle}.")
        case PersonClaimMade():
            return Words(
                "A claim was made to one more way in to a person's account."
                if fact.another
                else "A claim was made to a way in to a person's account.",
                changed=(f"can be used until: {moment_text(fact.ends_at)}",),
            )
        case PersonClaimWithdrawn():
            return Words("A claim to a way in was withdrawn.")
        case PersonClaimUsed():
            return Words("A claim was exchanged for a way in to a person's account.")
        case PersonJoinedOrganisation():
            return Words(str(msg("A person acts for an organisation from now on.")))
        case PersonLeftOrganisation():
            return Words(str(msg("A person does not act for an organisation any more.")))
        case PersonErased():
            return Words(
                "A person was erased.", REASONS[fact.reason], ("personal data: unreadable for ever",)
            )
        case _:
            assert_never(fact)


def organisation_words(fact: OrganisationFact) -> Words:
    """What happened to an organisation; it names neither it nor anybody."""
    match fact:
        case OrganisationRegistered():
            return Words(str(msg("The organisation was registered.")))
        case OrganisationHandleGiven():
            return Words(str(msg("The organisation is known by the handle {handle}.", handle=fact.handle)))
        case OrganisationMemberInvited():
            return Words(str(msg("A person was invited to act for the organisation.")))
        case OrganisationMemberAdded():
            return Words(str(msg("A person acts for the organisation from now on.")))
        case OrganisationMemberRemoved():
            return Words(str(msg("A person does not act for the organisation any more, or was not to.")))
        case OrganisationClosed():
            return Words(str(msg("The organisation was closed.")))
        case OrganisationErased():
            return Words(
                str(msg("The organisation was erased.")),
                REASONS[fact.reason],
                (str(msg("personal data: unreadable for ever")),),
            )
        case _:
            assert_never(fact)


def dossier_words(fact: DossierFact) -> Words:
    """What happened to a dossier. Whose it is is not said."""
    match fact:
        case DossierOpened():
            return Words("A dossier was opened.")
        case DossierKept():
            return Words(
                "The record of a payment has to be kept.", changed=(f"kept until: {moment_text(fact.until)}",)
            )
        case DossierErased():
            what = (
                "What was written in the application, and about it, was erased."
                if is_id(APPLICATION.kind, fact.about)
                else "The payee of the grant and the reports on it were erased."
            )
            return Words(what, REASONS[fact.reason], ("personal data: unreadable for ever",))
        case _:
            assert_never(fact)
