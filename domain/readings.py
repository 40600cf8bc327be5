"""A reading: what one person was shown of one round that keeps them from judging, deciding or applying in it.

It is recorded before the answer leaves, once for each kind of knowledge, and never taken back: a role may end, but what
somebody has read they still know. What excludes from nothing any more is not recorded (`still_excludes`).
"""

from __future__ import annotations

from collections.abc import Collection
from hashlib import sha256
from typing import Final, Literal

import msgspec

from domain.deciding import Aggregate, Fact
from domain.messages import msg
from domain.refusals import Refused
from domain.rounds.state import Round, RoundStatus
from domain.topic import FOLLOWERS, stored_as

ReadingKind = Literal["applicants", "answers", "times", "scores"]
"""``applicants``: who applied. ``answers``: what applicants wrote, titles included. ``times``: when applications came in.
``scores``: what other jurors made of an application, as points, comments, means or ranks."""

EXAMINED: Final[tuple[ReadingKind, ...]] = ("applicants", "answers")
"""What staff know who are shown an application, or who find it eligible or ineligible."""

# Facts


@stored_as("reading.recorded.v1", told_to=FOLLOWERS)
class ReadingRecorded(Fact, frozen=True, kw_only=True):
    """A person was shown something of a round. `application` is the one whose scores were shown; None: of the whole
    round."""

    reading: str
    viewer: str
    initiative: str
    call: str
    round: str
    kind: ReadingKind
    application: str | None


ReadingFact = ReadingRecorded

# State


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What a person has read of a round: the kinds that concern the whole of it, and the applications of which they saw
    scores one by one."""

    viewer: str = ""
    initiative: str = ""
    whole: frozenset[ReadingKind] = frozenset()
    scores_of: frozenset[str] = frozenset()

    def has(self, kind: ReadingKind, application: str | None = None) -> bool:
        """Whether this was read, of the whole round or of this application. Where applicants are shown, times are."""
        if kind == "times" and "applicants" in self.whole:
            return True
        return kind in self.whole or (kind == "scores" and application in self.scores_of)

    @property
    def breaks_blindness(self) -> bool:
        """Whether the person knows who applied, or what was written and when, from which it may be guessed."""
        return any(self.has(kind) for kind in ("applicants", "answers", "times"))


def evolve(reading: Reading, fact: ReadingFact) -> Reading:
    """The reading after one more fact."""
    known = msgspec.structs.replace(reading, viewer=fact.viewer, initiative=fact.initiative)
    if fact.application is not None:
        return msgspec.structs.replace(known, scores_of=known.scores_of | {fact.application})
    return msgspec.structs.replace(known, whole=known.whole | {fact.kind})


READING = Aggregate(kind="reading", empty=Reading(), evolve=evolve, often_absent=True)


def reading_of(person: str, round_id: str) -> str:
    """The id of the stream that says what a person has read of a round, so that it is found without an index."""
    return f"{READING.kind}-{sha256(f'{person} {round_id}'.encode()).hexdigest()[:32]}"


def with_earlier(reading: Reading, earlier: Reading) -> Reading:
    """What somebody has read of a round, with what they know from an earlier stage of the call: who applied, what was written
    and when, but not its scores."""
    return msgspec.structs.replace(reading, whole=reading.whole | (earlier.whole - {"scores"}))


# Rules


def still_excludes(kind: ReadingKind, round: Round) -> bool:
    """Whether having read this of a round keeps anybody from anything yet: scores until the panel opens, for no review is
    written after that, and all else until the round is decided, or for good where a later stage follows."""
    if kind == "scores":
        return round.status in (RoundStatus.OPEN, RoundStatus.CLOSED)
    return round.status is not RoundStatus.DECIDED or not round.last


def record(
    reading: Reading,
    round_id: str,
    round: Round,
    *,
    viewer: str,
    kinds: Collection[ReadingKind],
    application: str | None = None,
) -> tuple[Fact, ...]:
    """Record what a person is about to read of a round, and raise `Refused` if none of it matters any more or all of it was
    recorded before. `application` is the only one of which they see scores, None for the scores of the whole round."""
    excluding = [kind for kind in kinds if still_excludes(kind, round)]
    if not excluding:
        raise Refused(msg("In this round, it is no longer recorded who reads this."))
    facts = newly_read(
        reading,
        viewer=viewer,
        initiative=round.initiative,
        call=round.call,
        round=round_id,
        kinds=excluding,
        application=application,
    )
    if not facts:
        raise Refused(msg("It is already recorded that you have read this."))
    return facts


def newly_read(
    reading: Reading,
    *,
    viewer: str,
    initiative: str,
    call: str,
    round: str,
    kinds: Collection[ReadingKind],
    application: str | None = None,
) -> tuple[Fact, ...]:
    """The facts that are lacking in a reading for it to say all this, one for each kind; none if it says so already."""
    return tuple(
        ReadingRecorded(
            reading=reading_of(viewer, round),
            viewer=viewer,
            initiative=initiative,
            call=call,
            round=round,
            kind=kind,
            application=application if kind == "scores" else None,
        )
        for kind in kinds
        if not reading.has(kind, application)
    )
