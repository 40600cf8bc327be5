"""Reviews that are owed, but that their jurors can no longer write, because of something that came after they were asked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from domain.calls.state import Call
from domain.indexes import rounds_of
from domain.messages import Message
from domain.parties import OwnApplications
from domain.readings import READING, Reading, reading_of, with_earlier
from domain.reviews.assigning import why_blocked
from domain.reviews.state import OUTSTANDING, Review
from domain.rounds.state import Round
from projections.fresh import Fresh


async def blocked_among(
    reader: Fresh, reviews: Mapping[str, Review], round: Round, round_id: str, call: Call
) -> dict[str, Message]:
    """Of some reviews of a round those that are owed and can no longer be written, by id, each with the sentence that
    says it to the staff (`domain.reviews.assigning.why_blocked`)."""
    owed = {each: review for each, review in reviews.items() if review.status in OUTSTANDING}
    if not owed:
        return {}
    stage = call.stage(round.stage)
    jurors = sorted({review.juror for review in owed.values()})
    # All at once, so that the look-ups go to the database together.
    applied = dict(
        zip(
            jurors,
            await asyncio.gather(*(_applied(reader, each, round_id, round.call) for each in jurors)),
            strict=True,
        )
    )
    earlier = [] if stage.id == call.stages[0].id else await reader.index_entries(rounds_of(round.call))
    read = await _read(reader, jurors, round_id, [each for each in earlier if each != round_id])
    why = {
        each: why_blocked(
            review.application,
            stage,
            review,
            juror_applied=applied[review.juror],
            juror_read=read[review.juror],
        )
        for each, review in owed.items()
    }
    return {each: message for each, message in why.items() if message is not None}


async def _applied(reader: Fresh, juror: str, round: str, call: str) -> OwnApplications:
    return await reader.applied_by(await reader.actor(juror), round, call)


async def _read(reader: Fresh, jurors: list[str], round: str, earlier: list[str]) -> dict[str, Reading]:
    """What each juror has read of a round, and of who applied in earlier stages (`domain.commands.judged.known_of`)."""
    streams = {(juror, each): reading_of(juror, each) for juror in jurors for each in (round, *earlier)}
    loaded = await reader.states.read_set(bypass_cache=True).load(
        [(READING, stream) for stream in streams.values()]
    )
    found = {}
    for juror in jurors:
        read: Reading = loaded[streams[juror, round]].state
        for each in earlier:
            read = with_earlier(read, loaded[streams[juror, each]].state)
        found[juror] = read
    return found
