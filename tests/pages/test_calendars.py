"""Dates as files for calendars: a call's for everybody, one's own for nobody else, and discreet."""

from __future__ import annotations

import html
from datetime import UTC, datetime

from icalendar import Calendar

from api.locales import Locale
from api.pages.calendars import CalendarDate, calendar_of
from domain.messages import msg
from tests.pages.conftest import CALL, Stage, eur, open_call

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_file_holds_moments_in_utc_and_escapes_what_people_wrote() -> None:
    title = {"en": "Ice, snow; and\\rain", "ru": "Лёд" * 40}
    dates = [CalendarDate("x", NOON, msg("Deadline: {call}", call=title), "/calls/x")]
    for language, said in (("en", f"Deadline: {title['en']}"), ("ru", f"Срок: {title['ru']}")):
        made = calendar_of(dates, Locale(language), site="https://example.org", now=NOON)
        assert all(len(line) <= 75 for line in made.split(b"\r\n"))
        (event,) = Calendar.from_ical(made).walk("VEVENT")
        assert (event["summary"], event["uid"], event["url"]) == (
            said,
            "x@example.org",
            "https://example.org/calls/x",
        )
        assert b"DTSTART:20260301T120000Z" in made
        assert event.decoded("dtstart") == NOON


def test_everybody_has_a_calls_deadline_and_an_applicant_their_own(stage: Stage) -> None:
    call, round = open_call(stage, {**CALL, "title": {"en": "Call of the Dates"}})
    applicant = stage.speaking("applicant")
    answers = {"idea": "A song", "costs": [{"item": "All", "amount": "500.00"}], "before": False}
    application = applicant.post(
        f"/api/calls/{call}/applications", round=round, title="Song", requested=eur("500.00"), answers=answers
    )["id"]
    closes = datetime.fromisoformat(applicant.get(f"/api/rounds/{round}")["closes_at"])

    public = stage.visitor()
    assert f"/calls/{call}/deadlines.ics" in html.unescape(public.open(f"/calls/{call}").text)
    answer = public.open(f"/calls/{call}/deadlines.ics")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    (event,) = Calendar.from_ical(answer.text).walk("VEVENT")
    assert (event.decoded("dtstart"), event["summary"]) == (closes, "Deadline: Call of the Dates")

    own = f"/applications/{application}/deadlines.ics"
    visitor = stage.visitor("applicant")
    assert own in html.unescape(visitor.open(f"/applications/{application}").text)
    answer = visitor.open(own)
    (event,) = Calendar.from_ical(answer.text).walk("VEVENT")
    assert (event.decoded("dtstart"), event["summary"]) == (closes, "A date")
    assert "Song" not in answer.text
    assert "Dates" not in answer.text.replace("//Overwinter//Dates//", "")
    assert answer.headers["cache-control"] == "no-store"

    assert public.open(own).status_code == 303
    for role in ("second applicant", "juror", "officer", "funder"):
        assert stage.visitor(role).open(own).status_code == 404
    assert public.open("/calls/call-12/deadlines.ics").status_code == 404
