"""Several applications are checked at once: first it is shown what changes for whom, then it is done."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.pages.conftest import Stage, Visitor, eur, set_stage

SENT = ("what", "reason", "explanation", "questions", "resubmit_by")


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """A demonstration of these tests' own, whose clock goes behind the deadline."""
    with set_stage() as stage:
        for title in ("One", "Two", "Three", "Four"):
            apply(stage, title)
        stage.pass_deadline()
        yield stage


def apply(stage: Stage, title: str) -> None:
    stage.speaking("applicant").post(
        f"/api/calls/{stage.call}/applications",
        round=stage.round,
        title=title,
        requested=eur("300.00"),
        answers={
            "idea": "Snow",
            "costs": [{"item": "Hall", "amount": "300.00"}],
            "before": False,
        },
    )


def page(stage: Stage) -> str:
    return f"/calls/{stage.call}/applications/together"


def ids(stage: Stage, status: str) -> dict[str, str]:
    """The applications of a status, by title."""
    found = stage.speaking("officer").get(f"/api/calls/{stage.call}/applications", status=status)["items"]
    return {each["title"]: each["id"] for each in found}


def previewed(officer: Visitor, stage: Stage, *chosen: str, **typed: str) -> tuple[int, str, dict[str, str]]:
    """The preview, as its words and as the form that is sent then."""
    start = officer.form(page(stage), "together")
    items = {f"items[{number}].application": each for number, each in enumerate(chosen)}
    shown = officer.send(page(stage), start | items | {"_step": "preview"} | typed)
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', shown.text)
    fields = {html.unescape(name): html.unescape(value) for name, value in found}
    return shown.status_code, html.unescape(shown.text), fields


def test_nothing_changes_before_it_was_seen(stage: Stage) -> None:
    officer = stage.visitor("officer")
    waiting = ids(stage, "submitted")
    before = stage.facts()
    _, words, _ = previewed(officer, stage, waiting["One"], waiting["Two"], what="eligible")
    assert "2 applications will change" in words
    assert stage.facts() == before
    _, words, _ = previewed(officer, stage, what="eligible")
    assert "Choose at least one application." in words
    _, words, _ = previewed(officer, stage, waiting["One"], what="ineligible")
    assert "Nothing was changed yet." in words
    assert stage.facts() == before


def test_what_changed_meanwhile_is_left_out_and_named(stage: Stage) -> None:
    officer = stage.visitor("officer")
    waiting = ids(stage, "submitted")
    _, _, sent = previewed(officer, stage, waiting["One"], waiting["Two"], what="eligible")
    stage.speaking("officer").post(
        f"/api/applications/{waiting['Two']}/find-ineligible",
        reason="outside_scope",
        explanation="By another.",
    )
    done = officer.send(page(stage), sent)
    words = html.unescape(done.text)
    assert done.status_code == 200
    assert "1 application was changed" in words
    assert "1 application was left out" in words
    assert '>Two</bdi></a> <span class="quiet">It was changed since this page was opened' in words
    assert ids(stage, "eligible").keys() == {"One"}
    assert ids(stage, "ineligible").keys() == {"Two"}
    again = officer.send(page(stage), sent)
    assert "1 application was changed" in html.unescape(again.text), "sent twice, it is answered as before"


def test_several_are_returned_with_the_same_questions(stage: Stage) -> None:
    officer = stage.visitor("officer")
    waiting = ids(stage, "submitted")
    typed = {"questions": "Which hall?", "resubmit_by": "2099-01-01T12:00"}
    _, words, sent = previewed(officer, stage, *waiting.values(), what="return", **typed)
    assert f"{len(waiting)} applications will change" in words
    assert officer.send(page(stage), sent).status_code == 200
    assert ids(stage, "returned").keys() == waiting.keys()
    assert "No application is waiting to be checked." in officer.open(page(stage)).text


def test_the_list_tells_how_many_have_which_status(stage: Stage) -> None:
    told = stage.speaking("officer").get(f"/api/calls/{stage.call}/application-counts")["counts"]
    listed = stage.speaking("officer").get(f"/api/calls/{stage.call}/applications")["items"]
    assert {each["status"]: each["count"] for each in told} == Counter(each["status"] for each in listed)
    words = stage.visitor("officer").open(f"/calls/{stage.call}/applications").text
    for each in told:
        assert f"<strong>{each['count']}</strong>" in words
    stage.speaking("juror").get(f"/api/calls/{stage.call}/application-counts", 403)


