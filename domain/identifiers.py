"""Identifiers of organisations: the code of a register and the number in it, such as GB-CHC-1164883.

The codes are those of https://org-id.guide. If the numbers of a register follow a known rule, their form is checked; no
register is queried.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final

from stdnum import lei
from stdnum.ee import registrikood
from stdnum.fi import ytunnus
from stdnum.no import orgnr
from stdnum.ua import edrpou
from stdnum.us import ein

from domain import limits
from domain.messages import Message, counted, msg
from domain.refusals import FieldError, Invalid
from domain.texts import check_line

_IDENTIFIER: Final = re.compile(
    r"(?P<register>[A-Z]{2,3}-[A-Z0-9_]{2,12})-(?P<number>[A-Z0-9][A-Z0-9./-]*)\Z", re.ASCII
)


def _matches(pattern: str) -> Callable[[str], bool]:
    found = re.compile(rf"(?:{pattern})\Z", re.ASCII)
    return lambda number: found.match(number) is not None


_NUMBERS: Final[Mapping[str, Callable[[str], bool]]] = MappingProxyType(
    {
        "GB-CHC": _matches(r"\d{6,7}"),  # charities in England and Wales
        "GB-SC": _matches(r"SC\d{6}"),  # charities in Scotland
        "GB-NIC": _matches(r"(NIC)?\d{6}"),  # charities in Northern Ireland
        "GB-COH": _matches(r"\d{8}|[A-Z]{2}\d{6}"),  # companies in the United Kingdom
        "NL-KVK": _matches(r"\d{8}"),
        "CZ-ICO": _matches(r"\d{8}"),
        "LV-RE": _matches(r"\d{11}"),
        "PL-KRS": _matches(r"\d{10}"),
        "EE-RIK": registrikood.is_valid,
        "FI-PRO": ytunnus.is_valid,
        "NO-BRC": orgnr.is_valid,
        "UA-EDR": edrpou.is_valid,
        "US-EIN": ein.is_valid,
        "XI-LEI": lei.is_valid,
    }
)
"""Whether a number can be one of a register. For other registers, every number is accepted."""


def check_identifiers(identifiers: Iterable[str]) -> tuple[str, ...]:
    """Identifiers in capital letters, without duplicates, in order; empty lines are left out. Raises `Invalid`."""
    checked: list[str] = []
    errors: list[FieldError] = []
    for place, text in enumerate(identifiers):
        if not text.strip():
            continue
        field = f"identifiers[{place}]"
        try:
            identifier = check_line(text, field, most=limits.IDENTIFIER).upper()
        except Invalid as invalid:
            errors.extend(invalid.errors)
            continue
        if (why_not := _why_not(identifier)) is not None:
            errors.append(FieldError(field, why_not))
        elif identifier not in checked:
            checked.append(identifier)
    if errors:
        raise Invalid(tuple(errors))
    if len(checked) > limits.IDENTIFIERS:
        raise Invalid.field(
            "identifiers",
            counted(
                "At most {most} identifiers can be given; this is {count}.",
                "At most {most} identifiers can be given; these are {count}.",
                count=len(checked),
                most=limits.IDENTIFIERS,
            ),
        )
    return tuple(checked)


def _why_not(identifier: str) -> Message | None:
    found = _IDENTIFIER.match(identifier)
    if found is None:
        return msg("Write the code of the register and the number in it, such as GB-CHC-1164883.")
    valid = _NUMBERS.get(found["register"])
    if valid is not None and not valid(found["number"]):
        return msg(
            "This is not a valid number of the register {register}; check it again.",
            register=found["register"],
        )
    return None
