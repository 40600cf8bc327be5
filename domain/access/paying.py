"""Who may act on a grant and see what is paid, none of them for themself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from domain.access.members import finance, member, officer
from domain.access.ties import NOT_YOURS, or_hidden
from domain.deciding import Allowed, Denied, Verdict
from domain.grants.facts import Stage
from domain.grants.state import Grant
from domain.initiatives import Initiative
from domain.values import Role


def recipient(actor: str, grant: Grant) -> Verdict:
    """The one to whom the grant was offered."""
    return Allowed(Role.APPLICANT) if actor == grant.recipient else Denied(NOT_YOURS, hidden=True)


def officer_on_grant(actor: str, initiative: Initiative, grant: Grant) -> Verdict:
    """The staff, on any grant but their own."""
    return _on_grant(officer(actor, initiative), actor, grant)


def finance_on_grant(actor: str, initiative: Initiative, grant: Grant) -> Verdict:
    """Those who handle the money, on any grant but their own."""
    return _on_grant(finance(actor, initiative), actor, grant)


_APPROVERS: Final[Mapping[Stage | None, tuple[Role, ...]]] = {
    1: (Role.FINANCE,),
    2: (Role.APPROVER,),
    None: (Role.FINANCE, Role.APPROVER),
}


def approver_on_grant(actor: str, initiative: Initiative, grant: Grant, instalment: int) -> Verdict:
    """Finance approves an instalment first, an approver second; neither on a grant of their own."""
    return _on_grant(member(actor, initiative, *_APPROVERS[grant.next_stage(instalment)]), actor, grant)


def _on_grant(verdict: Verdict, actor: str, grant: Grant) -> Verdict:
    if isinstance(verdict, Allowed) and actor == grant.recipient:
        return Denied("Nobody acts on their own grant.")
    return verdict


def sees_payments(actor: str, initiative: Initiative, *, recipient: str | None = None) -> Verdict:
    """Instalments and what was paid: finance, approvers, the staff and funders; of a grant, its recipient too.

    The role is the first that fits; who holds several sees what each of them does (`sees_payee`, `sees_reports`).
    """
    if recipient is not None and actor == recipient:
        return Allowed(Role.APPLICANT)
    return or_hidden(member(actor, initiative, Role.FINANCE, Role.APPROVER, Role.OFFICER, Role.FUNDER))


def sees_payee(actor: str, initiative: Initiative, *, recipient: str) -> Verdict:
    """The name and the account to which a grant is paid: its recipient, and those who pay, whatever else they are."""
    if actor == recipient:
        return Allowed(Role.APPLICANT)
    return or_hidden(member(actor, initiative, Role.FINANCE, Role.APPROVER))


def sees_reports(actor: str, initiative: Initiative, *, recipient: str) -> Verdict:
    """The texts of a grant's reports and the explanations beside its reasons: its recipient and the staff."""
    if actor == recipient:
        return Allowed(Role.APPLICANT)
    return or_hidden(officer(actor, initiative))
