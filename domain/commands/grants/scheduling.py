"""The command to divide a grant into instalments."""

from __future__ import annotations

from typing import Annotated

from domain import access, limits
from domain.commands.grants.acting import by_staff, on_fast_track
from domain.deciding import Command, CommandContext, Plan, Registered
from domain.grants import rules
from domain.grants.rules import Planned, PlannedInstalment
from domain.values import GrantId, Money

Instalments = Annotated[
    tuple[PlannedInstalment, ...], limits.described(minItems=1, maxItems=limits.INSTALMENTS)
]


class ScheduleGrant(Command, frozen=True, kw_only=True):
    """Divide a grant into instalments, numbered in the order given. They add up to the whole grant, or `unscheduled` is
    the sum that they leave. Due dates in the past need `confirm_past_due`."""

    grant: GrantId
    instalments: Instalments
    unscheduled: Money | None = None
    confirm_past_due: bool = False


def _schedule(command: ScheduleGrant, context: CommandContext) -> Plan:
    planned = Planned(
        instalments=command.instalments,
        unscheduled=command.unscheduled,
        confirm_past_due=command.confirm_past_due,
    )
    single = yield from on_fast_track(command.grant)
    return (
        yield from by_staff(
            command.grant,
            context,
            access.officer_on_grant,
            lambda grant, _recipient, _actor: rules.schedule(
                command.grant, grant, planned=planned, single=single, now=context.now
            ),
        )
    )


COMMANDS = (Registered("grant.schedule", ScheduleGrant, _schedule),)
