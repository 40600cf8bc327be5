"""Who may do what, and who may see what: every predicate of the program, each answering Allowed or Denied.

The command runner asks these for every command and every query asks them before it answers. They read only folded
streams, never a read model, so that a role taken away a second ago is gone now.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from domain.applications import Application
from domain.calls import Call, CallStatus
from domain.deciding import Allowed, Denied, Verdict
from domain.grants.facts import Stage
from domain.grants.state import Grant
from domain.initiatives import Initiative, Installation
from domain.reviews import JUDGING, OUTSTANDING, STEPPED_BACK, Review, ReviewStatus
from domain.rounds import Round, RoundStatus
from domain.values import SYSTEM, Role

NOT_YOURS: Final = "This is not yours to see or to change."
CONFLICTED: Final = "You declared a conflict of interest with this application."
UNDECLARED: Final = "Declare first whether you have a conflict of interest with this application."


def system(actor: str) -> Verdict:
    """Only the program itself: due dates and set-up."""
    return Allowed(Role.SYSTEM) if actor == SYSTEM else Denied("Only the program itself does this.")


def installation_administrator(actor: str, installation: Installation) -> Verdict:
    """An administrator of the installation, or the operator at the command line (who acts as the system)."""
    if actor == SYSTEM:
        return Allowed(Role.SYSTEM)
    if actor in installation.administrators:
        return Allowed(Role.ADMINISTRATOR)
    return Denied("Only an administrator of this installation may do this.")


def member(actor: str, initiative: Initiative, *roles: Role) -> Verdict:
    """A member holding one of `roles` in the initiative; the first that fits is the role acted in."""
    held = initiative.roles(actor)
    for role in roles:
        if role in held:
            return Allowed(role)
    names = " or ".join(str(role) for role in roles)
    return Denied(f"Only the initiative's {names} may do this.", hidden=not held)


def officer(actor: str, initiative: Initiative) -> Verdict:
    """The staff who run calls and rounds."""
    return member(actor, initiative, Role.OFFICER)


def officer_or_system(actor: str, initiative: Initiative) -> Verdict:
    """The staff, or a due date."""
    return Allowed(Role.SYSTEM) if actor == SYSTEM else officer(actor, initiative)


def officer_on(actor: str, initiative: Initiative, application: Application) -> Verdict:
    """The staff, on any application but their own."""
    verdict = officer(actor, initiative)
    if isinstance(verdict, Allowed) and application.applicant == actor:
        return Denied("Nobody acts on their own application.")
    return verdict


def examines(
    actor: str,
    initiative: Initiative,
    application: Application,
    *,
    own: Collection[str],
    reviews: Iterable[Review] = (),
) -> Verdict:
    """The staff who find applications eligible or not and choose their jurors: not in a round in which they applied
    themselves, for the others are their rivals, and not on an application with which they declared a conflict.

    `own` are the actor's applications in the round, `reviews` all reviews of the application.
    """
    verdict = _disinterested(officer_on(actor, initiative, application), own)
    if isinstance(verdict, Allowed) and declared_conflict(actor, reviews):
        return Denied(CONFLICTED)
    return verdict


def applies(actor: str, *, examined: Collection[str]) -> Verdict:
    """Every registered person, but not among those whom they examined: `examined` are applications of the round that the
    actor found eligible or ineligible, which must be none."""
    if actor == SYSTEM:
        return Denied("Sign in to apply.")
    if examined:
        return Denied("You examined applications of this round, so you cannot apply in it.")
    return Allowed(Role.APPLICANT)


def applicant(actor: str, application: Application) -> Verdict:
    """The one whose application it is."""
    return Allowed(Role.APPLICANT) if actor == application.applicant else Denied(NOT_YOURS, hidden=True)


def juror_of(actor: str, initiative: Initiative, review: Review) -> Verdict:
    """The juror whose review it is, as long as they are a juror or chair of the initiative."""
    verdict = member(actor, initiative, *JUDGING)
    if isinstance(verdict, Allowed) and actor != review.juror:
        return Denied("This review is another juror's.")
    return verdict


def opens_panel(actor: str, initiative: Initiative, *, own: Collection[str]) -> Verdict:
    """The staff; `own` are the actor's applications in the round, which must be none."""
    return _disinterested(officer(actor, initiative), own)


