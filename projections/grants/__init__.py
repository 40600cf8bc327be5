"""Queries for grants."""

from projections.grants.queries import mine, of_call, one
from projections.grants.shown import (
    AmendmentShown,
    GrantDetail,
    GrantLine,
    InstalmentShown,
    PayeeShown,
    ReportShown,
    ScreeningShown,
)

__all__ = [
    "AmendmentShown",
    "GrantDetail",
    "GrantLine",
    "InstalmentShown",
    "PayeeShown",
    "ReportShown",
    "ScreeningShown",
    "mine",
    "of_call",
    "one",
]
