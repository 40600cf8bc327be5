"""Facts in words: a sentence for every fact, why it happened, and what else it changed.

Sentences are made only of a fact's public fields and of what the caller passes (`SentenceContext`): the actor, and the
name of the thing. So they reveal nothing that the caller has not checked for this reader.
"""

from __future__ import annotations

from domain.applications.facts import ApplicationFact
from domain.calls.facts import CallFact
from domain.correspondence import CorrespondenceFact
from domain.deciding import Fact
from domain.dossiers import DossierFact
from domain.funds import FundFact
from domain.grants.facts import GrantFact
from domain.initiatives.facts import InitiativeFact, InstallationFact
from domain.invitations import InvitationFact
from domain.organisations import OrganisationFact
from domain.panels.facts import PanelFact
from domain.persons.facts import PersonFact
from domain.readings import ReadingFact
from domain.reviews.facts import ReviewFact
from domain.rounds.facts import RoundFact
from projections.words.applications import application_words
from projections.words.calls import call_words
from projections.words.correspondence import correspondence_words
from projections.words.funds import fund_words
from projections.words.grants import grant_words
from projections.words.panels import panel_words
from projections.words.people import (
    dossier_words,
    initiative_words,
    installation_words,
    invitation_words,
    organisation_words,
    person_words,
)
from projections.words.reviews import reading_words, review_words
from projections.words.rounds import round_words
from projections.words.sentences import FactInWords, SentenceContext

__all__ = ["FactInWords", "SentenceContext", "words"]


def words(fact: Fact, context: SentenceContext) -> FactInWords:
    """The words of a fact of any topic."""
    if isinstance(fact, InstallationFact):
        return installation_words(fact)
    if isinstance(fact, InitiativeFact):
        return initiative_words(fact, context)
    if isinstance(fact, InvitationFact):
        return invitation_words(fact)
    if isinstance(fact, PersonFact):
        return person_words(fact)
    if isinstance(fact, OrganisationFact):
        return organisation_words(fact, context)
    if isinstance(fact, DossierFact):
        return dossier_words(fact, context)
    if isinstance(fact, FundFact):
        return fund_words(fact, context)
    if isinstance(fact, CallFact):
        return call_words(fact, context)
    if isinstance(fact, RoundFact):
        return round_words(fact, context)
    if isinstance(fact, ApplicationFact):
        return application_words(fact, context)
    if isinstance(fact, CorrespondenceFact):
        return correspondence_words(fact)
    if isinstance(fact, ReviewFact):
        return review_words(fact, context)
    if isinstance(fact, ReadingFact):
        return reading_words(fact, context)
    if isinstance(fact, PanelFact):
        return panel_words(fact, context)
    if isinstance(fact, GrantFact):
        return grant_words(fact, context)
    raise AssertionError(f"{type(fact).__name__} has no words")
