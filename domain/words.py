"""How the words of a text are counted, for a form's limits; docs/word-limits.md tells applicants the same rule.

The rule is made of plain classes of characters, so that a script in a browser can count alike.
"""

from __future__ import annotations

import re
from typing import Final

UNSPACED: Final = "Japanese, Chinese, Thai, Lao, Khmer and Burmese"
"""The languages that are written without blanks between words, so that their characters are counted."""

# Dashes, brackets and other punctuation part words; hyphens, apostrophes, points, slashes and what else addresses on the
# web and abbreviations hold does not. So do blanks, also those that cannot be seen, and the signs that part words or
# syllables in Ethiopic and Tibetan.
_PARTING: Final = (
    r"\s\u115f\u1160\u200b\u2060\u2800\u3164\ufeff\uffa0\u1361-\u1368\u0f0b-\u0f0e"
    r"\u2012-\u2015\u2e3a\u2e3b;…()\[\]{}<>|*\"«»‹›„“”¿¡\u060c\u061b\u061f\u06d4\u0964\u0965\u3000-\u3004\u3008-\u3020"
    r"\u3030\u30fb\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f\uff5e\uff61-\uff65"
)
_UNSPACED: Final = (
    r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u3035\u303b\u3041-\u3096"
    r"\u309d-\u309f\u30a1-\u30fa\u30fc-\u312f\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua9e0-\ua9ff\uaa60-\uaa7f\uf900-\ufaff"
    r"\uff66-\uff9f\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
# A comma between digits, and one hyphen, belong to what they stand in.
_BETWEEN: Final = re.compile(rf"(?:[{_PARTING}]|,(?![0-9])|(?<![0-9]),|--+)+")
_CHARACTERS: Final = re.compile(f"[{_UNSPACED}]+")
_COUNTS: Final = re.compile("[^\\W_]|[\u2600-\u26ff\U0001f000-\U0001fbff]|\ufe0f")
"""A letter, a digit or a picture; what has none of them is no word."""
_PARTING_LETTERS: Final = frozenset("\u115f\u1160\u3164\uffa0")
"""Letters by their class, although nothing is to be seen of them, and they part words."""
_AT_THE_EDGE: Final = ".,:;!?…()\"'«»„“”"
"""What mostly stands before and behind a word; it counts for nothing."""


def count_words(text: str) -> int:
    """The number of words in a text; in languages that are written without blanks, each letter counts as one."""
    letters = "".join(set(text))
    if _CHARACTERS.search(letters):
        # Vowel signs and tones that stand on a letter are no letters of their own.
        runs: list[str] = _CHARACTERS.findall(text)
        characters = sum(character.isalnum() for run in runs for character in run)
        return characters + _words_in(_CHARACTERS.sub(" ", text))
    if not _PARTING_LETTERS.isdisjoint(letters):
        return _words_in(text)
    # Most of what stands between blanks is one word and perhaps a comma; only the rest needs the whole rule.
    pieces = [piece.strip(_AT_THE_EDGE) for piece in text.split()]
    return sum(1 if piece.isalnum() else _words_in(piece) for piece in pieces)


def _words_in(text: str) -> int:
    return sum(1 for piece in _BETWEEN.split(text) if _COUNTS.search(piece))


def is_counted_by_characters(text: str) -> bool:
    """Whether a text holds any of the scripts whose characters are counted."""
    return _CHARACTERS.search(text) is not None


def word_limit(most: int) -> str:
    """What a form says beside a field of at most `most` words."""
    return f"At most {most} {'word' if most == 1 else 'words'}; in {UNSPACED}, each character counts as one."


def too_many_words(text: str, words: int, most: int) -> str:
    """The sentence that refuses a text of `words` words, where at most `most` may be."""
    how = f", as in {UNSPACED} each character counts as one" if is_counted_by_characters(text) else ""
    return f"At most {most} {'word' if most == 1 else 'words'}; this has {words}{how}."
