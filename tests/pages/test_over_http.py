"""What a browser would never send, and what it sends twice, late or from elsewhere: a page answers, nothing is lost."""

from __future__ import annotations

import html
import re
from urllib.parse import urlencode

import httpx
import pytest

from tests.pages.conftest import Stage, Visitor, hidden, said

POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
ANSWERS = {
    "title": "A sound project",
    "requested.amount": "300.00",
    "answers.idea": "Four concerts.",
    "answers.costs[0].item": "Hall",
    "answers.costs[0].amount": "200.00",
    "answers.costs[4].item": "Paper",
    "answers.costs[4].amount": "100.00",
    "answers.before": "no",
    "answers.field": "music",
    "answers.start": "2027-01-31",
    "answers.other": "",
    "answers.home": "",
}


@pytest.fixture
def applicant(stage: Stage) -> Visitor:
    """Somebody who may apply."""
    return stage.visitor("second applicant")


def filled(stage: Stage, visitor: Visitor, **other: str) -> dict[str, str]:
    """The form for applying, filled in soundly but for `other`."""
    return visitor.form(f"/calls/{stage.call}/apply", "application-submit") | ANSWERS | other


def test_an_application_is_submitted_once_however_often_the_button_is_pressed(
    stage: Stage, applicant: Visitor
) -> None:
    """The second press leads to the same application, which the next page shows at once."""
    apply = f"/calls/{stage.call}/apply"
    sent = filled(stage, applicant)
    first, second = applicant.send(apply, sent), applicant.send(apply, sent)
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["location"] == second.headers["location"]
    page = applicant.open(first.headers["location"])
    assert page.status_code == 200
    assert "Your application is submitted." in page.text
    assert "Hall" in page.text
    assert "31 January 2027" in page.text
    again = applicant.open(first.headers["location"])
    assert "Your application is submitted." not in again.text, "said once"
    other = applicant.send(apply, sent | {"title": "Another"})
    assert (other.status_code, said(other)[:26]) == (422, "This form was already sent")
    assert hidden(other.text.split('id="application-submit"')[1], "_key") != sent["_key"]


def test_nothing_typed_is_lost_when_a_form_comes_back(stage: Stage, applicant: Visitor) -> None:
    """Every wrong field is named, in the summary with a way to it and beside the field; all else stands as typed."""
    before = stage.facts()
    wrong = filled(
        stage, applicant, **{"answers.costs[4].amount": "a hundred", "answers.idea": "", "title": "<Т&>"}
    )
    page = applicant.send(f"/calls/{stage.call}/apply", wrong)
    assert (page.status_code, said(page)) == (
        422,
        "It is not submitted yet; your draft is saved. Please correct:",
    )
    summary = re.findall(r'<li><a href="#([^"]+)">([^<]+)</a>: ([^<]+)</li>', page.text)
    # The second line of costs that was filled in is the second that is shown.
    assert [(html.unescape(place), label) for place, label, _ in summary] == [
        ("application-submit-answers.idea", "Your idea"),
        ("application-submit-answers.costs[1].amount", "Your costs, amount of line 2"),
    ]
    for place, _, detail in summary:
        assert f'id="{place}"' in page.text
        assert f'id="{place}-error">{detail}<' in page.text
    for kept in ("&lt;Т&amp;&gt;", 'value="a hundred"', 'value="Hall"', 'value="300.00"', 'value="2027-01-31"',
                 '<option value="no" selected>', '<option value="music" selected>'):  # fmt: skip
        assert kept in page.text, kept
    assert stage.facts() == before


def test_more_lines_are_had_by_a_button(stage: Stage, applicant: Visitor) -> None:
    """It writes nothing and keeps all that was typed."""
    before = stage.facts()
    page = applicant.send(f"/calls/{stage.call}/apply", filled(stage, applicant, _lines="1"))
    assert page.status_code == 200
    assert 'value="Four' not in page.text
    assert "Four concerts.</textarea>" in page.text
    assert 'name="answers.costs[4].item"' in page.text
    assert 'name="answers.costs[5].item"' not in page.text
    assert stage.facts() == before


