"""Chips: every status as a word with an icon and a colour, so that nobody depends on one of the three alone."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from html import escape
from typing import Final

from minijinja import safe

from api.lists.words import OUTCOMES, OWN_REVIEW_STATUSES
from api.locales import Locale
from domain.applications.state import ApplicationStatus
from domain.calls.state import CallStatus
from domain.grants.statuses import GrantStatus, InstalmentStatus, ReportStatus
from domain.labels import label
from domain.messages import Message
from domain.organisations import OrganisationStatus
from domain.panels.state import PanelStatus
from domain.reviews.state import ReviewStatus
from domain.rounds.state import RoundStatus

KINDS: Final[Mapping[str, type[enum.Enum]]] = {
    "application": ApplicationStatus,
    "call": CallStatus,
    "grant": GrantStatus,
    "instalment": InstalmentStatus,
    "organisation": OrganisationStatus,
    "panel": PanelStatus,
    "report": ReportStatus,
    "review": ReviewStatus,
    "round": RoundStatus,
}
"""The kinds of things whose status is shown as a chip, by their names in templates."""

_ICONS: Final = {
    "alert": '<path d="M8 2.5v7M8 13.2v.1"/>',
    "back": '<path d="M7 3.5 2.5 8 7 12.5M2.5 8h11"/>',
    "check": '<path d="M2.5 8.5l3.5 4 7.5-9"/>',
    "clock": '<circle cx="8" cy="8" r="6"/><path d="M8 4.5V8l2.5 2"/>',
    "cross": '<path d="M3.5 3.5l9 9M12.5 3.5l-9 9"/>',
    "eye": '<path d="M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8z"/><circle cx="8" cy="8" r="1.5"/>',
    "forward": '<path d="M9 3.5 13.5 8 9 12.5M13.5 8h-11"/>',
    "list": '<path d="M3 4h10M3 8h10M3 12h6"/>',
    "ring": '<circle cx="8" cy="8" r="4.5"/>',
}

_LOOKS: Final[Mapping[tuple[str, str], tuple[str, str]]] = {
    ("application", ApplicationStatus.SUBMITTED): ("review", "check"),
    ("application", ApplicationStatus.RETURNED): ("needs", "back"),
    ("application", ApplicationStatus.CANCELLED): ("out", "cross"),
    ("application", ApplicationStatus.INVITED): ("good", "forward"),
    ("application", ApplicationStatus.LAPSED): ("", "clock"),
    ("application", ApplicationStatus.ELIGIBLE): ("review", "eye"),
    ("application", ApplicationStatus.INELIGIBLE): ("out", "cross"),
    ("application", ApplicationStatus.AWARDED): ("good", "check"),
    ("application", ApplicationStatus.WAITLISTED): ("waiting", "list"),
    ("application", ApplicationStatus.DECLINED): ("out", "cross"),
    ("application", ApplicationStatus.WITHDRAWN): ("", "back"),
    ("call", CallStatus.DRAFTED): ("", "ring"),
    ("call", CallStatus.DISCARDED): ("", "cross"),
    ("call", CallStatus.PUBLISHED): ("good", "check"),
    ("call", CallStatus.CANCELLED): ("out", "cross"),
    ("grant", GrantStatus.OFFERED): ("needs", "clock"),
    ("grant", GrantStatus.ACCEPTED): ("good", "check"),
    ("grant", GrantStatus.DECLINED): ("out", "cross"),
    ("grant", GrantStatus.LAPSED): ("", "clock"),
    ("grant", GrantStatus.SUSPENDED): ("needs", "alert"),
    ("grant", GrantStatus.TERMINATED): ("out", "cross"),
    ("grant", GrantStatus.COMPLETED): ("good", "check"),
    ("instalment", InstalmentStatus.SCHEDULED): ("", "clock"),
    ("instalment", InstalmentStatus.REQUESTED): ("needs", "alert"),
    ("instalment", InstalmentStatus.APPROVED_ONCE): ("needs", "list"),
    ("instalment", InstalmentStatus.APPROVED): ("review", "check"),
    ("instalment", InstalmentStatus.INSTRUCTED): ("waiting", "forward"),
    ("instalment", InstalmentStatus.SETTLED): ("good", "check"),
    ("instalment", InstalmentStatus.FAILED): ("out", "cross"),
    ("instalment", InstalmentStatus.CANCELLED): ("out", "cross"),
    ("organisation", OrganisationStatus.REGISTERED): ("good", "check"),
    ("organisation", OrganisationStatus.CLOSED): ("", "ring"),
    ("organisation", OrganisationStatus.ERASED): ("out", "cross"),
    ("panel", PanelStatus.OPENED): ("needs", "clock"),
    ("panel", PanelStatus.CLOSED): ("", "ring"),
    ("panel", PanelStatus.CONFIRMED): ("good", "clock"),
    ("panel", PanelStatus.ANNOUNCED): ("good", "check"),
    ("report", ReportStatus.SUBMITTED): ("review", "check"),
    ("report", ReportStatus.ACCEPTED): ("good", "check"),
    ("report", ReportStatus.RETURNED): ("needs", "back"),
    ("review", ReviewStatus.ASSIGNED): ("needs", "alert"),
    ("review", ReviewStatus.CLEARED): ("review", "eye"),
    ("review", ReviewStatus.RECUSED): ("", "back"),
    ("review", ReviewStatus.REPLACED): ("", "back"),
    ("review", ReviewStatus.SUBMITTED): ("review", "check"),
    ("review", ReviewStatus.EXPIRED): ("", "clock"),
    ("round", RoundStatus.OPEN): ("needs", "clock"),
    ("round", RoundStatus.CLOSED): ("", "ring"),
    ("round", RoundStatus.IN_PANEL): ("waiting", "list"),
    ("round", RoundStatus.DECIDED): ("good", "check"),
    ("round", RoundStatus.CANCELLED): ("out", "cross"),
    ("outcome", "award"): ("good", "check"),
    ("outcome", "waitlist"): ("waiting", "list"),
    ("outcome", "invite"): ("good", "forward"),
    ("outcome", "decline"): ("out", "cross"),
}
"""The colour and the icon of each state. Where several kinds have the same word for a state, it looks the same."""
_PLAIN: Final = ("", "ring")
_WORDS: Final = {"outcome": OUTCOMES, "own review": OWN_REVIEW_STATUSES}
"""The words of what is no status of its own, by kind."""


def status_label(kind: str, code: str) -> Message:
    """The label of a status, of a panel's outcome, or of the status of one's own review."""
    words = _WORDS.get(kind)
    return label(KINDS[kind](code)) if words is None else words[code]


class Chips:
    """The chips in one language."""

    def __init__(self, locale: Locale) -> None:
        self._locale = locale

    def status(self, kind: str, code: str) -> str:
        """``chip("application", application.status)``: a status by its label."""
        tone, icon = _LOOKS.get(("review" if kind == "own review" else kind, code), _PLAIN)
        return self.drawn(self.label(kind, code), tone, icon)

    def label(self, kind: str, code: str) -> str:
        """``status_label("application", application.status)``: only the words of a chip, with a capital letter."""
        words = self._locale.say(status_label(kind, code))
        return words[:1].upper() + words[1:]

    def drawn(self, words: str, tone: str = "", icon: str = "ring") -> str:
        """``chip_of(_("Draft"))``: a chip for words that are not a status."""
        marked = f'<svg viewBox="0 0 16 16" aria-hidden="true">{_ICONS[icon]}</svg>'
        return safe(f'<span class="chip{f" {tone}" if tone else ""}">{marked}{escape(words)}</span>')
