"""A database in trouble, as a browser meets it."""

from __future__ import annotations

from tests.journey.running import until
from tests.journey.test_trouble import configure
from tests.pages.conftest import Stage, Visitor, said
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
            assert said(page) == "The database cannot be used right now; try again shortly."
            assert "Four concerts.</textarea>" in page.text
            assert "This is a demonstration." in page.text
            for path in ("/", apply, "/me"):
                assert applicant.open(path).status_code == 200
    finally:
        configure(stage.running, "RESET default_transaction_read_only")
    assert applicant.send(apply, sent).status_code == 303


def test_what_would_have_to_be_recorded_as_read_is_withheld_and_all_else_is_shown(stage: Stage) -> None:
    """A list and an application, to an officer who has read nothing of the round yet; later they see all of it."""
    applicant = stage.visitor("newcomer")
    sent = filled(stage, applicant) | {"title": "Withheld for now"}
    application = applicant.send(f"/calls/{stage.call}/apply", sent).headers["location"]
    until(lambda: applicant.open(application).status_code == 200)  # the read models have seen it
    reader = new_officer(stage)
    listed = f"/calls/{stage.call}/applications"
    configure(stage.running, "SET default_transaction_read_only = on")
    try:
        for path in (listed, application):
            page = reader.open(path)
            assert page.status_code == 200
            assert "nothing can be saved at the moment" in page.text
            assert "Withheld for now" not in page.text
            assert "Status" in page.text
        assert (
            "The timeline is not shown at the moment" in page.text
        )  # in the application's page, in its place
        timeline = reader.open(f"/calls/{stage.call}/timeline")
        assert (timeline.status_code, "retry-after" in timeline.headers) == (503, True)
        assert said(timeline).startswith("The timeline is not shown at the moment")
    finally:
        configure(stage.running, "RESET default_transaction_read_only")
    for path in (listed, application):
        page = reader.open(path)
        assert "Withheld for now" in page.text
        assert "nothing can be saved" not in page.text


def new_officer(stage: Stage) -> Visitor:
    """Somebody who becomes an officer just now."""
    administrator = stage.running.person(stage.running.token)
    person = stage.running.newcomer("New Officer")
    stage.tokens["new officer"] = person.token
    initiative = stage.speaking("officer").get("/api/me")["initiatives"][0]["initiative"]
    administrator.post(f"/api/initiatives/{initiative}/members", person=person.id, roles=["officer"])
    return stage.visitor("new officer")
