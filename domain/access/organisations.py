"""Who may act for an organisation, and see it."""

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
    """Whoever acts for the organisation; to everybody else it does not exist."""
    return Allowed(Role.PERSON) if actor in organisation.members else Denied(NOT_YOURS, hidden=True)


def invites_member(actor: str, organisation: Organisation, installation: Installation) -> Verdict:
    """Whoever acts for the organisation. Where nobody is left who does, an administrator of the installation."""
    verdict = member_of_organisation(actor, organisation)
    if isinstance(verdict, Denied) and organisation.status is not None and not organisation.members:
        above = installation_administrator(actor, installation)
        return above if isinstance(above, Allowed) else verdict
    return verdict


def joins(actor: str, organisation: Organisation) -> Verdict:
    """Whoever was invited, and, to be told so, whoever acts for it already."""
    invited = actor in organisation.invited | organisation.members
    return Allowed(Role.PERSON) if invited else Denied(NOT_YOURS, hidden=True)


def removes_member(actor: str, organisation: Organisation, person: str) -> Verdict:
    """Whoever acts for the organisation; and whoever was invited, their own invitation."""
    if actor == person and actor in organisation.invited:
        return Allowed(Role.PERSON)
    return member_of_organisation(actor, organisation)


def sees_organisation(actor: str, organisation: Organisation) -> Verdict:
    """Its name and who acts for it: those who do. Its name: those who were invited."""
    return joins(actor, organisation)
