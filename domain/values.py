"""Values that many facts share: money, texts in several languages, roles, channels, and stream ids."""

from __future__ import annotations

import enum
import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Final

import msgspec

from domain.amounts import why_unreadable
from domain.currencies import DECIMALS, decimals
from domain.limits import MAX_MINOR
from domain.messages import counted, msg
from domain.refusals import Invalid, NotFound

_AMOUNT: Final = re.compile(r"(0|[1-9][0-9]*)(?:\.([0-9]+))?\Z", re.ASCII)
_CURRENCY: Final = re.compile(r"[A-Z]{3}\Z", re.ASCII)
_MAX_DIGITS: Final = len(str(MAX_MINOR))


class Role(enum.StrEnum):
    """The roles in which a person acts. `PERSON` is everybody with an account; `SYSTEM` is the program itself, for due
    dates and set-up."""

    ADMINISTRATOR = "administrator"
    OFFICER = "officer"
    JUROR = "juror"
    CHAIR = "chair"
    FINANCE = "finance"
    APPROVER = "approver"
    FUNDER = "funder"
    APPLICANT = "applicant"
    PERSON = "person"
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
"""The roles that can be given for one call."""


class Channel(enum.StrEnum):
    """The channel through which a command was sent."""

    PAGE = "page"
    API = "api"
    CLI = "cli"
    IMPORT = "import"
    SYSTEM = "system"


SYSTEM: Final = "system"
"""The actor of commands that the program sends itself."""

Texts = dict[str, str]
"""One text in several languages, by language code: ``{"en": "…", "ru": "…"}``."""


