"""What people write, in every script: taken as it is, but for what cannot be seen and misleads whoever reads it."""

from __future__ import annotations

import unicodedata

import pytest

from domain import texts
from domain.grants.accounts import check_account
from domain.refusals import Invalid
from domain.texts import check_text, check_texts

WRITTEN = {
    "Cyrillic": "Зимний дом — «Ўзбек» Ґалаґан",
    "Hebrew with points": "בְּרֵאשִׁית \N{EN DASH} חורף 2026",
    "Arabic": "\N{ARABIC NUMBER SIGN}١٢ مهرجان الشتاء، ٢٠٢٦",
    "Persian with a non-joiner": "می\N{ZERO WIDTH NON-JOINER}خواهم بنویسم",
    "Sinhala with a joiner": "ක්\N{ZERO WIDTH JOINER}ෂ",
    "a family of one sign": "👩\N{ZERO WIDTH JOINER}👧 theatre",
    "a heart in colour": "\u2764\N{VARIATION SELECTOR-16}",
    "a soft hyphen": "Winter\N{SOFT HYPHEN}haus",
    "Mongolian": "ᠬᠠᠨ\N{MONGOLIAN VOWEL SEPARATOR}ᠠ",
    "Japanese": "冬の家",
    "combining accents": "Zoe\N{COMBINING DIAERESIS} Ба\N{COMBINING BREVE}",
}
HIDING = [
    "\u061c", "\u200b", "\u200e", "\u200f", "\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2060", "\u2063", "\u2066",
    "\u2067", "\u2068", "\u2069", "\ufeff", "\ufffa", "\U0001d173", "\U000e0041",
]  # fmt: skip
UNSEEN = [
    "\u200b",
    "\u200b\u202e",
    " \u200b ",
    "\u200c\u200d",
    "\ufe0f",
    "\u00ad",
    "\u3164",
    "\u2800",
    "\u034f",
    "\u2066\u2069",
]


def refusal(text: str, *, long: bool = False) -> str:
    """The sentence that refuses a text."""
    with pytest.raises(Invalid) as refused:
        check_text(text, "name", most=200, long=long)
    (error,) = refused.value.errors
    return str(error.detail)


@pytest.mark.parametrize("script", WRITTEN)
def test_every_script_is_taken_as_it_is(script: str) -> None:
    """In a line and in a long text."""
    text = WRITTEN[script]
    assert check_text(text, "name", most=200) == text
    assert check_text(text, "name", most=200, long=True) == text


@pytest.mark.parametrize("hiding", HIDING, ids=lambda hiding: f"U+{ord(hiding):04X}")
def test_a_line_holds_nothing_that_hides(hiding: str) -> None:
    """Such as what turns the direction of what stands beside it, or makes two names look like one."""
    for text in (f"Ann{hiding}a", f"{hiding}Anna", f"Анна{hiding}"):
        assert refusal(text).startswith(f"The text contains the invisible character U+{ord(hiding):04X},")


@pytest.mark.parametrize("text", UNSEEN, ids=ascii)
def test_what_shows_nothing_is_empty(text: str) -> None:
    """However many characters it has; where a text may be left out, it is left out."""
    assert refusal(text, long=True) == "This cannot be left empty."
    assert check_text(text, "name", least=0, most=200) == ""


def test_a_line_of_hidden_characters_alone_is_empty() -> None:
    """That is the sentence which helps."""
    assert refusal("\u200b\u202e") == "This cannot be left empty."


def test_a_long_text_may_turn_only_within_itself() -> None:
    """Marks and isolates end with it; overrides and embeddings are refused."""
    text = "He wrote \u2067שלום\u2069 and 3\u200f,\nthen\u200b more."
    assert check_text(text, "text", most=200, long=True) == text
    for turning in "\u202a\u202b\u202c\u202d\u202e":
        assert f"U+{ord(turning):04X}" in refusal(f"{text}{turning}x", long=True)
    with pytest.raises(Invalid):
        check_texts({"en": "Good", "he": "\u202eBad"}, "summary", most=200, long=True)


def test_no_other_format_character_is_known_to_unicode() -> None:
    """Every one is refused, except those that people write with."""
    formats = {chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) == "Cf"}
    taken = {each for each in formats if _is_taken(each)}
    written = {"\u200c", "\u200d", "\u00ad", "\u180e"}
    seen = {each for each in taken if any(word in unicodedata.name(each) for word in _SEEN_SIGNS)}
    assert taken == written | seen


_SEEN_SIGNS = ("ARABIC", "SYRIAC", "KAITHI", "EGYPTIAN")


def _is_taken(character: str) -> bool:
    try:
        return check_text(f"a{character}b", "name", most=9) == f"a{character}b"
    except Invalid:
        return False


ENDS = ["\n", "\r\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029"]
CONTROLS = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in {*ENDS, "\t"}]


@pytest.mark.parametrize("end", ENDS, ids=ascii)
def test_a_line_s_end_is_a_blank_in_a_line_and_a_line_s_end_in_a_long_text(end: str) -> None:
    """Of every kind, as they come with what is pasted; those at the ends go."""
    assert check_text(f"{end}Winter{end}house{end}", "title", most=200) == "Winter house"
    assert check_text(f"{end}Winter{end}house{end}", "text", most=200, long=True) == "Winter\nhouse"
    assert check_text(f"Зимний{end}дом", "title", most=200) == "Зимний дом"


