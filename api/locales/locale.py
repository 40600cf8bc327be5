"""Saying a message in one language, and how money, moments, days, numbers and lists are written there."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from functools import lru_cache
from html import escape
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel import Locale as BabelLocale
from babel.dates import format_date, format_datetime
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal, get_decimal_symbol

from api.locales.catalogues import translations
from domain.currencies import decimals
from domain.labels import label
from domain.messages import AsTyped, At, Letters, Message, in_context, msg
from domain.values import Money

LANGUAGES: Final[Mapping[str, str]] = {"en": "English", "ru": "Русский"}
"""The languages in which the program speaks, each under its own name."""

_ALPHABET: Final = in_context("alphabet", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_DAY: Final = "d MMMM y"
_MOMENT: Final = f"{_DAY}, HH:mm"
_MONEY: Final = {
    places: f"#,##0{'.' * bool(places)}{'0' * places}\N{NO-BREAK SPACE}¤¤" for places in range(4)
}
"""How a sum is written, by the decimals of its currency."""


_KEPT: Final = 4096
"""How many formatted values of each kind are kept: Babel takes up to a tenth of a millisecond for one, and lists and pages show
the same ones again and again."""


@lru_cache(_KEPT)
def _money(language: str, amount: str, currency: str) -> str:
    places = decimals(currency)
    shown = format_currency(
        Decimal(amount), currency, format=_MONEY[places], locale=language, currency_digits=False
    )
    if places == 3:
        # A comma before three digits could also group thousands; a form would have to ask which is meant.
        whole, comma, fraction = shown.rpartition(get_decimal_symbol(language))
        return f"{whole}.{fraction}" if comma else shown
    return shown


@lru_cache(_KEPT)
def _moment(language: str, at: datetime, zone: str) -> str:
    there = at.astimezone(_zone(zone))
    return format_datetime(there, _MOMENT, tzinfo=there.tzinfo, locale=language)


def _same_clocks(at: datetime, one: str, other: str) -> bool:
    """Whether clocks show the same in two zones at that moment."""
    return one == other or at.astimezone(_zone(one)).utcoffset() == at.astimezone(_zone(other)).utcoffset()


def _zone(name: str) -> tzinfo:
    return UTC if name == "UTC" else ZoneInfo(name)


@lru_cache(_KEPT)
def _day(language: str, on: date) -> str:
    return format_date(on, _DAY, locale=language)


@lru_cache(_KEPT)
def _city(language: str, zone: str) -> str:
    return format_datetime(datetime.now(UTC), "VVV", tzinfo=ZoneInfo(zone), locale=language)


@lru_cache(_KEPT)
def _number(language: str, number: int | Decimal) -> str:
    return format_decimal(number, locale=language)


@dataclass(frozen=True, slots=True)
class Locale:
    """One of `LANGUAGES`. `own_zone` is the time zone that the reader chose, if they did: moments are said in it, and a
    deadline that is on the clocks of another zone is said in both."""

    language: str
    own_zone: str | None = None

    def say(self, message: Message) -> str:
        """A message in this language; the English one where no translation exists."""
        return self._template(message).format(
            **{name: self._value(value) for name, value in message.values.items()}
        )

    def markup(self, message: Message, links: Mapping[str, str] | None = None) -> str:
        """A message whose template holds HTML; the values are escaped. Those that `links` names lead to an address."""
        values = {name: escape(self._value(value)) for name, value in message.values.items()}
        for name, address in (links or {}).items():
            values[name] = f'<a href="{escape(address)}"><bdi>{values[name]}</bdi></a>'
        return self._template(message).format(**values)

    def money(self, amount: Money) -> str:
        """A sum: ``12,500.00 EUR``. The decimals are those of ISO 4217; CLDR leaves out those that are not paid in cash."""
        return _money(self.language, amount.amount, amount.currency)

    def typed(self, amount: Money) -> str:
        """A sum as somebody would type it into a field beside which its currency stands, like the example there: ``1250.50``.
        Thousands are not grouped, as ``1,250`` could be read in two ways once its decimals are taken away."""
        return self.decimals(amount.amount)

    def decimals(self, amount: str) -> str:
        """A decimal string with this language's decimal sign: ``1250,50`` in Russian. Three decimals keep the point, as after
        a comma they could be thousands."""
        whole, point, fraction = amount.partition(".")
        return (
            amount
            if len(fraction) == 3
            else whole + point.replace(".", get_decimal_symbol(self.language)) + fraction
        )

    def moment(self, at: datetime, zone: str | None = None) -> str:
        """A moment on the clocks of a zone, which is named: ``24 November 2026, 18:00 (Berlin time)``; without one, of
        the reader's zone or UTC. If the reader's clocks show something else, both are said:
        ``24 November 2026, 21:00 (18:00 in Berlin)``, or in full if it is another day there."""
        there = self._moment(at, zone or self.own_zone or "UTC")
        if zone is None or self.own_zone is None or _same_clocks(at, zone, self.own_zone):
            return there
        local, own = at.astimezone(_zone(zone)), at.astimezone(_zone(self.own_zone))
        if local.date() == own.date():
            here, time = _moment(self.language, at, self.own_zone), local.strftime("%H:%M")
            if zone == "UTC":
                return self.say(msg("{here} ({time} UTC)", here=here, time=time))
            return self.say(msg("{here} ({time} in {city})", here=here, time=time, city=self.city(zone)))
        return self.say(msg("{there}, for you {here}", there=there, here=self._moment(at, self.own_zone)))

    def _moment(self, at: datetime, zone: str) -> str:
        return f"{_moment(self.language, at, zone)} {self.zone(zone)}"

    def zone(self, zone: str) -> str:
        """A time zone by the city that it is named after: ``(Berlin time)``."""
        return "UTC" if zone == "UTC" else self.say(msg("({city} time)", city=self.city(zone)))

    def city(self, zone: str) -> str:
        """The city that a time zone is named after: ``Berlin``; ``UTC`` is its own name."""
        return zone if zone == "UTC" else _city(self.language, zone)

    def day(self, on: date) -> str:
        """A day: ``24 November 2026``."""
        return _day(self.language, on)

    @property
    def countries(self) -> Mapping[str, str]:
        """The names of countries and territories by their two letters (ISO 3166-1)."""
        names: Mapping[str, str] = BabelLocale(self.language).territories
        # CLDR writes Russian without the letter «ё», these pages with it.
        return {code: name.replace("Соединенн", "Соединённ") for code, name in names.items()}

    @staticmethod
    def in_alphabet(name: str) -> str:
        """What a name is sorted by in a list: Russian «о-в Мэн» stands under «М», and «ё» beside «е»."""
        return name.removeprefix("о-в ").removeprefix("о-ва ").casefold().replace("ё", "е")

    def number(self, number: int | Decimal) -> str:
        """A number, its thousands grouped."""
        return _number(self.language, number)

    def text(self, texts: Mapping[str, str]) -> str:
        """A text in this language, if there is one; else in its own first one."""
        by_base = {language.partition("-")[0]: text for language, text in reversed(list(texts.items()))}
        return texts.get(self.language) or by_base.get(self.language) or next(iter(texts.values()))

    def listed(self, things: Sequence[str]) -> str:
        """Several things in a sentence: ``a, b, and c``."""
        return format_list(things, locale=self.language)

    def _template(self, message: Message) -> str:
        known = translations(self.language)
        if message.plural is not None:
            count = message.values["count"]
            if message.context is not None:
                return known.npgettext(message.context, message.template, message.plural, count)
            return known.ngettext(message.template, message.plural, count)
        if message.context is not None:
            return known.pgettext(message.context, message.template)
        return known.gettext(message.template)

    def _value(self, value: Any) -> str:  # Any: see Message
        match value:
            case Message():
                return self.say(value)
            case enum.Enum():
                return self.say(label(value))
            case Money():
                return self.money(value)
            case At():
                return self.moment(value.moment, value.zone)
            case datetime():
                return self.moment(value)
            case date():
                return self.day(value)
            case Letters():
                return value.of(self.say(_ALPHABET))
            case AsTyped():
                return self.decimals(value.number)
            case int() | Decimal():
                return self.number(value)
            case Mapping():
                return self.text(value)
            case tuple():
                return self.listed([self._value(each) for each in value])
            case _:
                return str(value)


ENGLISH: Final = Locale("en")
