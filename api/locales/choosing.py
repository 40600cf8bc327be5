"""Which language a request asks for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from api.locales.locale import ENGLISH, LANGUAGES, Locale
from domain.messages import msg
from domain.refusals import Invalid

if TYPE_CHECKING:
    from litestar import Request

_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*\Z", re.ASCII)
_WEIGHT: Final = re.compile(r"\s*q=([01](?:\.[0-9]{0,3})?)\s*\Z", re.ASCII)
_MOST_LANGUAGES: Final = 20


def asked_languages(request: Request[Any, Any, Any], chosen: str | None = None) -> tuple[str, ...]:
    """The languages that a visitor reads, the best first: the one `chosen` on the page, then those of the browser's
    ``Accept-Language`` by their weights, then English."""
    first = [chosen] if chosen is not None and _LANGUAGE.match(chosen) else []
    return (*first, *languages_of(request.headers.get("accept-language", "")), "en")


def languages_of(header: str) -> list[str]:
    """The languages that an ``Accept-Language`` header asks for, the best first."""
    wanted: list[tuple[float, str]] = []
    for part in header.split(",")[:_MOST_LANGUAGES]:
        name, _, weight = part.partition(";")
        found = _WEIGHT.match(weight)
        if _LANGUAGE.match(name.strip()):
            wanted.append((-float(found[1]) if found else -1.0, name.strip()))
    return [name for _, name in sorted(wanted, key=lambda each: each[0])]


def locale_of(languages: Iterable[str]) -> Locale:
    """The first of some languages in which the program speaks, counting ``ru`` for ``ru-UA``; else English."""
    for language in languages:
        base = language.partition("-")[0].lower()
        if base in LANGUAGES:
            return Locale(base)
    return ENGLISH


def chosen_locale(language: str | None) -> Locale:
    """The language that somebody chose in the field `language`. Raises `Invalid` for one in which the program writes
    nothing."""
    if language is None or language not in LANGUAGES:
        raise Invalid.field("language", msg("Choose one of the languages."))
    return Locale(language)
