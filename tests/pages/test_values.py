"""Each kind of field, by page and by JSON: what has one meaning is taken, all else comes back as typed with a sentence."""

from __future__ import annotations

import html
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.pages.conftest import Stage, Visitor, eur, said
from tests.pages.test_over_http import filled

QUESTION = "Is this 1250.00 or 1.25? Write it with a point and 2 decimals, such as 1250.00."
CYRILLIC = "а" * 200


@pytest.fixture(scope="module")
def applicant(stage: Stage) -> Visitor:
    """Somebody who may apply."""
    return stage.visitor("second applicant")


def applied(stage: Stage, visitor: Visitor, **other: str) -> httpx.Response:
    """The page that an application led to, or the form that came back."""
    answer = visitor.send(f"/calls/{stage.call}/apply", filled(stage, visitor, **other))
    return visitor.open(answer.headers["location"]) if answer.status_code == 303 else answer


def by_json(stage: Stage, status: int, **other: Any) -> dict[str, Any]:
    """The same application by JSON; its errors by field, or what it became."""
    answers = {"idea": "Four concerts.", "costs": [{"item": "Hall", "amount": "300.00"}], "before": False}
    sent = {
        "round": stage.round,
        "title": "A sound project",
        "requested": eur("300.00"),
        "answers": answers,
    } | other
    speaker = stage.speaking("second applicant")
    answer = speaker.post(f"/api/calls/{stage.call}/applications", status, **sent)
    if status == 201:
        return speaker.get(f"/api/applications/{answer['id']}", position=speaker.position)
    return {each["field"]: each["detail"] for each in answer["errors"]}


def errors(page: httpx.Response) -> dict[str, str]:
    """The sentences beside the inputs of the form for applying."""
    found = re.findall(r'id="application-submit-([^"]+)-error">([^<]+)<', page.text)
    return {html.unescape(name): html.unescape(detail) for name, detail in found}


def kept(page: httpx.Response, name: str) -> str:
    """What stands in an input."""
    found = re.search(rf' name="{re.escape(name)}"[^>]* value="([^"]*)"', page.text)
    assert found, name
    return html.unescape(found[1])


@pytest.mark.parametrize(
    "typed", ["1\u00a0250,00", "€1,250.00", "1250 EUR", "\t1250.00 ", "1\u202f250.00\u00a0EUR"]
)
def test_a_sum_is_typed_as_people_write_it(stage: Stage, applicant: Visitor, typed: str) -> None:
    """In every field that takes one: the sum, an answer, the lines of a budget. JSON takes its one spelling alone."""
    page = applied(
        stage,
        applicant,
        **{
            "requested.amount": typed,
            "answers.other": typed,
            "answers.costs[0].amount": typed,
            "answers.costs[4].item": "",
            "answers.costs[4].amount": "",
        },
    )
    assert page.status_code == 200, said(page)
    text = html.unescape(page.text)
    assert text.count("1,250.00\u00a0EUR") >= 3, "the sum, the answer and the line of the budget"
    detail = "Write an amount as a plain number, such as 1250.00."
    line = {"item": "Hall", "amount": typed}
    answers = {"idea": "x", "costs": [line], "before": True, "other": typed}
    assert by_json(stage, 422, requested=eur(typed), answers=answers) == {
        "requested.amount": detail,
        "answers.costs[0].amount": detail,
        "answers.other": detail,
    }


def test_a_sum_with_two_meanings_is_asked_about(stage: Stage, applicant: Visitor) -> None:
    """The question stands beside the field, and what was typed in it."""
    typed = {"requested.amount": "1.250", "answers.other": "1,250", "answers.costs[0].amount": "€1.250"}
    page = applied(stage, applicant, **typed)
    assert page.status_code == 422
    assert errors(page) == dict.fromkeys(typed, QUESTION)
    assert {name: kept(page, name) for name in typed} == typed
    assert by_json(stage, 422, requested=eur("1.250")) == {"requested.amount": QUESTION}