def decides_on(
    actor: str, initiative: Initiative, *, own: Collection[str], reviews: Iterable[Review]
) -> Verdict:
    """The chair, on an application that they may read: not one with which they declared a conflict, nor one that they
    were asked to review without ever answering whether they have one. `reviews` are all reviews of it, and `own` are the
    actor's applications in the round, which must be none."""
    verdict = chairs_panel(actor, initiative, own=own)
    if isinstance(verdict, Allowed):
        mine = _own_reviews(actor, reviews)
        if declared_conflict(actor, mine):
            return Denied(CONFLICTED)
        if _undeclared(mine):
            return Denied(UNDECLARED)
    return verdict


def chairs_panel(actor: str, initiative: Initiative, *, own: Collection[str]) -> Verdict:
    """The chair; `own` are the actor's applications in the round, which must be none."""
    return _disinterested(member(actor, initiative, Role.CHAIR), own)


def confirms_panel(
    actor: str, initiative: Initiative, *, own: Collection[str], conflicts: Collection[str]
) -> Verdict:
    """Staff or a chair, who answer for every outcome of the round: `own` are the actor's applications in it, and
    `conflicts` those with which they declared a conflict; both must be none."""
    verdict = _disinterested(member(actor, initiative, Role.OFFICER, Role.CHAIR), own)
    if isinstance(verdict, Allowed) and conflicts:
        return Denied(
            "You declared a conflict of interest with an application of this round; another person confirms."
        )
    return verdict


def _disinterested(verdict: Verdict, own: Collection[str]) -> Verdict:
    if isinstance(verdict, Allowed) and own:
        return Denied("Nobody takes part in deciding on a round in which they applied.")
    return verdict


def published(call: Call) -> Verdict:
    """A published call is everybody's to read."""
    if call.status is CallStatus.PUBLISHED:
        return Allowed(Role.APPLICANT)
    return Denied(NOT_YOURS, hidden=True)


def finance(actor: str, initiative: Initiative) -> Verdict:
    """Those who handle the initiative's money."""
    return member(actor, initiative, Role.FINANCE)


def finance_or_funder(actor: str, initiative: Initiative, funder: str) -> Verdict:
    """A funder speaks for themself; finance writes down what any funder said."""
    if actor == funder and Role.FUNDER in initiative.roles(actor):
        return Allowed(Role.FUNDER)
    return finance(actor, initiative)


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


# Who may see


def sees_call(actor: str, initiative: Initiative, call: Call) -> Verdict:
    """A published call is everybody's; a draft is the staff's alone."""
    verdict = published(call)
    return verdict if isinstance(verdict, Allowed) else _or_hidden(officer(actor, initiative))


def sees_application(
    actor: str,
    initiative: Initiative,
    round: Round,
    application: Application,
    reviews: Iterable[Review],
    *,
    own: Collection[str],
) -> Verdict:
    """The title and the answers: the applicant; the staff; a juror who declared no conflict with it; and the chair once
    the round is in panel, unless they declared one. `reviews` are all reviews of the application.

    `own` are the actor's applications in the round; whoever has one sees no other before it is decided. Who applied is
    another question (`sees_applicant`), and so are answers that identify.
    """
    if actor == application.applicant:
        return Allowed(Role.APPLICANT)
    return _no_rival(_sees_application(actor, initiative, round, reviews), round, own)


