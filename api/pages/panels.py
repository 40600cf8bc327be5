"""Pages of panels: the ranking of a round, and the jury's decisions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Final

from api.inputs.submitted import Plain, SubmittedForm, nested, with_seconds
from api.pages.applications import if_shown
from api.pages.calls import roles_in
from api.pages.charts import dots
from api.pages.letter_texts import changes_letters
from api.pages.page import Page, PageAction, PageContent, offers_of
from api.pages.rendering import percent
from api.pages.trying import Trial
from api.pages.visits import Visit
from domain.applications.state import ApplicationStatus, to_settle
from domain.commands.announcing import AnnouncePanel, CancelPanelAnnouncement, PlanPanelAnnouncement
from domain.commands.panels import (
    ClosePanel,
    ConfirmPanel,
    OpenPanel,
    ReturnPanel,
    SetPanelOutcome,
    WritePanelNote,
)
from domain.commands.reviews import LowerQuorum
from domain.indexes import conflicts_of
from domain.messages import Message, msg
from domain.panels.state import PanelStatus
from domain.rounds.state import ROUND, Round, RoundStatus
from domain.values import Money
from projections import calls, panel_notes, panels, review_progress, rounds
from projections.calls import CallDetail
from projections.paging import MOST, whole
from projections.paging import ResultPage as ListPage
from projections.panel_notes import PanelNote
from projections.panels import RankedApplication, Ranking
from projections.review_progress import JudgedApplication
from projections.review_summary import due_in

PLACES = 25
"""The number of places on a page."""


async def _ranking(visit: Visit) -> PageContent:
    reader, round = visit.wiring.reader, visit.path["round"]
    found = await panels.ranking(reader, visit.person, round, cursor=visit.query.get("cursor"), limit=PLACES)
    trial = visit.trial()
    offers = await offers_of(visit, trial, _ACTS, found)
    outcomes = {
        place.application: await _SET_OUTCOME.offer(visit, trial, (found, place))
        for place in found.places.items
    }
    call = await calls.one(reader, visit.person, found.call)
    notes = await if_shown(_notes(visit, round)) if found.panel is not None else None
    return PageContent(
        "ranking.html",
        {
            "dots": {place.application: _dots(visit, place) for place in found.places.items if place.scores},
            "apart": await _apart(visit, round),
            "left_out_for_you": found.panel is not None and found.version is None,
            "notes": notes or {},
            "writes": await _writes(visit, trial, found) if notes is not None else (),
            "ranking": found,
            "round": await rounds.one(reader, visit.person, round),
            "call": call,
            "may": {offer.do: offer for offer in offers},
            "offers": offers,
            "outcomes": outcomes,
            "sums": {
                each.application: visit.locale.typed(proposed)
                for each in found.places.items
                if (proposed := _proposed(each, call)) is not None
            },
            "changes_letters": changes_letters(await roles_in(visit, call.initiative)),
            "to_settle": _to_settle(found.unsettled),
            "lacking": await _lacking(visit, found),
        },
        labels={
            "amount.amount": msg("Award"),
            "text": msg("Note for the panel"),
            "rank": msg("Place on the waiting list"),
            "more_because": msg("More than was asked for"),
        },
        initiative=call.initiative,
    )


async def _apart(visit: Visit, round: str) -> int:
    """The number of applications of a round with which the visitor declared a conflict of interest. Those from which an applicant
    keeps them are not counted: they are not told of these."""
    return len(await visit.wiring.reader.index_entries(conflicts_of(visit.who, round)))


def _dots(visit: Visit, place: RankedApplication) -> str:
    """The scores of a place as dots, and in words."""
    scores = tuple(percent(score, visit.locale) for score in place.scores)
    words = msg("Scores of the jurors: {scores}", scores=scores)
    return dots(place.scores, place.score, visit.locale.say(words))


async def _notes(visit: Visit, round: str) -> dict[str, list[PanelNote]]:
    """The panel's notes by application; raises `NotFound` or `Forbidden` for those who do not read them."""

    async def some(cursor: str | None) -> ListPage[PanelNote]:
        return await panel_notes.of_round(visit.wiring.reader, visit.person, round, cursor=cursor, limit=MOST)

    found: dict[str, list[PanelNote]] = {}
    for each in await whole(some):
        found.setdefault(each.application, []).append(each)
    return found


