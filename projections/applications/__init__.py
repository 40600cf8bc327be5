"""Queries for applications: lists of them in `lists`, single ones in `details`."""

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
