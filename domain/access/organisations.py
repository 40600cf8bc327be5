"""Access to organisations: who may act for one, and see it."""

from __future__ import annotations

from domain.access.members import installation_administrator
from domain.access.ties import NOT_YOURS
from domain.deciding import Allowed, Denied, Verdict
from domain.initiatives.state import Installation
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


def removes_member(
    actor: str, organisation: Organisation, person: str, installation: Installation
) -> Verdict:
    """Members of the organisation, for themselves, for people who are invited, and for members who joined after them, so that
    nobody who was just let in removes those who let them in. An administrator of the installation, for every member. And an
    invited person, for their own invitation."""
    if actor == person and actor in organisation.invited:
        return Allowed(Role.PERSON)
    verdict = member_of_organisation(actor, organisation)
    if person not in organisation.members or actor == person:
        return verdict
    above = installation_administrator(actor, installation)
    if isinstance(above, Allowed):
        return above
    joined = organisation.joined
    if isinstance(verdict, Allowed) and joined.index(person) < joined.index(actor):
        return Denied(
            msg(
                "This person has acted for the organisation longer than you, so you cannot remove them. They can leave, or an "
                "administrator of this installation can remove them."
            )
        )
    return verdict


def closes_organisation(actor: str, organisation: Organisation) -> Verdict:
    """The member who has acted for the organisation the longest, because closing cannot be undone."""
    verdict = member_of_organisation(actor, organisation)
    if isinstance(verdict, Allowed) and organisation.joined[0] != actor:
        return Denied(
            msg(
                "Closing an organisation cannot be undone, so only the member who has acted for it the longest can close it."
            )
        )
    return verdict


def sees_organisation(actor: str, organisation: Organisation) -> Verdict:
    """Its members see the name and the members; people who were invited see the name."""
    return joins(actor, organisation)
