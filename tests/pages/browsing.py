"""People at browsers without scripts, and what is noted on their way."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Locator, Page

from api.pages.addresses import PAGES
from tests.pages.conftest import Stage

NOBODY: Final = "nobody"
"""Who is not signed in."""


@dataclass
class Walk:
    """The whole way behind us: every address that a browser asked for, and what was read on it."""

    addresses: list[tuple[str, str]] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    read: dict[str, str] = field(default_factory=dict)
    """Pages' texts by what they are for."""
    places: dict[str, str] = field(default_factory=dict)
    """Pages' paths by what they are about."""


@dataclass
class Someone:
    """Somebody at a browser of their own."""

    page: Page
    stage: Stage
    walk: Walk

    def go(self, path: str) -> str:
        """Open a page and read it, with all that others have just done."""
        self.stage.running.caught_up()
        answer = self.page.goto(self.stage.address + path)
        assert answer is not None
        assert answer.status == 200, (path, answer.status, self.text())
        return self.text()

    def text(self) -> str:
        """What stands on the page."""
        return self.page.inner_text("body")

    @property
    def path(self) -> str:
        """Where the browser is."""
        return urlsplit(self.page.url).path

    def press(self, button: str, form: str = "", *, wrong: bool = False, **typed: str) -> str:
        """Fill in a form by its labels and send it; what follows is read. `wrong`: it is to come back."""
        place = self.page.locator(f"form#{form}" if form else "main")
        for summary in (
            self.page.locator(f"details:not([open]):has(form#{form}) > summary").all() if form else ()
        ):
            summary.click()
        fill(place, typed)
        with self.page.expect_navigation():
            place.get_by_role("button", name=button).first.click()
        assert (self.page.locator(".trouble").count() == 1) is wrong, self.text()
        return self.text()

    def fill(self, **typed: str) -> None:
        """Fill in a form by its labels, and send nothing."""
        fill(self.page.locator("main"), typed)

    def open(self, link: str) -> str:
        """Follow a link by its words."""
        with self.page.expect_navigation():
            self.page.locator("main").get_by_role("link", name=link).first.click()
        return self.text()


def fill(place: Locator, typed: Mapping[str, str]) -> None:
    """Fill in inputs by their labels."""
    for label, value in typed.items():
        exactly = place.get_by_label(label, exact=True)
        box = (exactly if exactly.count() else place.get_by_label(label)).first
        if box.evaluate("box => box.tagName") == "SELECT":
            box.select_option(label=value)
        else:
            box.fill(value)


def someone(browser: Browser, stage: Stage, walk: Walk, role: str) -> Someone:
    """Sign in at a browser without scripts that notes all that it asks for."""
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    context.set_default_timeout(10_000)
    context.on("request", lambda request: walk.addresses.append((request.method, request.url)))
    context.on("console", lambda message: walk.complaints.append(message.text))
    visitor = Someone(context.new_page(), stage, walk)
    visitor.page.goto(stage.address + "/me")
    assert visitor.path == "/sign-in"
    visitor.press("Sign in", **{"Access key": stage.tokens[role]})
    assert visitor.path == "/me"
    return visitor


def signed_in(browser: Browser, stage: Stage, role: str) -> BrowserContext:
    """A browser with scripts, for looking at pages, in which somebody is signed in, or `NOBODY`."""
    # Without motion a change of the colours is over at once.
    context = browser.new_context(locale="en-GB", reduced_motion="reduce")
    if role != NOBODY:
        page = context.new_page()
        page.goto(f"{stage.address}/sign-in")
        page.get_by_label("Access key").fill(stage.tokens[role])
        page.locator("main").get_by_role("button", name="Sign in with the key").click()
        page.wait_for_url("**/me")
        page.close()
    return context


def is_file(path: str) -> bool:
    """Whether a link downloads a file, so that no page opens."""
    return path.partition("#")[0].partition("?")[0].endswith((".csv", ".xlsx", ".ics"))


def kind_of(path: str) -> str:
    """What kind of page a link leads to: the address by which the page is declared. Of a page that differs by the kind of question
    that it adds, each is one; but the form of a question that is there is that of the same kind when it is added."""
    place = path.partition("#")[0].partition("?")[0]
    for route, declared in _ROUTES:
        if found := route.fullmatch(place):
            return declared.replace("{kind}", found.groupdict().get("kind", ""))
    return re.sub(r"-[0-9a-f]{32}", "", place)


_ROUTES: Final = [
    (re.compile(re.sub(r"\\{([a-z_]+)\\}", r"(?P<\1>[^/]+)", re.escape(page.path))), page.path)
    for page in PAGES
]
