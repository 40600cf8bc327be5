"""Access to applications and their reviews."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from domain.access.members import member, officer
from domain.access.reviewing import applicant, examines
from domain.access.ties import (
    CONFLICTED,
    NOT_YOURS,
    UNDECLARED,
    WITH_PANEL,
    declared_conflict,
    has_ties,
    hidden_from_others,
    hides_rivals,
    is_avoided,
    owes,
    owes_declaration,
    own_reviews,
    unless_rival,
    was_asked_to_judge,
)
from domain.applications.state import Application
from domain.deciding import Allowed, Denied, Verdict
from domain.initiatives.state import Initiative
from domain.messages import msg
from domain.parties import Actor, OwnApplications, acts_for, is_tied_to
from domain.readings import Reading, still_excludes
from domain.reviews.facts import JUDGING
from domain.reviews.state import Review, ReviewStatus, undeclared
from domain.rounds.state import Round, RoundStatus
from domain.stages import Stage
from domain.values import Role

NONE_OWN: Final = OwnApplications()


def reads_of_round(actor: str, initiative: Initiative, round: Round, *, own: OwnApplications) -> Verdict:
    """Whose reading of a round has to be recorded before they are shown it: the staff's and the jury's. Not that of
    applicants of the round, who are shown nothing of others. `own` are the actor's applications in the round."""
    return unless_rival(hidden_from_others(member(actor, initiative, Role.OFFICER, *JUDGING)), round, own)


def sees_application(
    actor: Actor,
    initiative: Initiative,
    round: Round,
    application: Application,
    reviews: Iterable[Review],
    *,
    own: OwnApplications,
) -> Verdict:
    """The title and the answers of an application: the applicant; the staff; a juror who declared that they have no
    conflict; and the chair once the round is in panel, unless they declared a conflict. `reviews` are all reviews of
    the application. Staff who were asked to review it are treated as jurors until the round is decided.

    `own` are the actor's applications in the round; a person who has one sees no other before the round is decided. Who
    applied, and answers that identify the applicant, have a predicate of their own (`sees_applicant`).
    """
    if acts_for(actor, application.applicant):
        return Allowed(Role.APPLICANT)
    if is_avoided(application.applicant, own):
        return Denied(NOT_YOURS, hidden=True)
    return unless_rival(_sees_application(actor.id, initiative, round, reviews), round, own)


def _sees_application(actor: str, initiative: Initiative, round: Round, reviews: Iterable[Review]) -> Verdict:
    mine = own_reviews(actor, reviews)
    if declared_conflict(actor, mine):
        return Denied(CONFLICTED)
    verdict = officer(actor, initiative)
    if isinstance(verdict, Allowed) and not was_asked_to_judge(actor, round, mine):
        return verdict
    if owes_declaration(actor, mine):
        return Denied(UNDECLARED)
    if mine:
        return hidden_from_others(member(actor, initiative, *JUDGING))
    if round.status in WITH_PANEL:
        verdict = member(actor, initiative, Role.CHAIR)
    return hidden_from_others(verdict)


def sees_summary(
    actor: Actor, initiative: Initiative, round: Round, review: Review, *, own: OwnApplications
) -> Verdict:
    """The summary of an application: the juror who is asked whether they have a conflict of interest, as long as they have
    not answered. Afterwards they see the whole application, or nothing."""
    verdict = unless_rival(hidden_from_others(member(actor.id, initiative, *JUDGING)), round, own)
    if isinstance(verdict, Allowed) and (actor.id != review.juror or not undeclared(review)):
        return Denied(msg("The summary is for a juror who says whether they have a conflict of interest."))
    return verdict


def sees_applicant(
    actor: Actor,
    initiative: Initiative,
    stage: Stage,
    round: Round,
    application: Application,
    reviews: Iterable[Review],
    *,
    own: OwnApplications,
) -> Verdict:
    """Who applied, and answers that identify the applicant: everybody who sees the application, but jurors and the
    chair only in an open stage."""
    verdict = sees_application(actor, initiative, round, application, reviews, own=own)
    if isinstance(verdict, Allowed) and verdict.role in JUDGING and stage.blind:
        return Denied(msg("In this call, jurors do not see who applied."))
    return verdict


def sees_as_staff(
    actor: Actor,
    initiative: Initiative,
    round: Round,
    application: Application,
    reviews: Iterable[Review],
    *,
    own: OwnApplications,
) -> bool:
    """Whether a person reads what is for the staff alone of an application: those who see it as staff and have no ties to it.
    The arguments are those of `sees_application`, whose role does not tell this: once the round is decided, it is also that of
    people who acted for the applicant before."""
    verdict = sees_application(actor, initiative, round, application, reviews, own=own)
    return verdict == Allowed(Role.OFFICER) and not has_ties(actor, application, reviews)


