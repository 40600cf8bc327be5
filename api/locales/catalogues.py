"""The catalogues of translated messages, read from their ``.po`` files when a language is first asked for."""

from __future__ import annotations

import gettext
import io
from functools import cache
from pathlib import Path
from typing import Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

FOLDER: Final = Path(__file__).parent
DOMAIN: Final = "overwinter"


@cache
def translations(language: str) -> gettext.NullTranslations:
    """The translations into a language; into English, in which the messages are written, there are none to look up."""
    if language == "en":
        return gettext.NullTranslations()
    # Compiled in memory, so that no second file can be older than the first.
    compiled = io.BytesIO()
    with (FOLDER / f"{language}.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=language, domain=DOMAIN))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
