"""Records what a person is about to be shown, if it excludes them from judging, deciding, applying or helping to write."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from domain.commands.readings import RecordReading
from domain.deciding import Loaded
from domain.messages import Message
from domain.readings import EXAMINED, READING, Reading, ReadingKind, reading_of, still_excludes
from domain.refusals import Refused
from domain.reviews.facts import JUDGING
from domain.rounds.state import ROUND, Round
from domain.values import Role
from history.appends import Lost, Unavailable
from history.requests import Contended, Request
from history.states import Folded
from projections.reader import Reader


class NotRecorded(Unavailable):
    """Something is not shown because the reading cannot be recorded at the moment; `detail` can be shown."""

    def __init__(self, detail: Message) -> None:
        self.detail = detail
        super().__init__(str(detail))


async def record(
    reader: Reader,
    viewer: str,
    round: str,
    *kinds: ReadingKind,
    applications: Collection[str] | None = None,
) -> bool:
    """Record that the viewer is shown these kinds of things of a round, if that is not recorded yet and still matters.
    `applications` are the only ones whose scores they are shown, or that they read to judge them; None if they are shown all of
    the round.

    Returns False if it cannot be recorded, for example in a read-only database: then the caller withholds them. The
    caller has checked access; raises `NotFound` or `Forbidden` if it was lost since.
    """
    stream = reading_of(viewer, round)
    # Readings are never withdrawn and rounds do not go back, so cached states are enough to skip recording.
    known = {name: reader.states.known(name) for name in (stream, round)}
    if _needless(known, round, stream, kinds, applications):
        return True
    found = await reader.states.read_set(bypass_cache=True).load(((ROUND, round), (READING, stream)))
    if _needless(found, round, stream, kinds, applications):
        return True
    if reader.runner is None:
        return False
    only = None if applications is None else tuple(applications)
    command = RecordReading(round=round, kinds=kinds, applications=only)
    try:
        await reader.runner.run(Request(command=command, actor=viewer, channel=reader.channel))
    except Lost:
        raise  # the whole question is checked again
    except (Unavailable, Contended):
        return False
    except Refused:
        # Another request of the same viewer was faster, or the round moved on.
        found = await reader.states.read_set(bypass_cache=True).load(((ROUND, round), (READING, stream)))
        return _needless(found, round, stream, kinds, applications)
    return True


async def record_answers(
    reader: Reader, viewer: str, role: Role, round: str, application: str | None = None
) -> bool:
    """Record that the viewer, who sees an application in this `role`, is shown what the applicant wrote, or where it stands in
    the ranking: staff read the round, and the jury what it judges; applicants and funders are not recorded. None for all that
    they see of the round. Returns False if it cannot be recorded, as in `record`."""
    if role is Role.OFFICER:
        return await record(reader, viewer, round, *EXAMINED)
    only = None if application is None else (application,)
    return role not in JUDGING or await record(reader, viewer, round, "judged", applications=only)


def _needless(
    found: Mapping[str, Folded | Loaded[object] | None],
    round: str,
    stream: str,
    kinds: Collection[ReadingKind],
    applications: Collection[str] | None,
) -> bool:
    """Whether nothing has to be recorded, according to the states of the round and of the reading, as far as they are
    known."""
    if (held := found[round]) is not None:
        assert isinstance(held.state, Round)
        kinds = [kind for kind in kinds if still_excludes(kind, held.state)]
    if not kinds:
        return True
    if (held := found[stream]) is None:
        return False
    assert isinstance(held.state, Reading)
    return all(
        held.state.has(kind, each)
        for kind in kinds
        for each in ((None,) if applications is None else applications)
    )
