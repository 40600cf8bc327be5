"""An initiative's own texts for letters, for its staff."""

from __future__ import annotations

import msgspec

from domain import access
from domain.initiatives.state import INITIATIVE
from domain.letters.kinds import OF_CALLS, WORDINGS, LetterKind
from domain.values import Role
from projections.reader import Reader, allow
from projections.versions import Version


class OwnLetterText(msgspec.Struct, frozen=True, kw_only=True):
    """The initiative's text in a language; `subject` is None if the program's is used."""

    language: str
    subject: str | None
    text: str


class LetterShown(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of letter, the placeholders that its text can hold, and the initiative's own texts; in other languages,
    the program's text is used."""

    letter: LetterKind
    placeholders: tuple[str, ...]
    own: tuple[OwnLetterText, ...]


class LetterTexts(msgspec.Struct, frozen=True, kw_only=True):
    """Every kind of letter of an initiative."""

    id: str
    version: Version
    letters: tuple[LetterShown, ...]


async def of_initiative(reader: Reader, viewer: str | None, initiative: str) -> LetterTexts:
    """The letters that are written for an initiative, with its own texts. For its staff. Raises `NotFound` or `Forbidden`."""
    loaded = (await reader.load((INITIATIVE, initiative)))[initiative]
    allow(access.member(viewer or "", loaded.state, Role.ADMINISTRATOR, Role.OFFICER))
    return LetterTexts(
        id=initiative,
        version=Version(initiative, loaded.told),
        letters=tuple(
            LetterShown(
                letter=kind,
                placeholders=wording.placeholders,
                own=tuple(
                    OwnLetterText(language=language, subject=text.subject, text=text.text)
                    for language, text in sorted(loaded.state.letters.get(kind, {}).items())
                ),
            )
            for kind in OF_CALLS
            for wording in (WORDINGS[kind],)
        ),
    )
