"""Staff enter an application for somebody in the browser, who takes it over with a one-time key."""

from __future__ import annotations

import html
import re

from tests.pages.conftest import Stage, hidden


def test_an_application_is_entered_shown_as_such_and_taken_over(stage: Stage) -> None:
    officer = stage.visitor("officer")
    page = f"/calls/{stage.call}/enter"
    form = officer.form(page, "application-enter") | {"title": "A song of somebody else"}
    wrong = officer.send(page, form)
    assert (wrong.status_code, "A song of somebody else" in wrong.text) == (422, True)
    sent = officer.send(
        page,
        form
        | {
            "_key": "entered-by-the-test",
            "name": "Somebody Entered",
            "language": "ru",
            "requested.amount": "500",
            "requested.currency": "EUR",
            "answers.idea": "A song",
            "answers.before": "no",
            "answers.costs[0].item": "All",
            "answers.costs[0].amount": "500",
        },
    )
    assert sent.status_code == 303, re.findall(r'class="error"[^>]*>([^<]*)', sent.text)
    application = sent.headers["location"]
    shown = officer.open(application).text
    assert "Entered by the staff for the applicant" in shown
    assert "Somebody Entered" in shown
    assert "entered" in shown.split("Timeline")[-1] or "entered" in shown

    made = officer.send(application, officer.form(application, "person-make_claim"))
    (key,) = re.findall(r"owc_[A-Za-z0-9_-]{43}", html.unescape(made.text))
    assert key not in officer.open(application).text
    applicant = stage.visitor()
    claim = {"_secret": hidden(applicant.open("/claim").text, "_secret"), "claim": key}
    assert applicant.send("/claim", claim).status_code == 303
    own = applicant.open(f"{application}?lang=en").text
    assert "Entered by the staff for the applicant" in own
    assert "person-make_claim" not in officer.open(application).text
    assert stage.visitor("juror").open(page).status_code == 404
    handles = re.findall(r'class="handle">([^<]+)<', officer.open(f"/calls/{stage.call}/applications").text)
    assert len(handles) == len(set(handles))