def sees_reviews(
    actor: Actor,
    initiative: Initiative,
    round: Round,
    application: Application,
    reviews: Iterable[Review],
    *,
    own: OwnApplications,
) -> Verdict:
    """The scores and the jury's comments on an application: the staff; its jurors once they have submitted their own
    review; the jury once the round is in panel; funders the scores, once it is decided. `reviews` are all reviews of
    the application.

    Not shown to: the applicant; people who declared a conflict; people who still owe a review of it; and, before the
    decision, people who applied in the round (`own` are the actor's applications in it). Staff who are also jurors or
    chairs see them when the jury does.
    """
    if is_tied_to(actor, application.applicant):
        return Denied(msg("Applicants do not see the reviews of their application."))
    if actor.id in application.writers:
        return Denied(msg("You helped to write this application, so you do not see its reviews."))
    if is_avoided(application.applicant, own):
        return Denied(NOT_YOURS, hidden=True)
    return unless_rival(_sees_reviews(actor.id, initiative, round, reviews), round, own)


def _sees_reviews(actor: str, initiative: Initiative, round: Round, reviews: Iterable[Review]) -> Verdict:
    mine = own_reviews(actor, reviews)
    if declared_conflict(actor, mine):
        return Denied(CONFLICTED)
    if round.status is RoundStatus.CLOSED and owes(actor, mine):
        return Denied(msg("Submit your own review first; then you can see the others."))
    if round.status is RoundStatus.IN_PANEL and owes_declaration(actor, mine):
        return Denied(UNDECLARED)
    with_jury = round.status in WITH_PANEL or any(review.status is ReviewStatus.SUBMITTED for review in mine)
    verdict = officer(actor, initiative)
    if isinstance(verdict, Allowed):
        if with_jury or initiative.roles(actor).isdisjoint(JUDGING):
            return verdict
        return Denied(msg("You are also on the jury, so you see the reviews when the jury does."))
    if with_jury:
        verdict = member(actor, initiative, *JUDGING)
    if round.status is RoundStatus.DECIDED and not isinstance(verdict, Allowed):
        verdict = member(actor, initiative, Role.FUNDER)
    return hidden_from_others(verdict)


def sees_panel_notes(
    actor: Actor,
    initiative: Initiative,
    round: Round,
    application: Application,
    reviews: Iterable[Review],
    *,
    own: OwnApplications,
) -> Verdict:
    """The panel's notes on an application, and who writes them: the jury, those who may see its scores, once the panel is
    open. Not the staff, unless they are on the jury."""
    verdict = hidden_from_others(member(actor.id, initiative, *JUDGING))
    if isinstance(verdict, Denied):
        return verdict
    if round.status not in WITH_PANEL:
        return Denied(msg("The panel writes notes once it is open."))
    seen = sees_reviews(actor, initiative, round, application, reviews, own=own)
    return seen if isinstance(seen, Denied) else verdict


def sees_assignments(
    actor: Actor,
    initiative: Initiative,
    application: Application,
    reviews: Iterable[Review],
    *,
    own: OwnApplications,
) -> Verdict:
    """Who was asked to review an application and who has submitted, without scores and comments: the staff who choose
    its jurors, even if they owe a review of it themselves."""
    return hidden_from_others(examines(actor, initiative, application, own=own, reviews=reviews))


def sees_feedback(actor: Actor, round: Round, application: Application) -> Verdict:
    """The reviews' comments for the applicant, without their authors: the applicant, once the round is decided."""
    verdict = applicant(actor, application)
    if isinstance(verdict, Allowed) and round.status is not RoundStatus.DECIDED:
        return Denied(msg("You can see the comments on your application once the round is decided."))
    return verdict


def sees_ranking(
    actor: str,
    initiative: Initiative,
    round: Round,
    *,
    own: OwnApplications,
    owed: Collection[str] = (),
) -> Verdict:
    """The ranking of a round: the staff; the jury once the round is in panel; funders once it is decided.

    Because the ranking shows scores, staff who are also jurors see it when the jury does, and nobody sees it while they
    owe a review in the round: `owed` are the applications that the actor still has to review. `own` are the actor's
    applications in the round; a person who has one sees no ranking before the round is decided.
    """
    if hides_rivals(round, own):
        return Denied(
            msg(
                "You or your organisation applied in this round, or you helped to write an application, so its ranking is not shown to you before it is decided."
            )
            if round.status is not RoundStatus.DECIDED
            else msg(
                "You or your organisation applied to this call, or you helped to write an application, and it is invited to a later stage, so this ranking is not shown to "
                "you before that is decided."
            )
        )
    of_jury = not initiative.roles(actor).isdisjoint(JUDGING)
    if round.status is RoundStatus.DECIDED:
        return hidden_from_others(member(actor, initiative, Role.OFFICER, *JUDGING, Role.FUNDER))
    if round.status is RoundStatus.IN_PANEL:
        return hidden_from_others(member(actor, initiative, Role.OFFICER, *JUDGING))
    if of_jury or owed:
        return Denied(msg("The ranking is shown once the panel is open, so that it influences no review."))
    return hidden_from_others(officer(actor, initiative))


