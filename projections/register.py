"""The register of projections, in the order in which they are written for each batch of facts."""

from __future__ import annotations

from typing import Final

from projections.folding import (
    applications,
    calls,
    correspondence,
    funds,
    grants,
    initiatives,
    ledger,
    panels,
    reviews,
    rounds,
    timeline,
)
from projections.projection import Projection

PROJECTIONS: Final[tuple[Projection, ...]] = (
    initiatives.PROJECTION,
    calls.PROJECTION,
    rounds.PROJECTION,
    applications.PROJECTION,
    reviews.PROJECTION,
    panels.PROJECTION,
    funds.PROJECTION,
    grants.PROJECTION,
    ledger.PROJECTION,
    timeline.PROJECTION,
    correspondence.PROJECTION,
)
"""Every projection. A migration that drops one must also delete its row in ``read.positions``."""