def test_the_page_is_the_officers(stage: Stage) -> None:
    for role in ("juror", "funder", "applicant", "chair"):
        assert stage.visitor(role).open(page(stage)).status_code == 404, role


def shared_out(officer: Visitor, path: str, form: str = "assigning") -> tuple[str, dict[str, str]]:
    """The preview of who would be asked for what, as its words and as the form that is sent then."""
    shown = officer.send(path, officer.form(path, form) | {"_step": "preview"})
    found = re.findall(r'<input type="(?:hidden|checkbox)"[^>]*? name="([^"]+)" value="([^"]*)"', shown.text)
    return html.unescape(shown.text), {html.unescape(name): html.unescape(value) for name, value in found}


def test_reviews_are_shared_out_after_a_preview_and_what_changed_meanwhile_is_left_out(stage: Stage) -> None:
    officer, speaking = stage.visitor("officer"), stage.speaking("officer")
    path = f"/rounds/{stage.round}/jury"
    unchecked = ids(stage, "submitted")
    start = officer.open("/me").text
    assert ("to check" in start) == bool(unchecked)
    for each in unchecked.values():
        speaking.post(f"/api/applications/{each}/find-eligible")
    eligible = ids(stage, "eligible")
    start = html.unescape(officer.open("/me").text)
    assert "to check" not in start, "all were"
    assert f'<strong>{len(eligible) * 3}</strong><span><a href="{path}">reviews to ask jurors for' in start
    before = stage.facts()
    words, sent = shared_out(officer, path)
    asked = [value for name, value in sent.items() if name.endswith(".asking")]
    assert len(asked) == len(eligible) * 3
    assert f"{len(asked)} reviews will be asked for" in words
    assert stage.facts() == before
    # Meanwhile another officer asks one of them; another is taken away by hand.
    application, juror = asked[0].split()
    speaking.post(f"/api/applications/{application}/reviews", juror=juror)
    removed = next(name for name, value in sent.items() if value == asked[1])
    done = html.unescape(
        officer.send(path, {name: each for name, each in sent.items() if name != removed}).text
    )
    left = len(asked) - 2
    assert f"{left} review{' was' if left == 1 else 's were'} asked for" in done
    assert "1 review was left out" in done
    assert "This juror is already assigned to this application." in done
    jury = speaking.get(f"/api/rounds/{stage.round}/jury")
    assert {(each["application"], each["juror"]) for each in jury["reviews"]["items"]} == {
        tuple(each.split()) for each in asked if each != asked[1]
    }
    counts = Counter(each.split()[1] for each in asked if each != asked[1])
    assert {each["person"]: each["asked"] for each in jury["jurors"] if each["asked"]} == counts
    # The application of which a juror was taken away lacks one review, and the page for it offers whoever is left.
    application, juror = asked[1].split()
    shown = officer.open(f"/applications/{application}/jury").text
    assert f'id="review-assign-{juror}"' in shown
    assert shown.count("Waiting for the juror&#x27;s answer") == 2
    # It alone is marked, there and in the list of applications.
    shown = html.unescape(officer.open(path).text)
    assert [shown.count(words) for words in ("1 juror is missing", ">Choose jurors<")] == [1, 1]
    assert shown.count(">See its jurors<") == len(eligible) - 1
    assert f'<a href="/applications/{application}"><bdi>' in shown
    shown = html.unescape(officer.open(f"/calls/{stage.call}/applications").text)
    assert shown.count(">Choose jurors<") == 1
    assert shown.count(">Reviews are being written<") == len(eligible) - 1
    # Wherever jurors are asked, it says when their reviews are due, or that no date is set.
    pages = (path, f"/applications/{application}/jury", f"/applications/{application}")
    none_yet = "No date is set. Reviews count until the panel opens."
    assert all(none_yet in officer.open(page).text for page in pages)
    due = (datetime.now(UTC) + timedelta(days=30)).replace(tzinfo=None, microsecond=0)
    assert (
        officer.send(
            path, officer.form(path, "round-set_reviews_due") | {"due_at": due.isoformat()}
        ).status_code
        == 303
    )
    for page in pages:
        dated = officer.open(page).text
        assert ("Reviews due on" in dated, none_yet in dated) == (True, False), page


def test_nobody_but_the_staff_sees_the_jury_at_work(stage: Stage) -> None:
    for role in ("juror", "chair", "finance", "funder", "applicant"):
        refused = 404 if role == "applicant" else 403
        assert stage.visitor(role).open(f"/rounds/{stage.round}/jury").status_code == refused, role
        stage.speaking(role).get(f"/api/rounds/{stage.round}/jury", refused)
