"""Access to applications for those who apply, examine, review and decide. Nobody acts on their own application, or on
one with which they have a conflict."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from domain.access.members import member, officer
from domain.access.ties import (
    CONFLICTED,
    NOT_YOURS,
    UNDECLARED,
    declared_conflict,
    is_avoided,
    is_kept_from,
    owes_declaration,
    own_reviews,
    unless_applied,
    unless_knows,
)
from domain.applications.state import Application
from domain.deciding import Allowed, Denied, Verdict
from domain.initiatives.state import Initiative
from domain.messages import msg
from domain.parties import Actor, acts_for, is_tied_to
from domain.readings import Reading
from domain.reviews.facts import JUDGING
from domain.reviews.state import Review
from domain.stages import Stage
from domain.values import SYSTEM, Role

UNREAD: Final = msg(
    "In a blind call, jurors are asked by staff who have read the applications and so do not judge themselves. Read the "
    "application first if you will not judge, or leave this to a colleague."
)

APPLIED: Final = msg(
    "You applied in this round, helped to write an application, or act or acted for an organisation that applied, so you cannot judge in it. Declare a conflict "
    "of interest instead."
)


def officer_on(actor: Actor, initiative: Initiative, application: Application) -> Verdict:
    """The staff, except on their own application and on those of organisations for which they act or have acted."""
    verdict = officer(actor.id, initiative)
    if isinstance(verdict, Allowed) and actor.id == application.applicant:
        return Denied(msg("This is your own application, so somebody else must do this."))
    if isinstance(verdict, Allowed) and is_tied_to(actor, application.applicant):
        return Denied(
            msg("You act for the organisation that applied, or did so before, so somebody else must do this.")
        )
    if isinstance(verdict, Allowed) and actor.id in application.writers:
        return Denied(msg("You helped to write this application, so somebody else must do this."))
    return verdict


def examines(
    actor: Actor,
    initiative: Initiative,
    application: Application,
    *,
    own: Collection[str],
    reviews: Iterable[Review],
) -> Verdict:
    """The staff who examine applications and see who reviews them. Not in a round in which they applied themselves,
    because the others are their rivals, and not on an application with which they declared a conflict.

    `own` are the actor's applications in the round, `reviews` all reviews of the application.
    """
    if is_avoided(application.applicant, own):
        return Denied(NOT_YOURS, hidden=True)
    verdict = unless_applied(officer_on(actor, initiative, application), own)
    if isinstance(verdict, Allowed) and declared_conflict(actor.id, reviews):
        return Denied(CONFLICTED)
    return verdict


def asks_juror(
    actor: Actor,
    initiative: Initiative,
    stage: Stage,
    application: Application,
    *,
    own: Collection[str],
    read: Reading,
    reviews: Iterable[Review],
) -> Verdict:
    """The staff who choose an application's jurors, as in `examines`. In a blind stage only staff who have read who
    applied, and so cannot judge or decide: if a juror cannot be asked, that may show that they applied. `read` is what
    the actor has read of the round."""
    verdict = examines(actor, initiative, application, own=own, reviews=reviews)
    if isinstance(verdict, Allowed) and stage.blind and not read.breaks_blindness:
        return Denied(UNREAD)
    return verdict


def applies(actor: Actor, party: str, *, read: Reading, colleagues: Iterable[Reading] = ()) -> Verdict:
    """Every registered person, for themselves or for an organisation of which they are a member, unless they have read
    others' applications in the round, as staff or to judge them.

    `read` is what the actor has read of it besides the party's own applications (`domain.readings.of_rivals`), `colleagues`
    what the organisation's other members have. Former members do not count here: an organisation is not excluded by people
    who left it.
    """
    if actor.id == SYSTEM:
        return Denied(msg("Sign in to apply."))
    if not acts_for(actor, party):
        return Denied(NOT_YOURS, hidden=True)
    if read.knows_rivals:
        return Denied(msg("You have read applications of this round, so you cannot apply in it."))
    if any(reading.knows_rivals for reading in colleagues):
        return Denied(
            msg(
                "Somebody who acts for this organisation has read applications of this round, "
                "so it cannot apply in it."
            )
        )
    return Allowed(Role.APPLICANT)


def helps_to_write(
    read: Reading, *, judged: Collection[str], received: bool, roles: Collection[Role]
) -> Verdict:
    """Those who were invited to write in the draft of an application, as long as they have not read others'
    applications, as staff or to judge them. In the draft of changes to one that was `received` already, nobody with a role
    in its call: they could be asked to judge it at the same time.

    `read` is what they have read of the rounds in which it has rivals, and `judged` are the applications that they were
    asked to review in these, whatever roles they hold now; both without those of the applicant if they act for it.
    """
    if judged:
        return Denied(
            msg("You were asked to review applications to this call, so you cannot write in a draft for it.")
        )
    if read.knows_rivals:
        return Denied(msg("You have read applications to this call, so you cannot write in a draft for it."))
    if received and roles:
        return Denied(
            msg("You have a role in this call, so you cannot write in an application that it has received.")
        )
    return Allowed(Role.APPLICANT)


def enters(actor: Actor, initiative: Initiative, *, own: Collection[str]) -> Verdict:
    """The staff who enter an application for somebody who cannot, and so have read it; not in a round in which they applied."""
    return unless_applied(officer(actor.id, initiative), own)


def applicant(actor: Actor, application: Application) -> Verdict:
    """The applicant: the person, or a member of the organisation that applied."""
    return (
        Allowed(Role.APPLICANT) if acts_for(actor, application.applicant) else Denied(NOT_YOURS, hidden=True)
    )


def writes(
    actor: Actor, application: Application, *, read: Reading, colleagues: Iterable[Reading] = ()
) -> Verdict:
    """The applicant, who changes or resubmits their application or continues with it in the next stage, unless they have read
    others' applications since they applied, or before they joined the organisation that applied: `read` and `colleagues` are as
    in `applies`, of all rounds that the application went through or is about to reach."""
    verdict = applicant(actor, application)
    if isinstance(verdict, Allowed) and read.knows_rivals:
        return Denied(
            msg("You have read others' applications to this call, so you can no longer write in this one.")
        )
    if isinstance(verdict, Allowed) and any(reading.knows_rivals for reading in colleagues):
        return Denied(
            msg(
                "Somebody who acts for this organisation has read others' applications to this call, so it can no longer "
                "write in its own."
            )
        )
    return verdict


def juror_of(actor: str, initiative: Initiative, review: Review) -> Verdict:
    """The juror of this review, as long as they are a juror or chair of the initiative."""
    verdict = member(actor, initiative, *JUDGING)
    if isinstance(verdict, Allowed) and actor != review.juror:
        return Denied(msg("This review belongs to another juror."))
    return verdict


def declares_no_conflict(
    actor: str,
    initiative: Initiative,
    stage: Stage,
    review: Review,
    *,
    own: Collection[str],
    read: Reading,
) -> Verdict:
    """The juror whose review it is, unless they began to act for an applicant of the round after they were asked, or
    the applicant named them meanwhile as somebody who must not read it: then it does not exist for them. In a blind
    stage only as long as they do not know who applied. `own` are the applications in the round of all parties with
    which they are tied, `read` is what they have read of it."""
    verdict = juror_of(actor, initiative, review)
    if isinstance(verdict, Allowed) and is_kept_from(review.application, own):
        return Denied(NOT_YOURS, hidden=True)
    if isinstance(verdict, Allowed) and own:
        return Denied(APPLIED)
    return unless_knows(verdict, stage, read)


def submits_review(
    actor: str,
    initiative: Initiative,
    stage: Stage,
    review: Review,
    *,
    own: Collection[str],
    read: Reading,
) -> Verdict:
    """The juror whose review it is, unless they have seen others' scores of the application; the rest is as in
    `declares_no_conflict`."""
    verdict = declares_no_conflict(actor, initiative, stage, review, own=own, read=read)
    if isinstance(verdict, Allowed) and read.has("scores", review.application):
        return Denied(msg("You have seen others' scores of this application, so you cannot review it."))
    return verdict


def changes_review(
    actor: str,
    initiative: Initiative,
    stage: Stage,
    review: Review,
    *,
    own: Collection[str],
    read: Reading,
) -> Verdict:
    """The juror whose review it is, as in `submits_review`."""
    verdict = declares_no_conflict(actor, initiative, stage, review, own=own, read=read)
    if isinstance(verdict, Allowed) and read.has("scores", review.application):
        return Denied(
            msg("You have seen others' scores of this application, so you can no longer change your review.")
        )
    return verdict


def opens_panel(actor: str, initiative: Initiative, *, own: Collection[str]) -> Verdict:
    """The staff; `own` are the actor's applications in the round, and there must be none."""
    return unless_applied(officer(actor, initiative), own)


