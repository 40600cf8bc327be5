"""What a JSON body may hide from whoever looks at its bytes alone."""

from __future__ import annotations

from datetime import date, datetime

import msgspec
import pytest

from api.http.bodies import decode, is_utf8
from api.http.problems import Problem
from domain.refusals import Invalid
from domain.values import Money


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A body with what can be hidden in one."""

    text: str = ""
    on: date | None = None
    at: datetime | None = None
    amount: Money | None = None
    answers: dict[str, str] = {}
    rows: tuple[Money, ...] = ()


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (rb'{"at":"9999-12-31T23:59:59-23:59"}', "at"),
        (rb'{"at":"\u0039999-12-31T23:59:59-23:59"}', "at"),
        (rb'{"at":"9\u0039\u00399-12-31T23:59:59-23:59"}', "at"),
        (rb'{"on":"\u0030001-01-01"}', "on"),
        (rb'{"on":"9999\u002d12-31"}', "on"),
        (rb'{"on":"9999\u002D12-31"}', "on"),
        (rb'{"text":"\u0000"}', "text"),
    ],
)
def test_an_escape_hides_neither_a_year_nor_a_nul(raw: bytes, field: str) -> None:
    """What counts is what the body says, not how it is written."""
    with pytest.raises(Invalid) as refused:
        decode(raw, Body)
    assert [error.field for error in refused.value.errors] == [field]


def test_a_date_with_escapes_is_a_date() -> None:
    """JSON lets everything be written so."""
    assert decode(rb'{"on":"\u0032026\u002d05-31"}', Body).on == date(2026, 5, 31)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"amount":{"amount":"1.00","currency":"EUR","amount":"2.00"}}',
        b'{"text":"a","text":"a"}',
        b'{"text" : "a", "text"\n:"b"}',
        rb'{"text":"a","t\u0065xt":"b"}',
        rb'{"answers":{"a/b":"1","a\/b":"2"}}',
        rb'{"answers":{"a\"b":"1","a\"b":"2"}}',
        b'{"answers":{"why":"1","why":"2"}}',
        b'{"unknown":{"a":1,"a":2}}',
        b'{"rows":[{"amount":"1","currency":"EUR"},{"amount":"1","currency":"EUR","currency":"EUR"}]}',
        b'{"text":7,"text":"a"}',
    ],
)
def test_a_field_named_twice_is_refused(raw: bytes) -> None:
    """Of the two, we would take the last, and whoever looked at it before us perhaps the first."""
    with pytest.raises(Problem) as refused:
        decode(raw, Body)
    assert (refused.value.kind.status, str(refused.value.detail)) == (
        400,
        "The body names a field twice in one object.",
    )


def test_the_same_name_in_two_objects_is_no_field_named_twice() -> None:
    """Nor is a text that looks like a name; and a long number gets the sentence that it deserves."""
    money = {"amount": "1.00", "currency": "EUR"}
    said = {"text": 'he said "text": "text": so', "amount": money, "rows": [money, money]}
    assert decode(msgspec.json.encode(said), Body) == msgspec.convert(said, Body)
    assert decode(msgspec.json.format(msgspec.json.encode(said)), Body) == msgspec.convert(said, Body)
    with pytest.raises(Problem, match="out of range"):
        decode(b'{"rows":[{"amount":"1"},{"amount":' + b"1" * 10_000 + b"}]}", Body)


@pytest.mark.parametrize(
    ("parameters", "good"),
    [
        ("", True),
        (" charset=utf-8", True),
        (' Charset="UTF-8"', True),
        (" profile=x; charset=utf8", True),
        (" charset=utf-16", False),
        ("charset=windows-1251", False),
        (" charset=", False),
    ],
)
def test_json_is_in_utf_8(parameters: str, good: bool) -> None:
    """RFC 8259, section 8.1."""
    assert is_utf8(parameters) is good
