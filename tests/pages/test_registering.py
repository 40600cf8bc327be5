"""Registering without an address, and signing in with nine words, in the browser."""

from __future__ import annotations

import html
import re
from urllib.parse import quote

import pytest

from tests.pages.conftest import Stage, Visitor, hidden, said


def register(visitor: Visitor, name: str = "Анна", **more: str) -> tuple[str, ...]:
    """Register, and read the nine words."""
    page = visitor.open("/register").text
    fields = {"_secret": hidden(page, "_secret"), "_next": "/me", "name": name, "language": "ru"} | more
    return shown_words(visitor.send("/register", fields).text)


def shown_words(page: str) -> tuple[str, ...]:
    """The nine words that a page shows once."""
    found = re.search(r'<ol lang="en">(.*?)</ol>', page, re.DOTALL)
    assert found, page
    words = tuple(re.findall(r"<li>([a-z]+)</li>", found[1]))
    assert len(words) == 9
    return words


def sign_in(visitor: Visitor, **fields: str) -> tuple[int, str]:
    """Send the form for signing in: the status, and what is shown then."""
    page = visitor.open("/sign-in").text
    answer = visitor.send("/sign-in", {"_secret": hidden(page, "_secret"), "_next": "/me"} | fields)
    return answer.status_code, answer.headers.get("location", answer.text)


def test_somebody_registers_and_signs_in_again_with_the_words(stage: Stage) -> None:
    """They are told what to do next; the words are on no other page."""
    visitor = stage.visitor()
    words = register(visitor)
    me = visitor.open("/me").text
    assert "What to do next" in me
    assert "Анна" in me
    assert "With your nine words" in visitor.open("/me/access").text
    assert not any(word in visitor.open("/me/access").text for word in words if len(word) > 6)

    elsewhere = stage.visitor()
    typed = ", ".join(f"{number}. {word.upper()}\n" for number, word in enumerate(words, 1))
    assert sign_in(elsewhere, words=typed, _do="words") == (303, "/me")
    assert "Анна" in elsewhere.open("/me").text


def test_whoever_came_for_a_form_gets_to_it_whichever_way_they_register(stage: Stage) -> None:
    """The pages for signing in and for registering lead to each other, and on to where somebody wanted to go."""
    visitor, apply = stage.visitor(), f"/calls/{stage.call}/apply"
    place = visitor.open(apply).headers["location"]
    onward = place.partition("?")[2]
    assert onward == f"next={quote(apply)}"
    page = html.unescape(visitor.open(place).text)
    assert f'href="/register?{onward}"' in page
    typed = {
        "_secret": hidden(page, "_secret"),
        "_next": apply,
        "_do": "email",
        "email": "onward@example.org",
    }
    asked = visitor.send("/sign-in", typed).headers["location"]
    assert f'href="/sign-in?{onward}"' in html.unescape(visitor.open(asked).text)
    page = html.unescape(visitor.open(f"/register?{onward}").text)
    assert page.count(f'href="/sign-in?{onward}"') == 2
    named = {"_secret": hidden(page, "_secret"), "_next": apply, "name": "Came to apply", "language": "en"}
    assert f'href="{apply}"' in html.unescape(visitor.send("/register", named).text)


def test_the_same_form_sent_again_shows_the_same_words(stage: Stage) -> None:
    """As when the page is loaded again, or the answer was lost."""
    visitor = stage.visitor()
    page = visitor.open("/register").text
    fields = {"_secret": hidden(page, "_secret"), "name": "Twice", "language": "en"}
    first, second = (shown_words(visitor.send("/register", fields).text) for _ in range(2))
    assert first == second
    assert visitor.open("/me").status_code == 200


def test_wrong_words_are_kept_in_the_form_and_mistyped_ones_named(stage: Stage) -> None:
    words = register(stage.visitor())
    visitor = stage.visitor()
    status, page = sign_in(visitor, words=" ".join((*words[:-1], "xyzzy")), _do="words")
    assert (status, "so look at it again: xyzzy." in page, words[0] in page) == (401, True, True)
    status, page = sign_in(visitor, words=" ".join(words[:8]), _do="words")
    assert (status, "Type all nine words; these are 8." in page) == (401, True)
    status, page = sign_in(visitor, words=" ".join(reversed(words)), _do="words")
    assert (status, "Check each of them, and their order." in page) == (401, True)
    status, page = sign_in(visitor, words="зима слово берег", _do="words")
    assert (status, "The nine words are English words." in page) == (401, True)
    assert visitor.open("/me").status_code == 303


def test_the_field_that_was_filled_in_counts(stage: Stage) -> None:
    """The Enter key presses the first button of a form."""
    words = register(stage.visitor())
    assert sign_in(stage.visitor(), words=" ".join(words), token="", _do="token")[0] == 303
    assert sign_in(stage.visitor(), words="", token=stage.tokens["newcomer"], _do="words")[0] == 303


def test_new_words_replace_the_old_ones(stage: Stage) -> None:
    visitor = stage.visitor()
    old = register(visitor)
    page = visitor.open("/me/access").text
    fields = {"_csrf": hidden(page, "_csrf"), "_do": "words", "_key": hidden(page, "_key")}
    new = shown_words(visitor.send("/me/access", fields).text)
    assert visitor.open("/me").status_code == 200
    assert sign_in(stage.visitor(), words=" ".join(old), _do="words")[0] == 401
    assert sign_in(stage.visitor(), words=" ".join(new), _do="words")[0] == 303


def test_the_only_way_to_sign_in_is_not_removed(stage: Stage) -> None:
    visitor = stage.visitor()
    register(visitor)
    page = visitor.open("/me/access").text
    fields = {"_csrf": hidden(page, "_csrf"), "_do": "remove-way", "way": hidden(page, "way")}
    answer = visitor.send("/me/access", fields)
    assert (answer.status_code, "your only way to sign in" in said(answer)) == (409, True)
    assert "have your data erased" in said(answer)


@pytest.mark.parametrize(
    ("sent", "field"),
    [({"name": " "}, "name"), ({"language": "xx"}, "language"), ({"name": "x" * 500}, "name")],
)
def test_mistakes_come_back_with_what_was_typed(stage: Stage, sent: dict[str, str], field: str) -> None:
    visitor = stage.visitor()
    fields = {"_secret": hidden(visitor.open("/register").text, "_secret"), "name": "Eva", "language": "en"}
    answer = visitor.send("/register", fields | sent)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert f'value="{(fields | sent)["name"]}"' in answer.text


@pytest.mark.parametrize("path", ["/register", "/sign-in"])
def test_changing_the_language_keeps_what_was_typed(stage: Stage, path: str) -> None:
    visitor = stage.visitor()
    secret = hidden(visitor.open(path).text, "_secret")
    typed = {"name": "Ева", "language": "en", "words": "acid bath", "email": "eva@example.org"}
    answer = visitor.send(path, {"_secret": secret, "_language": "ru"} | typed)
    assert (answer.status_code, answer.headers["content-language"]) == (200, "ru")
    for each in ("Ева",) if path == "/register" else ("acid bath", "eva@example.org"):
        assert each in answer.text
    assert visitor.open("/me").status_code == 303


def test_another_site_registers_nobody(stage: Stage) -> None:
    visitor = stage.visitor()
    visitor.open("/register")
    for secret in ("", "x" * 32):
        fields = {"_secret": secret, "name": "Eva", "language": "en"}
        assert visitor.send("/register", fields).status_code == 403
