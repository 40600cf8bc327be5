"""Rendering: the templates, compiled once, and how values look in them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints
from zoneinfo import ZoneInfo

from minijinja import Environment, load_from_path, safe

from api.locales import LANGUAGES, Locale
from domain import limits
from domain.amounts import example_amount
from domain.commands.register import REGISTER
from domain.labels import REASONS
from domain.messages import Message, msg
from domain.values import Money, Texts
from domain.words import word_limit
from projections.timeline import About, TimelineEntry

_HERE: Final = Path(__file__).parent
STYLE: Final = (_HERE / "templates" / "style.css").read_bytes()
STYLE_ADDRESS: Final = f"/style.css?{hashlib.sha256(STYLE).hexdigest()[:16]}"
ICON: Final = (_HERE / "templates" / "icon.svg").read_bytes()


@dataclass(frozen=True, slots=True)
class Said:
    """A text in the language that fits best, and which one that is."""

    language: str
    text: str


def said(texts: Texts, languages: Sequence[str]) -> Said:
    """A text in the first of `languages` that it has, counting ``en`` for ``en-GB``; else in its own first one."""
    by_base = {language.partition("-")[0]: language for language in reversed(texts)}
    for language in languages:
        found = language if language in texts else by_base.get(language.partition("-")[0])
        if found is not None:
            return Said(found, texts[found])
    first = next(iter(texts))
    return Said(first, texts[first])


def codes(command: str, field: str) -> tuple[str, ...]:
    """The codes among which a field of a command offers a choice."""
    hint = get_type_hints(REGISTER[command].request)[field]
    found = [each for option in (get_args(hint) or ()) for each in (get_args(option) or (option,))]
    return tuple(code for code in found if isinstance(code, str))


def clock_time(at: datetime, zone: str) -> str:
    """The time of a day on the clocks of a zone: ``18:05``."""
    return at.astimezone(UTC if zone == "UTC" else ZoneInfo(zone)).strftime("%H:%M")


_PAGES: Final = {"application": "applications", "call": "calls", "fund": "funds", "grant": "grants"}
"""Where the pages of each kind of thing are."""


def address_of(about: About) -> str | None:
    """The page of what an entry of a timeline is about; a round's is its call's."""
    kind, thing = ("call", about.call) if about.kind == "round" else (about.kind, about.id)
    return f"/{_PAGES[kind]}/{thing}" if thing and kind in _PAGES else None


def plain(code: str) -> str:
    """A code as words: ``grants payable``."""
    return code.replace("_", " ")


def _capital(text: str) -> str:
    """A text that begins with a capital letter; the rest as it is."""
    return text[:1].upper() + text[1:]


class _Words:
    """What templates can say in one language."""

    def __init__(self, locale: Locale) -> None:
        self._locale = locale

    def translated(self, template: str, **values: Any) -> str:  # Any: see Message
        """``_("Round {number}", number=3)``: a message."""
        return self._locale.say(Message(template, values))

    def counted(self, one: str, many: str, count: int, **values: Any) -> str:  # Any: see Message
        """``n_("{count} review", "{count} reviews", count=3)``: a message with a number."""
        return self._locale.say(Message(one, {"count": count, **values}, plural=many))

    def in_context(self, context: str, template: str, **values: Any) -> str:  # Any: see Message
        """``p_("verb", "Open")``: a message whose English words mean several things."""
        return self._locale.say(Message(template, values, context=context))

    def markup(self, template: str, **values: Any) -> str:  # Any: see Message
        """``h_("Sent by <bdi>{name}</bdi>", name=…)``: a message with HTML in its template; values are escaped."""
        return safe(self._locale.markup(Message(template, values)))

    def say(self, message: Message | str | None) -> str:
        """A message that came from elsewhere; a text as it is."""
        if message is None:
            return ""
        return self._locale.say(message) if isinstance(message, Message) else message

    def money(self, amount: Money | None) -> str:
        """A sum."""
        return "" if amount is None else self._locale.money(amount)

    def moment(self, at: datetime | str | None, zone: str = "UTC") -> str:
        """A moment on the clocks of a zone, which is named."""
        if at is None:
            return ""
        return self._locale.moment(datetime.fromisoformat(at) if isinstance(at, str) else at, zone)

    def day(self, on: date | str | None) -> str:
        """A day."""
        if on is None:
            return ""
        return self._locale.day(date.fromisoformat(on) if isinstance(on, str) else on)

    def zone(self, zone: str) -> str:
        """A time zone by its city."""
        return self._locale.zone(zone).strip("()")

    def sentence(self, entry: TimelineEntry) -> str:
        """What happened by an entry of a timeline, with the name of what it is about as a link."""
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

    def choices(self, command: str, field: str) -> tuple[tuple[str, str], ...]:
        """What a field of a command offers to choose from, each code with its words."""
        return tuple((code, self.reason(code)) for code in codes(command, field))

    def within(self, hint: str, most: int) -> str:
        """A field's hint, with the length to which its text is limited; 0 where nothing is typed freely."""
        if not most:
            return hint.strip()
        return f"{hint.strip()} {self._locale.say(msg('At most {most} characters.', most=most))}".strip()


class Rendering:
    """The templates of the pages, compiled once for each language."""

    def __init__(self) -> None:
        self._environments = {language: _environment(Locale(language)) for language in LANGUAGES}

    def page(
        self, template: str, context: Mapping[str, Any], locale: Locale
    ) -> bytes:  # Any: whatever a template shows
        """A page in HTML, in the language of `locale`."""
        return self._environments[locale.language].render_template(template, **context).encode()


def _environment(locale: Locale) -> Environment:
    words = _Words(locale)
    return Environment(
        loader=load_from_path([str(_HERE / "templates")]),
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
            "time": clock_time,
            "zone": words.zone,
            "said": said,
            "plain": plain,
        },
        globals={
            "_": words.translated,
            "n_": words.counted,
            "p_": words.in_context,
            "h_": words.markup,
            "language": locale.language,
            "all_languages": LANGUAGES,
            "style": STYLE_ADDRESS,
            "choices": words.choices,
            "example": example_amount,
            "limits": limits,
            "within": words.within,
            "word_limit": word_limit,
        },
    )
