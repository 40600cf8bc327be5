"""Parts of pages that are rendered once: whoever is shown the same is shown what was rendered for another reader, and nothing
else is ever shown in its place."""

from __future__ import annotations

import pytest

from api.locales import Locale
from api.pages import rendering
from api.pages.rendering import Part, Rendering
from domain.forms import Criterion, Form, Question, Rubric
from domain.stages import Stage


def asked(question: str, languages: tuple[str, ...] = ("en",)) -> Part:
    """What a call with one question asks."""
    stage = Stage(
        id="main",
        form=Form(
            questions=(
                Question(id="idea", kind="text", label={"en": question, "ru": f"{question} по-русски"}),
            )
        ),
        rubric=Rubric(criteria=(Criterion(id="merit", label={"en": "Merit"}),)),
    )
    return Part(
        "call_asked.html",
        {"eligibility": (), "stages": (stage,), "few_needed": {"main": False}, "languages": languages},
    )


def shown(pages: Rendering, part: Part, language: str = "en", zone: str | None = None) -> str:
    """The part as it is on a page."""
    return pages.page("only_a_part.html", {}, Locale(language, zone), {"part": part}).decode()


@pytest.fixture
def pages() -> Rendering:
    """Pages of which one shows nothing but a part."""
    made = Rendering()
    for environment in made._environments.values():
        environment.add_template("only_a_part.html", "{{ part }}")
    return made


def test_what_is_changed_is_shown_at_once(pages: Rendering) -> None:
    before = shown(pages, asked("What is your idea?"))
    after = shown(pages, asked("What do you plan?"))
    assert "What is your idea?" in before
    assert "What do you plan?" in after
    assert "What is your idea?" not in after


def test_each_reader_is_shown_their_own_languages(pages: Rendering) -> None:
    english = shown(pages, asked("Idea"))
    of_the_page = shown(pages, asked("Idea"), "ru")
    of_the_text = shown(pages, asked("Idea", ("ru", "en")))
    assert "What you will be asked" in english
    assert "What you will be asked" not in of_the_page
    assert '<bdi lang="ru">Idea по-русски</bdi>' in of_the_text
    assert shown(pages, asked("Idea")) == english


def test_it_is_markup_in_which_what_was_typed_is_escaped(pages: Rendering) -> None:
    for _ in range(2):  # rendered, and kept
        page = shown(pages, asked("<b>Idea</b>"))
        assert page.startswith("<section")
        assert "&lt;b&gt;Idea" in page


def test_it_is_rendered_once_for_all_who_are_shown_the_same(pages: Rendering) -> None:
    first = shown(pages, asked("Idea"), zone="Europe/Berlin")
    pages._environments["en"].add_template("call_asked.html", "rendered again")
    assert shown(pages, asked("Idea"), zone="Asia/Tbilisi") == first
    assert shown(pages, asked("Another")) == "rendered again"


def test_what_is_kept_has_a_bound(pages: Rendering) -> None:
    for number in range(rendering._PARTS_KEPT + 5):
        shown(pages, asked(f"Question {number}"))
    assert len(pages._parts) == rendering._PARTS_KEPT
