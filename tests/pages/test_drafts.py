"""Drafts of applications: saved by a button and while somebody writes, shown again to nobody else, compared where two
devices wrote, previewed as the jury will see them, and gone once they are submitted."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.pages.conftest import Stage, Visitor, hidden, set_stage
from tests.pages.test_over_http import ANSWERS

IDEA = "Three concerts of songs that are sung at home."
DRAFT = {"title": "Songs of home", "answers.idea": IDEA, "answers.field": "music"}


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """A demonstration of this module's own, whose applicants have no draft of another test."""
    with set_stage() as stage:
        yield stage


@pytest.fixture
def apply(stage: Stage) -> str:
    """The page for applying."""
    return f"/calls/{stage.call}/apply"


@pytest.fixture
def artist(stage: Stage, apply: str) -> Iterator[Visitor]:
    """An applicant without a draft."""
    visitor = stage.visitor("applicant")
    yield visitor
    last = stage.visitor("applicant")
    form = last.form(apply, "application-submit")
    assert last.send(apply, form | {"_draft": "discard"}).status_code == 303


def save(visitor: Visitor, path: str, button: str = "save", **typed: str) -> int:
    """Press a button for the draft of the form as it is now; gives the status of the answer."""
    form = visitor.form(path, "application-submit")
    return visitor.send(path, form | DRAFT | typed | {"_draft": button}).status_code


def test_a_draft_is_there_again_on_another_device_and_for_nobody_else(
    stage: Stage, apply: str, artist: Visitor
) -> None:
    assert save(artist, apply) == 303
    again = stage.visitor("applicant").open(apply).text
    assert "Draft saved on" in again
    assert IDEA in again
    assert 'value="Songs of home"' in again
    assert '<option value="music" selected>' in again
    assert IDEA not in stage.visitor("second applicant").open(apply).text


def test_the_start_page_leads_to_it(stage: Stage, apply: str, artist: Visitor) -> None:
    assert "Finish the draft" not in artist.open("/me").text
    assert "Once the draft is saved, you can invite somebody here" in artist.open(apply).text
    save(artist, apply)
    for page in ("/me", "/applications"):
        link = f'<a href="{apply}">Finish the draft of your application</a>'
        shown = html.unescape(artist.open(page).text)
        assert link in shown, page
        assert shown.partition(link)[2].partition("</li>")[0].count("Until ") == 1, "when the call closes"
    kept = html.unescape(artist.open("/me").text).partition("What is kept about you")[2]
    assert f'<a href="{apply}">A draft of an application</a>' in kept
    form = artist.form(apply, "application-submit")
    # Its button stands behind a question.
    question = (
        artist.open(apply).text.partition("<summary>Delete the draft</summary>")[2].partition("</details>")[0]
    )
    assert "cannot be brought back" in question
    assert 'value="discard"' in question
    assert artist.send(apply, form | {"_draft": "discard"}).status_code == 303
    assert IDEA not in artist.open(apply).text
    assert "Finish the draft" not in artist.open("/me").text


def test_words_and_lines_are_counted_as_the_submission_is_checked(apply: str, artist: Visitor) -> None:
    lines = {"answers.costs[0].item": "Hall", "answers.costs[0].amount": "1 250,50"}
    save(artist, apply, **lines, **{"requested.amount": "1300"})
    page = html.unescape(artist.open(apply).text)
    assert "9 of at most 50 words" in page
    assert "The lines add up to 1,250.50\xa0EUR; you ask for 1,300.00\xa0EUR." in page


def test_two_devices_do_not_overwrite_each_other_and_no_word_is_lost(
    stage: Stage, apply: str, artist: Visitor
) -> None:
    phone, laptop = artist, stage.visitor("applicant")
    opened = laptop.form(apply, "application-submit")
    save(phone, apply, **{"answers.months": "6"})

    second = laptop.send(apply, opened | DRAFT | {"title": "Songs from the north", "_draft": "save"})
    assert second.status_code == 409
    page = second.text
    assert "Nothing" not in re.findall(r'id="trouble">(.*?)</p>', page)[0]
    assert 'value="Songs from the north"' in page, "what was typed here"
    assert 'value="6"' in page, "what only the other device has"
    assert "Songs of home" in page.split('id="others"')[1].split("</section>")[0], "where both differ"

    revision = re.findall(r'name="_revision" value="(\d+)"', page)[0]
    chosen = opened | DRAFT | {"title": "Songs from the north", "_draft": "save", "_revision": revision}
    assert laptop.send(apply, chosen).status_code == 303
    assert 'value="Songs from the north"' in phone.open(apply).text