def plans_announcement(actor: str, initiative: Initiative, *, own: Collection[str]) -> Verdict:
    """The staff who choose when results are announced: `own` are the actor's applications in the round, and there must
    be none."""
    return unless_applied(officer(actor, initiative), own)


def announces(actor: str, initiative: Initiative, *, own: Collection[str]) -> Verdict:
    """The staff, as in `plans_announcement`, or the due date that they planned."""
    return Allowed(Role.SYSTEM) if actor == SYSTEM else plans_announcement(actor, initiative, own=own)


def extends_round(actor: str, initiative: Initiative, *, own: Collection[str]) -> Verdict:
    """The staff who extend a round's deadline; `own` are the actor's applications in the round, and there must be
    none."""
    return unless_applied(officer(actor, initiative), own)


def sets_reviews_due(actor: str, initiative: Initiative, *, own: Collection[str]) -> Verdict:
    """The staff who say until when reviews are to be submitted, as in `extends_round`."""
    return extends_round(actor, initiative, own=own)


def lets_in_late(actor: Actor, initiative: Initiative, *, applicant: str, own: Collection[str]) -> Verdict:
    """The staff who give an applicant late access, as in `extends_round`; not to themselves, nor to an organisation for
    which they act or have acted."""
    verdict = extends_round(actor.id, initiative, own=own)
    if isinstance(verdict, Allowed) and applicant == actor.id:
        return Denied(msg("You cannot give yourself more time; another member of the staff can."))
    if isinstance(verdict, Allowed) and is_tied_to(actor, applicant):
        return Denied(
            msg(
                "You act for this organisation, or did so before, so another member of the staff must give it "
                "more time."
            )
        )
    return verdict


