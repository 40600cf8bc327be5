"""Forms as browsers send them, before any of it is a command."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace, UnionType
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

import msgspec
import pytest
from litestar.testing import RequestFactory

from api.http.problems import Problem
from api.inputs.answers import eligibility_answers
from api.inputs.commands import command_of, read_typed
from api.inputs.submitted import SubmittedForm, nested, row_number
from api.locales import ENGLISH, asked_languages
from api.pages.call_work import moved
from api.pages.drafting import words_of
from api.pages.labels import label_of
from api.pages.rendering import Said, codes, said
from api.pages.review_drafts import filled as scored
from api.pages.sign_in import within
from api.pages.together import _ticked
from api.pages.visits import Visit
from domain.commands.applications.ending import WithdrawApplication
from domain.commands.applications.submitting import SubmitApplication
from domain.commands.grants.payee import ConfirmGrantPayee
from domain.commands.panels import SetPanelOutcome
from domain.commands.register import REGISTER
from domain.commands.reviews import SubmitReview
from domain.forms import BudgetLine, Form, GroupedQuestion, Question
from domain.messages import msg
from domain.refusals import FieldError, Invalid
from domain.stages import Stage
from domain.values import Money
from tests.scene import APPLICATION, CALL, PANEL, REVIEW, ROUND, numbered

GRANT = numbered("grant", 1)


def test_the_name_of_an_input_is_the_path_of_its_field() -> None:
    """Rows come in the order of their numbers, whatever the numbers are."""
    fields = {
        "title": "T",
        "requested.amount": "1",
        "answers.costs[10].item": "b",
        "answers.costs[2].item": "a",
    }
    assert nested(fields) == {
        "title": "T",
        "requested": {"amount": "1"},
        "answers": {"costs": [{"item": "a"}, {"item": "b"}]},
    }


@pytest.mark.parametrize("fields", [{"a": "x", "a.b": "y"}, {"a.b": "y", "a": "x"}, {"a": "", "a[0].b": "y"}])
def test_paths_that_cannot_both_be_are_refused(fields: dict[str, str]) -> None:
    """A value is a text or an object, never both."""
    with pytest.raises(Problem):
        nested(fields)


LONG = "9" * 5000
"""More digits than Python reads as a number."""


def test_a_button_that_names_no_row_moves_nothing() -> None:
    fields = {"answers.works.entries[0].title": "Snow"}
    for row in ("", "1", "-1", "٠", "0\n", LONG):
        form = SubmittedForm(fields | {"_rows": f"remove answers.works.entries {row}"})
        assert form.rearranged().typed() == fields
        assert moved(["a", "b"], f"remove {row}") == (["a"] if row == "1" else ["a", "b"])
        assert row_number(row) == (1 if row == "1" else None)


def test_what_no_page_sends_is_no_answer_to_a_question_asked_first() -> None:
    plain = nested(
        {"eligibility.alive": "yes", "eligibility.abroad.now": "yes", "eligibility.known[0]": "no"}
    )
    assert eligibility_answers(plain) == {"alive": True, "abroad": {"now": "yes"}, "known": ["no"]}


def test_of_what_was_ticked_nothing_but_texts_is_read() -> None:
    plain = nested(
        {"items[0].application.id": "x", "items[1].application": APPLICATION, "items[1].seen": "v"}
    )
    assert _ticked(plain)[APPLICATION] == "v"


def test_what_has_no_place_in_a_group_is_left_out_where_a_draft_is_shown() -> None:
    part = GroupedQuestion(id="title", kind="text", label={"en": "Title"})
    works = Question(id="works", kind="group", label={"en": "Works"}, questions=(part,))
    stage = cast("Stage", SimpleNamespace(form=Form(questions=(works,))))
    visit = cast("Visit", SimpleNamespace(languages=("en",), locale=ENGLISH))
    for name in ("answers.works[0].title", "answers.works.entries[0].title", "answers.works.title"):
        assert [text for _, text in words_of(visit, stage, {}, {name: "Snow"})] == ["Snow"]
    for name in ("answers.works", "answers.works[0]", "answers.works[0].year", "answers.works.entries"):
        assert words_of(visit, stage, {}, {name: "Snow"}) == []


def test_blank_rows_of_a_table_do_not_count() -> None:
    """What was typed is numbered anew, so that an error's number is the row's on the page that comes back."""
    form = SubmittedForm(
        {
            "title": "T",
            "answers.costs[0].item": " ",
            "answers.costs[0].amount": "",
            "answers.costs[1].item": "Paper",
            "answers.costs[1].amount": "",
            "plan[0].amount.amount": "",
            "plan[0].amount.currency": "EUR",
        }
    )
    kept = form.without_blank_rows()
    assert kept.fields == {"title": "T", "answers.costs[0].item": "Paper", "answers.costs[0].amount": ""}
    assert (kept.rows("answers.costs"), kept.rows("plan"), form.rows("answers.costs")) == (1, 0, 2)


def test_a_form_becomes_the_very_command() -> None:
    """Whole numbers are read as such, and what may be left out and is empty is left out."""
    assert command_of(ConfirmGrantPayee, {"grant": GRANT, "setting": "2"}) == ConfirmGrantPayee(
        grant=GRANT, setting=2
    )
    assert command_of(
        WithdrawApplication, {"application": APPLICATION, "reason": "other", "explanation": " "}
    ) == WithdrawApplication(application=APPLICATION, reason="other", explanation=None)
    outcome = {"panel": PANEL, "application": APPLICATION, "outcome": "decline", "reason": "other", "rank": "",
               "amount": {"amount": "", "currency": "EUR"}}  # fmt: skip
    assert command_of(SetPanelOutcome, outcome) == SetPanelOutcome(
        panel=PANEL, application=APPLICATION, outcome="decline", reason="other"
    )
    typed = {"call": CALL, "round": ROUND, "title": "T", "requested": {"amount": "1.00", "currency": "EUR"},
             "answers": {"costs": [{"item": "Paper", "amount": "1.00"}], "idea": "Да"}}  # fmt: skip
    assert command_of(SubmitApplication, typed) == SubmitApplication(
        call=CALL,
        round=ROUND,
        title="T",
        requested=Money(amount="1.00", currency="EUR"),
        answers={"costs": (BudgetLine(item="Paper", amount="1.00"),), "idea": "Да"},
    )


def fields_of(kind: Any, wanted: type) -> list[tuple[str, ...]]:
    """The paths of all fields of a type in a command, rows of tables and objects within it included."""
    origin, arguments = get_origin(kind), get_args(kind)
    if kind is wanted:
        return [()]
    if origin in (Union, UnionType):
        return [path for member in arguments for path in fields_of(member, wanted)]
    if origin is tuple:
        return [("[]", *path) for path in fields_of(arguments[0], wanted)]
    if origin is dict:
        return [("{}", *path) for path in fields_of(arguments[1], wanted)]
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        hints = get_type_hints(kind)
        return [(name, *path) for name, hint in hints.items() for path in fields_of(hint, wanted)]
    return []


def at(path: tuple[str, ...], value: Any) -> Any:
    """A form's fields with one value at a path."""
    for step in reversed(path):
        value = [value] if step == "[]" else {"some": value} if step == "{}" else {step: value}
    return value


