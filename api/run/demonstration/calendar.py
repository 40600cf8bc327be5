"""The steps of a scenario and their times.

The files say on which day something happened. Where they give no time of day, the calendar chooses one: within the hours in
which such people act, always the same one, and later than what was done before to the same thing on that day.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

_HOURS: Final = {"applicant": (8 * 60, 23 * 60), "juror": (10 * 60, 22 * 60), "staff": (9 * 60, 18 * 60)}
"""When people of each kind act, in minutes after midnight."""
_APART: Final = (4, 40)
"""How many minutes lie between two acts on one day about the same thing: at least, and at most."""
_MONEY: Final = frozenset(
    {
        "amount",
        "requested",
        "budget",
        "minimum_award",
        "maximum_award",
        "fast_track_up_to",
        "fee",
        "unscheduled",
    }
)
"""The fields whose text is an amount in the currency of the fund."""
BY_APPLICANT: Final = frozenset(
    {
        "application.change",
        "application.continue",
        "application.erase",
        "application.resubmit",
        "application.submit",
        "application.withdraw",
        "draft",
        "grant.accept",
        "grant.accept_amendment",
        "grant.decline",
        "grant.decline_amendment",
        "grant.set_payee",
        "grant.submit_report",
        "instalment.request",
        "organisation.join",
        "organisation.register",
    }
)
_BY_JUROR: Final = frozenset({"review.declare_conflict", "review.declare_no_conflict", "review.submit"})


@dataclass(frozen=True, slots=True)
class OnDay:
    """What somebody (`who`, a name of the scenario) does on a day: a command by its name, with its `fields`. `about` gives the
    names under which the ids of what it concerns are known, by kind. Without `at` the calendar chooses the time."""

    day: int
    who: str
    does: str
    fields: Mapping[str, Any]  # Any: as in JSON
    about: Mapping[str, str]
    at: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One command, with its time; the rest is as in `OnDay`."""

    when: datetime
    who: str
    does: str
    fields: Mapping[str, Any]  # Any: as in JSON
    about: Mapping[str, str]

    def __str__(self) -> str:
        return f"{self.when:%Y-%m-%d %H:%M}, {self.who}: {self.does} ({', '.join(self.about.values())})"


class Calendar:
    """The days of a scenario, counted from the day of the first start (`today`), and the clocks of its `time_zone`."""

    def __init__(self, today: date, time_zone: str) -> None:
        self._today = today
        self._zone = ZoneInfo(time_zone)

    def day(self, day: int) -> date:
        """The date of a day of the scenario."""
        return self._today + timedelta(days=day)

    def moment(self, day: int, at: str) -> datetime:
        """A time of a day on the clocks of the scenario, in UTC."""
        return datetime.combine(self.day(day), time.fromisoformat(at), self._zone).astimezone(UTC)

    def written(self, value: Any, currency: str) -> Any:  # Any: as in TOML and as in JSON
        """A value as a command takes it: "@-30" is a date, "@-30 18:00" a time on the call's clocks, "@-30 18:00Z" a time with
        its offset; amounts get the currency."""
        if isinstance(value, str) and value.startswith("@"):
            day, _, at = value[1:].partition(" ")
            if not at:
                return self.day(int(day)).isoformat()
            if at.endswith("Z"):
                return self.moment(int(day), at[:-1]).isoformat()
            return f"{self.day(int(day)).isoformat()}T{at}:00"
        if isinstance(value, dict):
            return {
                name: {"amount": each, "currency": currency}
                if name in _MONEY and isinstance(each, str)
                else self.written(each, currency)
                for name, each in value.items()
            }
        if isinstance(value, list | tuple):
            return [self.written(each, currency) for each in value]
        return value

    def dated(self, acts: Iterable[OnDay]) -> Iterator[Step]:
        """What was done to one thing, in order of time."""
        last: datetime | None = None
        for number, act in enumerate(sorted(acts, key=lambda each: each.day)):
            when = self._time(act, number, last)
            last = when
            yield Step(when, act.who, act.does, act.fields, act.about)

    def _time(self, act: OnDay, number: int, last: datetime | None) -> datetime:
        if act.at is not None:
            return self.moment(act.day, act.at)
        chance = zlib.crc32(f"{number} {act.does} {sorted(act.about.items())}".encode())
        first, end = _HOURS[_kind(act.does)]
        minutes = first + chance % (end - first)
        when = self.moment(act.day, f"{minutes // 60:02}:{minutes % 60:02}")
        if last is not None and when <= last and last.date() == when.date():
            least, most = _APART
            return last + timedelta(minutes=least + chance % (most - least))
        return when


def _kind(does: str) -> str:
    if does in BY_APPLICANT:
        return "applicant"
    return "juror" if does in _BY_JUROR else "staff"
