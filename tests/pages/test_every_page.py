"""Every page that somebody finds by following links, as every person of the demonstration."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from urllib.parse import urlsplit

import httpx
import pytest

from api.locales import LANGUAGES, Locale
from domain.messages import msg
from tests.pages.conftest import Stage
from tests.pages.markup import faults_of

ROLES = (
    None,
    "administrator",
    "officer",
    "chair",
    "juror",
    "third juror",
    "finance",
    "approver",
    "funder",
    "applicant",
    "newcomer",
)
_MOST = 60
_PARSED = (("en",), ("ru",))
"""In which language the markup of one page after another is checked, for it takes as long as the page."""
_ID = re.compile(r"[a-z]+-[0-9a-f]{32}")


class Outline(HTMLParser):
    """What a page is made of, as far as somebody who does not see it depends on it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.labelled: set[str] = set()
        self.ids: list[str] = []
        self.faults: list[str] = []
        self._inputs: list[dict[str, str]] = []
        self._posting: list[bool] = []
        self._secrets = 0
        self.feed(text)
        self.faults += [
            f"no label: {each}"
            for each in self._inputs
            if each.get("id") not in self.labelled and "aria-label" not in each
        ]
        if len(self.ids) != len(set(self.ids)):
            self.faults.append(f"ids twice: {sorted(each for each in self.ids if self.ids.count(each) > 1)}")
        if self.tags.count("table") != self.tags.count("caption"):
            self.faults.append("a table without a caption")
        if self._posting.count(True) != self._secrets:
            self.faults.append("a form without the session's secret")

    def handle_data(self, data: str) -> None:
        """Note what nobody is to read, but for a code that people hand to each other."""
        if (found := _ID.search(data)) and self.tags[-1] != "code":
            self.faults.append(f"an id is shown: {found[0]}")

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Note an element, and what is wrong with it alone."""
        given = {name: value or "" for name, value in attributes}
        self.tags.append(tag)
        if "id" in given:
            self.ids.append(given["id"])
        # Links to the same page in another language are not followed.
        if tag == "a" and "hreflang" not in given:
            self.links.append(given["href"])
        if tag == "label":
            self.labelled.add(given["for"])
        if tag == "form":
            self._posting.append(given["method"] == "post")
        if tag in ("input", "select", "textarea") and given.get("type") != "hidden":
            self._inputs.append(given)
        if given.get("name") in ("_csrf", "_secret") and given.get("value"):
            self._secrets += 1
        if tag == "th" and given.get("scope") not in ("row", "col"):
            self.faults.append("a heading of a table without its scope")
        ours = (
            tag == "script"
            and set(given) == {"src", "defer"}
            and given["src"].startswith(("/draft.js?", "/passkey.js?"))
        )
        if (tag in ("script", "style", "iframe", "object", "embed", "base") and not ours) or any(
            name.startswith("on") or name == "style" for name in given
        ):
            self.faults.append(f"not allowed here: {tag} {given}")
        for name in ("href", "src", "action", "formaction"):
            address = urlsplit(given.get(name, ""))
            # An authenticator app on the same device opens the other one.
            if (address.scheme or address.netloc) and address.scheme != "otpauth":
                self.faults.append(f"leads elsewhere: {given[name]}")


def lax_headers(page: httpx.Response) -> list[str]:
    """What a page's headers allow that no page needs: scripts or styles in the page, other sites, copies, a referrer."""
    policy = {
        name: values
        for directive in page.headers.get("content-security-policy", "").split(";")
        for name, *values in [directive.split()]
    }
    loose = [
        f"{name} {value}"
        for name, values in policy.items()
        for value in values
        if value not in ("'none'", "'self'")
    ]
    wanted = {
        "default-src": policy.get("default-src") == ["'none'"],
        "frame-ancestors": policy.get("frame-ancestors") == ["'none'"],
        "form-action": policy.get("form-action") == ["'self'"],
        "base-uri": policy.get("base-uri") == ["'none'"],
        "no-store": page.headers.get("cache-control") == "no-store",
        "no-referrer": page.headers.get("referrer-policy") == "no-referrer",
        "nosniff": page.headers.get("x-content-type-options") == "nosniff",
    }
    return [f"lax: {each}" for each in [*loose, *(name for name, strict in wanted.items() if not strict)]]


