"""Words that lists and pages share: one's own reviews, outcomes of a panel, accounts and entries of a fund."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from domain.labels import label
from domain.messages import Message, in_context, msg
from domain.reviews.state import ReviewStatus
from projections.ledger import Entry

OUTCOMES: Final[Mapping[str, Message]] = {
    "award": in_context("outcome", "award"),
    "waitlist": in_context("outcome", "waiting list"),
    "invite": in_context("outcome", "invitation to the next stage"),
    "decline": in_context("outcome", "decline"),
}
"""The outcomes that a panel can set."""

OWN_REVIEW_STATUSES: Final[Mapping[str, Message]] = {
    **{each.value: label(each) for each in ReviewStatus},
    ReviewStatus.ASSIGNED: in_context("own review status", "waiting for your answer"),
    ReviewStatus.RECUSED: in_context("own review status", "given back by you"),
}
"""The statuses of a review for the juror who writes it."""

ACCOUNTS: Final = {
    "cash": msg("Cash"),
    "pledges_receivable": msg("Pledges receivable"),
    "contributions": msg("Contributions"),
    "grants_awarded": msg("Grants awarded"),
    "grants_payable": msg("Grants payable"),
}
"""The accounts of a fund's ledger."""

_MOVED: Final = {
    "fund.pledged.v1": msg("A pledge"),
    "fund.pledged.v2": msg("A pledge"),
    "fund.received.v1": msg("Money received"),
    "fund.committed.v1": msg("Committed to a grant"),
    "fund.released.v1": msg("Released from a grant"),
    "grant.instalment_settled.v1": msg("A payment"),
}
"""The facts that move money, by topic."""
_OTHER: Final = msg("Another entry")


def moved(entry: Entry) -> Message:
    """The words for an entry of the ledger."""
    what = _MOVED.get(entry.topic, _OTHER)
    if entry.instalment is None:
        return what
    return msg("{what}, instalment {number}", what=what, number=entry.instalment)
