"""Claims in the browser: exchanged once for a token that only the person sees, and shown to people who had access before."""

from __future__ import annotations

import re

import pytest

from tests.journey.running import Person
from tests.pages.conftest import Stage, Visitor, hidden

CHANGED = "Something about the ways to sign in to your account has changed."
NO_WAY_BACK = "You have not yet chosen how to sign in again."


@pytest.fixture
def administrator(stage: Stage) -> Person:
    return stage.running.person(stage.running.token)


def registered(administrator: Person, name: str) -> str:
    """A new person."""
    return str(administrator.post("/api/persons", name=name, email=None, language="en")["id"])


def claim_for(administrator: Person, person: str) -> str:
    """A new claim's text."""
    return str(administrator.post(f"/api/persons/{person}/claims", days=3)["text"])


def bring(visitor: Visitor, claim: str, **more: str) -> tuple[int, str]:
    """Bring a claim to the page for it: the status, and what is shown then."""
    secret = hidden(visitor.open("/claim").text, "_secret")
    answer = visitor.send("/claim", {"_secret": secret, "claim": claim} | more)
    if answer.status_code == 303:
        return 303, visitor.open(answer.headers["location"]).text
    return answer.status_code, answer.text


def make_token(visitor: Visitor) -> str:
    """Make an access key on the page of one's access."""
    page = visitor.open("/me/access").text
    fields = {"_csrf": hidden(page, "_csrf"), "_do": "make", "_key": hidden(page, "_key"), "scope": "all"}
    return shown_token(visitor.send("/me/access", fields).text)


def shown_token(page: str) -> str:
    """The token that a page shows once."""
    (token,) = re.findall(r"ow_[A-Za-z0-9_-]{43}", page)
    return str(token)


def test_a_claim_signs_in_once_and_the_person_chooses_how_to_sign_in_again(
    stage: Stage, administrator: Person
) -> None:
    """Without a script; the claim is in no address and on no page that comes back."""
    person = registered(administrator, "Claiming Artist")
    claim = claim_for(administrator, person)
    visitor = stage.visitor()
    status, page = bring(visitor, f" {claim}\n")
    assert status == 303
    assert "Choose now how you will sign in from now on." in page
    assert claim not in page
    me = visitor.open("/me")
    assert (me.status_code, CHANGED in me.text, NO_WAY_BACK in me.text) == (200, False, True)

    token = make_token(visitor)
    assert stage.running.person(token).get("/api/me")["person"] == person
    assert NO_WAY_BACK not in visitor.open("/me").text
    assert token not in visitor.open("/me/access").text

    status, page = bring(stage.visitor(), claim)
    assert status == 409
    assert "This one-time key was used on " in page
    assert claim not in page


def test_the_same_form_sent_again_signs_in_again(stage: Stage, administrator: Person) -> None:
    """As when the answer was lost on its way; another form does not."""
    claim = claim_for(administrator, registered(administrator, "Twice"))
    visitor = stage.visitor()
    secret = hidden(visitor.open("/claim").text, "_secret")
    kept = dict(visitor.client.cookies)
    assert visitor.send("/claim", {"_secret": secret, "claim": claim}).status_code == 303
    visitor.client.cookies.clear()
    for name, value in kept.items():
        visitor.client.cookies.set(name, value)
    assert visitor.send("/claim", {"_secret": secret, "claim": claim}).status_code == 303
    assert visitor.open("/me").status_code == 200
    assert bring(stage.visitor(), claim)[0] == 409


@pytest.mark.parametrize("secret", ["", "x" * 32])
def test_a_claim_is_brought_by_the_browser_that_asked_for_the_form(
    stage: Stage, administrator: Person, secret: str
) -> None:
    """No other site signs somebody in as somebody else."""
    claim = claim_for(administrator, registered(administrator, "Elsewhere"))
    visitor = stage.visitor()
    visitor.open("/claim")
    assert visitor.send("/claim", {"_secret": secret, "claim": claim}).status_code == 403
    assert bring(stage.visitor(), claim)[0] == 303, "it is still unused"


@pytest.mark.parametrize("claim", ["", "owc_", "owc_" + "x" * 43, "ow_" + "x" * 43, "ж"])
def test_what_is_no_claim_is_told(stage: Stage, claim: str) -> None:
    status, page = bring(stage.visitor(), claim)
    assert status == 422
    assert "This one-time key is not known here." in page


