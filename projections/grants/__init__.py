"""Grants as they can be asked about."""

from projections.grants.queries import (
    GrantDetail,
    GrantLine,
    InstalmentShown,
    PayeeShown,
    ReportShown,
    mine,
    of_call,
    one,
)

__all__ = [
    "GrantDetail",
    "GrantLine",
    "InstalmentShown",
    "PayeeShown",
    "ReportShown",
    "mine",
    "of_call",
    "one",
]
