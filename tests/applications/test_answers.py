"""Answers: each kind of question says what fits it, and keeps it in one written form."""

import pytest

from domain.forms import Answer, BudgetLine, Choice, Form, Question, QuestionKind, check_answers
from domain.refusals import Invalid

LINES = (BudgetLine(item="Studio", amount="5"),)


def question(kind: QuestionKind, *, required: bool = True) -> Question:
    choices = (Choice(id="song", label={"en": "Song"}), Choice(id="film", label={"en": "Film"}))
    return Question(
        id="q", kind=kind, label={"en": "?"}, required=required, choices=choices if kind == "choice" else ()
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
        ("yes_no", False, False),
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
            "The answer must be a list of lines, each with an item and an amount.",
        ),
    ],
)
def test_what_does_not_fit_is_told_at_its_field(
    kind: QuestionKind, answer: Answer, field: str, detail: str
) -> None:
    """One sentence stands at the field that is wrong."""
    assert answered(question(kind), answer) == {field: detail}


@pytest.mark.parametrize("kind", ["text", "long_text", "choice", "yes_no", "date", "money", "budget"])
@pytest.mark.parametrize("nothing", [None, "", ()])
def test_nothing_is_an_answer_only_where_none_is_required(kind: QuestionKind, nothing: Answer) -> None:
    """Every way of leaving a question out is kept as none."""
    assert answered(question(kind, required=False), nothing) is None
    assert answered(question(kind), nothing) == {"answers.q": "Please answer this question."}


def test_white_space_alone_is_no_answer() -> None:
    """An optional text of blanks is kept as none, not as an empty text."""
    assert answered(question("text", required=False), " \n ") is None


def test_a_question_left_out_is_kept_as_none() -> None:
    """A submission answers the whole form."""
    form = Form(questions=(question("text", required=False),))
    assert check_answers(form, {}, requested=500, currency="EUR") == {"q": None}