def sees_progress(actor: str, initiative: Initiative, round: Round, *, own: OwnApplications) -> Verdict:
    """How many reviews each application of a round has and needs, without scores: the staff, who ask jurors; the chair,
    who can lower a quorum; and jurors for the applications that they were asked to review, because one of them may have
    to act in the chair's place. Not people who applied in the round, before it is decided: `own` are the actor's
    applications in it.

    For a juror this returns `Allowed`; the query leaves out the other applications (`projections.review_progress`).
    """
    verdict = member(actor, initiative, Role.OFFICER, Role.CHAIR, Role.JUROR)
    return unless_rival(hidden_from_others(verdict), round, own)


def sees_jury_at_work(actor: str, initiative: Initiative, round: Round, *, own: OwnApplications) -> Verdict:
    """Who was asked for how many reviews of a round, without scores: the staff who assign them, except those who applied in
    the round, before it is decided. Which reviews they see is checked for each application (`sees_assignments`)."""
    return unless_rival(hidden_from_others(officer(actor, initiative)), round, own)


def sees_late_access(actor: str, initiative: Initiative, round: Round, *, own: OwnApplications) -> Verdict:
    """Who was given late access: the staff, except those who applied in the round, before it is decided."""
    return unless_rival(hidden_from_others(officer(actor, initiative)), round, own)


def sees_timeline(
    actor: Actor,
    initiative: Initiative,
    *,
    applicant: str | None = None,
    round: Round | None = None,
    own: OwnApplications = NONE_OWN,
) -> Verdict:
    """Everything that happened in a stream, pseudonymous and without sealed texts: the staff and funders; and the
    applicant for their own application or grant, without the jurors' handles.

    `applicant` is the party whose application or grant it is; None for the stream of a call, a fund or an initiative.
    `round` is the application's round: funders see the application only once that is decided, because its times could
    tell who applied. `own` are the actor's applications in the round: staff who have one do not see the others before
    the decision. For their own applications, staff are treated as applicants.
    """
    if applicant is not None and acts_for(actor, applicant):
        return Allowed(Role.APPLICANT)
    if applicant is not None and is_avoided(applicant, own):
        return Denied(NOT_YOURS, hidden=True)
    verdict = member(actor.id, initiative, Role.OFFICER, Role.FUNDER)
    if (
        isinstance(verdict, Allowed)
        and verdict.role is Role.FUNDER
        and round is not None
        and round.status is not RoundStatus.DECIDED
    ):
        return Denied(msg("Funders can follow an application once its round is decided."))
    return hidden_from_others(verdict if round is None else unless_rival(verdict, round, own))


def sees_titles(role: Role, round: Round, *, own: bool, conflict: bool, read: Reading) -> bool:
    """Whether a timeline opened in `role` shows an application of a round by its title; if not, it shows its handle.

    Applicants see the titles of their `own`. Staff see a title unless they declared a `conflict` with the application,
    and only once they have read the round's answers (`read`), or where reading them no longer excludes anybody from
    anything. So a timeline shows no title that was not read before, and opening it need not be recorded as a reading.
    Funders see handles. A person who judges an application is not shown its entries at all.
    """
    if own:
        return True
    if role is not Role.OFFICER or conflict:
        return False
    return read.has("answers") or not still_excludes("answers", round)


def sees_waiting_places(actor: Actor, *, applicant: str | None = None, conflict_in_call: bool) -> bool:
    """Whether a person sees the places of a round's applications on the waiting list: the `applicant` their own; other
    people unless they declared a conflict with an application of the call, whose place would show as the missing
    number.

    `conflict_in_call`: the actor declared a conflict with an application of the call, in whichever stage. Whether they see the
    application at all is checked before. The panel's ranking instead leaves that application out and renumbers the
    places, so that a chair with a conflict can still order the list.
    """
    return (applicant is not None and acts_for(actor, applicant)) or not conflict_in_call
