"""Signing in and registering by e-mail, in the browser: the letter is read in the demonstration's outbox."""

from __future__ import annotations

import html
import re

from api.pages.letters import shortened
from tests.pages.conftest import Stage, Visitor, hidden


def ask(visitor: Visitor, address: str) -> str:
    """Ask for a letter; gives the page that follows."""
    page = visitor.open("/sign-in").text
    fields = {"_secret": hidden(page, "_secret"), "_next": "/me", "email": address, "_do": "email"}
    answer = visitor.send("/sign-in", fields)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in/letter")
    follows = visitor.open("/sign-in/letter").text
    (shown,) = re.findall(r"It went to <bdi>([^<]+)</bdi>", follows)
    assert shown == shortened(address), "a mistake is noticed, and nobody is named"
    return follows


def test_whoever_may_open_the_outbox_finds_it_beside_their_letters(stage: Stage) -> None:
    assert 'href="/outbox"' in stage.visitor("applicant").open("/me/letters").text, (
        "everybody in a demonstration"
    )


def letter_to(stage: Stage, address: str) -> str:
    """The newest letter to an address, as everybody sees it in a demonstration."""
    page = stage.visitor().open("/outbox").text
    return next(html.unescape(each) for each in page.split("<article")[1:] if address in each)


def link_in(letter: str) -> str:
    (found,) = re.findall(r'href="(/sign-in/letter/[^"]+)"', letter)
    return str(found)


def code_in(letter: str) -> str:
    (found,) = re.findall(r"<p>(\d{4} \d{4})</p>", letter)
    return str(found)


def press(visitor: Visitor, link: str) -> str:
    """Open a link and press its button; gives the place where it leads."""
    answer = visitor.send(link, {"_secret": hidden(visitor.open(link).text, "_secret")})
    return answer.headers.get("location", str(answer.status_code))


def test_somebody_registers_by_a_letter_and_signs_in_by_the_next(stage: Stage) -> None:
    address = "one.of.letters@example.org"
    visitor = stage.visitor()
    ask(visitor, address)
    link = link_in(letter_to(stage, address))
    assert press(visitor, link) == "/register/letter"
    page = visitor.open("/register/letter").text
    fields = {"_secret": hidden(page, "_secret"), "_next": "/me", "name": "Почта", "language": "ru"}
    empty = visitor.send("/register/letter", fields | {"name": ""})
    assert (empty.status_code, 'id="name-error"' in empty.text) == (422, True)
    assert visitor.send("/register/letter", fields).headers["location"] == "/me"
    assert "Почта" in visitor.open("/me").text
    assert address in visitor.open("/me/access").text

    elsewhere = stage.visitor()
    spelled = "ONE.OF.LETTERS@example.org"
    ask(elsewhere, spelled)
    page = elsewhere.open("/sign-in/letter").text
    code = {"_secret": hidden(page, "_secret"), "code": code_in(letter_to(stage, spelled))}
    changed = elsewhere.send("/sign-in/letter", code | {"_language": "ru", "code": "1234 56"})
    assert (changed.headers["content-language"], 'value="1234 56"' in changed.text) == ("ru", True)
    wrong = elsewhere.send("/sign-in/letter", code | {"code": "1"})
    assert (wrong.status_code, 'id="code-error"' in wrong.text) == (422, True)
    assert "Вы не вошли." in wrong.text
    assert elsewhere.send("/sign-in/letter", code).headers["location"] == "/me"
    assert "Почта" in elsewhere.open("/me").text


def test_an_address_is_shortened_so_that_it_names_nobody() -> None:
    """But for its first letter and its end; what is no address shows nothing more."""
    assert [shortened(each) for each in ("nina.k@mail.example.org", "n@org", "почта@пример.рф", "")] == [
        "n•••@•••.org",
        "n•••@•••.org",
        "п•••@•••.рф",
        "•••@•••.",
    ]


def test_opening_a_link_does_nothing_however_often(stage: Stage) -> None:
    """Scanners of mail open every link."""
    address = "scanned@example.org"
    ask(stage.visitor(), address)
    link = link_in(letter_to(stage, address))
    for _ in range(3):
        assert stage.visitor().open(link).status_code == 200
    visitor = stage.visitor()
    assert press(visitor, link) == "/register/letter"
    assert press(stage.visitor(), link) == "409"


def test_the_button_belongs_to_the_browser_that_opened_the_page(stage: Stage) -> None:
    address = "elsewhere@example.org"
    ask(stage.visitor(), address)
    link = link_in(letter_to(stage, address))
    for secret in ("", "x" * 32):
        assert stage.visitor().send(link, {"_secret": secret}).status_code == 403


def test_known_and_unknown_addresses_get_the_same_answer(stage: Stage) -> None:
    address = "known@example.org"
    visitor = stage.visitor()
    ask(visitor, address)
    press(visitor, link_in(letter_to(stage, address)))
    page = visitor.open("/register/letter").text
    fields = {"_secret": hidden(page, "_secret"), "_next": "/me", "name": "Known", "language": "en"}
    assert visitor.send("/register/letter", fields).status_code == 303
    pages = {
        re.sub(r'value="[^"]*"', "", ask(stage.visitor(), each)).replace(shortened(each), "the typed address")
        for each in (address, "unknown@example.org")
    }
    assert len(pages) == 1


def test_a_person_adds_an_address_and_changes_it(stage: Stage) -> None:
    visitor = stage.visitor("third juror")
    for address in ("first.juror@example.org", "second.juror@example.org"):
        page = visitor.open("/me/access").text
        fields = {"_csrf": hidden(page, "_csrf"), "_do": "address", "email": address}
        assert visitor.send("/me/access", fields).headers["location"] == "/sign-in/letter"
        code = {"_secret": hidden(visitor.open("/sign-in/letter").text, "_secret"), "code": "1"}
        wrong = visitor.send("/sign-in/letter", code).text
        assert ("Nothing was done." in wrong, "You are not signed in." in wrong) == (True, False)
        assert press(visitor, link_in(letter_to(stage, address))) == "/me/access?show=address-added"
        page = visitor.open("/me/access?show=address-added").text
        assert "The address is added." in page
        assert address in page
    assert "with another address from now on" in letter_to(stage, "first.juror@example.org")
    page = visitor.open("/me/access").text
    fields = {"_csrf": hidden(page, "_csrf"), "_do": "remove-way", "way": hidden(page, "way")}
    assert visitor.send("/me/access", fields).status_code == 303
    assert "second.juror@example.org" not in visitor.open("/me/access").text


def test_a_wrong_address_comes_back(stage: Stage) -> None:
    visitor = stage.visitor()
    secret = hidden(visitor.open("/sign-in").text, "_secret")
    answer = visitor.send("/sign-in", {"_secret": secret, "email": "no address", "_do": "email"})
    assert answer.status_code == 401
    assert 'value="no address"' in answer.text
    assert 'id="email-error"' in answer.text
    signed_in = stage.visitor("third juror")
    csrf = hidden(signed_in.open("/me/access").text, "_csrf")
    answer = signed_in.send("/me/access", {"_csrf": csrf, "_do": "address", "email": "no address"})
    assert (answer.status_code, 'value="no address"' in answer.text) == (422, True)
