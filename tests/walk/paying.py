"""How a grant is offered, accepted, paid and reported, and what its funder reads."""

from __future__ import annotations

from datetime import timedelta

from tests.walk.applying import Applied
from tests.walk.markers import WRITTEN
from tests.walk.people import Human, Typed


def the_officer_offers_the_grant(officer: Human, application: Applied) -> str:
    """The officer offers the grant, with some weeks for the answer; returns the path of its page."""
    officer.go(application.path)
    by = (officer.house.now() + timedelta(days=14)).replace(tzinfo=None)
    officer.press(
        officer.page.locator("form#grant-offer button").last.inner_text(),
        "grant-offer",
        {"#respond_by": by.isoformat(timespec="minutes")},
    )
    return officer.path


def the_artist_accepts(artist: Human, grant: str) -> None:
    """The artist accepts the grant, and gives the bank details of the payee."""
    artist.go("/grants")
    artist.page.locator(f'main a[href="{grant}"]').first.click()
    artist.press(artist.say("Accept the grant"))
    payee: Typed = {
        "#kind": artist.say("I myself, or the organisation that receives the grant"),
        "#name": WRITTEN["payee's name"],
        "#account": WRITTEN["payee's account"],
    }
    artist.press(artist.say("Save the bank details"), "grant-set_payee", payee)


def a_second_person_confirms_the_bank_details(finance: Human, grant: str) -> None:
    """Finance confirms the bank details that the artist gave."""
    finance.go(grant)
    finance.sees(WRITTEN["payee's account"])
    finance.press(finance.say("Confirm these bank details"))


def the_officer_schedules(officer: Human, grant: str) -> None:
    """The officer schedules two instalments, the second of which is paid after a report."""
    officer.go(grant)
    due = (officer.house.now() + timedelta(days=30)).date().isoformat()
    form = "grant-schedule"
    typed: Typed = {
        "#instalments[0].amount.amount": "1000",
        "#instalments[0].due": due,
        "#instalments[0].condition": officer.say("No condition"),
        "#instalments[1].amount.amount": "500",
        "#instalments[1].due": due,
        "#instalments[1].condition": officer.say("An accepted report"),
    }
    officer.press(officer.say("Save the schedule"), form, typed)


def an_instalment_is_paid(number: int, grant: str, artist: Human, finance: Human, approver: Human) -> None:
    """The artist requests the instalment, two people approve it, and finance instructs the bank and records the payment."""
    artist.go(grant)
    artist.press(artist.say("Request this payment"))
    finance.go(grant)
    finance.press(finance.say("Approve this payment"))
    assert not finance.page.get_by_role("button", name=finance.say("Approve this payment")).count(), (
        "one person, one approval"
    )
    approver.go(grant)
    approver.press(approver.say("Approve this payment"))
    finance.go(grant)
    finance.press(
        finance.say("Record the payment order"),
        f"instalment-instruct-{number}",
        {"#reference": f"WALK-{number}"},
    )
    finance.press(finance.say("Record the payment"), f"instalment-settle-{number}")


def the_artist_reports(artist: Human, officer: Human, grant: str) -> None:
    """The artist submits a report, and the officer accepts it."""
    artist.go(grant)
    artist.press(artist.say("Submit the report"), "grant-submit_report", {"#text": WRITTEN["report"]})
    officer.go(grant)
    officer.sees(WRITTEN["report"])
    officer.press(officer.say("Accept report {number}", number=1))


def the_officer_completes_the_grant(officer: Human, grant: str) -> None:
    """The officer completes the grant once all of it is paid."""
    officer.go(grant)
    officer.press(officer.say("Complete the grant"))


def the_funder_reads(funder: Human, house: str, call: str) -> None:
    """The funder reads what they funded, the way of their money, and the timeline of the call."""
    funder.go(house)
    funder.follow(funder.say("What you funded"))
    funder.note("funded")
    funder.page.locator('main a[href^="/grants/"]').first.click()
    funder.note("grant to the funder")
    funder.go(f"{call}/timeline")
    funder.note("timeline")
