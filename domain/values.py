"""Values that many facts share: money, texts in several languages, roles, channels, and stream ids."""

from __future__ import annotations

import enum
import re
from datetime import UTC, date, datetime
from typing import Annotated, Final

import msgspec

from domain.amounts import why_unreadable
from domain.currencies import DECIMALS, decimals
from domain.limits import MAX_MINOR
from domain.messages import msg
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


HANDLE_BYTES: Final = 10
_HANDLE_LETTERS: Final = "23456789abcdefghjkmnpqrstvwxyz"


def handle_of(random: bytes) -> str:
    """A handle from random bytes: a letter for each, without letters that are easily confused."""
    return "".join(_HANDLE_LETTERS[byte % len(_HANDLE_LETTERS)] for byte in random)


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
InvitationId = Annotated[str, _id_of("invitation")]
ExclusionId = Annotated[str, _id_of("exclusion")]
WayInId = Annotated[str, _id_of("way")]
FactorId = Annotated[str, _id_of("factor")]
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
