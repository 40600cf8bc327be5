"""Due dates: which facts set one, and which remove one.

The queue is written together with the facts and derived from them alone: a due date is set by a fact named here, until
a later fact replaces or removes it. The queue stores its time and the position of that fact. The command is derived
from the fact's newest shape when it is due, so older shapes need no conversion here. Each concept names its own due
dates beside its commands, by class of fact.
"""

from __future__ import annotations

from typing import Final

from domain.commands import announcing, dossiers, rounds, waiting_lists
from domain.commands.applications import returning
from domain.commands.grants import offering
from domain.deciding import Due, DueBy, Fact, RemovedBy

_SET_BY: Final[DueBy] = {
    **rounds.DUE,
    **returning.DUE,
    **announcing.DUE,
    **waiting_lists.DUE,
    **offering.DUE,
    **dossiers.DUE,
}
_REMOVED_BY: Final[RemovedBy] = {
    **rounds.REMOVED_DUE,
    **returning.REMOVED_DUE,
    **announcing.REMOVED_DUE,
    **waiting_lists.REMOVED_DUE,
    **offering.REMOVED_DUE,
    **dossiers.REMOVED_DUE,
}


def set_by(fact: Fact) -> Due | None:
    """The due date that a fact sets. It replaces an earlier one with the same key."""
    made = _SET_BY.get(type(fact))
    return None if made is None else made(fact)


def removed_by(fact: Fact) -> str | None:
    """The key of the due date that a fact removes."""
    key = _REMOVED_BY.get(type(fact))
    return None if key is None else key(fact)
