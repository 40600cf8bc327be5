"""People at browsers, who press what they read on the pages, in one language, with or without scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Locator, Page
from playwright.sync_api import TimeoutError as NotFoundInTime

from api.locales import Locale
from domain.messages import Message
from tests.walk.installation import Installation, link_in

TIMEOUT_MS: Final = 30_000
Typed = Mapping[str, str | bool]
"""What somebody types: by the label of a field, or by `#` and its name, which is the same in every language. Of a list,
an option is chosen by words in it, or by `=` and its code."""


@dataclass
class Journal:
    """What is noted along the way."""

    requests: list[tuple[str, str]] = field(default_factory=list)
    """Every method and address that a browser asked for."""
    complaints: list[str] = field(default_factory=list)
    """What browsers wrote to their consoles."""
    read: dict[str, str] = field(default_factory=dict)
    """What stood on pages, by what they are for."""


@dataclass
class Human:
    """Somebody with a name at a browser of their own. `address`: where letters to them go; without one they have nine words."""

    name: str
    page: Page
    house: Installation
    language: str
    journal: Journal
    address: str = ""
    words: str = ""

    @classmethod
    def at(
        cls,
        browser: Browser,
        house: Installation,
        journal: Journal,
        name: str,
        *,
        address: str = "",
        language: str,
        scripts: bool,
    ) -> Human:
        """Somebody who has just opened their browser."""
        locale = {"en": "en-GB", "ru": "ru-RU"}[language]
        context = browser.new_context(java_script_enabled=scripts, locale=locale)
        context.set_default_timeout(TIMEOUT_MS)
        context.on("request", lambda request: journal.requests.append((request.method, request.url)))
        context.on("console", lambda message: journal.complaints.append(message.text))
        return cls(name, context.new_page(), house, language, journal, address)

    def say(
        self, words: str, /, *, context: str | None = None, **values: Any
    ) -> str:  # Any: values of a message
        """How the pages say this message to them."""
        found = Locale(self.language).say(Message(words, values, context=context))
        assert self.language == "en" or found != words, f"not translated: {words}"
        return found

    @property
    def path(self) -> str:
        """Where the browser is."""
        return urlsplit(self.page.url).path

    def text(self) -> str:
        """What stands on the page."""
        return self.page.inner_text("body")

    def note(self, what: str) -> None:
        """Keep what stands on the page."""
        self.journal.read[what] = self.text()

    def sees(self, *words: str) -> None:
        """Some words stand on the page, as they are."""
        text = self.text()
        for each in words:
            assert each in text, f"not seen: {each}\n{self.path}\n{text}"

    def go(self, path: str) -> None:
        """Open a page, with all that others have just done."""
        self.house.caught_up()
        answer = self.page.goto(path if "://" in path else self.house.address + path)
        assert answer is not None
        assert answer.status == 200, (path, answer.status, self.text())

    def follow(self, link: str, *, nth: int = 0) -> None:
        """Follow a link by its words."""
        with self._told_where(link), self.page.expect_navigation():
            self.page.locator("main").get_by_role("link", name=link).nth(nth).click()
        assert self.page.locator("h1").count() == 1, self.text()

    def fill(self, form: str, typed: Typed) -> None:
        """Fill in fields of a form, which may have to be unfolded first."""
        with self._told_where(f"{form}: {', '.join(typed)}"):
            self._fill(self._unfolded(form), typed)

    def _fill(self, place: Locator, typed: Typed) -> None:
        for label, value in typed.items():
            if label.startswith("#"):
                box = place.locator(f'[name="{label[1:]}"]:not([type=hidden])')
            else:
                words = self.say(label)
                exactly = place.get_by_label(words, exact=True)
                box = exactly if exactly.count() else place.get_by_label(words)
            box = box.first
            if isinstance(value, bool):
                box.set_checked(value)
            elif box.evaluate("box => box.tagName") == "SELECT":
                if value.startswith("="):
                    box.select_option(value=value[1:])
                    continue
                chosen = box.locator("option", has_text=re.compile(re.escape(value))).first
                box.select_option(value=chosen.get_attribute("value"))
            else:
                box.fill(value)

    def press(self, button: str, form: str = "", typed: Typed | None = None, *, wrong: bool = False) -> None:
        """Fill in a form and send it. `wrong`: it is to come back, with what is wrong said above."""
        self.fill(form, typed or {})
        with self._told_where(button), self.page.expect_navigation():
            self._unfolded(form).get_by_role("button", name=button).first.click()
        assert (self.page.locator(".trouble").count() > 0) is wrong, (self.path, self.text())

    @contextmanager
    def _told_where(self, sought: str) -> Iterator[None]:
        """Say what stands on the page on which something is not found."""
        try:
            yield
        except NotFoundInTime as error:
            raise AssertionError(f"not found: {sought}\n{self.path}\n{self.text()}") from error

    def _unfolded(self, form: str) -> Locator:
        if not form:
            return self.page.locator("main")
        for summary in self.page.locator(f"details:not([open]):has(form#{form}) > summary").all():
            summary.click()
        return self.page.locator(f"form#{form}")

    def letter(self) -> str:
        """The text of the next letter to them."""
        return str(self.house.letter(self.address).get_content())

    # Coming in

    def comes_by_letter(self) -> None:
        """Type an address on the page for signing in, open the link of the letter, and say name and language once."""
        self.press(self.say("Send me a letter"), "sign-in", {"#email": self.address})
        self.go(link_in(self.house.letter(self.address)))
        self.press(self.say("Yes, continue"))
        self.press(self.say("Register"), "register", {"#name": self.name, "#language": OWN[self.language]})

    def comes_with_words(self) -> None:
        """Register without an address, and write nine words down."""
        self.press(
            self.say("Register and see my nine words"),
            "register",
            {"#name": self.name, "#language": OWN[self.language]},
        )
        self.words = " ".join(self.page.locator(".words li").all_inner_texts())
        assert len(self.words.split()) == 9
        self.follow(self.say("I have written them down"))


OWN: Final = {"en": "English", "ru": "Русский"}
"""The languages by their own names."""
