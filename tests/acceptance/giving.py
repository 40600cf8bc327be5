"""Reading a funder's file of grants in the 360Giving Data Standard, with the faults that such files have.

What can be mended without changing what was granted is mended, and said; what cannot be used is refused, with one
sentence. No grant disappears: `read_grants` returns each one either way. Sums are integers of the minor unit; they
never pass through a float, because a float of the file (``3239.34``) is no number of pence.

https://standard.threesixtygiving.org describes the format.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

from domain.currencies import decimals
from domain.limits import MAX_MINOR

MOST_TITLE: Final = 300
MOST_DESCRIPTION: Final = 20_000
MOST_NAME: Final = 200
_CURRENCY: Final = re.compile(r"[A-Z]{3}\Z", re.ASCII)
_NUMBER: Final = re.compile(
    r"-?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,2})?\Z", re.ASCII
)
_SIGNS: Final = "£$€¥₽ \u00a0\u202f"
_YES: Final = frozenset({"yes", "y", "true", "1"})
_NO: Final = frozenset({"no", "n", "false", "0"})


class FileUnusable(Exception):
    """The file as a whole is no file of grants; one sentence."""


class GrantUnusable(Exception):
    """A grant cannot go through the main job; one sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileGrant:
    """One grant of the file. `number` counts all grants of the file from 1; sums are minor units of `currency`;
    `mended` says in words what had to be mended."""

    number: int
    identifier: str
    title: str
    description: str
    currency: str
    awarded: int
    requested: int
    recipient: str
    programme: str | None
    open_call: bool | None
    awarded_on: date
    ends_on: date
    mended: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RefusedGrant:
    """A grant of the file that cannot be used, and why, in one sentence."""

    number: int
    identifier: str
    reason: str


@dataclass(frozen=True, slots=True)
class GrantsFile:
    """A file's grants, every one of them in one of the two lists."""

    grants: tuple[FileGrant, ...]
    refused: tuple[RefusedGrant, ...]


def read_grants(path: Path, *, most: int | None = None) -> GrantsFile:
    """The first `most` grants of a file (all, if None). Raises `FileUnusable`."""
    try:
        # A byte order mark is a usual fault; numbers are read as they are written.
        package = json.loads(path.read_text("utf-8-sig"), parse_float=Decimal)
    except OSError as error:
        raise FileUnusable(f"The file {path.name} cannot be read: {error.strerror}.") from None
    except (UnicodeDecodeError, RecursionError):
        raise FileUnusable(f"The file {path.name} is not JSON in UTF-8.") from None
    except ValueError as error:
        where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise FileUnusable(f"The file {path.name} is not JSON{where}.") from None
    listed = package.get("grants") if isinstance(package, dict) else package
    if not isinstance(listed, list):
        raise FileUnusable(f'The file {path.name} has no list of grants; 360Giving calls it "grants".')
    return sort_out(listed[:most])


def sort_out(listed: list[Any]) -> GrantsFile:  # Any: whatever the file holds
    """Each entry of the file's list as a grant, or as a refusal."""
    grants: list[FileGrant] = []
    refused: list[RefusedGrant] = []
    seen: dict[str, int] = {}
    for number, entry in enumerate(listed, 1):
        identifier = _identifier(entry, number)
        if identifier in seen:
            reason = f"It has the same identifier as grant {seen[identifier]} of the file."
            refused.append(RefusedGrant(number, identifier, reason))
            continue
        try:
            grants.append(_grant(entry, number, identifier))
            seen[identifier] = number
        except GrantUnusable as unusable:
            refused.append(RefusedGrant(number, identifier, str(unusable)))
    return GrantsFile(tuple(grants), tuple(refused))


def _identifier(entry: object, number: int) -> str:
    found = _text(entry.get("id")) if isinstance(entry, dict) else ""
    return found[:200] or f"grant {number}"


def _grant(entry: object, number: int, identifier: str) -> FileGrant:
    if not isinstance(entry, dict):
        raise GrantUnusable("It is not an object with fields.")
    mended: list[str] = []
    currency = _text(entry.get("currency")).upper()
    if not currency:
        raise GrantUnusable("It names no currency.")
    if not _CURRENCY.match(currency):
        raise GrantUnusable("Its currency is not a three-letter code.")
    awarded = _awarded(entry, currency, mended)
    title, description = _texts(entry, identifier, mended)
    awarded_on, ends_on = _dates(entry, mended)
    return FileGrant(
        number=number,
        identifier=identifier,
        title=title,
        description=description,
        currency=currency,
        awarded=awarded,
        requested=_requested(entry, currency, awarded, mended),
        recipient=_recipient(entry, number, mended),
        programme=_shortened(_text(_first(entry.get("grantProgramme")).get("title")), 500) or None,
        open_call=_open_call(entry.get("fromOpenCall"), mended),
        awarded_on=awarded_on,
        ends_on=ends_on,
        mended=tuple(mended),
    )


# Sums


