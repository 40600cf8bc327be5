"""The facts of an initiative's own texts for letters."""

from __future__ import annotations

from domain.deciding import Fact
from domain.letters.kinds import LetterKind
from domain.topic import STAFF, stored_as


@stored_as("initiative.letter_written.v1", audience=STAFF)
class InitiativeLetterWritten(Fact, frozen=True, kw_only=True):
    """The initiative's own text for a kind of letter in a language, in place of the program's or an earlier one. `subject` is for
    readers who chose telling subjects; None: the program's own."""

    initiative: str
    letter: LetterKind
    language: str
    subject: str | None
    text: str


@stored_as("initiative.letter_reset.v1", audience=STAFF)
class InitiativeLetterReset(Fact, frozen=True, kw_only=True):
    """The program's text counts again for a kind of letter in a language."""

    initiative: str
    letter: LetterKind
    language: str
