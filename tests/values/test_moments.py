"""Deadlines: as the zone database says where clocks are changed, and once announced, an instant that never moves."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from domain.calls.rules import instant
from domain.refusals import Invalid, Refused
from domain.rounds.facts import RoundOpened
from domain.rounds.state import Round, evolve
from domain.values import read_date, read_time
from tests.scene import ARTIST

UTC_NOON = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("local", "zone", "meant"),
    [
        ("2026-03-31T23:59", "Europe/Berlin", "2026-03-31T21:59+00:00"),
        # An hour that comes twice: the later one, in the applicants' favour.
        ("2026-10-25T02:30", "Europe/Berlin", "2026-10-25T01:30+00:00"),
        ("2026-10-25T01:59", "Europe/Berlin", "2026-10-24T23:59+00:00"),
        # Morocco puts its clocks back for Ramadan.
        ("2026-02-01T12:00", "Africa/Casablanca", "2026-02-01T11:00+00:00"),
        ("2026-03-01T12:00", "Africa/Casablanca", "2026-03-01T12:00+00:00"),
        ("2026-04-01T12:00", "Africa/Casablanca", "2026-04-01T11:00+00:00"),
        # Kazakhstan has had one zone since March 2024.
        ("2024-02-01T12:00", "Asia/Almaty", "2024-02-01T06:00+00:00"),
        ("2026-06-01T12:00", "Asia/Almaty", "2026-06-01T07:00+00:00"),
        ("2026-06-01T12:00", "Asia/Tbilisi", "2026-06-01T08:00+00:00"),
        ("2026-06-01T12:00", "UTC", "2026-06-01T12:00+00:00"),
    ],
)
def test_a_deadline_is_the_moment_at_which_the_clocks_there_show_it(
    local: str, zone: str, meant: str
) -> None:
    """Whatever the server's own zone is."""
    assert instant(datetime.fromisoformat(local), zone, "closes_at") == datetime.fromisoformat(meant)


def test_a_time_that_the_clocks_leap_over_is_refused() -> None:
    """It never comes."""
    with pytest.raises(Invalid) as refused:
        instant(datetime.fromisoformat("2027-03-28T02:30"), "Europe/Berlin", "closes_at")
    assert str(refused.value.errors[0].detail) == (
        "This time does not exist in Europe/Berlin, because the clocks are put forward then; "
        "choose another one."
    )


def announced(grace: int) -> Round:
    """A round whose clocks showed another time when it was announced than the zone database says now."""
    fact = RoundOpened(
        round="round",
        initiative="initiative",
        call="call",
        stage="main",
        closes_at=UTC_NOON,
        closes_local="2026-03-31 18:00",
        time_zone="Asia/Almaty",
        grace_minutes=grace,
        rolling=False,
        last=True,
    )
    return evolve(Round(), fact)


@pytest.mark.parametrize("grace", [0, 10])
@pytest.mark.parametrize("before", [timedelta(seconds=1), timedelta(microseconds=1)])
def test_an_announced_deadline_never_moves(grace: int, before: timedelta) -> None:
    """Applications are taken until that very instant and the minutes of grace behind it; the sentence tells the time that
    was announced."""
    round = announced(grace)
    end = UTC_NOON + timedelta(minutes=grace)
    for moment in (UTC_NOON - timedelta(seconds=1), UTC_NOON - timedelta(days=9), end - before):
        round.check_open(moment, ARTIST)
    for moment in (end, end + timedelta(seconds=1)):
        with pytest.raises(Refused) as refused:
            round.check_open(moment, ARTIST)
        assert str(refused.value.detail) == (
            "The deadline was 2026-03-31 12:00 UTC; applications are no longer accepted."
        )


def test_the_deadline_itself_is_within_the_grace() -> None:
    """At the second that was announced, only where there is none it is too late."""
    round = announced(10)
    round.check_open(UTC_NOON, ARTIST)
    round = announced(0)
    with pytest.raises(Refused):
        round.check_open(UTC_NOON, ARTIST)


@pytest.mark.parametrize(
    "text",
    [
        "20260531",
        "2026-W22-7",
        "2026W227",
        "2026-5-31",
        "2026-05-31\n",
        " 2026-05-31",
        "２０２６-05-31",
        "2026-02-30",
    ],
)
def test_a_date_has_one_spelling(text: str) -> None:
    """As in JSON."""
    assert read_date("2026-05-31") == date(2026, 5, 31)
    with pytest.raises(ValueError):  # noqa: PT011 - the caller says what is wrong
        read_date(text)


@pytest.mark.parametrize(
    "text",
    [
        "20260531T180000Z",
        "2026-W22-7T18:00Z",
        "2026-05-31T18Z",
        "2026-05-31",
        "2026-05-31T18:00:00,5Z",
        "2026-05-31T18:00+0100",
    ],
)
def test_a_time_in_an_address_has_one_spelling(text: str) -> None:
    """With seconds or without, with an offset or without."""
    there = datetime(2026, 5, 31, 18, tzinfo=UTC)
    assert read_time("2026-05-31T18:00Z") == read_time("2026-05-31T18:00:00.000000+00:00") == there
    assert read_time("2026-05-31T18:00") == there.replace(tzinfo=None)
    with pytest.raises(ValueError):  # noqa: PT011 - the caller says what is wrong
        read_time(text)
