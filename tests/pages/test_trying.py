"""What a page offers is what would be done: a command is tried with all that could refuse it."""

from __future__ import annotations

from api.pages.addresses import PAGES
from tests.pages.conftest import Stage


def test_an_action_that_is_tried_has_a_name_and_the_other_way_round() -> None:
    """A name alone would offer nothing, and what is tried without one would be left out without a word."""
    half = [
        (page.path, act.command)
        for page in PAGES
        for act in page.acts
        if (act.name is None) is not (act.tried is None)
    ]
    assert half == []


def test_a_grant_is_not_offered_again(stage: Stage) -> None:
    """Whoever may offer grants is told on the application's page that it has one, and sees no form for another."""
    officer = stage.speaking("officer")
    granted = [
        grant["application"]
        for call in officer.get("/api/calls")["items"]
        for grant in officer.get(f"/api/calls/{call['id']}/grants")["items"]
    ]
    assert granted, "the demonstration has a grant"
    visitor = stage.visitor("officer")
    for application in granted:
        page = visitor.open(f"/applications/{application}")
        assert page.status_code == 200
        assert 'id="grant-offer"' not in page.text
        assert "This application was already offered a grant." in page.text
