"""Repeating groups: the same questions are answered for each entry, and what is wrong is told at the entry and the question."""

from __future__ import annotations

from typing import Any

import pytest

from domain import limits
from domain.answers import check_answers
from domain.form_checks import check_form
from domain.forms import Answer, Choice, Entries, Form, GroupedAnswer, GroupedQuestion, Question
from domain.refusals import Invalid

SONG = Choice(id="song", label={"en": "Song"})
WORKS = Question(
    id="works",
    kind="group",
    label={"en": "Earlier works"},
    questions=(
        GroupedQuestion(id="title", kind="text", label={"en": "Title"}, max_words=3),
        GroupedQuestion(id="about", kind="long_text", label={"en": "About"}, required=False),
        GroupedQuestion(id="form", kind="choice", label={"en": "Form"}, choices=(SONG,), required=False),
        GroupedQuestion(id="shown", kind="yes_no", label={"en": "Shown?"}, required=False),
        GroupedQuestion(
            id="year", kind="number", label={"en": "Year"}, minimum=1900, maximum=2100, required=False
        ),
        GroupedQuestion(id="day", kind="date", label={"en": "First night"}, required=False),
        GroupedQuestion(id="paid", kind="money", label={"en": "Fee"}, required=False),
        GroupedQuestion(id="where", kind="link", label={"en": "Page"}, required=False),
    ),
    least_entries=1,
    most_entries=2,
)


def changed(**fields: Any) -> Question:
    return Question(**{**{name: getattr(WORKS, name) for name in WORKS.__struct_fields__}, **fields})


def given(answer: Answer, asked: Question = WORKS) -> Answer | dict[str, str]:
    """The answer as it is kept, or what is wrong with it by field."""
    try:
        return check_answers(Form(questions=(asked,)), {"works": answer}, requested=500, currency="EUR")[
            "works"
        ]
    except Invalid as invalid:
        return {error.field: str(error.detail) for error in invalid.errors}


def entries(*each: dict[str, GroupedAnswer]) -> Entries:
    return Entries(entries=each)


def wrong(asked: Question) -> dict[str, str]:
    """What is wrong with a question of a form, by field."""
    with pytest.raises(Invalid) as caught:
        check_form(Form(questions=(asked,)))
    return {error.field: str(error.detail) for error in caught.value.errors}


def test_every_entry_is_kept_in_one_form_with_every_question() -> None:
    full: dict[str, GroupedAnswer] = {
        "title": " Snow ",
        "about": "снег\nи лёд",
        "form": "song",
        "shown": False,
        "year": "02024",
        "day": "2024-05-31",
        "paid": "12",
        "where": "https://example.org/snow",
    }
    kept: dict[str, GroupedAnswer] = {**full, "title": "Snow", "year": "2024", "paid": "12.00"}
    nothing: dict[str, GroupedAnswer] = dict.fromkeys(full)
    assert given(entries(full, {"title": "Ice"})) == entries(kept, {**nothing, "title": "Ice"})


def test_what_is_wrong_is_told_at_the_entry_and_the_question() -> None:
    """Everything at once, so that nobody corrects an entry and only then hears of the next."""
    first: dict[str, GroupedAnswer] = {"title": "One two three four", "form": "dance", "shown": "yes"}
    second: dict[str, GroupedAnswer] = {
        "year": "1812",
        "day": "31.5.2024",
        "paid": "much",
        "where": "example.org",
        "Name of somebody": "x",
    }
    place = "answers.works.entries"
    assert given(entries(first, second)) == {
        f"{place}[0].title": "At most 3 words; this has 4.",
        f"{place}[0].form": "Choose one of the options that are offered.",
        f"{place}[0].shown": "The answer must be true or false.",
        f"{place}[1].?": "The group has no such question.",
        f"{place}[1].title": "Please answer this question.",
        f"{place}[1].year": "Write a whole number from 1900 to 2100; this is 1812.",
        f"{place}[1].day": "Write the date as year, month and day: 2026-05-31.",
        f"{place}[1].paid": "Write an amount as a plain number, such as 1250.00.",
        f"{place}[1].where": "Write the whole address of a page, such as https://example.org/my-work.",
    }


