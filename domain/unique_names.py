"""Unique names: names that only one stream can hold at a time, such as an e-mail address or the grant of an
application.

They are written together with the facts and derived from them alone. A person's unique names are released when the
person is erased.
"""

from __future__ import annotations

from typing import NamedTuple

from domain.addresses import ADDRESS_TAKEN, address_name
from domain.deciding import Fact
from domain.grants.facts import GrantOffered
from domain.messages import Message, msg
from domain.personal import Withheld
from domain.persons.facts import PersonRegistered


class UniqueName(NamedTuple):
    """A unique name that a fact takes for its stream, and the refusal for another stream that wants it. `name` is None
    if it is in a sealed field that was not opened: then the fact takes this name, or none if the field is empty."""

    name: str | None
    refusal: Message


def unique_names_of(fact: Fact) -> tuple[UniqueName, ...]:
    """The unique names that a fact takes for its stream."""
    match fact:
        case PersonRegistered(email=None):
            return ()
        case PersonRegistered(email=Withheld()):
            return (UniqueName(None, ADDRESS_TAKEN),)
        case PersonRegistered(email=str(email)):
            return (UniqueName(address_name(email), ADDRESS_TAKEN),)
        case GrantOffered():
            return (
                UniqueName(
                    f"grant of {fact.application}", msg("This application was already offered a grant.")
                ),
            )
        case _:
            return ()
