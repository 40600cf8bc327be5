"""The statuses of a grant, its reports and its instalments."""

from __future__ import annotations

import enum
from typing import Final


class GrantStatus(enum.StrEnum):
    """The statuses of a grant."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LAPSED = "lapsed"
    SUSPENDED = "suspended"
    TERMINATED = "terminated"
    COMPLETED = "completed"


class ReportStatus(enum.StrEnum):
    """The statuses of a report."""

    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    RETURNED = "returned"


class InstalmentStatus(enum.StrEnum):
    """The statuses of an instalment."""

    SCHEDULED = "scheduled"
    REQUESTED = "requested"
    APPROVED_ONCE = "approved once"
    APPROVED = "approved"
    INSTRUCTED = "instructed"
    SETTLED = "settled"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED: Final = (
    GrantStatus.DECLINED,
    GrantStatus.LAPSED,
    GrantStatus.TERMINATED,
    GrantStatus.COMPLETED,
)
"""The statuses in which a grant has ended."""


UNDER_WAY: Final = (
    InstalmentStatus.REQUESTED,
    InstalmentStatus.APPROVED_ONCE,
    InstalmentStatus.APPROVED,
    InstalmentStatus.INSTRUCTED,
    InstalmentStatus.FAILED,
)
"""The statuses of instalments that the recipient asked for and that were not paid yet."""

APPROVALS: Final = (InstalmentStatus.APPROVED_ONCE, InstalmentStatus.APPROVED)
"""The statuses of instalments that depend on approvals only, which end when another payee is set."""