def test_a_rule_s_refusal_is_one_sentence_above_the_form(stage: Stage, applicant: Visitor) -> None:
    """An application that was withdrawn cannot be withdrawn again."""
    where = applicant.send(f"/calls/{stage.call}/apply", filled(stage, applicant)).headers["location"]
    applicant.open(where)
    form = applicant.form(where, "application-withdraw")
    sent = form | {"reason": "other", "explanation": "Слова"}
    assert applicant.send(where, sent).status_code == 303
    late = applicant.send(where, sent | {"_key": "another", "_seen": ""})
    assert late.status_code == 409
    assert said(late) == (
        "Only an application that is under consideration or on the waiting list can be withdrawn; "
        "this one is withdrawn."
    )


def test_what_somebody_changed_meanwhile_is_not_overwritten(stage: Stage, applicant: Visitor) -> None:
    """The page says so, shows how it stands now, and keeps what was typed with the version that is seen now."""
    where = applicant.send(f"/calls/{stage.call}/apply", filled(stage, applicant)).headers["location"]
    applicant.open(where)
    form = applicant.form(where, "application-withdraw")
    stale = form | {"_seen": "x" * 22, "reason": "other", "explanation": "Kept words"}
    page = applicant.send(where, stale)
    assert page.status_code == 412
    assert said(page).startswith("Somebody changed this while you were looking at it")
    assert "Kept words</textarea>" in page.text
    assert f'name="_seen" value="{form["_seen"]}"' in page.text


def test_a_form_without_the_session_s_secret_is_refused(stage: Stage, applicant: Visitor) -> None:
    """Neither none, nor another person's, nor a form of nobody: nothing is written, and nothing is given back."""
    apply = f"/calls/{stage.call}/apply"
    sent = filled(stage, applicant)
    foreign = filled(stage, stage.visitor("newcomer"))["_csrf"]
    before = stage.facts()
    for csrf in ("", "0" * 64, foreign, "ключ"):
        page = applicant.send(apply, sent | {"_csrf": csrf})
        assert page.status_code == 403, csrf
        assert (
            said(page) == "This form belongs to another session, so nothing was saved. Open the page again."
        )
        assert "Four concerts." not in page.text
    applicant.client.cookies.clear()
    page = applicant.send(apply, sent)
    assert page.status_code == 401
    assert said(page) == "You are not signed in, so nothing was saved."
    assert "Four concerts." not in page.text
    assert stage.facts() == before


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "null"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "http://[bad"},
    ],
)
def test_a_form_from_another_site_is_refused(
    stage: Stage, applicant: Visitor, headers: dict[str, str]
) -> None:
    """Even with all secrets right, for every form, signing in and out among them."""
    before = stage.facts()
    sent = filled(stage, applicant)
    for path in (f"/calls/{stage.call}/apply", "/sign-in", "/sign-out"):
        page = applicant.send(path, sent, headers=headers)
        assert (page.status_code, said(page)) == (
            403,
            "This form was sent from another site's page, so nothing was done.",
        )
    assert stage.facts() == before
    own = {"Origin": stage.address}
    assert applicant.send(f"/calls/{stage.call}/apply", sent, headers=own).status_code == 303


_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", _FORM, 403),
        (b"%", _FORM, 400),
        (b"title=%ff%fe", _FORM, 400),
        (b"ti%00tle=x", _FORM, 400),
        (b"title=a%00b", _FORM, 400),
        (b"title=a&title=b", _FORM, 400),
        (b"Title=a", _FORM, 400),
        (b"title[=a", _FORM, 400),
        (b"=&&&", _FORM, 400),
        (b"&".join(b"a%d=" % number for number in range(1100)), _FORM, 400),
        (b"title=" + b"x" * 10_000_000, _FORM, 413),
        (b'{"title": "x"}', {"Content-Type": "application/json"}, 415),
        (b"--x\r\n", {"Content-Type": "multipart/form-data; boundary=x"}, 415),
        (b"title=x", {}, 415),
    ],
)
def test_what_is_no_form_is_told_in_a_sentence(
    stage: Stage, applicant: Visitor, body: bytes, kind: dict[str, str], status: int
) -> None:
    """A page, never an error of the server's, and nothing written."""
    before = stage.facts()
    page = applicant.client.post(f"/calls/{stage.call}/apply", content=body, headers=kind)
    assert page.status_code == status
    assert re.search(r'<p class="lead">[A-Z][^<]+\.</p>', page.text)
    assert stage.facts() == before


