"""Queries for grants."""

from projections.grants.queries import mine, of_call, one
from projections.grants.shown import (
    AmendmentShown,
    GrantDetail,
    GrantLine,
    InstalmentShown,
    OwnGrantTask,
    PayeeShown,
    ReportShown,
    ScreeningShown,
)
from projections.grants.tasks import GrantTask, GrantTasks, tasks, to_offer

__all__ = [
    "AmendmentShown",
    "GrantDetail",
    "GrantLine",
    "GrantTask",
    "GrantTasks",
    "InstalmentShown",
    "OwnGrantTask",
    "PayeeShown",
    "ReportShown",
    "ScreeningShown",
    "mine",
    "of_call",
    "one",
    "tasks",
    "to_offer",
]
