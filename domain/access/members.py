"""Access by role: what a role in the initiative, or the installation's administrator, may do and see."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from domain.access.ties import NOT_YOURS, hidden_from_others
from domain.calls.state import PUBLIC, Call
from domain.deciding import Allowed, Denied, Verdict
from domain.initiatives import Initiative, Installation
from domain.messages import counted, msg
from domain.values import MEMBER_ROLES, SYSTEM, Role

NEEDS_FACTOR: Final = msg(
    "This initiative requires a second factor for your role, and you have none. Set one up on the page “Your access”; until then "
    "you can do nothing here in this role."
)


def system(actor: str) -> Verdict:
    """The program itself: due dates and set-up."""
    return Allowed(Role.SYSTEM) if actor == SYSTEM else Denied(msg("Only the program itself can do this."))


def installation_administrator(actor: str, installation: Installation) -> Verdict:
    """An administrator of the installation, or the operator at the command line (who acts as the system)."""
    if actor == SYSTEM:
        return Allowed(Role.SYSTEM)
    if actor in installation.administrators:
        return Allowed(Role.ADMINISTRATOR)
    return Denied(msg("Only an administrator of this installation can do this."))


def oneself(actor: str, person: str) -> Verdict:
    """Somebody acting on their own account."""
    return Allowed(Role.PERSON) if actor == person else Denied(NOT_YOURS, hidden=True)


def withdraws_claim(actor: str, person: str, installation: Installation) -> Verdict:
    """Withdrawing a claim to a person's account: the person (who may not have asked for it) or an administrator of the
    installation."""
    verdict = oneself(actor, person)
    return verdict if isinstance(verdict, Allowed) else installation_administrator(actor, installation)


def asks_recovery(actor: str, person: str, installation: Installation) -> Verdict:
    """Asking that somebody's second factors be removed: an administrator of the installation, or the operator, for somebody
    else."""
    verdict = installation_administrator(actor, installation)
    if isinstance(verdict, Allowed) and actor == person:
        return Denied(msg("These are your own second factors, so somebody else must do this."))
    return verdict


def confirms_recovery(
    actor: str, person: str, installation: Installation, *, asked_by: str | None
) -> Verdict:
    """Confirming it: as `asks_recovery`, but another one than who asked."""
    verdict = asks_recovery(actor, person, installation)
    if isinstance(verdict, Allowed) and actor == asked_by:
        return Denied(msg("You asked for this, so another administrator must confirm it."))
    return verdict


def member(actor: str, initiative: Initiative, *roles: Role) -> Verdict:
    """A member with one of `roles` in the initiative. The first of `roles` that the member has is the role they act
    in."""
    held = initiative.roles(actor)
    for role in roles:
        if role in held:
            return Allowed(role)
    if not initiative.held(actor).isdisjoint(roles):
        return Denied(NEEDS_FACTOR)
    return Denied(
        counted(
            "In this initiative, only people with this role can do this: {roles}.",
            "In this initiative, only people with one of these roles can do this: {roles}.",
            count=len(roles),
            roles=roles,
        ),
        hidden=not held,
    )


def adds_member(
    actor: str,
    initiative: Initiative,
    installation: Installation,
    *,
    roles: Collection[Role],
    living: Collection[str],
) -> Verdict:
    """The initiative's administrator. If no administrator is left (`living` are those who were not erased), an
    administrator of the installation can name one."""
    verdict = member(actor, initiative, Role.ADMINISTRATOR)
    if isinstance(verdict, Allowed) or living:
        return verdict
    above = installation_administrator(actor, installation)
    if isinstance(above, Allowed) and Role.ADMINISTRATOR not in roles:
        return Denied(msg("This initiative no longer has an administrator; name one first."))
    return above if isinstance(above, Allowed) else verdict


def officer(actor: str, initiative: Initiative) -> Verdict:
    """The staff who run calls and rounds."""
    return member(actor, initiative, Role.OFFICER)


def officer_or_system(actor: str, initiative: Initiative) -> Verdict:
    """The staff, or a due date."""
    return Allowed(Role.SYSTEM) if actor == SYSTEM else officer(actor, initiative)


def finance(actor: str, initiative: Initiative) -> Verdict:
    """The members who handle the initiative's money."""
    return member(actor, initiative, Role.FINANCE)


def finance_or_funder(actor: str, initiative: Initiative, funder: str) -> Verdict:
    """A funder for their own pledge; finance for the pledge of any funder."""
    if actor == funder and Role.FUNDER in initiative.roles(actor):
        return Allowed(Role.FUNDER)
    return finance(actor, initiative)


def published(call: Call) -> Verdict:
    """A published call: everybody."""
    if call.status in PUBLIC:
        return Allowed(Role.APPLICANT)
    return Denied(NOT_YOURS, hidden=True)


def sees_call(actor: str, initiative: Initiative, call: Call) -> Verdict:
    """A published call: everybody. A draft: only the staff."""
    verdict = published(call)
    return verdict if isinstance(verdict, Allowed) else hidden_from_others(officer(actor, initiative))


def sees_members(actor: str, initiative: Initiative) -> Verdict:
    """The list of members and roles: administrators, and the staff, who choose jurors from it."""
    return hidden_from_others(member(actor, initiative, Role.ADMINISTRATOR, Role.OFFICER))


def sees_funders(actor: str, initiative: Initiative) -> Verdict:
    """Who gives money: administrators, the staff, and finance, who record pledges."""
    return hidden_from_others(member(actor, initiative, Role.ADMINISTRATOR, Role.OFFICER, Role.FINANCE))


def sees_given_roles(actor: str, initiative: Initiative) -> Verdict:
    """Who gave which role to whom, and which claims were made for members: every member, so that roles cannot be
    collected in secret."""
    return hidden_from_others(member(actor, initiative, *MEMBER_ROLES))
