"""Reminders of deadlines, for those with a draft and for those who were invited and have begun nothing."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from api.drafts.drafts import Drafts
from api.letters.notices import PersonsNotice
from domain.applications.state import APPLICATION
from domain.letters.kinds import LetterKind
from domain.refusals import NotFound
from domain.rounds.state import ROUND, Round
from domain.values import is_id
from history.unreadable import Unreadable
from projections.letters import telling
from projections.letters.hearing import Notice
from projections.reader import Reader

AHEAD: Final = timedelta(days=2)
"""How long before a date people are reminded of it."""

log = logging.getLogger("overwinter.letters")


async def of_invited(
    reader: Reader, drafts: Drafts, round: str, set_at: datetime, now: datetime
) -> list[PersonsNotice]:
    """The reminders for applications that are invited to a round whose deadline, set at a time, is near, and for
    which nobody has begun the form. Those who have are reminded of their drafts."""
    try:
        state: Round = await reader.the(ROUND, round)
        invited = await telling.invited_to_round(reader, round)
        found = []
        for each in invited:
            notice = Notice(LetterKind.INVITATION_DUE, each)
            people = await telling.readers(reader, notice)
            if any([await drafts.begun(person, each) for person in people]):
                continue
            for person in people:
                actor = await reader.actor(person)
                found += [
                    PersonsNotice.of(
                        person,
                        replace(notice, until=until),
                        cause=f"deadline {until.isoformat()}",
                        happened_at=now,
                    )
                    for until in telling.deadlines((state,), actor, now=now)
                    if set_at <= until - AHEAD <= now
                ]
    except (NotFound, Unreadable):
        log.error("nobody is reminded of a round, because it is not known who is invited to it")  # noqa: TRY400
        return []
    return found


async def of_draft(
    reader: Reader, person: str, about: str, now: datetime, rounds: dict[str, tuple[Round, ...]]
) -> list[PersonsNotice]:
    """The reminder for a draft; `rounds` are those of the calls that were looked at already."""
    call = (await reader.the(APPLICATION, about)).call if is_id(APPLICATION.kind, about) else about
    if call not in rounds:
        rounds[call] = await telling.open_rounds(reader, call)
    if not telling.any_near(rounds[call], now + AHEAD):
        return []
    actor = await reader.actor(person)
    return [
        PersonsNotice.of(
            person,
            Notice(LetterKind.DEADLINE_NEAR, about, until),
            cause=f"deadline {until.isoformat()}",
            happened_at=now,
        )
        for until in telling.deadlines(rounds[call], actor, now=now)
        if until - AHEAD <= now
    ]