@pytest.mark.parametrize(
    "fields",
    [
        {"_do": "grant.accept"},
        {"_do": "application.submit\r\n"},
        {"_key": ""},
        {"_key": "к"},
        {"_key": "x" * 201},
        {"_seen": "one"},
        {"_seen": "99999999999"},
        {"title": "", "title.en": "x"},
        {"answers": "x"},
        {"answers.costs": "x"},
        {"answers.costs.x": "y"},
        {"answers.idea.deep.deeper[3].x": "y"},
        {"answers.unknown": "y"},
        {"answers.before": "perhaps"},
        {"answers.field": "none"},
        {"answers.start": "2027-02-30"},
        {"answers.other": "1e5"},
        {"requested.amount": "1.001"},
        {"requested.amount": "9" * 400},
        {"requested.amount": "-5"},
        {"requested.currency": "XTS"},
        {"round": "round-" + "0" * 32},
        {"round": "../../x"},
        {"round": ""},
        {"title": "x" * 900_000},
        {"title": "\U0001f9ca" * 60_000},
        {"surprise": "x"},
    ],
)
def test_a_form_that_no_page_of_ours_has_is_told_in_a_sentence(
    stage: Stage, applicant: Visitor, fields: dict[str, str]
) -> None:
    """With every secret right: a sentence, and nothing written."""
    before = stage.facts()
    sent = filled(stage, applicant)
    for name in fields:
        if name.startswith("answers.costs") or name == "answers":
            sent = {each: value for each, value in sent.items() if not each.startswith(name)}
    sent = {
        each: value for each, value in sent.items() if not fields.get("title.en") or each != "title"
    } | fields
    page = applicant.client.post(f"/calls/{stage.call}/apply", content=urlencode(sent), headers=_FORM)
    assert 400 <= page.status_code < 500, page.status_code
    assert said(page)
    assert stage.facts() == before


@pytest.mark.parametrize(
    "path",
    [
        "/calls/call-" + "0" * 32,
        "/calls/nonsense",
        "/calls/call-%00",
        "/calls/%ff",
        "/applications/application-" + "f" * 32,
        "/reviews/person-" + "0" * 32,
        "/rounds/x/ranking",
        "/grants/grant-" + "1" * 32,
        "/funds/x",
        "/calls/x/timeline",
        "/nowhere",
    ],
)
def test_what_is_not_there_is_a_page_too(stage: Stage, applicant: Visitor, path: str) -> None:
    """With the demonstration's banner, as every page."""
    page = applicant.open(path)
    assert page.status_code == 404
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "This is a demonstration." in page.text


def test_where_nothing_is_whoever_is_not_signed_in_can_sign_in(stage: Stage, applicant: Visitor) -> None:
    """Their navigation is that of every other page; somebody signed in is led to their own page."""
    stranger, known = stage.visitor().open("/nowhere").text, applicant.open("/nowhere").text
    assert '<a href="/sign-in">Sign in</a>' in html.unescape(stranger)
    assert '<a href="/sign-in">Sign in</a>' not in html.unescape(known)
    assert '<li><a href="/me">Today</a></li>' in html.unescape(known)


