"""An initiative's own texts for letters: checked when they are saved and before they are used, and filled."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from domain import limits
from domain.letters.kinds import WORDINGS, LetterKind
from domain.messages import msg
from domain.refusals import Invalid
from domain.texts import check_text

_PLACEHOLDER: Final = re.compile(r"\{([a-z_]+)\}", re.ASCII)
_BRACE: Final = re.compile(r"[{}]")


class LetterText(msgspec.Struct, frozen=True, kw_only=True):
    """A text of an initiative for a kind of letter in one language. `subject` is for readers who chose telling subjects; None: the
    program's own."""

    subject: str | None
    text: str


def checked(kind: LetterKind, text: LetterText) -> LetterText:
    """The text as it is stored. Raises `Invalid` for an unknown placeholder and for a brace that belongs to none."""
    kept = LetterText(
        subject=None
        if text.subject is None or not text.subject.strip()
        else check_text(text.subject, "subject", most=limits.LETTER_SUBJECT),
        text=check_text(text.text, "text", most=limits.LETTER, long=True),
    )
    for field, part in (("subject", kept.subject or ""), ("text", kept.text)):
        if wrong := unknown_in(kind, part):
            raise Invalid.field(
                field,
                msg(
                    "{wrong} is not filled in here. These can be used: {known}.",
                    wrong=wrong[0],
                    known=tuple(f"{{{name}}}" for name in WORDINGS[kind].placeholders),
                ),
            )
    return kept


def unknown_in(kind: LetterKind, template: str) -> list[str]:
    """What in a text looks like a placeholder and is none of this kind of letter, as it stands there."""
    known = WORDINGS[kind].placeholders
    wrong = [found[0] for found in _PLACEHOLDER.finditer(template) if found[1] not in known]
    return wrong + _BRACE.findall(_PLACEHOLDER.sub("", template))


def stops(kind: LetterKind, texts: Iterable[LetterText]) -> bool:
    """Whether one of an initiative's texts for a kind of letter cannot be filled, for example because the program no longer knows
    a placeholder. Then no letter of this kind is written there, in whatever language."""
    return any(unknown_in(kind, part) for each in texts for part in (each.subject or "", each.text))


def filled(template: str, values: Mapping[str, str]) -> str:
    """A checked text with its placeholders filled. What the values contain is not filled again."""
    return _PLACEHOLDER.sub(lambda found: values[found[1]], template)
