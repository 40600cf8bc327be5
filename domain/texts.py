"""Texts that people write: which characters they can have, how long they are, and in which languages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from domain import limits
from domain.messages import counted, msg
from domain.refusals import Invalid

Texts = dict[str, str]
"""One text in several languages, by language code: ``{"en": "…", "ru": "…"}``."""


_BLANK: Final = (
    r"\s\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    r"\U000e0000-\U000e0fff"
)
"""White space, control characters, and characters that are ignored if they cannot be shown (Unicode's
Default_Ignorable_Code_Point, the annotation characters and the empty Braille cell)."""
_SEEN: Final = re.compile(f"[^{_BLANK}]")
_UNSEEN: Final = re.compile(rf"(?!\s)[{_BLANK}]")
# Not among them, because people write with them: characters that join and separate letters (ZWNJ, ZWJ, Mongolian),
# variation selectors, soft hyphens, and the Arabic and Syriac signs that Unicode counts as format characters although
# they are visible.
_HIDDEN: Final = re.compile(
    r"[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U0001bca0-\U0001bca3"
    r"\U0001d173-\U0001d17a\U000e0000-\U000e007f]"
)
_MISLEADING: Final = ("\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\ufff9", "\ufffa", "\ufffb")
"""Embeddings and overrides of direction, whose effect may reach beyond the text, and interlinear annotations, which
hide a part of it."""


_LINE_ENDS: Final = ("\r\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029")
CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
"""A control character (C0, DEL or C1)."""
_ORDINARY: Final = re.compile("[\n -~\u00a0-\u0590\u2010-\u2027\u2030-\u205e]*")
"""The characters of most texts. None of them is refused, so that one match is enough."""
_NEVER: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
"""Control characters that are refused even in a long text."""
_NONCHARACTER: Final = re.compile(
    "[\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
    + "]"
)
"""The 66 code points that Unicode will never give to a character."""
_IN_NONCHARACTERS: Final = (b"\xef\xb7", b"\xbf\xbe", b"\xbf\xbf")
"""Byte sequences of which each noncharacter contains one in UTF-8; few other characters do."""


def check_text(value: str, field: str, *, least: int = 1, most: int, long: bool = False) -> str:
    """`value` without white space at its ends, if its length is from `least` to `most` (counted as in `domain.limits`);
    a text without visible characters counts as empty.

    Tabs become spaces. Line ends of any kind become one space in a line, and U+000A in a `long` text. Other control
    characters (C0, DEL, C1) and noncharacters are refused, because neither XML nor a payment file can contain them.
    Also refused are lone surrogates (UTF-8 cannot encode them), and characters that hide in a line: those that change
    its direction or are invisible. A long text may contain these, except overrides and embeddings of direction, and
    interlinear annotations. Private characters are allowed: some scripts and names have no others. So are unassigned
    ones, which may be newer than this program's Unicode. Raises `Invalid`.
    """
    text = _with_plain_ends(value)
    text = (text if long else text.replace("\n", " ")).replace("\t", " ").strip()
    if not _SEEN.search(text):
        text = ""
    if not _ORDINARY.fullmatch(text):
        _check_characters(text, field, long=long)
    # The composed form is at most three times as long.
    length = text_length(text) if len(text) * 3 > most else len(text)
    if length < least:
        raise Invalid.field(
            field,
            msg("This cannot be left empty.")
            if least == 1
            else counted("At least {count} character.", "At least {count} characters.", count=least),
        )
    if length > most:
        raise Invalid.field(
            field,
            counted(
                "At most {count} character; this has {given}.",
                "At most {count} characters; this has {given}.",
                count=most,
                given=length,
            ),
        )
    return text


def _check_characters(text: str, field: str, *, long: bool) -> None:
    """Raise `Invalid` for a control character that is refused."""
    if control := _NEVER.search(text):
        raise Invalid.field(
            field,
            msg(
                "Character {place} is the control character {code}, which cannot be stored; "
                "delete it, or type that part again.",
                place=control.start() + 1,
                code=f"U+{ord(control[0]):04X}",
            ),
        )
    if not text.isascii():
        _check_encodes(text, field)
        _check_hidden(text, field, long=long)


def _check_encodes(text: str, field: str) -> None:
    """Raise `Invalid` for characters that UTF-8 or XML cannot contain."""
    try:
        encoded = text.encode()
    except UnicodeEncodeError:
        raise Invalid.field(
            field,
            msg("The text contains a broken character (half of a surrogate pair); type that part again."),
        ) from None
    # Not with the pattern alone, which takes a hundred times as long.
    if any(each in encoded for each in _IN_NONCHARACTERS) and (found := _NONCHARACTER.search(text)):
        raise Invalid.field(
            field,
            msg(
                "Character {place} is {code}, which is not a character and cannot be stored; delete it.",
                place=found.start() + 1,
                code=f"U+{ord(found[0]):04X}",
            ),
        )


def _with_plain_ends(text: str) -> str:
    """The text with U+000A as the end of every line."""
    # Not with a pattern, which takes ten times as long.
    for end in _LINE_ENDS:
        if end in text:
            text = text.replace(end, "\n")
    return text


def check_line(value: str, field: str, *, least: int = 1, most: int) -> str:
    """A text of one line, as in `check_text`, for values that machines read (an account, an address): nothing in it may
    be invisible or look like something else. Raises `Invalid`."""
    text = check_text(value, field, least=least, most=most)
    if _UNSEEN.search(text):
        raise Invalid.field(field, msg("This contains an invisible character; type it again by hand."))
    return text


def text_length(text: str) -> int:
    """The length of a text in characters: the code points of its composed form (NFC)."""
    if text.isascii() or unicodedata.is_normalized("NFC", text):
        return len(text)
    return len(unicodedata.normalize("NFC", text))


def _check_hidden(text: str, field: str, *, long: bool) -> None:
    if long:
        # Not with a pattern, which takes a hundred times as long.
        hidden = next((character for character in _MISLEADING if character in text), None)
    else:
        found = _HIDDEN.search(text)
        hidden = found[0] if found else None
    if hidden is not None:
        raise Invalid.field(
            field,
            msg(
                "The text contains the invisible character {code}, which could mislead readers; delete it.",
                code=f"U+{ord(hidden):04X}",
            ),
        )


_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z", re.ASCII)


def check_optional(text: str | None, field: str, *, most: int) -> str | None:
    """An optional long text, trimmed; an empty one counts as none. Raises `Invalid`."""
    return None if text is None or not text.strip() else check_text(text, field, most=most, long=True)


def check_language(language: str, field: str) -> None:
    """Raise `Invalid` unless `language` has the shape of a language's code."""
    if not _LANGUAGE.match(language):
        raise Invalid.field(field, msg("Write the language as its code, such as en or ru."))


def check_explanation(explanation: str | None) -> str | None:
    """The optional explanation beside a reason, trimmed; an empty one counts as none. Raises `Invalid`."""
    return check_optional(explanation, "explanation", most=limits.EXPLANATION)


def check_texts(value: Mapping[str, str], field: str, *, most: int, long: bool = False) -> Texts:
    """A text in one or more languages, each checked as in `check_text`. Raises `Invalid`."""
    if not value:
        raise Invalid.field(field, msg("Write this text in at least one language."))
    for language in value:
        check_language(language, field)
    return {
        language: check_text(text, f"{field}.{language}", most=most, long=long)
        for language, text in value.items()
    }
