"""Who may act on an application: apply, examine, review and decide, none of them for themself or despite a conflict."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from domain.access.members import member, officer
from domain.access.ties import (
    CONFLICTED,
    NOT_YOURS,
    UNDECLARED,
    declared_conflict,
    disinterested,
    own_reviews,
    undeclared,
)
from domain.applications import Application
from domain.deciding import Allowed, Denied, Verdict
from domain.initiatives import Initiative
from domain.reviews import JUDGING, Review
from domain.values import SYSTEM, Role


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
    verdict = disinterested(officer_on(actor, initiative, application), own)
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
    return disinterested(officer(actor, initiative), own)


def decides_on(
    actor: str,
    initiative: Initiative,
    *,
    own: Collection[str],
    reviews: Iterable[Review],
    no_chair_can: bool = False,
) -> Verdict:
    """The chair, on an application that they may read: not one with which they declared a conflict, nor one that they
    were asked to review without ever answering whether they have one. `reviews` are all reviews of it, and `own` are the
    actor's applications in the round, which must be none.

    Where `no_chair_can`, for each has a conflict with it or applied in the round, a juror decides who was asked to review
    it and declared no conflict.
    """
    mine = own_reviews(actor, reviews)
    verdict = chairs_panel(actor, initiative, own=own)
    if no_chair_can and mine and Role.CHAIR not in initiative.roles(actor):
        verdict = disinterested(member(actor, initiative, Role.JUROR), own)
    if isinstance(verdict, Allowed):
        if declared_conflict(actor, mine):
            return Denied(CONFLICTED)
        if undeclared(mine):
            return Denied(UNDECLARED)
    return verdict


def chairs_panel(actor: str, initiative: Initiative, *, own: Collection[str]) -> Verdict:
    """The chair; `own` are the actor's applications in the round, which must be none."""
    return disinterested(member(actor, initiative, Role.CHAIR), own)


def confirms_panel(
    actor: str, initiative: Initiative, *, own: Collection[str], conflicts: Collection[str]
) -> Verdict:
    """Staff or a chair, who answer for every outcome of the round: `own` are the actor's applications in it, and
    `conflicts` those with which they declared a conflict; both must be none."""
    verdict = disinterested(member(actor, initiative, Role.OFFICER, Role.CHAIR), own)
    if isinstance(verdict, Allowed) and conflicts:
        return Denied(
            "You declared a conflict of interest with an application of this round; another person confirms."
        )
    return verdict
