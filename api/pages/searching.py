"""Searching on the board of a call. What is looked for, often somebody's name, is sent in a form and stands in no address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from api.pages.returned_forms import with_errors
from api.pages.visits import FormShown, Visit
from domain.applications.state import ApplicationStatus
from domain.refusals import Invalid
from projections import applications
from projections.applications import FoundApplications

_STATUSES: Final = frozenset(each.value for each in ApplicationStatus)


@dataclass(frozen=True, slots=True)
class Search:
    """The form to search with, the `status` and the `round` that it keeps to, and what was found; None before it is sent."""

    form: FormShown
    status: str
    round: str
    found: FoundApplications | None = None


async def search_in(visit: Visit, call: str) -> Search:
    """What the page shows of a search: the form alone, or what it found."""
    status, round = visit.query.get("status", ""), visit.query.get("round", "")
    if visit.returned is None or visit.returned.form != "call-search":
        return Search(visit.form("call.search", start={"round": round}), status, round)
    typed = visit.returned.typed
    # The step of the form's buttons is `search`, perhaps with a status: `search submitted`.
    step = typed.own("step") or typed.own("at")
    status = step.partition(" ")[2]
    status = status if status in _STATUSES else ""
    round = typed.fields.get("round", "")
    try:
        found = await applications.search(
            visit.wiring.reader,
            visit.person,
            call,
            text=typed.fields.get("text", ""),
            status=status or None,
            round=round or None,
        )
    except Invalid as invalid:
        wrong = with_errors(visit, "call-search", typed, invalid.errors)
        return Search(wrong.form("call.search"), status, round)
    return Search(visit.form("call.search"), status, round, found)
