"""Access to organisations: who may act for one, and see it."""

from __future__ import annotations

from domain.access.members import installation_administrator
from domain.access.ties import NOT_YOURS
from domain.deciding import Allowed, Denied, Verdict
from domain.initiatives import Installation
from domain.messages import msg
from domain.organisations import Organisation
from domain.values import SYSTEM, Role


def registers_organisation(actor: str) -> Verdict:
    """Every registered person."""
    if actor == SYSTEM:
        return Denied(msg("Sign in to register an organisation."))
    return Allowed(Role.PERSON)


def member_of_organisation(actor: str, organisation: Organisation) -> Verdict:
    """Members of the organisation. For everybody else, it does not exist."""
    return Allowed(Role.PERSON) if actor in organisation.members else Denied(NOT_YOURS, hidden=True)


def invites_member(actor: str, organisation: Organisation, installation: Installation) -> Verdict:
    """Members of the organisation. If it has none left, an administrator of the installation."""
    verdict = member_of_organisation(actor, organisation)
    if isinstance(verdict, Denied) and organisation.status is not None and not organisation.members:
        above = installation_administrator(actor, installation)
        return above if isinstance(above, Allowed) else verdict
    return verdict


def joins(actor: str, organisation: Organisation) -> Verdict:
    """A person who was invited. Members are allowed too: the rule then tells them that they have joined already."""
    invited = actor in organisation.invited | organisation.members
    return Allowed(Role.PERSON) if invited else Denied(NOT_YOURS, hidden=True)


def removes_member(actor: str, organisation: Organisation, person: str) -> Verdict:
    """Members of the organisation; and an invited person, for their own invitation."""
    if actor == person and actor in organisation.invited:
        return Allowed(Role.PERSON)
    return member_of_organisation(actor, organisation)


def sees_organisation(actor: str, organisation: Organisation) -> Verdict:
    """Its members see the name and the members; people who were invited see the name."""
    return joins(actor, organisation)
