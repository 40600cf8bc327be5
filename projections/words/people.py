"""Facts of people, organisations, initiatives and the installation, in words."""

from __future__ import annotations

from typing import Final, assert_never

from domain.applications.state import APPLICATION
from domain.dossiers import DossierErased, DossierFact, DossierKept, DossierOpened
from domain.initiatives.facts import (
    AdministratorAppointed,
    InitiativeDescribed,
    InitiativeFact,
    InitiativeFactorsRequired,
    InitiativeFounded,
    InitiativeScreeningSet,
    InstallationFact,
    InstallationOpened,
    JurorAddedToRound,
    JurorRemovedFromRound,
    MemberAdded,
    MemberAddedToCall,
    MemberLeft,
    MemberRemoved,
    MemberRemovedFromCall,
    MemberSecured,
)
from domain.invitations import (
    InvitationAccepted,
    InvitationDeclined,
    InvitationFact,
    InvitationMade,
    InvitationWithdrawn,
)
from domain.labels import reason
from domain.letters.facts import InitiativeLetterReset, InitiativeLetterWritten
from domain.letters.kinds import WORDINGS
from domain.messages import msg
from domain.organisations import (
    OrganisationClosed,
    OrganisationErased,
    OrganisationFact,
    OrganisationHandleGiven,
    OrganisationInvitationDeclined,
    OrganisationMemberAdded,
    OrganisationMemberInvited,
    OrganisationMemberRemoved,
    OrganisationRegistered,
)
from domain.persons.facts import (
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
)
from domain.values import is_id
from projections.words.sentences import FactInWords, SentenceContext, by_title

_UNREADABLE: Final = msg("Erased data can never be read again.")


def installation_words(fact: InstallationFact) -> FactInWords:
    """A fact of the installation."""
    match fact:
        case InstallationOpened(demonstration=True):
            return FactInWords(msg("The history of this demonstration began."))
        case InstallationOpened():
            return FactInWords(msg("The history of this installation began."))
        case AdministratorAppointed():
            return FactInWords(msg("A person was appointed administrator of the installation."))
        case _:
            assert_never(fact)


def initiative_words(fact: InitiativeFact, context: SentenceContext) -> FactInWords:
    """A fact of an initiative."""
    match fact:
        case InitiativeFounded():
            return FactInWords(msg("The initiative {name} was founded.", name=by_title(fact.name)))
        case InitiativeDescribed():
            return FactInWords(
                msg(
                    "{actor} changed the profile of the initiative {name}.",
                    actor=context.actor,
                    name=by_title(fact.name),
                )
            )
        case MemberAdded():
            return FactInWords(
                msg("{actor} gave a member roles.", actor=context.actor),
                changed=(msg("Roles: {roles}", roles=fact.roles),),
            )
        case MemberRemoved():
            return FactInWords(msg("{actor} removed a member.", actor=context.actor))
        case MemberAddedToCall():
            return FactInWords(
                msg("{actor} gave a person roles for one call.", actor=context.actor),
                changed=(msg("Roles for this call: {roles}", roles=fact.roles),),
            )
        case InitiativeScreeningSet():
            return FactInWords(
                msg("{actor} required a screening of payees before payments.", actor=context.actor)
                if fact.required
                else msg(
                    "{actor} no longer requires a screening of payees before payments.", actor=context.actor
                )
            )
        case InitiativeLetterWritten():
            return FactInWords(
                msg(
                    "{actor} changed the text of a letter: {letter}.",
                    actor=context.actor,
                    letter=WORDINGS[fact.letter].label,
                )
            )
        case InitiativeLetterReset():
            return FactInWords(
                msg(
                    "{actor} chose the program's own text for a letter: {letter}.",
                    actor=context.actor,
                    letter=WORDINGS[fact.letter].label,
                )
            )
        case InitiativeFactorsRequired():
            return FactInWords(
                msg("{actor} required second factors for signing in.", actor=context.actor)
                if fact.required
                else msg("{actor} no longer requires second factors for signing in.", actor=context.actor)
            )
        case MemberSecured():
            return FactInWords(
                msg("A member has a second factor now.")
                if fact.secured
                else msg("A member has no second factor any more.")
            )
        case MemberRemovedFromCall():
            return FactInWords(msg("{actor} removed a person's roles for one call.", actor=context.actor))
        case JurorAddedToRound():
            return FactInWords(
                msg("{actor} accepted an invitation to judge in one round.", actor=context.actor)
            )
        case JurorRemovedFromRound():
            return FactInWords(msg("{actor} removed a juror of one round.", actor=context.actor))
        case MemberLeft(call=None, round=None):
            return FactInWords(msg("{actor} gave up all roles.", actor=context.actor))
        case MemberLeft(round=None):
            return FactInWords(msg("{actor} gave up their roles for one call.", actor=context.actor))
        case MemberLeft():
            return FactInWords(msg("{actor} gave up the role of a juror of one round.", actor=context.actor))
        case _:
            assert_never(fact)


