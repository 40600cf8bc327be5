"""A letter: its subject and paragraphs as messages, put into the reader's language when it is put into the outbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import msgspec

from api.locales import Locale
from domain.messages import Message

KEPT: Final = timedelta(days=7)
"""How long a letter is kept that cannot be sent."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter. `name` says which it is, to administrators. The `subject` betrays neither a name, a title nor an
    initiative, because it is seen on a locked screen. A paragraph is a message, or a line that is the same in every
    language, such as a link or a code. `lasts`: after this time it is of no use. `language`: the one in which lines are
    that are no messages, if it is not that of the messages."""

    name: str
    subject: Message
    paragraphs: tuple[Message | str, ...]
    lasts: timedelta = KEPT
    language: str | None = None

    def written(self, to: str, locale: Locale) -> WrittenLetter:
        """The letter in one language, as plain text."""
        said = [each if isinstance(each, str) else locale.say(each) for each in self.paragraphs]
        return WrittenLetter(
            to=to,
            language=self.language or locale.language,
            subject=locale.say(self.subject),
            text="\n\n".join(said) + "\n",
        )


class WrittenLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A letter as it is sent; this is what is sealed."""

    to: str
    language: str
    subject: str
    text: str