def test_what_was_refused_is_kept_as_a_draft(stage: Stage, apply: str, artist: Visitor) -> None:
    form = artist.form(apply, "application-submit")
    assert artist.send(apply, form | DRAFT | {"requested.amount": "much"}).status_code == 422
    again = stage.visitor("applicant").open(apply).text
    assert IDEA in again
    assert 'value="much"' in again


def test_another_language_saves_it_too(stage: Stage, apply: str, artist: Visitor) -> None:
    form = artist.form(apply, "application-submit")
    assert artist.send(apply, form | DRAFT | {"_language": "ru"}).status_code == 303
    assert IDEA in stage.visitor("applicant").open(apply).text


def test_the_preview_shows_what_the_jury_sees_and_what_gives_the_applicant_away(
    stage: Stage, apply: str, artist: Visitor
) -> None:
    name = stage.speaking("applicant").get("/api/me")["name"]
    form = artist.form(apply, "application-submit")
    typed = DRAFT | {
        "title": f"{name.split()[0]} sings",
        "answers.home": "A village by the lake",
        "answers.work": "https://example.org/songs",
        "_draft": "preview",
    }
    answer = artist.send(apply, form | typed)
    assert answer.status_code == 200
    page = html.unescape(answer.text)
    assert IDEA in page
    kept = re.compile(r'<input type="hidden"[^>]*>')
    assert "A village by the lake" not in kept.sub("", page), "an identifying answer, in a blind call"
    assert 'name="answers.home" value="A village by the lake"' in page, (
        "the button that submits sends all of it"
    )
    assert "It is not submitted yet." in page
    assert "Not shown to jurors in this call." in page
    told = page.split("The jury should not learn who you are")[1].split("</ul>")[0]
    assert re.search(r"Title</bdi>: your name", told)
    assert re.search(r"see your work\?</bdi>: a link", told)
    assert "Please answer this question." in page, "what is still missing"
    mine = stage.speaking("applicant").get("/api/applications")["items"]
    assert stage.call not in {each["call"] for each in mine}, "nothing was submitted"
    assert IDEA in artist.open(apply).text, "the draft was saved"


