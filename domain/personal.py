"""Personal data in facts: how a field is marked, and what replaces its plaintext for a reader who cannot have it.

A field that holds personal data is declared as ``Annotated[str | Withheld, Personal(of="applicant")]``: the marker
names the field of the same fact that holds the data subject. The history seals such fields under the subject's own key,
so that no fact can be stored without sealing them.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Annotated, get_args, get_origin, get_type_hints


@dataclass(frozen=True, slots=True)
class Personal:
    """Marks a field as personal data of the subject whose id is in the field named `of`."""

    of: str


class Withheld(enum.Enum):
    """The value of a personal field in place of its plaintext."""

    SEALED = 1
    """The reader did not ask for it, or may not have it."""
    ERASED = 2
    """The subject was erased: the key is gone, and nobody can open it any more."""
    DAMAGED = 3
    """The stored value cannot be opened, or is not what was committed to: it was altered."""


def personal_fields(fact: type) -> dict[str, str]:
    """The personal fields of a class of facts, each with the name of the field that holds its subject."""
    found = {}
    for name, hint in get_type_hints(fact, include_extras=True).items():
        if get_origin(hint) is Annotated:
            for mark in get_args(hint)[1:]:
                if isinstance(mark, Personal):
                    found[name] = mark.of
    return found
