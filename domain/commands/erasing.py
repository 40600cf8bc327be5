"""What is erased together with a party: its dossiers; and its applications end, unless a grant was offered. And what keeps
people from having themselves erased."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any

from domain import dossiers
from domain.applications import rules as application_rules
from domain.applications.state import APPLICATION
from domain.commands.freeing import freed_by
from domain.commands.initiatives import living_administrators
from domain.deciding import CommandContext, Fact, PlanRequest, index_entries, some
from domain.dossiers import DOSSIER
from domain.grants.state import GRANT
from domain.grants.statuses import UNDER_WAY
from domain.indexes import dossiers_of, initiatives_of, submissions_of
from domain.initiatives.state import INITIATIVE, Installation
from domain.persons.facts import ErasureReason
from domain.persons.rules import BoundBy
from domain.persons.state import PERSON, PersonStatus


@dataclass(frozen=True, slots=True)
class Going:
    """What is erased with a party: `facts` and `initiatives` are by application or dossier, or by the panel or call in which
    a sum or a place is free then. Of all its `dossiers`, some
    are `erased` now and some are `kept` because of a legal duty."""

    facts: Mapping[str, tuple[Fact, ...]]
    initiatives: Mapping[str, str]
    dossiers: tuple[str, ...]
    erased: tuple[str, ...]
    kept: tuple[str, ...]


def what_binds(
    person_id: str, installation: Installation
) -> Generator[PlanRequest, Any, tuple[BoundBy, ...]]:
    """What keeps a person from having themselves erased now; others who erase them decide about it themselves."""
    found: list[BoundBy] = []
    if person_id in installation.administrators:
        admins = yield from some(PERSON, sorted(installation.administrators))
        if all(each == person_id or state.status is PersonStatus.ERASED for each, state in admins.items()):
            found.append("installation")
    initiatives = yield from some(INITIATIVE, (yield from index_entries(initiatives_of(person_id))))
    for initiative in initiatives.values():
        living = yield from living_administrators(initiative)
        if set(living) == {person_id}:
            found.append("initiative")
    records = yield from some(DOSSIER, (yield from index_entries(dossiers_of(person_id))))
    paid = sorted({each.about for each in records.values() if each.purpose == "payment"})
    grants = yield from some(GRANT, paid)
    if any(
        instalment.status in UNDER_WAY
        for grant in grants.values()
        for instalment in grant.instalments.values()
    ):
        found.append("payment")
    return tuple(found)


def what_goes_with(
    party_id: str, context: CommandContext, *, reason: ErasureReason
) -> Generator[PlanRequest, Any, Going]:
    """What is erased or ended with a person or an organisation, in the same append. A panel waits for every application
    under consideration, and without the keys nothing more could be sealed about these."""
    submitted = yield from some(APPLICATION, (yield from index_entries(submissions_of(party_id))))
    theirs = yield from some(DOSSIER, (yield from index_entries(dossiers_of(party_id))))
    ended = {
        each: facts
        for each, application in submitted.items()
        if (facts := application_rules.end_by_erasure(each, application, with_applicant=True))
    }
    freed = yield from freed_by({each: submitted[each] for each in ended}, context)
    gone = {
        each: facts
        for each, dossier in theirs.items()
        if (facts := dossiers.erase_with_party(each, dossier, reason=reason, now=context.now))
    }
    return Going(
        facts={**ended, **freed.facts, **gone},
        initiatives={
            **{each: submitted[each].initiative for each in ended},
            **freed.initiatives,
            **{each: theirs[each].initiative for each in gone},
        },
        dossiers=tuple(sorted(theirs)),
        erased=tuple(gone),
        kept=tuple([each for each, dossier in theirs.items() if not dossier.erased and each not in gone]),
    )