def test_older_sessions_show_a_further_claim(stage: Stage, administrator: Person) -> None:
    """On every page, until the person says that they have seen it; and again when the claim is used."""
    person = registered(administrator, "Watched Finance")
    theirs = stage.visitor()
    bring(theirs, claim_for(administrator, person))
    claim = claim_for(administrator, person)
    for path in ("/", "/me", "/grants"):
        assert CHANGED in theirs.open(path).text
    seen(theirs)
    assert CHANGED not in theirs.open("/me").text

    intruder = stage.visitor()
    assert bring(intruder, claim)[0] == 303
    assert CHANGED in intruder.open("/me").text, "of the first claim, which they did not use"
    assert CHANGED in theirs.open("/calls").text
    page = theirs.open("/me/access").text
    assert "although one had been used before" in page
    assert page.count("Used on ") == 2

    csrf = hidden(page, "_csrf")
    assert theirs.send("/me/access", {"_csrf": csrf, "_do": "end-others"}).status_code == 303
    assert intruder.open("/me").status_code == 303, "signed out"
    assert theirs.open("/me").status_code == 200


def seen(visitor: Visitor) -> None:
    """Say that what the page of one's access shows was seen."""
    page = visitor.open("/me/access").text
    fields = {"_csrf": hidden(page, "_csrf"), "_do": "told", "_latest": hidden(page, "_latest")}
    assert visitor.send("/me/access", fields).status_code == 303


def test_what_came_after_the_page_was_shown_is_still_told(stage: Stage, administrator: Person) -> None:
    person = registered(administrator, "Slow Reader")
    theirs = stage.visitor()
    bring(theirs, claim_for(administrator, person))
    claim = claim_for(administrator, person)
    page = theirs.open("/me/access").text
    bring(stage.visitor(), claim)
    fields = {"_csrf": hidden(page, "_csrf"), "_do": "told", "_latest": hidden(page, "_latest")}
    assert theirs.send("/me/access", fields).status_code == 303
    assert CHANGED in theirs.open("/me").text


def test_the_person_withdraws_a_claim_that_they_did_not_ask_for(stage: Stage, administrator: Person) -> None:
    person = registered(administrator, "Not Asked")
    theirs = stage.visitor()
    bring(theirs, claim_for(administrator, person))
    claim = claim_for(administrator, person)
    page = theirs.open("/me/access").text
    fields = {"_csrf": hidden(page, "_csrf"), "_do": "withdraw", "claim": hidden(page, "claim")}
    assert theirs.send("/me/access", fields).status_code == 303
    status, page = bring(stage.visitor(), claim)
    assert status == 409
    assert "This one-time key was withdrawn on " in page


def test_a_person_makes_one_more_token(stage: Stage, administrator: Person) -> None:
    """Before the old one expires; it goes back to the same claim."""
    person = registered(administrator, "Renewing")
    theirs = stage.visitor()
    bring(theirs, claim_for(administrator, person))
    page = theirs.open("/me/access").text
    fields = {"_csrf": hidden(page, "_csrf"), "_do": "make", "_key": hidden(page, "_key"), "scope": "all"}
    made = theirs.send("/me/access", fields)
    token = shown_token(made.text)
    make_token(theirs)
    assert shown_token(theirs.send("/me/access", fields).text) == token
    found = stage.running.person(token).get(f"/api/persons/{person}/tokens")["items"]
    assert len({each["claim"] for each in found}) == 1
    assert [each["label"] for each in found] == ["page", "page"]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"_do": "told", "_latest": "nonsense"}, 303),
        ({"_do": "revoke", "token": "0" * 16}, 404),
        ({"_do": "withdraw", "claim": "claim-" + "0" * 32}, 404),
        ({"_do": "make"}, 400),
        ({"_do": "anything"}, 400),
        ({}, 400),
    ],
)
def test_what_the_page_did_not_send_does_nothing(stage: Stage, fields: dict[str, str], status: int) -> None:
    visitor = stage.visitor("second applicant")
    csrf = hidden(visitor.open("/me/access").text, "_csrf")
    assert visitor.send("/me/access", fields | {"_csrf": csrf}).status_code == status
    assert visitor.send("/me/access", fields | {"_csrf": "x"}).status_code == 403
    assert visitor.open("/me").status_code == 200


def test_whoever_is_not_signed_in_is_led_to_signing_in(stage: Stage) -> None:
    assert stage.visitor().open("/me/access").headers["location"] == "/sign-in?next=/me/access"
