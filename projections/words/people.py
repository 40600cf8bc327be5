"""People, organisations, initiatives and the installation, in words."""

from __future__ import annotations

from typing import Final, assert_never

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
from domain.labels import reason
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
from domain.values import is_id
from projections.words.telling import Told, Words, by_title

_UNREADABLE: Final = msg("What was erased can never be read again.")


def installation_words(fact: InstallationFact) -> Words:
    """What happened to the installation."""
    match fact:
        case InstallationOpened(demonstration=True):
            return Words(msg("The history of this demonstration began."))
        case InstallationOpened():
            return Words(msg("The history of this installation began."))
        case AdministratorAppointed():
            return Words(msg("A person was appointed administrator of the installation."))
        case _:
            assert_never(fact)


def initiative_words(fact: InitiativeFact, told: Told) -> Words:
    """What happened to an initiative."""
    match fact:
        case InitiativeFounded():
            return Words(msg("The initiative {name} was founded.", name=by_title(fact.name)))
        case MemberAdded():
            return Words(
                msg("{actor} gave a member roles.", actor=told.actor),
                changed=(msg("Roles: {roles}", roles=fact.roles),),
            )
        case MemberRemoved():
            return Words(msg("{actor} removed a member.", actor=told.actor))
        case MemberAddedToCall():
            return Words(
                msg("{actor} gave a person roles for one call.", actor=told.actor),
                changed=(msg("Roles for this call: {roles}", roles=fact.roles),),
            )
        case InitiativeScreeningSet():
            return Words(
                msg("{actor} required that payees are screened before a payment.", actor=told.actor)
                if fact.required
                else msg(
                    "{actor} no longer requires that payees are screened before a payment.", actor=told.actor
                )
            )
        case MemberRemovedFromCall():
            return Words(msg("{actor} took away a person's roles for one call.", actor=told.actor))
        case _:
            assert_never(fact)


def person_words(fact: PersonFact) -> Words:
    """What happened to a person, whom it does not name."""
    match fact:
        case PersonRegistered():
            return Words(msg("A person was registered."))
        case PersonHandleGiven():
            return Words(msg("A person was given the handle {handle}.", handle=fact.handle))
        case PersonClaimMade():
            return Words(
                msg("A claim was made to one more way in to a person's account.")
                if fact.another
                else msg("A claim was made to a way in to a person's account."),
                changed=(msg("Can be used until {ends_at}", ends_at=fact.ends_at),),
            )
        case PersonClaimWithdrawn():
            return Words(msg("A claim to a way in was withdrawn."))
        case PersonClaimUsed():
            return Words(msg("A claim was exchanged for a way in to a person's account."))
        case PersonJoinedOrganisation():
            return Words(msg("A person acts for an organisation from now on."))
        case PersonLeftOrganisation():
            return Words(msg("A person does not act for an organisation any more."))
        case PersonErased():
            return Words(
                msg("A person was erased."),
                reason(fact.reason),
                (_UNREADABLE,),
            )
        case _:
            assert_never(fact)


def organisation_words(fact: OrganisationFact, told: Told) -> Words:
    """What happened to an organisation; it names neither it nor anybody."""
    match fact:
        case OrganisationRegistered():
            return Words(msg("{actor} registered the organisation.", actor=told.actor))
        case OrganisationHandleGiven():
            return Words(msg("The organisation was given the handle {handle}.", handle=fact.handle))
        case OrganisationMemberInvited():
            return Words(msg("{actor} invited a person to act for the organisation.", actor=told.actor))
        case OrganisationMemberAdded():
            return Words(
                msg("{actor} accepted the invitation to act for the organisation.", actor=told.actor)
            )
        case OrganisationMemberRemoved():
            return Words(
                msg(
                    "{actor} took a person off the list of those who act for the organisation or are invited to.",
                    actor=told.actor,
                )
            )
        case OrganisationClosed():
            return Words(msg("{actor} closed the organisation.", actor=told.actor))
        case OrganisationErased():
            return Words(msg("The organisation was erased."), reason(fact.reason), (_UNREADABLE,))
        case _:
            assert_never(fact)


def dossier_words(fact: DossierFact, told: Told) -> Words:
    """What happened to a dossier. Whose it is is not said."""
    match fact:
        case DossierOpened():
            return Words(msg("A dossier was opened."))
        case DossierKept():
            return Words(
                msg("The record of a payment has to be kept."),
                changed=(msg("Kept until {until}", until=fact.until),),
            )
        case DossierErased():
            return Words(
                msg("What was written in {about}, and about it, was erased.", about=told.about)
                if is_id(APPLICATION.kind, fact.about)
                else msg(
                    "The payee of the grant for {about} and the reports on it were erased.", about=told.about
                ),
                reason(fact.reason),
                (_UNREADABLE,),
            )
        case _:
            assert_never(fact)
