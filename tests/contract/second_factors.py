"""Second factors by JSON: an initiative requires them, and two administrators remove those that are lost. They are set up by page."""

from __future__ import annotations

import html
import re
import time
from base64 import b32decode

import httpx

from api.accounts.totp import SECONDS, code_of
from tests.journey.running import Person


def take(address: str, administrator: Person, second: Person, losing: Person, initiative: str) -> None:
    """Use each operation about second factors with success."""
    for each in (administrator, losing):
        set_up_app(address, each.token)
    administrator.post(f"/api/initiatives/{initiative}/require-factors", required=True)
    administrator.post(f"/api/initiatives/{initiative}/require-factors", required=False)
    of_losing = f"/api/persons/{losing.id}"
    administrator.post(f"{of_losing}/ask-recovery")
    losing.post(f"{of_losing}/cancel-recovery")
    administrator.post(f"{of_losing}/ask-recovery")
    administrator.post(f"{of_losing}/confirm-recovery", 403)
    second.post(f"{of_losing}/confirm-recovery")


def set_up_app(address: str, token: str) -> bytes:
    """Set up an app that shows codes, in a browser; returns its secret."""
    with httpx.Client(base_url=address, timeout=30, headers={"Accept": "text/html"}) as browser:
        page = browser.get("/sign-in").text
        fields = {"_secret": _hidden(page, "_secret"), "_do": "token", "token": token}
        browser.post("/sign-in", data=fields)
        page = browser.get("/me/second-factor/app").text
        (text,) = re.findall(r'<code class="secret">([A-Z2-7 ]+)</code>', page)
        plain = text.replace(" ", "")
        secret = b32decode(plain + "=" * (-len(plain) % 8))
        fields = {name: _hidden(page, name) for name in ("_csrf", "_key")}
        answer = browser.post(
            "/me/second-factor/app", data=fields | {"code": code_of(secret, int(time.time()) // SECONDS)}
        )
        assert answer.status_code == 200, answer.text
        return secret


def _hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return html.unescape(found[1])
