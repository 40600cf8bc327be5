"""Who may act on a grant and see what is paid, none of them for themself or despite a conflict.

Whoever acts for the organisation that receives a grant, or to which it is paid, or acted for it before, does not act on the
grant for the initiative.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from domain.access.members import finance, member, officer
from domain.access.reviewing import officer_on
from domain.access.ties import CONFLICTED, NOT_YOURS, hidden_from_others
from domain.applications.state import Application
from domain.deciding import Allowed, Denied, Verdict
from domain.grants.facts import Approval
from domain.grants.state import Grant
from domain.initiatives import Initiative
from domain.messages import msg
from domain.parties import Actor, acts_for, is_tied_to
from domain.values import Role


def recipient(actor: Actor, grant: Grant) -> Verdict:
    """Whoever acts for the party to which the grant was offered."""
    return Allowed(Role.APPLICANT) if acts_for(actor, grant.recipient) else Denied(NOT_YOURS, hidden=True)


def offers(
    actor: Actor,
    initiative: Initiative,
    application_id: str,
    application: Application,
    *,
    conflicts: Collection[str],
) -> Verdict:
    """The staff, on any application but their own and those with which they declared a conflict: `conflicts` are these
    in its round."""
    verdict = officer_on(actor, initiative, application)
    return _impartial(verdict, application_id, conflicts)


def officer_on_grant(
    actor: Actor, initiative: Initiative, grant: Grant, *, conflicts: Collection[str]
) -> Verdict:
    """The staff, on any grant but their own and those that followed on a conflict: `conflicts` are the applications of
    its round with which the actor declared one. A conflict of interest does not end with the award."""
    return _on_grant(officer(actor.id, initiative), actor, grant, conflicts)


def finance_on_grant(
    actor: Actor, initiative: Initiative, grant: Grant, *, conflicts: Collection[str]
) -> Verdict:
    """Those who handle the money, on any grant but their own and those that followed on a conflict."""
    return _on_grant(finance(actor.id, initiative), actor, grant, conflicts)


_APPROVERS: Final[Mapping[Approval | None, tuple[Role, ...]]] = {
    1: (Role.FINANCE,),
    2: (Role.APPROVER,),
    None: (Role.FINANCE, Role.APPROVER),
}


def approver_on_grant(
    actor: Actor, initiative: Initiative, grant: Grant, instalment: int, *, conflicts: Collection[str]
) -> Verdict:
    """Finance approves an instalment first, an approver second; neither on a grant of their own, nor on one that
    followed on a conflict."""
    verdict = member(actor.id, initiative, *_APPROVERS[grant.next_approval(instalment)])
    return _on_grant(verdict, actor, grant, conflicts)


def _on_grant(verdict: Verdict, actor: Actor, grant: Grant, conflicts: Collection[str]) -> Verdict:
    if isinstance(verdict, Allowed) and actor.id == grant.recipient:
        return Denied(msg("This is your own grant, so somebody else must do this."))
    if isinstance(verdict, Allowed) and is_tied_to(actor, grant.recipient):
        return Denied(
            msg(
                "You act for the organisation that receives this grant, or did so before, "
                "so somebody else must do this."
            )
        )
    if isinstance(verdict, Allowed) and grant.payee is not None and is_tied_to(actor, grant.payee.party):
        return Denied(
            msg("You act for whoever is paid here, or did so before, so somebody else must do this.")
        )
    return _impartial(verdict, grant.application, conflicts)


def _impartial(verdict: Verdict, application_id: str, conflicts: Collection[str]) -> Verdict:
    if isinstance(verdict, Allowed) and application_id in conflicts:
        return Denied(CONFLICTED)
    return verdict


def sees_payments(actor: Actor, initiative: Initiative, *, recipient: str | None = None) -> Verdict:
    """Instalments and what was paid: finance, approvers, the staff and funders; of a grant, its recipient too.

    The role is the first that fits; who holds several sees what each of them does (`sees_payee`, `sees_reports`).
    """
    if recipient is not None and acts_for(actor, recipient):
        return Allowed(Role.APPLICANT)
    return hidden_from_others(
        member(actor.id, initiative, Role.FINANCE, Role.APPROVER, Role.OFFICER, Role.FUNDER)
    )


def sees_recipient(
    actor: Actor, initiative: Initiative, grant: Grant, *, conflicts: Collection[str]
) -> Verdict:
    """To whom a grant was offered: the recipient, those who pay and the staff, but nobody whose conflict it followed
    on: `conflicts` are the applications of its round with which the actor declared one."""
    if acts_for(actor, grant.recipient):
        return Allowed(Role.APPLICANT)
    verdict = hidden_from_others(member(actor.id, initiative, Role.FINANCE, Role.APPROVER, Role.OFFICER))
    return _impartial(verdict, grant.application, conflicts)


def sees_payee(actor: Actor, initiative: Initiative, grant: Grant, *, conflicts: Collection[str]) -> Verdict:
    """The name and the account to which a grant is paid: its recipient, and those who pay, whatever else they are, but
    nobody whose conflict it followed on."""
    if acts_for(actor, grant.recipient):
        return Allowed(Role.APPLICANT)
    verdict = hidden_from_others(member(actor.id, initiative, Role.FINANCE, Role.APPROVER))
    return _impartial(verdict, grant.application, conflicts)


def sees_screening(actor: Actor, grant: Grant) -> Verdict:
    """The result of a screening: whoever sees the payments of a grant, but nobody who is tied to its recipient or payee, whom
    it may be about."""
    if is_tied_to(actor, grant.recipient) or (
        grant.payee is not None and is_tied_to(actor, grant.payee.party)
    ):
        return Denied(NOT_YOURS, hidden=True)
    return Allowed(Role.PERSON)


def sees_screening_note(
    actor: Actor, initiative: Initiative, grant: Grant, *, conflicts: Collection[str]
) -> Verdict:
    """What was noted beside a screening: those who pay and the staff, among those who see its result, but nobody whose
    conflict the grant followed on."""
    tied = sees_screening(actor, grant)
    if isinstance(tied, Denied):
        return tied
    verdict = hidden_from_others(member(actor.id, initiative, Role.FINANCE, Role.APPROVER, Role.OFFICER))
    return _impartial(verdict, grant.application, conflicts)


def sees_reports(
    actor: Actor, initiative: Initiative, grant: Grant, *, conflicts: Collection[str]
) -> Verdict:
    """The texts of a grant's reports and the explanations beside its reasons: its recipient and the staff, but nobody
    whose conflict it followed on."""
    if acts_for(actor, grant.recipient):
        return Allowed(Role.APPLICANT)
    return _impartial(hidden_from_others(officer(actor.id, initiative)), grant.application, conflicts)
