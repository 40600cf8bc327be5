"""The register of projections: every read model, in the order in which each batch of facts is written."""

from __future__ import annotations

from typing import Final

from projections.folding import (
    applications,
    calls,
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
)
"""Every projection. One that is dropped takes its row of ``read.positions`` along, in its migration."""
