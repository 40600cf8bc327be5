"""The command by which the program moves a waiting list up."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from domain import access, waiting_list
from domain.applications.state import APPLICATION
from domain.calls.state import CALL
from domain.deciding import (
    Command,
    CommandContext,
    Due,
    DueBy,
    Outcome,
    Plan,
    PlannedCommand,
    Registered,
    RemovedBy,
    some,
    the,
    together,
)
from domain.panels.facts import (
    PanelAwardFreed,
    PanelWaitingListLeft,
    PanelWaitingListMoved,
    PanelWaitingListStayed,
)
from domain.panels.state import PANEL
from domain.values import PanelId


class MoveWaitingList(Command, frozen=True, kw_only=True):
    """Award a freed sum to the first application on the waiting list; the program does this automatically when an award
    ends without a grant, and when an application leaves the list."""

    panel: PanelId


def _move(command: MoveWaitingList, context: CommandContext) -> Plan:
    panel = yield from the(PANEL, command.panel)
    call, waiting = yield from together(the(CALL, panel.call), some(APPLICATION, waiting_list.waiting(panel)))
    return PlannedCommand(
        may=access.system(context.actor),
        initiative=panel.initiative,
        scope=panel.call,
        decide=lambda: Outcome(
            facts=waiting_list.move(command.panel, panel, call, applications=waiting),
            answers=command.panel,
        ),
    )


COMMANDS = (Registered("panel.move_waiting_list", MoveWaitingList, _move, by_program=True),)


def _moving(panel: str) -> str:
    return f"move waiting list {panel}"


def _move_at(panel: str, moment: datetime) -> Due:
    return Due(key=_moving(panel), at=moment, command=MoveWaitingList(panel=panel))


def _move_when_freed(fact: PanelAwardFreed) -> Due:
    return _move_at(fact.panel, fact.freed_at)


def _move_when_left(fact: PanelWaitingListLeft) -> Due:
    return _move_at(fact.panel, fact.left_at)


def _looked_at(fact: PanelWaitingListMoved | PanelWaitingListStayed) -> str:
    return _moving(fact.panel)


DUE: Final[DueBy] = {PanelAwardFreed: _move_when_freed, PanelWaitingListLeft: _move_when_left}
REMOVED_DUE: Final[RemovedBy] = {PanelWaitingListMoved: _looked_at, PanelWaitingListStayed: _looked_at}