async def _writes(visit: Visit, trial: Trial, ranking: Ranking) -> list[str]:
    """The applications on which the visitor can write a note."""
    return [
        place.application
        for place in ranking.places.items
        if (offer := await _WRITE_NOTE.offer(visit, trial, (ranking, place))) and offer.may
    ]


async def _lacking(visit: Visit, ranking: Ranking) -> list[JudgedApplication]:
    """The applications that still need reviews before the panel can open, as far as the visitor sees them."""
    if ranking.panel is not None:
        return []
    progress = review_progress.whole_progress(visit.wiring.reader, visit.person, ranking.round)
    found = await if_shown(progress)
    return [each for each in (found.applications.items if found else ()) if each.submitted < each.needed]


def _to_settle(counts: Mapping[str, int] | None) -> tuple[Message, ...]:
    return to_settle({ApplicationStatus(status): count for status, count in (counts or {}).items()})


async def _progress(visit: Visit) -> PageContent:
    reader, round = visit.wiring.reader, visit.path["round"]
    found = await review_progress.progress(
        reader, visit.person, round, cursor=visit.query.get("cursor"), limit=PLACES
    )
    trial = visit.trial()
    call = await calls.one(reader, visit.person, found.call)
    state: Round = await reader.the(ROUND, round)
    return PageContent(
        "progress.html",
        {
            "progress": found,
            "reviewing": state.status is RoundStatus.CLOSED,
            "apart": await _apart(visit, round),
            "due": due_in(state),
            "to_settle": _to_settle(found.unsettled),
            "call": call,
            "panel": state.status is RoundStatus.IN_PANEL,
            "decided": state.status is RoundStatus.DECIDED,
            "offers": {
                each.application: await _LOWER_QUORUM.offer(visit, trial, each)
                for each in found.applications.items
            },
        },
        initiative=call.initiative,
    )


def _proposed(place: RankedApplication, call: CallDetail) -> Money | None:
    """The sum that the form for an outcome begins with: the one that was set already, so that whoever corrects something else
    leaves it as it is; otherwise what was asked for, if that can be awarded."""
    if place.amount is not None:
        return place.amount
    asked = place.requested
    awardable = asked.currency == call.maximum_award.currency and (
        Decimal(call.minimum_award.amount) <= Decimal(asked.amount) <= Decimal(call.maximum_award.amount)
    )
    return asked if awardable else None


_NOT_WITH: Final[Mapping[str, tuple[str, ...]]] = {
    "award": ("rank",),
    "waitlist": ("reason",),
    "decline": ("amount", "more_because", "rank"),
    "invite": ("amount", "more_because", "rank", "reason"),
}
"""The fields that the page does not show with an outcome. What stood in them before it was chosen is not sent."""


async def _outcome(_: Visit, form: SubmittedForm) -> Plain:
    plain = nested(form.typed())
    unused = _NOT_WITH.get(str(plain.get("outcome")), ())
    return {name: value for name, value in plain.items() if name not in unused}


async def _planned(_: Visit, form: SubmittedForm) -> Plain:
    return with_seconds(nested(form.typed()), "announce_at")


def _undecided(ranking: Ranking) -> str | None:
    """The panel that still decides, or whose decision is not confirmed yet."""
    over = ranking.status in (PanelStatus.CONFIRMED, PanelStatus.ANNOUNCED)
    return None if over else ranking.panel


def _confirmed(ranking: Ranking) -> str | None:
    """The panel whose decision is confirmed, and not announced yet."""
    return ranking.panel if ranking.status == PanelStatus.CONFIRMED else None


