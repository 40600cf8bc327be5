"""Claims: names that only one stream may hold at a time, such as an address or the grant of an application.

They are written together with the facts and follow from them alone. A person's claims end with their erasure.
"""

from __future__ import annotations

from typing import NamedTuple

from domain.deciding import Fact
from domain.grants.facts import GrantOffered
from domain.messages import Message, msg
from domain.personal import Withheld
from domain.persons import ADDRESS_TAKEN, PersonRegistered, address_name


class UniqueName(NamedTuple):
    """A name that the fact's stream claims, and the sentence that refuses it to another. `name` is None where it stands in
    a sealed field that was not opened: then the fact makes this claim, or none if the field holds nothing."""

    name: str | None
    refusal: Message


def unique_names_of(fact: Fact) -> tuple[UniqueName, ...]:
    """The claims that a fact makes for its stream."""
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
