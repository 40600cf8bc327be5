"""Access by role: what a role in the initiative, or the installation's administrator, may do and see."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from domain.access.ties import NOT_YOURS, hidden_from_others
from domain.calls.state import PUBLIC, Call
from domain.deciding import Allowed, Denied, Verdict
from domain.initiatives.state import Initiative, Installation
from domain.messages import counted, msg
from domain.persons.state import Person
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


def makes_claim(actor: str, person: Person, installation: Installation, initiative: Initiative) -> Verdict:
    """Making a claim to a person's account: an administrator of the installation; and for a person whom the staff registered to
    enter an application for them, the officers of that call, until the person has used the account. `initiative` is the one
    whose staff did so, as seen in the call."""
    verdict = installation_administrator(actor, installation)
    if isinstance(verdict, Denied) and person.entered_by is not None and person.untouched:
        entered = officer(actor, initiative)
        return entered if isinstance(entered, Allowed) else verdict
    return verdict


def oneself_or_administrator(actor: str, person: str, installation: Installation) -> Verdict:
    """Somebody acting on their own account, or an administrator of the installation."""
    verdict = oneself(actor, person)
    return verdict if isinstance(verdict, Allowed) else installation_administrator(actor, installation)


def withdraws_claim(
    actor: str, person_id: str, person: Person, installation: Installation, initiative: Initiative
) -> Verdict:
    """Withdrawing a claim to a person's account: the person (who may not have asked for it) or whoever could make it."""
    verdict = oneself(actor, person_id)
    return verdict if isinstance(verdict, Allowed) else makes_claim(actor, person, installation, initiative)


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


def finance_or_funder(actor: str, initiative: Initiative, funder: str | None) -> Verdict:
    """A funder for their own pledge; finance for the pledge of any funder, and of somebody without an account, for whom
    `funder` is None."""
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


def invites(actor: str, initiative: Initiative, *, call: str | None, round: str | None) -> Verdict:
    """Inviting people, withdrawing invitations, and ending the role of a juror of one round: the initiative's administrator;
    for jurors of one round also the officers of its call. `initiative` is the whole one."""
    if call is None or round is None:
        return member(actor, initiative, Role.ADMINISTRATOR)
    return member(actor, initiative.within(call), Role.ADMINISTRATOR, Role.OFFICER)


def accepts_invitation(actor: str) -> Verdict:
    """Every registered person; the program has checked that they have the invitation's secret."""
    return Denied(NOT_YOURS, hidden=True) if actor == SYSTEM else Allowed(Role.PERSON)


def leaves(actor: str, initiative: Initiative) -> Verdict:
    """A member who gives up their own roles, also those for one call or round alone."""
    return Allowed(Role.PERSON) if initiative.takes_part(actor) else Denied(NOT_YOURS, hidden=True)


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
