"""An applicant has an application forgotten, and sees on their own page what is kept about them."""

from __future__ import annotations

from tests.pages.conftest import Stage
from tests.pages.test_over_http import filled

TITLE = "A project to be forgotten"


def test_what_was_written_is_gone_and_the_page_says_so(stage: Stage) -> None:
    """It is offered once the application is withdrawn, and until then the page about leaving says when it can be done."""
    applicant = stage.visitor("second applicant")
    sent = filled(stage, applicant, title=TITLE)
    address = applicant.send(f"/calls/{stage.call}/apply", sent).headers["location"].partition("?")[0]
    page = applicant.open(address).text
    assert TITLE in page
    assert "application-erase" not in page
    assert "withdraw it first" not in page
    assert "once it is withdrawn or decided" in applicant.open("/me/leave").text
    assert f'<a href="{address}">The application <bdi>{TITLE}</bdi>' in applicant.open("/me").text

    withdraw = applicant.form(address, "application-withdraw")
    assert applicant.send(address, withdraw | {"reason": "safety", "explanation": ""}).status_code == 303
    done = applicant.send(address, applicant.form(address, "application-erase"))
    assert done.status_code == 303
    page = applicant.open(done.headers["location"]).text
    assert "The texts of this application, and those about it, are erased." in page
    assert "What was written in this application was erased." in page
    assert TITLE not in page
    assert "application-erase" not in page
    assert address not in applicant.open("/me").text
    assert TITLE not in applicant.open("/applications").text
