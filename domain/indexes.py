"""The indexes across streams that commands need: their names, and the entries that each fact makes.

Entries are written together with the facts and derived from them alone (`entries_of`), so that an index can be
recomputed from the history. An entry that exists already is not added again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from domain.applications.facts import (
    ApplicationContinued,
    ApplicationInvited,
    ApplicationSubmitted,
    ApplicationWrittenWith,
)
from domain.deciding import Fact
from domain.dossiers import DossierOpened
from domain.grants.facts import GrantOffered, GrantPayeeSet
from domain.initiatives.facts import InitiativeFounded, MemberAdded, MemberAddedToCall
from domain.invitations import InvitationMade
from domain.organisations import ORGANISATION, OrganisationMemberInvited
from domain.panels.facts import PanelOutcomeSet
from domain.persons.facts import PersonReaderAllowed, PersonReaderExcluded
from domain.reviews.facts import ReviewAssigned, ReviewConflictDeclared
from domain.rounds.facts import RoundOpened
from domain.values import is_id

Entry = tuple[str, str]
"""The name of an index, and the id in it."""


def entries_of(fact: Fact, actor: str) -> tuple[Entry, ...]:
    """The entries that a fact makes; `actor` is the one in its envelope."""
    match fact:
        case InitiativeFounded():
            return ((initiatives_of(fact.founder), fact.initiative),)
        case MemberAdded() | MemberAddedToCall():
            return ((initiatives_of(fact.person), fact.initiative),)
        case OrganisationMemberInvited():
            return ((invitations_of(fact.person), fact.organisation),)
        case PersonReaderExcluded():
            return ((kept_from(fact.reader), f"{fact.person} {fact.exclusion}"),)
        case PersonReaderAllowed():
            return ((shown_again_to(fact.reader), f"{fact.person} {fact.exclusion}"),)
        case InvitationMade():
            return ((invitations_to(fact.initiative), fact.invitation),)
        case RoundOpened():
            return ((rounds_of(fact.call), fact.round),)
        case ApplicationSubmitted():
            return (
                (applications_of(fact.round), fact.application),
                (applications_by(fact.applicant, fact.round), fact.application),
                (submissions_of(fact.applicant), fact.application),
                (submissions_to(fact.call, fact.applicant), fact.application),
            )
        case ApplicationInvited():
            return ((invited_to(fact.call, fact.stage), fact.application),)
        case ApplicationContinued():
            return (
                (applications_of(fact.round), fact.application),
                (applications_by(fact.applicant, fact.round), fact.application),
            )
        case ApplicationWrittenWith():
            return tuple([(written_in(fact.call, each), fact.application) for each in fact.writers])
        case DossierOpened():
            return ((dossiers_of(fact.party), fact.dossier),)
        case ReviewAssigned():
            return (
                (reviews_of(fact.application), fact.review),
                (reviews_in(fact.round), fact.review),
                (judged_by(fact.juror, fact.round), fact.application),
            )
        case ReviewConflictDeclared():
            return ((conflicts_of(fact.juror, fact.round), fact.application),)
        case PanelOutcomeSet():
            return ((deciders_of(fact.panel), actor),)
        case GrantOffered():
            return ((grants_of(fact.call), fact.grant), *_paying(fact.recipient, fact.grant))
        case GrantPayeeSet():
            return _paying(fact.party, fact.grant)
        case _:
            return ()


def _paying(party: str | None, grant_id: str) -> tuple[Entry, ...]:
    if party is None or not is_id(ORGANISATION.kind, party):
        return ()
    return ((grants_paying(party), grant_id),)


def initiatives_of(person_id: str) -> str:
    """The initiatives in which a person ever had a role, also for one call only."""
    return f"initiatives of {person_id}"


def invitations_of(person_id: str) -> str:
    """The organisations that ever invited a person, whether they joined or not."""
    return f"invitations of {person_id}"


def invitations_to(initiative_id: str) -> str:
    """All invitations to an initiative, its calls and their rounds, including those that ended."""
    return f"invitations to {initiative_id}"


KEPT_FROM: Final = "kept from "
SHOWN_AGAIN_TO: Final = "shown again to "
HIDDEN_NAMES: Final = (KEPT_FROM, SHOWN_AGAIN_TO)
"""The beginnings of the names of indexes that end with a keyed hash of a person's id, so that the database does not tell whom
they are about. Plans and queries ask for them by the id itself."""


def kept_from(reader: str) -> str:
    """The exclusions of a person from reading applications: each entry is the applicant and the id of the exclusion."""
    return f"{KEPT_FROM}{reader}"


def shown_again_to(reader: str) -> str:
    """The exclusions that ended; the entries are as in `kept_from`."""
    return f"{SHOWN_AGAIN_TO}{reader}"


def avoiding(found: Mapping[str, Collection[str]], reader: str) -> frozenset[str]:
    """The applicants who never want a person to read their applications, from the entries of both indexes."""
    lasting = set(found[kept_from(reader)]) - set(found[shown_again_to(reader)])
    return frozenset(each.partition(" ")[0] for each in lasting)


def applications_of(round_id: str) -> str:
    """The applications received by a round."""
    return f"applications of {round_id}"


def invited_to(call_id: str, stage_id: str) -> str:
    """The applications that were invited to a later stage of a call, whether they continued or not."""
    return f"invited to {stage_id} of {call_id}"


def applications_by(party_id: str, round_id: str) -> str:
    """The applications of a person or an organisation in a round. People who applied in a round cannot judge in it."""
    return f"applications by {party_id} in {round_id}"


def submissions_of(party_id: str) -> str:
    """All applications of a person or an organisation. The undecided ones end when the party is erased."""
    return f"submissions of {party_id}"


def submissions_to(call_id: str, party_id: str) -> str:
    """All applications of a person or an organisation to a call, because it may take only one."""
    return f"submissions to {call_id} by {party_id}"


def written_in(call_id: str, person_id: str) -> str:
    """The applications to a call in whose drafts a person wrote without being the applicant. They judge as little as people who
    applied."""
    return f"written in {call_id} by {person_id}"


def dossiers_of(party_id: str) -> str:
    """All dossiers of a party, including erased ones. They are erased with the party."""
    return f"dossiers of {party_id}"


def reviews_of(application_id: str) -> str:
    """All reviews of an application, including expired ones and those of jurors who stepped back."""
    return f"reviews of {application_id}"


def reviews_in(round_id: str) -> str:
    """The reviews of all applications of a round. They are also in `reviews_of`; here they can be loaded at once."""
    return f"reviews in {round_id}"


def judged_by(person_id: str, round_id: str) -> str:
    """The applications of a round that a person was asked to review, whether they did or not."""
    return f"judged by {person_id} in {round_id}"


def conflicts_of(person_id: str, round_id: str) -> str:
    """The applications of a round with which a person declared a conflict of interest."""
    return f"conflicts of {person_id} in {round_id}"


def deciders_of(panel_id: str) -> str:
    """The people who set an outcome in a panel. None of them can confirm it."""
    return f"deciders of {panel_id}"


def rounds_of(call_id: str) -> str:
    """The rounds of a call."""
    return f"rounds of {call_id}"


def grants_of(call_id: str) -> str:
    """The grants offered under a call, including declined ones."""
    return f"grants of {call_id}"


def grants_paying(organisation_id: str) -> str:
    """The grants that an organisation received, or that it was named for as the payee. People who join it decide on none of
    them."""
    return f"grants paying {organisation_id}"
