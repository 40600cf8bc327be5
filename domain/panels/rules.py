"""The rules for panels, other than for outcomes: one function for each command."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from domain import limits
from domain.applications.state import Application, ApplicationStatus, to_settle, unsettled
from domain.calls.state import Call
from domain.deciding import Fact
from domain.messages import counted, msg
from domain.panels.facts import (
    PanelClosed,
    PanelConfirmed,
    PanelNoteWritten,
    PanelOpened,
    PanelOutcomeEnded,
    PanelReopened,
    PanelReturned,
    ReturnReason,
)
from domain.panels.ranking import rank
from domain.panels.state import Panel, PanelStatus
from domain.refusals import Refused
from domain.reviews.state import Review, ReviewStatus
from domain.reviews.writing import check_eligible
from domain.rounds.state import Round
from domain.texts import check_text


def open_panel(
    panel_id: str,
    round_id: str,
    round: Round,
    call: Call,
    *,
    applications: Mapping[str, Application],
    reviews: Iterable[Review],
) -> tuple[Fact, ...]:
    """Open the panel of a round, with a fixed ranking of its eligible applications, each of which has the reviews that
    it needs.

    `applications` are all that the round received, `reviews` all reviews of them.
    """
    stage = call.stage(round.stage)
    left = to_settle(unsettled(each.status for each in applications.values() if each.status is not None))
    if left:
        raise Refused(left[0])
    submitted: dict[str, list[Review]] = {
        application_id: []
        for application_id, application in applications.items()
        if application.status is ApplicationStatus.ELIGIBLE
    }
    for review in reviews:
        if review.status is ReviewStatus.SUBMITTED and review.application in submitted:
            submitted[review.application].append(review)
    lacking = sum(
        len(written) < round.quorum(application, stage) for application, written in submitted.items()
    )
    if lacking:
        raise Refused(
            counted(
                "{count} eligible application does not have enough reviews. Ask another juror; if nobody is left to ask, "
                "the chair can lower the quorum.",
                "{count} eligible applications do not have enough reviews. Ask other jurors; where nobody is left to ask, "
                "the chair can lower the quorum.",
                count=lacking,
            )
        )
    return (
        PanelOpened(
            panel=panel_id,
            initiative=call.initiative,
            call=round.call,
            round=round_id,
            stage=round.stage,
            ranking=rank(submitted, call.rubrics[round.stage]),
        ),
    )


def close(
    panel_id: str, panel: Panel, *, chair: str, applications: Mapping[str, Application]
) -> tuple[Fact, ...]:
    """Close a panel once every ranked application that was not withdrawn has an outcome."""
    if panel.status is not PanelStatus.OPENED:
        raise Refused(msg("Only an open panel can be closed; this one is {status}.", status=panel.status))
    _check_complete(panel, applications)
    return (PanelClosed(panel=panel_id, chair=chair),)


def confirm(
    panel_id: str,
    panel: Panel,
    call: Call,
    *,
    confirmer: str,
    deciders: Collection[str],
    applications: Mapping[str, Application],
    versioned: bool,
) -> tuple[Fact, ...]:
    """Confirm a closed panel's decision, as somebody other than the chair who closed it and the `deciders`, who set an
    outcome in it (even one that was changed later). On the fast track the panel may still be open, once each of the
    ranked `applications` has an outcome, and if the confirmer named the version that they read (`versioned`)."""
    if call.on_fast_track and panel.status is PanelStatus.OPENED:
        _check_complete(panel, applications)
        _check_second(panel, confirmer, deciders)
        if not versioned:
            raise Refused(
                msg(
                    "This panel is still open, so its decisions can change. Read them, then confirm with the version that "
                    "you read."
                )
            )
    elif panel.status is not PanelStatus.CLOSED:
        raise Refused(msg("Only a closed panel can be confirmed; this one is {status}.", status=panel.status))
    _check_second(panel, confirmer, deciders)
    return (PanelConfirmed(panel=panel_id, confirmer=confirmer),)


def return_to_chair(
    panel_id: str, panel: Panel, *, returner: str, deciders: Collection[str], reason: ReturnReason
) -> tuple[Fact, ...]:
    """Return a closed panel to the chair, by somebody who could confirm it."""
    if panel.status is not PanelStatus.CLOSED:
        raise Refused(
            msg(
                "Only a closed panel can be returned to the chair; this one is {status}.", status=panel.status
            )
        )
    _check_second(panel, returner, deciders)
    return (PanelReturned(panel=panel_id, returner=returner, reason=reason),)


def write_note(
    panel_id: str, panel: Panel, *, application_id: str, application: Application, text: str
) -> tuple[Fact, ...]:
    """Write a note on a ranked application for the panel, until its decision is confirmed."""
    if panel.status not in (PanelStatus.OPENED, PanelStatus.CLOSED):
        raise Refused(msg("The decision is confirmed, so the panel writes no more notes."))
    check_eligible(application)
    return (
        PanelNoteWritten(
            panel=panel_id,
            application=application_id,
            dossier=application.dossier,
            text=check_text(text, "text", most=limits.COMMENT, long=True),
        ),
    )


def end_decisions(panel_id: str, panel: Panel, *, person: str) -> tuple[Fact, ...]:
    """Record that what a person decided in a panel no longer counts, because they begin to act for an applicant of its round;
    nothing for a panel that is confirmed, because two people have decided it."""
    if panel.status not in (PanelStatus.OPENED, PanelStatus.CLOSED):
        return ()
    ended = tuple(
        PanelOutcomeEnded(panel=panel_id, application=application)
        for application, decision in sorted(panel.outcomes().items())
        if decision.decider == person
    )
    if panel.status is PanelStatus.CLOSED and (ended or panel.chair == person):
        return (PanelReopened(panel=panel_id), *ended)
    return ended


def is_complete(panel: Panel, applications: Mapping[str, Application]) -> bool:
    """Whether a panel could be closed, or confirmed on the fast track: all outcomes are set. Not if one of the ranked `applications` is
    missing, because it cannot be read."""
    if any(place.application not in applications for place in panel.ranking):
        return False
    try:
        _check_complete(panel, applications)
    except Refused:
        return False
    return True


def _check_complete(panel: Panel, applications: Mapping[str, Application]) -> None:
    """Raise `Refused` unless every ranked application that was not withdrawn has an outcome, and the waiting list is
    numbered."""
    outcomes = panel.outcomes()
    left = [
        place.application
        for place in panel.ranking
        if applications[place.application].status is not ApplicationStatus.WITHDRAWN
    ]
    undecided = sum(application not in outcomes for application in left)
    if undecided:
        raise Refused(
            counted(
                "{count} application has no outcome yet.",
                "{count} applications have no outcome yet.",
                count=undecided,
            )
        )
    ranks = sorted(rank for application in left if (rank := outcomes[application].rank) is not None)
    if ranks != list(range(1, len(ranks) + 1)):
        raise Refused(msg("Number the places on the waiting list from 1, without gaps and each only once."))


def _check_second(panel: Panel, person: str, deciders: Collection[str]) -> None:
    """Raise `Refused` for people who took part in the decision that a second person has to confirm."""
    if person == panel.chair:
        raise Refused(msg("You closed this panel, so somebody else must confirm it."))
    if person in deciders:
        raise Refused(msg("You set an outcome in this panel, so somebody else must confirm it."))
