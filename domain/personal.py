"""Personal data in facts: how a field is marked, and what is read where the plaintext is not to be had.

A fact's field that holds personal data is declared as ``Annotated[str | Withheld, Personal(of="applicant")]``: the
marker names the field of the same fact that holds the data subject. The history seals such a field under the
subject's own key, so that a new fact cannot forget to.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Annotated, get_args, get_origin, get_type_hints


@dataclass(frozen=True, slots=True)
class Personal:
    """Marks a field as personal data of the subject whose id stands in the field named `of`."""

    of: str


class Withheld(enum.Enum):
    """What stands in a personal field in place of its plaintext."""

    SEALED = 1
    """The reader did not ask for it, or may not have it."""
    ERASED = 2
    """The subject was erased: the key is gone, and nobody can open it any more."""
    DAMAGED = 3
    """What is stored does not open, or is not what was committed to: somebody or something altered it."""


def personal_fields(fact: type) -> dict[str, str]:
    """The personal fields of a fact's class, each with the name of the field that holds its subject."""
    found = {}
    for name, hint in get_type_hints(fact, include_extras=True).items():
        if get_origin(hint) is Annotated:
            for mark in get_args(hint)[1:]:
                if isinstance(mark, Personal):
                    found[name] = mark.of
    return found
