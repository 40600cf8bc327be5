"""Reading funders' files: what is mended, what is refused, and that nothing disappears."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.giving import (
    FileGrant,
    FileUnusable,
    GrantUnusable,
    RefusedGrant,
    minor_units_of,
    read_grants,
)

REAL = Path(__file__).parents[3] / "shared" / "data" / "360giving" / "power-to-change.json"


def sound(**changes: Any) -> dict[str, Any]:
    """A grant without a fault; a change to `...` leaves the field out."""
    grant = {
        "id": "360G-invented-1",
        "title": "A theatre in winter",
        "description": "Six evenings in an invented hall.",
        "currency": "EUR",
        "amountAwarded": 1250.5,
        "amountAppliedFor": 1500,
        "awardDate": "2024-03-01T00:00:00+00:00",
        "plannedDates": [{"startDate": "2024-04-01", "endDate": "2024-12-31"}],
        "recipientOrganization": [{"id": "XX-1", "name": "Invented Stage"}],
        "grantProgramme": [{"title": "Evenings"}],
        "fromOpenCall": "Yes",
    } | changes
    return {name: value for name, value in grant.items() if value is not ...}


def read(tmp_path: Path, *grants: Any, most: int | None = None) -> Any:
    file = tmp_path / "grants.json"
    file.write_text(json.dumps({"grants": grants}), "utf-8")
    return read_grants(file, most=most)


def one(tmp_path: Path, **changes: Any) -> FileGrant:
    found = read(tmp_path, sound(**changes))
    assert not found.refused
    (grant,) = found.grants
    assert isinstance(grant, FileGrant)
    return grant


def refusal(tmp_path: Path, **changes: Any) -> str:
    found = read(tmp_path, sound(**changes))
    assert not found.grants
    (refused,) = found.refused
    return str(refused.reason)


def test_a_sound_grant_is_read_whole(tmp_path: Path) -> None:
    assert one(tmp_path) == FileGrant(
        number=1,
        identifier="360G-invented-1",
        title="A theatre in winter",
        description="Six evenings in an invented hall.",
        currency="EUR",
        awarded=125_050,
        requested=150_000,
        recipient="Invented Stage",
        programme="Evenings",
        open_call=True,
        awarded_on=date(2024, 3, 1),
        ends_on=date(2024, 12, 31),
        mended=(),
    )


@pytest.mark.parametrize(
    ("written", "currency", "minor"),
    [
        (Decimal("3239.34"), "GBP", 323_934),
        (0, "EUR", 0),
        ("1250", "EUR", 125_000),
        (" 1,234,567.80 ", "EUR", 123_456_780),
        ("£1,200", "GBP", 120_000),
        ("GBP 1200.5", "GBP", 120_050),
        ("1200 EUR", "EUR", 120_000),
        (1500, "JPY", 1500),
        (Decimal("1.234"), "KWD", 1234),
        (Decimal("1E+3"), "EUR", 100_000),
        ("-5", "EUR", -500),
    ],
)
def test_sums_are_read_in_their_usual_spellings(written: Any, currency: str, minor: int) -> None:
    assert minor_units_of(written, currency) == (minor, False)


@pytest.mark.parametrize(
    ("written", "currency", "minor"),
    [
        (Decimal("10.005"), "EUR", 1001),
        (Decimal("10.004"), "EUR", 1000),
        (Decimal("85.50000000000001"), "EUR", 8550),
        ("99.5", "JPY", 100),
    ],
)
def test_fractions_beyond_the_minor_unit_are_rounded_half_up_and_said(
    written: Any, currency: str, minor: int
) -> None:
    assert minor_units_of(written, currency) == (minor, True)


@pytest.mark.parametrize(
    "written",
    [
        None,
        True,
        "",
        "a lot",
        "1.234,50",
        "12,34",
        "1 2",
        [5],
        {"value": 5},
        float("nan"),
        float("inf"),
        "1e999",
        10**30,
    ],
)
def test_what_is_no_sum_is_refused(written: Any) -> None:
    with pytest.raises(GrantUnusable):
        minor_units_of(written, "EUR")


def test_a_rounded_award_is_told(tmp_path: Path) -> None:
    grant = one(tmp_path, amountAwarded=10.005)
    assert (grant.awarded, grant.mended) == (1001, ("The sum awarded was rounded to the minor unit.",))


@pytest.mark.parametrize("asked", [..., None, 0, 0.0, "0", "0.00"])
def test_the_award_stands_for_a_sum_asked_for_of_nothing(tmp_path: Path, asked: Any) -> None:
    grant = one(tmp_path, amountAppliedFor=asked)
    assert (grant.requested, grant.mended) == (grant.awarded, ())


def test_the_award_stands_for_a_sum_asked_for_that_is_none_and_this_is_told(tmp_path: Path) -> None:
    grant = one(tmp_path, amountAppliedFor="on request")
    assert (grant.requested, len(grant.mended)) == (grant.awarded, 1)
    grant = one(tmp_path, amountAppliedFor=-3)
    assert (grant.requested, len(grant.mended)) == (grant.awarded, 1)


def test_an_award_may_exceed_what_was_asked(tmp_path: Path) -> None:
    grant = one(tmp_path, amountAppliedFor=100, amountAwarded=200)
    assert (grant.requested, grant.awarded, grant.mended) == (10_000, 20_000, ())


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"amountAwarded": ...}, "It says no sum awarded."),
        ({"amountAwarded": 0}, "Its sum awarded is not above zero, so there is nothing to pay."),
        ({"amountAwarded": -10}, "Its sum awarded is not above zero, so there is nothing to pay."),
        ({"amountAwarded": 0.001}, "Its sum awarded is not above zero, so there is nothing to pay."),
        ({"amountAwarded": "much"}, "Its sum awarded cannot be used: it is no number."),
        ({"amountAwarded": True}, "Its sum awarded cannot be used: it is no number."),
        (
            {"amountAwarded": 10**14},
            "Its sum awarded cannot be used: it is larger than any sum that can be recorded.",
        ),
        ({"currency": ...}, "It names no currency."),
        ({"currency": "euro"}, "Its currency is not a three-letter code."),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_sentence(
    tmp_path: Path, changes: dict[str, Any], reason: str
) -> None:
    assert refusal(tmp_path, **changes) == reason


def test_no_grant_disappears(tmp_path: Path) -> None:
    found = read(tmp_path, sound(), "no object", sound(id="b", amountAwarded=0), sound(), sound(id="c"), None)
    assert [grant.number for grant in found.grants] == [1, 5]
    assert found.refused == (
        RefusedGrant(2, "grant 2", "It is not an object with fields."),
        RefusedGrant(3, "b", "Its sum awarded is not above zero, so there is nothing to pay."),
        RefusedGrant(4, "360G-invented-1", "It has the same identifier as grant 1 of the file."),
        RefusedGrant(6, "grant 6", "It is not an object with fields."),
    )
    assert len(read(tmp_path, sound(), sound(id="b"), sound(id="c"), most=2).grants) == 2


def test_a_refused_grant_does_not_take_its_identifier_from_a_sound_one(tmp_path: Path) -> None:
    found = read(tmp_path, sound(amountAwarded=0), sound())
    assert [grant.number for grant in found.grants] == [2]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Yes", True),
        ("Y", True),
        ("y ", True),
        (True, True),
        ("No", False),
        (False, False),
        ("", None),
        (..., None),
    ],
)
def test_an_open_call_is_said_in_many_ways(tmp_path: Path, written: Any, meant: bool | None) -> None:
    grant = one(tmp_path, fromOpenCall=written)
    assert (grant.open_call, grant.mended) == (meant, ())


def test_what_is_neither_yes_nor_no_is_told(tmp_path: Path) -> None:
    grant = one(tmp_path, fromOpenCall="perhaps")
    assert (grant.open_call, len(grant.mended)) == (None, 1)


def test_missing_texts_are_mended_and_told(tmp_path: Path) -> None:
    grant = one(tmp_path, title=...)
    assert (grant.title, len(grant.mended)) == ("Six evenings in an invented hall.", 1)
    grant = one(tmp_path, description="  ")
    assert (grant.description, len(grant.mended)) == ("A theatre in winter", 1)
    grant = one(tmp_path, title=..., description=None)
    assert (grant.title, grant.description, len(grant.mended)) == ("360G-invented-1", "360G-invented-1", 2)


def test_texts_that_no_database_keeps_lose_what_it_cannot_keep(tmp_path: Path) -> None:
    grant = one(
        tmp_path, title="A\x00B \ud800", description="x" * 30_000, recipientOrganization={"name": "Alone"}
    )
    assert grant.title == "AB"
    assert len(grant.description) == 20_000
    assert grant.recipient == "Alone"


@pytest.mark.parametrize(
    "written", ["2024-03-01", "2024-03-01T10:00:00Z", "2024-03-01T00:00:00+00:00", " 2024-03-01 "]
)
def test_dates_come_with_and_without_a_time(tmp_path: Path, written: str) -> None:
    assert one(tmp_path, awardDate=written).awarded_on == date(2024, 3, 1)


@pytest.mark.parametrize("written", ["01/03/2024", "0001-01-01", 20240301, None, ...])
def test_a_date_that_cannot_be_read_is_mended_and_told(tmp_path: Path, written: Any) -> None:
    grant = one(tmp_path, awardDate=written)
    assert (grant.awarded_on, len(grant.mended)) == (date(2024, 4, 1), 1)


def test_a_planned_end_before_the_award_is_mended_and_told(tmp_path: Path) -> None:
    grant = one(tmp_path, plannedDates=[{"endDate": "2020-01-01"}])
    assert (grant.ends_on, len(grant.mended)) == (date(2025, 3, 1), 1)
    assert one(tmp_path, plannedDates=...).mended == ()


def test_the_sum_in_the_file_never_passes_through_a_float(tmp_path: Path) -> None:
    """The nearest float to 4503599627370.495 is another number, which would round to another cent."""
    file = tmp_path / "grants.json"
    text = json.dumps({"grants": [sound(amountAwarded=0)]}).replace(
        '"amountAwarded": 0', '"amountAwarded": 1.005'
    )
    file.write_text(text, "utf-8")
    assert read_grants(file).grants[0].awarded == 101


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"{", "The file grants.json is not JSON (line 1)."),
        (b"\xff\xfe{}", "The file grants.json is not JSON in UTF-8."),
        (b'{"grants": {}}', 'The file grants.json has no list of grants; 360Giving calls it "grants".'),
        (b"5", 'The file grants.json has no list of grants; 360Giving calls it "grants".'),
        (b"[" * 100_000, "The file grants.json is not JSON in UTF-8."),
    ],
)
def test_a_file_that_is_none_is_refused_in_one_sentence(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    file = tmp_path / "grants.json"
    file.write_bytes(content)
    with pytest.raises(FileUnusable) as refused:
        read_grants(file)
    assert str(refused.value) == sentence


def test_a_missing_file_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(FileUnusable, match="No such file"):
        read_grants(tmp_path / "none.json")


def test_a_byte_order_mark_and_a_bare_list_are_forgiven(tmp_path: Path) -> None:
    file = tmp_path / "grants.json"
    file.write_bytes(b"\xef\xbb\xbf" + json.dumps([sound()]).encode())
    assert len(read_grants(file).grants) == 1


def test_the_real_file_is_read_whole_to_the_penny() -> None:
    if not REAL.exists():
        pytest.skip("the real file of grants is not beside the project (shared/data/360giving)")
    found = read_grants(REAL)
    assert (len(found.grants), found.refused) == (870, ())
    listed = json.loads(REAL.read_text("utf-8"), parse_float=Decimal)["grants"]
    assert (
        sum(grant.awarded for grant in found.grants)
        == sum(Decimal(each["amountAwarded"]) for each in listed) * 100
    )
    beyond = sum(grant.awarded > grant.requested for grant in found.grants)
    assert beyond == sum(0 < each.get("amountAppliedFor", 0) < each["amountAwarded"] for each in listed) == 70
