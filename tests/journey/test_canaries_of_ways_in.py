"""Addresses, nine words, names and kept forms of people who come by themselves lie nowhere in clear; a planted one is found."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import psycopg
import pytest

from api.postgres.embedded import EmbeddedPostgres
from tests.journey.leaking import encodings, leaks, places, plant, uproot
from tests.pages.conftest import Stage, Visitor, hidden, set_stage
from tests.pages.test_over_http import ANSWERS

CANARIES = {
    "address": "canary.of.letters@leak.example.org",
    "new address": "canary.changed@leak.example.org",
    "name": "Канарейка Вымышленная",
    "other name": "Canary Without Address",
    "kept answer": "КАНАРЕЙКА of a form whose session had ended",
}


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """A demonstration of this module's own."""
    with set_stage() as stage:
        yield stage


@pytest.fixture
def server(stage: Stage) -> Iterator[EmbeddedPostgres]:
    """Its database."""
    with EmbeddedPostgres(stage.running.folder / "postgres") as server:
        yield server


def letter_to(stage: Stage, address: str) -> str:
    """The newest letter to an address."""
    page = stage.visitor().open("/outbox").text
    return next(html.unescape(each) for each in page.split("<article")[1:] if address in each)


def answer_letter(visitor: Visitor, stage: Stage, address: str) -> str:
    """Press the button behind the link of the newest letter to an address; gives the place where it leads."""
    (link,) = re.findall(r'href="(/sign-in/letter/[^"]+)"', letter_to(stage, address))
    return visitor.send(link, {"_secret": hidden(visitor.open(link).text, "_secret")}).headers["location"]


def come_by_letter(visitor: Visitor, stage: Stage) -> None:
    """Register by e-mail, and change the address."""
    page = visitor.open("/sign-in").text
    fields = {"_secret": hidden(page, "_secret"), "email": CANARIES["address"], "_do": "email"}
    assert visitor.send("/sign-in", fields).status_code == 303
    where = answer_letter(visitor, stage, CANARIES["address"])
    fields = {
        "_secret": hidden(visitor.open(where).text, "_secret"),
        "name": CANARIES["name"],
        "language": "ru",
    }
    assert visitor.send(where, fields).status_code == 303
    page = visitor.open("/me/access").text
    fields = {"_csrf": hidden(page, "_csrf"), "_do": "address", "email": CANARIES["new address"]}
    assert visitor.send("/me/access", fields).status_code == 303
    answer_letter(visitor, stage, CANARIES["new address"])
    assert CANARIES["new address"] in visitor.open("/me/access").text
    assert "with another address" in letter_to(stage, CANARIES["address"])


def come_with_words(stage: Stage) -> str:
    """Register with nine words, and sign in with them, and with wrong ones; gives the words."""
    visitor = stage.visitor()
    secret = hidden(visitor.open("/register").text, "_secret")
    fields = {"_secret": secret, "name": CANARIES["other name"], "language": "en"}
    shown = re.search(r'<ol lang="en">(.*?)</ol>', visitor.send("/register", fields).text, re.DOTALL)
    assert shown
    words = re.findall(r"<li>([a-z]+)</li>", shown[1])
    for typed in (" ".join(words), " ".join((*words[:8], "acid"))):
        secret = hidden(visitor.open("/sign-in").text, "_secret")
        visitor.send("/sign-in", {"_secret": secret, "words": typed, "_do": "words"})
    return " ".join(words)


def lose_a_session(visitor: Visitor, stage: Stage, server: EmbeddedPostgres) -> None:
    """Send a form after the session has ended."""
    apply = f"/calls/{stage.call}/apply"
    form = visitor.form(apply, "application-submit") | ANSWERS | {"answers.idea": CANARIES["kept answer"]}
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("UPDATE accounts.sessions SET last_used_at = now() - interval '3 hours'")
    assert visitor.send(apply, form).headers["location"].endswith("&kept=1")


def test_no_way_in_lies_anywhere_in_clear_and_a_planted_one_is_found(
    stage: Stage, server: EmbeddedPostgres
) -> None:
    """Letters still lie in the outbox, and a form is kept."""
    visitor = stage.visitor()
    come_by_letter(visitor, stage)
    words = come_with_words(stage)
    lose_a_session(visitor, stage, server)
    halves = {"first words": " ".join(words.split()[:3]), "secret words": " ".join(words.split()[3:])}
    canaries = CANARIES | halves

    found = places(stage.running.folder, server)
    assert set(found) == {"dump", "tables", "WAL", "logs", "other files"}
    assert leaks(canaries, found) == set()

    plant(canaries, stage.running.folder, server)
    try:
        planted = leaks(canaries, places(stage.running.folder, server))
    finally:
        uproot(stage.running.folder, server)
    assert planted == {
        (kind, encoding, place)
        for kind, text in canaries.items()
        for encoding in encodings(text)
        for place in found
    }