def test_a_group_has_as_many_entries_as_the_form_says() -> None:
    one: dict[str, GroupedAnswer] = {"title": "Snow"}
    assert given(entries(one, one, one)) == {"answers.works": "Give at most 2 entries; this has 3."}
    pairs = changed(least_entries=2)
    assert given(entries(one), pairs) == {"answers.works": "Give at least 2 entries; this has 1."}
    assert given(entries(), pairs) == {"answers.works": "Please answer this question."}
    # Who need not answer leaves it out, or gives as many as are asked for.
    optional = changed(least_entries=2, required=False)
    assert given(entries(), optional) is None
    assert given(entries(one), optional) == {"answers.works": "Give at least 2 entries; this has 1."}


@pytest.mark.parametrize("answer", ["Snow", True, ("Snow",)])
def test_only_entries_answer_a_group(answer: Answer) -> None:
    assert given(answer) == {"answers.works": "The answer must be a list of entries."}


@pytest.mark.parametrize("kind", ["text", "yes_no", "choices", "budget", "number"])
def test_entries_answer_nothing_else(kind: Any) -> None:
    options = (SONG,) if kind == "choices" else ()
    asked = Question(id="works", kind=kind, label={"en": "?"}, choices=options)
    found = given(entries({"title": "Snow"}), asked)
    assert isinstance(found, dict)
    assert list(found) == ["answers.works"]


class TestTheForm:
    def test_keeps_a_group_with_its_questions(self) -> None:
        assert check_form(Form(questions=(WORKS,))).questions == (WORKS,)

    def test_a_group_asks_something_and_only_a_group_has_questions_and_entries(self) -> None:
        empty = "A repeating group has at least one question; other kinds of question have none in them."
        assert wrong(changed(questions=())) == {"form.questions[0].questions": empty}
        assert wrong(changed(kind="text")) == {"form.questions[0].questions": empty}
        assert wrong(changed(kind="text", questions=())) == {
            "form.questions[0].least_entries": "Only a repeating group has entries."
        }

    def test_the_least_number_of_entries_is_not_above_the_most(self) -> None:
        assert wrong(changed(least_entries=3)) == {
            "form.questions[0].least_entries": (
                "The least number of entries is above the most that can be given."
            )
        }
        too_many = limits.ENTRIES + 1
        assert wrong(changed(most_entries=too_many)) == {
            "form.questions[0].most_entries": f"Write a whole number from 1 to 30; this is {too_many}."
        }

    def test_each_question_of_a_group_is_checked_as_any_other(self) -> None:
        about = WORKS.questions[1]
        broken = (
            GroupedQuestion(id="Title", kind="text", label={"en": "Title"}),
            GroupedQuestion(id="about", kind="number", label={"en": "About"}, max_words=5),
            GroupedQuestion(id="form", kind="choice", label={"en": "Form"}),
            GroupedQuestion(id="year", kind="text", label={}),
            about,
        )
        place = "form.questions[0].questions"
        found = wrong(changed(questions=broken))
        assert list(found) == [
            f"{place}[0].id",
            f"{place}[1].max_words",
            f"{place}[2].choices",
            f"{place}[3].label",
            f"{place}[4].id",
        ]

    def test_what_tells_who_applied_is_not_in_the_summary(self) -> None:
        names = (GroupedQuestion(id="name", kind="text", label={"en": "Name"}, identifying=True),)
        assert list(wrong(changed(questions=names, in_summary=True))) == ["form.questions[0].in_summary"]

    def test_names_what_a_blind_jury_does_not_read(self) -> None:
        names = (
            GroupedQuestion(id="name", kind="text", label={"en": "Name"}, identifying=True),
            GroupedQuestion(id="part", kind="text", label={"en": "Part"}),
        )
        asked = Form(questions=(changed(questions=names),))
        assert asked.identifying == {"works.name"}
        assert entries({"name": "Somebody", "part": "Sings"}).without({"name"}) == entries({"part": "Sings"})
