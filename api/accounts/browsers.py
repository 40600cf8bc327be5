"""A coarse description of a browser, for the list of a person's sessions: its family and its system, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from domain.messages import Message, msg

if TYPE_CHECKING:
    from litestar import Request

_FAMILIES: Final = (
    # The order matters: most browsers also name the ones that they imitate.
    ("edge", "Edge", ("Edg/", "EdgA/", "EdgiOS/")),
    ("opera", "Opera", ("OPR/", "Opera")),
    ("yandex", "Yandex Browser", ("YaBrowser/",)),
    ("samsung", "Samsung Internet", ("SamsungBrowser/",)),
    ("firefox", "Firefox", ("Firefox/", "FxiOS/")),
    ("chrome", "Chrome", ("Chrome/", "CriOS/", "Chromium/")),
    ("safari", "Safari", ("Safari/",)),
)
_SYSTEMS: Final = (
    ("android", "Android", ("Android",)),
    ("ios", "iOS", ("iPhone", "iPad", "iPod")),
    ("windows", "Windows", ("Windows",)),
    ("macos", "macOS", ("Macintosh", "Mac OS X")),
    ("chromeos", "ChromeOS", ("CrOS",)),
    ("linux", "Linux", ("Linux", "X11")),
)
OTHER: Final = "other"
_NAMES: Final = {code: name for code, name, _ in (*_FAMILIES, *_SYSTEMS)}


@dataclass(frozen=True, slots=True)
class Browser:
    """A browser's family and system, each one of the codes above. Versions are left out, so that it identifies nobody."""

    family: str = OTHER
    system: str = OTHER

    @property
    def description(self) -> Message:
        """What the person reads in the list of their sessions."""
        family, system = _NAMES.get(self.family), _NAMES.get(self.system)
        if family and system:
            return msg("{browser} on {system}", browser=family, system=system)
        if family:
            return msg("{browser} on another system", browser=family)
        if system:
            return msg("Another browser on {system}", system=system)
        return msg("Another browser")


UNKNOWN: Final = Browser()


def browser_from(request: Request[Any, Any, Any]) -> Browser:
    """The browser that sent a request."""
    return browser_of(request.headers.get("user-agent", ""))


def browser_of(user_agent: str) -> Browser:
    """The browser that sends this `User-Agent` header."""
    return Browser(_first(_FAMILIES, user_agent), _first(_SYSTEMS, user_agent))


def _first(known: tuple[tuple[str, str, tuple[str, ...]], ...], text: str) -> str:
    return next((code for code, _, signs in known if any(sign in text for sign in signs)), OTHER)
