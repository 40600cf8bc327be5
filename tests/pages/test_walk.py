"""One grant's life in a real browser without scripts: from applying to a payment, and how its funder reads it. The quick tests
walk the way from an empty installation (`tests/walk`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.pages.browsing import Someone, Walk, someone
from tests.pages.conftest import Stage, set_stage

pytestmark = pytest.mark.long

CANARIES = ("Zebrafinch Quillon", "Зимородок Кедров", "The account of an invented canary")
"""Plainly invented texts by which a leak is known: in a title, an identifying answer, and an account."""


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """The system's Chromium. It ends with this module, whose loop nothing else can share."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """A demonstration of the walk's own, for its clock is set behind a deadline."""
    with set_stage() as stage:
        yield stage


@pytest.fixture(scope="module")
def walk(browser: Browser, stage: Stage) -> Iterator[Walk]:
    """Walk the whole way."""
    walk = Walk()
    people = {
        role: someone(browser, stage, walk, role)
        for role in ("officer", "chair", "juror", "second juror", "third juror", "finance", "approver", "funder",
                     "newcomer")
    }  # fmt: skip
    application = apply(people["newcomer"], stage, walk)
    stage.pass_deadline()
    reviewed(people, stage, application, walk)
    decided(people, stage, application, walk)
    paid(people, application, walk)
    followed(people["funder"], stage, walk)
    walk.read["application at the end"] = people["newcomer"].go(application)
    with people["newcomer"].page.expect_navigation():
        people["newcomer"].page.get_by_role("button", name="Sign out").click()
    people["newcomer"].page.goto(stage.address + application)
    walk.places["after signing out"] = people["newcomer"].path
    yield walk
    for person in people.values():
        person.page.context.close()


def apply(artist: Someone, stage: Stage, walk: Walk) -> str:
    """Find the call, send a form with a mistake in it, mend that alone, and submit."""
    artist.go("/calls")
    artist.go(f"/calls/{stage.call}")
    artist.open("Apply")
    artist.press(
        "Add lines",
        form="application-submit",
        **{
            "Title": CANARIES[0],
            "Amount you ask for": "1200.00",
            "Your idea": "Twelve songs.\nOne winter.",
            "Line 1: what for": "Studio",
            "Line 1: amount": "700.00",
            "Line 3: what for": "Printing",
            "Line 3: amount": "400.00",
            "Did you apply before?": "No",
            "Field": "Music",
            "When do you begin?": "2027-03-01",
            "Where do you live?": CANARIES[1],
        },
    )
    assert artist.page.url.endswith("#application-submit-answers.costs"), (
        "more lines are shown where they are"
    )
    assert artist.page.get_by_label("Line 5: what for").is_visible()
    walk.read["wrong"] = artist.press("Submit the application", form="application-submit", wrong=True)
    assert artist.path == f"/calls/{stage.call}/apply"
    walk.read["kept idea"] = artist.page.get_by_label("Your idea").input_value()
    walk.read["kept field"] = artist.page.get_by_label("Field").evaluate("box => box.value")
    # The summary leads to what is wrong.
    artist.page.get_by_role("link", name="Your costs").click()
    assert artist.page.url.endswith("#application-submit-answers.costs")
    submitted = artist.press(
        "Submit the application", form="application-submit", **{"Line 2: amount": "500.00"}
    )
    assert "Your application is submitted." in submitted, submitted
    walk.read["application"] = submitted
    return artist.path


def reviewed(people: dict[str, Someone], stage: Stage, application: str, walk: Walk) -> None:
    """Staff find it eligible and ask three jurors; one steps back, and the chair is asked in their place."""
    officer = people["officer"]
    listed, own = f"/calls/{stage.call}/applications", application.rsplit("/", 1)[1]
    officer.go(listed)
    officer.press("Mark as eligible", form=f"application-find_eligible-{own}")
    officer.open("Choose jurors")
    assert "The juror is asked" in officer.press(
        "Ask for a review", form=f"review-assign-{stage.people['juror']}"
    )
    assert officer.page.locator(f"form#review-assign-{stage.people['juror']}").count() == 0
    officer.go(application)
    for name in ("Juror Two", "Juror Three"):
        assert "The juror is asked" in officer.press("Ask this juror", form="review-assign", Juror=name)
    third = people["third juror"]
    handle = re.search(r"Handle in this call\s+(\w+)", walk.read["application"])
    assert handle
    third.go("/reviews")
    walk.read["before declaring"] = third.open(handle[1])
    third.press(
        "Declare the conflict and hand the review back",
        form="review-declare_conflict",
        Reason="They are friends",
        Explanation="We sing together.",
    )
    walk.read["after stepping back"] = third.text()
    officer.go(application)
    officer.press("Ask this juror instead", **{"Another juror": "Chair One"})
    for role, points in (("juror", "9"), ("second juror", "8"), ("chair", "7")):
        juror = people[role]
        juror.go("/reviews")
        juror.open(handle[1])
        walk.read[f"application to the {role}"] = juror.press("No conflict that I know of")
        incomplete = juror.press("Submit the review", form="review-submit", wrong=True, Art=points,
                                 **{"Comment for the jury": "Words of a juror."})  # fmt: skip
        assert "Please correct" in incomplete
        assert juror.page.get_by_label("Comment for the jury").input_value() == "Words of a juror."
        done = juror.press("Submit the review", form="review-submit", Need="No basis to judge",
                           **{"Comment for the applicant": f"Thank you for the songs ({points})."})  # fmt: skip
        assert "Your review is submitted." in done, done


def decided(people: dict[str, Someone], stage: Stage, application: str, walk: Walk) -> None:
    """The panel opens on the ranking; the chair awards and closes; another person confirms; staff offer the grant."""
    officer, chair = people["officer"], people["chair"]
    ranking = f"/rounds/{stage.round}/ranking"
    officer.go(ranking)
    assert "The panel is open" in officer.press("Open the panel"), officer.text()
    chair.go(ranking)
    form = f"panel-set_outcome-{application.rsplit('/', 1)[1]}"
    wrong = chair.press("Save the outcome", form=form, wrong=True, Outcome="Award", Award="9000.00",
                        Reason="For its quality")  # fmt: skip
    assert "This call awards from 100.00\u00a0EUR to 5,000.00\u00a0EUR; this is 9,000.00\u00a0EUR." in wrong
    more = chair.press("Save the outcome", form=form, wrong=True, Award="1500.00")
    assert "The applicant asked for 1,200.00\u00a0EUR. Choose a reason" in more
    chair.press("Save the outcome", form=form, **{"More than was asked for": "Taxes and fees come on top"})
    walk.read["closed"] = chair.press("Close the panel")
    walk.read["confirmed"] = officer.press("Confirm the decision") if "Confirm" in officer.go(ranking) else ""
    planned = officer.press(
        "Save the time", form="panel-plan_announcement", **{"Announce on": "2099-06-01T12:00"}
    )
    assert "The results will be announced on 1 June 2099, 12:00 (Berlin time)." in planned
    assert "The planned announcement is cancelled." in officer.press("Cancel the planned announcement")
    walk.read["announced"] = officer.press("Announce now", form="panel-announce")
    officer.go(application)
    year = 2100
    offered = officer.press("Offer 1", form="grant-offer", **{"Answer until": f"{year}-01-01T12:00"})
    assert f"1 January {year}, 12:00 (Berlin time)" in offered
    assert "UTC" not in offered
    walk.places["grant"] = officer.path


def paid(people: dict[str, Someone], application: str, walk: Walk) -> None:
    """Accepted, with a payee that finance confirms; scheduled; requested, approved by two, instructed, paid; reported."""
    grant = walk.places["grant"]
    officer, artist, finance, approver = (
        people[role] for role in ("officer", "newcomer", "finance", "approver")
    )
    artist.go("/grants")
    artist.open("Call of the Pages")
    assert artist.path == grant
    artist.press("Accept the grant")
    artist.press("Save the bank details", form="grant-set_payee", **{
        "Who is paid": "I myself, or the organisation that receives the grant", "Name of the account holder": "Applicant Three", "Account": CANARIES[2]
    })  # fmt: skip
    finance.go(grant)
    finance.press("Confirm these bank details")
    officer.go(grant)
    wrong = officer.press("Save the schedule", form="grant-schedule", wrong=True, **{
        "Instalment 1: amount": "1000.00", "Instalment 1: due on": "2020-02-01", "Instalment 1: condition": "No condition",
    })  # fmt: skip
    assert "This day is in the past." in wrong
    officer.page.locator("#grant-schedule-confirm_past_due").check()
    wrong = officer.press("Save the schedule", form="grant-schedule", wrong=True)
    assert "This day is in the past." not in wrong
    assert "These instalments leave 500.00\u00a0EUR of the grant unscheduled." in wrong
    assert officer.page.locator("#grant-schedule-confirm_past_due").is_checked()
    officer.press("Save the schedule", form="grant-schedule", **{
        "Instalment 1: due on": "2100-02-01",
        "Instalment 2: amount": "500.00", "Instalment 2: due on": "2100-06-01",
        "Instalment 2: condition": "An accepted report",
    })  # fmt: skip
    artist.go(grant)
    artist.press("Request this payment")
    walk.read["waiting for approval"] = artist.text()
    finance.go(grant)
    walk.read["after the first approval"] = finance.press("Approve this payment")
    finance.page.get_by_text("What others do here").click()
    walk.read["others"] = finance.text()
    approver.go(grant)
    approver.press("Approve this payment")
    finance.go(grant)
    finance.press("Record the payment order", form="instalment-instruct-1", Reference="PAGES-1")
    wrong = finance.press(
        "Record the payment", form="instalment-settle-1", wrong=True, **{"Amount paid": "999.99"}
    )
    assert "The instalment is 1,000.00\u00a0EUR, so a payment of 999.99\u00a0EUR does not match it." in wrong
    finance.press("Record the payment", form="instalment-settle-1", **{"Amount paid": "1000.00"})
    walk.read["paid"] = finance.text()
    artist.go(grant)
    artist.press(
        "Submit the report", form="grant-submit_report", **{"What was done": "Twelve songs were sung."}
    )
    officer.go(grant)
    walk.read["reported"] = officer.press("Accept report 1")
    walk.read["grant to the funder"] = people["funder"].go(grant)
    walk.read["grant to its recipient"] = artist.go(grant)


def followed(funder: Someone, stage: Stage, walk: Walk) -> None:
    """The funder reads the whole timeline, as it is and as it was, and the ledger."""
    walk.read["timeline"] = funder.go(f"/calls/{stage.call}/timeline")
    for _ in range(3):
        if funder.page.get_by_role("link", name="Next page").count():
            walk.read["timeline"] += funder.open("Next page")
    funder.go(f"/calls/{stage.call}/timeline")
    walk.read["timeline of long ago"] = funder.press("Show", **{"As of": "2001-01-01T00:00"})
    funder.go("/me")
    walk.read["fund"] = funder.open("Winter fund")


def test_a_mistake_costs_nothing_that_was_typed(walk: Walk) -> None:
    """The sum of the lines is named as wrong, above and beside; all else stands as it was typed."""
    assert "The lines add up to 1,100.00\u00a0EUR, but you ask for 1,200.00\u00a0EUR." in walk.read["wrong"]
    assert walk.read["kept idea"] == "Twelve songs.\nOne winter."
    assert walk.read["kept field"] == "music"


def test_the_applicant_sees_the_application_and_what_becomes_of_it(walk: Walk) -> None:
    """At once, and to the end; the jury's words for them are there, and never who wrote them."""
    first, last = walk.read["application"], walk.read["application at the end"]
    for text in (*CANARIES[:2], "Studio", "1 March 2027", "and asked for 1,200.00\u00a0EUR."):
        assert text in first, text
        assert text in last, text
    assert "Awarded\n1,500.00\u00a0EUR" in last
    assert "Thank you for the songs (7)." in last
    assert not [word for word in ("Juror One", "Chair One", "Words of a juror", "review") if word in last]


