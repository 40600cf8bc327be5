"""Values that many facts share: money, texts in several languages, roles, channels, and the ids of streams."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Final

import msgspec

from domain.refusals import Invalid, NotFound

MAX_MINOR: Final = 10**15
"""The largest amount, in minor units: all sums stay far below 2**53, where JSON numbers cease to be exact."""

# fmt: off
_WHOLE: Final = ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF",
                 "XOF", "XPF")
_THOUSANDTHS: Final = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
# fmt: on
# ISO 4217: the currencies whose minor unit is not a hundredth. All others have two decimals.
_DECIMALS: Final[Mapping[str, int]] = {
    **dict.fromkeys(_WHOLE, 0),
    **dict.fromkeys(_THOUSANDTHS, 3),
}
_AMOUNT: Final = re.compile(r"(0|[1-9][0-9]*)(?:\.([0-9]+))?\Z", re.ASCII)
_MAX_DIGITS: Final = len(str(MAX_MINOR))
_CURRENCY: Final = re.compile(r"[A-Z]{3}\Z", re.ASCII)


class Role(enum.StrEnum):
    """The roles in which a person acts. `SYSTEM` is the program itself, acting on a due date or at set-up."""

    ADMINISTRATOR = "administrator"
    OFFICER = "officer"
    JUROR = "juror"
    CHAIR = "chair"
    FINANCE = "finance"
    APPROVER = "approver"
    FUNDER = "funder"
    APPLICANT = "applicant"
    SYSTEM = "system"


MEMBER_ROLES: Final = (
    Role.ADMINISTRATOR,
    Role.OFFICER,
    Role.JUROR,
    Role.CHAIR,
    Role.FINANCE,
    Role.APPROVER,
    Role.FUNDER,
)
"""The roles that an initiative can give to its members."""

CALL_ROLES: Final = (Role.OFFICER, Role.JUROR, Role.CHAIR)
"""Those among them that can be given for one call."""


class Channel(enum.StrEnum):
    """The way by which a command came in."""

    PAGE = "page"
    API = "api"
    CLI = "cli"
    IMPORT = "import"
    SYSTEM = "system"


SYSTEM: Final = "system"
"""The actor of what the program does by itself."""

Texts = dict[str, str]
"""One text in several languages, by language code: ``{"en": "…", "ru": "…"}``."""


class Money(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An amount as it is written at the edges: a decimal string and an ISO 4217 code. Facts hold integers of the
    minor unit instead (`minor`)."""

    amount: str
    currency: str

    def minor(self, field: str, *, currency: str | None = None, least: int = 0) -> int:
        """The amount as an integer of the currency's minor unit.

        `field` names the field for the error; `currency`, where given, is the only one accepted; `least` is the
        smallest amount accepted, in minor units. Raises `Invalid`.
        """
        check_currency(self.currency, f"{field}.currency")
        if currency is not None and self.currency != currency:
            raise Invalid.field(f"{field}.currency", f"The amount must be in {currency}.")
        return minor_units(self.amount, self.currency, f"{field}.amount", least=least)

    @classmethod
    def of(cls, minor: int, currency: str) -> Money:
        """The written form of `minor` minor units of `currency`."""
        return cls(amount=decimal_string(minor, currency), currency=currency)


def check_currency(code: str, field: str) -> None:
    """Raise `Invalid` unless `code` has the shape of an ISO 4217 code."""
    if not _CURRENCY.match(code):
        raise Invalid.field(field, "A currency is written as its three-letter code, such as EUR.")


def decimals(currency: str) -> int:
    """The number of decimals of the currency's minor unit (ISO 4217): 2 for EUR, 0 for JPY, 3 for KWD."""
    return _DECIMALS.get(currency, 2)


def minor_units(amount: str, currency: str, field: str, *, least: int = 0) -> int:
    """`amount` (a decimal string such as ``1250.00``) as an integer of minor units; raises `Invalid`."""
    found = _AMOUNT.match(amount)
    if not found:
        raise Invalid.field(
            field, "An amount is a decimal number such as 1250.00, with no sign and no separators."
        )
    places = decimals(currency)
    whole, fraction = found[1], found[2] or ""
    if len(fraction) > places and fraction[places:].strip("0"):
        many = f"at most {places}" if places else "no"
        raise Invalid.field(field, f"An amount in {currency} has {many} decimals.")
    # The length is looked at first: Python refuses to read a number of thousands of digits.
    minor = int(whole + fraction[:places].ljust(places, "0")) if len(whole) <= _MAX_DIGITS else None
    if minor is None or minor > MAX_MINOR:
        raise Invalid.field(field, f"An amount is at most {decimal_string(MAX_MINOR, currency)} {currency}.")
    if minor < least:
        raise Invalid.field(
            field, f"The amount must be at least {decimal_string(least, currency)} {currency}."
        )
    return minor


def decimal_string(minor: int, currency: str) -> str:
    """`minor` minor units as a decimal string: ``decimal_string(125000, "EUR") == "1250.00"``."""
    places = decimals(currency)
    if not places:
        return str(minor)
    sign = "-" if minor < 0 else ""
    whole, fraction = divmod(abs(minor), 10**places)
    return f"{sign}{whole}.{fraction:0{places}}"


def amount_text(minor: int, currency: str) -> str:
    """`minor` minor units as a sentence names them: ``1250.00 EUR``."""
    return f"{decimal_string(minor, currency)} {currency}"


