"""Forms as browsers send them: parsed strictly, and converted to the fields of a command.

The name of an input is the path by which errors name it (``requested.amount``, ``answers.costs[0].item``), so no form
needs a table to become a command or to show errors. Names that start with an underscore belong to the form itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Any, Final, TypeVar, Union, get_args, get_origin, get_type_hints
from urllib.parse import unquote_to_bytes

import msgspec
from litestar import Request

from api.http.bodies import MOST_FIELDS, decode, is_utf8, take_in
from api.http.problems import Problem, ProblemType
from domain.amounts import typed_amount, typed_whole
from domain.deciding import Command
from domain.exchange import Exchange, typed_rate
from domain.messages import msg
from domain.values import Money

C = TypeVar("C", bound=Command)

LIMIT: Final = 1_000_000
"""The most bytes of a form."""
_MOST_NAME: Final = 120
_MEDIA_TYPE: Final = "application/x-www-form-urlencoded"
_PATH: Final = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*|\[[0-9]{1,3}\])*\Z", re.ASCII)
_STEP: Final = re.compile(r"[a-z][a-z0-9_]*|[0-9]+", re.ASCII)
_ROW: Final = re.compile(r"([a-z0-9_.]+)\[([0-9]{1,3})\]\.(.+)", re.ASCII)
_OWN: Final = re.compile(r"_[a-z]{1,20}\Z", re.ASCII)

TICKED: Final = "true"
"""The value of a ticked box; a box that is not ticked is not sent."""

Plain = dict[str, Any]  # Any: what JSON can hold


@dataclass(frozen=True, slots=True)
class SubmittedForm:
    """What was typed, by the names of the inputs."""

    fields: Mapping[str, str]

    def own(self, name: str) -> str:
        """One of the form's own fields, such as ``csrf``; empty if it is missing."""
        return self.fields.get(f"_{name}", "")

    def typed(self) -> dict[str, str]:
        """What a person typed or chose, without the form's own fields."""
        return {name: value for name, value in self.fields.items() if not name.startswith("_")}

    def without_blank_rows(self) -> SubmittedForm:
        """The form without empty table rows; the others (``answers.costs[2].item``) are renumbered from 0, so that the
        number in an error is that of the row shown."""
        tables: dict[str, dict[int, dict[str, str]]] = {}
        others: dict[str, str] = {}
        for name, value in self.fields.items():
            if found := _ROW.match(name):
                tables.setdefault(found[1], {}).setdefault(int(found[2]), {})[found[3]] = value
            else:
                others[name] = value
        for table, rows in tables.items():
            written = [rows[number] for number in sorted(rows) if not is_empty(rows[number])]
            for number, row in enumerate(written):
                others |= {f"{table}[{number}].{column}": text for column, text in row.items()}
        return SubmittedForm(others)

    def rearranged(self) -> SubmittedForm:
        """The form after one of its buttons named ``_rows`` was pressed: ``up``, ``down`` or ``remove``, then a table and the
        number of one of its rows (``remove answers.works.entries 1``)."""
        what, _, of = self.own("rows").partition(" ")
        table, _, row = of.partition(" ")
        numbers = sorted(
            {int(found[2]) for name in self.fields if (found := _ROW.match(name)) and found[1] == table}
        )
        number = row_number(row)
        if number not in numbers:
            return self
        at = numbers.index(number)
        order = list(numbers)
        beside = {"up": at - 1, "down": at + 1}.get(what, -1)
        if what == "remove":
            del order[at]
        elif 0 <= beside < len(order):
            order[at], order[beside] = order[beside], order[at]
        new = {old: place for place, old in zip(numbers, order, strict=False)}
        fields: dict[str, str] = {}
        for name, value in self.fields.items():
            found = _ROW.match(name)
            if found is None or found[1] != table:
                fields[name] = value
            elif int(found[2]) in new:
                fields[f"{table}[{new[int(found[2])]}].{found[3]}"] = value
        return SubmittedForm(fields)

    def rows(self, table: str) -> int:
        """The number of rows of a table that were sent."""
        return len({found[2] for name in self.fields if (found := _ROW.match(name)) and found[1] == table})


async def read_form(request: Request[Any, Any, Any], most_fields: int = MOST_FIELDS) -> SubmittedForm:
    """The form in a request, with at most `most_fields` fields. Raises `Problem` for everything that a browser would
    not send from one of our pages."""
    media, _, parameters = request.headers.get("content-type", "").partition(";")
    raw = await take_in(request, LIMIT)
    if raw is None:
        raise Problem(
            ProblemType.TOO_LARGE,
            msg("This form is larger than the {most} bytes that it may have.", most=LIMIT),
        )
    if media.strip().lower() != _MEDIA_TYPE or not is_utf8(parameters):
        raise Problem(ProblemType.UNSUPPORTED, msg("What was sent is not a form of these pages."))
    return SubmittedForm(_pairs(raw, most_fields))


