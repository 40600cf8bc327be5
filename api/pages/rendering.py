"""Rendering: the compiled templates, and how values are formatted in them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, get_args, get_type_hints
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec
from babel.core import Locale as Babel
from babel.core import UnknownLocaleError
from babel.numbers import format_decimal
from cachetools import LRUCache
from minijinja import Environment, load_from_path, safe

from api.locales import LANGUAGES, Locale
from api.pages.chips import Chips
from api.pages.prose import linked, prose
from api.pages.trying import Offer
from domain import limits
from domain.amounts import example_amount
from domain.answers import entry_bounds, number_bounds
from domain.calls.awards import award_range
from domain.commands.register import REGISTER
from domain.labels import REASONS, label
from domain.messages import Message, msg
from domain.texts import Texts
from domain.values import Money, Role
from projections.letters.telling import NO_DATE
from projections.timeline import About, Timeline, TimelineEntry

_HERE: Final = Path(__file__).parent
_SOURCES: Final = load_from_path([str(_HERE / "templates")])
STYLE: Final = (_HERE / "templates" / "style.css").read_bytes()
STYLE_ADDRESS: Final = f"/style.css?{hashlib.sha256(STYLE).hexdigest()[:16]}"
DRAFT_SCRIPT: Final = (_HERE / "templates" / "draft.js").read_bytes()
PASSKEY_SCRIPT: Final = (_HERE / "templates" / "passkey.js").read_bytes()
PASSKEY_SCRIPT_ADDRESS: Final = f"/passkey.js?{hashlib.sha256(PASSKEY_SCRIPT).hexdigest()[:16]}"
DRAFT_SCRIPT_ADDRESS: Final = f"/draft.js?{hashlib.sha256(DRAFT_SCRIPT).hexdigest()[:16]}"
ICON: Final = (_HERE / "templates" / "icon.svg").read_bytes()


@dataclass(frozen=True, slots=True)
class Said:
    """A text in the language that fits best, and the code of that language."""

    language: str
    text: str


def said(texts: Texts, languages: Sequence[str]) -> Said:
    """A text in the first of `languages` that it has (``en`` counts for ``en-GB``); otherwise in its own first
    language."""
    for language in languages:
        base = language.partition("-")[0]
        found = (
            language
            if language in texts
            else next((each for each in texts if each.partition("-")[0] == base), None)
        )
        if found is not None:
            return Said(found, texts[found])
    first = next(iter(texts))
    return Said(first, texts[first])


def codes(command: str, field: str) -> tuple[str, ...]:
    """The codes that a field of a command can be chosen from."""
    hint = get_type_hints(REGISTER[command].request)[field]
    found = [each for option in (get_args(hint) or ()) for each in (get_args(option) or (option,))]
    return tuple(code for code in found if isinstance(code, str))


_PAGES: Final = {"application": "applications", "call": "calls", "fund": "funds", "grant": "grants"}
"""The addresses of the pages of each kind of thing."""


def address_of(about: About) -> str | None:
    """The page of what a timeline's entry is about, if the reader can open it; for a round, the page of its call."""
    if not about.opens:
        return None
    kind, thing = ("call", about.call) if about.kind == "round" else (about.kind, about.id)
    return f"/{_PAGES[kind]}/{thing}" if thing and kind in _PAGES else None


