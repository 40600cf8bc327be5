"""Access to grants and payments. Nobody acts on their own grant, or on one with whose application they have a conflict.

A person who acts, or has acted, for the organisation that receives a grant or is paid cannot act on the grant for the
initiative.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final, assert_never

from domain.access.members import finance, member, officer
from domain.access.reviewing import officer_on
from domain.access.ties import CONFLICTED, NOT_YOURS, hidden_from_others
from domain.applications.state import Application
from domain.deciding import Allowed, Denied, Verdict
from domain.grants.facts import Approval
from domain.grants.state import Grant
from domain.grants.tasks import Task, TaskKind
from domain.initiatives.state import Initiative
from domain.messages import msg
from domain.parties import Actor, Conflicts, acts_for, is_tied_to
from domain.values import Role


def recipient(actor: Actor, grant: Grant) -> Verdict:
    """The person or a member of the organisation to which the grant was offered."""
    return Allowed(Role.APPLICANT) if acts_for(actor, grant.recipient) else Denied(NOT_YOURS, hidden=True)


def offers(
    actor: Actor,
    initiative: Initiative,
    application_id: str,
    application: Application,
    *,
    conflicts: Collection[str],
) -> Verdict:
    """The staff, except on their own application and on those with which they declared a conflict: `conflicts` are
    these applications, of all rounds that it went through."""
    verdict = officer_on(actor, initiative, application)
    return _impartial(verdict, application_id, conflicts)


def officer_on_grant(
    actor: Actor, initiative: Initiative, grant: Grant, *, conflicts: Collection[str]
) -> Verdict:
    """The staff, except on their own grant and on grants whose application they declared a conflict with: `conflicts`
    are these applications, of all rounds that it went through. A conflict of interest ends neither with a stage nor with the award."""
    return _on_grant(officer(actor.id, initiative), actor, grant, conflicts)


def finance_on_grant(
    actor: Actor, initiative: Initiative, grant: Grant, *, conflicts: Collection[str]
) -> Verdict:
    """Finance, except on their own grant and on grants whose application they declared a conflict with."""
    return _on_grant(finance(actor.id, initiative), actor, grant, conflicts)


_APPROVERS: Final[Mapping[Approval | None, tuple[Role, ...]]] = {
    1: (Role.FINANCE,),
    2: (Role.APPROVER,),
    None: (Role.FINANCE, Role.APPROVER),
}


def approver_on_grant(
    actor: Actor, initiative: Initiative, grant: Grant, instalment: int, *, conflicts: Collection[str]
) -> Verdict:
    """Finance for the first approval of an instalment, an approver for the second; neither on their own grant, nor on
    one whose application they declared a conflict with."""
    verdict = member(actor.id, initiative, *_APPROVERS[grant.next_approval(instalment)])
    return _on_grant(verdict, actor, grant, conflicts)


def does_task(
    actor: Actor, initiative: Initiative, grant: Grant, task: Task, *, conflicts: Collection[str]
) -> Verdict:
    """Who does what waits on a grant: whoever may send the command for it. The second approval is for somebody else than the
    first."""
    match task.kind:
        case TaskKind.APPROVE:
            assert task.number is not None
            approved = grant.instalments[task.number].first_approver
            if grant.next_approval(task.number) == 2 and actor.id == approved:
                return Denied(NOT_YOURS)
            return approver_on_grant(actor, initiative, grant, task.number, conflicts=conflicts)
        case TaskKind.CONFIRM_PAYEE | TaskKind.RECORD_SCREENING | TaskKind.INSTRUCT | TaskKind.SETTLE:
            return finance_on_grant(actor, initiative, grant, conflicts=conflicts)
        case TaskKind.SCHEDULE | TaskKind.ANSWER_REPORT | TaskKind.AWAIT_ANSWER | TaskKind.COMPLETE:
            return officer_on_grant(actor, initiative, grant, conflicts=conflicts)
        case _:
            assert_never(task.kind)


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
        return Denied(msg("You act for the payee, or did so before, so somebody else must do this."))
    return _impartial(verdict, grant.application, conflicts)


def _impartial(verdict: Verdict, application_id: str, conflicts: Collection[str]) -> Verdict:
    if isinstance(verdict, Allowed) and application_id in conflicts:
        avoided = isinstance(conflicts, Conflicts) and application_id in conflicts.avoided
        return Denied(NOT_YOURS, hidden=True) if avoided else Denied(CONFLICTED)
    return verdict


def sees_payments(actor: Actor, initiative: Initiative, *, recipient: str | None = None) -> Verdict:
    """Instalments and payments: finance, approvers, the staff and funders; of a grant, also its recipient.

    The role returned is the first that fits. A person with several roles sees what each of them may see (`sees_payee`,
    `sees_reports`).
    """
    if recipient is not None and acts_for(actor, recipient):
        return Allowed(Role.APPLICANT)
    return hidden_from_others(
        member(actor.id, initiative, Role.FINANCE, Role.APPROVER, Role.OFFICER, Role.FUNDER)
    )


def sees_own_funding(actor: Actor, initiative: Initiative) -> Verdict:
    """What one's own pledges became: the initiative's funders."""
    return hidden_from_others(member(actor.id, initiative, Role.FUNDER))


def sees_recipient(
    actor: Actor, initiative: Initiative, grant: Grant, *, conflicts: Collection[str]
) -> Verdict:
    """The recipient of a grant: the recipient, those who pay, and the staff, except people who declared a conflict with
    its application: `conflicts` are these applications, of all rounds that it went through."""
    if acts_for(actor, grant.recipient):
        return Allowed(Role.APPLICANT)
    verdict = hidden_from_others(member(actor.id, initiative, Role.FINANCE, Role.APPROVER, Role.OFFICER))
    return _impartial(verdict, grant.application, conflicts)


def sees_payee(actor: Actor, initiative: Initiative, grant: Grant, *, conflicts: Collection[str]) -> Verdict:
    """The payee's name and account: the recipient and those who pay, whatever other roles they have, except people who
    declared a conflict with the grant's application."""
    if acts_for(actor, grant.recipient):
        return Allowed(Role.APPLICANT)
    verdict = hidden_from_others(member(actor.id, initiative, Role.FINANCE, Role.APPROVER))
    return _impartial(verdict, grant.application, conflicts)


