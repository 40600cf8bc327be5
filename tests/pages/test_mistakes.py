"""What is wrong with an input is said without the codes of JSON."""

from __future__ import annotations

from api.pages.mistakes import SAID, on_a_page
from domain.messages import msg
from tests.locales.collecting import collected


def test_a_choice_that_was_not_made_is_asked_for_without_the_codes() -> None:
    detail = msg("The possible values are {values}.", values=("fiscal_host", "other", "recipient"))
    assert str(on_a_page(detail)) == "Choose one of the options."


def test_what_the_domain_says_stays() -> None:
    detail = msg("This IBAN is not valid.")
    assert on_a_page(detail) is detail


def test_everything_that_is_said_in_other_words_is_still_said_somewhere() -> None:
    assert set(SAID) <= {each.id for each in collected() if isinstance(each.id, str)}
