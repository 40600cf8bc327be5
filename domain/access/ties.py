"""A person's ties to an application: a declared conflict, a review that they owe, or an application of their own."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from domain.applications.state import Application
from domain.deciding import Allowed, Denied, Verdict
from domain.messages import msg
from domain.parties import Actor, OwnApplications, is_tied_to
from domain.readings import Reading
from domain.reviews.state import OUTSTANDING, STEPPED_BACK, Review, undeclared
from domain.rounds.state import Round, RoundStatus
from domain.stages import Stage

NOT_YOURS: Final = msg("You have no access to this.")
CONFLICTED: Final = msg("You declared a conflict of interest with this application.")
UNDECLARED: Final = msg("Declare first whether you have a conflict of interest with this application.")

KNOWS: Final = msg(
    "This call is blind, and you have seen who applied, what they wrote or when. So you cannot judge or decide in it."
)

WITH_PANEL: Final = (RoundStatus.IN_PANEL, RoundStatus.DECIDED)
"""The states of a round in which the jury reads all applications."""


def declared_conflict(actor: str, reviews: Iterable[Review]) -> bool:
    """Whether a person declared a conflict in one of an application's reviews. Then they do not see it in any role."""
    return any(review.status in STEPPED_BACK for review in own_reviews(actor, reviews))


def has_ties(actor: Actor, application: Application, reviews: Iterable[Review]) -> bool:
    """Whether a person has ties to an application: they act or acted for its applicant, helped to write it, or declared
    a conflict in one of these `reviews` of it. Whatever their other roles, they read of it no more than applicants
    do."""
    return (
        is_tied_to(actor, application.applicant)
        or actor.id in application.writers
        or declared_conflict(actor.id, reviews)
    )


def was_asked_to_judge(actor: str, round: Round, reviews: Iterable[Review]) -> bool:
    """Whether a person was asked to review an application whose round is not decided. Until the decision they see it as
    a juror, whatever other roles they have."""
    return round.status is not RoundStatus.DECIDED and bool(own_reviews(actor, reviews))


def is_judging(actor: str, round: Round, reviews: Iterable[Review]) -> bool:
    """Whether a person was asked to review an application whose round is not decided, and did not step back."""
    return was_asked_to_judge(actor, round, reviews) and not declared_conflict(actor, reviews)


def own_reviews(actor: str, reviews: Iterable[Review]) -> tuple[Review, ...]:
    """A person's own reviews among those of an application."""
    return tuple(review for review in reviews if review.juror == actor)


def owes(actor: str, reviews: Iterable[Review]) -> bool:
    """Whether a person was asked for one of these reviews and has neither submitted it nor stepped back."""
    return any(review.status in OUTSTANDING for review in own_reviews(actor, reviews))


def owes_declaration(actor: str, reviews: Iterable[Review]) -> bool:
    """Whether a person was asked in one of these reviews whether they have a conflict, and has not answered."""
    return any(undeclared(review) for review in own_reviews(actor, reviews))


def unless_applied(verdict: Verdict, own: Collection[str]) -> Verdict:
    """Those who decide on a round, except people who applied in it: `own` are their applications in it."""
    if isinstance(verdict, Allowed) and own:
        return Denied(
            msg(
                "You or your organisation applied in this round, or you helped to write an application, so you cannot take part in deciding on it."
            )
        )
    return verdict


def unless_knows(verdict: Verdict, stage: Stage, read: Reading) -> Verdict:
    """Those who judge or decide; in a blind stage, except people who know who applied: `read` is what they have read of
    the round."""
    if isinstance(verdict, Allowed) and stage.blind and read.breaks_blindness:
        return Denied(KNOWS)
    return verdict


def unless_rival(verdict: Verdict, round: Round, own: OwnApplications) -> Verdict:
    """Staff and jury, except people who applied in the round: the others are their rivals until it is decided, and longer if
    their own application goes on in a later stage (`hides_rivals`)."""
    if isinstance(verdict, Allowed) and hides_rivals(round, own):
        return Denied(
            msg(
                "You or your organisation applied in this round, or you helped to write an application, so others are not shown to you before it is decided."
            )
            if round.status is not RoundStatus.DECIDED
            else msg(
                "You or your organisation applied to this call, or you helped to write an application, and it is invited to a later stage, so others are not "
                "shown to you before that is decided."
            )
        )
    return verdict


def hides_rivals(round: Round, own: OwnApplications) -> bool:
    """Whether others' applications of a round are those of rivals: until it is decided, and as long as an application of one's
    own is in play in a later stage, because rivals there wrote and were scored here."""
    return bool(own) and (own.competing or round.status is not RoundStatus.DECIDED)


def is_avoided(applicant: str, own: Collection[str]) -> bool:
    """Whether an applicant never wants the person to read their applications: `own` are the person's `OwnApplications`. Then
    it is for them as if the application did not exist, so that nobody tells them that they were named."""
    return isinstance(own, OwnApplications) and applicant in own.avoided_by


def is_kept_from(application: str, own: Collection[str]) -> bool:
    """Whether a person must never read an application, because its applicant named them (`is_avoided`)."""
    return isinstance(own, OwnApplications) and application in own.avoided


def hidden_from_others(verdict: Verdict) -> Verdict:
    """Members get the reason; for everybody else, the thing does not exist."""
    return Denied(NOT_YOURS, hidden=True) if isinstance(verdict, Denied) and verdict.hidden else verdict
