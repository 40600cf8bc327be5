"""What is done on a page before it is looked at."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, Page


def press(button: Locator) -> None:
    """Press a button that sends its form, or leads on, and wait for the page that comes."""
    with button.page.expect_navigation():
        button.click()


def opened(page: Page) -> None:
    """Everything that is folded is opened."""
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")


def sent(form: str, **typed: str) -> Callable[[Page], None]:
    """A form is filled in wrongly and sent, so that it comes back."""

    def send(page: Page) -> None:
        opened(page)
        place = page.locator(f"form#{form}")
        for name, value in typed.items():
            place.locator(f"[name='{name}']").fill(value)
        press(place.locator("p.send button, button").last)

    return send


def submits_without_points(page: Page) -> None:
    """A review in which no criterion has points. The form's last button would only save the draft."""
    press(page.locator("form#review-submit p.send button").first)


def with_mistakes(page: Page) -> None:
    """An application with mistakes in it, of every kind."""
    for name, value in {
        "title": "Ten kitchens",
        "requested.amount": "1.250",
        "answers.costs[0].item": "Travel",
        "answers.costs[0].amount": "a hundred",
        "answers.months": "99",
    }.items():
        page.locator(f"main form [name='{name}']").fill(value)
    press(page.locator("main form p.send button").first)


def with_a_removed_answer(page: Page) -> None:
    """A question was removed while somebody answered it: the page had another input then."""
    page.evaluate(
        "document.querySelector('main form .send').insertAdjacentHTML('beforebegin', "
        "'<input type=hidden name=answers.removed value=\"In a village near Tbilisi.\">')"
    )
    press(page.locator("main form p.send button").first)


def signed_out(page: Page) -> None:
    """The session ends while somebody writes."""
    page.locator("[name=title]").fill("Ten kitchens")
    page.locator("[name='answers.idea']").fill("Ten concerts in ten kitchens.")
    page.context.clear_cookies()
    press(page.locator("main form p.send button").first)


def wrong_key(page: Page) -> None:
    """A key that nobody has is sent."""
    page.locator("main input[type=password]").fill("ow_nothing")
    press(page.locator("main form p.send button").last)


def not_in_exile(page: Page) -> None:
    page.locator("main select").select_option("no")
    press(page.locator("main form p.send button").first)
