"""What letters say, in the program's words and in an initiative's own, and when nobody is written to."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from api.letters.composing import NEWS, TemplateUnusable, composed, program_text
from api.locales import LANGUAGES, Locale
from domain.applications.state import ApplicationStatus
from domain.calls.state import Call
from domain.initiatives.state import Initiative
from domain.letters.kinds import WORDINGS, LetterKind
from domain.letters.quiet import next_morning
from domain.letters.templates import LetterText, checked, stops, unknown_in
from domain.messages import At, msg
from domain.refusals import Invalid
from domain.values import Money
from projections.letters.hearing import Heard, notice_of
from projections.letters.telling import NO_DATE, Tidings

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUSE = Initiative(name="Marker House")
CALL = Call(title={"en": "Marker Call", "ru": "Маркер"}, time_zone="Europe/Berlin")
VALUES = {
    "deadline": At(NOON + timedelta(days=3), "Europe/Berlin"),
    "amount": Money(amount="10.00", currency="EUR"),
    "due": NO_DATE,
    "status": ApplicationStatus.SUBMITTED,
    "work": (msg("one"), msg("two")),
}


def test_every_kind_has_words_and_every_reminder_or_fact_a_kind() -> None:
    assert set(WORDINGS) == set(LetterKind)
    heard = {notice.kind for fact in get_args(Heard) if (notice := notice_of(_any(fact))) is not None}
    assert set(LetterKind) - heard == {
        LetterKind.MESSAGE_TO_STAFF,  # of the same fact as a message to the applicant
        LetterKind.INVITATION_DUE,
        LetterKind.RETURN_DUE,
        LetterKind.OFFER_LAPSING,
        LetterKind.REVIEW_DUE,
        LetterKind.DEADLINE_NEAR,
        LetterKind.DRAFT_ENDING,
        LetterKind.REPORT_DRAFT_ENDING,
        LetterKind.WORK_WAITS,  # once a day, of facts with letters of their own or none
    }


def _any(fact: type[Any]) -> Heard:
    """A fact of a class, of which only the stream matters."""
    made: Heard = fact(**dict.fromkeys(fact.__struct_fields__, ""))
    return made


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_letter_names_nothing_in_its_subject_and_leaves_no_placeholder(language: str) -> None:
    for kind in LetterKind:
        takes = WORDINGS[kind].takes
        place = (HOUSE, CALL) if WORDINGS[kind].of_call else (None, None)
        tidings = Tidings(
            kind, "/x", *place, {name: value for name, value in VALUES.items() if name in takes}
        )
        for telling in (False, True):
            letter = composed(
                tidings,
                language=language,
                telling=telling,
                site="https://example.org",
                happened_at=NOON,
                now=NOON,
            )
            written = letter.written("anna@example.org", Locale(language))
            assert not re.search("[{}]", written.subject + written.text), kind
            assert ("Marker" in written.subject or "Маркер" in written.subject) is (
                telling and WORDINGS[kind].of_call
            ), kind
            assert "https://example.org/x\n\n" in written.text
            assert letter.lasts <= timedelta(days=3 if "deadline" in takes else 7)


def test_the_programs_own_text_passes_the_check_of_an_initiatives_text() -> None:
    for kind in LetterKind:
        for language in LANGUAGES:
            text = program_text(kind, language)
            assert checked(kind, text) == text


@pytest.mark.parametrize(
    "text",
    ["{name}", "{call.title}", "{call!r}", "{0}", "{", "a } b", "{{call}}", "{deadline}", "{CALL}", "{}"],
)
def test_what_cannot_be_filled_is_refused_when_it_is_saved_and_stops_what_was_saved(text: str) -> None:
    kind = LetterKind.APPLICATION_DECIDED
    for field in ("subject", "text"):
        written = LetterText(**{"subject": None, "text": "fine", field: f"Hello {text}"})
        with pytest.raises(Invalid) as refused:
            checked(kind, written)
        assert [each.field for each in refused.value.errors] == [field]
        assert stops(kind, [LetterText(subject=None, text="fine"), written])
        house = Initiative(name="House", letters={kind: {"uk": written}})
        with pytest.raises(TemplateUnusable):
            composed(
                Tidings(kind, "/x", house, CALL),
                language="en",
                telling=False,
                site="",
                happened_at=NOON,
                now=NOON,
            )


def test_a_value_that_looks_like_a_placeholder_is_not_filled() -> None:
    house = Initiative(name="{call}", letters={})
    tidings = Tidings(LetterKind.OFFER_LAPSED, "/x", house, CALL)
    letter = composed(tidings, language="en", telling=False, site="", happened_at=NOON, now=NOON)
    assert letter.paragraphs[0] == NEWS
    assert "write to {call}." in str(letter.paragraphs[1])


def test_a_text_in_a_language_that_the_program_does_not_speak_is_used_whole() -> None:
    kind = LetterKind.GRANT_OFFERED
    assert unknown_in(kind, "{amount} {deadline}") == []
    house = Initiative(name="Дім", letters={kind: {"uk": LetterText(subject=None, text="Так: {call}")}})
    call = Call(title={"en": "Call", "uk": "Заклик"}, time_zone="UTC")
    letter = composed(
        Tidings(kind, "/x", house, call, VALUES),
        language="uk",
        telling=False,
        site="",
        happened_at=NOON,
        now=NOON,
    )
    written = letter.written("anna@example.org", Locale("en"))
    assert (written.language, written.text.split("\n\n")[:2]) == ("uk", [str(NEWS), "Так: Заклик"])


@pytest.mark.parametrize(
    ("now", "zone", "morning"),
    [
        ("2026-03-01T12:00", "UTC", None),
        ("2026-03-01T08:00", "UTC", None),
        ("2026-03-01T07:59", "UTC", "2026-03-01T08:00"),
        ("2026-03-01T21:00", "UTC", "2026-03-02T08:00"),
        ("2026-03-01T20:30", "Europe/Berlin", "2026-03-02T07:00"),
        ("2026-03-01T20:30", "America/New_York", None),
        # Summer time begins that night.
        ("2026-03-28T22:00", "Europe/Berlin", "2026-03-29T06:00"),
    ],
)
def test_nobody_is_written_to_at_night(now: str, zone: str, morning: str | None) -> None:
    there = next_morning(datetime.fromisoformat(now).replace(tzinfo=UTC), zone)
    assert there == (None if morning is None else datetime.fromisoformat(morning).replace(tzinfo=UTC))
