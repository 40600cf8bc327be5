"""One grant's life over real HTTP: nine people walk it, and then it is read, number by number."""

from __future__ import annotations

from datetime import UTC, date, timedelta
from typing import Any, Final

from api.locales import ENGLISH
from tests.journey.running import Running
from tests.journey.walk import Walked

NO_BREAK: Final = "\N{NO-BREAK SPACE}"


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
officer    officer   Officer 1 drafted the call “Winter call”. [Budget: 10,000.00 EUR; Awards: 100.00 EUR to 5,000.00 EUR; Reviews of each application: 3; The jury does not see who applied.]
officer    officer   Officer 1 published the call “Winter call”.
officer    officer   Officer 1 opened the round. [Closes: {deadline}]
artist     applicant The applicant submitted application {application} and asked for 1,500.50 EUR.
-          system    The program closed the round, with 1 application.
officer    officer   Officer 1 found application {application} eligible.
-          officer   A member read who applied in the round.
-          officer   A member read what applicants wrote in the round.
officer    officer   Officer 1 asked a juror for a review of application {application}.
officer    officer   Officer 1 asked a juror for a review of application {application}.
officer    officer   Officer 1 asked a juror for a review of application {application}.
recused    juror     Juror A declared a conflict of interest with application {application} and stepped back. (they are friends)
officer    officer   Officer 1 asked another juror to review application {application} in place of the one who stepped back.
officer    officer   Officer 1 asked a juror for a review of application {application}.
chair      chair     Chair 1 declared no conflict of interest with application {application}.
chair      chair     Chair 1 submitted a review of application {application}.
second     juror     Juror B declared no conflict of interest with application {application}.
second     juror     Juror B submitted a review of application {application}.
spare      juror     Juror C declared no conflict of interest with application {application}.
spare      juror     Juror C submitted a review of application {application}.
officer    officer   Officer 1 opened the panel of the round on a ranking of 1 application.
officer    officer   Officer 1 put the round to its panel.
chair      chair     Chair 1 set an award of 1,400.25 EUR for application {application}. (for its quality)
chair      chair     Chair 1 closed the panel of the round.
officer    officer   Officer 1 confirmed the decisions of the panel of the round.
officer    officer   Officer 1 announced the results of the round to all applicants.
officer    officer   All applications of the round were decided.
officer    officer   Officer 1 announced an award of 1,400.25 EUR to application {application}. (for its quality)
officer    officer   Officer 1 offered a grant of 1,400.25 EUR for application {application}, to be answered by {respond_by}.
officer    officer   Officer 1 committed 1,400.25 EUR to the grant for application {application}.
artist     applicant The recipient accepted the grant for application {application}.
artist     applicant The recipient added the bank details of the grant for application {application}. [Payee: the recipient]
finance    finance   Finance 1 confirmed the payee of the grant for application {application}.
officer    officer   Officer 1 divided the grant for application {application} into 2 instalments. [Instalment 1: 1,000.00 EUR, due on {due}; Instalment 2: 400.25 EUR, due on {due}, after a report]
artist     applicant The recipient requested instalment 1 of the grant for application {application}.
finance    finance   Finance 1 approved instalment 1 of the grant for application {application}, as the first of two people.
approver   approver  Approver 1 approved instalment 1 of the grant for application {application}, as the second of two people.
finance    finance   Finance 1 instructed the bank to pay instalment 1 of the grant for application {application}, reference RUN-1.
finance    finance   Finance 1 recorded that instalment 1 of the grant for application {application}, 1,000.00 EUR, was paid on {paid_on}.
artist     applicant The recipient submitted report 1 on the grant for application {application}.
officer    officer   Officer 1 accepted report 1 on the grant for application {application}.
artist     applicant The recipient requested instalment 2 of the grant for application {application}, for report 1.
finance    finance   Finance 1 approved instalment 2 of the grant for application {application}, as the first of two people.
approver   approver  Approver 1 approved instalment 2 of the grant for application {application}, as the second of two people.
finance    finance   Finance 1 instructed the bank to pay instalment 2 of the grant for application {application}, reference RUN-2.
finance    finance   Finance 1 recorded that instalment 2 of the grant for application {application}, 400.25 EUR, was paid on {paid_on}.
officer    officer   Officer 1 completed the grant for application {application}.
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
        lines.append(f"{item['role']:<9} {item['what']}{why}{changed}".replace(NO_BREAK, " "))
        whose.append(item["handle"])
    expected = TIMELINE.format(
        application=next(item["handle"] for item in told["items"] if item["role"] == "applicant"),
        deadline=ENGLISH.moment(walked.deadline, "Europe/Berlin"),
        respond_by=ENGLISH.moment(walked.respond_by, "Europe/Berlin"),
        due=ENGLISH.day(date.fromisoformat(walked.due)),
        paid_on=ENGLISH.day(walked.deadline.astimezone(UTC).date()),
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
    assert "announced an award of 1,400.25" in told["items"][-1]["what"]
    walked.read("funder", "/api/grants/{grant}", 404, as_of=then)


def test_in_a_demonstration_a_moment_is_one_of_its_own_clock(walked: Walked) -> None:
    """Just before the deadline, a month from today, one application had been submitted and nothing was decided."""
    then = (walked.deadline - timedelta(seconds=1)).isoformat()
    told = walked.read("funder", "/api/calls/{call}/timeline", limit="100", as_of=then)
    assert told["items"][-1]["topic"] == "application.submitted.v1"
    application = walked.read("funder", "/api/applications/{application}", as_of=then)
    assert application["status"] == "submitted"


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
