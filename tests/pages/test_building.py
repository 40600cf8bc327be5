"""A call of a real size is written, published and answered by page alone, in a browser without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
import pytest
from playwright.sync_api import Browser, sync_playwright

from domain.forms import Choice, Criterion, Form, GroupedQuestion, Question, Rubric
from tests.acceptance.hypha.forms import read_forms
from tests.acceptance.hypha.invented import FILES, export
from tests.pages.browsing import Someone, Walk, someone
from tests.pages.building import Builder
from tests.pages.conftest import Stage

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """The system's Chromium, for all tests of this module."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


def both(en: str, ru: str) -> dict[str, str]:
    return {"en": en, "ru": ru}


def options(*labels: tuple[str, str]) -> tuple[Choice, ...]:
    return tuple([Choice(id=f"o{number}", label=both(*each)) for number, each in enumerate(labels, 1)])


REAL: Final = Form(
    title_in_summary=True,  # as a new form begins
    questions=(
        Question(id="q1", kind="text", label=both("Name", "Имя"), identifying=True),
        Question(id="q2", kind="text", label=both("E-mail", "Почта"), identifying=True, required=False),
        Question(
            id="q3",
            kind="long_text",
            label=both("Project", "Проект"),
            help=both("What, for whom, and why now.", "Что, для кого и почему сейчас."),
            max_words=500,
        ),
        Question(
            id="q4",
            kind="choice",
            label=both("Genre", "Жанр"),
            choices=options(("Prose", "Проза"), ("Poetry", "Поэзия"), ("Drama", "Драма"), ("Essay", "Эссе")),
        ),
        Question(
            id="q5",
            kind="choices",
            label=both("Languages of the work", "Языки работы"),
            choices=options(("Russian", "Русский"), ("Belarusian", "Белорусский")),
            required=False,
        ),
        Question(id="q6", kind="yes_no", label=both("Did you apply before?", "Вы уже подавали заявку?")),
        Question(id="q7", kind="number", label=both("Months", "Месяцы"), minimum=1, maximum=24),
        Question(id="q8", kind="date", label=both("When do you begin?", "Когда вы начнёте?"), required=False),
        Question(
            id="q9", kind="money", label=both("What do others give?", "Что дают другие?"), required=False
        ),
        Question(id="q10", kind="budget", label=both("Budget", "Смета")),
        Question(id="q11", kind="link", label=both("A sample of your work", "Пример работы"), required=False),
        Question(
            id="q12",
            kind="group",
            label=both("Earlier works", "Прежние работы"),
            least_entries=1,
            most_entries=5,
            questions=(
                GroupedQuestion(
                    id="q1", kind="text", label=both("Name of the work", "Название"), max_words=9
                ),
                GroupedQuestion(
                    id="q2",
                    kind="choice",
                    label=both("Its form", "Вид"),
                    choices=options(("Book", "Книга"), ("Film", "Фильм")),
                    required=False,
                ),
                GroupedQuestion(
                    id="q3", kind="number", label=both("Year", "Год"), minimum=1950, required=False
                ),
                GroupedQuestion(
                    id="q4",
                    kind="text",
                    label=both("Written with", "В соавторстве"),
                    required=False,
                    identifying=True,
                ),
            ),
        ),
        Question(id="q13", kind="consent", label=both("I agree to the terms.", "Согласен с условиями.")),
    ),
)
"""A form of a real size, with all kinds of questions."""
RUBRIC: Final = Rubric(
    criteria=(
        Criterion(
            id="c1",
            label=both("Quality", "Качество"),
            guidance=both("10 is a work you will remember.", "10 — работа, которую запомнишь."),
            weight=2,
        ),
        Criterion(id="c2", label=both("Need", "Необходимость"), scale=5),
    )
)


def begun(browser: Browser, stage: Stage, **titles: str) -> Builder:
    """An officer who has just begun a draft."""
    builder = Builder(someone(browser, stage, Walk(), "officer"))
    builder.begin(house_of(stage), **titles)
    return builder


def house_of(stage: Stage) -> str:
    found: str = stage.speaking("officer").get("/api/me")["initiatives"][0]["initiative"]
    return found


def shown(stage: Stage, builder: Builder) -> dict[str, Any]:
    """The call as JSON shows it to the officer."""
    return stage.speaking("officer").get(f"/api/calls/{builder.setup.split('/')[2]}")