def test_jurors_see_no_applicant(walk: Walk) -> None:
    """Before they declare, a handle alone; afterwards the work, never the person."""
    assert CANARIES[0] not in walk.read["before declaring"]
    assert "Twelve songs" not in walk.read["before declaring"]
    assert "Twelve songs" not in walk.read["after stepping back"]
    for role in ("juror", "second juror", "chair"):
        page = walk.read[f"application to the {role}"]
        assert "Twelve songs.\nOne winter." in page
        assert "Not shown to jurors in this call." in page
        assert CANARIES[1] not in page
        assert "Applicant Three" not in page


def test_the_decision_takes_two_people(walk: Walk) -> None:
    """Whoever closed the panel is told why they cannot confirm it; another person does."""
    assert (
        "Confirm the decision: You closed this panel, so somebody else must confirm it."
        in walk.read["closed"]
    )
    assert "The decision is confirmed" in walk.read["confirmed"]
    assert "The results are announced" in walk.read["announced"]
    assert "Award 1,500.00\u00a0EUR" in walk.read["confirmed"]


def test_a_payment_takes_two_approvals_and_says_what_it_waits_for(walk: Walk) -> None:
    """Nobody is offered what they cannot do, and everybody is told why."""
    others = walk.read["others"].partition(
        "In this initiative, only people with this role can do this: approver."
    )
    assert "Approve instalment 1" in others[2]
    assert "Approve this payment" not in walk.read["after the first approval"]
    assert "Paid" in walk.read["paid"]
    assert "Reference PAGES-1" in walk.read["paid"]
    assert "Paid so far\n1,000.00\u00a0EUR" in walk.read["paid"]
    assert "Report 1\n\nAccepted" in walk.read["reported"]


