"""A grant that is suspended, resumed, amended, screened and ended early, and a payee without an IBAN: by page, as JSON tells it
then. One grant of the demonstration goes through it all, one step after another."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import pytest

from tests.pages.conftest import Stage, Visitor, eur, set_stage


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """A demonstration of these tests' own, whose grant is half paid."""
    with set_stage() as stage:
        yield stage


@pytest.fixture(scope="module")
def grant(stage: Stage) -> str:
    """The address of its grant."""
    found = re.search(r'href="(/grants/grant-[0-9a-f]{32})"', stage.visitor("applicant").open("/grants").text)
    assert found
    return found[1]


def does(visitor: Visitor, path: str, form: str, **typed: str) -> str:
    """Send a form of a page; the page that follows."""
    names = {name.replace("__", "."): value for name, value in typed.items()}
    answer = visitor.send(path, visitor.form(path, form) | names)
    assert answer.status_code == 303, answer.text
    return html.unescape(visitor.open(answer.headers["location"]).text)


def a_report_is_kept_as_a_draft_until_it_is_submitted(stage: Stage, grant: str) -> None:
    artist = stage.visitor("applicant")
    form = artist.form(grant, "grant-submit_report")
    saved = artist.send(grant, form | {"text": "Twelve songs, half of the way.", "_draft": "save"})
    assert saved.status_code == 303
    for page in (artist.open(grant).text, stage.visitor("applicant").open(grant).text):
        assert "Twelve songs, half of the way." in page
    assert "Finish the draft of your report" in artist.open("/me").text
    assert "Finish the draft of your report" not in artist.open("/applications").text
    other = artist.send(grant, artist.form(grant, "grant-set_payee") | {"kind": "recipient", "name": ""})
    assert (other.status_code, "half of the way" in other.text) == (422, True), "another form came back"
    assert re.findall(r'name="_revision" value="(\d+)"', other.text) == ["1"]
    page = artist.open(grant).text
    kept = re.findall(r'<button class="link" form="([^"]+)" name="_language"', page)
    assert kept == ["grant-submit_report"], "another language keeps the report that is being written"
    assert "half of the way" not in stage.visitor("officer").open(grant).text
    page = does(artist, grant, "grant-submit_report", text="Twelve songs were sung.")
    assert "Your report is submitted." in page
    officer = stage.visitor("officer")
    waiting = html.unescape(officer.open("/me").text)
    assert f'<a href="{grant}#report-1">report to accept or return</a>' in waiting
    assert 'id="report-1"' in officer.open(grant).text
    assert "half of the way" not in page
    assert "Finish the draft of your report" not in artist.open("/me").text


def it_is_suspended_with_a_reason_and_goes_on(stage: Stage, grant: str) -> None:
    officer, finance = stage.visitor("officer"), stage.visitor("finance")
    page = does(officer, grant, "grant-suspend", reason="report_overdue", explanation="Where is the report?")
    assert "The grant is suspended." in page
    own = html.unescape(stage.visitor("applicant").open(grant).text)
    assert "a report is overdue" in own
    assert "Where is the report?" in own
    assert "The grant is suspended: no payment can be requested until the staff resume it." in own
    assert "Where is the report?" not in html.unescape(finance.open(grant).text)
    assert stage.speaking("finance").get(f"/api{grant}")["status"] == "suspended"
    assert "The grant is resumed." in does(officer, grant, "grant-resume")


def a_past_day_and_a_rest_are_asked_about_and_then_proposed(stage: Stage, grant: str) -> None:
    officer = stage.visitor("officer")
    sent = officer.form(grant, "grant-propose_amendment") | {
        "amount.amount": "2800.00",
        "instalments[0].amount.amount": "500.00",
        "instalments[0].amount.currency": "EUR",
        "instalments[0].due": "2020-01-31",
        "instalments[0].condition": "report",
        "explanation": "As we said on the phone.",
    }
    page = officer.send(grant, sent)
    assert page.status_code == 422
    assert "This day is in the past." in page.text
    page = officer.send(grant, sent | {"confirm_past_due": "true"})
    assert page.status_code == 422
    assert "These instalments leave 300.00\u00a0EUR of the grant unscheduled." in html.unescape(page.text)
    assert re.search(r'id="grant-propose_amendment-confirm_past_due"[^>]* checked', page.text)
    answer = officer.send(grant, sent | {"confirm_past_due": "true", "unscheduled.amount": "300.00"})
    assert answer.status_code == 303
    assert "The recipient has not answered it yet." in officer.open(grant).text
    assert "amendment that the recipient" not in officer.open("/me").text, "it waits for the recipient"


