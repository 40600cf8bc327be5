"""How words are counted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import words as rule
from domain.forms import Form, Question, check_answers
from domain.refusals import Invalid
from domain.words import count_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        ("слово — дело", 2),
        ("слово—дело", 2),
        ("слово – дело", 2),
        ("слово -- дело", 2),
        ("one--two", 2),
        ("* one\n* two", 2),
        ("1. one\r\n2. two", 4),
        ("state-of-the-art", 1),
        ("non\u2011breaking", 1),
        ("it’s", 1),
        ("it's", 1),
        ("o’clock", 1),
        ("👩\u200d🎨", 1),
        ("A sun ☀ shines", 4),
        ("e.g. 3.14 and 1,250.00", 4),
        ("one,two;three", 3),
        ("“one”(two)", 2),
        ("one…two", 2),
        ("anna@example.org https://example.org/a-b?c=d", 2),
        ("and/or AT&T C++", 3),
        ("... — * • ,", 0),
        ("می\u200cخواهم بنویسم", 2),
        ("हिन्दी में लिखा है।", 4),
        ("한국어 단어", 2),
        ("ሰላም፡ዓለም", 2),
        ("\u200b".join(["word"] * 1000), 1000),
        ("\u2060".join(["word"] * 10), 10),
        ("\u3164".join(["word"] * 10), 10),
        ("word\u2028word\u0085word", 3),
        *(
            (sign.join(["word"] * 100), 100)
            for sign in "•‣⁃∙●▪➤→§†‹\u034f\u180e\ufe0f\ufe00\u2063\u00a0\u1680\U000e0100\U000e0020"
        ),
        *((sign.join(["word"] * 100), 1) for sign in "-\u2010\u2011'’·./\u200d\u200c\u00ad_"),
        ("ᠬᠠᠨ\u180eᠠ", 1),
        ("👩\u200d❤\ufe0f\u200d👩 ❤\ufe0f 1\ufe0f\u20e3", 3),
    ],
)
def test_words_stand_between_blanks_dashes_and_punctuation(text: str, words: int) -> None:
    """Hyphens, apostrophes and points inside a word do not part it; what has no letter, digit or picture is none."""
    assert count_words(text) == words


@pytest.mark.parametrize(
    ("text", "characters"),
    [
        ("冬の家", 3),
        ("冬の家。春が来る！", 7),
        ("コーヒー", 4),
        ("我们的家", 4),
        ("บ้านฤดูหนาว", 9),
        ("ເຮືອນ", 4),
        ("ក្រុង", 3),
        ("မြန်မာ", 3),
        ("Tokyo 2026 冬の家", 5),
        ("冬" * 900, 900),
    ],
)
def test_without_blanks_between_words_characters_count(text: str, characters: int) -> None:
    """Of Japanese, Chinese, Thai, Lao, Khmer and Burmese; signs that stand on a letter do not."""
    assert count_words(text) == characters


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("one two three four", "At most 3 words; this has 4."),
        (
            "冬の家々",
            "At most 3 words; this has 4, since in Japanese, Chinese, Thai, Lao, Khmer and Burmese each character counts as one.",
        ),
    ],
)
def test_as_many_words_as_announced_are_taken_and_one_more_is_not(text: str, detail: str) -> None:
    """Both numbers are told, and how characters are counted where they are."""
    form = Form(questions=(Question(id="idea", kind="text", label={"en": "Idea"}, max_words=3),))
    with pytest.raises(Invalid) as refused:
        check_answers(form, {"idea": text}, requested=None, currency="EUR")
    assert [(error.field, str(error.detail)) for error in refused.value.errors] == [("answers.idea", detail)]
    shorter = text.rpartition(" ")[0] or text[:-1]
    assert check_answers(form, {"idea": shorter}, requested=None, currency="EUR") == {"idea": shorter}


@given(
    st.text(
        st.sampled_from('abя1 ,.-–—()"«»’\n\t\u200b\u3164\u115f語ไท้あ👩\u200d🎨☃\ufe0f_/;:!?…'), max_size=40
    )
    | st.text(max_size=40)
)
def test_the_quick_way_counts_as_the_whole_rule_does(text: str) -> None:
    """The rule at a stroke: letters of scripts without blanks by themselves, the rest between what parts words."""
    runs = rule._CHARACTERS.findall(text)
    letters = sum(character.isalnum() for run in runs for character in run)
    assert count_words(text) == letters + rule._words_in(rule._CHARACTERS.sub(" ", text))


def test_no_other_letter_parts_words() -> None:
    """The quick way has to know each of them."""
    found = {each for each in map(chr, range(0x110000)) if each.isalnum() and rule._BETWEEN.fullmatch(each)}
    assert found == rule._PARTING_LETTERS
    assert not any(rule._COUNTS.search(each) for each in rule._AT_THE_EDGE)


def test_no_letter_that_is_counted_by_itself_is_taken_for_a_common_one() -> None:
    """Texts of common characters are counted between blanks alone."""
    common = [character for character in map(chr, range(0x110000)) if rule._COMMON.fullmatch(character)]
    assert len(common) > 1000
    assert not [each for each in common if rule._CHARACTERS.search(each) or each in rule._PARTING_LETTERS]