@pytest.mark.long
def test_a_call_of_a_real_size_is_written_published_and_answered_by_page(
    browser: Browser, stage: Stage
) -> None:
    """From the title to the receipt of the first application."""
    builder = begun(browser, stage, en="A year of books", ru="Год книг")
    officer = builder.who
    assert "5 things are still missing." in officer.text()
    description = {
        "Description (English)": "For writers in exile.",
        "Description (Русский)": "Для писателей.",
    }
    builder.part("Title and description", "Save this part", **description)
    amounts = {"Budget of the call": "9 000", "Smallest award": "100", "Largest award": "2 500"}
    builder.part("Money", "Save this part", **amounts)
    builder.part("When and how often", "Save this part", **{"Time zone": "Tbilisi"})
    asked = {
        "Question (English)": "Do you live outside your country?",
        "The answer that is needed": "Yes",
        "What people read who answer otherwise (English)": "This call is for people in exile.",
    }
    builder.part("Who can apply", "Save the questions", **asked)
    closes = (datetime.now(UTC) + timedelta(days=20)).strftime("%Y-%m-%dT18:00")
    stages = {"Reviews that each application needs": "2", "Planned deadline": closes}
    builder.part("Stages, reviews", "Save the stages", **stages)
    builder.ask_all(REAL)
    builder.score_by(RUBRIC.criteria)
    officer.go(builder.setup)
    assert "Nothing is missing." in officer.text()
    officer.press("Yes, publish it", "call-publish")
    assert officer.page.locator("#round-open input[type='datetime-local']").input_value() == closes
    officer.press("Open the round", "round-open")

    call = shown(stage, builder)
    (only,) = call["stages"]
    assert msgspec.convert(only["form"], Form) == REAL
    assert msgspec.convert(only["rubric"], Rubric) == RUBRIC
    assert (call["status"], only["quorum"], len(call["rounds"])) == ("published", 2, 1)
    _apply(someone(browser, stage, Walk(), "newcomer"), call["id"])


def _apply(artist: Someone, call: str) -> None:
    artist.go(f"/calls/{call}/apply")
    artist.press("Go on to the form", **{"Do you live outside your country?": "Yes"})
    page = artist.page
    page.get_by_label("Line 1: what for").fill("Paper")
    page.get_by_label("Line 1: amount").fill("300")
    page.get_by_label("I agree to the terms.").check()
    page.get_by_label("Name of the work").fill("Ice")
    with page.expect_navigation():
        page.get_by_role("button", name="Add an entry").click()
    page.get_by_label("Name of the work").nth(1).fill("Snow")
    page.get_by_label("Its form").nth(1).select_option(label="Film")
    with page.expect_navigation():
        page.get_by_role("button", name="Remove this entry : entry 1").click()
    assert page.get_by_label("Name of the work").input_value() == "Snow"
    page.get_by_label("Belarusian").check()
    answers = {
        "Title": "Letters",
        "Amount you ask for (EUR)": "300",
        "Name": "Invented Writer",
        "Project": "A novel in letters.",
        "Genre": "Drama",
        "Did you apply before?": "No",
        "Months": "6",
    }
    artist.press("Submit the application", **answers)
    assert "Your application is submitted." in artist.text()
    assert "A novel in letters." in artist.text()
    assert "Snow" in artist.text()
    assert "Ice" not in artist.text()


def test_forms_as_hypha_exports_them_are_built_by_page(
    browser: Browser, stage: Stage, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Invented ones of every kind of its fields; the acceptance script says what of them a form of ours cannot hold."""
    folder = export(
        tmp_path_factory.mktemp("forms"), {"funds_applicationform": FILES["funds_applicationform"]}
    )
    wanted = max(read_forms(folder / "funds_applicationform.json"), key=lambda form: len(form.questions)).form
    builder = begun(browser, stage, en="As in Hypha")
    builder.ask_all(wanted)
    (only,) = shown(stage, builder)["stages"]
    built = msgspec.convert(only["form"], Form)
    assert _without_ids(built) == _without_ids(wanted)


def _without_ids(form: Form) -> list[Question]:
    return [
        msgspec.structs.replace(
            question,
            id="",
            choices=tuple([msgspec.structs.replace(choice, id="") for choice in question.choices]),
        )
        for question in form.questions
    ]
