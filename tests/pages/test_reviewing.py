"""A juror at work: drafts of reviews, the warning before submitting, changes until the panel opens."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.pages.conftest import Visitor, said, set_stage
from tests.pages.test_judging import Round, closed_round

SCORES = {"scores.a": "8", "scores.b": "7", "scores.c": "none"}
COMMENT = "Strong in the second part."
BOTH = {"comment_jury": COMMENT, "comment_applicant": "Go on."}


@pytest.fixture(scope="module")
def judging() -> Iterator[Round]:
    """A demonstration of these tests' own, whose clock they move."""
    with set_stage() as stage:
        yield closed_round(stage)


@pytest.fixture(scope="module", autouse=True)
def reviews(judging: Round) -> None:
    """Each juror is asked for each application, and two of them declare no conflict."""
    for number, application in enumerate(judging.applications):
        for juror in ("juror", "second juror"):
            asked = judging.post(
                "officer", f"/api/applications/{application}/reviews", juror=judging.stage.people[juror]
            )["id"]
            judging.reviews[juror, number] = asked
            judging.post(juror, f"/api/reviews/{asked}/declare-no-conflict")
    judging.caught_up()


@pytest.fixture
def juror(judging: Round) -> Visitor:
    """The first juror."""
    return judging.stage.visitor("juror")


def page_of(judging: Round, number: int, juror: str = "juror") -> str:
    """The page of a review."""
    return f"/reviews/{judging.reviews[juror, number]}"


def save(visitor: Visitor, path: str, form: str = "review-submit", **typed: str) -> int:
    """Press the button that saves the draft; gives the status of the answer."""
    return visitor.send(path, visitor.form(path, form) | typed | {"_draft": "save"}).status_code


def status(judging: Round, number: int, juror: str = "juror") -> str:
    """Where a review stands, by JSON."""
    found = judging.stage.speaking(juror).get(f"/api/reviews/{judging.reviews[juror, number]}")
    return str(found["status"])


def a_draft_is_there_again_on_another_device_and_for_nobody_else(judging: Round, juror: Visitor) -> None:
    path = page_of(judging, 0)
    assert save(juror, path, **SCORES, comment_jury=COMMENT) == 303
    again = html.unescape(judging.stage.visitor("juror").open(path).text)
    assert "Draft saved on" in again
    assert COMMENT in again
    assert '<option value="8" selected>' in again
    assert "Still empty: Comment for the applicant." in again
    assert status(judging, 0) == "cleared", "nothing was submitted"
    for other in ("second juror", "officer", "chair"):
        assert COMMENT not in judging.stage.visitor(other).open(path).text
        assert COMMENT not in judging.stage.visitor(other).open(page_of(judging, 0, "second juror")).text


def two_devices_do_not_overwrite_each_other(judging: Round, juror: Visitor) -> None:
    path = page_of(judging, 0)
    opened = juror.form(path, "review-submit")
    save(judging.stage.visitor("juror"), path, **SCORES | {"scores.a": "9"}, comment_jury="From the phone.")
    second = juror.send(path, opened | SCORES | {"comment_jury": COMMENT, "_draft": "save"})
    assert second.status_code == 409
    others = html.unescape(second.text.split('id="others"')[1].split("</section>")[0])
    assert "From the phone." in others
    assert COMMENT in second.text
    revision = re.findall(r'name="_revision" value="(\d+)"', second.text)[0]
    chosen = opened | SCORES | {"comment_jury": COMMENT, "_draft": "save", "_revision": revision}
    assert juror.send(path, chosen).status_code == 303


def a_juror_goes_from_one_review_to_the_next_and_sees_how_far_they_are(
    judging: Round, juror: Visitor
) -> None:
    ids = sorted(judging.reviews["juror", number] for number in range(3))
    first, middle, last = (juror.open(f"/reviews/{each}").text for each in ids)
    assert "Review 2 of 3; 0 submitted." in middle
    for page, previous, following in ((first, None, 1), (middle, 0, 2), (last, 1, None)):
        assert re.findall(r'href="/reviews/([^"]+)" rel="prev"', page) == (
            [] if previous is None else [ids[previous]]
        )
        assert re.findall(r'href="/reviews/([^"]+)" rel="next"', page) == (
            [] if following is None else [ids[following]]
        )
    assert f'<a href="/reviews/{ids[0]}">Next review to write</a>' in last
    assert 'rel="next"' not in judging.stage.visitor("officer").open(f"/reviews/{ids[1]}").text
    listed = juror.open("/reviews").text
    assert "0 of 3 reviews submitted." in listed
    assert "A draft is saved." in listed


