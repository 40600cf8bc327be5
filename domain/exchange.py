"""The rate at which a bank changed money into another currency, exactly as on the statement: never a float."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from domain.messages import msg
from domain.refusals import Invalid
from domain.values import check_currency

_RATE: Final = re.compile(r"(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{1,12})?\Z", re.ASCII)
_WITH_COMMA: Final = re.compile(r"([0-9]{1,12}),([0-9]{1,2}|[0-9]{4,12})\Z", re.ASCII)


class Exchange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One unit of the money that was sent became `rate` (an exact decimal, such as ``0.92150``) of `currency`."""

    currency: str
    rate: str


def check_exchange(exchange: Exchange, field: str, *, sent: str) -> Exchange:
    """`exchange`, if it is a rate from the currency `sent` into another one; raises `Invalid`."""
    check_currency(exchange.currency, f"{field}.currency")
    if exchange.currency == sent:
        raise Invalid.field(
            f"{field}.currency",
            msg("The payment was sent in {currency}; write the other currency here.", currency=sent),
        )
    if not _RATE.match(exchange.rate) or not exchange.rate.strip("0."):
        raise Invalid.field(
            f"{field}.rate",
            msg("Write the rate as a plain number with a point, such as {example}.", example="0.9215"),
        )
    return exchange


def typed_rate(text: str) -> str:
    """A rate as people type it: with a decimal comma if that cannot be a thousands separator; otherwise the text
    unchanged."""
    trimmed = text.strip()
    found = _WITH_COMMA.match(trimmed)
    return f"{found[1]}.{found[2]}" if found else trimmed
