"""Quiet hours: letters other than those that let somebody in wait until the morning."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

EVENING: Final = time(21)
MORNING: Final = time(8)
"""Between these times of day, nobody is written to."""


def next_morning(now: datetime, zone: str) -> datetime | None:
    """When a letter may be sent, if `now` is in the quiet hours of a time zone; None if it may be sent now."""
    there = now.astimezone(UTC if zone == "UTC" else ZoneInfo(zone))
    if MORNING <= there.time() < EVENING:
        return None
    day = there.date() if there.time() < MORNING else there.date() + timedelta(days=1)
    return datetime.combine(day, MORNING, there.tzinfo).astimezone(UTC)