def invitation_words(fact: InvitationFact) -> FactInWords:
    """A fact of an invitation."""
    match fact:
        case InvitationMade():
            return FactInWords(
                msg("Somebody was invited to take part."),
                changed=(msg("Can be answered until {ends_at}", ends_at=fact.ends_at),),
            )
        case InvitationAccepted():
            return FactInWords(msg("An invitation was accepted."))
        case InvitationDeclined():
            return FactInWords(msg("An invitation was declined."))
        case InvitationWithdrawn():
            return FactInWords(msg("An invitation was withdrawn."))
        case _:
            assert_never(fact)


def person_words(fact: PersonFact) -> FactInWords:
    """A fact of a person, without their name."""
    match fact:
        case PersonRegistered():
            return FactInWords(msg("A person was registered."))
        case PersonHandleGiven():
            return FactInWords(msg("A person was given the handle {handle}.", handle=fact.handle))
        case PersonClaimMade():
            return FactInWords(
                msg("A one-time key for additional access to a person's account was made.")
                if fact.another
                else msg("A one-time key for a person's account was made."),
                changed=(msg("Can be used until {ends_at}", ends_at=fact.ends_at),),
            )
        case PersonLettersChosen():
            return FactInWords(msg("A person chose which letters they get."))
        case PersonClaimWithdrawn():
            return FactInWords(msg("A one-time key for a person's account was withdrawn."))
        case PersonClaimUsed():
            return FactInWords(msg("A one-time key was exchanged for access to a person's account."))
        case PersonWayInAdded():
            return FactInWords(
                msg("A person can sign in with nine words.")
                if fact.kind == "words"
                else msg("A person can sign in by e-mail.")
            )
        case PersonFactorAdded():
            return FactInWords(
                msg("A person added a passkey as a second factor.")
                if fact.kind == "passkey"
                else msg("A person added an app that shows codes as a second factor.")
                if fact.kind == "totp"
                else msg("A person had recovery codes made.")
            )
        case PersonFactorRemoved():
            return FactInWords(msg("A person removed or replaced a second factor."))
        case PersonRecoveryAsked():
            return FactInWords(msg("Somebody asked to remove the second factors of a person who lost them."))
        case PersonRecoveryCancelled():
            return FactInWords(msg("The second factors of a person stay; their removal was cancelled."))
        case PersonRecovered():
            return FactInWords(msg("Two people removed the second factors of a person who had lost them."))
        case PersonWayInRemoved():
            return FactInWords(msg("A person removed a way to sign in."))
        case PersonJoinedOrganisation():
            return FactInWords(msg("A person acts for an organisation from now on."))
        case PersonLeftOrganisation():
            return FactInWords(msg("A person no longer acts for an organisation."))
        case PersonEnteredByStaff():
            return FactInWords(msg("The staff registered a person, to enter an application for them."))
        case PersonProfileChanged():
            return FactInWords(msg("A person changed their profile."))
        case PersonReaderExcluded():
            return FactInWords(msg("A person said who must not read their applications."))
        case PersonReaderAllowed():
            return FactInWords(msg("A person allowed somebody again to read their applications."))
        case PersonErased():
            return FactInWords(
                msg("A person was erased."),
                reason(fact.reason),
                (_UNREADABLE,),
            )
        case _:
            assert_never(fact)


def organisation_words(fact: OrganisationFact, context: SentenceContext) -> FactInWords:
    """A fact of an organisation, without its name or anybody else's."""
    match fact:
        case OrganisationRegistered():
            return FactInWords(msg("{actor} registered the organisation.", actor=context.actor))
        case OrganisationHandleGiven():
            return FactInWords(msg("The organisation was given the handle {handle}.", handle=fact.handle))
        case OrganisationMemberInvited():
            return FactInWords(
                msg("{actor} invited a person to act for the organisation.", actor=context.actor)
            )
        case OrganisationInvitationDeclined():
            return FactInWords(
                msg("{actor} declined an invitation to act for the organisation.", actor=context.actor)
            )
        case OrganisationMemberAdded():
            return FactInWords(
                msg("{actor} accepted the invitation to act for the organisation.", actor=context.actor)
            )
        case OrganisationMemberRemoved():
            return FactInWords(
                msg(
                    "{actor} removed a person from the organisation's members and invitations.",
                    actor=context.actor,
                )
            )
        case OrganisationClosed():
            return FactInWords(msg("{actor} closed the organisation.", actor=context.actor))
        case OrganisationErased():
            return FactInWords(msg("The organisation was erased."), reason(fact.reason), (_UNREADABLE,))
        case _:
            assert_never(fact)


def dossier_words(fact: DossierFact, context: SentenceContext) -> FactInWords:
    """A fact of a dossier, without the name of its party."""
    match fact:
        case DossierOpened():
            return FactInWords(msg("A dossier was opened."))
        case DossierKept():
            return FactInWords(
                msg("The record of a payment has to be kept."),
                changed=(msg("Kept until {until}", until=fact.until),),
            )
        case DossierErased():
            return FactInWords(
                msg("The texts of {about}, and those about it, were erased.", about=context.about)
                if is_id(APPLICATION.kind, fact.about)
                else msg(
                    "The payee of the grant for {about} and the reports on it were erased.",
                    about=context.about,
                ),
                reason(fact.reason),
                (_UNREADABLE,),
            )
        case _:
            assert_never(fact)
