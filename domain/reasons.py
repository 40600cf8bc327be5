"""Reasons: the codes that a fact can give as its reason, and how people read them.

A code's words are declared beside the type that lists it (`reasons`), as they stand in the middle of a sentence;
`domain.labels` adds those that several types share.
"""

from __future__ import annotations

from typing import Final

from domain.messages import Message

DECLARED: Final[dict[str, Message]] = {}
"""The words of each code that was declared beside its type in a module that has been imported."""


def reasons(**words: Message) -> None:
    """Declare the words of reasons' codes. A code has the same words wherever it is used."""
    for code, said in words.items():
        assert DECLARED.setdefault(code, said) == said, f"{code} has two meanings"
