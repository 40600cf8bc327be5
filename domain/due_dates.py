"""Due dates: which facts set one, and which strike one out.

The queue is written together with the facts and follows from them alone: a stream has the due date that its last fact
named here set, unless a later one struck it out.
"""

from __future__ import annotations

from domain.commands.dossiers import EraseDossier
from domain.commands.grants.offering import LapseGrant
from domain.commands.rounds import CloseRound
from domain.deciding import Due, Fact
from domain.dossiers import DossierErased, DossierKept
from domain.grants.facts import GrantAccepted, GrantDeclined, GrantLapsed, GrantOffered
from domain.rounds import RoundClosed, RoundOpened


def set_by(fact: Fact) -> Due | None:
    """The due date that a fact sets, in place of an earlier one with the same key."""
    match fact:
        case RoundOpened():
            return Due(key=_closing(fact.round), at=fact.intake_ends, command=CloseRound(round=fact.round))
        case GrantOffered():
            return Due(key=_lapsing(fact.grant), at=fact.respond_by, command=LapseGrant(grant=fact.grant))
        case DossierKept():
            erase = EraseDossier(dossier=fact.dossier, reason="retention_ended")
            return Due(key=_erasing(fact.dossier), at=fact.until, command=erase)
        case _:
            return None


def struck_by(fact: Fact) -> str | None:
    """The key of the due date that a fact strikes out."""
    match fact:
        case RoundClosed():
            return _closing(fact.round)
        case GrantAccepted() | GrantDeclined() | GrantLapsed():
            return _lapsing(fact.grant)
        case DossierErased():
            return _erasing(fact.dossier)
        case _:
            return None


def _closing(round_id: str) -> str:
    return f"close {round_id}"


def _lapsing(grant_id: str) -> str:
    return f"lapse {grant_id}"


def _erasing(dossier_id: str) -> str:
    return f"erase {dossier_id}"
