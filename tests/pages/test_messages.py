"""Messages and notes in the browser: both sides write, what waits is on both start pages, and nothing typed is lost."""

from __future__ import annotations

import html
import re

from domain.correspondence import MESSAGES_A_DAY
from tests.pages.conftest import Stage
from tests.pages.test_over_http import filled
from tests.pages.test_session_ended import end_sessions, sign_in

QUESTION = "Когда вы решите? <b>"
ANSWER = "In May, and we will write to you."
NOTE = "Ask for the address."


def test_both_sides_write_and_nobody_else_finds_a_word(stage: Stage) -> None:
    applicant, officer = stage.visitor("applicant"), stage.visitor("officer")
    sent = filled(stage, applicant, title="A project with questions")
    application = applicant.send(f"/calls/{stage.call}/apply", sent).headers["location"].partition("?")[0]
    page = f"{application}/messages"
    shown = html.unescape(applicant.open(application).text)
    assert f'href="{page}"' in shown
    assert "You can change it until" in shown.split("What happens next")[1]
    for each in (application, f"{application}/change", page):
        (title,) = re.findall("<title>(.*)</title>", applicant.open(each).text)
        assert "A project with questions" not in title, "browsers keep titles, and devices are searched"
    assert f'<a href="{page}" aria-current="page">' in html.unescape(applicant.open(page).text)

    # Too long: the text is still in the form. Sent twice, it is one message.
    form = applicant.form(page, "application-write_message") | {"text": "x" * 5001}
    wrong = applicant.send(page, form)
    assert (wrong.status_code, "x" * 5001 in wrong.text) == (422, True)
    form = applicant.form(page, "application-write_message") | {"text": QUESTION}
    for _ in range(2):
        assert applicant.send(page, form).status_code == 303
    assert applicant.open(page).text.count("Когда вы решите? &lt;b&gt;") == 1
    assert "application-write_note" not in applicant.open(page).text

    start = html.unescape(officer.open("/me").text)
    assert re.search("applications? with (a message|messages) to answer", start)
    handle = stage.speaking("officer").get(f"/api{application}")["handle"]
    assert f'<a href="{page}" class="handle">{handle}</a>' in start, "it says of which application"
    assert page in officer.open("/messages").text
    note = officer.form(page, "application-write_note") | {"text": NOTE}
    assert officer.send(page, note).status_code == 303
    answer = officer.form(page, "application-write_message") | {"text": ANSWER}
    assert officer.send(page, answer).status_code == 303
    assert page not in officer.open("/messages").text
    shown = officer.open(page).text
    assert [text in shown for text in ("Когда", ANSWER, NOTE)] == [True] * 3

    start = html.unescape(applicant.open("/me").text)
    assert f'href="{page}">Read the message about' in start
    assert NOTE not in applicant.open(page).text
    done = applicant.send(page, applicant.form(page, "application-settle_messages"))
    assert done.status_code == 303
    assert f'href="{page}">Read the message' not in html.unescape(applicant.open("/me").text)

    # What is typed when no more can be written today is still there.
    form = applicant.form(page, "application-write_message") | {"text": "MARKER of the last one"}
    for _ in range(MESSAGES_A_DAY - 1):
        stage.speaking("applicant").post(f"/api{application}/messages", text="And one more.")
    refused = applicant.send(page, form)
    assert (refused.status_code, "MARKER of the last one" in refused.text) == (409, True)
    assert "which is the most" in refused.text

    for who in ("newcomer", "juror", "chair", "funder", None):
        visitor = stage.visitor(who) if who else stage.visitor()
        answered = visitor.open(page)
        assert answered.status_code in (303, 403, 404), who
        assert not [text for text in ("Когда", ANSWER, NOTE) if text in answered.text], who


def test_a_message_that_was_being_typed_when_the_session_ended_is_still_there(stage: Stage) -> None:
    officer = stage.visitor("officer")
    listed = officer.open(f"/calls/{stage.call}/applications").text
    page = re.findall(r'href="(/applications/application-[0-9a-f]{32})', listed)[0] + "/messages"
    form = officer.form(page, "application-write_message") | {"text": "MARKER of an answer"}
    end_sessions(stage, "officer")
    asked = officer.open(officer.send(page, form).headers["location"]).text
    assert sign_in(officer, stage, "officer", asked) == page
    assert "MARKER of an answer" in officer.open(page).text
