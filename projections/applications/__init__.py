"""Applications as they can be asked about, in `lists` and in `details`."""

from projections.applications.details import ApplicationDetail, one, shown
from projections.applications.due import DecisionDue, decisions_due
from projections.applications.lines import ApplicationLine
from projections.applications.lists import mine, of_call

__all__ = [
    "ApplicationDetail",
    "ApplicationLine",
    "DecisionDue",
    "decisions_due",
    "mine",
    "of_call",
    "one",
    "shown",
]