def test_a_sum_in_another_currency_is_refused_by_name(stage: Stage, applicant: Visitor) -> None:
    """Beside the number, or in place of the call's own."""
    page = applied(stage, applicant, **{"requested.amount": "$1250"})
    assert errors(page) == {"requested.amount": "This amount is written in $; it must be in EUR."}
    assert kept(page, "requested.amount") == "$1250"
    assert by_json(stage, 422, requested={"amount": "1250.00", "currency": "USD"}) == {
        "requested.currency": "The amount must be in EUR."
    }


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\x0b", "\u2028", "\x85", "\t"], ids=ascii)
def test_a_title_is_one_line_and_an_answer_has_lines(stage: Stage, applicant: Visitor, end: str) -> None:
    """Whatever ends a line where it was written."""
    page = applied(stage, applicant, title=f"Winter{end}house", **{"answers.idea": f"One{end}more"})
    assert "<h1><bdi>Winter house</bdi></h1>" in page.text
    between = " " if end == "\t" else "\n"
    assert f'<p class="answer" dir="auto">One{between}more</p>' in page.text
    answers = {"idea": f"One{end}more", "costs": [{"item": f"Hall{end}", "amount": "300.00"}], "before": True}
    shown = by_json(stage, 201, title=f"Winter{end}house", answers=answers)
    assert (shown["title"], shown["answers"]["idea"]) == ("Winter house", f"One{between}more")
    assert shown["answers"]["costs"] == [{"item": "Hall", "amount": "300.00"}]


@pytest.mark.parametrize("control", ["\x07", "\x1b", "\x7f", "\x9b"], ids=ascii)
def test_a_control_character_is_refused_at_its_field(stage: Stage, applicant: Visitor, control: str) -> None:
    """In a line, in a long text and in a table."""
    detail = (
        f"Character 2 is the control character U+{ord(control):04X}, which cannot be stored; "
        "delete it, or type that part again."
    )
    text = f"a{control}b"
    page = applied(stage, applicant, title=text, **{"answers.idea": text, "answers.costs[0].item": text})
    assert errors(page) == dict.fromkeys(("title", "answers.idea", "answers.costs[0].item"), detail)
    answers = {"idea": text, "costs": [{"item": text, "amount": "300.00"}], "before": True}
    assert by_json(stage, 422, title=text, answers=answers) == errors(page)
    speaker = stage.speaking("officer")
    for address in (f"/api/calls/{stage.call}/applications", f"/api/calls/{stage.call}/timeline"):
        refused = speaker.get(address, 400, cursor=text)
        assert refused["errors"] == [{"field": "cursor", "detail": "This contains a control character."}]
    assert applicant.client.get(f"/calls/{stage.call}", params={"lang": text}).status_code == 400


def test_what_stands_for_no_character_is_refused_at_its_field(stage: Stage, applicant: Visitor) -> None:
    """XML cannot hold it, so neither can a payment file."""
    text = "a\ufffeb"
    detail = "Character 2 is U+FFFE, which is not a character and cannot be stored; delete it."
    page = applied(stage, applicant, title=text, **{"answers.idea": text, "answers.costs[0].item": text})
    assert errors(page) == dict.fromkeys(("title", "answers.idea", "answers.costs[0].item"), detail)
    answers = {"idea": text, "costs": [{"item": text, "amount": "300.00"}], "before": True}
    assert by_json(stage, 422, title=text, answers=answers) == errors(page)


@pytest.mark.parametrize("day", ["20260531", "2026-W22-7", "31.05.2026"])
def test_a_day_has_one_spelling(stage: Stage, applicant: Visitor, day: str) -> None:
    """That of a browser's own field for dates."""
    detail = "Write the date as year, month and day: 2026-05-31."
    assert errors(applied(stage, applicant, **{"answers.start": day})) == {"answers.start": detail}
    answers = {"idea": "x", "costs": [{"item": "Hall", "amount": "300.00"}], "before": True, "start": day}
    assert by_json(stage, 422, answers=answers) == {"answers.start": detail}


