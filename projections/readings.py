"""Recording what somebody is about to be shown, where it excludes them from judging, deciding or applying."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from domain.commands.readings import RecordReading
from domain.deciding import Loaded
from domain.messages import Message
from domain.readings import READING, Reading, ReadingKind, reading_of, still_excludes
from domain.refusals import Refused
from domain.rounds.state import ROUND, Round
from history.appends import Lost, Unavailable
from history.requests import Contended, Request
from history.states import Folded
from projections.reader import Reader


class NotRecorded(Unavailable):
    """Something is not shown because that it was read cannot be recorded at the moment; `detail` can be told."""

    def __init__(self, detail: Message) -> None:
        self.detail = detail
        super().__init__(str(detail))


async def record(
    reader: Reader,
    viewer: str,
    round: str,
    *kinds: ReadingKind,
    application: str | None = None,
) -> bool:
    """Record that the viewer is shown these kinds of things of a round, if that is not recorded yet and still matters.
    `application` is the only one whose scores they are shown, None if they are shown those of the whole round.

    False where it cannot be recorded, as in a database that only reads: then the caller withholds them. Access was asked
    before; raises `NotFound` or `Forbidden` where it would say no by now.
    """
    stream = reading_of(viewer, round)
    # Readings are never taken back and rounds do not go back either, so what is remembered holds still.
    known = {name: reader.states.known(name) for name in (stream, round)}
    if _needless(known, round, stream, kinds, application):
        return True
    found = await reader.states.read_set(bypass_cache=True).load(((ROUND, round), (READING, stream)))
    if _needless(found, round, stream, kinds, application):
        return True
    if reader.runner is None:
        return False
    command = RecordReading(round=round, kinds=kinds, application=application)
    try:
        await reader.runner.run(Request(command=command, actor=viewer, channel=reader.channel))
    except Lost:
        raise  # the whole question is asked again
    except (Unavailable, Contended):
        return False
    except Refused:
        # Another question of the same viewer was faster, or the round went on.
        found = await reader.states.read_set(bypass_cache=True).load(((ROUND, round), (READING, stream)))
        return _needless(found, round, stream, kinds, application)
    return True


def _needless(
    found: Mapping[str, Folded | Loaded[object] | None],
    round: str,
    stream: str,
    kinds: Collection[ReadingKind],
    application: str | None,
) -> bool:
    """Whether nothing has to be recorded, going by the states of the round and of the reading, as far as they are
    known."""
    if (held := found[round]) is not None:
        assert isinstance(held.state, Round)
        kinds = [kind for kind in kinds if still_excludes(kind, held.state)]
    if not kinds:
        return True
    if (held := found[stream]) is None:
        return False
    assert isinstance(held.state, Reading)
    return all(held.state.has(kind, application) for kind in kinds)
