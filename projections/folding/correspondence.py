"""The table of correspondences: for whom messages wait."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from domain.correspondence import (
    CORRESPONDENCE,
    CorrespondenceMessageWritten,
    CorrespondenceSettled,
    Side,
    other_side,
)
from domain.dossiers import DossierErased
from domain.values import is_id
from projections.placed import Placed
from projections.projection import Projection
from projections.rows import Rows
from projections.tables import Table, TableRow


class WaitingRow(TableRow, frozen=True, kw_only=True):
    """Messages about an application that wait for one side, the first of them since a time."""

    correspondence: str
    application: str
    awaits: Side
    since: datetime


def _concerned(placed: Placed) -> Iterable[str]:
    match placed.fact:
        case CorrespondenceMessageWritten() | CorrespondenceSettled() as fact:
            return (fact.correspondence,)
        case DossierErased(about=about) if is_id(CORRESPONDENCE.kind, about):
            return (about,)
        case _:
            return ()


WAITING: Final = Table(
    "waiting_messages", WaitingRow, key=("correspondence",), versions=False, concerns=_concerned
)


def fold(
    rows: Rows, fact: CorrespondenceMessageWritten | CorrespondenceSettled | DossierErased, _: Placed
) -> None:
    """Store for whom messages wait, until they react or the texts are erased."""
    match fact:
        case CorrespondenceMessageWritten(again=True):
            pass  # it waits since the first of them
        case CorrespondenceMessageWritten():
            rows.clear(WAITING, fact.correspondence)
            rows.put(
                WAITING,
                WaitingRow(
                    correspondence=fact.correspondence,
                    application=fact.application,
                    awaits=other_side(fact.side),
                    since=fact.written_at,
                ),
            )
        case CorrespondenceSettled():
            rows.clear(WAITING, fact.correspondence)
        case DossierErased():
            if is_id(CORRESPONDENCE.kind, fact.about):
                rows.clear(WAITING, fact.about)


PROJECTION: Final = Projection("correspondence", (WAITING,), fold)