def _sees_application(actor: str, initiative: Initiative, round: Round, reviews: Iterable[Review]) -> Verdict:
    mine = _own_reviews(actor, reviews)
    if declared_conflict(actor, mine):
        return Denied(CONFLICTED)
    verdict = officer(actor, initiative)
    if isinstance(verdict, Allowed):
        return verdict
    if _undeclared(mine):
        return Denied(UNDECLARED)
    if mine:
        return _or_hidden(member(actor, initiative, *JUDGING))
    if round.status in _WITH_PANEL:
        verdict = member(actor, initiative, Role.CHAIR)
    return _or_hidden(verdict)


def sees_applicant(
    actor: str,
    initiative: Initiative,
    call: Call,
    round: Round,
    application: Application,
    reviews: Iterable[Review],
    *,
    own: Collection[str],
) -> Verdict:
    """Who applied, and answers that identify: whoever sees the application, but a juror or chair only in an open
    call."""
    verdict = sees_application(actor, initiative, round, application, reviews, own=own)
    if isinstance(verdict, Allowed) and verdict.role in JUDGING and call.blindness != "open":
        return Denied("In this call jurors do not see who applied.")
    return verdict


def sees_reviews(
    actor: str,
    initiative: Initiative,
    round: Round,
    application: Application,
    reviews: Iterable[Review],
    *,
    own: Collection[str],
) -> Verdict:
    """The scores and the jury's comments on an application: the staff; its jurors once their own review is submitted;
    the jury once the round is in panel; funders the scores, once it is decided. `reviews` are all reviews of it.

    Nobody sees them who declared a conflict, who owes a review of it still, or whose application it is; nor, before the
    round is decided, whoever applied in it: `own` are the actor's applications in the round.
    """
    if actor == application.applicant:
        return Denied("Applicants do not see the reviews of their application.")
    return _no_rival(_sees_reviews(actor, initiative, round, reviews), round, own)


def _sees_reviews(actor: str, initiative: Initiative, round: Round, reviews: Iterable[Review]) -> Verdict:
    mine = _own_reviews(actor, reviews)
    if declared_conflict(actor, mine):
        return Denied(CONFLICTED)
    if round.status is RoundStatus.CLOSED and any(review.status in OUTSTANDING for review in mine):
        return Denied("Submit your own review first; then you see the others'.")
    verdict = officer(actor, initiative)
    if isinstance(verdict, Allowed):
        return verdict
    if round.status in _WITH_PANEL or any(review.status is ReviewStatus.SUBMITTED for review in mine):
        verdict = member(actor, initiative, *JUDGING)
    if round.status is RoundStatus.DECIDED and not isinstance(verdict, Allowed):
        verdict = member(actor, initiative, Role.FUNDER)
    return _or_hidden(verdict)


def sees_feedback(actor: str, round: Round, application: Application) -> Verdict:
    """The reviews' comments for the applicant, and never who wrote them: the applicant, once the round is decided."""
    verdict = applicant(actor, application)
    if isinstance(verdict, Allowed) and round.status is not RoundStatus.DECIDED:
        return Denied("The comments on your application are shown when the round is decided.")
    return verdict


def sees_ranking(actor: str, initiative: Initiative, round: Round, *, own: Collection[str]) -> Verdict:
    """The ranking of a round: the staff; the jury once the round is in panel; funders once it is decided.

    Staff who judge too wait with the jury, for the ranking tells others' scores. `own` are the actor's applications in
    the round; whoever has one sees nothing of it before it is decided.
    """
    if own and round.status is not RoundStatus.DECIDED:
        return Denied("You applied in this round; its ranking is shown to you when it is decided, if at all.")
    judges = not initiative.roles(actor).isdisjoint(JUDGING)
    if round.status is RoundStatus.DECIDED:
        return _or_hidden(member(actor, initiative, Role.OFFICER, *JUDGING, Role.FUNDER))
    if round.status is RoundStatus.IN_PANEL:
        return _or_hidden(member(actor, initiative, Role.OFFICER, *JUDGING))
    if judges:
        return Denied("The ranking is shown when the round is in panel, so that it sways no review.")
    return _or_hidden(officer(actor, initiative))


