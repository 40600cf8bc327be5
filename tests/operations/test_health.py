"""Readiness when no process keeps the read models up to date, or when several of them are behind."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from api.health import doctor
from api.health.health import (
    LEADERLESS,
    LEADERLESS_SECONDS,
    Absence,
    ProjectionHealth,
    Ready,
    sentences,
    stopped_sentence,
)
from api.run.clock import real_time


def found(*, projecting: bool, wrong: tuple[str, ...] = ()) -> Ready:
    """What was found on an installation that has read models."""
    return Ready(
        facts=3, overdue=0, projecting=projecting, pending_migrations=(), projections=(), wrong=wrong
    )


class TestAbsence:
    """A takeover makes no server unready; an absence that lasts does."""

    def test_it_is_told_when_it_has_lasted(self) -> None:
        now = 100.0
        absence = Absence(lambda: now)
        assert absence.lasts(found(projecting=False)) == ()
        now += LEADERLESS_SECONDS - 0.1
        assert absence.lasts(found(projecting=False)) == ()
        now += 0.1
        assert absence.lasts(found(projecting=False)) == (LEADERLESS,)

    def test_it_is_counted_anew_when_somebody_projected_in_between(self) -> None:
        now = 100.0
        absence = Absence(lambda: now)
        for projecting in (False, True, False):
            assert absence.lasts(found(projecting=projecting)) == ()
            now += LEADERLESS_SECONDS

    def test_it_is_not_told_twice(self) -> None:
        """Where nobody has projected yet, that sentence says it all."""
        never = found(projecting=False, wrong=sentences((), (), newest=999, begun=False))
        assert never.leaderless == ()


class TestPatience:
    """A doctor comes by in the middle of a takeover now and then."""

    def test_whoever_takes_over_is_waited_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        seen = iter([False, False, True])

        async def look(*_arguments: Any) -> Ready:  # Any: a history and a time
            return found(projecting=next(seen))

        monkeypatch.setattr(doctor, "look", look)
        history: Any = None  # which only `look` would ask
        assert asyncio.run(doctor.look_patiently(history, real_time)).projecting is True
        assert list(seen) == []


class TestSeveralBehind:
    """However many are behind or stopped, it is one sentence."""

    LATE = ProjectionHealth(name="calls", position=1, behind=2, lag_seconds=31.0, failed_position=None)

    def test_one(self) -> None:
        assert sentences((), (self.LATE,), newest=999, begun=True) == (
            "1 projection is behind, calls by 2 facts and 31 seconds.",
        )

    def test_ten(self) -> None:
        last = ProjectionHealth(name="funds", position=0, behind=3, lag_seconds=40.4, failed_position=None)
        assert sentences((), (self.LATE,) * 9 + (last,), newest=999, begun=True) == (
            "10 projections are behind, funds by 3 facts and 40 seconds.",
        )

    def test_two_that_stopped(self) -> None:
        stopped = [
            ProjectionHealth(name=name, position=1, behind=2, lag_seconds=31.0, failed_position=2)
            for name in ("calls", "funds")
        ]
        assert stopped_sentence(stopped) == (
            "2 projections stopped (calls at position 2, funds at position 2); the log says why.",
        )

    def test_what_stopped_keeps_no_server_from_being_ready(self) -> None:
        """What it holds is refused; everything else can be served."""
        stopped = ProjectionHealth(name="calls", position=1, behind=2, lag_seconds=31.0, failed_position=2)
        assert sentences((), (stopped,), newest=999, begun=True) == ()
        assert stopped_sentence((stopped, self.LATE)) == (
            "The projection calls stopped at position 2; the log says why.",
        )
