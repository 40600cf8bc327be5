"""A list as CSV and as XLSX: typed cells, harmless texts, and nothing about who made the file or when."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from api.lists.columns import Around, Sheet, day, moment, money, number, sheet_of, text
from api.lists.files import as_csv, as_xlsx, begins_like_formula
from api.locales import ENGLISH, Locale
from domain.messages import At, in_context, msg
from domain.values import Money

NOON = datetime(2026, 3, 29, 12, 0, tzinfo=UTC)
DANGEROUS = ("=1+1", "+1", "-1", "@SUM(A1)", " =1+1", "\t=1", "\r=1", "＝1+1", '=cmd|" /C calc"!A0')
HARMLESS = ("Two = two", "A–B", "", "Тишина", "1-2")

COLUMNS = (
    text(msg("Title"), lambda item, _: item["title"]),
    text(msg("Status"), lambda _, __: in_context("review status", "submitted")),
    number(msg("Reviews"), lambda item, _: item["reviews"]),
    money(msg("Asked for"), lambda item, _: item["sum"]),
    day(msg("Due"), lambda item, _: item["due"]),
    moment(msg("Answer until"), lambda item, _: item["until"]),
)
FULL = {
    "title": "Тишина",
    "reviews": 3,
    "sum": Money(amount="1250.50", currency="EUR"),
    "due": date(2026, 4, 1),
    "until": At(NOON, "Europe/Berlin"),
}
EMPTY = {"title": None, "reviews": None, "sum": None, "due": None, "until": None}


def test_a_column_of_money_and_one_of_moments_take_two_columns_each() -> None:
    sheet = sheet_of(msg("Applications"), COLUMNS, [FULL, EMPTY], Around(), (), ENGLISH)
    berlin = datetime(2026, 3, 29, 14, 0, tzinfo=ZoneInfo("Europe/Berlin"))
    assert sheet == Sheet(
        title="Applications",
        headings=["Title", "Status", "Reviews", "Asked for", "Asked for: currency", "Due", "Answer until",
            "Answer until: time zone"],
        rows=[
            ["Тишина", "Submitted", 3, Decimal("1250.50"), "EUR", date(2026, 4, 1), berlin, "Europe/Berlin"],
            [None, "Submitted", None, None, None, None, None, None],
        ],
        notes=[],
    )  # fmt: skip


def test_headings_and_labels_are_in_the_reader_s_language() -> None:
    sheet = sheet_of(msg("Applications"), COLUMNS, [EMPTY], Around(), (), Locale("ru"))
    assert sheet.headings[0] == "Название"
    assert sheet.rows[0][1] == "Отправлена"


def test_csv_begins_with_a_byte_order_mark_and_writes_by_iso_8601_and_rfc_4180() -> None:
    sheet = sheet_of(msg("Applications"), COLUMNS[2:], [FULL], Around(), (), ENGLISH)
    assert as_csv(sheet, ENGLISH).decode() == (
        "\ufeffReviews,Asked for,Asked for: currency,Due,Answer until,Answer until: time zone\r\n"
        "3,1250.50,EUR,2026-04-01,2026-03-29T14:00:00+02:00,Europe/Berlin\r\n"
    )


def test_csv_puts_an_apostrophe_before_what_could_be_run_and_says_so() -> None:
    rows = [[each, Decimal("-1.00")] for each in (*DANGEROUS, *HARMLESS, "'quoted")]
    written = as_csv(Sheet("List", ["Title", "Sum"], rows), ENGLISH).decode("utf-8-sig")
    found = list(csv.reader(io.StringIO(written, newline="")))
    assert [row[0] for row in found[1:-2]] == [*("'" + each for each in DANGEROUS), *HARMLESS, "''quoted"]
    assert {row[1] for row in found[1:-2]} == {"-1.00"}
    assert found[-2] == ["", ""]
    assert found[-1][0].startswith("In this file an apostrophe stands before texts")
    assert not any(begins_like_formula(row[0]) for row in found)


def test_csv_without_such_a_text_says_nothing_of_it() -> None:
    written = as_csv(Sheet("List", ["Title"], [["Тишина"]]), ENGLISH).decode("utf-8-sig")
    assert written == "Title\r\nТишина\r\n"


def parts(book: bytes) -> dict[str, str]:
    """The parts of an XLSX file as text."""
    with zipfile.ZipFile(io.BytesIO(book)) as opened:
        assert {each.date_time for each in opened.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        return {each: opened.read(each).decode() for each in opened.namelist()}


def test_xlsx_has_typed_cells_and_no_formula_or_link() -> None:
    sheet = sheet_of(msg("Applications"), COLUMNS, [FULL], Around(), (), ENGLISH)
    rows = [[*sheet.rows[0]], *([each] + [None] * 7 for each in (*DANGEROUS, "https://example.org"))]
    found = parts(as_xlsx(Sheet("Applications", sheet.headings, rows), ENGLISH))
    page = found["xl/worksheets/sheet1.xml"]
    assert re.findall(r'<c r="([C-G]2)"(?: s="\d+")?(?: t="(\w+)")?><v>([^<]*)', page) == [
        ("C2", "", "3"),
        ("D2", "", "1250.5"),
        ("E2", "s", "10"),
        ("F2", "", "46113"),
        ("G2", "", "46110.58333333334"),
    ]
    assert "<f>" not in page
    assert "hyperlink" not in page
    assert "=1+1" in found["xl/sharedStrings.xml"]
    # Cells with such texts stay texts when somebody edits them.
    assert found["xl/styles.xml"].count('quotePrefix="1"') == 1


def test_xlsx_tells_neither_an_author_nor_a_time() -> None:
    found = parts(as_xlsx(Sheet("Applications", ["Title"], [["Тишина"]]), ENGLISH))
    core = found["docProps/core.xml"]
    assert re.findall(r"<dc:creator>(.*?)</dc:creator>", core) in ([], [""])
    assert set(re.findall(r"\d{4}-\d\d-\d\dT[^<]*", core)) == {"2000-01-01T00:00:00Z"}


def test_the_same_list_is_the_same_file() -> None:
    sheet = sheet_of(msg("Applications"), COLUMNS, [FULL], Around(), (), ENGLISH)
    assert as_xlsx(sheet, ENGLISH) == as_xlsx(sheet, ENGLISH)


def test_a_long_text_and_a_long_title_fit() -> None:
    found = parts(
        as_xlsx(Sheet("A title [that] is much too long for a sheet", ["Title"], [["x" * 40_000]]), ENGLISH)
    )
    assert 'name="A title  that  is much too long"' in found["xl/workbook.xml"]
    assert len(re.findall(r"x+…", found["xl/sharedStrings.xml"])[0]) == 32_767
