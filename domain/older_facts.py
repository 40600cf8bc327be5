"""The former shapes of facts, and how each is converted to the next shape.

Only `domain.topics` uses them: facts are converted when they are read.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from types import MappingProxyType
from typing import Final

from domain.deciding import Fact
from domain.funds import FundPledged
from domain.grants.facts import GrantInstalmentInstructed
from domain.topic import Older


class GrantInstalmentInstructedV1(Fact, frozen=True, kw_only=True):
    """The bank was instructed to pay; only the day is known, in UTC."""

    grant: str
    instalment: int
    setting: int
    reference: str
    instructed_on: date


def instructed_v2(fact: GrantInstalmentInstructedV1) -> GrantInstalmentInstructed:
    """The day begins at midnight in UTC, so a payment of that day counts as later."""
    return GrantInstalmentInstructed(
        grant=fact.grant,
        instalment=fact.instalment,
        setting=fact.setting,
        reference=fact.reference,
        instructed_at=datetime.combine(fact.instructed_on, time(), UTC),
    )


class FundPledgedV1(Fact, frozen=True, kw_only=True):
    """A funder, who was a member, promised an amount."""

    fund: str
    pledge: str
    funder: str
    amount: int
    restriction: str | None


def pledged_v2(fact: FundPledgedV1) -> FundPledged:
    """Every pledge was that of a member, so none has a name."""
    return FundPledged(
        fund=fact.fund,
        pledge=fact.pledge,
        funder=fact.funder,
        name=None,
        amount=fact.amount,
        restriction=fact.restriction,
    )


OLDER: Final[Mapping[type[Fact], tuple[Older, ...]]] = MappingProxyType(
    {
        GrantInstalmentInstructed: (
            Older("grant.instalment_instructed.v1", GrantInstalmentInstructedV1, instructed_v2),
        ),
        FundPledged: (Older("fund.pledged.v1", FundPledgedV1, pledged_v2),),
    }
)
"""The older topics of each class of facts that has any, the oldest first."""
