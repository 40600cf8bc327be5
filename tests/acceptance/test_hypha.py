"""Hypha's real forms as forms of ours: every field is held, or its loss is listed with the reason."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from domain.forms import check_form, check_rubric
from tests.acceptance.hypha import Converted, convert, read_forms

FORMS = Path(__file__).parents[3] / "shared" / "data" / "forms" / "hypha"


@pytest.fixture(scope="module")
def forms() -> dict[str, list[Converted]]:
    """All forms of all files, by the file's name."""
    if not FORMS.is_dir():
        missing = f"Hypha's forms are not in {FORMS.name} beside the project."
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return {file.stem: read_forms(file) for file in sorted(FORMS.glob("*.json"))}


def test_every_field_is_held_or_said_to_be_elsewhere_or_lost(forms: dict[str, list[Converted]]) -> None:
    """The labels of the files are all accounted for."""
    for file, converted in forms.items():
        for form, given in zip(
            converted, json.loads((FORMS / f"{file}.json").read_text("utf-8")), strict=True
        ):
            accounted = (
                {each.label["en"] for each in (*form.questions, *form.criteria)}
                | {label for label, _ in form.elsewhere}
                | {label for label, _ in form.lost}
            )
            assert {block["value"]["field_label"].strip() for block in given["form_fields"]} <= accounted, (
                form.name
            )


def test_what_is_held_is_a_form_or_rubric_that_the_program_takes(forms: dict[str, list[Converted]]) -> None:
    """Labels, ids, kinds, choices and limits pass the rules of every form."""
    for form in forms["funds_applicationform"] + forms["project_form"] + forms["project_sow_form"]:
        assert check_form(form.form).questions == form.form.questions, form.name
    for form in forms["review_reviewform"]:
        assert [each.scale for each in check_rubric(form.rubric).criteria] == [5, 5]


def test_what_cannot_be_held_is_known(forms: dict[str, list[Converted]]) -> None:
    """A new loss is looked at before it is accepted."""
    assert {reason for each in forms.values() for form in each for _, reason in form.lost} == {
        "A criterion has points only; its comment belongs to the review's comment.",
        "Formatting (bold, lists, links) is not kept; the text is.",
        "No question of ours is like Hypha's category: its options are not in the file.",
        "The limit of a title is the program's own.",
        "The program says itself what this field is for.",
        "The sum asked for cannot be left out.",
        "The time of day is not asked for; the day is.",
    }


def test_a_required_agreement_and_words_with_markup_are_held() -> None:
    """Help loses its markup and keeps its words."""
    form = convert(
        "Invented",
        [
            {"type": "checkbox", "value": {"field_label": "I agree.", "required": True}},
            {
                "type": "duration",
                "value": {
                    "field_label": "I agree.",
                    "duration_type": "weeks",
                    "help_text": "<p>How <b>long</b>?</p>",
                },
            },
        ],
    ).form
    agreed, long = check_form(form).questions
    assert (agreed.kind, agreed.required, agreed.id, long.id) == ("consent", True, "i_agree", "i_agree_2")
    assert long.help == {"en": "How long? In weeks."}