@pytest.mark.parametrize("long", [False, True])
def test_a_tab_is_a_blank(long: bool) -> None:
    """In a line and in a long text."""
    assert check_text("\tWinter\thouse\t", "text", most=200, long=long) == "Winter house"


@pytest.mark.parametrize("long", [False, True])
@pytest.mark.parametrize("control", CONTROLS, ids=ascii)
def test_no_other_control_character_is_kept(control: str, long: bool) -> None:
    """Neither XML nor a spreadsheet nor a payment can hold one. Its place is told, as nobody can see it."""
    for text in (f"Win{control}ter", f"Зим{control}а"):
        assert refusal(text, long=long) == (
            f"Character 4 is the control character U+{ord(control):04X}, which cannot be stored; delete it, or type that part "
            "again."
        )


@pytest.mark.parametrize("text", ["x" * 200, "ж" * 200, "\U0001f9ca" * 200, "e\u0301" * 200])
def test_as_many_characters_as_announced_are_taken_and_one_more_is_not(text: str) -> None:
    """Both numbers are told. A letter with its accent is one character, however it was typed; it is kept as it was."""
    assert check_text(text, "name", most=200) == text
    assert refusal(f"{text}y") == "At most 200 characters; this has 201."


@pytest.mark.parametrize("name", ["O", "李", "ابن سينا", "Ñ", "x" * 200])
def test_a_name_may_be_short_or_long(name: str) -> None:
    """One letter is a name."""
    assert check_text(name, "name", most=200) == name


@pytest.mark.parametrize(
    "account",
    [
        "DE89\u200b370400440532013000",
        "DE00\u200b370400440532013000",
        "DE89 3704 0044 0532 0130\u200d 00",
        "\ufeffDE89370400440532013000",
        "Account 12\u00ad34",
        "Account\u202e 1234",
        "Account 1234\x01",
    ],
)
def test_an_account_is_seen_whole(account: str) -> None:
    """What is not seen would pass by the check of its digits, and may reach the bank."""
    with pytest.raises(Invalid) as refused:
        check_account(account)
    assert [error.field for error in refused.value.errors] == ["account"]
    assert "DE" not in str(refused.value)


def test_an_account_is_written_with_spaces_or_in_words() -> None:
    """As banks print it, also with spaces that do not break."""
    assert check_account("DE89\N{NO-BREAK SPACE}3704 0044 0532 0130 00") == "DE89370400440532013000"
    assert check_account("Счёт 40817 в банке «Зима»") == "Счёт 40817 в банке «Зима»"


NONCHARACTERS = [
    *range(0xFDD0, 0xFDF0),
    *(plane << 16 | last for plane in range(17) for last in (0xFFFE, 0xFFFF)),
]


@pytest.mark.parametrize("long", [False, True])
def test_no_noncharacter_is_kept(long: bool) -> None:
    """Unicode has 66 of them; XML cannot hold most."""
    assert len(NONCHARACTERS) == 66
    for code in NONCHARACTERS:
        for text in (f"Win{chr(code)}ter", f"Зим{chr(code)}а"):
            assert refusal(text, long=long) == (
                f"Character 4 is U+{code:04X}, which is not a character and cannot be stored; delete it."
            )


def xml_holds(character: str) -> bool:
    """Whether XML 1.0 (section 2.2) can hold a character."""
    code = ord(character)
    return code in {9, 10, 13} or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000


def test_xml_can_hold_whatever_is_kept() -> None:
    """Tried in a long text, which may hold more than a line; all beyond the first plane may stand in XML."""
    kept = [character for character in map(chr, range(0x10000)) if _is_kept(character)]
    assert all(xml_holds(character) for character in kept)
    assert len(kept) > 60_000


def _is_kept(character: str) -> bool:
    try:
        return character in check_text(f"a{character}b", "text", most=9, long=True)
    except Invalid:
        return False


@pytest.mark.parametrize("long", [False, True])
@pytest.mark.parametrize(
    "kept", ["\ue000", "\uf8ff", "\U000f0000", "\U0010fffd", "\u0378", "\U0001fbff", "\ufffc", "\ufffd"]
)
def test_what_unicode_has_not_named_is_kept(kept: str, long: bool) -> None:
    """Some scripts and names have private characters alone; what is unassigned today may be a letter of a newer Unicode."""
    assert check_text(f"a{kept}b", "text", most=9, long=long) == f"a{kept}b"


@pytest.mark.parametrize("long", [False, True])
@pytest.mark.parametrize("half", [0xD800, 0xDBFF, 0xDC00, 0xDFFF])
def test_half_a_surrogate_pair_is_refused(half: int, long: bool) -> None:
    """UTF-8 cannot hold it."""
    assert (
        refusal(f"a{chr(half)}b", long=long)
        == "The text contains a broken character (half of a surrogate pair); type that part again."
    )


@pytest.mark.parametrize("long", [False, True])
@pytest.mark.parametrize("annotating", ["\ufff9", "\ufffa", "\ufffb"])
def test_no_annotation_is_hidden_in_a_text(annotating: str, long: bool) -> None:
    """What stands between them shows as part of the text or not at all, as the program likes that shows it."""
    assert f"U+{ord(annotating):04X}, which could mislead" in refusal(f"a{annotating}b", long=long)


def test_no_character_that_is_refused_is_taken_for_an_ordinary_one() -> None:
    """Ordinary ones are looked at once; all others by the rules."""
    ordinary = [character for character in map(chr, range(0x110000)) if texts._ORDINARY.fullmatch(character)]
    assert len(ordinary) > 1000
    for character in ordinary:
        texts._check_characters(character, "field", long=False)
