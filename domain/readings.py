"""A reading: what a person was shown of a round that excludes them from judging, deciding or applying in it.

It is recorded before the answer is sent, once for each kind of knowledge, and never withdrawn: a role may end, but
people still know what they have read. What no longer excludes anybody from anything is not recorded (`still_excludes`).
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

ReadingKind = Literal["applicants", "answers", "times", "scores", "judged"]
"""``applicants``: who applied. ``answers``: what applicants wrote, including titles. ``times``: when applications were
submitted. ``scores``: other jurors' judgement of an application, as points, comments, means or ranks. ``judged``: what the
jury reads to judge: the answers, and the ranking. It leaves people as blind as before, but they do not write against what
they judged, also after they gave up their role."""

OF_ONE: Final[frozenset[ReadingKind]] = frozenset({"scores", "judged"})
"""What can be read of one application alone."""

EXAMINED: Final[tuple[ReadingKind, ...]] = ("applicants", "answers")
"""What staff learn when they are shown an application, or find it eligible or ineligible."""

# Facts


@stored_as("reading.recorded.v1", audience=FOLLOWERS)
class ReadingRecorded(Fact, frozen=True, kw_only=True):
    """A person was shown something of a round. `application` is the one whose scores were shown, or that was read to judge it;
    None for the whole round."""

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
    """What a person has read of a round: the kinds of knowledge of the whole round, the single applications whose scores they
    saw, and those that they read to judge them."""

    viewer: str = ""
    initiative: str = ""
    whole: frozenset[ReadingKind] = frozenset()
    scores_of: frozenset[str] = frozenset()
    judged_of: frozenset[str] = frozenset()

    def has(self, kind: ReadingKind, application: str | None = None) -> bool:
        """Whether this was read, of the whole round or of this application. Knowing the applicants includes knowing the
        times, and having read the answers as staff includes what one reads to judge."""
        if kind == "times" and "applicants" in self.whole:
            return True
        if kind == "judged" and ("answers" in self.whole or application in self.judged_of):
            return True
        return kind in self.whole or (kind == "scores" and application in self.scores_of)

    @property
    def knows_rivals(self) -> bool:
        """Whether the person knows what applicants wrote, whether they read it as staff or to judge it: then they do not
        write against it."""
        return not self.whole.isdisjoint(("answers", "judged")) or bool(self.judged_of)

    @property
    def breaks_blindness(self) -> bool:
        """Whether the person knows who applied, or what was written or when, from which they might guess it."""
        return any(self.has(kind) for kind in ("applicants", "answers", "times"))


def evolve(reading: Reading, fact: ReadingFact) -> Reading:
    """The reading after one more fact."""
    known = msgspec.structs.replace(reading, viewer=fact.viewer, initiative=fact.initiative)
    if fact.application is not None and fact.kind == "judged":
        return msgspec.structs.replace(known, judged_of=known.judged_of | {fact.application})
    if fact.application is not None:
        return msgspec.structs.replace(known, scores_of=known.scores_of | {fact.application})
    return msgspec.structs.replace(known, whole=known.whole | {fact.kind})


READING = Aggregate(kind="reading", empty=Reading(), evolve=evolve, often_absent=True)


def reading_of(person: str, round_id: str) -> str:
    """The id of the stream of what a person has read of a round. It is derived from both, so that no index is
    needed."""
    return f"{READING.kind}-{sha256(f'{person} {round_id}'.encode()).hexdigest()[:32]}"


def with_earlier(reading: Reading, earlier: Reading) -> Reading:
    """What a person has read of a round, including what they know from an earlier stage of the call: who applied, what
    was written and when, but not its scores."""
    return msgspec.structs.replace(
        reading,
        whole=reading.whole | (earlier.whole - {"scores"}),
        judged_of=reading.judged_of | earlier.judged_of,
    )


def of_rivals(reading: Reading, own: Collection[str]) -> Reading:
    """What a person has read besides the applications of the party for which they write: those are no rivals', also if they
    judged one before they began to act for the party."""
    return msgspec.structs.replace(reading, judged_of=reading.judged_of - frozenset(own))


# Rules


def still_excludes(kind: ReadingKind, round: Round) -> bool:
    """Whether having read this of a round still excludes anybody from anything: scores until the panel opens,
    because no review is written after that; everything else until the round is decided, or for good if a later stage
    follows."""
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
    applications: Collection[str] | None = None,
) -> tuple[Fact, ...]:
    """Record what a person is about to read of a round. Raises `Refused` if it no longer excludes anybody, or was
    recorded before. `applications` are the only ones of which they see the scores, or that they read to judge them; None
    for the whole round."""
    excluding = [kind for kind in kinds if still_excludes(kind, round)]
    if not excluding:
        raise Refused(msg("It is no longer recorded who reads this round."))
    facts = newly_read(
        reading,
        viewer=viewer,
        initiative=round.initiative,
        call=round.call,
        round=round_id,
        kinds=excluding,
        applications=applications,
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
    applications: Collection[str] | None = None,
) -> tuple[Fact, ...]:
    """The facts that are missing for a reading to say all this, one for each kind, or for each kind and application if it
    is about some `applications` alone; none if it already does."""
    return tuple(
        ReadingRecorded(
            reading=reading_of(viewer, round),
            viewer=viewer,
            initiative=initiative,
            call=call,
            round=round,
            kind=kind,
            application=application,
        )
        for kind in kinds
        for application in ((None,) if applications is None or kind not in OF_ONE else applications)
        if not reading.has(kind, application)
    )
