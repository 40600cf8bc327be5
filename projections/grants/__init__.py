"""Queries for grants."""

from projections.grants.queries import all_mine, mine, of_call, one
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
from projections.grants.tasks import GrantTask, GrantTasks, by_application, payable_later, tasks, to_offer
from projections.grants.turns import turns

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
    "all_mine",
    "by_application",
    "mine",
    "of_call",
    "one",
    "payable_later",
    "tasks",
    "to_offer",
    "turns",
]