def before_submitting_a_juror_is_told_once_what_is_still_empty(judging: Round, juror: Visitor) -> None:
    path = page_of(judging, 0)
    form = juror.form(path, "review-submit")
    first = juror.send(path, form | SCORES | BOTH | {"comment_applicant": ""})
    assert first.status_code == 409
    assert said(first) == (
        "Nothing is submitted yet. Still empty: Comment for the applicant. If you mean it so, press the button again. You can "
        "change your review until the panel opens."
    )
    assert status(judging, 0) == "cleared"
    form = juror.form(path, "review-submit")
    missing = juror.send(path, form | SCORES | {"scores.b": "", "comment_jury": ""})
    assert missing.status_code == 422, "a criterion without points is asked for first"
    assert 'name="_told"' not in missing.text
    told = dict(re.findall(r'<input type="hidden" name="(_told|_key)" value="([^"]*)"', first.text))
    told |= dict(re.findall(r'<input type="hidden" name="(_revision)" value="([^"]*)"', missing.text))
    again = form | SCORES | BOTH | {"comment_applicant": ""} | told
    assert juror.send(path, again).status_code == 303
    assert status(judging, 0) == "submitted"
    assert "Draft saved on" not in juror.open(path).text


def pressing_twice_submits_once(judging: Round, juror: Visitor) -> None:
    path = page_of(judging, 1)
    form = juror.form(path, "review-submit") | SCORES | BOTH
    before = judging.stage.facts()
    assert [juror.send(path, form).status_code for _ in range(2)] == [303, 303]
    assert judging.stage.facts() == before + 1


def a_submitted_review_is_changed_and_its_changes_are_drafted(judging: Round, juror: Visitor) -> None:
    path = page_of(judging, 1)
    assert save(juror, path, "review-change", **SCORES | {"scores.a": "10"}, **BOTH) == 303
    page = juror.open(path).text
    assert '<option value="10" selected>' in page
    assert "8 of 10" in page, "what is submitted is still the old review"
    form = juror.form(path, "review-change") | SCORES | BOTH | {"scores.a": "10"}
    assert juror.send(path, form).status_code == 303
    changed = judging.stage.speaking("juror").get(f"/api/reviews/{judging.reviews['juror', 1]}")
    assert changed["scores"] == {"a": 10, "b": 7, "c": None}
    assert changed["comment_jury"] == COMMENT
    assert "Draft saved on" not in juror.open(path).text


def own_scores_are_compared_in_one_table_and_nobody_elses(judging: Round, juror: Visitor) -> None:
    other = judging.reviews["second juror", 1]
    judging.post("second juror", f"/api/reviews/{other}/submit", scores={"a": 3, "b": 3, "c": 3})
    judging.caught_up()
    page = juror.open("/reviews").text
    assert "2 of 3 reviews submitted." in page
    table = page.split("Your own scores in this round")[1].split("</table>")[0]
    assert re.findall(r'data-label="A">([^<]*)<', table) == ["10 of 10", "8 of 10"]
    assert re.findall(r'data-label="Score">([^<]*)<', table) == ["85.0\u00a0%", "75.0\u00a0%"]
    assert "3 of 10" not in page
    found = {each["id"]: each for each in judging.stage.speaking("juror").get("/api/reviews")["items"]}
    mine = found[judging.reviews["juror", 1]]
    assert (mine["scores"], mine["score"]) == ({"a": 10, "b": 7, "c": None}, "85.000")
    assert found[judging.reviews["juror", 2]]["scores"] is None


def anothers_review_is_shown_only_to_who_gives_up_their_own_for_it(judging: Round, juror: Visitor) -> None:
    """A link to it tells first what it costs."""
    other, own = page_of(judging, 1, "second juror"), page_of(judging, 1)
    before = judging.stage.facts()
    asked = html.unescape(juror.open(other).text)
    assert "you can no longer change your review of it" in asked, re.sub(r"<[^>]+>|\s+", " ", asked)
    assert "3 of 10" not in asked
    assert judging.stage.facts() == before, "no reading is recorded"
    assert "Change the scores and comments" in juror.open(own).text
    assert "3 of 10" in juror.open(f"{other}?show=reviews").text
    shown = html.unescape(juror.open(own).text)
    assert "Change the scores and comments" not in shown
    scores = shown.split("<h2>Scores</h2>")[1].split("</section>")[0]
    assert "You have seen others' scores of this application" in scores
    assert "3 of 10" in juror.open(other).text, "who has seen it is not asked again"


