"""What was typed into a form, by the names of its inputs.

The name of an input is the path by which errors name it (``requested.amount``, ``answers.costs[0].item``), so no form
needs a table to become a command or to show errors. Names that start with an underscore belong to the form itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from api.http.problems import Problem, ProblemType
from domain.messages import msg

_MOST_NAME: Final = 120
_PATH: Final = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*|\[[0-9]{1,3}\])*\Z", re.ASCII)
_STEP: Final = re.compile(r"[a-z][a-z0-9_]*|[0-9]+", re.ASCII)
_ROW: Final = re.compile(r"([a-z0-9_.]+)\[([0-9]{1,3})\]\.(.+)", re.ASCII)

Plain = dict[str, Any]  # Any: what JSON can hold


def names_an_input(name: str) -> bool:
    """Whether an input of a form can have this name."""
    return len(name) <= _MOST_NAME and _PATH.match(name) is not None


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


def is_empty(value: Any) -> bool:  # Any: see Plain
    """Whether nothing was typed. The currency of a sum is filled in by the form and does not count."""
    if isinstance(value, dict):
        return all(is_empty(below) for name, below in value.items() if not name.endswith("currency"))
    return isinstance(value, str) and not value.strip()
