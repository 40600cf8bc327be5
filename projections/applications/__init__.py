"""Queries for applications: lists of them in `lists`, their numbers in `counting`, single ones in `details`."""

from projections.applications.counting import StatusCounts, counts
from projections.applications.details import ApplicationDetail, one, shown
from projections.applications.due import DecisionDue, decisions_due
from projections.applications.lines import ApplicationLine
from projections.applications.lists import mine, of_call
from projections.applications.searching import FoundApplications, search

__all__ = [
    "ApplicationDetail",
    "ApplicationLine",
    "DecisionDue",
    "FoundApplications",
    "StatusCounts",
    "counts",
    "decisions_due",
    "mine",
    "of_call",
    "one",
    "search",
    "shown",
]
