"""Writing a list as CSV (RFC 4180, UTF-8 with a byte-order mark) or as XLSX.

A file says nothing but the list: it has no author, no time of its making, and the same name for everybody.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final

import xlsxwriter  # type: ignore[import-untyped]  # it has no types

from api.lists.columns import Cell, Sheet
from api.locales import Locale
from domain.messages import msg

_BYTE_ORDER_MARK: Final = "\N{BYTE ORDER MARK}"
_FORMULA: Final = ("=", "+", "-", "@", "\N{FULLWIDTH EQUALS SIGN}", "\N{FULLWIDTH PLUS SIGN}",
    "\N{FULLWIDTH HYPHEN-MINUS}", "\N{FULLWIDTH COMMERCIAL AT}")  # fmt: skip
"""What a spreadsheet program may take for the beginning of a formula, also after spaces."""
_QUOTE: Final = "'"
_LONGEST: Final = 32_767
"""The most characters that a cell of XLSX can hold."""
_DATED: Final = datetime(2000, 1, 1)  # noqa: DTZ001 - a date for every file, not a moment
_WIDTHS: Final = (10, 48)


@dataclass(frozen=True, slots=True)
class Format:
    """A file format: how a list is written in it, and its media type."""

    media_type: str
    write: Callable[[Sheet, Locale], bytes]


def begins_like_formula(text: str) -> bool:
    """Whether a spreadsheet program could run a text as a formula."""
    return text.lstrip().startswith(_FORMULA) or text[:1] in ("\t", "\r", "\n")


def as_csv(sheet: Sheet, locale: Locale) -> bytes:
    """A list as CSV: numbers with a point, days and moments by ISO 8601. A text that could be run as a formula gets an
    apostrophe in front, and so does one that has one already, so that taking one away restores every text; a last line
    says so."""
    defused = False

    def written(cell: Cell) -> str:
        nonlocal defused
        match cell:
            case None:
                return ""
            case str() if begins_like_formula(cell) or cell.startswith(_QUOTE):
                defused = True
                return _QUOTE + cell
            case date():
                return cell.isoformat()
            case Decimal():
                return f"{cell:f}"
            case _:
                return str(cell)

    rows = [[written(cell) for cell in row] for row in sheet.rows]
    notes = list(sheet.notes)
    if defused:
        notes.append(
            locale.say(
                msg(
                    "In this file an apostrophe stands before texts that a spreadsheet program could take for formulas, and "
                    "before texts that begin with one."
                )
            )
        )
    out = io.StringIO()
    out.write(_BYTE_ORDER_MARK)
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(sheet.headings)
    writer.writerows(rows)
    width = len(sheet.headings)
    if notes:
        # An empty row, so that nobody takes a note for an entry.
        writer.writerows([[cell] + [""] * (width - 1) for cell in ("", *notes)])
    return out.getvalue().encode()


def as_xlsx(sheet: Sheet, _: Locale) -> bytes:
    """A list as XLSX. Every text is a text there, never a formula or a link, and stays one when somebody edits the cell."""
    out = io.BytesIO()
    # In memory, because nothing personal may be written to a disk, not even for a moment.
    book = xlsxwriter.Workbook(
        out,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
        },
    )
    book.set_properties({"author": "", "created": _DATED})
    page = book.add_worksheet(_as_name(sheet.title))
    formats = _Formats(book)
    heading = book.add_format({"bold": True, "bottom": 1})
    for number, words in enumerate(sheet.headings):
        page.write_string(0, number, words, heading)
        longest = max((len(str(row[number])) for row in sheet.rows if row[number] is not None), default=0)
        page.set_column(number, number, min(max(len(words), longest, _WIDTHS[0]) + 2, _WIDTHS[1]))
    for at, row in enumerate(sheet.rows, start=1):
        for number, cell in enumerate(row):
            _write(page, at, number, cell, formats)
    for at, note in enumerate(sheet.notes, start=len(sheet.rows) + 2):
        page.write_string(at, 0, note)
    page.freeze_panes(1, 0)
    book.close()
    return out.getvalue()


class _Formats:
    """The cell formats of a workbook, each made once."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        self._made: dict[tuple[str, Any], Any] = {}  # Any: xlsxwriter's formats

    def numbers(self, pattern: str) -> Any:
        return self._the("num_format", pattern)

    @property
    def quoted(self) -> Any:
        return self._the("quote_prefix", True)

    def _the(self, name: str, value: Any) -> Any:
        if (name, value) not in self._made:
            self._made[name, value] = self._book.add_format({name: value})
        return self._made[name, value]


def _write(page: Any, row: int, column: int, cell: Cell, formats: _Formats) -> None:
    match cell:
        case None:
            return
        case str():
            shown = cell if len(cell) <= _LONGEST else cell[: _LONGEST - 1] + "…"
            page.write_string(row, column, shown, formats.quoted if begins_like_formula(cell) else None)
        case datetime():
            # A cell knows no time zone: it has a column of its own.
            page.write_datetime(row, column, cell.replace(tzinfo=None), formats.numbers("yyyy-mm-dd hh:mm"))
        case date():
            page.write_datetime(
                row,
                column,
                datetime.combine(cell, time()),
                formats.numbers("yyyy-mm-dd"),
            )
        case Decimal():
            exponent = cell.as_tuple().exponent
            places = -exponent if isinstance(exponent, int) and exponent < 0 else 0
            pattern = "#,##0" + ("." + "0" * places if places else "")
            page.write_number(row, column, float(cell), formats.numbers(pattern))
        case _:
            page.write_number(row, column, cell)


def _as_name(title: str) -> str:
    """A title as the name of a sheet, which has at most 31 characters and none of a few."""
    return "".join(" " if each in "[]:*?/\\'" else each for each in title)[:31].strip() or "1"


FORMATS: Final[Mapping[str, Format]] = {
    "csv": Format("text/csv", as_csv),
    "xlsx": Format("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", as_xlsx),
}
"""The formats of files, by the end of a file's name."""