def test_the_account_is_for_those_who_pay(walk: Walk) -> None:
    """The recipient and finance read it; the funder follows the payment without it, and without a name."""
    assert CANARIES[2] in walk.read["grant to its recipient"]
    assert CANARIES[2] in walk.read["paid"]
    funders = walk.read["grant to the funder"] + walk.read["timeline"] + walk.read["fund"]
    assert not [text for text in (*CANARIES, "Applicant Three", "Twelve songs") if text in funders]


def test_the_funder_reads_the_whole_way(walk: Walk) -> None:
    """Every step in plain words, from the published call to the payment; as of long ago there is none."""
    steps = (
        "Officer 1 published the call",
        "and asked for 1,200.00\u00a0EUR.",
        "The program closed the round, with 1 application.",
        " eligible.",
        "and stepped back. Reason: they are friends.",
        "set an award of 1,500.00\u00a0EUR for application ",
        "confirmed the decisions of the panel",
        "announced the results of the round",
        "announced an award of 1,500.00\u00a0EUR to application ",
        "The recipient accepted the grant",
        "as the second of two people.",
        "1,000.00\u00a0EUR, was paid on ",
        " accepted report 1 on the grant",
    )
    told = walk.read["timeline"]
    found = [told.find(step) for step in steps]
    assert -1 not in found, steps[found.index(-1)]
    assert found == sorted(found)
    assert "Nothing had happened yet." in walk.read["timeline of long ago"]


