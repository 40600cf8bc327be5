"""How a message is said in a language: numbers, money, moments, lists, plurals, labels."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from api.locales import ENGLISH, Locale, locale_of
from domain.amounts import typed_amount
from domain.applications.state import ApplicationStatus
from domain.labels import label
from domain.messages import At, counted, msg
from domain.values import Money

RUSSIAN = Locale("ru")
NOON = datetime(2026, 7, 1, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "english", "russian"),
    [
        (Money(amount="12500.00", currency="EUR"), "12,500.00\xa0EUR", "12\xa0500,00\xa0EUR"),
        (Money(amount="12500", currency="JPY"), "12,500\xa0JPY", "12\xa0500\xa0JPY"),
        (Money(amount="0.125", currency="KWD"), "0.125\xa0KWD", "0.125\xa0KWD"),
        # The library would show no decimals of these two, as nobody pays them in cash.
        (Money(amount="1250.50", currency="HUF"), "1,250.50\xa0HUF", "1\xa0250,50\xa0HUF"),
        (Money(amount="1250.505", currency="IQD"), "1,250.505\xa0IQD", "1\xa0250.505\xa0IQD"),
        (date(2026, 3, 1), "1 March 2026", "1 марта 2026"),
        (NOON, "1 July 2026, 10:00 UTC", "1 июля 2026, 10:00 UTC"),
        (10_000, "10,000", "10\xa0000"),
        (("a", "b"), "a and b", "a и b"),
        ("1 {x} <b>", "1 {x} <b>", "1 {x} <b>"),
    ],
)
def test_a_value_is_written_as_its_language_writes_it(value: object, english: str, russian: str) -> None:
    message = msg("{value}", value=value)
    assert ENGLISH.say(message) == english
    assert RUSSIAN.say(message) == russian


def test_a_moment_in_a_time_zone_names_the_city_of_the_zone() -> None:
    assert ENGLISH.say(msg("{at}", at=At(NOON, "Europe/Berlin"))) == "1 July 2026, 12:00 (Berlin time)"


@pytest.mark.parametrize(
    ("zone", "english", "russian"), [("Europe/Berlin", "Berlin", "Берлин"), ("UTC", "UTC", "UTC")]
)
def test_a_time_zone_is_known_by_its_city(zone: str, english: str, russian: str) -> None:
    assert (ENGLISH.city(zone), RUSSIAN.city(zone)) == (english, russian)


def test_countries_are_listed_in_the_order_of_the_alphabet() -> None:
    names = [RUSSIAN.countries[code] for code in ("IM", "US", "FR", "AR")]
    assert sorted(names, key=RUSSIAN.in_alphabet) == ["Аргентина", "о-в Мэн", "Соединённые Штаты", "Франция"]


def test_an_amount_is_typed_as_its_language_writes_it() -> None:
    amount = Money(amount="1500.50", currency="EUR")
    assert (ENGLISH.typed(amount), RUSSIAN.typed(amount)) == ("1500.50", "1500,50")
    assert all(typed_amount(each.typed(amount), "EUR") == "1500.50" for each in (ENGLISH, RUSSIAN)), (
        "read again"
    )
    assert (RUSSIAN.decimals("1250.00"), RUSSIAN.decimals("1250")) == ("1250,00", "1250")


def test_a_status_is_said_by_its_label() -> None:
    message = msg("This one is {status}.", status=ApplicationStatus.WAITLISTED)
    assert ENGLISH.say(message) == f"This one is {ENGLISH.say(label(ApplicationStatus.WAITLISTED))}."


@pytest.mark.parametrize(("count", "english"), [(1, "1 thing"), (2, "2 things"), (1000, "1,000 things")])
def test_a_number_chooses_the_form(count: int, english: str) -> None:
    assert ENGLISH.say(counted("{count} thing", "{count} things", count=count)) == english


def test_values_in_markup_are_escaped() -> None:
    assert ENGLISH.markup(msg("By <b>{name}</b>", name="<i>")) == "By <b>&lt;i&gt;</b>"


@pytest.mark.parametrize(
    ("languages", "chosen"),
    [(["ru-UA", "en"], "ru"), (["uk", "fr", "en"], "en"), ([], "en"), (["RU"], "ru"), (["en", "ru"], "en")],
)
def test_the_first_language_that_the_program_speaks_is_chosen(languages: list[str], chosen: str) -> None:
    assert locale_of(languages).language == chosen


def test_a_deadline_is_said_on_the_clocks_of_its_place_and_on_the_reader_s() -> None:
    reader = Locale("en", "Asia/Tbilisi")
    deadline = At(NOON, "Europe/Berlin")
    assert reader.say(msg("{at}", at=deadline)) == "1 July 2026, 14:00 (12:00 in Berlin)"
    assert reader.say(msg("{at}", at=At(NOON, "UTC"))) == "1 July 2026, 14:00 (10:00 UTC)"
    assert Locale("ru", "Asia/Tbilisi").say(msg("{at}", at=deadline)) == "1 июля 2026, 14:00 (Берлин: 12:00)"
    evening = At(datetime(2026, 7, 1, 21, 0, tzinfo=UTC), "Europe/Berlin")
    both = "1 July 2026, 23:00 (Berlin time), for you 2 July 2026, 01:00 (Tbilisi time)"
    assert reader.say(msg("{at}", at=evening)) == both, "the day differs, so nothing is left out"
    assert reader.say(msg("{at}", at=NOON)) == "1 July 2026, 14:00 (Tbilisi time)", "it is of no place"
    for zone in ("Europe/Berlin", "Europe/Paris"):
        # Clocks that show the same are said once.
        assert Locale("en", zone).say(msg("{at}", at=deadline)) == "1 July 2026, 12:00 (Berlin time)"
    assert ENGLISH.say(msg("{at}", at=NOON)) == "1 July 2026, 10:00 UTC"
