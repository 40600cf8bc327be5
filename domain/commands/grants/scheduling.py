"""Asking to divide a grant into instalments."""

from __future__ import annotations

from typing import Annotated

from domain import access, limits
from domain.commands.grants.acting import by_staff
from domain.deciding import Command, Given, Plan, Registered
from domain.grants import rules
from domain.grants.rules import PlannedInstalment
from domain.values import GrantId


class ScheduleGrant(Command, frozen=True, kw_only=True):
    """Divide a grant into instalments, which are numbered in the order given."""

    grant: GrantId
    instalments: Annotated[
        tuple[PlannedInstalment, ...], limits.described(minItems=1, maxItems=limits.INSTALMENTS)
    ]


def _schedule(command: ScheduleGrant, given: Given) -> Plan:
    return by_staff(
        command.grant,
        given,
        access.officer_on_grant,
        lambda grant, _recipient, _actor: rules.schedule(
            command.grant, grant, instalments=command.instalments
        ),
    )


COMMANDS = (Registered("grant.schedule", ScheduleGrant, _schedule),)