def minor_units_of(value: object, currency: str) -> tuple[int, bool]:
    """A sum of the file in minor units of `currency`, and whether it had to be rounded (half up) to get there.

    Numbers and their usual spellings as text are read: ``"1,250.50"``, ``"£ 1250"``. Raises `GrantUnusable`.
    """
    match value:
        case bool() | None:
            raise GrantUnusable("it is no number")
        case int() | Decimal():
            number = Decimal(value)
        case str():
            text = value.strip(_SIGNS).removesuffix(currency).removeprefix(currency).strip(_SIGNS)
            if not _NUMBER.match(text):
                raise GrantUnusable("it is no number")
            number = Decimal(text.replace(",", ""))
        case _:
            # json reads NaN and Infinity as floats; everything else that is none comes as Decimal.
            raise GrantUnusable("it is no number")
    places = decimals(currency)
    if number.adjusted() > 20:
        raise GrantUnusable("it is larger than any sum that can be recorded")
    exact = number.scaleb(places)
    try:
        minor = int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))
    except InvalidOperation:
        raise GrantUnusable("it is no number that can be rounded to the minor unit") from None
    if minor > MAX_MINOR:
        raise GrantUnusable("it is larger than any sum that can be recorded")
    return minor, exact != minor


def _awarded(entry: Mapping[str, object], currency: str, mended: list[str]) -> int:
    if "amountAwarded" not in entry:
        raise GrantUnusable("It says no sum awarded.")
    try:
        awarded, rounded = minor_units_of(entry["amountAwarded"], currency)
    except GrantUnusable as unusable:
        raise GrantUnusable(f"Its sum awarded cannot be used: {unusable}.") from None
    if awarded <= 0:
        raise GrantUnusable("Its sum awarded is not above zero, so there is nothing to pay.")
    if rounded:
        mended.append("The sum awarded was rounded to the minor unit.")
    return awarded


def _requested(entry: Mapping[str, object], currency: str, awarded: int, mended: list[str]) -> int:
    if entry.get("amountAppliedFor") is None:
        return awarded
    try:
        requested, rounded = minor_units_of(entry["amountAppliedFor"], currency)
    except GrantUnusable as unusable:
        mended.append(f"The sum asked for cannot be used ({unusable}); the sum awarded stands for it.")
        return awarded
    if requested <= 0:
        if requested:
            mended.append("The sum asked for is below zero; the sum awarded stands for it.")
        return awarded
    if rounded:
        mended.append("The sum asked for was rounded to the minor unit.")
    return requested


# Texts


def _text(value: object) -> str:
    """A text without what no database keeps (NUL, halves of surrogate pairs) and without space at its ends."""
    if not isinstance(value, str):
        return ""
    return value.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8").strip()


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _texts(entry: Mapping[str, object], identifier: str, mended: list[str]) -> tuple[str, str]:
    title, description = _text(entry.get("title")), _text(entry.get("description"))
    if not title:
        mended.append("It has no title; its description's beginning, or its identifier, stands for it.")
        title = description or identifier
    if not description:
        mended.append("It has no description; its title stands for it.")
        description = title
    if len(title) > MOST_TITLE and entry.get("title"):
        mended.append(f"Its title was cut to {MOST_TITLE} characters.")
    if len(description) > MOST_DESCRIPTION:
        mended.append(f"Its description was cut to {MOST_DESCRIPTION} characters.")
    return _shortened(title, MOST_TITLE), _shortened(description, MOST_DESCRIPTION)


def _first(value: object) -> Mapping[str, object]:
    """The first object of a list of objects; or the object itself, where a file forgot the list."""
    if isinstance(value, list):
        value = value[0] if value else None
    return value if isinstance(value, dict) else {}


def _recipient(entry: Mapping[str, object], number: int, mended: list[str]) -> str:
    for field in ("recipientOrganization", "recipientIndividual"):
        recipient = _first(entry.get(field))
        name = _text(recipient.get("name"))
        if name:
            return _shortened(name, MOST_NAME)
    mended.append("It names no recipient.")
    return f"Recipient of grant {number}"


def _open_call(value: object, mended: list[str]) -> bool | None:
    if value is None or value == "":
        return None
    word = str(value).strip().lower()
    if word in _YES | _NO:
        return word in _YES
    mended.append("Whether it came from an open call is neither yes nor no.")
    return None


# Dates


def _day(value: object) -> date | None:
    """A day, written alone or with a time after it."""
    if not isinstance(value, str):
        return None
    text = value.strip()
    for written in (text, text[:10]):
        try:
            day = datetime.fromisoformat(written).date()
        except ValueError:
            continue
        # A year beyond these is a slip of the pen, and the server would say so too.
        return day if 1900 <= day.year < 2999 else None
    return None


def _dates(entry: Mapping[str, object], mended: list[str]) -> tuple[date, date]:
    planned = _first(entry.get("plannedDates"))
    begins, ends = _day(planned.get("startDate")), _day(planned.get("endDate"))
    awarded_on = _day(entry.get("awardDate"))
    if awarded_on is None:
        mended.append(
            "Its date of award cannot be read; its planned beginning, or a fixed day, stands for it."
        )
        awarded_on = begins or date(2000, 1, 1)
    if ends is None or ends < awarded_on:
        if planned.get("endDate") is not None:
            mended.append(
                "Its planned end cannot be read, or lies before the award; a year after it stands for it."
            )
        ends = awarded_on + timedelta(days=365)
    return awarded_on, ends
