"""Who may see applications and what the jury makes of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from domain.access.members import member, officer
from domain.access.reviewing import applicant, examines
from domain.access.ties import (
    CONFLICTED,
    UNDECLARED,
    WITH_PANEL,
    declared_conflict,
    hidden_from_others,
    owes,
    owes_declaration,
    own_reviews,
    unless_rival,
    was_asked_to_judge,
)
from domain.applications.state import Application
from domain.deciding import Allowed, Denied, Verdict
from domain.initiatives import Initiative
from domain.messages import msg
from domain.parties import Actor, acts_for, is_tied_to
from domain.readings import Reading, still_excludes
from domain.reviews.facts import JUDGING
from domain.reviews.state import Review, ReviewStatus
from domain.rounds.state import Round, RoundStatus
from domain.stages import Stage
from domain.values import Role


def reads_of_round(actor: str, initiative: Initiative, round: Round, *, own: Collection[str]) -> Verdict:
    """Whose reading of a round is recorded before they are shown it: the staff's and the jury's, but not of whoever
    applied in it, to whom nothing of others is shown. `own` are the actor's applications in the round."""
    return unless_rival(hidden_from_others(member(actor, initiative, Role.OFFICER, *JUDGING)), round, own)


def sees_application(
    actor: Actor,
    initiative: Initiative,
    round: Round,
    application: Application,
    reviews: Iterable[Review],
    *,
    own: Collection[str],
) -> Verdict:
    """The title and the answers: the applicant; the staff; a juror who declared no conflict with it; and the chair once
    the round is in panel, unless they declared one. `reviews` are all reviews of the application. Of what they were asked
    to judge, staff are jurors until the round is decided.

    `own` are the actor's applications in the round; whoever has one sees no other before it is decided. Who applied is
    another question (`sees_applicant`), and so are answers that identify.
    """
    if acts_for(actor, application.applicant):
        return Allowed(Role.APPLICANT)
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


def sees_applicant(
    actor: Actor,
    initiative: Initiative,
    stage: Stage,
    round: Round,
    application: Application,
    reviews: Iterable[Review],
    *,
    own: Collection[str],
) -> Verdict:
    """Who applied, and answers that identify: whoever sees the application, but a juror or chair only in an open
    stage."""
    verdict = sees_application(actor, initiative, round, application, reviews, own=own)
    if isinstance(verdict, Allowed) and verdict.role in JUDGING and stage.blind:
        return Denied(msg("In this call, jurors do not see who applied."))
    return verdict


def sees_reviews(
    actor: Actor,
    initiative: Initiative,
    round: Round,
    application: Application,
    reviews: Iterable[Review],
    *,
    own: Collection[str],
) -> Verdict:
    """The scores and the jury's comments on an application: the staff; its jurors once their own review is submitted;
    the jury once the round is in panel; funders the scores, once it is decided. `reviews` are all reviews of it.

    Not shown to: the applicant; whoever declared a conflict; whoever owes a review of it; before the decision, whoever
    applied in the round (`own` are the actor's applications in it). Staff who are also jurors or chairs see them when the
    jury does.
    """
    if is_tied_to(actor, application.applicant):
        return Denied(msg("Applicants do not see the reviews of their application."))
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


def sees_assignments(
    actor: Actor,
    initiative: Initiative,
    application: Application,
    reviews: Iterable[Review],
    *,
    own: Collection[str],
) -> Verdict:
    """Who was asked to review an application, and who has submitted, without scores and comments: the staff who choose
    its jurors, also those who owe a review of it themselves."""
    return hidden_from_others(examines(actor, initiative, application, own=own, reviews=reviews))


def sees_feedback(actor: Actor, round: Round, application: Application) -> Verdict:
    """The reviews' comments for the applicant, and never who wrote them: the applicant, once the round is decided."""
    verdict = applicant(actor, application)
    if isinstance(verdict, Allowed) and round.status is not RoundStatus.DECIDED:
        return Denied(msg("You can see the comments on your application once the round is decided."))
    return verdict


def sees_ranking(
    actor: str,
    initiative: Initiative,
    round: Round,
    *,
    own: Collection[str],
    owed: Collection[str] = (),
) -> Verdict:
    """The ranking of a round: the staff; the jury once the round is in panel; funders once it is decided.

    Staff who judge too wait with the jury, for the ranking tells others' scores; and so does, in whatever role, whoever
    owes a review in the round still: `owed` are the applications that the actor has yet to review. `own` are their own
    in the round; whoever has one sees nothing of the ranking before it is decided.
    """
    if own and round.status is not RoundStatus.DECIDED:
        return Denied(
            msg("You applied in this round, so its ranking is not shown to you before it is decided.")
        )
    of_jury = not initiative.roles(actor).isdisjoint(JUDGING)
    if round.status is RoundStatus.DECIDED:
        return hidden_from_others(member(actor, initiative, Role.OFFICER, *JUDGING, Role.FUNDER))
    if round.status is RoundStatus.IN_PANEL:
        return hidden_from_others(member(actor, initiative, Role.OFFICER, *JUDGING))
    if of_jury or owed:
        return Denied(msg("The ranking is shown once the panel is open, so that it influences no review."))
    return hidden_from_others(officer(actor, initiative))


def sees_progress(actor: str, initiative: Initiative, round: Round, *, own: Collection[str]) -> Verdict:
    """How many reviews each application of a round has and needs, without a score: the staff, who ask jurors; the chair,
    who lowers a quorum; and jurors, of what they were asked to judge, as one of them may have to in the chair's place. Not
    whoever applied in it, before it is decided: `own` are the actor's applications in it.

    A juror is allowed here; the query leaves out what they were not asked to judge (`projections.review_progress`).
    """
    verdict = member(actor, initiative, Role.OFFICER, Role.CHAIR, Role.JUROR)
    return unless_rival(hidden_from_others(verdict), round, own)


def sees_late_access(actor: str, initiative: Initiative, round: Round, *, own: Collection[str]) -> Verdict:
    """Who was let in late: the staff, but not whoever applied in the round, before it is decided."""
    return unless_rival(hidden_from_others(officer(actor, initiative)), round, own)


def sees_timeline(
    actor: Actor,
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
    if applicant is not None and acts_for(actor, applicant):
        return Allowed(Role.APPLICANT)
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
    """Whether a timeline that somebody opened in `role` names an application of a round by its title; else it names it by
    its handle.

    Applicants are told the title of their `own`. The staff are told one unless they declared a `conflict` with the
    application, and only once they have read what was written in the round (`read`), or where reading it keeps nobody
    from anything any more: so a timeline shows no title that was not read already, and no reading of it has to be
    recorded. Funders follow applications by their handles. What somebody judges they are not told of at all.
    """
    if own:
        return True
    if role is not Role.OFFICER or conflict:
        return False
    return read.has("answers") or not still_excludes("answers", round)


def sees_waiting_places(actor: Actor, *, applicant: str | None = None, conflict_in_round: bool) -> bool:
    """Whether somebody is told the places that applications of a round have on its waiting list: the `applicant` their own;
    nobody else who declared a conflict with one of the round, whose place shows as the one missing between the others.

    `conflict_in_round`: the actor declared one with an application of the round. Whether they see the application at all is
    asked before. The panel's ranking leaves the application out and renumbers the places instead, so that a chair with a
    conflict has an order to work with.
    """
    return (applicant is not None and acts_for(actor, applicant)) or not conflict_in_round