def decides_on(
    actor: str,
    initiative: Initiative,
    stage: Stage,
    *,
    own: Collection[str],
    read: Reading,
    reviews: Iterable[Review],
    no_chair_can: bool = False,
) -> Verdict:
    """The chair, on an application that they may read: not one with which they declared a conflict, and not one that
    they were asked to review without having declared whether they have a conflict. `reviews` are all reviews of it;
    `own` and `read` are as in `chairs_panel`.

    If `no_chair_can` decide, because each has a conflict with it or is excluded from the panel, a juror decides who was asked
    to review it, declared no conflict, and meets the conditions for a chair.
    """
    mine = own_reviews(actor, reviews)
    verdict = chairs_panel(actor, initiative, stage, own=own, read=read)
    if no_chair_can and mine and Role.CHAIR not in initiative.roles(actor):
        verdict = _decides(Role.JUROR, actor, initiative, stage, own=own, read=read)
    if isinstance(verdict, Allowed):
        if declared_conflict(actor, mine):
            return Denied(CONFLICTED)
        if owes_declaration(actor, mine):
            return Denied(UNDECLARED)
    return verdict


def chairs_panel(
    actor: str, initiative: Initiative, stage: Stage, *, own: Collection[str], read: Reading
) -> Verdict:
    """The chair; in a blind stage only one who is not an officer and does not know who applied. `own` are the actor's
    applications in the round, and there must be none; `read` is what they have read of it."""
    return _decides(Role.CHAIR, actor, initiative, stage, own=own, read=read)


def closes_panel(
    actor: str,
    initiative: Initiative,
    stage: Stage,
    *,
    own: Collection[str],
    read: Reading,
    in_place_of_chair: bool,
) -> Verdict:
    """The chair, as in `chairs_panel`; or a juror `in_place_of_chair` who meets the conditions for one."""
    if in_place_of_chair and Role.CHAIR not in initiative.roles(actor):
        return _decides(Role.JUROR, actor, initiative, stage, own=own, read=read)
    return chairs_panel(actor, initiative, stage, own=own, read=read)


def _decides(
    role: Role, actor: str, initiative: Initiative, stage: Stage, *, own: Collection[str], read: Reading
) -> Verdict:
    verdict = unless_applied(member(actor, initiative, role), own)
    if isinstance(verdict, Denied) or not stage.blind:
        return verdict
    if Role.OFFICER in initiative.held(actor):
        return Denied(msg("In a blind call officers do not decide; a chair who is not an officer does."))
    return unless_knows(verdict, stage, read)


def confirms_panel(
    actor: str, initiative: Initiative, *, own: Collection[str], conflicts: Collection[str]
) -> Verdict:
    """Staff or a chair. They approve all outcomes of the round, so `own`, their applications in it, and `conflicts`,
    those of the panel with which they declared a conflict in this stage or an earlier one, must both be empty. They
    choose no outcome, so they may know who applied."""
    verdict = unless_applied(member(actor, initiative, Role.OFFICER, Role.CHAIR), own)
    if isinstance(verdict, Allowed) and conflicts:
        return Denied(
            msg(
                "You declared a conflict of interest with an application of this round, so somebody else must confirm the "
                "panel."
            )
        )
    return verdict