def test_a_parameter_of_an_address_is_as_long_as_announced(stage: Stage) -> None:
    """Both numbers are told."""
    refused = stage.speaking("officer").get(f"/api/calls/{stage.call}/applications", 400, cursor="x" * 301)
    assert refused["errors"] == [{"field": "cursor", "detail": "At most 300 characters; this has 301."}]


def test_a_title_is_as_long_as_announced(stage: Stage, applicant: Visitor) -> None:
    """The form says how long, and both numbers are told of one that is longer."""
    form = applicant.open(f"/calls/{stage.call}/apply")
    assert "What your project is called. At most 200 characters." in html.unescape(form.text)
    assert CYRILLIC in applied(stage, applicant, title=CYRILLIC).text
    page = applied(stage, applicant, title=f"{CYRILLIC}б")
    assert errors(page) == {"title": "At most 200 characters; this has 201."}
    assert kept(page, "title") == f"{CYRILLIC}б"
    assert by_json(stage, 201, title=CYRILLIC)["title"] == CYRILLIC
    assert by_json(stage, 422, title=f"{CYRILLIC}б") == {"title": "At most 200 characters; this has 201."}


@pytest.mark.parametrize("title", ["O", "李", "ابن سينا"])
def test_one_letter_is_a_title(stage: Stage, applicant: Visitor, title: str) -> None:
    """In every script."""
    assert f"<h1><bdi>{title}</bdi></h1>" in applied(stage, applicant, title=title).text
    assert by_json(stage, 201, title=title)["title"] == title


def test_words_are_counted_by_a_rule_that_the_refusal_explains(stage: Stage, applicant: Visitor) -> None:
    """Fifty are taken and fifty-one are not; of a language without blanks, characters count."""
    form = html.unescape(applicant.open(f"/calls/{stage.call}/apply").text)
    assert "At most 50 words.</p>" in form
    for fits in ("слово—" * 50, "* it’s\n" * 50, "冬" * 50):
        assert applied(stage, applicant, **{"answers.idea": fits}).status_code == 200
    longer = {
        "\u200b".join(["word"] * 1000): "At most 50 words; this has 1,000.",
        "слово — " * 51: "At most 50 words; this has 51.",
        "•".join(["word"] * 51): "At most 50 words; this has 51.",
        "\u034f".join(["word"] * 51): "At most 50 words; this has 51.",
        "冬"
        * 51: "At most 50 words; this has 51, since in Japanese, Chinese, Thai, Lao, Khmer and Burmese each character counts as one.",
    }
    for idea, detail in longer.items():
        assert errors(applied(stage, applicant, **{"answers.idea": idea})) == {"answers.idea": detail}
        answers = {"idea": idea, "costs": [{"item": "Hall", "amount": "300.00"}], "before": True}
        assert by_json(stage, 422, answers=answers) == {"answers.idea": detail}


@pytest.mark.parametrize("currency", ["EUE", "BYR", "XTS", "XXX"])
def test_a_fund_is_in_a_currency_of_today(stage: Stage, currency: str) -> None:
    """By JSON, as no page opens funds."""
    officer = stage.speaking("officer")
    initiative = officer.get("/api/me")["initiatives"][0]["initiative"]
    refused = officer.post("/api/funds", 422, initiative=initiative, name="Winter", currency=currency)
    assert refused["errors"] == [
        {"field": "currency", "detail": f"{currency} is not a currency that is in use today."}
    ]


def test_one_person_has_one_address_in_all_its_spellings(stage: Stage) -> None:
    """By JSON, as no page registers people; what is no address is refused at its field."""
    administrator = stage.running.person(stage.running.token)
    for first, second in (
        ("анна@пример.рф", "Анна@xn--e1afmkfd.xn--p1ai"),
        ("ren\u00e9@example.org", "rene\u0301@example.org"),
        ("ａ10@example.org", "a10@example.org"),
    ):
        administrator.post("/api/persons", 201, name="One", email=first)
        again = administrator.post("/api/persons", 409, name="Two", email=second)
        assert again["detail"] == "Another registered person already uses this address."
    for address in ("a@x.org,b@y.org", "mailto:a@x.org", "ann@example.org."):
        refused = administrator.post("/api/persons", 422, name="One", email=address)
        assert [each["field"] for each in refused["errors"]] == ["email"]


