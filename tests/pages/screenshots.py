"""``python -m tests.pages.screenshots`` (``make screenshots``): every page of a demonstration, wide and narrow, light and dark,
in every language, as pictures in .screenshots, with an index.html to look at them."""

from __future__ import annotations

import html
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final, Literal

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from api.locales import LANGUAGES
from tests.pages.conftest import Stage, set_stage
from tests.pages.test_judging import closed_round, judge

FOLDER: Final = Path(__file__).parents[2] / ".screenshots"
CHROMIUM: Final = "/usr/bin/chromium"
WIDTHS: Final = {"wide": 1280, "narrow": 320}
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
ROLES: Final = (
    "nobody",
    "officer",
    "chair",
    "juror",
    "finance",
    "approver",
    "funder",
    "applicant",
    "newcomer",
)
BEGINNINGS: Final = ("/", "/calls", "/me", "/me/access", "/applications", "/reviews", "/grants")
_ID: Final = re.compile(r"-[0-9a-f]{32}")
_MOST: Final = 2
"""How many pages of one kind are taken for each role, since they can be in different states."""


def paths(page: Page, stage: Stage) -> Iterator[str]:
    """The pages that somebody finds by following links, some of each kind."""
    todo, taken = [*BEGINNINGS], dict[str, int]()
    while todo:
        path = todo.pop(0).partition("#")[0]
        kind = _ID.sub("", path.partition("?")[0])
        if "?" in path or taken.get(path) or taken.get(kind, 0) >= _MOST:
            continue
        taken[path] = 1
        answer = page.goto(stage.address + path)
        if answer is None or answer.status != 200 or page.url.startswith(f"{stage.address}/sign-in?"):
            continue
        taken[kind] = taken.get(kind, 0) + 1
        yield path
        links = page.locator("main a[href^='/']").evaluate_all(
            "all => all.map(each => each.getAttribute('href'))"
        )
        todo += [str(link) for link in links]


class Camera:
    """Takes pictures, and knows all that it took."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.taken: dict[str, list[str]] = {}

    def take(self, page: Page, name: str, language: str) -> None:
        """A page as it stands now, in each width and colour."""
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            for size, width in WIDTHS.items():
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


def signed_in(browser: Browser, stage: Stage, role: str) -> BrowserContext:
    """A browser in which somebody is signed in, or nobody."""
    context = browser.new_context(java_script_enabled=True)
    if role != "nobody":
        page = context.new_page()
        page.goto(f"{stage.address}/sign-in")
        page.get_by_label("Access key").fill(stage.tokens[role])
        page.locator("main").get_by_role("button").click()
        page.wait_for_url("**/me")
        page.close()
    return context


def short(path: str) -> str:
    """The kind of a page, as a part of a file's name."""
    return _ID.sub("", path).strip("/").replace("/", "-") or "front"


def walk(browser: Browser, stage: Stage, camera: Camera, role: str) -> None:
    """Everything that somebody finds."""
    context = signed_in(browser, stage, role)
    page = context.new_page()
    counted: dict[str, int] = {}
    for path in list(paths(page, stage)):
        kind = short(path)
        counted[kind] = counted.get(kind, 0) + 1
        for language in LANGUAGES:
            page.goto(f"{stage.address}{path}?lang={language}")
            camera.take(page, f"{role}.{kind}.{counted[kind]}", language)
    context.close()


def returned_form(page: Page, stage: Stage) -> None:
    """An application with mistakes in it."""
    page.locator("[name=title]").fill("Ten kitchens")
    page.locator("[name='requested.amount']").fill("1.250")
    page.locator("main form p.send button").click()


SPECIAL: Final[Mapping[str, tuple[str, str, Callable[[Page, Stage], None]]]] = {
    "sign-in": ("nobody", "/sign-in", lambda *_: None),
    "claim": ("nobody", "/claim", lambda *_: None),
    "not-found": ("nobody", "/nowhere", lambda *_: None),
    "apply": ("newcomer", "/calls/{call}/apply", lambda *_: None),
    "apply-returned": ("newcomer", "/calls/{call}/apply", returned_form),
}
"""Pages that no link leads to, or that come after something was sent: who sees them, where, and what is done there."""


def special(browser: Browser, stage: Stage, camera: Camera) -> None:
    """The pages of `SPECIAL`, and a new access key."""
    for name, (role, path, then) in SPECIAL.items():
        context = signed_in(browser, stage, role)
        page = context.new_page()
        for language in LANGUAGES:
            page.goto(f"{stage.address}{path.format(call=stage.call)}?lang={language}")
            then(page, stage)
            camera.take(page, f"{role}.{name}", language)
        context.close()
    administrator = stage.running.person(stage.running.token)
    for language in LANGUAGES:
        context = signed_in(browser, stage, "nobody")
        page = context.new_page()
        claim = administrator.post(f"/api/persons/{stage.people['finance']}/claims")["text"]
        page.goto(f"{stage.address}/claim?lang={language}")
        page.locator("#claim").fill(claim)
        page.locator("main button").click()
        camera.take(page, "nobody.claimed", language)
        context.close()


def main() -> None:
    """Take all pictures."""
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.png"):
        old.unlink()
    camera = Camera(FOLDER)
    wanted = sys.argv[1:] or ROLES
    with set_stage() as stage, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        special(browser, stage, camera)
        judge(closed_round(stage))
        stage.running.caught_up()
        for role in wanted:
            walk(browser, stage, camera, role)
        browser.close()
    camera.index()
    sys.stdout.write(f"{sum(map(len, camera.taken.values()))} pictures: {FOLDER / 'index.html'}\n")


if __name__ == "__main__":
    main()
