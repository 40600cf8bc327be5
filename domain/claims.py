"""Claims: names that only one stream may hold at a time, such as an address or the grant of an application.

They are written together with the facts and follow from them alone. A person's claims end with their erasure.
"""

from __future__ import annotations

from typing import NamedTuple

from domain.deciding import Fact
from domain.grants.facts import GrantOffered
from domain.personal import Withheld
from domain.persons import PersonRegistered, address_claim


class Claim(NamedTuple):
    """A name that the fact's stream claims, and the sentence that refuses it to another. `name` is None where it stands in
    a sealed field that was not opened: then the fact makes this claim, or none if the field holds nothing."""

    name: str | None
    refusal: str


def claims_of(fact: Fact) -> tuple[Claim, ...]:
    """The claims that a fact makes for its stream."""
    match fact:
        case PersonRegistered(email=None):
            return ()
        case PersonRegistered(email=Withheld()):
            return (Claim(None, ""),)
        case PersonRegistered(email=str(email)):
            return (Claim(*address_claim(email)),)
        case GrantOffered():
            return (Claim(f"grant of {fact.application}", "This application was offered a grant already."),)
        case _:
            return ()
