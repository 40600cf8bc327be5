"""Answers: each kind of question says what fits it, and keeps it in one written form."""

from typing import get_args

import pytest

from domain.answers import check_answers
from domain.forms import Answer, BudgetLine, Choice, Form, Question, QuestionKind
from domain.refusals import Invalid

NO_LINES = "The answer must be a list of lines, each with an item and an amount."
NO_LINK = "Write the whole address of a page, such as https://example.org/my-work."
LINES = (BudgetLine(item="Studio", amount="5"),)


def question(kind: QuestionKind, *, required: bool = True) -> Question:
    choices = (Choice(id="song", label={"en": "Song"}), Choice(id="film", label={"en": "Film"}))
    return Question(
        id="q",
        kind=kind,
        label={"en": "?"},
        required=required,
        choices=choices if kind in ("choice", "choices") else (),
        minimum=1 if kind == "number" else None,
        maximum=36 if kind == "number" else None,
    )


def answered(asked: Question, answer: Answer) -> Answer | dict[str, str]:
    """The answer as it is kept, or what is wrong with it by field."""
    try:
        return check_answers(Form(questions=(asked,)), {"q": answer}, requested=500, currency="EUR")["q"]
    except Invalid as invalid:
        return {error.field: str(error.detail) for error in invalid.errors}


@pytest.mark.parametrize(
    ("kind", "answer", "kept"),
    [
        ("text", " snow ", "snow"),
        ("long_text", "снег\nи лёд", "снег\nи лёд"),
        ("choice", "film", "film"),
        ("choices", ("film", "song", "film"), ("song", "film")),
        ("yes_no", False, False),
        ("consent", True, True),
        ("number", "012", "12"),
        ("link", " https://example.org/a?b=c#d ", "https://example.org/a?b=c#d"),
        ("date", "2026-05-31", "2026-05-31"),
        ("money", "12", "12.00"),
        ("budget", LINES, (BudgetLine(item="Studio", amount="5.00"),)),
    ],
)
def test_what_fits_is_kept_in_one_form(kind: QuestionKind, answer: Answer, kept: Answer) -> None:
    """The same answer is stored the same way, however it was typed."""
    assert answered(question(kind), answer) == kept


@pytest.mark.parametrize(
    ("kind", "answer", "field", "detail"),
    [
        ("text", "x" * 501, "answers.q", "At most 500 characters; this has 501."),
        ("text", "   ", "answers.q", "This cannot be left empty."),
        (
            "text",
            "\ud800",
            "answers.q",
            "The text contains a broken character (half of a surrogate pair); type that part again.",
        ),
        ("text", LINES, "answers.q", "The answer must be a text."),
        ("choice", "dance", "answers.q", "Choose one of the options that are offered."),
        ("choice", ("song",), "answers.q", "The answer must be a text."),
        ("choices", "song", "answers.q", "The answer must be a list of the options chosen."),
        ("choices", ("song", "dance"), "answers.q", "Choose one of the options that are offered."),
        ("choices", LINES, "answers.q", "Choose one of the options that are offered."),
        ("consent", "yes", "answers.q", "The answer must be true or false."),
        ("consent", False, "answers.q", "You can apply only if you agree to this."),
        ("number", "0", "answers.q", "Write a whole number from 1 to 36; this is 0."),
        ("number", "37", "answers.q", "Write a whole number from 1 to 36; this is 37."),
        ("number", "1.5", "answers.q", "Write a whole number, such as 12."),
        ("number", "١٢", "answers.q", "Write a whole number, such as 12."),
        ("number", "9" * 16, "answers.q", "Write a whole number, such as 12."),
        *(
            ("link", address, "answers.q", NO_LINK)
            for address in (
                "example.org",
                "ftp://example.org",
                "https://",
                "javascript:x",
                "https://[x",
                "https://a b",
            )
        ),
        ("budget", ("song",), "answers.q", NO_LINES),
        ("yes_no", "yes", "answers.q", "The answer must be true or false."),
        ("date", "2026-02-30", "answers.q", "Write the date as year, month and day: 2026-05-31."),
        ("date", "20260531", "answers.q", "Write the date as year, month and day: 2026-05-31."),
        ("date", "2026-W22-7", "answers.q", "Write the date as year, month and day: 2026-05-31."),
        ("date", "2026W227", "answers.q", "Write the date as year, month and day: 2026-05-31."),
        ("date", "２０２６-05-31", "answers.q", "Write the date as year, month and day: 2026-05-31."),
        ("date", "2026-05-31\n", "answers.q", "Write the date as year, month and day: 2026-05-31."),
        (
            "money",
            "12,00",
            "answers.q",
            "Write an amount as a plain number, such as 1250.00.",
        ),
        (
            "budget",
            "5.00",
            "answers.q",
            NO_LINES,
        ),
    ],
)
def test_what_does_not_fit_is_told_at_its_field(
    kind: QuestionKind, answer: Answer, field: str, detail: str
) -> None:
    """One sentence stands at the field that is wrong."""
    assert answered(question(kind), answer) == {field: detail}


@pytest.mark.parametrize("kind", get_args(QuestionKind))
@pytest.mark.parametrize("nothing", [None, "", ()])
def test_nothing_is_an_answer_only_where_none_is_required(kind: QuestionKind, nothing: Answer) -> None:
    """Every way of leaving a question out is kept as none."""
    assert answered(question(kind, required=False), nothing) is None
    needed = (
        "You can apply only if you agree to this." if kind == "consent" else "Please answer this question."
    )
    assert answered(question(kind), nothing) == {"answers.q": needed}


def test_a_consent_that_is_not_required_can_be_refused() -> None:
    """Whoever does not agree says so, and can apply."""
    assert answered(question("consent", required=False), False) is False


@pytest.mark.parametrize(
    ("bounds", "answer", "detail"),
    [
        ({"minimum": 3}, "2", "Write a whole number of at least 3."),
        ({"maximum": 3}, "4", "Write a whole number of at most 3."),
        (
            {},
            "1" + "0" * 12 + "1",
            "Write a whole number from -1000000000000 to 1000000000000; this is 10000000000001.",
        ),
    ],
)
def test_a_number_is_told_the_bound_that_it_breaks(bounds: dict[str, int], answer: str, detail: str) -> None:
    """A bound that the form does not have is not mentioned."""
    asked = Question(id="q", kind="number", label={"en": "?"}, **bounds)
    assert answered(asked, answer) == {"answers.q": detail}


def test_white_space_alone_is_no_answer() -> None:
    """An optional text of blanks is kept as none, not as an empty text."""
    assert answered(question("text", required=False), " \n ") is None


def test_a_question_left_out_is_kept_as_none() -> None:
    """A submission answers the whole form."""
    form = Form(questions=(question("text", required=False),))
    assert check_answers(form, {}, requested=500, currency="EUR") == {"q": None}