def the_recipient_finds_it_on_their_page_and_accepts_it(stage: Stage, grant: str) -> None:
    recipient = stage.visitor("applicant")
    assert f'href="{grant}#amendment"' in html.unescape(recipient.open("/me").text)
    shown = html.unescape(recipient.open(grant).text)
    assert "As we said on the phone." in shown
    assert "31 January 2020" in shown
    assert "You accepted the amendment." in does(recipient, grant, "grant-accept_amendment")
    told = stage.speaking("funder").get(f"/api{grant}")
    assert (told["amount"], told["unscheduled"], told["proposed"]) == (eur("2800.00"), eur("300.00"), None)
    assert [each["amount"] for each in told["instalments"]] == [eur("2000.00"), eur("500.00")]


def an_account_without_an_iban_is_checked_at_its_fields(stage: Stage, grant: str) -> None:
    recipient = stage.visitor("applicant")
    sent = recipient.form(grant, "grant-set_payee") | {
        "kind": "recipient",
        "name": "Applicant One",
        "account": "1234 5678 901",
        "country": "AM",
        "bank_code": "AGRIGE22",
    }
    page = recipient.send(grant, sent)
    assert page.status_code == 422
    assert 'id="grant-set_payee-bank_code-error">This BIC belongs to a bank in another country.<' in page.text
    assert '<option value="AM" selected>Armenia</option>' in page.text
    assert recipient.send(grant, sent | {"bank_code": "AGRI AM 22"}).status_code == 303
    finance = stage.visitor("finance")
    waiting = html.unescape(finance.open("/me").text)
    assert f'<a href="{grant}#payee">grant with bank details to confirm</a>' in waiting
    assert "bank details to confirm" not in stage.visitor("officer").open("/me").text
    page = finance.open(grant)
    assert "12345678901" in page.text
    assert "Armenia" in page.text
    payee = stage.speaking("finance").get(f"/api{grant}")["payee"]
    assert (payee["bank_code"], payee["country"]) == ("AGRIAM22", "AM")
    hidden = stage.speaking("officer").get(f"/api{grant}")["payee"]
    assert (hidden["account"], hidden["bank_code"], hidden["country"]) == (None, None, None)


def a_screening_is_required_by_the_initiative_and_recorded_by_finance(stage: Stage, grant: str) -> None:
    administrator, finance = stage.visitor("administrator"), stage.visitor("finance")
    (own,) = stage.speaking("administrator").get("/api/me")["initiatives"]
    members = f"/initiatives/{own['initiative']}/members"
    page = does(administrator, members, "initiative-set_screening")
    assert "Payees are compared with sanctions lists before anything is paid." in page
    page = finance.open(grant).text
    assert "No screening was recorded before instalment 1." in page, "it was paid before"
    assert "The payee has to be screened before the next payment." in page
    page = does(
        finance, grant, "grant-record_screening",
        result="match_ruled_out", reference="S-7", screened_on="2026-01-02", note="Born in another year.",
    )  # fmt: skip
    assert "A similar name was found, of another person" in page
    assert "Born in another year." in page
    for role, sees in (("officer", True), ("funder", False), ("applicant", False)):
        page = html.unescape(stage.visitor(role).open(grant).text)
        assert ("Born in another year." in page) is sees, role
        assert ("S-7" in page) is (role != "applicant"), role


def it_is_ended_early_and_says_what_came_of_it(stage: Stage, grant: str) -> None:
    stage.speaking("officer").post(f"/api{grant}/reports/1/accept")
    artist = stage.visitor("applicant")
    form = artist.form(grant, "grant-submit_report") | {"text": "Nobody will read this.", "_draft": "save"}
    assert artist.send(grant, form).status_code == 303
    assert "Finish the draft of your report" in artist.open("/me").text
    page = does(stage.visitor("officer"), grant, "grant-terminate", reason="recipient_asked")
    assert "Finish the draft of your report" not in artist.open("/me").text
    assert "Nobody will read this." in artist.open(grant).text
    gone = artist.form(grant, "grant-submit_report-unsent") | {"_draft": "discard"}
    assert artist.send(grant, gone).status_code == 303
    assert "Nobody will read this." not in artist.open(grant).text
    assert "What was not paid is back in the fund." in page
    told = stage.speaking("applicant").get(f"/api{grant}")
    assert (told["status"], told["reason"]) == ("terminated", "recipient_asked")
    assert [each["status"] for each in told["instalments"]] == ["settled", "cancelled"]
    russian = stage.visitor("funder")
    page = russian.client.get(grant, headers={"Accept-Language": "ru"}).text
    assert "Прекращён досрочно" in html.unescape(page)


def test_a_grant_changes_by_page_and_json_tells_it(stage: Stage, grant: str) -> None:
    """Each step is a function above, named for what it shows."""
    for step in (
        a_report_is_kept_as_a_draft_until_it_is_submitted,
        it_is_suspended_with_a_reason_and_goes_on,
        a_past_day_and_a_rest_are_asked_about_and_then_proposed,
        the_recipient_finds_it_on_their_page_and_accepts_it,
        an_account_without_an_iban_is_checked_at_its_fields,
        a_screening_is_required_by_the_initiative_and_recorded_by_finance,
        it_is_ended_early_and_says_what_came_of_it,
    ):
        step(stage, grant)