def test_five_posts_of_one_form_at_once_are_one_application(stage: Stage, applicant: Visitor) -> None:
    """By page and by JSON: every one is led to the same."""
    sent = filled(stage, applicant)
    key = {"Idempotency-Key": "five at once"}
    answers = {"idea": "x", "costs": [{"item": "Hall", "amount": "300.00"}], "before": False}
    body = {"round": stage.round, "title": "Five", "requested": eur("300.00"), "answers": answers}

    def submitted() -> int:
        return sum(row["topic"] == "application.submitted.v1" for row in stage.running.rows())

    before = submitted()
    with ThreadPoolExecutor(5) as threads:
        pages = list(threads.map(lambda _: applicant.send(f"/calls/{stage.call}/apply", sent), range(5)))
        speaker = stage.speaking("second applicant")
        path = f"/api/calls/{stage.call}/applications"
        documents = list(threads.map(lambda _: speaker.post(path, 201, key, **body), range(5)))
    assert {page.status_code for page in pages} == {303}
    assert len({page.headers["location"] for page in pages}) == 1
    assert len({document["id"] for document in documents}) == 1
    assert submitted() == before + 2


def test_a_form_that_was_changed_and_sent_again_is_never_taken_for_the_first(
    stage: Stage, applicant: Visitor
) -> None:
    """Back, change, send: what was typed is kept, with a sentence that says what was done; sent once more, it is new."""
    apply = f"/calls/{stage.call}/apply"
    sent = filled(stage, applicant)
    first = applicant.send(apply, sent).headers["location"]
    page = applicant.send(apply, sent | {"title": "Changed title"})
    assert (page.status_code, kept(page, "title")) == (422, "Changed title")
    assert said(page) == (
        "This form was already sent once, with different contents, and that was saved. "
        "If you still need this, send it again."
    )
    key = re.search(r'id="application-submit"[^>]*>.*?name="_key" value="([^"]+)"', page.text, re.DOTALL)
    assert key
    second = applicant.send(apply, sent | {"title": "Changed title", "_key": key[1]}).headers["location"]
    assert second != first
    assert "Changed title" in applicant.open(second).text


@pytest.mark.parametrize(
    ("account", "detail"),
    [
        (
            "IBAN: DE88-3704-0044-0532-0130-00",
            "This IBAN has a typing error; compare it with a letter or statement from the bank.",
        ),
        (
            "DЕ88 3704 0044 0532 0130 00",
            "Character 2 is the Cyrillic letter Е (U+0415), which only looks like E; type it with a Latin keyboard.",
        ),
        (
            "DE8O 3704 0044 0532 0130 00",
            "Character 4 is the letter O, where an IBAN of this country has a digit.",
        ),
    ],
)
def test_an_iban_that_is_wrong_comes_back(stage: Stage, account: str, detail: str) -> None:
    """With the sentence beside it; the name of its holder is one line of at most 200 characters."""
    recipient = stage.visitor("applicant")
    found = re.search(r'href="(/grants/grant-[0-9a-f]{32})"', recipient.open("/grants").text)
    assert found
    form = recipient.form(found[1], "grant-set_payee")
    sent = form | {"kind": "recipient", "name": f"{CYRILLIC}б", "account": account}
    before = stage.facts()
    page = recipient.send(found[1], sent)
    assert page.status_code == 422
    told = html.unescape(page.text)
    assert 'id="grant-set_payee-name-error">At most 200 characters; this has 201.<' in told
    assert (kept(page, "name"), kept(page, "account")) == (sent["name"], account)
    page = recipient.send(found[1], sent | {"name": "O"})
    assert f'id="grant-set_payee-account-error">{detail}<' in html.unescape(page.text)
    speaker, path = stage.speaking("applicant"), f"/api{found[1]}/payee"
    refused = speaker.post(path, 422, kind="recipient", name="O", account=account)
    assert refused["errors"] == [{"field": "account", "detail": detail}]
    assert stage.facts() == before
