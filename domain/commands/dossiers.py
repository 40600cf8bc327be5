"""Asking to erase a dossier."""

from __future__ import annotations

from typing import Final

from domain import access, dossiers
from domain.applications import rules as application_rules
from domain.applications.state import APPLICATION
from domain.deciding import (
    Command,
    Due,
    DueBy,
    Given,
    Outcome,
    Plan,
    PlannedCommand,
    Registered,
    StruckBy,
    the,
)
from domain.dossiers import DOSSIER, DossierErased, DossierKept
from domain.persons import ErasureReason
from domain.values import DossierId, is_id


class EraseDossier(Command, frozen=True, kw_only=True):
    """Destroy a dossier's sealing key; the program does this by itself once the legal duty that kept it has ended, and in a
    restored copy of the database that does not tell the erasure. An application that was under consideration there ends."""

    dossier: DossierId
    reason: ErasureReason


def _erase(command: EraseDossier, given: Given) -> Plan:
    dossier = yield from the(DOSSIER, command.dossier)
    of_application = is_id(APPLICATION.kind, dossier.about)
    application = (yield from the(APPLICATION, dossier.about)) if of_application else None

    def decide() -> Outcome:
        erased = dossiers.erase(command.dossier, dossier, reason=command.reason, now=given.now)
        ended = (
            application_rules.end_by_erasure(dossier.about, application) if application is not None else ()
        )
        return Outcome(
            facts={**({dossier.about: ended} if ended else {}), command.dossier: erased},
            answers=command.dossier,
            erases=(command.dossier,),
        )

    return PlannedCommand(may=access.system(given.actor), initiative=dossier.initiative, decide=decide)


def _erase_when_kept_no_longer(fact: DossierKept) -> Due:
    erase = EraseDossier(dossier=fact.dossier, reason="retention_ended")
    return Due(key=_erasing(fact), at=fact.until, command=erase)


def _erasing(fact: DossierKept | DossierErased) -> str:
    return f"erase {fact.dossier}"


DUE: Final[DueBy] = {DossierKept: _erase_when_kept_no_longer}
STRUCK: Final[StruckBy] = {DossierErased: _erasing}

COMMANDS = (Registered("dossier.erase", EraseDossier, _erase, by_program=True),)
