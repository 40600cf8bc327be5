"""A batch of appends on the wire: one call of the database's function ``history.append``, and its answer.

In one batch no append may depend on another, so that the database can hold all of them against what is stored, in a
few statements; `Company` tells which may go together.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, Final

from history.appends import Append, Appended
from history.arrays import BinaryArray, blobs, integers, texts, times
from history.statements import Prepared

_ARRAYS: Final = 38
APPEND: Final = Prepared(
    b"history_append",
    b"SELECT before, turned, outcomes, details FROM history.append(%s)"
    % b", ".join([b"$%d" % number for number in range(1, _ARRAYS + 1)]),
)
"""The statement; its arguments are made by `arguments`, its row is read by `outcomes`."""


def reads(append: Append) -> Mapping[str, int]:
    """The version at which each stream must still be, those that are written included.

    Raises ValueError if the append would leave a gap in a stream, or writes below a version that it read.
    """
    heads = dict(append.read)
    after: dict[str, int] = {}
    for fact in append.facts:
        stream = fact.stream
        head = after[stream] if stream in after else heads.setdefault(stream, fact.version - 1)
        if fact.version != head + 1:
            raise ValueError("A stream's facts come one after another, from the version that was read.")
        after[stream] = fact.version
    return heads


class Company:
    """What the appends of a batch touch, so that none is let in that depends on another one there."""

    def __init__(self) -> None:
        self._written: set[Hashable] = set()
        self._indexes: set[str] = set()

    def admit(self, append: Append, read: Mapping[str, int]) -> bool:
        """Let an append in, unless it reads or writes what one that is in already writes.

        What it reads may be written by a later one: they are numbered, and so stored, in this order. Entries are put
        into one index by many at a time; only who counted the index must not come after them.
        """
        written: set[Hashable] = {fact.stream for fact in append.facts}
        looked_at: set[Hashable] = {("key", subject) for subject in append.sealed_for}
        if append.idempotency is not None:
            written.add(("command", append.idempotency.principal, append.idempotency.key))
        for name, entry in append.entries:
            written.add(("entry", name, entry))
        for claim, holder in append.claims:
            written |= {("claim", claim), ("claims of", holder)}
        for struck in append.struck:
            written.add(("due", struck))
        for due in append.due:
            written.add(("due", due.key))
        for key in append.new_keys:
            written.add(("key", key.subject))
        for subject in append.erased:
            written |= {("key", subject), ("claims of", subject)}
        ours = self._written
        if not (
            ours.isdisjoint(written)
            and ours.isdisjoint(read)
            and ours.isdisjoint(looked_at)
            and self._indexes.isdisjoint(append.read_indexes)
        ):
            return False
        ours |= written
        self._indexes.update([name for name, _ in append.entries])
        return True


def arguments(batch: Sequence[tuple[Append, Mapping[str, int]]]) -> list[BinaryArray]:
    """The arguments of `APPEND` for some appends, each with what `reads` says of it."""
    numbered = [(number, append) for number, (append, _) in enumerate(batch, 1)]
    facts = [(number, fact) for number, append in numbered for fact in append.facts]
    read = [
        (number, stream, version)
        for number, (_, heads) in enumerate(batch, 1)
        for stream, version in heads.items()
    ]
    sealed = [(number, subject) for number, append in numbered for subject in append.sealed_for]
    commands = [
        (number, append, append.idempotency) for number, append in numbered if append.idempotency is not None
    ]
    entries = [(number, *entry) for number, append in numbered for entry in append.entries]
    due = [(number, due) for number, append in numbered for due in append.due]
    struck = [(number, key) for number, append in numbered for key in append.struck]
    indexes = [
        (number, name, count) for number, append in numbered for name, count in append.read_indexes.items()
    ]
    claims = [(number, *claim) for number, append in numbered for claim in append.claims]
    new = [(number, key) for number, append in numbered for key in append.new_keys]
    erased = [(number, subject) for number, append in numbered for subject in append.erased]
    made: list[BinaryArray] = [
        integers([number for number, _ in facts]),
        texts([fact.stream for _, fact in facts]),
        integers([fact.version for _, fact in facts]),
        texts([fact.topic for _, fact in facts]),
        blobs([fact.document for _, fact in facts]),
        blobs([fact.leaf for _, fact in facts]),
        integers([number for number, _, _ in read]),
        texts([stream for _, stream, _ in read]),
        integers([version for _, _, version in read]),
        integers([number for number, _ in sealed]),
        texts([subject for _, subject in sealed]),
        integers([number for number, _, _ in commands]),
        texts([idempotency.principal for _, _, idempotency in commands]),
        blobs([idempotency.key for _, _, idempotency in commands]),
        blobs([idempotency.request for _, _, idempotency in commands]),
        texts([append.answers for _, append, _ in commands]),
        integers([number for number, _, _ in entries]),
        texts([name for _, name, _ in entries]),
        texts([entry for _, _, entry in entries]),
        integers([number for number, _ in due]),
        texts([date.key for _, date in due]),
        times([date.at for _, date in due]),
        texts([date.stream for _, date in due]),
        integers([date.version for _, date in due]),
        integers([number for number, _ in struck]),
        texts([key for _, key in struck]),
        integers([number for number, _, _ in indexes]),
        texts([name for _, name, _ in indexes]),
        integers([count for _, _, count in indexes]),
        integers([number for number, _, _ in claims]),
        blobs([name for _, name, _ in claims]),
        texts([stream for _, _, stream in claims]),
        integers([number for number, _ in new]),
        texts([key.subject for _, key in new]),
        integers([key.epoch for _, key in new]),
        blobs([key.wrapped for _, key in new]),
        integers([number for number, _ in erased]),
        texts([subject for _, subject in erased]),
    ]
    assert len(made) == _ARRAYS
    return made


def outcomes(row: tuple[Any, ...], appends: Iterable[Append]) -> list[Appended]:  # Any: a row of the database
    """How each append of a batch ended, in order. Of a command that was repeated the positions are left open."""
    before, turned, ended, details = row
    ends: dict[int, Appended] = {}
    for number, outcome, detail in zip(turned, ended, details, strict=True):
        ends.setdefault(number, Appended(outcome, (), detail))
    result = []
    for number, append in enumerate(appends, 1):
        end = ends.get(number)
        if end is None:
            after = before + len(append.facts)
            end = Appended("appended", tuple(range(before + 1, after + 1)))
            before = after
        result.append(end)
    return result
