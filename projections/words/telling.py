"""What every sentence is made with: its shape, the reasons in words, counts and times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Words:
    """A fact in words: `what` happened, `why` (a reason's code in words, if it has one), and what `changed`."""

    what: str
    why: str | None = None
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """What the words need to know beside the fact: the `currency` of amounts that come without one, if any, and whether
    the reader is told the `places` on the waiting list."""

    currency: str = ""
    places: bool = True


REASONS: Final[Mapping[str, str]] = {
    "account_not_found": "the bank does not know the account",
    "asked_by_person": "the person asked for it",
    "budget_exhausted": "the budget is exhausted",
    "collaboration": "they work or worked together",
    "conflicts_of_interest": "the other jurors have a conflict of interest",
    "duplicate": "the same was submitted twice",
    "employment": "one works for the other",
    "erased": "what was written in it was erased",
    "family": "they are family",
    "financial": "money is at stake between them",
    "friendship": "they are friends",
    "funded_elsewhere": "it is funded elsewhere",
    "grant_completed": "the grant is completed and did not need it",
    "grant_declined": "the grant was declined",
    "grant_lapsed": "the offer was not answered in time",
    "held_by_bank": "the bank holds the payment back",
    "incomplete": "it is incomplete",
    "jurors_unavailable": "no other juror is available",
    "name_mismatch": "the name does not fit the account",
    "no_longer_possible": "it is no longer possible",
    "not_entitled": "the applicant is not entitled to apply",
    "not_selected": "it was not selected",
    "other": "another reason",
    "outside_scope": "it is outside the scope of the call",
    "receipts_missing": "receipts are missing",
    "retention_ended": "the time for which the data was kept has ended",
    "returned_by_bank": "the bank returned the payment",
    "rivalry": "they are rivals",
    "safety": "for safety",
    "terms": "the terms do not fit",
    "unclear": "it is unclear",
    "technical_trouble": "there was technical trouble",
    "few_applications": "few applications came in",
    "events": "because of what is happening in the world",
    "illness": "because of illness",
    "access_needs": "to remove a barrier",
    "funds_lost": "the money is not there any more",
    "plans_changed": "the plans have changed",
}
"""Every reason's code in words."""


def count_text(number: int, one: str, many: str) -> str:
    """A count with its noun: ``1 application``, ``3 applications``."""
    return f"{number} {one if number == 1 else many}"
