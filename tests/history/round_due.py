"""Appends a round with a due date, without the commands and the call that normally precede it."""

from __future__ import annotations

import os
from datetime import datetime, timedelta

from domain.rounds.facts import RoundOpened
from domain.values import SYSTEM, stream_id
from history.appends import Append
from history.documents import write
from history.format.envelope import Acting, Envelope, How, Place
from history.implied import implied_by
from history.store import History


async def open_round(history: History, initiative: str, closes_at: datetime) -> str:
    """Append an open round that is due to close at `closes_at`; returns the round's id."""
    round = stream_id("round", os.urandom(16))
    opened = RoundOpened(
        round=round,
        initiative=initiative,
        call=stream_id("call", os.urandom(16)),
        stage="main",
        closes_at=closes_at,
        closes_local=closes_at.replace(tzinfo=None).isoformat(),
        time_zone="UTC",
        grace_minutes=0,
        rolling=False,
        last=True,
    )
    envelope = Envelope(
        acting=Acting(handle=None, role="system", scope=None),
        actor=SYSTEM,
        decided_at=closes_at - timedelta(days=1),
        how=How(cause=None, channel="system", command="0" * 32),
        place=Place(initiative=initiative, previous=None, stream=round, version=1),
    )
    implied = implied_by(opened, envelope)
    assert implied.due is not None
    append = Append(
        facts=[write(opened, history.id, envelope, {}, os.urandom)],
        read={round: 0},
        answers=round,
        entries=implied.entries,
        due=[implied.due],
    )
    assert (await history.append(append)).outcome == "appended"
    return round
