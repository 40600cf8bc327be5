"""Grants as they can be asked about: `handlers` keep the tables, `queries` answer from them."""

from projections.grants.handlers import PROJECTION
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
    "PROJECTION",
    "GrantDetail",
    "GrantLine",
    "InstalmentShown",
    "PayeeShown",
    "ReportShown",
    "mine",
    "of_call",
    "one",
]
