"""The time zones that can be chosen on a page, by the cities that they are named after."""

from __future__ import annotations

from typing import Final
from zoneinfo import available_timezones

from babel.core import get_global

from api.locales import Locale

ZONES: Final = frozenset(
    {
        zone
        for zone in available_timezones() & {*get_global("zone_territories")}
        if "/" in zone and not zone.startswith("Etc/")
    }
    | {"UTC"}
)
"""The time zones that can be chosen, each by its city."""


def cities(locale: Locale, chosen: str = "") -> list[tuple[str, str]]:
    """The time zones with their cities in the reader's language, in the order of the alphabet; with the one that was chosen
    before."""
    zones = {*ZONES, chosen} if chosen else ZONES
    return sorted(((zone, locale.city(zone)) for zone in zones), key=lambda each: locale.in_alphabet(each[1]))
