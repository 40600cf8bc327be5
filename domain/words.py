"""Counting the words of a text, for the limits of forms; docs/values.md explains the same rule to applicants.

The rule uses only plain classes of characters, so that a script in a browser can count in the same way.
"""

from __future__ import annotations

import re
from typing import Final

from domain.messages import Message, counted

# By Unicode class: dashes (Pd), brackets and quotation marks (Ps, Pe, Pi, Pf), other punctuation (Po), spaces (Zs), and
# invisible characters (Cf and Default_Ignorable_Code_Point). Left out are characters within words: hyphens,
# apostrophes, points, slashes and other characters of web addresses and abbreviations, joiners, soft hyphens, and
# visible format characters.
_PARTING: Final = (
    r"\s\uff5e"
    r"\"(-*;<>\[\]{-}\u00a1\u00a7\u00ab\u00b6\u00bb\u00bf\u034f\u037e\u055d\u055f\u0589\u05c0\u05c3\u05c6\u0609\u060a"
    r"\u060c\u060d\u061b-\u061f\u066d\u06d4\u0700-\u070d\u07f7-\u07f9\u0830-\u083e\u085e\u0964\u0965\u0c77\u0c84\u0df4"
    r"\u0f04-\u0f12\u0f14\u0f3a-\u0f3d\u0f85\u0fd0-\u0fd4\u0fd9\u0fda\u10fb\u115f\u1160\u1360-\u1368\u166e\u169b\u169c"
    r"\u16eb-\u16ed\u1735\u1736\u1800-\u1805\u1807-\u180a\u1944\u1945\u1a1e\u1a1f\u1aa0-\u1aa6\u1aa8-\u1aad\u1b5a-\u1b60"
    r"\u1b7d\u1b7e\u1bfc-\u1bff\u1c3b-\u1c3f\u1c7e\u1c7f\u1cc0-\u1cc7\u1cd3\u200b\u200e\u200f\u2012-\u2017\u201a"
    r"\u201c-\u2023\u2025\u2026\u202a-\u202e\u2030\u2031\u2038-\u203e\u2041-\u2043\u2045-\u2051\u2053\u2055-\u205e"
    r"\u2060-\u206f\u207d\u207e\u208d\u208e\u2308-\u230b\u2329\u232a\u2768-\u2775\u27c5\u27c6\u27e6-\u27ef\u2800"
    r"\u2983-\u2998\u29d8-\u29db\u29fc\u29fd\u2cf9-\u2cfc\u2cfe\u2cff\u2d70\u2e00-\u2e16\u2e18\u2e19\u2e1b-\u2e2e"
    r"\u2e30-\u2e3f\u2e41-\u2e4f\u2e52-\u2e5c\u3001-\u3003\u3008-\u3011\u3014-\u301f\u3030\u303d\u30fb\u3164\ua4fe\ua4ff"
    r"\ua60d-\ua60f\ua673\ua67e\ua6f2-\ua6f7\ua874-\ua877\ua8ce\ua8cf\ua8f8-\ua8fa\ua8fc\ua92e\ua92f\ua95f\ua9c1-\ua9cd"
    r"\ua9de\ua9df\uaa5c-\uaa5f\uaade\uaadf\uaaf0\uaaf1\uabeb\ufd3e\ufd3f\ufe10-\ufe19\ufe30-\ufe32\ufe35-\ufe4c"
    r"\ufe50-\ufe52\ufe54-\ufe61\ufe68\ufe6a\ufe6b\ufeff\uff01\uff02\uff08-\uff0a\uff0c\uff1a\uff1b\uff1f\uff3b\uff3d"
    r"\uff5b\uff5d\uff5f-\uff65\uffa0\ufff0-\ufffb\U00010100-\U00010102\U0001039f\U000103d0\U0001056f\U00010857\U0001091f"
    r"\U0001093f\U00010a50-\U00010a58\U00010a7f\U00010af0-\U00010af6\U00010b39-\U00010b3f\U00010b99-\U00010b9c"
    r"\U00010f55-\U00010f59\U00010f86-\U00010f89\U00011047-\U0001104d\U000110bc\U000110be-\U000110c1\U00011140-\U00011143"
    r"\U00011175\U000111c5\U000111c6\U000111c8\U000111cd\U000111db\U000111dd-\U000111df\U00011238-\U0001123c\U000112a9"
    r"\U0001144b-\U0001144e\U0001145a\U0001145b\U0001145d\U000115c1-\U000115d7\U00011641\U00011642\U00011660-\U0001166c"
    r"\U0001173c-\U0001173e\U00011944-\U00011946\U000119e2\U00011a3f-\U00011a46\U00011a9a-\U00011a9c\U00011a9e-\U00011aa2"
    r"\U00011c41-\U00011c45\U00011c70\U00011c71\U00011ef7\U00011ef8\U00011fff\U00012470-\U00012474\U00012ff1\U00012ff2"
    r"\U00016a6e\U00016a6f\U00016af5\U00016b37-\U00016b3b\U00016b44\U00016e97-\U00016e9a\U00016fe2\U0001bc9f-\U0001bca3"
    r"\U0001d173-\U0001d17a\U0001da87-\U0001da8b\U0001e95e\U0001e95f\U000e0000-\U000e0fff"
)
_UNSPACED: Final = (
    r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u3035\u303b\u3041-\u3096"
    r"\u309d-\u309f\u30a1-\u30fa\u30fc-\u312f\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua9e0-\ua9ff\uaa60-\uaa7f\uf900-\ufaff"
    r"\uff66-\uff9f\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
# A comma between digits and a single hyphen belong to their word. A selector belongs to the picture before it, as does
# an arrow or a bullet that is part of one. Mongolian uses a separator within words.
_BETWEEN: Final = re.compile(
    rf"(?:[{_PARTING}]|,(?![0-9])|(?<![0-9]),|--+|(?<=[^\W_])[\ufe00-\ufe0f]"
    r"|(?<!\u200d)[\u2190-\u21ff\u2219\u22c5\u25a0-\u25ff\u2701-\u2775\u2794-\u27bf\u2b00-\u2bff](?![\ufe0f\u200d])"
    r"|(?<![\u1820-\u18aa])[\u180b-\u180f]|\u180e(?![\u1820-\u18aa]))+"
)
_CHARACTERS: Final = re.compile(f"[{_UNSPACED}]+")
_COUNTS: Final = re.compile("[^\\W_]|[\u2600-\u26ff\U0001f000-\U0001fbff]|\ufe0f")
"""A letter, a digit or a picture; without one of them there is no word."""
_PARTING_LETTERS: Final = frozenset("\u115f\u1160\u3164\uffa0")
"""Characters of the class of letters that are invisible and separate words."""
_COMMON: Final = re.compile("[\\x00-\u0590\u2010-\u2027\u2030-\u205e]*")
"""Latin, Greek, Cyrillic and Armenian with their punctuation. None of their letters is of the kinds above."""
_AT_THE_EDGE: Final = ".,:;!?…()\"'«»„“”"
"""Common punctuation before and after a word, which is not counted."""


def count_words(text: str) -> int:
    """The number of words in a text; in languages that are written without spaces, each letter counts as one."""
    if _COMMON.fullmatch(text):
        return _words_between_blanks(text)
    letters = "".join(set(text))
    if _CHARACTERS.search(letters):
        # Vowel signs and tones on a letter do not count as letters.
        runs: list[str] = _CHARACTERS.findall(text)
        characters = sum(character.isalnum() for run in runs for character in run)
        return characters + _words_in(_CHARACTERS.sub(" ", text))
    if not _PARTING_LETTERS.isdisjoint(letters):
        return _words_in(text)
    return _words_between_blanks(text)


def _words_between_blanks(text: str) -> int:
    # A text between spaces is mostly one word and perhaps a comma; only the rest needs the whole rule.
    pieces = [piece.strip(_AT_THE_EDGE) for piece in text.split()]
    plain = sum(map(str.isalnum, pieces))
    if plain == len(pieces):
        return plain
    return plain + sum([_words_in(piece) for piece in pieces if not piece.isalnum()])


def _words_in(text: str) -> int:
    return sum(1 for piece in _BETWEEN.split(text) if _COUNTS.search(piece))


def is_counted_by_characters(text: str) -> bool:
    """Whether a text contains any of the scripts whose characters are counted."""
    return _CHARACTERS.search(text) is not None


def word_limit(most: int) -> Message:
    """The help text for a field of at most `most` words."""
    return counted(
        "At most {count} word; in Japanese, Chinese, Thai, Lao, Khmer and Burmese, each character counts as one.",
        "At most {count} words; in Japanese, Chinese, Thai, Lao, Khmer and Burmese, each character counts as one.",
        count=most,
    )


def too_many_words(text: str, words: int, most: int) -> Message:
    """The error for a text of `words` words, if it can have at most `most`."""
    if is_counted_by_characters(text):
        return counted(
            "At most {count} word; this has {given}, since in Japanese, Chinese, Thai, Lao, Khmer and Burmese each "
            "character counts as one.",
            "At most {count} words; this has {given}, since in Japanese, Chinese, Thai, Lao, Khmer and Burmese each "
            "character counts as one.",
            count=most,
            given=words,
        )
    return counted(
        "At most {count} word; this has {given}.",
        "At most {count} words; this has {given}.",
        count=most,
        given=words,
    )
