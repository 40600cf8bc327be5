"""Encodes a batch of appends as one call of the database function ``history.append``, and decodes the result.

Appends in one batch must not depend on each other, so that the database can check all of them against the stored rows in
a few statements. `BatchWrites` decides which appends can share a batch.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, Final

from history.appends import Append, Appended
from history.arrays import BinaryValue, blobs, jsonb
from history.statements import Prepared

APPEND: Final = Prepared(
    b"history_append", b"SELECT before, rejected, outcomes, details FROM history.append($1, $2)"
)
"""The statement. `arguments` makes its arguments, and `outcomes` reads the row that it returns."""


def reads(append: Append) -> Mapping[str, int]:
    """The version that each stream that was read or is written must still have.

    Raises ValueError if the append would leave a gap in a stream, or writes below a version that it read.
    """
    heads = dict(append.read)
    after: dict[str, int] = {}
    for fact in append.facts:
        stream = fact.stream
        head = after[stream] if stream in after else heads.setdefault(stream, fact.version - 1)
        if fact.version != head + 1:
            raise ValueError(
                "The facts of a stream must have consecutive versions, starting after the version that was read."
            )
        after[stream] = fact.version
    return heads


class BatchWrites:
    """Tracks what the appends of a batch write, to keep out an append that depends on another one in the batch."""

    def __init__(self) -> None:
        self._written: set[Hashable] = set()
        self._indexes: set[str] = set()

    def admit(self, append: Append, read: Mapping[str, int]) -> bool:
        """Add an append, unless it reads or writes something that the batch already writes; returns whether it was added.

        A later append may write what an earlier one reads, because they are stored in this order. Several appends may
        add entries to the same index; but one that counted the index must not come after them.
        """
        written: set[Hashable] = {fact.stream for fact in append.facts}
        looked_at: set[Hashable] = {("key", subject) for subject in append.sealed_for}
        if append.idempotency is not None:
            written.add(("command", append.idempotency.principal, append.idempotency.key))
        for name, entry in append.entries:
            written.add(("entry", name, entry))
        for unique, holder in append.unique_names:
            written |= {("unique name", unique), ("unique names of", holder)}
        for removed in append.removed_due:
            written.add(("due", removed))
        for due in append.due:
            written.add(("due", due.key))
        for key in append.new_keys:
            written.add(("key", key.subject))
        for subject in append.erased:
            written |= {("key", subject), ("unique names of", subject)}
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


def arguments(batch: Sequence[tuple[Append, Mapping[str, int]]]) -> list[BinaryValue]:
    """The arguments of `APPEND` for some appends, each with the result of `reads`: a JSON document with a list of rows for
    each effect, and the documents of the facts."""
    numbered = [(number, append) for number, (append, _) in enumerate(batch, 1)]
    effects: dict[str, list[dict[str, object]]] = {
        "facts": [
            {
                "request": number,
                "stream": fact.stream,
                "version": fact.version,
                "topic": fact.topic,
                "leaf": fact.leaf,
            }
            for number, append in numbered
            for fact in append.facts
        ],
        "read": [
            {"request": number, "stream": stream, "version": version}
            for number, (_, heads) in enumerate(batch, 1)
            for stream, version in heads.items()
        ],
        "counted": [
            {"request": number, "name": name, "entries": count}
            for number, append in numbered
            for name, count in append.read_indexes.items()
        ],
        "commands": [
            {
                "request": number,
                "principal": sent.principal,
                "key": sent.key,
                "hash": sent.request,
                "answers": append.answers,
            }
            for number, append in numbered
            if (sent := append.idempotency) is not None
        ],
        "entries": [
            {"request": number, "name": name, "entry": entry}
            for number, append in numbered
            for name, entry in append.entries
        ],
        "unique_names": [
            {"request": number, "name": name, "stream": stream}
            for number, append in numbered
            for name, stream in append.unique_names
        ],
        "removed_due": [
            {"request": number, "key": key} for number, append in numbered for key in append.removed_due
        ],
        "due": [
            {
                "request": number,
                "key": due.key,
                "at": due.at,
                "stream": due.stream,
                "version": due.version,
            }
            for number, append in numbered
            for due in append.due
        ],
        "new_keys": [
            {"request": number, "subject": key.subject, "epoch": key.epoch, "wrapped": key.wrapped}
            for number, append in numbered
            for key in append.new_keys
        ],
        "sealed": [
            {"request": number, "subject": subject}
            for number, append in numbered
            for subject in append.sealed_for
        ],
        "erased": [
            {"request": number, "subject": subject}
            for number, append in numbered
            for subject in append.erased
        ],
    }
    return [
        jsonb({effect: rows for effect, rows in effects.items() if rows}),
        blobs([fact.document for _, append in numbered for fact in append.facts]),
    ]


def outcomes(row: tuple[Any, ...], appends: Iterable[Append]) -> list[Appended]:  # Any: a row of the database
    """The outcome of each append of a batch, in order. The positions of a repeated command are not filled in."""
    before, rejected, ended, details = row
    ends: dict[int, Appended] = {}
    for number, outcome, detail in zip(rejected, ended, details, strict=True):
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
