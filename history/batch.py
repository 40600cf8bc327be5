"""A batch of appends on the wire: one call of the database's function ``history.append``, and its answer.

In one batch no append may depend on another, so that the database can hold all of them against what is stored, in a
few statements; `Company` tells which may go together.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, Final

from history.appends import Append, Appended
from history.arrays import BinaryValue, blobs, document
from history.statements import Prepared

APPEND: Final = Prepared(
    b"history_append", b"SELECT before, rejected, outcomes, details FROM history.append($1, $2)"
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


def arguments(batch: Sequence[tuple[Append, Mapping[str, int]]]) -> list[BinaryValue]:
    """The arguments of `APPEND` for some appends, each with what `reads` says of it: the document, in which each effect has a
    list of rows, and the facts' own documents."""
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
        "claims": [
            {"request": number, "name": name, "stream": stream}
            for number, append in numbered
            for name, stream in append.claims
        ],
        "struck": [{"request": number, "key": key} for number, append in numbered for key in append.struck],
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
        document({effect: rows for effect, rows in effects.items() if rows}),
        blobs([fact.document for _, append in numbered for fact in append.facts]),
    ]


def outcomes(row: tuple[Any, ...], appends: Iterable[Append]) -> list[Appended]:  # Any: a row of the database
    """How each append of a batch ended, in order. Of a command that was repeated the positions are left open."""
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