def test_no_address_makes_a_page_lead_elsewhere(stage: Stage) -> None:
    """Neither one that looks like another host, nor one with a line's end or a tag in it."""
    visitor = stage.visitor()
    for path in ("//elsewhere.example/x", "/%0d%0aLocation:%20x", "/%3Cscript%3Ealert(1)%3C/script%3E"):
        page = visitor.client.get(stage.address + path)
        assert page.status_code == 404
        assert 'href="//' not in page.text
        assert "<script" not in page.text
    answer = visitor.client.get(f"{stage.address}/applications/%22%3E%0d%0aX: y")
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/sign-in?next=/applications/%22%3E%0D%0AX%3A%20y",
    )


@pytest.mark.parametrize(
    "query", ["surprise=1", "cursor=%00", "cursor=a&cursor=b", "cursor=" + "x" * 400, "cursor=bm9uc2Vuc2U",
              "as_of=never", "as_of=9999-99-99", "as_of=9999-12-31T23:59-12:00"]
)  # fmt: skip
def test_an_address_with_nonsense_in_it_is_told_in_a_sentence(stage: Stage, query: str) -> None:
    """What cannot be read is a mistake of the address's, never of the server's."""
    page = stage.visitor("funder").open(f"/calls/{stage.call}/timeline?{query}")
    assert page.status_code in (400, 422)
    assert said(page).endswith(".")


def test_the_timeline_is_shown_as_of_a_moment(stage: Stage) -> None:
    """Before all began nothing had happened; the choice stays on the page."""
    funder = stage.visitor("funder")
    assert (
        "Nothing had happened yet."
        in funder.open(f"/calls/{stage.call}/timeline?as_of=2001-01-01T00:00").text
    )
    later = funder.open(f"/calls/{stage.call}/timeline?as_of=2199-12-31T23:59").text
    assert "drafted the call" in later
    assert 'value="2199-12-31T23:59"' in later


@pytest.mark.parametrize("path", ["/", "/calls", "/sign-in", "/nowhere", "/me"])
def test_every_answer_forbids_what_it_does_not_need(stage: Stage, path: str) -> None:
    """No script, no frame, no other site, no copy, no referrer."""
    answer = stage.visitor().open(path)
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_first_page_is_small_with_all_that_it_loads(stage: Stage) -> None:
    """Under 60 KB, uncompressed; nothing on it comes from elsewhere."""
    visitor = stage.visitor()
    page = visitor.open("/")
    loaded = re.findall(r'<(?:link|script|img)[^>]* (?:href|src)="([^"]+)"', html.unescape(page.text))
    assert {address.partition("?")[0] for address in loaded} == {"/style.css", "/icon.svg"}
    assert sum(len(each.content) for each in (page, *map(visitor.open, loaded))) < 60_000


