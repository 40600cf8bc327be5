"""Those who pay record many payments at once, after a preview; a funder follows their money to each."""

from __future__ import annotations

import html
import re

import pytest

from tests.pages.conftest import CALL, Stage, Visitor


@pytest.fixture(scope="module")
def grant(stage: Stage) -> str:
    """The grant of the demonstration, whose second instalment is on its way to the bank."""
    found = stage.speaking("applicant").get("/api/grants")["items"]
    grant = next(each["id"] for each in found if each["status"] == "accepted")
    steps = f"/api/grants/{grant}/instalments/2"
    if status_of(stage, grant) == "scheduled":
        stage.speaking("applicant").post(f"/api/grants/{grant}/reports", text="It was printed.")
        stage.speaking("officer").post(f"/api/grants/{grant}/reports/1/accept")
        stage.speaking("applicant").post(f"{steps}/request")
        stage.speaking("finance").post(f"{steps}/approve")
        stage.speaking("approver").post(f"{steps}/approve")
        record_order(stage, grant)
    return grant


def record_order(stage: Stage, grant: str) -> None:
    """The order of the second instalment, on the list of payments, whose form is sent once empty."""
    finance, form = stage.visitor("finance"), f"instalment-instruct-{grant}-2"
    initiative = stage.speaking("finance").get("/api/me")["initiatives"][0]["initiative"]
    page = f"/initiatives/{initiative}/payments"
    assert form not in stage.visitor("funder").open(page).text
    sent = finance.form(page, form)
    empty = finance.send(page, sent | {"reference": ""})
    assert (empty.status_code, f'id="{form}-reference-error"' in empty.text) == (422, True)
    done = finance.send(page, sent | {"reference": "RUN-2"})
    assert done.headers["location"] == page
    shown = html.unescape(finance.open(page).text)
    assert "The payment order is recorded. Nothing was sent to the bank from here." in shown
    assert form not in shown


def status_of(stage: Stage, grant: str) -> str:
    found = stage.speaking("finance").get(f"/api/grants/{grant}")["instalments"]
    return str(next(each["status"] for each in found if each["number"] == 2))


def previewed(finance: Visitor, page: str, **fields: str) -> tuple[str, dict[str, str]]:
    """The preview, as its words and as the form that is sent then."""
    shown = finance.send(page, finance.form(page, "paying") | {"_step": "preview"} | fields)
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', shown.text)
    return html.unescape(shown.text), {html.unescape(name): html.unescape(value) for name, value in found}


def test_a_payment_order_is_recorded_on_the_list(stage: Stage, grant: str) -> None:
    """The recipient reads its reference (`record_order` sends the form)."""
    assert status_of(stage, grant) in ("instructed", "settled")
    told = stage.speaking("applicant").get(f"/api/grants/{grant}")["instalments"]
    assert [each["reference"] for each in told if each["number"] == 2] == ["RUN-2"]


def test_payments_are_recorded_after_a_preview_and_what_changed_meanwhile_is_named(
    stage: Stage, grant: str
) -> None:
    finance = stage.visitor("finance")
    initiative = stage.speaking("finance").get("/api/me")["initiatives"][0]["initiative"]
    page = f"/initiatives/{initiative}/payments"
    chosen = {"items[0].payment": f"{grant} 2"}
    found = re.search(r'name="settled_on"[^>]* value="([^"]+)"', finance.open(page).text)
    assert found
    now = found[1]
    before = stage.facts()
    words, _ = previewed(finance, page)
    assert "Choose at least one payment." in words
    words, _ = previewed(finance, page, **chosen, settled_on="tomorrow")
    assert 'aria-invalid="true"' in words
    words, sent = previewed(finance, page, **chosen, settled_on=now)
    assert "1 payment will be recorded as paid on" in words
    start = html.unescape(finance.open("/me").text)
    assert f'<a href="{page}">payment to confirm when it is on' in start, "where it is recorded"
    assert f'<a href="/grants/{grant}#instalments"><bdi>Тихая книга</bdi></a>' in start
    # An approver reads the page, and records nothing.
    assert 'id="paying"' not in stage.visitor("approver").open(page).text
    assert stage.facts() == before

    again = dict(sent)
    done = html.unescape(finance.send(page, sent).text)

    assert "1 payment is recorded" in done
    assert status_of(stage, grant) == "settled"
    # Somebody who previewed the same sends it a little later, under a key of their own.
    late = html.unescape(finance.send(page, again | {"_key": "another-key-of-the-same-form"}).text)
    assert "0 payments are recorded" in late
    assert "1 payment was left out" in late
    assert "Тихая книга" in late


def test_what_waits_is_told_in_json_as_it_is_now(stage: Stage, grant: str) -> None:
    found = stage.speaking("finance").get("/api/me/grant-tasks")["items"]
    # Its second instalment is paid or on its way, so nothing is left to order.
    assert all(
        task["kind"] != "instruct" for each in found if each["grant"] == grant for task in each["tasks"]
    )


def test_a_funder_sees_that_a_call_was_cancelled_and_waits_for_no_decision(stage: Stage) -> None:
    officer, funder = stage.speaking("officer"), stage.visitor("funder")
    initiative = stage.speaking("funder").get("/api/me")["initiatives"][0]["initiative"]
    fund = officer.get(f"/api/calls/{stage.call}")["fund"]
    call = officer.post("/api/calls", fund=fund, **CALL | {"title": {"en": "No more"}})["id"]
    officer.post(f"/api/calls/{call}/publish")

    def row() -> str:
        """What is said of this call; other tests cancel calls of this initiative, too."""
        page = funder.open(f"/initiatives/{initiative}/funded").text
        return page.partition(f'<a href="/calls/{call}">')[2].partition("</tr>")[0]

    assert "not decided yet" in (before := row())
    assert "cancelled" not in before
    officer.post(f"/api/calls/{call}/cancel", reason="other")
    assert "cancelled before a decision" in row()
    assert "cancelled before a decision" in funder.open(f"/calls/{call}/applications").text


def test_a_funder_follows_their_money_to_each_payment(stage: Stage, grant: str) -> None:
    funder = stage.visitor("funder")
    initiative = stage.speaking("funder").get("/api/me")["initiatives"][0]["initiative"]
    shown = funder.open(f"/initiatives/{initiative}/funded").text
    assert "<svg" in shown
    assert f'href="/grants/{grant}"' in html.unescape(shown)
    found = stage.speaking("funder").get(f"/api/initiatives/{initiative}/funded")
    (sums,) = found["sums"]
    spent = sum(float(share["amount"]["amount"]) for each in found["payments"] for share in each["shares"])
    assert float(sums["spent"]["amount"]) == spent
    assert float(sums["received"]["amount"]) == spent + float(sums["unspent"]["amount"])
    # The title and the recipient are for those who pay.
    assert "Тихая книга" not in shown
    assert "Тихая книга" not in funder.open(f"/grants/{grant}").text
    assert "Тихая книга" in stage.visitor("finance").open(f"/grants/{grant}").text