def sees_screening(actor: Actor, grant: Grant, setting: int) -> Verdict:
    """The result of the screening of the payee of that `setting`: everybody who sees the grant's payments, except
    people with ties to its recipient or to that payee, because the result may be about them."""
    payee = grant.parties.get(setting)
    if is_tied_to(actor, grant.recipient) or is_tied_to(actor, payee):
        return Denied(NOT_YOURS, hidden=True)
    return Allowed(Role.PERSON)


def sees_screening_note(
    actor: Actor, initiative: Initiative, grant: Grant, setting: int, *, conflicts: Collection[str]
) -> Verdict:
    """The note of a screening: those who pay and the staff, if they see its result, except people who declared a
    conflict with the grant's application."""
    tied = sees_screening(actor, grant, setting)
    if isinstance(tied, Denied):
        return tied
    verdict = hidden_from_others(member(actor.id, initiative, Role.FINANCE, Role.APPROVER, Role.OFFICER))
    return _impartial(verdict, grant.application, conflicts)


def sees_reports(
    actor: Actor, initiative: Initiative, grant: Grant, *, conflicts: Collection[str]
) -> Verdict:
    """A grant's reports and the explanations of its decisions: the recipient and the staff, except people who declared
    a conflict with the grant's application."""
    if acts_for(actor, grant.recipient):
        return Allowed(Role.APPLICANT)
    return _impartial(hidden_from_others(officer(actor.id, initiative)), grant.application, conflicts)