def test_the_funder_reads_the_ledger(walk: Walk) -> None:
    """With the demonstration's own grant of 3000 (2000 of it paid), both grants are in the accounts."""
    fund = walk.read["fund"]
    assert "Committed to grants\n4,500.00\u00a0EUR" in fund
    assert "Grants payable\t3,000.00\u00a0EUR\t4,500.00\u00a0EUR\t1,500.00\u00a0EUR credit" in fund
    assert "Cash\t30,000.00\u00a0EUR\t3,000.00\u00a0EUR\t27,000.00\u00a0EUR debit" in fund


def test_every_page_says_that_it_is_a_demonstration(walk: Walk) -> None:
    """On every page that was read on the way."""
    for name, text in walk.read.items():
        if not name.startswith("kept"):
            assert "This is a demonstration." in text, name


def test_signing_out_shows_the_way_in_alone(walk: Walk) -> None:
    """The application's page leads to signing in."""
    assert walk.places["after signing out"] == "/sign-in"


def test_the_browser_asked_nobody_else_and_never_complained(walk: Walk, stage: Stage) -> None:
    """No request to another host, and none that the page's own policy forbids."""
    assert {urlsplit(address)[:2] for _, address in walk.addresses} == {urlsplit(stage.address)[:2]}
    # A browser notes that a form came back; anything else would be a request that was forbidden.
    noted = re.compile(r"Failed to load resource: the server responded with a status of 4(09|22) ")
    assert [complaint for complaint in walk.complaints if not noted.match(complaint)] == []
    assert sum(method == "POST" for method, _ in walk.addresses) > 30


def test_no_address_holds_anything_personal(walk: Walk, stage: Stage) -> None:
    """Neither a name, nor what was written, nor a token, nor a person's id, however it is spelt."""
    secrets = [*CANARIES, "Applicant Three", "Twelve songs", *stage.tokens.values(), *stage.people.values()]
    spelt = [form for text in secrets for form in (text, quote(text), quote(text).replace("%20", "+"))]
    assert not [address for _, address in walk.addresses if any(text in address for text in spelt)]
