"""Asking to erase a dossier."""

from __future__ import annotations

from domain import access, dossiers
from domain.deciding import Act, Command, Given, Outcome, Plan, Registered, the
from domain.dossiers import DOSSIER
from domain.persons import ErasureReason
from domain.values import DossierId


class EraseDossier(Command, frozen=True, kw_only=True):
    """Destroy a dossier's sealing key; the program does this by itself once the legal duty that kept it has ended."""

    dossier: DossierId
    reason: ErasureReason


def _erase(command: EraseDossier, given: Given) -> Plan:
    dossier = yield from the(DOSSIER, command.dossier)
    return Act(
        may=access.system(given.actor),
        initiative=dossier.initiative,
        decide=lambda: Outcome(
            facts={
                command.dossier: dossiers.erase(
                    command.dossier, dossier, reason=command.reason, now=given.now
                )
            },
            answers=command.dossier,
            erases=(command.dossier,),
        ),
    )


COMMANDS = (Registered("dossier.erase", EraseDossier, _erase),)
