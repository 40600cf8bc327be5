"""One grant's life over real HTTP: nine people walk it, and then it is read, number by number."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from tests.journey.running import Running
from tests.journey.walk import Walked


def test_the_facts_are_there_once_each_and_in_order(running: Running, walked: Walked) -> None:
    """What the administrator reads of the history adds up to the same sums."""
    grant, fund = walked.ids["grant"], walked.ids["fund"]
    rows = running.rows()
    assert [row["position"] for row in rows] == list(range(1, len(rows) + 1))
    of_grant = [row for row in rows if row["stream"] == grant]
    assert [row["topic"] for row in of_grant] == [
        "grant.offered.v1", "grant.accepted.v1", "grant.payee_set.v1", "grant.payee_confirmed.v1",
        "grant.instalments_scheduled.v1",
        "grant.instalment_requested.v1", "grant.instalment_approved.v1", "grant.instalment_approved.v1",
        "grant.instalment_instructed.v2", "grant.instalment_settled.v1",
        "grant.report_submitted.v1", "grant.report_accepted.v1",
        "grant.instalment_requested.v1", "grant.instalment_approved.v1", "grant.instalment_approved.v1",
        "grant.instalment_instructed.v2", "grant.instalment_settled.v1",
        "grant.completed.v1",
    ]  # fmt: skip
    settled = [row["fact"]["amount"] for row in of_grant if row["topic"] == "grant.instalment_settled.v1"]
    committed = [
        row["fact"]["amount"] for row in rows if row["topic"] == "fund.committed.v1" and row["stream"] == fund
    ]
    assert (settled, committed) == ([100000, 40025], [140025])
    # People are told apart by a handle within the call, and each keeps the same one.
    handles = {(row["envelope"]["actor"], row["envelope"]["acting"]["handle"]) for row in of_grant}
    assert len(handles) == len({actor for actor, _ in handles}) == len({handle for _, handle in handles}) == 4
    # The round closed by itself, and names the fact that set the deadline.
    of_round = {row["topic"]: row for row in rows if row["stream"] == walked.ids["round"]}
    how = of_round["round.closed.v1"]["envelope"]["how"]
    assert (how["channel"], how["cause"]) == ("system", of_round["round.opened.v1"]["leaf"])


TIMELINE = """
officer    officer   The call was drafted. [status: drafted; budget: 10000.00 EUR; awards: from 100.00 EUR to 5000.00 EUR; reviews of each application: 3; blindness: double]
officer    officer   The call was published. [status: published]
officer    officer   A round was opened until {deadline} (Europe/Berlin). [status: open]
artist     applicant An application for 1500.50 EUR was submitted. [status: submitted]
-          system    The round was closed with 1 application. [status: closed]
officer    officer   The application was found eligible. [status: eligible]
-          officer   A member read who applied.
-          officer   A member read what applicants wrote.
officer    officer   A juror was asked for a review. [review: assigned]
officer    officer   A juror was asked for a review. [review: assigned]
officer    officer   A juror was asked for a review. [review: assigned]
recused    juror     The juror declared a conflict of interest and stepped back. (they are friends) [review: recused]
officer    officer   Another juror was asked in place of that one. [review: replaced]
officer    officer   A juror was asked for a review. [review: assigned]
chair      chair     The juror declared to have no conflict of interest. [review: cleared]
chair      chair     The juror submitted the review. [review: submitted]
second     juror     The juror declared to have no conflict of interest. [review: cleared]
second     juror     The juror submitted the review. [review: submitted]
spare      juror     The juror declared to have no conflict of interest. [review: cleared]
spare      juror     The juror submitted the review. [review: submitted]
officer    officer   The panel was opened on a ranking of 1 application. [panel: open]
officer    officer   The round was handed to its panel. [status: in panel]
chair      chair     The panel set an award of 1400.25 EUR. (for its quality) [outcome: award]
chair      chair     The chair closed the panel. [panel: closed]
officer    officer   Another person confirmed the panel's decision. [panel: confirmed]
officer    officer   The results were announced to all applicants. [panel: announced]
officer    officer   The round was decided. [status: decided]
officer    officer   The application was awarded 1400.25 EUR. (for its quality) [status: awarded]
officer    officer   A grant of 1400.25 EUR was offered, to be answered by {respond_by}. [status: offered]
officer    officer   1400.25 EUR was committed to a grant.
artist     applicant The recipient accepted the grant. [status: accepted]
artist     applicant The recipient set to whom the grant is paid. [payee: the recipient, setting 1]
finance    finance   Another person confirmed the payee. [payee: setting 1 confirmed]
officer    officer   The grant is to be paid in 2 instalments. [instalment 1: 1000.00 EUR, due {due}; instalment 2: 400.25 EUR, due {due}, after a report]
artist     applicant The recipient asked for instalment 1. [instalment 1: requested]
finance    finance   A first person approved instalment 1. [instalment 1: approved once]
approver   approver  A second person approved instalment 1. [instalment 1: approved]
finance    finance   The bank was told to pay instalment 1, reference RUN-1. [instalment 1: instructed]
finance    finance   Instalment 1 of 1000.00 EUR was paid on {paid_on}. [instalment 1: settled]
artist     applicant The recipient submitted report 1. [report 1: submitted]
officer    officer   Report 1 was accepted. [report 1: accepted]
artist     applicant The recipient asked for instalment 2, for report 1. [instalment 2: requested]
finance    finance   A first person approved instalment 2. [instalment 2: approved once]
approver   approver  A second person approved instalment 2. [instalment 2: approved]
finance    finance   The bank was told to pay instalment 2, reference RUN-2. [instalment 2: instructed]
finance    finance   Instalment 2 of 400.25 EUR was paid on {paid_on}. [instalment 2: settled]
officer    officer   The grant was completed. [status: completed]
"""
"""What a funder reads of the call: whose handle, in which role, what, why, and what it changed."""


def test_the_funder_reads_the_whole_timeline(walked: Walked) -> None:
    """Line by line and number by number; every person is a handle, the same one on each of their lines."""
    told = walked.read("funder", "/api/calls/{call}/timeline", limit="100")
    assert told["next"] is None
    lines, whose = [], []
    for item in told["items"]:
        why = f" ({item['why']})" if item["why"] else ""
        changed = f" [{'; '.join(item['changed'])}]" if item["changed"] else ""
        lines.append(f"{item['role']:<9} {item['what']}{why}{changed}")
        whose.append(item["handle"])
    expected = TIMELINE.format(
        deadline=walked.deadline.strftime("%Y-%m-%d %H:%M"),
        respond_by=walked.respond_by.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        due=walked.due,
        paid_on=walked.deadline.astimezone(UTC).date(),
    ).strip().split("\n")  # fmt: skip
    assert lines == [line[11:] for line in expected]
    people = [line[:10].strip() for line in expected]
    handle_of = dict(zip(people, whose, strict=True))
    assert whose == [handle_of[person] for person in people]
    assert handle_of.pop("-") is None
    assert len(set(handle_of.values())) == len(handle_of) == 8
    times = [item["at"] for item in told["items"]]
    assert times == sorted(times)
    assert "of the Journey" not in str(told)


def test_the_timeline_pages_tell_the_same_in_the_same_order(walked: Walked) -> None:
    """Page by page, with a cursor, nothing is told twice or left out."""
    whole = walked.read("funder", "/api/calls/{call}/timeline", limit="100")["items"]
    found: list[dict[str, Any]] = []
    page = walked.read("funder", "/api/calls/{call}/timeline", limit="7")
    while True:
        found += page["items"]
        if page["next"] is None:
            break
        page = walked.read("funder", "/api/calls/{call}/timeline", limit="7", cursor=page["next"])
    assert found == whole


def test_the_funder_follows_the_money(walked: Walked) -> None:
    """Pledged, received, committed and paid: the fund, its ledger and the grant say the same."""
    fund = walked.read("funder", "/api/funds/{fund}")
    sums = {name: fund[name]["amount"] for name in ("pledged", "received", "committed", "available")}
    assert sums == {
        "pledged": "8000.00",
        "received": "6000.00",
        "committed": "1400.25",
        "available": "4599.75",
    }
    ledger = walked.read("funder", "/api/funds/{fund}/ledger")
    balances = {each["account"]: (each["side"], each["balance"]["amount"]) for each in ledger["accounts"]}
    assert balances == {
        "pledges_receivable": ("debit", "2000.00"),
        "cash": ("debit", "4599.75"),
        "contributions": ("credit", "8000.00"),
        "grants_awarded": ("debit", "1400.25"),
        "grants_payable": ("credit", "0.00"),
    }
    entries = [
        [(line["account"], line["side"], line["amount"]["amount"]) for line in entry["lines"]]
        for entry in ledger["entries"]["items"]
    ]
    assert entries == [
        [("pledges_receivable", "debit", "8000.00"), ("contributions", "credit", "8000.00")],
        [("cash", "debit", "6000.00"), ("pledges_receivable", "credit", "6000.00")],
        [("grants_awarded", "debit", "1400.25"), ("grants_payable", "credit", "1400.25")],
        [("grants_payable", "debit", "1000.00"), ("cash", "credit", "1000.00")],
        [("grants_payable", "debit", "400.25"), ("cash", "credit", "400.25")],
    ]
    grant = walked.read("funder", "/api/grants/{grant}")
    assert (grant["status"], grant["amount"]["amount"], grant["settled"]["amount"]) == (
        "completed", "1400.25", "1400.25",
    )  # fmt: skip
    assert [
        (each["number"], each["amount"]["amount"], each["status"], each["condition"], each["reference"])
        for each in grant["instalments"]
    ] == [(1, "1000.00", "settled", "none", "RUN-1"), (2, "400.25", "settled", "report", "RUN-2")]


def test_the_funder_sees_the_ranking_and_no_name(walked: Walked) -> None:
    """(8·1 + 9·2)/30, (7 + 20)/30 and 9/10 without a word on need: the mean of the three, of a hundred."""
    ranking = walked.read("funder", "/api/rounds/{round}/ranking")
    (place,) = ranking["places"]["items"]
    assert (place["rank"], place["reviews"], place["outcome"]) == (1, 3, "award")
    assert place["score"] == "88.889"
    assert (place["requested"]["amount"], place["amount"]["amount"]) == ("1500.50", "1400.25")
    assert place["title"] is None
    assert "of the Journey" not in str(ranking)


def test_the_history_can_be_asked_as_of_a_moment(walked: Walked) -> None:
    """After the award nothing was committed or paid yet; the answer is that of then."""
    then = walked.awarded_at
    fund = walked.read("funder", "/api/funds/{fund}", as_of=then)
    assert (fund["committed"]["amount"], fund["available"]["amount"]) == ("0.00", "6000.00")
    ledger = walked.read("funder", "/api/funds/{fund}/ledger", as_of=then)
    assert {each["account"]: each["balance"]["amount"] for each in ledger["accounts"]}["cash"] == "6000.00"
    application = walked.read("funder", "/api/applications/{application}", as_of=then)
    assert application["status"] == "awarded"
    told = walked.read("funder", "/api/calls/{call}/timeline", limit="100", as_of=then)
    assert told["items"][-1]["what"] == "The application was awarded 1400.25 EUR."
    walked.read("funder", "/api/grants/{grant}", 404, as_of=then)


def test_each_reads_what_is_theirs(walked: Walked) -> None:
    """The artist their own words and payments; a recused juror nothing of it; finance whom to pay, not what was written."""
    mine = walked.read("artist", "/api/applications/{application}")
    assert (mine["title"], mine["answers"]["idea"]) == (
        "Тихая книга",
        "Книга о зиме, которую пишут вдали от дома.",
    )
    assert walked.read("artist", "/api/grants/{grant}")["payee"]["account"] == "DE00 EXAMPLE"
    walked.read("recused juror", "/api/applications/{application}", 403)
    walked.read("artist", "/api/rounds/{round}/ranking", 404)
    walked.read("artist", "/api/funds/{fund}", 404)
    paying = walked.read("finance", "/api/grants/{grant}")
    assert paying["payee"]["account"] == "DE00 EXAMPLE"
    assert [each["id"] for each in walked.read("chair", "/api/reviews")["items"]] == [walked.ids["review"]]
    assert walked.read("chair", "/api/reviews/{review}")["scores"] == {"art": 8, "need": 9}


def test_nothing_personal_is_told_in_facts(running: Running, walked: Walked) -> None:
    """What the history holds in clear, and what the administrator reads of it, has no plaintext of anybody; and of
    applications, reviews, panels and grants, which no page shows them, the administrator reads nothing at all."""
    stored, read = str(running.rows()[walked.before :]), running.raw()[walked.before :]
    assert walked.ids["grant"] in stored
    for text in (stored, str(read)):
        assert "of the Journey" not in text
        assert "Тихая книга" not in text
        assert "DE00" not in text
    shown = [row for row in read if not row["withheld"]]
    assert {row["topic"].partition(".")[0] for row in shown} == {"person", "initiative"}
    assert not any(stream in str(read) for name, stream in walked.ids.items() if name != "initiative")
    withheld = next(row for row in read if row["withheld"])
    assert withheld == {
        "position": withheld["position"],
        "leaf": withheld["leaf"],
        "withheld": True,
        "stream": None,
        "topic": None,
        "envelope": None,
        "fact": None,
        "sealed": [],
    }
