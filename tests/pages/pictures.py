"""``python -m tests.pages.pictures`` (``make pictures``): the pictures of the README, from the living demonstration, in
docs/pictures."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, sync_playwright

from tests.journey.running import demonstration
from tests.pages.screenshots import CHROMIUM

FOLDER: Final = Path(__file__).parents[2] / "docs" / "pictures"


@dataclass(frozen=True, slots=True)
class Picture:
    """A page as one person sees it: the links that lead to it from their start page, and the size of the window."""

    name: str
    role: str
    links: tuple[str, ...]
    width: int
    height: int


PICTURES: Final = (
    Picture("officer", "irma", (), 1200, 720),
    Picture("panel", "nelli", ("Set the outcomes with the panel and close it",), 1200, 760),
    Picture("funder", "rune", ("What you funded",), 1200, 1000),
)


def photograph(browser: Browser, address: str, picture: Picture) -> None:
    """Enter as the person, follow the links, and take the picture."""
    context = browser.new_context(
        viewport={"width": picture.width, "height": picture.height}, locale="en-GB", color_scheme="light"
    )
    page = context.new_page()
    page.goto(f"{address}/sign-in?lang=en")
    page.locator(f'button[name=_person][value="{picture.role}"]').click()
    page.wait_for_url("**/me")
    page.goto(f"{address}/me?lang=en")
    for link in picture.links:
        page.get_by_role("link", name=link).click()
        page.wait_for_load_state()
    page.screenshot(path=FOLDER / f"{picture.name}.png")
    context.close()


def main() -> None:
    """Take all of them, from a demonstration at the address that is given, or else from one of its own."""
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        if len(sys.argv) > 1:
            for picture in PICTURES:
                photograph(browser, sys.argv[1], picture)
        else:
            with demonstration(small=False) as running:
                running.caught_up()
                for picture in PICTURES:
                    photograph(browser, running.address, picture)
        browser.close()


if __name__ == "__main__":
    main()
