"""The names of applicants and recipients in lists, for those to whom a query told who they are."""

from __future__ import annotations

from collections.abc import Iterable

from api.pages.visits import Visit
from projections.initiatives import names_of


async def names_of_parties(visit: Visit, parties: Iterable[str | None]) -> dict[str, str]:
    """The names of people and organisations by their ids. `parties` are as a query gave them to the visitor: None where they may
    not know who it is. Names that are erased or damaged are left out."""
    wanted = sorted({party for party in parties if party is not None})
    if not wanted:
        return {}
    found = await names_of(visit.wiring.reader, wanted)
    return {party: name for party, name in found.items() if isinstance(name, str)}