class Money(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An amount as it is written in JSON and on pages: a decimal string and an ISO 4217 code. Facts hold integers of
    the minor unit (`minor`)."""

    amount: str
    currency: str

    def __str__(self) -> str:
        """The amount in plain English: ``1250.00 EUR``."""
        return f"{self.amount} {self.currency}"

    def minor(self, field: str, *, currency: str | None = None, least: int = 0) -> int:
        """The amount as an integer of the currency's minor unit.

        `field` names the field in the error; `currency`, if given, is the only one accepted; `least` is the smallest
        amount accepted, in minor units. Raises `Invalid`.
        """
        if currency is None:
            check_currency(self.currency, f"{field}.currency")
        elif self.currency != currency:
            raise Invalid.field(
                f"{field}.currency", msg("The amount must be in {currency}.", currency=currency)
            )
        return minor_units(self.amount, self.currency, f"{field}.amount", least=least)

    @classmethod
    def of(cls, minor: int, currency: str) -> Money:
        """The written form of `minor` minor units of `currency`."""
        return cls(amount=decimal_string(minor, currency), currency=currency)


def check_currency(code: str, field: str) -> None:
    """Raise `Invalid` unless `code` is that of a currency in use today, by ISO 4217."""
    if not _CURRENCY.match(code):
        raise Invalid.field(field, msg("Write the currency as its three-letter code, such as EUR."))
    if code not in DECIMALS:
        raise Invalid.field(field, msg("{code} is not a currency that is in use today.", code=code))


def minor_units(amount: str, currency: str, field: str, *, least: int = 0) -> int:
    """`amount` (a decimal string such as ``1250.00``) as an integer of minor units; raises `Invalid`.

    It accepts only this spelling, with no more decimals than the currency has; what people type on a page is read by
    `domain.amounts.typed_amount` first.
    """
    found = _AMOUNT.match(amount)
    places = decimals(currency)
    if not found or len(found[2] or "") > places:
        raise Invalid.field(field, why_unreadable(amount, currency))
    whole, fraction = found[1], found[2] or ""
    # The length is checked first: Python refuses to read a number of thousands of digits.
    minor = int(whole + fraction.ljust(places, "0")) if len(whole) <= _MAX_DIGITS else None
    if minor is None or minor > MAX_MINOR:
        raise Invalid.field(
            field, msg("An amount can be at most {most}.", most=Money.of(MAX_MINOR, currency))
        )
    if minor < least:
        raise Invalid.field(
            field, msg("The amount must be at least {least}.", least=Money.of(least, currency))
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


_ID_BODY: Final = re.compile(r"[0-9a-f]{32}\Z", re.ASCII)


def stream_id(kind: str, random: bytes) -> str:
    """The id of a stream: its kind and 128 random bits, as ``application-0f…``. It shows neither time nor order."""
    return f"{kind}-{random.hex()}"


def check_stream_id(kind: str, value: str) -> str:
    """`value`, if it has the shape of an id of this kind of stream; otherwise raises `NotFound`."""
    if not is_id(kind, value):
        raise NotFound(named=value)
    return value


def is_id(kind: str, value: str) -> bool:
    """Whether `value` has the shape of an id of this kind."""
    name, _, body = value.partition("-")
    return name == kind and _ID_BODY.match(body) is not None


def is_id_of(kinds: str, value: str) -> bool:
    """Whether `value` has the shape of an id of one of some kinds, which are separated by `` or ``."""
    return any(is_id(kind, value) for kind in kinds.split(" or "))


def _id_of(*kinds: str) -> msgspec.Meta:
    kind = kinds[0] if len(kinds) == 1 else f"({'|'.join(kinds)})"
    return msgspec.Meta(
        extra={"id_of": " or ".join(kinds)}, extra_json_schema={"pattern": f"^{kind}-[0-9a-f]{{32}}$"}
    )


InitiativeId = Annotated[str, _id_of("initiative")]
PersonId = Annotated[str, _id_of("person")]
OrganisationId = Annotated[str, _id_of("organisation")]
PartyId = Annotated[str, _id_of("person", "organisation")]
ClaimId = Annotated[str, _id_of("claim")]
FundId = Annotated[str, _id_of("fund")]
PledgeId = Annotated[str, _id_of("pledge")]
CallId = Annotated[str, _id_of("call")]
RoundId = Annotated[str, _id_of("round")]
ApplicationId = Annotated[str, _id_of("application")]
ReviewId = Annotated[str, _id_of("review")]
PanelId = Annotated[str, _id_of("panel")]
GrantId = Annotated[str, _id_of("grant")]
DossierId = Annotated[str, _id_of("dossier")]
"""Types of command fields that name something. The edge checks that the value has the shape of an id of the kind, and
names the field if it does not."""


_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
_TIME: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:\d{2})?\Z", re.ASCII
)


def read_date(text: str) -> date:
    """A date written as 2026-05-31. Raises ValueError."""
    if not _DATE.match(text):
        raise ValueError
    return date.fromisoformat(text)


def read_time(text: str) -> datetime:
    """A time written as 2026-05-31T18:00, optionally with seconds and an offset. Raises ValueError."""
    if not _TIME.match(text):
        raise ValueError
    return datetime.fromisoformat(text)


def in_utc(moment: datetime, field: str) -> datetime:
    """`moment`, a time with its offset, in UTC. Raises `Invalid` without an offset, and outside the years 1 to 9999 in
    UTC."""
    if moment.tzinfo is None:
        raise Invalid.field(field, msg("Write the time with its offset, such as 2026-03-31T12:00:00Z."))
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise Invalid.field(field, msg("This time is too far away; choose another one.")) from None


_BLANK: Final = (
    r"\s\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    r"\U000e0000-\U000e0fff"
)
"""White space, control characters, and characters that are ignored if they cannot be shown (Unicode's
Default_Ignorable_Code_Point, the annotation characters and the empty Braille cell)."""
_SEEN: Final = re.compile(f"[^{_BLANK}]")
_UNSEEN: Final = re.compile(rf"(?!\s)[{_BLANK}]")
# Not among them, because people write with them: characters that join and separate letters (ZWNJ, ZWJ, Mongolian),
# variation selectors, soft hyphens, and the Arabic and Syriac signs that Unicode counts as format characters although
# they are visible.
_HIDDEN: Final = re.compile(
    r"[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U0001bca0-\U0001bca3"
    r"\U0001d173-\U0001d17a\U000e0000-\U000e007f]"
)
_MISLEADING: Final = ("\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\ufff9", "\ufffa", "\ufffb")
"""Embeddings and overrides of direction, whose effect may reach beyond the text, and interlinear annotations, which
hide a part of it."""


_LINE_ENDS: Final = ("\r\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029")
CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
"""A control character (C0, DEL or C1)."""
_ORDINARY: Final = re.compile("[\n -~\u00a0-\u0590\u2010-\u2027\u2030-\u205e]*")
"""The characters of most texts. None of them is refused, so that one match is enough."""
_NEVER: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
"""Control characters that are refused even in a long text."""
_NONCHARACTER: Final = re.compile(
    "[\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
    + "]"
)
"""The 66 code points that Unicode will never give to a character."""
_IN_NONCHARACTERS: Final = (b"\xef\xb7", b"\xbf\xbe", b"\xbf\xbf")
"""Byte sequences of which each noncharacter contains one in UTF-8; few other characters do."""


def check_text(value: str, field: str, *, least: int = 1, most: int, long: bool = False) -> str:
    """`value` without white space at its ends, if its length is from `least` to `most` (counted as in `domain.limits`);
    a text without visible characters counts as empty.

    Tabs become spaces. Line ends of any kind become one space in a line, and U+000A in a `long` text. Other control
    characters (C0, DEL, C1) and noncharacters are refused, because neither XML nor a payment file can contain them.
    Also refused are lone surrogates (UTF-8 cannot encode them), and characters that hide in a line: those that change
    its direction or are invisible. A long text may contain these, except overrides and embeddings of direction, and
    interlinear annotations. Private characters are allowed: some scripts and names have no others. So are unassigned
    ones, which may be newer than this program's Unicode. Raises `Invalid`.
    """
    text = _with_plain_ends(value)
    text = (text if long else text.replace("\n", " ")).replace("\t", " ").strip()
    if not _SEEN.search(text):
        text = ""
    if not _ORDINARY.fullmatch(text):
        _check_characters(text, field, long=long)
    # The composed form is at most three times as long.
    length = text_length(text) if len(text) * 3 > most else len(text)
    if length < least:
        raise Invalid.field(
            field,
            msg("This cannot be left empty.")
            if least == 1
            else counted("At least {count} character.", "At least {count} characters.", count=least),
        )
    if length > most:
        raise Invalid.field(
            field,
            counted(
                "At most {count} character; this has {given}.",
                "At most {count} characters; this has {given}.",
                count=most,
                given=length,
            ),
        )
    return text


def _check_characters(text: str, field: str, *, long: bool) -> None:
    """Raise `Invalid` for a control character that is refused."""
    if control := _NEVER.search(text):
        raise Invalid.field(
            field,
            msg(
                "Character {place} is the control character {code}, which cannot be stored; "
                "delete it, or type that part again.",
                place=control.start() + 1,
                code=f"U+{ord(control[0]):04X}",
            ),
        )
    if not text.isascii():
        _check_encodes(text, field)
        _check_hidden(text, field, long=long)


def _check_encodes(text: str, field: str) -> None:
    """Raise `Invalid` for characters that UTF-8 or XML cannot contain."""
    try:
        encoded = text.encode()
    except UnicodeEncodeError:
        raise Invalid.field(
            field,
            msg("The text contains a broken character (half of a surrogate pair); type that part again."),
        ) from None
    # Not with the pattern alone, which takes a hundred times as long.
    if any(each in encoded for each in _IN_NONCHARACTERS) and (found := _NONCHARACTER.search(text)):
        raise Invalid.field(
            field,
            msg(
                "Character {place} is {code}, which is not a character and cannot be stored; delete it.",
                place=found.start() + 1,
                code=f"U+{ord(found[0]):04X}",
            ),
        )


def _with_plain_ends(text: str) -> str:
    """The text with U+000A as the end of every line."""
    # Not with a pattern, which takes ten times as long.
    for end in _LINE_ENDS:
        if end in text:
            text = text.replace(end, "\n")
    return text


def check_line(value: str, field: str, *, least: int = 1, most: int) -> str:
    """A text of one line, as in `check_text`, for values that machines read (an account, an address): nothing in it may
    be invisible or look like something else. Raises `Invalid`."""
    text = check_text(value, field, least=least, most=most)
    if _UNSEEN.search(text):
        raise Invalid.field(field, msg("This contains an invisible character; type it again by hand."))
    return text


def text_length(text: str) -> int:
    """The length of a text in characters: the code points of its composed form (NFC)."""
    if text.isascii() or unicodedata.is_normalized("NFC", text):
        return len(text)
    return len(unicodedata.normalize("NFC", text))


def _check_hidden(text: str, field: str, *, long: bool) -> None:
    if long:
        # Not with a pattern, which takes a hundred times as long.
        hidden = next((character for character in _MISLEADING if character in text), None)
    else:
        found = _HIDDEN.search(text)
        hidden = found[0] if found else None
    if hidden is not None:
        raise Invalid.field(
            field,
            msg(
                "The text contains the invisible character {code}, which could mislead readers; delete it.",
                code=f"U+{ord(hidden):04X}",
            ),
        )


_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z", re.ASCII)


def check_optional(text: str | None, field: str, *, most: int) -> str | None:
    """An optional long text, trimmed; an empty one counts as none. Raises `Invalid`."""
    return None if text is None or not text.strip() else check_text(text, field, most=most, long=True)


def check_texts(value: Mapping[str, str], field: str, *, most: int, long: bool = False) -> Texts:
    """A text in one or more languages, each checked as in `check_text`. Raises `Invalid`."""
    if not value:
        raise Invalid.field(field, msg("Write this text in at least one language."))
    for language in value:
        if not _LANGUAGE.match(language):
            raise Invalid.field(field, msg("Write the language as its code, such as en or ru."))
    return {
        language: check_text(text, f"{field}.{language}", most=most, long=long)
        for language, text in value.items()
    }