@pytest.mark.parametrize("lax", ["content-security-policy", "cache-control", "referrer-policy"])
def test_lax_headers_and_wrong_markup_are_noticed(stage: Stage, lax: str) -> None:
    page = stage.visitor().open("/calls")
    assert lax_headers(page) + faults_of(page.text) == []
    strict = page.headers.get(lax)
    page.headers[lax] = strict.replace("'self'", "'self' 'unsafe-inline'").replace("no-", "")
    assert lax_headers(page) != []
    for wrong in (
        "<p><div></div></p>",
        "<a href='/'><button>x</button></a>",
        "<ul><p>x</ul>",
        "<b>x",
        "&nosuch;",
        "<p id=a id=b>",
    ):
        assert faults_of(page.text.replace("</main>", f"{wrong}</main>")) != [], wrong


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("role", ROLES)
def test_every_page_is_whole_plain_and_our_own(stage: Stage, role: str | None, language: str) -> None:
    """In each language: no link leads to a page that is not shown; one heading, labels, captions, scopes; no script but
    our own, no other site; and the demonstration's banner."""
    seen, faults = walked(stage, role, language)
    assert faults == []
    assert len(seen) > (5 if role is None else 7)


@pytest.mark.parametrize("role", ["officer", "chair", "juror"])
def test_no_link_leads_to_a_page_that_is_not_shown_to_members_of_one_call(stage: Stage, role: str) -> None:
    """Whose roles in it give them nothing of the whole initiative."""
    somebody = f"{role} of one call"
    with a_call_that_was_decided(stage):
        stage.of_one_call(somebody, role)
    seen, faults = walked(stage, somebody, "en")
    assert faults == []
    assert len(seen) > 7


@contextmanager
def a_call_that_was_decided(stage: Stage) -> Iterator[None]:
    """The demonstration's call with a ranking, grants and payments as the stage's."""
    officer, taking = stage.speaking("officer"), stage.call
    initiative = officer.get("/api/me")["initiatives"][0]["initiative"]
    calls = officer.get(f"/api/initiatives/{initiative}/calls")["items"]
    stage.call = next(each["id"] for each in calls if each["title"]["en"] == "Books of the winter")
    try:
        yield
    finally:
        stage.call = taking


def walked(stage: Stage, role: str | None, language: str) -> tuple[set[str], list[str]]:
    """The pages that somebody finds by following links, and what is wrong with them."""
    visitor = stage.visitor(role)
    visitor.open(f"/calls?lang={language}")
    banner = Locale(language).say(msg("This is a demonstration."))
    todo, seen, faults = ["/", "/me", "/applications", "/reviews", "/grants"], set[str](), list[str]()
    linked_on: dict[str, str] = {}
    while todo and len(seen) < _MOST:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        page = visitor.open(path)
        if page.status_code == 303:
            assert role is None, path
            todo.append(page.headers["location"])
            continue
        if "attachment" in page.headers.get("content-disposition", ""):
            # A list as a file: `test_list_files` reads them.
            continue
        outline = Outline(page.text)
        faults += [f"{path}: {fault}" for fault in outline.faults]
        faults += [f"{path}: {fault}" for fault in lax_headers(page)]
        if language in _PARSED[len(seen) % len(_PARSED)]:
            faults += [f"{path}: {fault}" for fault in faults_of(page.text)]
        if page.status_code != 200:
            faults.append(f"{path}: {page.status_code}, linked on {linked_on.get(path)}")
        if outline.tags.count("h1") != 1 or outline.tags.count("main") != 1:
            faults.append(f"{path}: not one heading")
        if not page.text.startswith(f'<!doctype html>\n<html lang="{language}">'):
            faults.append(f"{path}: no language")
        if banner not in page.text:
            faults.append(f"{path}: no banner")
        links = [
            link for link in map(html.unescape, outline.links) if link.startswith("/") and ".xlsx" not in link
        ]
        linked_on |= {link: path for link in links if link not in linked_on}
        todo += links
    return seen, faults