def plain(code: str) -> str:
    """A code as words: ``grants payable``."""
    return code.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph of a letter; `link` is its address if it is a link."""

    text: str
    link: str


def paragraphs(text: str) -> tuple[Line, ...]:
    """The paragraphs of a letter. The path of a link is enough: it leads to this site."""
    found = [each.strip() for each in text.split("\n\n")]
    return tuple(
        Line(each, urlsplit(each).path if each.startswith(("http://", "https://")) else "")
        for each in found
        if each
    )


def _capital(text: str) -> str:
    """A text with a capital letter at its beginning, in scripts that begin words with one (Georgian does not)."""
    return text[:1].title() + text[1:]


@lru_cache(200)
def _language_name(code: str) -> str:
    """A language under its own name: ``Русский``."""
    try:
        return _capital(Babel.parse(code, sep="-").get_language_name(code.partition("-")[0]) or code)
    except (UnknownLocaleError, ValueError):
        return code


@lru_cache(2_000)
def _counted(locale: Locale, one: str, many: str, count: int) -> str:
    return locale.say(Message(one, {"count": count}, plural=many))


class _Words:
    """The functions with which templates speak one language."""

    def __init__(self, locale: Locale) -> None:
        self._locale = locale

    def speak_to(self, locale: Locale) -> None:
        """Use the time zone of the next reader. Pages are rendered one after another, and none waits while it is rendered."""
        assert locale.language == self._locale.language
        self._locale = locale

    def translated(self, template: str, **values: Any) -> str:  # Any: see Message
        """``_("Round {number}", number=3)``: a message."""
        return self._locale.say(Message(template, values))

    def counted(self, one: str, many: str, count: int, **values: Any) -> str:  # Any: see Message
        """``n_("{count} review", "{count} reviews", count=3)``: a message with a number."""
        if values:
            return self._locale.say(Message(one, {"count": count, **values}, plural=many))
        return _counted(self._locale, one, many, count)

    def in_context(self, context: str, template: str, **values: Any) -> str:  # Any: see Message
        """``p_("verb", "Open")``: a message whose English words have several meanings."""
        return self._locale.say(Message(template, values, context=context))

    def markup(self, template: str, **values: Any) -> str:  # Any: see Message
        """``h_("Sent by <bdi>{name}</bdi>", name=…)``: a message with HTML in its template; values are escaped."""
        return safe(self._locale.markup(Message(template, values)))

    def say(self, message: Message | str | None) -> str:
        """A `Message` made elsewhere, translated; a text unchanged."""
        if message is None:
            return ""
        return self._locale.say(message) if isinstance(message, Message) else message

    def money(self, amount: Money | None) -> str:
        """A sum."""
        return "" if amount is None else self._locale.money(amount)

    def moment(self, at: datetime | str | None, zone: str | None = None) -> str:
        """A moment as local time of a zone, or of the reader's, with the zone's name."""
        if at is None:
            return ""
        return self._locale.moment(datetime.fromisoformat(at) if isinstance(at, str) else at, zone)

    def by_day(self, entries: Timeline) -> list[tuple[date, list[tuple[str, TimelineEntry]]]]:
        """A timeline's entries by day, each with its time of day, on the reader's clocks (`clocks_of`)."""
        zone = ZoneInfo(self.clocks_of(entries.zone))
        found: dict[date, list[tuple[str, TimelineEntry]]] = {}
        for entry in entries.items:
            there = entry.at.astimezone(zone)
            found.setdefault(there.date(), []).append((there.strftime("%H:%M"), entry))
        return list(found.items())

    def clocks_of(self, zone: str) -> str:
        """The time zone that the reader chose, else `zone`."""
        return self._locale.own_zone or zone

    def day(self, on: date | str | None) -> str:
        """A day."""
        if on is None:
            return ""
        return self._locale.day(date.fromisoformat(on) if isinstance(on, str) else on)

    def sentence(self, entry: TimelineEntry) -> str:
        """The sentence of a timeline's entry, with the name of what it is about as a link."""
        address = address_of(entry.about)
        return safe(
            self._locale.markup(
                entry.what, {"about": address} if address and "about" in entry.what.values else {}
            )
        )

    def reason(self, code: str | None) -> str:
        """A reason's code in words, as a line of its own."""
        if code is None:
            return ""
        return _capital(self._locale.say(REASONS[code]) if code in REASONS else plain(code))

    def role(self, code: str) -> str:
        """A role as a word in a sentence: ``officer``."""
        return self._locale.say(label(Role(code)))

    def roles(self, codes: Sequence[str]) -> str:
        """Several roles in a sentence: ``officer and juror``."""
        return self._locale.listed([self.role(code) for code in codes])

    def zone(self, zone: str) -> str:
        """A time zone: ``(Berlin time)``."""
        return self._locale.zone(zone)

    def number(self, number: int) -> str:
        """A number with its thousands grouped."""
        return self._locale.number(number)

    def amount(self, text: str, currency: str) -> str:
        """A sum that was typed as an answer, in a call's currency."""
        return self._locale.money(Money(amount=text, currency=currency))

    def example(self, currency: str) -> str:
        """An example of how an amount is typed, in the reader's manner and without grouped thousands: ``1250.00``."""
        return self._locale.decimals(example_amount(currency))

    def percent(self, number: str) -> str:
        """A score in per cent, with one decimal: ``73.3 %``."""
        return percent(number, self._locale)

    def day_there(self, at: datetime, zone: str) -> str:
        """The day of a moment in a time zone: ``24 November 2026``."""
        return self._locale.day(at.astimezone(ZoneInfo(zone)).date())

    def choices(self, command: str, field: str) -> tuple[tuple[str, str], ...]:
        """The options for a field of a command: each code with its label."""
        return tuple((code, self.reason(code)) for code in codes(command, field))

    def by_sentence(self, offers: Sequence[Offer]) -> list[tuple[str, list[str]]]:
        """What others do: each sentence that says who they are, with the names of what they do."""
        found: dict[str, list[str]] = {}
        for offer in offers:
            found.setdefault(self.say(offer.not_yours), []).append(self.say(offer.name))
        return list(found.items())

    def within(self, hint: str, most: int) -> str:
        """The hint of a field with its maximum length; 0 if it is not a text."""
        if not most:
            return hint.strip()
        return f"{hint.strip()} {self._locale.say(msg('At most {most} characters.', most=most))}".strip()


