"""Due dates: which facts set one, and which strike one out.

The queue is written together with the facts and follows from them alone: a stream has the due date that its last fact
named here set, unless a later one struck it out. The queue holds the time and the place of that fact. What is to be done is
worked out from the fact's newest shape when the time has come, so an older shape needs no conversion of its own here. Each
concept names its own due dates beside its commands, by the class of the fact.
"""

from __future__ import annotations

from typing import Final

from domain.commands import announcing, dossiers, rounds, waiting_lists
from domain.commands.applications import returning
from domain.commands.grants import offering
from domain.deciding import Due, DueBy, Fact, StruckBy

_SET_BY: Final[DueBy] = {
    **rounds.DUE,
    **returning.DUE,
    **announcing.DUE,
    **waiting_lists.DUE,
    **offering.DUE,
    **dossiers.DUE,
}
_STRUCK_BY: Final[StruckBy] = {
    **rounds.STRUCK,
    **returning.STRUCK,
    **announcing.STRUCK,
    **offering.STRUCK,
    **dossiers.STRUCK,
}


def set_by(fact: Fact) -> Due | None:
    """The due date that a fact sets, in place of an earlier one with the same key."""
    made = _SET_BY.get(type(fact))
    return None if made is None else made(fact)


def struck_by(fact: Fact) -> str | None:
    """The key of the due date that a fact strikes out."""
    key = _STRUCK_BY.get(type(fact))
    return None if key is None else key(fact)
