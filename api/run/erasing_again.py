"""Erasing again what a restored database does not know to be erased."""

from __future__ import annotations

import contextlib
from typing import cast, get_args

from domain.commands.dossiers import EraseDossier
from domain.commands.organisations import EraseOrganisation
from domain.commands.persons import ErasePerson
from domain.organisations import ORGANISATION
from domain.persons.facts import ErasureReason
from domain.persons.state import PERSON
from domain.refusals import Forbidden, NotFound, Refused
from domain.values import SYSTEM, Channel, is_id
from history.keyfiles import Fence
from history.requests import Request
from history.runner import Runner


async def erase_again(runner: Runner, fence: Fence) -> None:
    """Erase with the same reason and the same actor, or as the system if the actor has no right to it in this history."""
    reason = cast("ErasureReason", fence.reason if fence.reason in get_args(ErasureReason) else "other")
    command: ErasePerson | EraseOrganisation | EraseDossier
    if is_id(PERSON.kind, fence.subject):
        command = ErasePerson(person=fence.subject, reason=reason)
    elif is_id(ORGANISATION.kind, fence.subject):
        command = EraseOrganisation(organisation=fence.subject, reason=reason)
    else:
        command = EraseDossier(dossier=fence.subject, reason=reason)
    channel = Channel(fence.channel) if fence.channel in {*Channel} else Channel.SYSTEM
    for actor, by in ((fence.actor, channel), (SYSTEM, Channel.SYSTEM)):
        # Refused also by the system: the subject is already erased, for example by another process; then the rotation drops the
        # key. People who erased themselves may be refused in this history, in which a payment to them is still under way.
        with contextlib.suppress(Forbidden, NotFound, Refused):
            await runner.run(Request(command=command, actor=actor, channel=by))
            return
