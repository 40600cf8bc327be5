"""The clock of a demonstration, set by hand."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from api.run.clock import DemonstrationClock
from domain.refusals import Invalid, Refused


@pytest.mark.parametrize(
    ("now", "refused"),
    [
        ("9999-12-31T23:59:59-23:59", Invalid),
        ("9999-12-31T23:59:59+00:00", Invalid),
        ("0001-01-01T00:00:00+14:00", Invalid),
        ("0001-01-01T00:00:00+00:00", Refused),
        ("2026-03-31T12:00:00", Invalid),
    ],
)
def test_no_time_is_beyond_the_clock(tmp_path: Path, now: str, refused: type[Exception]) -> None:
    """Each is turned down in a sentence, also one that in UTC lies outside all calendars."""
    with pytest.raises(refused):
        DemonstrationClock(tmp_path / "clock").set(datetime.fromisoformat(now))
    assert not (tmp_path / "clock").exists()