EVERY = [(entry.name, path) for entry in REGISTER.values() for path in fields_of(entry.request, Money)]
NUMBERS = [(entry.name, path) for entry in REGISTER.values() for path in fields_of(entry.request, int)]


@pytest.mark.parametrize(("command", "path"), EVERY, ids=str)
def test_every_sum_of_every_command_is_read_as_people_write_it(command: str, path: tuple[str, ...]) -> None:
    """What has two meanings stays as it was typed, to be asked about."""
    kind = REGISTER[command].request
    for typed, read in (("1\u202f250,00 €", "1250.00"), ("1.250", "1.250"), ("a lot", "a lot")):
        sent = at(path, {"amount": typed, "currency": "EUR"})
        assert read_typed(sent, kind) == at(path, {"amount": read, "currency": "EUR"})


@pytest.mark.parametrize(("command", "path"), NUMBERS, ids=str)
def test_every_whole_number_of_every_command_is_read_as_people_write_it(
    command: str, path: tuple[str, ...]
) -> None:
    """Scores, places, numbers of instalments and reports among them."""
    for typed, read in (("８", 8), (" 8 ", 8), ("+8", 8), ("8.0", 8), ("1.000", "1.000"), ("eight", "eight")):
        assert read_typed(at(path, typed), REGISTER[command].request) == at(path, read)


