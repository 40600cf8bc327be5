"""The letter that work waits: at most one a day, and only after something was added."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final

from api.letters.notices import PersonsNotice
from domain.letters.kinds import LetterKind
from domain.refusals import CommandRejected, NotFound
from history.unreadable import Unreadable
from projections import grants
from projections.letters.hearing import Notice
from projections.letters.telling import Tidings
from projections.letters.work import work_of
from projections.letters.work_added import WorkAdded, workers
from projections.reader import Behind, Reader

BEHIND_PAUSE: Final = timedelta(minutes=5)
"""When a letter is tried again that tells what the read models do not know yet."""
_PATIENCE: Final = 1.0
"""How many seconds it is waited for the read models."""

log = logging.getLogger("overwinter.letters")


async def notices_of_work(
    reader: Reader, fact: WorkAdded, cause: str, happened_at: datetime
) -> list[PersonsNotice]:
    """The notices for the people whose turn it is after a fact. Of each person only one waits at a time (see `Notices`)."""
    try:
        people = await workers(reader, fact)
    except (NotFound, Unreadable):
        log.error("nobody is told of work that waits, because it is not known for whom")  # noqa: TRY400
        return []
    return [
        PersonsNotice.of(
            person, Notice(LetterKind.WORK_WAITS, person), cause=f"work {cause}", happened_at=happened_at
        )
        for person in people
    ]


async def knows_all_work(reader: Reader) -> bool:
    """Whether the read models know all that happened until now, so that a letter leaves out nothing that was added."""
    try:
        await _wait_for_all(reader)
    except Behind:
        log.warning("letters about work that waits are written later: the read models are behind")
        return False
    return True


async def _wait_for_all(reader: Reader) -> None:
    await reader.wait_for(await reader.history.last_position(), _PATIENCE)


async def work_tidings(reader: Reader, person: str, *, now: datetime) -> Tidings | None:
    """What is told of the work that waits for somebody; None if nothing does. Raises `Behind` unless the read models know all that
    happened: those that are built anew know of no work at first."""
    await _wait_for_all(reader)
    try:
        waits = await work_of(reader, person, now=now)
    except CommandRejected:
        return None  # a role of theirs was removed meanwhile
    return Tidings(LetterKind.WORK_WAITS, "/me", None, None, {"work": waits}) if waits else None


async def work_later(reader: Reader, waiting: PersonsNotice, *, now: datetime) -> PersonsNotice | None:
    """The notice of work that no fact will add, but the end of a waiting time, for the person of a `waiting` notice; None if there is
    no such work."""
    at = await grants.payable_later(reader, waiting.person, now=now)
    if at is None:
        return None
    cause = f"payable {at.isoformat()} after {waiting.key.hex()}"
    return PersonsNotice.of(
        waiting.person, Notice(LetterKind.WORK_WAITS, waiting.person), cause=cause, happened_at=at
    )