def sees_timeline(
    actor: str,
    initiative: Initiative,
    *,
    applicant: str | None = None,
    round: Round | None = None,
    own: Collection[str] = (),
) -> Verdict:
    """Everything that happened in a stream, pseudonymous and without sealed texts: the staff and funders; and the
    applicant, of their own application or grant, without the jurors' handles.

    `applicant` is whose application or grant it is, None for a call's, a fund's or an initiative's stream; `round` is
    the application's round: until it is decided its times could tell funders who applied, and `own`, the actor's
    applications in it, keep its others from staff who applied. Of their own, staff are applicants here.
    """
    if applicant is not None and actor == applicant:
        return Allowed(Role.APPLICANT)
    verdict = member(actor, initiative, Role.OFFICER, Role.FUNDER)
    if (
        isinstance(verdict, Allowed)
        and verdict.role is Role.FUNDER
        and round is not None
        and round.status is not RoundStatus.DECIDED
    ):
        return Denied("Funders follow an application once its round is decided.")
    return _or_hidden(verdict if round is None else _no_rival(verdict, round, own))


def sees_payments(actor: str, initiative: Initiative, *, recipient: str | None = None) -> Verdict:
    """Instalments and what was paid: finance, approvers, the staff and funders; of a grant, its recipient too.

    The role is the first that fits; who holds several sees what each of them does (`sees_payee`, `sees_reports`).
    """
    if recipient is not None and actor == recipient:
        return Allowed(Role.APPLICANT)
    return _or_hidden(member(actor, initiative, Role.FINANCE, Role.APPROVER, Role.OFFICER, Role.FUNDER))


def sees_payee(actor: str, initiative: Initiative, *, recipient: str) -> Verdict:
    """The name and the account to which a grant is paid: its recipient, and those who pay, whatever else they are."""
    if actor == recipient:
        return Allowed(Role.APPLICANT)
    return _or_hidden(member(actor, initiative, Role.FINANCE, Role.APPROVER))


def sees_reports(actor: str, initiative: Initiative, *, recipient: str) -> Verdict:
    """The texts of a grant's reports and the explanations beside its reasons: its recipient and the staff."""
    if actor == recipient:
        return Allowed(Role.APPLICANT)
    return _or_hidden(officer(actor, initiative))


def sees_members(actor: str, initiative: Initiative) -> Verdict:
    """Who holds which role: administrators, and the staff, who choose jurors among them."""
    return _or_hidden(member(actor, initiative, Role.ADMINISTRATOR, Role.OFFICER))


def sees_persons(actor: str, installation: Installation) -> Verdict:
    """The list of persons, with names and addresses: an administrator of the installation."""
    return installation_administrator(actor, installation)


_WITH_PANEL: Final = (RoundStatus.IN_PANEL, RoundStatus.DECIDED)


def _no_rival(verdict: Verdict, round: Round, own: Collection[str]) -> Verdict:
    """Staff and jury, but not whoever applied in the round, for whom the others are rivals until it is decided."""
    if isinstance(verdict, Allowed) and own and round.status is not RoundStatus.DECIDED:
        return Denied(
            "You applied in this round; what became of others is shown when it is decided, if at all."
        )
    return verdict


def declared_conflict(actor: str, reviews: Iterable[Review]) -> bool:
    """Whether somebody declared a conflict in one of the reviews of an application: then no role shows it to them."""
    return any(review.status in STEPPED_BACK for review in _own_reviews(actor, reviews))


def _own_reviews(actor: str, reviews: Iterable[Review]) -> tuple[Review, ...]:
    return tuple(review for review in reviews if review.juror == actor)


def _undeclared(own_reviews: Iterable[Review]) -> bool:
    return any(review.status is ReviewStatus.ASSIGNED for review in own_reviews)


def _or_hidden(verdict: Verdict) -> Verdict:
    """A member is told why not; to everybody else the thing does not exist."""
    return Denied(NOT_YOURS, hidden=True) if isinstance(verdict, Denied) and verdict.hidden else verdict
