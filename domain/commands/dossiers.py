"""The command to erase a dossier."""

from __future__ import annotations

from typing import Final

from domain import access, dossiers
from domain.applications import rules as application_rules
from domain.applications.state import APPLICATION
from domain.commands.freeing import freed_by
from domain.deciding import (
    Command,
    CommandContext,
    Due,
    DueBy,
    Fact,
    Outcome,
    Plan,
    PlannedCommand,
    Registered,
    RemovedBy,
    the,
)
from domain.dossiers import DOSSIER, DossierErased, DossierKept
from domain.persons.facts import ErasureReason
from domain.values import DossierId, is_id


class EraseDossier(Command, frozen=True, kw_only=True):
    """Destroy a dossier's sealing key. The program does this automatically when the legal duty that kept it has ended,
    and in a restored copy of the database in which the erasure is missing. An application that was under consideration
    there ends."""

    dossier: DossierId
    reason: ErasureReason


def _erase(command: EraseDossier, context: CommandContext) -> Plan:
    dossier = yield from the(DOSSIER, command.dossier)
    of_application = is_id(APPLICATION.kind, dossier.about)
    ended: dict[str, tuple[Fact, ...]] = {}
    if of_application:
        application = yield from the(APPLICATION, dossier.about)
        if facts := application_rules.end_by_erasure(dossier.about, application, with_applicant=False):
            freed = yield from freed_by({dossier.about: application}, context)
            ended = {dossier.about: facts, **freed.facts}

    def decide() -> Outcome:
        erased = dossiers.erase(command.dossier, dossier, reason=command.reason, now=context.now)
        return Outcome(
            facts={**ended, command.dossier: erased},
            answers=command.dossier,
            erases=(command.dossier,),
        )

    return PlannedCommand(may=access.system(context.actor), initiative=dossier.initiative, decide=decide)


def _erase_when_kept_no_longer(fact: DossierKept) -> Due:
    erase = EraseDossier(dossier=fact.dossier, reason="retention_ended")
    return Due(key=_erasing(fact), at=fact.until, command=erase)


def _erasing(fact: DossierKept | DossierErased) -> str:
    return f"erase {fact.dossier}"


DUE: Final[DueBy] = {DossierKept: _erase_when_kept_no_longer}
REMOVED_DUE: Final[RemovedBy] = {DossierErased: _erasing}

COMMANDS = (Registered("dossier.erase", EraseDossier, _erase, by_program=True),)
