"""The shapes in which facts were stored before, and how each becomes the next shape.

Nothing but `domain.topics` uses them: what is read is converted first.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from types import MappingProxyType
from typing import Final

from domain.deciding import Fact
from domain.grants.facts import GrantInstalmentInstructed
from domain.topic import Older


class GrantInstalmentInstructedV1(Fact, frozen=True, kw_only=True):
    """The bank was told to pay; only the day is known, in UTC."""

    grant: str
    instalment: int
    setting: int
    reference: str
    instructed_on: date


def instructed_v2(fact: GrantInstalmentInstructedV1) -> GrantInstalmentInstructed:
    """The day begins at midnight in UTC: a payment of that day is taken for one that came after."""
    return GrantInstalmentInstructed(
        grant=fact.grant,
        instalment=fact.instalment,
        setting=fact.setting,
        reference=fact.reference,
        instructed_at=datetime.combine(fact.instructed_on, time(), UTC),
    )


OLDER: Final[Mapping[type[Fact], tuple[Older, ...]]] = MappingProxyType(
    {
        GrantInstalmentInstructed: (
            Older("grant.instalment_instructed.v1", GrantInstalmentInstructedV1, instructed_v2),
        )
    }
)
"""The older topics of each class of facts that has any, the oldest first."""
