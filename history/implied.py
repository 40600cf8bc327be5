"""The rows that are derived from a fact and stored together with it: index entries, unique names and due dates.

The command runner stores these rows and `history.derived_tables` recomputes them. Both use this module, so they cannot differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from domain.commands.register import REGISTER
from domain.deciding import Command, Fact, Registered
from domain.due_dates import removed_by, set_by
from domain.indexes import Entry, entries_of
from domain.messages import Message
from domain.unique_names import UniqueName, unique_names_of
from history.appends import DueDate
from history.format.envelope import Envelope

BY_REQUEST: Final[Mapping[type[Command], Registered[Any]]] = {
    entry.request: entry for entry in REGISTER.values()
}
"""The registered commands, by request class."""

encode: Final = msgspec.json.Encoder(order="sorted").encode
"""Encodes requests as canonical JSON, so that two requests can be compared by their hashes."""


@dataclass(frozen=True, slots=True)
class Implied:
    """The rows derived from one fact. The `unique_names` belong to the fact's stream."""

    entries: tuple[Entry, ...]
    unique_names: tuple[UniqueName, ...]
    due: DueDate | None
    removed_due: str | None


def implied_by(fact: Fact, envelope: Envelope) -> Implied:
    """The rows derived from a fact and its envelope, which names the actor, the stream and the version."""
    due, place = set_by(fact), envelope.place
    return Implied(
        entries=entries_of(fact, envelope.actor),
        unique_names=unique_names_of(fact),
        due=None if due is None else DueDate(due.key, due.at, place.stream, place.version),
        removed_due=removed_by(fact),
    )


def unique_names_in(facts: Mapping[str, Iterable[Fact]]) -> dict[str, Message]:
    """The unique names in unsealed fields of these facts, each with the refusal for a second stream that wants it."""
    return {
        name: refusal
        for of_stream in facts.values()
        for fact in of_stream
        for name, refusal in unique_names_of(fact)
        if name is not None
    }
