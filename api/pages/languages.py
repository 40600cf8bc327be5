"""The language of the pages: chosen in the masthead and kept in a cookie; otherwise the one that the browser asks
for."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote, urlencode

from litestar import Request
from litestar.datastructures import Cookie

from api.locales import LANGUAGES, asked_languages

_YEAR: Final = 365 * 24 * 3600


class LanguageChoice:
    """The cookie with a visitor's choice. It contains only the name of a language."""

    def __init__(self, name: str) -> None:
        self._name = name

    def languages(
        self, request: Request[Any, Any, Any], chosen: str | None = None, registered: str | None = None
    ) -> tuple[str, ...]:
        """The visitor's languages, the best first: the one `chosen` just now, the one in the cookie, those of the
        browser, the one that the person is registered with, English."""
        kept = request.cookies.get(self._name)
        found = asked_languages(request, chosen or (kept if kept in LANGUAGES else None))
        return (*found[:-1], registered, found[-1]) if registered else found

    def cookies(self, request: Request[Any, Any, Any], chosen: str | None) -> list[Cookie]:
        """The cookies that keep a choice; none if there is no choice or it is kept already."""
        if chosen not in LANGUAGES or request.cookies.get(self._name) == chosen:
            return []
        return [
            Cookie(
                key=self._name,
                value=chosen,
                path="/",
                max_age=_YEAR,
                httponly=True,
                secure=self._name.startswith("__Host-"),
                samesite="lax",
            )
        ]


def same_place(path: str, query: dict[str, str], language: str) -> str:
    """The address of the same page in another language."""
    if not query:
        return f"{path}?lang={language}"
    # The framework gives the parameters in no defined order.
    kept = {name: query[name] for name in sorted(query) if name != "lang"}
    return f"{path}?{urlencode({**kept, 'lang': language}, quote_via=quote)}"