def test_a_page_does_not_take_what_it_has_no_form_for(stage: Stage) -> None:
    """And says so to a browser by a page; to a program, that addresses the API, by a problem document."""
    visitor = stage.visitor()
    page = visitor.send("/calls", {})
    assert (page.status_code, page.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    assert page.headers["content-type"].startswith("text/html")
    answer = httpx.get(f"{stage.address}/api/nowhere", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_a_call_is_read_in_its_own_languages(stage: Stage) -> None:
    """By the browser's wish or by the visitor's choice; the language of each text is marked."""
    visitor = stage.visitor()
    call = f"/calls/{stage.call}"
    russian = visitor.client.get(call, headers={"Accept-Language": "ru-RU,ru;q=0.9"}).text
    assert '<h1><bdi lang="ru">Конкурс страниц</bdi></h1>' in russian
    assert '<bdi lang="en">Your costs</bdi>' in russian, "what is there in one language alone"
    assert '<h1><bdi lang="en">Call of the Pages</bdi></h1>' in visitor.open(call).text
    assert "Конкурс страниц" in visitor.open(f"{call}?lang=ru").text


def test_a_juror_never_reads_who_applied(stage: Stage) -> None:
    """Nor does the chair, on any page that names the application of the demonstration's first call."""
    names = ("Applicant One", "Applicant Two", "Invented Town", stage.people["applicant"])
    for role in ("juror", "chair"):
        visitor = stage.visitor(role)
        reviews = re.findall(r'href="(/reviews/[^"]+)"', visitor.open("/reviews").text)
        rankings = re.findall(r'href="(/rounds/[^"]+)"', visitor.open("/me").text)
        assert reviews
        assert rankings
        for path in [*reviews, *rankings]:
            page = visitor.open(path)
            assert page.status_code == 200
            assert not [name for name in names if name in page.text]


def test_a_call_shows_what_it_offers(stage: Stage) -> None:
    """Its deadline on its own clocks and in UTC, its limits, its form and its rubric."""
    page = html.unescape(stage.visitor().open(f"/calls/{stage.call}").text)
    for text in ("(Berlin time)", "5,000.00\u00a0EUR", "Your idea", "At most 50 words.", "Music",
                 "0 to 10", "Jurors do not see this answer."):  # fmt: skip
        assert text in page, text


def test_a_form_for_no_host_does_nothing(stage: Stage, applicant: Visitor) -> None:
    """It is refused before it is read; the page of a problem links only to this site, whatever its address holds."""
    apply = f"/calls/{stage.call}/apply"
    sent, before = filled(stage, applicant), stage.facts()
    for host in ("localhost:x", "localhost:99999999"):
        page = applicant.send(apply, sent, headers={"Host": host})
        assert (page.status_code, said(page)) == (400, "The header Host does not name a host.")
    assert stage.facts() == before
    odd = applicant.open("/%5Celsewhere.example/%3Fa=%22b")
    assert odd.status_code == 404
    assert 'href="/%5Celsewhere.example/%3Fa%3D%22b"' in html.unescape(odd.text)


def test_what_people_write_turns_nothing_around_it(stage: Stage, applicant: Visitor) -> None:
    """Text from right to left stands in an element that isolates it; what hides in a line is refused at its input."""
    apply, title = f"/calls/{stage.call}/apply", "\N{HEBREW LETTER SHIN}\N{HEBREW LETTER LAMED} (2026)"
    turned = applicant.send(apply, filled(stage, applicant, title="Sound\u202etcejorp"))
    assert turned.status_code == 422
    assert "The text contains the invisible character U+202E" in turned.text
    unseen = applicant.send(apply, filled(stage, applicant, title="\u200b\u2060"))
    assert (unseen.status_code, "This cannot be left empty." in unseen.text) == (422, True)
    sent = applicant.send(apply, filled(stage, applicant, title=title))
    shown = applicant.open(sent.headers["location"]).text
    assert f"<h1><bdi>{title}</bdi></h1>" in shown
    assert '<p class="answer" dir="auto">Four concerts.</p>' in shown


def test_what_gives_the_applicant_away_to_a_blind_jury_is_asked_about_once(
    stage: Stage, applicant: Visitor
) -> None:
    """The first press says it and saves the draft, the second submits; another clue is told, too; JSON is not asked."""
    apply = f"/calls/{stage.call}/apply"
    sent = filled(stage, applicant, **{"answers.idea": "Write to me@example.org."})
    wrong = applicant.send(apply, sent | {"requested.amount": "much", "answers.before": ""})
    assert "Please correct:" in said(wrong), "mistakes come first, all of them"
    assert ("answers.before-error" in wrong.text, "This contains:" in wrong.text) == (True, False)
    sent |= {"_revision": hidden(wrong.text, "_revision")}
    asked = applicant.send(apply, sent)
    assert (asked.status_code, "press the button once more" in said(asked)) == (422, True)
    assert "This contains: an e-mail address" in asked.text
    assert "me@example.org" in asked.text
    more = sent | {"_warned": hidden(asked.text, "_warned"), "_revision": hidden(asked.text, "_revision")}
    other = applicant.send(apply, more | {"title": "See https://example.org/me"})
    assert (other.status_code, "This contains: a link" in other.text) == (422, True)
    more |= {"_revision": hidden(other.text, "_revision")}
    assert applicant.send(apply, more).status_code == 303