@pytest.fixture
def page(stage: Stage, chromium: str) -> Iterator[Page]:
    """The applicant at a browser that runs scripts."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = browser.new_context(locale="en-GB")
        for cookie in stage.visitor("applicant").client.cookies.jar:
            context.add_cookies([{"name": cookie.name, "value": cookie.value or "", "url": stage.address}])
        yield context.new_page()
        browser.close()


def test_a_script_saves_while_somebody_writes_and_says_when_it_cannot(
    stage: Stage, apply: str, artist: Visitor, page: Page
) -> None:
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    page.goto(stage.address + apply)
    status = page.locator("#draft-status")
    page.get_by_label("Title").fill("Songs of the sea")
    expect(status).to_contain_text("Draft saved on", timeout=20_000)
    invite = page.get_by_role("link", name="Invite somebody to write with you")
    assert invite.get_attribute("href") == people_of(artist, apply), "without loading the page again"
    page.get_by_label("Your idea").fill("one two three")
    expect(page.get_by_text("3 of at most 50 words")).to_be_visible(timeout=20_000)
    assert 'value="Songs of the sea"' in artist.open(apply).text
    assert complaints == []

    page.context.set_offline(True)
    page.get_by_label("Title").fill("Songs of the wide sea")
    expect(status).to_contain_text("Not saved: no connection.", timeout=20_000)
    expect(status).to_have_attribute("role", "alert")
    page.context.set_offline(False)
    expect(status).to_contain_text("Draft saved on", timeout=30_000)
    assert 'value="Songs of the wide sea"' in artist.open(apply).text


def test_the_script_stops_where_another_device_has_saved(
    stage: Stage, apply: str, artist: Visitor, page: Page
) -> None:
    page.goto(stage.address + apply)
    save(artist, apply)
    page.get_by_label("Title").fill("Songs of the sea")
    status = page.locator("#draft-status")
    expect(status).to_contain_text("another device", timeout=20_000)
    expect(status).not_to_contain_text("Below")
    assert 'value="Songs of home"' in artist.open(apply).text, "nothing was overwritten"
    page.get_by_role("button", name="Save the draft").click()
    expect(page.get_by_role("heading", name="The other version")).to_be_visible()
    assert page.get_by_label("Title").input_value() == "Songs of the sea"


def test_what_the_script_says_never_covers_the_field_in_which_somebody_writes(
    stage: Stage, apply: str, artist: Visitor, page: Page
) -> None:
    page.set_viewport_size({"width": 360, "height": 480})
    page.goto(stage.address + apply)
    idea = page.get_by_label("Your idea")
    idea.evaluate("field => { field.style.height = '900px' }")  # as somebody draws it larger
    save(artist, apply)
    idea.fill("one two three")
    status = page.locator("#draft-status")
    expect(status).to_contain_text("another device", timeout=20_000)
    written, said = idea.bounding_box(), status.bounding_box()
    assert written
    assert said
    assert written["y"] >= -1, "it is seen whole"
    assert written["y"] + written["height"] <= said["y"] + 1


def test_after_the_deadline_the_draft_can_be_read_with_its_labels() -> None:
    """In a demonstration of its own, because it moves the clock."""
    with set_stage() as stage:
        artist, apply = stage.visitor("second applicant"), f"/calls/{stage.call}/apply"
        save(artist, apply)
        closes = datetime.fromisoformat(
            stage.speaking("officer").get(f"/api/rounds/{stage.round}")["closes_at"]
        )
        later = (closes + timedelta(days=1)).isoformat()
        stage.running.person(stage.running.token).post("/api/demo/clock", now=later)
        page = artist.open(apply).text
        assert "does not accept applications" in page
        found = re.findall(r"<dt><bdi>(.*?)</bdi></dt><dd[^>]*>(.*?)</dd>", page)
        assert ("Title", "Songs of home") in found
        assert ("Your idea", IDEA) in found
        assert ("Field", "Music") in found


@pytest.fixture
def pair(stage: Stage) -> Stage:
    """The stage with two new people on it: one whose draft it is, and one who helps."""
    stage.newcomer("owner", "Olga Invented")
    stage.newcomer("helper", "Hanna Madeup")
    return stage


def people_of(visitor: Visitor, path: str) -> str:
    """The page of who writes in the draft of a form."""
    return str(re.findall(r"/drafts/draft-[0-9a-f]{32}/people", html.unescape(visitor.open(path).text))[0])


def invitation(owner: Visitor, people: str, **typed: str) -> str:
    """Invite somebody to write in a draft; the address of the link."""
    sent = owner.send(people, owner.form(people, "draft-invite") | {"language": "en"} | typed)
    return str(re.findall(r"/draft-invitation/owd_[\w-]{43}", html.unescape(sent.text))[0])


def test_two_people_write_a_draft_and_it_is_gone_once_its_owner_submits_it(pair: Stage) -> None:
    artist, helper = pair.visitor("owner"), pair.visitor("helper")
    apply = f"/calls/{pair.call}/apply"
    save(artist, apply)
    people = people_of(artist, apply)
    draft = people.removesuffix("/people")
    assert (helper.open(people).status_code, helper.open(draft).status_code) == (404, 404)

    link = invitation(artist, people, note="my sister")
    assert "my sister" in artist.open(people).text
    assert helper.open(link).headers["location"] == "/draft-invitation"
    page = helper.open("/draft-invitation").text
    name = html.escape(pair.speaking("owner").get("/api/me")["name"])
    assert IDEA not in page
    assert name not in page, "before they accept, they learn nothing of who invites them"
    accept = {"_secret": hidden(page, "_secret"), "_csrf": hidden(page, "_csrf"), "_do": "accept"}
    assert helper.send("/draft-invitation", accept).headers["location"] == draft
    assert f'<a href="{draft}">Write in a draft' in html.unescape(helper.open("/me").text)
    shared = helper.open(draft).text
    assert IDEA in shared
    assert "Submit the application" not in shared
    assert name in helper.open(people).text

    # The preview warns of the names of both.
    preview = helper.form(draft, "application-submit") | DRAFT | {"_draft": "preview"}
    told = helper.send(draft, preview | {"title": f"Songs of {html.unescape(name)}"}).text
    assert "the name of somebody who writes in it" in told
    assert "Submit the application" not in told

    # Both write at once: the later one sees both versions, also where the owner submits.
    opened = artist.form(apply, "application-submit")
    form = helper.form(draft, "application-submit")
    sisters = {"title": "Songs of my sister", "answers.idea": IDEA, "answers.field": "music"}
    assert helper.send(draft, form | sisters | {"_draft": "save"}).status_code == 303
    submitted = artist.send(apply, opened | ANSWERS)
    assert submitted.status_code == 409
    assert "Songs of my sister" in submitted.text.split('id="others"')[1].split("</section>")[0]
    form = helper.form(draft, "application-submit")
    for button in ({}, {"_draft": "discard"}):
        assert helper.send(draft, form | ANSWERS | button).status_code == 403

    # The preview submits all that it shows; whoever only helps has no such button.
    form = artist.form(apply, "application-submit")
    shown = artist.send(apply, form | ANSWERS | {"_draft": "preview"}).text.split("<main")[1]
    sent = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', shown)
    answer = artist.send(apply, {name: html.unescape(value) for name, value in sent})
    assert answer.status_code == 303
    assert "1 other person got access to a draft of" in artist.open(answer.headers["location"]).text
    assert "Finish the draft" not in artist.open("/me").text
    assert helper.open(draft).status_code == 404
    assert helper.open(answer.headers["location"]).status_code == 404
    told = pair.speaking("officer").get(f"{'/api' + answer.headers['location']}/timeline")["items"]
    assert [each["topic"] for each in told][-2:] == [
        "application.submitted.v1",
        "application.written_with.v1",
    ]

    # Who helps to change it writes in what was received already, until they are removed.
    change = f"{answer.headers['location']}/change"
    kept = artist.form(change, "application-change")
    assert artist.send(change, kept | {"title": "Another title", "_draft": "save"}).status_code == 303
    assert 'value="Another title"' in artist.open(change).text
    assert "Finish the changes of your application" in artist.open("/me").text
    people = people_of(artist, change)
    helper.open(invitation(artist, people))
    page = helper.open("/draft-invitation").text
    accept |= {"_secret": hidden(page, "_secret"), "_csrf": hidden(page, "_csrf")}
    kept_link = invitation(artist, people)
    draft = helper.send("/draft-invitation", accept).headers["location"]
    assert 'value="Another title"' in helper.open(draft).text
    form = helper.form(draft, "application-change")
    remove = artist.form(people, "draft-remove-2")
    assert artist.send(people, remove).status_code == 303
    assert helper.open(draft).status_code == 404
    assert helper.send(draft, form | sisters | {"_draft": "save"}).status_code == 404
    helper.open(kept_link)
    page = helper.open("/draft-invitation").text
    accept |= {"_secret": hidden(page, "_secret"), "_csrf": hidden(page, "_csrf")}
    assert helper.send("/draft-invitation", accept).status_code == 404, "not with a link from before"


def share_changes(owner: Visitor, change: str, helper: Visitor) -> str:
    """Begin to change an application that was received, with a helper who accepts; gives the page of who writes in the draft."""
    kept = owner.form(change, "application-change")
    assert owner.send(change, kept | {"title": "Another title", "_draft": "save"}).status_code == 303
    people = people_of(owner, change)
    helper.open(invitation(owner, people))
    page = helper.open("/draft-invitation").text
    accept = {"_secret": hidden(page, "_secret"), "_csrf": hidden(page, "_csrf"), "_do": "accept"}
    assert helper.send("/draft-invitation", accept).status_code == 303
    return people


def test_who_was_given_a_role_can_no_longer_open_the_draft_and_leaves_it(pair: Stage) -> None:
    """The start page says so, and JSON; nothing of the draft is shown on the way."""
    artist, helper = pair.visitor("owner"), pair.visitor("helper")
    apply = f"/calls/{pair.call}/apply"
    application = artist.send(apply, artist.form(apply, "application-submit") | ANSWERS).headers["location"]
    change = f"{application}/change"
    people = share_changes(artist, change, helper)
    speaking = pair.speaking("helper")
    draft = speaking.get("/api/drafts")["items"][0]["id"]

    house = pair.speaking("officer").get(f"/api/calls/{pair.call}")["initiative"]
    administrator = pair.running.person(pair.running.token)
    administrator.post(f"/api/initiatives/{house}/members", person=pair.people["helper"], roles=["juror"])
    assert helper.open(f"/drafts/{draft}").status_code == 403
    assert speaking.get("/api/drafts") == {"items": [], "shut": [draft], "to_delete": []}
    start = html.unescape(helper.open("/me").text)
    assert f'<a href="/drafts/{draft}/people">Leave a draft that you can no longer open' in start
    shown = helper.open(people).text
    assert "You have a role in this call" in shown
    assert "letters" not in shown.split("<main")[1], "none comes any more about this draft"
    name = html.escape(pair.speaking("owner").get("/api/me")["name"])
    assert ("Another title" in shown, name in shown) == (False, False)
    invite = helper.form(people, "draft-leave") | {"_do": "draft.invite"}
    assert "You have a role in this call" in helper.send(people, invite).text
    assert helper.send(people, helper.form(people, "draft-leave")).headers["location"] == "/me"
    assert "no longer open" not in helper.open("/me").text
    assert speaking.get("/api/drafts") == {"items": [], "shut": [], "to_delete": []}
    assert helper.open(people).status_code == 404
    speaking.post(f"/api/drafts/{draft}/leave", 404)


def test_who_left_the_organisation_can_no_longer_open_their_draft_and_deletes_it(pair: Stage) -> None:
    """Nor can who helped them, who leaves it; pages and JSON say the same, and nothing of the draft is shown on the way."""
    owner, helper = pair.visitor("owner"), pair.visitor("helper")
    speaking = pair.speaking("owner")
    newcomer = pair.running.newcomer("Colleague", email="colleague@example.org", language="en")
    organisation = newcomer.post("/api/organisations", name="Invented Collective")["id"]
    at = f"/api/organisations/{organisation}"
    newcomer.post(f"{at}/members", person=pair.people["owner"])
    speaking.post(f"{at}/join")
    apply = f"/calls/{pair.call}/apply"
    sent = owner.form(apply, "application-submit") | ANSWERS | {"applicant": organisation}
    change = f"{owner.send(apply, sent).headers['location']}/change"
    people = share_changes(owner, change, helper)
    draft = people.split("/")[2]

    newcomer.post(f"{at}/members/{pair.people['owner']}/remove")
    for person, role, words, answer in (
        (helper, "helper", "Leave", {"items": [], "shut": [draft], "to_delete": []}),
        (owner, "owner", "Delete", {"items": [], "shut": [], "to_delete": [draft]}),
    ):
        assert person.open(f"/drafts/{draft}").status_code == 403
        pair.speaking(role).get(f"/api/drafts/{draft}", 403)
        assert pair.speaking(role).get("/api/drafts") == answer
        start = html.unescape(person.open("/me").text)
        assert f'<a href="{people}">{words} a draft that you can no longer open' in start
        assert change not in start, "which does not open"
        shown = person.open(people).text
        assert "no longer act" in shown
        assert "Another title" not in shown
    assert (
        helper.send(people, helper.form(people, "draft-leave") | {"_do": "draft.delete"}).status_code == 200
    )
    assert "Delete a draft" in owner.open("/me").text, "it is still there"
    assert owner.send(people, owner.form(people, "draft-delete")).headers["location"] == "/me"
    for person in (owner, helper):
        assert "no longer open" not in person.open("/me").text
        assert person.open(people).status_code == 404
