"""Access to the correspondence about an application: messages, and the notes of the staff."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from domain.access.reading import sees_as_staff
from domain.access.reviewing import examines
from domain.access.ties import NOT_YOURS, hidden_from_others
from domain.applications.state import Application
from domain.deciding import Allowed, Denied, Verdict
from domain.initiatives.state import Initiative
from domain.messages import msg
from domain.parties import Actor, OwnApplications, acts_for
from domain.reviews.state import Review
from domain.rounds.state import Round
from domain.values import Role

_JUDGING: Final = msg(
    "You were asked to review this application, so you see neither its messages nor its notes before the decision."
)


def corresponds(
    actor: Actor,
    initiative: Initiative,
    round: Round,
    application: Application,
    reviews: Collection[Review],
    *,
    own: OwnApplications,
) -> Verdict:
    """Reading and writing messages about an application: the applicant and those who act for them, and the staff. The arguments
    are those of `sees_application`."""
    if acts_for(actor, application.applicant):
        return Allowed(Role.APPLICANT)
    return _as_staff(actor, initiative, round, application, reviews, own=own)


def sees_notes(
    actor: Actor,
    initiative: Initiative,
    round: Round,
    application: Application,
    reviews: Collection[Review],
    *,
    own: OwnApplications,
) -> Verdict:
    """Reading and writing the notes of the staff: the staff, but nobody who acts for the applicant. For these it is as if there
    were no notes."""
    if acts_for(actor, application.applicant):
        return Denied(NOT_YOURS, hidden=True)
    return _as_staff(actor, initiative, round, application, reviews, own=own)


def _as_staff(
    actor: Actor,
    initiative: Initiative,
    round: Round,
    application: Application,
    reviews: Collection[Review],
    *,
    own: OwnApplications,
) -> Verdict:
    """The staff who examine the application and see it as staff: without ties to it, without an application of their own in the
    round, and not while they are asked to review it."""
    verdict = hidden_from_others(examines(actor, initiative, application, own=own, reviews=reviews))
    if isinstance(verdict, Allowed) and not sees_as_staff(
        actor, initiative, round, application, reviews, own=own
    ):
        return Denied(_JUDGING)
    return verdict
