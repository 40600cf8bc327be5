"""What is stored together with facts because it follows from them: index entries, claims and due dates.

The command runner stores it, and `history.tables` recomputes it; both ask here, so that they cannot differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from domain.claims import Claim, claims_of
from domain.commands.register import REGISTER
from domain.deciding import Command, Fact, Registered
from domain.due_dates import set_by, struck_by
from domain.indexes import Entry, entries_of
from domain.messages import Message
from history.appends import DueDate
from history.format.envelope import Envelope

BY_REQUEST: Final[Mapping[type[Command], Registered[Any]]] = {
    entry.request: entry for entry in REGISTER.values()
}
"""Every command in the register by the class of its request."""

encode: Final = msgspec.json.Encoder(order="sorted").encode
"""The one JSON form in which requests are kept and compared."""


@dataclass(frozen=True, slots=True)
class Implied:
    """What follows from one fact; `claims` are its stream's."""

    entries: tuple[Entry, ...]
    claims: tuple[Claim, ...]
    due: DueDate | None
    struck: str | None


def implied_by(fact: Fact, envelope: Envelope) -> Implied:
    """What follows from a fact and from its envelope, which names the actor and the place in the history."""
    due, place = set_by(fact), envelope.place
    return Implied(
        entries=entries_of(fact, envelope.actor),
        claims=claims_of(fact),
        due=None if due is None else DueDate(due.key, due.at, place.stream, place.version),
        struck=struck_by(fact),
    )


def claims_in(facts: Mapping[str, Iterable[Fact]]) -> dict[str, Message]:
    """The names that facts, by stream, claim in clear, each with the sentence that refuses it to another."""
    return {
        name: refusal
        for of_stream in facts.values()
        for fact in of_stream
        for name, refusal in claims_of(fact)
        if name is not None
    }