def percent(number: str, locale: Locale) -> str:
    """A score in per cent, with one decimal, in a language: ``73.3 %``."""
    shown = format_decimal(
        Decimal(number).quantize(Decimal("0.1"), ROUND_HALF_UP), "#,##0.0", locale=locale.language
    )
    return f"{shown}\N{NO-BREAK SPACE}%"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a page that shows nothing but `values`, so that it is the same for everybody who is shown the same in the same
    language. msgspec can encode the values."""

    template: str
    values: Mapping[str, Any]  # Any: whatever the template shows


_PARTS_KEPT: Final = 100


class Rendering:
    """The templates of the pages, compiled once for each language."""

    def __init__(self) -> None:
        self._parts: LRUCache[bytes, str] = LRUCache(_PARTS_KEPT)
        self._words = {language: _Words(Locale(language)) for language in LANGUAGES}
        self._environments = {
            language: _environment(Locale(language), words) for language, words in self._words.items()
        }

    def page(
        self,
        template: str,
        context: Mapping[str, Any],  # Any: whatever a template shows
        locale: Locale,
        parts: Mapping[str, Part] = MappingProxyType({}),
    ) -> bytes:
        """A page in HTML, in the language of `locale`, with moments in its reader's time zone."""
        rendered = {name: self._part(part, locale.language) for name, part in parts.items()}
        self._words[locale.language].speak_to(locale)
        return self._environments[locale.language].render_template(template, **context, **rendered).encode()

    def _part(self, part: Part, language: str) -> str:
        """A part in HTML. It is kept under all that it is made from, so one that was made from something else is never shown."""
        made_from = msgspec.json.encode((part.template, language, part.values))
        found = self._parts.get(made_from)
        if found is None:
            self._words[language].speak_to(Locale(language))
            found = safe(self._environments[language].render_template(part.template, **part.values))
            self._parts[made_from] = found
        return found


_FIXED: Final = re.compile(r'(?<!\w)_\(("(?:[^"\\]|\\.)*")\)')


def _with_words(name: str, words: _Words) -> str | None:
    """A template's source in one language. A message without values, ``_("Open calls")``, is translated here, once, and not
    whenever a page is rendered."""
    source = _SOURCES(name)
    if source is None:
        return None
    return _FIXED.sub(
        lambda found: json.dumps(words.translated(json.loads(found[1])), ensure_ascii=False), source
    )


def _environment(locale: Locale, words: _Words) -> Environment:
    chips = Chips(locale)
    return Environment(
        loader=lambda name: _with_words(name, words),
        undefined_behavior="strict",
        trim_blocks=True,
        lstrip_blocks=True,
        filters={
            "say": words.say,
            "money": words.money,
            "moment": words.moment,
            "day": words.day,
            "reason": words.reason,
            "sentence": words.sentence,
            "by_day": words.by_day,
            "clocks": words.clocks_of,
            "role": words.role,
            "roles": words.roles,
            "zone": words.zone,
            "city": locale.city,
            "number": words.number,
            "amount": words.amount,
            "percent": words.percent,
            "day_there": words.day_there,
            "language_name": _language_name,
            "by_sentence": words.by_sentence,
            "listed": locale.listed,
            "capital": _capital,
            "said": said,
            "plain": plain,
            "paragraphs": paragraphs,
            "prose": lambda text: safe(prose(text)),
            "linked": lambda text: safe(linked(text)),
        },
        globals={
            "_": words.translated,
            "n_": words.counted,
            "p_": words.in_context,
            "h_": words.markup,
            "language": locale.language,
            "all_languages": LANGUAGES,
            "style": STYLE_ADDRESS,
            "draft_script": DRAFT_SCRIPT_ADDRESS,
            "passkey_script": PASSKEY_SCRIPT_ADDRESS,
            "choices": words.choices,
            "chip": chips.status,
            "chip_of": chips.drawn,
            "status_label": chips.label,
            "example": words.example,
            "awards": award_range,
            "limits": limits,
            "within": words.within,
            "number_bounds": number_bounds,
            "entry_bounds": entry_bounds,
            "no_review_date": NO_DATE,
        },
    )
