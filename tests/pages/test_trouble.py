"""A database in trouble, as a browser meets it."""

from __future__ import annotations

from tests.journey.test_trouble import configure
from tests.pages.conftest import Stage, said
from tests.pages.test_over_http import filled


def test_nothing_typed_is_lost_when_nothing_can_be_written(stage: Stage) -> None:
    """Pages are read on; a form is answered by a page that gives back what was typed, and can be sent again later."""
    applicant = stage.visitor("newcomer")
    apply = f"/calls/{stage.call}/apply"
    sent = filled(stage, applicant)
    configure(stage.running, "SET default_transaction_read_only = on")
    try:
        for _ in range(2):
            page = applicant.send(apply, sent)
            assert (page.status_code, page.headers["retry-after"].isdigit()) == (503, True)
            assert said(page) == "The database cannot be used just now; try again shortly."
            assert "Three concerts.</textarea>" in page.text
            assert "This is a demonstration." in page.text
            for path in ("/", apply, "/me"):
                assert applicant.open(path).status_code == 200
    finally:
        configure(stage.running, "RESET default_transaction_read_only")
    assert applicant.send(apply, sent).status_code == 303