def moment_text(moment: datetime) -> str:
    """A moment in UTC, to the minute."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


_ID_BODY: Final = re.compile(r"[0-9a-f]{32}\Z", re.ASCII)


def stream_id(kind: str, random: bytes) -> str:
    """The id of a stream: its kind and 128 random bits, as ``application-0f…``. It tells neither time nor order."""
    return f"{kind}-{random.hex()}"


def check_stream_id(kind: str, value: str) -> str:
    """`value`, if it has the shape of an id of this kind of stream; else raises `NotFound`."""
    if not is_id(kind, value):
        raise NotFound(named=value)
    return value


def is_id(kind: str, value: str) -> bool:
    """Whether `value` has the shape of an id of this kind."""
    name, _, body = value.partition("-")
    return name == kind and _ID_BODY.match(body) is not None


def _id_of(kind: str) -> msgspec.Meta:
    return msgspec.Meta(extra={"id_of": kind}, extra_json_schema={"pattern": f"^{kind}-[0-9a-f]{{32}}$"})


InitiativeId = Annotated[str, _id_of("initiative")]
PersonId = Annotated[str, _id_of("person")]
FundId = Annotated[str, _id_of("fund")]
PledgeId = Annotated[str, _id_of("pledge")]
CallId = Annotated[str, _id_of("call")]
RoundId = Annotated[str, _id_of("round")]
ApplicationId = Annotated[str, _id_of("application")]
ReviewId = Annotated[str, _id_of("review")]
PanelId = Annotated[str, _id_of("panel")]
GrantId = Annotated[str, _id_of("grant")]
"""A command's field of one of these types names a thing. The edge checks that what was sent has the shape of its id, and
names the field where it has not."""


def in_utc(moment: datetime, field: str) -> datetime:
    """`moment`, a time with its offset, in UTC. Raises `Invalid` for one without an offset, and for one that lies before
    the year 1 or after the year 9999 in UTC."""
    if moment.tzinfo is None:
        raise Invalid.field(field, "Write the time with its offset, such as 2026-03-31T12:00:00Z.")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise Invalid.field(field, "This time is too far away; choose another.") from None


_BLANK: Final = (
    r"\s\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    r"\U000e0000-\U000e0fff"
)
"""White space, control characters, and what is ignored where it cannot be shown (Unicode's Default_Ignorable_Code_Point,
the annotation characters and the empty Braille cell)."""
_SEEN: Final = re.compile(f"[^{_BLANK}]")
_UNSEEN: Final = re.compile(rf"(?!\s)[{_BLANK}]")
# Not among them, as people write with them: what joins and parts letters (ZWNJ, ZWJ, Mongolian), variation selectors,
# soft hyphens, and the Arabic and Syriac signs that Unicode counts as format characters although they are seen.
_HIDDEN: Final = re.compile(
    r"[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U0001bca0-\U0001bca3"
    r"\U0001d173-\U0001d17a\U000e0000-\U000e007f]"
)
_TURNING: Final = ("\u202a", "\u202b", "\u202c", "\u202d", "\u202e")
"""The embeddings and overrides of direction, whose effect may reach beyond the text."""


def check_text(value: str, field: str, *, least: int = 1, most: int, long: bool = False) -> str:
    """`value` without white space at its ends, if its length in characters is from `least` to `most`; one in which
    nothing is to be seen counts as empty.

    Refuses U+0000 (PostgreSQL's text cannot hold it), lone surrogates (UTF-8 cannot), and what hides in a line: characters
    that change its direction or are never seen. A `long` text, of several lines, may hold them but for the overrides and
    embeddings of direction. Raises `Invalid`.
    """
    text = value.strip()
    if "\x00" in text:
        raise Invalid.field(field, "The text holds a NUL character, which cannot be stored.")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Invalid.field(
            field, "The text holds half of a surrogate pair, which is not a character."
        ) from None
    if not _SEEN.search(text):
        text = ""
    if not text.isascii():
        _check_hidden(text, field, long=long)
    if len(text) < least:
        raise Invalid.field(
            field, "This cannot be left empty." if least == 1 else f"At least {least} characters."
        )
    if len(text) > most:
        raise Invalid.field(field, f"At most {most} characters; this has {len(text)}.")
    return text


def _check_hidden(text: str, field: str, *, long: bool) -> None:
    if long:
        # Not by a pattern, which takes a hundred times as long.
        hidden = next((character for character in _TURNING if character in text), None)
    else:
        found = _HIDDEN.search(text)
        hidden = found[0] if found else None
    if hidden is not None:
        raise Invalid.field(
            field,
            f"The text holds the character U+{ord(hidden):04X}, which cannot be seen and may mislead whoever reads it; "
            "write it without.",
        )


def holds_unseen(text: str) -> bool:
    """Whether a text holds anything but white space that cannot be seen."""
    return _UNSEEN.search(text) is not None


_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z", re.ASCII)


def check_texts(value: Mapping[str, str], field: str, *, most: int, long: bool = False) -> Texts:
    """A text in one or more languages, each checked as `check_text` does. Raises `Invalid`."""
    if not value:
        raise Invalid.field(field, "The text is needed in at least one language.")
    for language in value:
        if not _LANGUAGE.match(language):
            raise Invalid.field(field, "A language is written as its code, such as en or ru.")
    return {
        language: check_text(text, f"{field}.{language}", most=most, long=long)
        for language, text in value.items()
    }
