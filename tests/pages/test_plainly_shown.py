"""Small things that people read on pages: languages of hints, sums in inputs, scores, names of pledges, what lacks reviews."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from decimal import Decimal

import pytest

from api.locales import Locale
from domain.amounts import typed_amount
from domain.values import Money
from tests.pages.conftest import CALL, Stage, eur, open_call, set_stage
from tests.pages.test_judging import Round, closed_round
from tests.staging import with_stage


@pytest.fixture(scope="module")
def judging() -> Iterator[Round]:
    """A closed round of three applications without reviews."""
    with set_stage() as stage:
        yield closed_round(stage)


def test_a_hint_of_these_pages_is_not_marked_as_in_the_language_of_the_question(stage: Stage) -> None:
    questions = [
        {
            "id": "idea",
            "kind": "long_text",
            "label": {"ru": "Замысел"},
            "help": {"ru": "Коротко."},
            "max_words": 50,
        }
    ]
    call, _ = open_call(stage, with_stage(CALL, form={"questions": questions}))
    page = stage.visitor("applicant").open(f"/calls/{call}/apply").text
    found = re.search(r'<p class="hint" id="application-submit-answers.idea-hint"(.*?)</p>', page)
    assert found
    assert found[1] == '><span lang="ru">Коротко.</span> At most 50 words.'


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize(("amount", "currency"), [("2500.00", "EUR"), ("1250", "JPY"), ("12500.500", "KWD")])
def test_a_sum_in_an_input_is_written_as_elsewhere_and_read_again(
    language: str, amount: str, currency: str
) -> None:
    written = Locale(language).typed(Money(amount=amount, currency=currency))
    assert Decimal(typed_amount(written, currency)) == Decimal(amount)


def test_a_sum_in_an_input_is_written_as_beside_it(stage: Stage) -> None:
    call, round = open_call(stage, CALL)
    artist = stage.speaking("applicant")
    application = artist.post(
        f"/api/calls/{call}/applications",
        round=round,
        title="Work",
        requested=eur("2500.00"),
        answers={
            "idea": "Snow",
            "costs": [{"item": "Hall", "amount": "2500.00"}],
            "before": False,
            "other": "1500.00",
        },
    )["id"]
    visitor = stage.visitor("applicant")
    page = f"/applications/{application}/change"
    written = re.findall(r'<input[^>]* value="([\d,.]+)"[^>]* inputmode="decimal"', visitor.open(page).text)
    assert written[:3] == ["2,500.00", "2,500.00", "1,500.00"]


def test_what_lacks_reviews_is_named_where_the_panel_cannot_open_yet(judging: Round) -> None:
    stage, ranking = judging.stage, f"/rounds/{judging.round}/ranking"
    judging.caught_up()
    page = stage.visitor("officer").open(ranking).text
    found = re.search(r'<p class="note">(3 applications need more reviews:.*?)</p>', page)
    assert found
    assert set(re.findall(r'href="/applications/([^"]+)"', found[1])) == set(judging.applications)
    assert f"/rounds/{judging.round}/reviews" in found[1]


def test_a_pledge_has_the_name_of_its_funder_for_those_who_may_know_it(stage: Stage) -> None:
    officer = stage.speaking("officer")
    fund = officer.get(f"/api/calls/{stage.call}")["fund"]
    first = {
        role: html.unescape(re.findall(r'<tr><th scope="row">(.*?)</th>', stage.visitor(role).open(f"/funds/{fund}").text)[0])
        for role in ("officer", "finance", "funder")
    }  # fmt: skip
    assert first == {
        "officer": "<bdi>Funder One</bdi>",
        "finance": "<bdi>Funder One</bdi>",
        "funder": "Yours",
    }
