"""Signing in without a browser: somebody registers by a letter, adds a second factor, and comes back in each way that
JSON has."""

from __future__ import annotations

import html
import re
import time
from base64 import b32decode

import httpx

from api.accounts.totp import SECONDS, code_of
from tests.contract.second_factors import _hidden
from tests.journey.running import Person, Running

ADDRESS = "byway.in@example.org"


class Nobody(Person):
    """Somebody without an access key."""

    @property
    def _signed(self) -> dict[str, str]:
        return {}


def take(running: Running) -> None:
    """Use each operation of signing in with success."""
    nobody = Nobody(running.client, token="")
    known = asked_and_code(running, nobody, ADDRESS)
    step = nobody.post("/api/sign-in/answers", **known)
    assert step["step"] == "register"
    ticket = {"ticket": step["ticket"], "name": "By a letter", "language": "ru"}
    first = nobody.post("/api/sign-in/registrations", **ticket, scope="all")
    person = running.person(first["token"])
    own = f"/api/persons/{first['person']}"
    (way,) = person.get(f"{own}/ways-in")["items"]
    assert way["kind"] == "email"

    # Another address in place of the first, and the first is nobody's any more.
    other = asked_and_code(running, person, "byway.other@example.org", f"{own}/ways-in/letters")
    (added,) = person.post(f"{own}/ways-in/address", **other)["items"]
    assert added["id"] != way["id"]
    assert (
        nobody.post("/api/sign-in/answers", **asked_and_code(running, nobody, ADDRESS))["step"] == "register"
    )
    by_link = letter_to(running, "byway.other@example.org", nobody)
    (link,) = set(re.findall(r"/sign-in/letter/[A-Za-z0-9_-]{43}", by_link))
    done = nobody.post("/api/sign-in/answers", link=link, scope="read", label="reader", days=3)
    assert (done["step"], done["person"]) == ("done", first["person"])
    running.person(done["token"]).get("/api/me")
    running.person(done["token"]).post(f"{own}/recovery-codes", 403)

    # A second factor, which every way of signing in asks for then.
    app = person.post(f"{own}/factors/begin-app")
    plain = app["secret"].replace(" ", "")
    secret = b32decode(plain + "=" * (-len(plain) % 8))
    person.post(f"{own}/factors/app", 422, key=app["key"], code="000000x")
    shown = person.post(
        f"{own}/factors/app", key=app["key"], code=code_of(secret, int(time.time()) // SECONDS)
    )
    assert [each["kind"] for each in shown["items"]] == ["totp"]
    codes = person.post(f"{own}/recovery-codes")["codes"]
    assert person.get(f"{own}/factors")["codes_left"] == len(codes) == 10
    half = nobody.post("/api/sign-in/answers", **asked_and_code(running, nobody, "byway.other@example.org"))
    assert (half["step"], half["token"], half["person"]) == ("second_factor", None, None)
    nobody.post("/api/sign-in/second", 422, half=half["half"], code="wrong")
    assert nobody.post("/api/sign-in/second", half=half["half"], code=codes[0])["person"] == first["person"]
    nobody.post("/api/sign-in/second", 409, half=half["half"], code=codes[1])
    assert person.post(f"{own}/factors/{shown['items'][0]['id']}/remove") == {"items": [], "codes_left": 0}

    # Nine words, which only the page makes.
    words = new_words(running, person.token)
    assert nobody.post("/api/sign-in/words", words=words)["person"] == first["person"]
    person.post(f"{own}/ways-in/{added['id']}/remove")
    stranger = running.newcomer("Stranger to ways in", language="en", email=None)
    stranger.get(f"{own}/ways-in", 403)
    stranger.get(f"{own}/factors", 403)


def asked_and_code(
    running: Running, who: Person, address: str, path: str = "/api/sign-in/letters"
) -> dict[str, str]:
    """Ask for a letter, and read its code: what answers it."""
    asked = who.post(path, email=address, language="en")["asked"]
    (code,) = re.findall(r"<p>(\d{4} \d{4})</p>", letter_in(running, address))
    return {"asked": asked, "code": code}


def letter_to(running: Running, address: str, nobody: Person) -> str:
    """Ask for a letter, and read it."""
    nobody.post("/api/sign-in/letters", email=address)
    return letter_in(running, address)


def letter_in(running: Running, address: str) -> str:
    """The newest letter to an address on the outbox page, which everybody sees in a demonstration."""
    page = httpx.get(f"{running.address}/outbox", headers={"Accept": "text/html"}).text
    return next(html.unescape(each) for each in page.split("<article")[1:] if address in each)


def new_words(running: Running, token: str) -> str:
    """Make nine words on the page, and read them."""
    with httpx.Client(base_url=running.address, timeout=30, headers={"Accept": "text/html"}) as browser:
        page = browser.get("/sign-in").text
        browser.post("/sign-in", data={"_secret": _hidden(page, "_secret"), "_do": "token", "token": token})
        page = browser.get("/me/access").text
        fields = {name: _hidden(page, name) for name in ("_csrf", "_key")}
        made = browser.post("/me/access", data=fields | {"_do": "words"}).text
    found = re.search(r'<ol lang="en">(.*?)</ol>', made, re.DOTALL)
    assert found, made
    return " ".join(re.findall(r"<li>([a-z]+)", found[1]))