@pytest.fixture
def page(judging: Round, chromium: str) -> Iterator[Page]:
    """The juror at a browser that runs scripts."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = browser.new_context(locale="en-GB")
        for cookie in judging.stage.visitor("juror").client.cookies.jar:
            url = judging.stage.address
            context.add_cookies([{"name": cookie.name, "value": cookie.value or "", "url": url}])
        yield context.new_page()
        browser.close()


def a_script_saves_while_the_juror_writes(judging: Round, juror: Visitor, page: Page) -> None:
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    path = page_of(judging, 2)
    page.goto(judging.stage.address + path)
    overflow = page.locator(".beside").evaluate("beside => getComputedStyle(beside).overflowY")
    assert overflow == "visible", "the form scrolls with the page and has no scrollbar of its own"
    page.get_by_label("A", exact=True).select_option("4")
    page.get_by_label("Comment for the jury").fill(COMMENT)
    expect(page.locator("#draft-status")).to_contain_text("Draft saved on", timeout=20_000)
    expect(page.get_by_text("Still empty: B, C, and Comment for the applicant.")).to_be_visible()
    assert COMMENT in juror.open(path).text
    assert complaints == []
    page.go_back()
    page.go_forward()
    expect(page.get_by_label("Comment for the jury")).to_have_value(COMMENT)


def a_conflict_ends_the_draft(judging: Round) -> None:
    visitor = judging.stage.visitor("second juror")
    path = page_of(judging, 0, "second juror")
    opened = visitor.form(path, "review-submit")
    save(visitor, path, **SCORES, comment_jury=COMMENT)
    sent = visitor.form(path, "review-declare_conflict") | {"reason": "friendship", "explanation": ""}
    assert visitor.send(path, sent).status_code == 303
    assert COMMENT not in visitor.open(path).text
    late = visitor.send(path, opened | SCORES | {"_draft": "save"})
    assert late.status_code == 409
    assert "stepped back" in said(late)


def a_panel_that_opens_ends_it_too_and_what_is_typed_can_still_be_read(judging: Round) -> None:
    """Last, because it ends the reviews."""
    visitor = judging.stage.visitor("second juror")
    for number, juror in ((0, "third juror"), (2, "juror"), (2, "third juror")):
        if (juror, number) not in judging.reviews:
            asked = judging.post(
                "officer",
                f"/api/applications/{judging.applications[number]}/reviews",
                juror=judging.stage.people[juror],
            )["id"]
            judging.post(juror, f"/api/reviews/{asked}/declare-no-conflict")
            judging.reviews[juror, number] = asked
        scores = {"a": 5, "b": 5, "c": 5}
        judging.post(juror, f"/api/reviews/{judging.reviews[juror, number]}/submit", scores=scores)
    path = page_of(judging, 2, "second juror")
    opened = visitor.form(path, "review-submit")
    judging.post("officer", f"/api/rounds/{judging.round}/panel")
    judging.caught_up()
    late = visitor.send(path, opened | SCORES | {"comment_jury": COMMENT, "_draft": "save"})
    assert late.status_code == 409
    assert "The panel opened before this review was submitted" in said(late)
    assert COMMENT in late.text, "it can be copied"
    assert COMMENT not in visitor.open(path).text


def test_a_juror_at_work(judging: Round, juror: Visitor, page: Page) -> None:
    """One story, told in order: each part begins where the one before it ends."""
    a_draft_is_there_again_on_another_device_and_for_nobody_else(judging, juror)
    two_devices_do_not_overwrite_each_other(judging, juror)
    a_juror_goes_from_one_review_to_the_next_and_sees_how_far_they_are(judging, juror)
    before_submitting_a_juror_is_told_once_what_is_still_empty(judging, juror)
    pressing_twice_submits_once(judging, juror)
    a_submitted_review_is_changed_and_its_changes_are_drafted(judging, juror)
    own_scores_are_compared_in_one_table_and_nobody_elses(judging, juror)
    anothers_review_is_shown_only_to_who_gives_up_their_own_for_it(judging, juror)
    a_script_saves_while_the_juror_writes(judging, juror, page)
    a_conflict_ends_the_draft(judging)
    a_panel_that_opens_ends_it_too_and_what_is_typed_can_still_be_read(judging)
