"""``python -m tests.pages.screenshots`` (``make screenshots``): every page of a demonstration, wide and narrow, light and dark,
in every language, as pictures in .screenshots, with an index.html to look at them."""

from __future__ import annotations

import html
import sys
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Final, Literal

from playwright.sync_api import Browser, Page, sync_playwright

from api.locales import LANGUAGES
from tests.pages.browsing import NOBODY, signed_in
from tests.pages.conftest import Stage, set_stage
from tests.pages.states import View, every_state

FOLDER: Final = Path(__file__).parents[2] / ".screenshots"
CHROMIUM: Final = "/usr/bin/chromium"
WIDTHS: Final = {"wide": 1280, "narrow": 320}
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")


FEW: Final = "--few"
_FEW: Final = (("en", "wide", "light"), ("ru", "narrow", "dark"))


class Camera:
    """Takes pictures, and knows all that it took. With `few`, only two of each page: in English, wide and light, and in
    Russian, narrow and dark."""

    def __init__(self, folder: Path, *, few: bool) -> None:
        self._folder = folder
        self._few = few
        self.taken: dict[str, list[str]] = {}

    def take(self, page: Page, name: str, language: str) -> None:
        """A page as it stands now, in each width and colour."""
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            for size, width in WIDTHS.items():
                if self._few and (language, size, scheme) not in _FEW:
                    continue
                page.set_viewport_size({"width": width, "height": 800})
                file = f"{name}.{language}.{size}.{scheme}.png"
                page.screenshot(path=self._folder / file, full_page=True)
                self.taken.setdefault(name, []).append(file)
                if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                    sys.stdout.write(f"{file} scrolls sideways\n")

    def index(self) -> None:
        """A page with all pictures."""
        rows = "\n".join(
            f"<h2>{html.escape(name)}</h2>\n<p>"
            + " ".join(
                f'<a href="{file}"><img src="{file}" alt="{file}" height="300" loading="lazy"></a>'
                for file in files
            )
            + "</p>"
            for name, files in self.taken.items()
        )
        (self._folder / "index.html").write_text(
            f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>Every page</title>\n<h1>Every page</h1>\n{rows}\n'
        )


def photograph(browser: Browser, stage: Stage, camera: Camera, views: Sequence[View]) -> None:
    """Each view in every language; people sign in once."""
    for role, of_role in groupby(sorted(views, key=lambda view: view.role), key=lambda view: view.role):
        context = signed_in(browser, stage, role)
        cookies = context.cookies()
        page = context.new_page()
        for view in of_role:
            for language in LANGUAGES:
                page.goto(f"{stage.address}{view.path}?lang={language}")
                if view.then is not None:
                    view.then(page)
                camera.take(page, f"{role}.{view.name}".replace(" ", "-"), language)
                context.add_cookies(cookies)
        context.close()


def photograph_claim(browser: Browser, stage: Stage, camera: Camera) -> None:
    """What somebody sees who has used a one-time key."""
    administrator = stage.running.person(stage.running.token)
    for language in LANGUAGES:
        context = signed_in(browser, stage, NOBODY)
        page = context.new_page()
        claim = administrator.post(f"/api/persons/{stage.people['finance']}/claims")["text"]
        page.goto(f"{stage.address}/claim?lang={language}")
        page.locator("#claim").fill(claim)
        page.locator("main button").click()
        camera.take(page, "nobody.claimed", language)
        context.close()


def main() -> None:
    """Take the pictures of all views, or of those whose names begin with one of the arguments: ``officer.grant``; with ``--few``
    fewer of each."""
    FOLDER.mkdir(exist_ok=True)
    wanted = tuple(argument for argument in sys.argv[1:] if argument != FEW) or ("",)
    for old in FOLDER.glob("*.png"):
        if old.name.startswith(wanted):
            old.unlink()
    camera = Camera(FOLDER, few=FEW in sys.argv)
    with set_stage() as stage, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        states = every_state(stage)
        views = [view for view in states.views if f"{view.role}.{view.name}".startswith(wanted)]
        photograph(browser, stage, camera, views)
        if "nobody.claimed".startswith(wanted):
            photograph_claim(browser, stage, camera)
        browser.close()
    camera.index()
    sys.stdout.write(f"{sum(map(len, camera.taken.values()))} pictures: {FOLDER / 'index.html'}\n")


if __name__ == "__main__":
    main()