CHOSEN = [
    (entry.name, name, codes(entry.name, name))
    for entry in REGISTER.values()
    for name, hint in get_type_hints(entry.request).items()
    if codes(entry.name, name) and get_origin(hint) is not tuple
]


@pytest.mark.parametrize(("command", "field", "offered"), CHOSEN, ids=str)
def test_what_was_not_chosen_is_asked_for_without_its_codes(
    command: str, field: str, offered: tuple[str, ...]
) -> None:
    """Of every choice of every command: on a page the options have words, and the codes are nobody's to read."""
    with pytest.raises(Invalid) as invalid:
        command_of(REGISTER[command].request, {field: "none of these"})
    said = {error.field: str(error.detail) for error in invalid.value.errors}
    assert said[field] == "Choose one of the options that are offered."


def test_a_score_is_read_as_people_write_it() -> None:
    """Also where a page's own words stand beside the numbers; what was not chosen is left out, for the rule to name."""
    form = SubmittedForm(
        {
            "scores.art": "８",
            "scores.need": "8.0",
            "scores.place": "none",
            "scores.other": "",
            "review": REVIEW,
        }
    )
    plain = asyncio.run(scored(cast("Visit", None), form))
    assert command_of(SubmitReview, plain) == SubmitReview(
        review=REVIEW, scores={"art": 8, "need": 8, "place": None}
    )


def test_the_fields_that_are_read_are_those_that_people_fill_in() -> None:
    """So that the two tests above look at something."""
    assert {
        ("application.submit", ("requested",)),
        ("panel.set_outcome", ("amount",)),
        ("grant.schedule", ("instalments", "[]", "amount")),
        ("instalment.settle", ("amount",)),
        ("fund.pledge", ("amount",)),
        ("call.draft", ("maximum_award",)),
    } <= set(EVERY)
    assert {
        ("review.submit", ("scores", "{}")),
        ("panel.set_outcome", ("rank",)),
        ("instalment.approve", ("instalment",)),
    } <= set(NUMBERS)


def test_every_wrong_field_is_named_at_once() -> None:
    """One answer tells all that is wrong with a form."""
    with pytest.raises(Invalid) as invalid:
        command_of(ConfirmGrantPayee, {"setting": "two", "surprise": "x"})
    assert {error.field for error in invalid.value.errors} == {"grant", "setting", "surprise"}
    assert all(
        isinstance(error, FieldError) and "two" not in str(error.detail) for error in invalid.value.errors
    )


@pytest.mark.parametrize(
    ("name", "label"), [("summary.en", "Description"), ("closes_at", "Deadline"), ("title.en", "Title")]
)
def test_the_summary_of_mistakes_calls_a_field_as_its_form_does(name: str, label: str) -> None:
    assert label_of(name) == msg(label)


def test_a_text_is_said_in_a_language_that_is_read() -> None:
    """The first language that the text has counts, with its regions; else the text's own first one."""
    texts = {"ru": "зима", "en": "winter"}
    assert said(texts, ("de", "en-GB", "ru")) == Said("en", "winter")
    assert said(texts, ("ru-RU", "en")) == Said("ru", "зима")
    assert said(texts, ("de",)) == Said("ru", "зима")
    assert said({"en-GB": "winter"}, ("en",)) == Said("en-GB", "winter")


def test_the_language_chosen_on_the_page_comes_before_the_browser_s() -> None:
    """And the browser's come by their weights; nonsense is passed over."""
    request = RequestFactory().get(
        "/", headers={"Accept-Language": "de;q=0.5, ru, <x>, fr;q=0.9;z, en;q=0.8"}
    )
    assert asked_languages(request, None) == ("ru", "fr", "en", "de", "en")
    assert asked_languages(request, "uk")[0] == "uk"
    assert asked_languages(request, '"><b>')[0] == "ru"


@pytest.mark.parametrize(
    "address",
    ["//elsewhere.example", "https://elsewhere.example", "/\\elsewhere.example", "/a?b=c", "/a\n", "", "/"],
)
def test_signing_in_never_leads_elsewhere(address: str) -> None:
    """What is no address of a page leads to one's own page."""
    assert within(address) == "/me"


def test_signing_in_leads_back_to_the_page_asked_for() -> None:
    """A page's own address is kept."""
    assert within("/calls/call-0f/apply") == "/calls/call-0f/apply"