def _planning(visit: Visit, ranking: Ranking) -> PlanPanelAnnouncement | None:
    soon = (visit.wiring.clock() + timedelta(days=7)).replace(tzinfo=None)
    panel = _confirmed(ranking)
    return PlanPanelAnnouncement(panel=panel, announce_at=soon) if panel else None


_ACTS: Final[tuple[PageAction[Ranking], ...]] = (
    PageAction(
        command="panel.open",
        name=msg("Open the panel"),
        done=msg("The panel is open, and the ranking is final. Now the chair sets the outcomes."),
        tried=lambda _, ranking: OpenPanel(round=ranking.round) if ranking.panel is None else None,
    ),
    PageAction(
        command="panel.close",
        name=msg("Close the panel"),
        done=msg("The panel is closed. Now somebody else, such as an officer, has to confirm the decision."),
        tried=lambda _, ranking: ClosePanel(panel=panel) if (panel := _undecided(ranking)) else None,
    ),
    PageAction(
        command="panel.confirm",
        name=msg("Confirm the decision"),
        done=msg("The decision is confirmed. Now announce the results: no applicant learns them before."),
        tried=lambda _, ranking: ConfirmPanel(panel=panel) if (panel := _undecided(ranking)) else None,
    ),
    PageAction(
        command="panel.announce",
        name=msg("Announce the results"),
        done=msg("The results are announced: every applicant can read theirs now."),
        tried=lambda _, ranking: AnnouncePanel(panel=panel) if (panel := _confirmed(ranking)) else None,
    ),
    PageAction(
        command="panel.plan_announcement",
        name=msg("Choose when the results are announced"),
        done=msg("The time is saved. The results will be announced then, and not before."),
        filled=_planned,
        tried=_planning,
    ),
    PageAction(
        command="panel.cancel_announcement",
        name=msg("Cancel the planned announcement"),
        done=msg(
            "The planned announcement is cancelled. No applicant learns the results until you announce them."
        ),
        tried=lambda _, ranking: (
            CancelPanelAnnouncement(panel=panel)
            if (panel := _confirmed(ranking)) and ranking.announce_at
            else None
        ),
    ),
    PageAction(
        command="panel.return",
        name=msg("Return the panel"),
        done=msg("The panel is open again, and the chair can change the decisions."),
        tried=lambda _, ranking: (
            ReturnPanel(panel=panel, reason="other") if (panel := _undecided(ranking)) else None
        ),
    ),
)
"""What one does with the panel of a round, in the order of its buttons."""

Place = tuple[Ranking, RankedApplication]

_SET_OUTCOME: Final[PageAction[Place]] = PageAction(
    command="panel.set_outcome",
    name=msg("Set the outcome"),
    done=msg("The outcome is saved."),
    filled=_outcome,
    tried=lambda _, of: (
        SetPanelOutcome(panel=of[0].panel, application=of[1].application, outcome="decline", reason="other")
        if of[0].panel is not None and of[0].status == PanelStatus.OPENED
        else None
    ),
)
_WRITE_NOTE: Final[PageAction[Place]] = PageAction(
    command="panel.write_note",
    name=msg("Write a note for the panel"),
    done=msg("The note is saved."),
    tried=lambda _, of: (
        WritePanelNote(panel=of[0].panel, application=of[1].application, text="-")
        if of[0].panel is not None
        else None
    ),
)
_LOWER_QUORUM: Final[PageAction[JudgedApplication]] = PageAction(
    command="application.lower_quorum",
    name=msg("Lower the number of reviews"),
    done=msg("This application now needs fewer reviews."),
    tried=lambda _, each: (
        LowerQuorum(application=each.application, quorum=each.submitted, reason="other")
        if each.submitted < each.needed
        else None
    ),
)

PAGES = (
    Page(path="/rounds/{round}/reviews", show=_progress, acts=(_LOWER_QUORUM,)),
    Page(path="/rounds/{round}/ranking", show=_ranking, acts=(*_ACTS, _SET_OUTCOME, _WRITE_NOTE)),
)
