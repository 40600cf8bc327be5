"""Somebody leaves: the page says what is erased and what stays, and does it once they have written that they want it."""

from __future__ import annotations

import html

from domain.dossiers import PAYMENT_RECORDS_YEARS
from tests.pages.conftest import Stage
from tests.pages.test_registering import register, sign_in

ADDRESS = "/me/leave"


def test_everybody_finds_it_and_nothing_is_erased_without_the_words(stage: Stage) -> None:
    visitor = stage.visitor()
    words = register(visitor)
    for page in ("/me", "/me/profile", "/me/access", "/me/letters"):
        assert f'href="{ADDRESS}"' in visitor.open(page).text, page
    shown = html.unescape(visitor.open(ADDRESS).text)
    assert "No payment record has to be kept" in shown
    wrong = visitor.send(ADDRESS, visitor.form(ADDRESS, "person-erase") | {"confirmation": "yes"})
    assert (wrong.status_code, "Type exactly these words: erase my data" in wrong.text) == (422, True)
    assert visitor.open("/me").status_code == 200
    done = visitor.send(
        ADDRESS, visitor.form(ADDRESS, "person-erase") | {"confirmation": "Стереть мои  данные"}
    )
    assert (done.status_code, "Nobody can read it any more." in done.text) == (200, True)
    assert visitor.open("/me").headers["location"].startswith("/sign-in")
    assert sign_in(stage.visitor(), words=" ".join(words), _do="words")[0] == 401


def test_the_last_administrator_reads_why_not(stage: Stage) -> None:
    page = stage.visitor("administrator").open(ADDRESS).text
    assert "You are the only administrator" in page
    assert "person-erase" not in page


def test_the_home_page_says_from_the_start_what_is_kept(stage: Stage) -> None:
    assert "for ten years after the year of the payment" in stage.visitor().open("/").text
    assert PAYMENT_RECORDS_YEARS == 10
