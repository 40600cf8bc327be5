"""What goes with a party that is erased: its dossiers, and its applications that are not decided yet."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any

from domain import dossiers
from domain.applications import rules as application_rules
from domain.applications.state import APPLICATION
from domain.deciding import Fact, Given, Wish, members, some
from domain.dossiers import DOSSIER
from domain.indexes import dossiers_of, submissions_of
from domain.persons import ErasureReason


@dataclass(frozen=True, slots=True)
class Going:
    """What goes with a party, an application or a dossier each with its `facts` and its `initiatives`. Of all its `dossiers`
    some are `erased` now, and some `kept` by a legal duty."""

    facts: Mapping[str, tuple[Fact, ...]]
    initiatives: Mapping[str, str]
    dossiers: tuple[str, ...]
    erased: tuple[str, ...]
    kept: tuple[str, ...]


def what_goes_with(party_id: str, given: Given, *, reason: ErasureReason) -> Generator[Wish, Any, Going]:
    """What goes with a person or an organisation that is erased, in the same append: a panel waits for every application in
    play, and with the keys nothing more could be sealed about this one."""
    submitted = yield from some(APPLICATION, (yield from members(submissions_of(party_id))))
    theirs = yield from some(DOSSIER, (yield from members(dossiers_of(party_id))))
    ended = {
        each: facts
        for each, application in submitted.items()
        if (facts := application_rules.end_by_erasure(each, application))
    }
    gone = {
        each: facts
        for each, dossier in theirs.items()
        if (facts := dossiers.erase_with_party(each, dossier, reason=reason, now=given.now))
    }
    return Going(
        facts={**ended, **gone},
        initiatives={each: submitted[each].initiative for each in ended}
        | {each: theirs[each].initiative for each in gone},
        dossiers=tuple(sorted(theirs)),
        erased=tuple(gone),
        kept=tuple([each for each, dossier in theirs.items() if not dossier.erased and each not in gone]),
    )