def _pairs(raw: bytes, most_fields: int) -> dict[str, str]:
    fields: dict[str, str] = {}
    parts = raw.split(b"&", most_fields) if raw else []
    if len(parts) > most_fields:
        raise Problem(ProblemType.MALFORMED, msg("A form has at most {most} fields.", most=most_fields))
    for part in parts:
        sent_name, _, sent = part.partition(b"=")
        try:
            name, value = (unquote_to_bytes(each.replace(b"+", b" ")).decode() for each in (sent_name, sent))
        except UnicodeDecodeError:
            raise Problem(ProblemType.MALFORMED, msg("The form is not in UTF-8.")) from None
        if "\x00" in name or "\x00" in value:
            raise Problem(
                ProblemType.MALFORMED, msg("The form contains a NUL character, which cannot be stored.")
            )
        if len(name) > _MOST_NAME or not (_PATH.match(name) or _OWN.match(name)):
            raise Problem(ProblemType.MALFORMED, msg("The form has a field that is not on the page."))
        if name in fields:
            raise Problem(ProblemType.MALFORMED, msg("The form has the same field twice."))
        # Browsers send the end of a line as two characters; it counts as one.
        fields[name] = value.replace("\r\n", "\n")
    return fields


def row_number(text: str) -> int | None:
    """The number of a row of a table, which a button names; None for anything else."""
    return int(text) if re.fullmatch("[0-9]{1,3}", text, re.ASCII) else None


def nested(fields: Mapping[str, str]) -> Plain:
    """Nests fields by their paths: ``{"a.b": "x", "c[0].d": "y"}`` becomes ``{"a": {"b": "x"}, "c": [{"d": "y"}]}``.

    The numbers in brackets only give the order. Raises `Problem` if two paths contradict each other.
    """
    root: Plain = {}
    for path, value in fields.items():
        steps = _STEP.findall(path)
        here = root
        for step in steps[:-1]:
            below = here.setdefault(step, {})
            if not isinstance(below, dict):
                raise Problem(
                    ProblemType.MALFORMED, msg("The form does not have the shape of the one on the page.")
                )
            here = below
        if steps[-1] in here:
            raise Problem(
                ProblemType.MALFORMED, msg("The form does not have the shape of the one on the page.")
            )
        here[steps[-1]] = value
    return {name: _listed(value) for name, value in root.items()}


def _listed(value: Any) -> Any:  # Any: see Plain
    if not isinstance(value, dict):
        return value
    if value and all(name.isdigit() for name in value):
        return [_listed(value[name]) for name in sorted(value, key=int)]
    return {name: _listed(below) for name, below in value.items()}


def with_seconds(plain: Plain, *names: str) -> Plain:
    """The form with the seconds that browsers leave out of dates and times."""
    timed = {name: plain[name] for name in names if isinstance(plain.get(name), str)}
    return plain | {name: f"{text}:00" for name, text in timed.items() if text.count(":") == 1}


def command_of(kind: type[C], plain: Plain) -> C:
    """A command from a form, in which all values are text: whole numbers and amounts are read as people write them, and
    empty optional fields are left out. Raises `Problem`, or `Invalid` with every wrong field."""
    return decode(msgspec.json.encode(read_typed(plain, kind)), kind, options=True)


def read_typed(value: Any, hint: Any) -> Any:  # Any: see Plain, and a type
    """A value in the type that its field needs: whole numbers and amounts are read if they have one meaning. What
    cannot be read stays as it was typed, so that the command's own rule reports the error."""
    if get_origin(hint) in (Union, UnionType):
        members = get_args(hint)
        if type(None) in members and is_empty(value):
            return None
        if str in members and isinstance(value, str):
            return value  # also "true", where it is somebody's text
        for member in members:
            value = read_typed(value, member)
        return value
    if isinstance(value, str):
        if hint is bool:
            return {TICKED: True, "false": False}.get(value, value)
        return typed_whole(value) if hint is int else value
    if isinstance(value, list) and get_origin(hint) is tuple:
        return [read_typed(each, get_args(hint)[0]) for each in value]
    if not isinstance(value, dict):
        return value
    if get_origin(hint) is dict:
        return {name: read_typed(below, get_args(hint)[1]) for name, below in value.items()}
    if hint is Exchange and isinstance(typed := value.get("rate"), str):
        return {**value, "rate": typed_rate(typed)}
    if hint is Money and isinstance(typed := value.get("amount"), str):
        return {**value, "amount": typed_amount(typed, str(value.get("currency")))}
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        hints = get_type_hints(hint)
        return {name: read_typed(below, hints.get(name)) for name, below in value.items()}
    return value


def is_empty(value: Any) -> bool:  # Any: see Plain
    """Whether nothing was typed. The currency of a sum is filled in by the form and does not count."""
    if isinstance(value, dict):
        return all(is_empty(below) for name, below in value.items() if not name.endswith("currency"))
    return isinstance(value, str) and not value.strip()
