"""Hypha's forms as forms, rubrics and calls of ours: every field is held, or its loss is listed with the reason."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from domain.form_checks import check_form
from domain.forms import Criterion
from domain.stages import StageDraft, check_stages
from tests.acceptance.hypha import forms as hypha
from tests.acceptance.hypha.calls import NO_RUBRIC, NOTHING_LEFT, PROJECT_FORM, MeantCall, plan, round_of
from tests.acceptance.hypha.forms import (
    Converted,
    FormsUnusable,
    HyphaForm,
    Purpose,
    convert,
    read_folder,
)
from tests.acceptance.hypha.invented import FILES, MONTHS, STORY, TITLE, block, export, form, options


@pytest.fixture
def forms(tmp_path: Path) -> list[Converted]:
    """All invented forms, read from their files."""
    return read_folder(export(tmp_path))


def converted(*fields: dict[str, object], purpose: Purpose = "application") -> Converted:
    """One form of these fields as ours."""
    return convert(msgspec.convert(form("Invented", *fields), HyphaForm), purpose)


def test_every_field_is_held_or_said_to_be_elsewhere_or_lost(forms: list[Converted]) -> None:
    """The labels of the files are all accounted for, form by form."""
    assert [
        (
            each.name,
            {question.label["en"] for question in (*each.questions, *each.criteria)}
            | {label for label, _ in (*each.elsewhere, *each.lost)},
        )
        for each in forms
    ] == [
        (each["name"], {field["value"]["field_label"] for field in each["form_fields"]})
        for name in hypha.FILES
        for each in FILES[name]
    ]


def test_what_is_held_in_part_and_what_is_not_held_at_all_are_told_apart(forms: list[Converted]) -> None:
    """A text without its formatting is there; a category is not."""
    (archive,) = (each for each in forms if each.name == "Archive")
    assert [label for label, _ in archive.in_part] == ["Name of the work", "Name of the work", "Sum"]
    assert [label for label, _ in archive.not_held] == ["Genre"]


def test_what_is_not_held_is_said_with_the_reason(forms: list[Converted]) -> None:
    """Each reason once, over all forms."""
    assert {reason for form in forms for _, reason in form.lost} == {
        "A criterion has points only; its comment belongs to the review's comment.",
        "A review has scores and comments; it asks no other questions.",
        "An outcome has a reason and an explanation; it asks no other questions.",
        "Formatting (bold, lists, links) is not kept; the text is.",
        "No answer is filled in beforehand.",
        "The limit of a title is the program's own.",
        "The options of a category are in another table of Hypha's, which this file does not have.",
        "The program says itself what this field is for.",
        "The sum asked for cannot be left out.",
        "The time of day is not asked for; the day is.",
    }


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        (block("multi_file", "Files"), "No question of ours is like Hypha's multi_file."),
        (block("score", "Points"), "Only a review has scores."),
    ],
)
def test_a_kind_that_ours_does_not_have_is_not_held(field: dict[str, object], reason: str) -> None:
    """Files, and scores outside a review."""
    form = converted(field)
    assert (form.questions, [why for _, why in form.lost]) == ([], [reason])


def test_a_field_keeps_what_it_says_about_itself() -> None:
    """Help loses its markup and keeps its words; the unit, a link and the options stay; a label twice makes two ids."""
    agreed, long, status = check_form(
        converted(
            block("checkbox", "I agree.", required=True),
            block(
                "duration", "I agree.", duration_type="weeks", help_text="<p>How <b>long</b>?</p>", help_link="https://a.test"
            ),
            block("radios", "Status", required=False, choices=options("Alfa", "Alfa", "Да")),
        ).form
    ).questions  # fmt: skip
    assert (agreed.kind, agreed.required, agreed.id, long.id) == ("consent", True, "i_agree", "i_agree_2")
    assert (long.kind, long.minimum, long.help) == ("number", 1, {"en": "How long? https://a.test In weeks."})
    assert [(each.id, each.label["en"]) for each in status.choices] == [
        ("alfa", "Alfa"),
        ("alfa_2", "Alfa"),
        ("question", "Да"),
    ]
    assert not status.required


def call(forms: list[Converted], title: str) -> MeantCall:
    """The call of this title."""
    (found,) = (each for each in plan(forms).calls if each.title == title)
    return found


def test_each_form_makes_a_call_and_each_pair_makes_one_of_two_stages(forms: list[Converted]) -> None:
    """Two copies of a pair, which Hypha made for a round, are a call of their own."""
    planned = plan(forms)
    assert {each.title: [form.name for form in each.of] for each in planned.calls} == {
        "Archive": ["Archive"],
        "After the award": ["After the award"],
        "Work": ["Work"],
        "Evening": ["Evening part 1", "Evening part 2"],
        "Evening for Winter (The snow fund)": [
            "Evening part 1 for Winter (The snow fund)",
            "Evening part 2 for Winter (The snow fund)",
        ],
    }
    assert planned.without == ()
    for each in planned.calls:
        drafts = [
            StageDraft(**{name: getattr(stage, name) for name in StageDraft.__struct_fields__})
            for stage in each.stages
        ]
        assert check_stages(drafts) == each.stages, each.title


def test_a_review_form_is_the_rubric_of_the_call_of_its_name(forms: list[Converted]) -> None:
    """Two of one name are for two stages; a call without a name of a round takes those without one."""
    assert round_of("Reading for Winter (The snow fund)") == "Winter (The snow fund)"
    assert round_of("Reading for all") == ""
    rubrics = {
        each.title: [[criterion.id for criterion in stage.rubric.criteria] for stage in each.stages]
        for each in plan(forms).calls
    }
    assert rubrics == {
        "Archive": [["how_is_the_work"]],
        "Evening": [["how_is_the_work"], ["how_is_the_work"]],
        "Evening for Winter (The snow fund)": [
            ["how_is_the_letter"],
            ["how_is_the_project", "how_are_the_costs"],
        ],
        "After the award": [["merit"]],
        "Work": [["merit"]],
    }
    assert call(forms, "Archive").stages[0].rubric.criteria == (
        Criterion(id="how_is_the_work", label={"en": "How is the work?"}, scale=5),
    )


def test_what_cannot_be_held_of_a_whole_form_is_said(forms: list[Converted]) -> None:
    """A form that is asked after the award, one without a review form, and one of which nothing is left."""
    assert call(forms, "Work").lost == [("Work", PROJECT_FORM)]
    assert call(forms, "Archive").lost == []
    alone, empty = converted(TITLE, STORY), converted(TITLE)
    planned = plan([alone, empty])
    assert [each.lost for each in planned.calls] == [[("Invented", NO_RUBRIC)]]
    assert planned.without == ((empty, NOTHING_LEFT),)


def test_a_part_without_its_pair_and_one_that_comes_twice_are_calls_of_one_stage() -> None:
    """No form gets lost because of its name."""
    one, two, again = (convert(msgspec.convert(form(name, STORY, MONTHS), HyphaForm))
                       for name in ("A part 1", "B part 2", "A part 1"))  # fmt: skip
    assert [(each.title, each.of, len(each.stages)) for each in plan([one, two, again]).calls] == [
        ("A part 1", (again,), 1),
        ("A part 1", (one,), 1),
        ("B part 2", (two,), 1),
    ]


def test_what_the_server_shows_otherwise_is_named_by_its_place(forms: list[Converted]) -> None:
    """A word that is missing, a question that came back changed, and a call that was not published."""
    meant = call(forms, "Evening")
    shown = {
        "title": {"en": "Evening"},
        "status": "published",
        "stages": msgspec.json.decode(msgspec.json.encode(meant.stages)),
    }
    assert meant.differences(shown) == []
    shown["stages"][1]["form"]["questions"][0]["required"] = False
    del shown["stages"][0]["rubric"]["criteria"][0]
    criteria = [
        {
            "id": "how_is_the_work",
            "label": {"en": "How is the work?"},
            "guidance": {},
            "scale": 5,
            "weight": 1,
        }
    ]
    assert meant.differences(shown | {"status": "draft"}) == [
        "The status is 'draft', but 'published' was meant.",
        f"stages[0].rubric.criteria is [], but {criteria!r} was meant.",
        "stages[1].form.questions[0].required is False, but True was meant.",
    ]


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"notes": "[]"}, "notes.json is none of the files that Hypha exports its forms to: "),
        ({}, "There is no application form in "),
        ({"funds_applicationform": "{"}, "funds_applicationform.json is no list of forms as Hypha exports them: "),
        ({"funds_applicationform": b"\xff"}, "funds_applicationform.json is no list of forms as Hypha exports them: "),
        ({"funds_applicationform": "{}"}, "funds_applicationform.json is no list of forms as Hypha exports them: Expected `array`, got `object`."),
        ({"funds_applicationform": '[{"name": "A", "form_fields": [{"type": "char", "value": {}}]}]'},
         ("funds_applicationform.json is no list of forms as Hypha exports them: Object missing required field "
         "`field_label` - at `$[0].form_fields[0].value`.")),
        ({"funds_applicationform": '[{"name": "A"}]'},
         "funds_applicationform.json is no list of forms as Hypha exports them: Object missing required field `form_fields` - at `$[0]`."),
    ],
)  # fmt: skip
def test_files_that_hold_no_forms_are_refused_in_a_sentence(
    tmp_path: Path, files: dict[str, str | bytes], sentence: str
) -> None:
    """Not JSON, another shape, a missing key, another file."""
    for name, content in files.items():
        (tmp_path / f"{name}.json").write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(FormsUnusable) as refused:
        read_folder(tmp_path)
    assert str(refused.value).startswith(sentence)
    assert "\n" not in str(refused.value)


def test_a_folder_that_is_not_there_is_refused_in_a_sentence(tmp_path: Path) -> None:
    """By its path."""
    with pytest.raises(FormsUnusable, match=r"There is no folder .*nowhere\."):
        read_folder(tmp_path / "nowhere")
