"""What is free when applications end without a grant: awarded sums, and places on waiting lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from domain import waiting_list
from domain.applications.state import Application
from domain.calls import rules as call_rules
from domain.calls.state import CALL
from domain.deciding import CommandContext, Fact, Part, some, together
from domain.panels.state import PANEL


@dataclass(frozen=True, slots=True)
class Freed:
    """The facts by panel or call, and the initiative of each."""

    facts: Mapping[str, tuple[Fact, ...]]
    initiatives: Mapping[str, str]


def freed_by(ending: Mapping[str, Application], context: CommandContext) -> Part[Freed]:
    """What is free when these applications end now. Their panels set the due dates by which the program moves the waiting
    lists."""
    freed = {
        each: facts
        for each, application in ending.items()
        if (facts := waiting_list.free_ended(each, application, now=context.now))
    }
    if not freed:
        return Freed(facts={}, initiatives={})
    panels, calls = yield from together(
        some(PANEL, (ending[each].panel or "" for each in freed)),
        some(CALL, (ending[each].call for each in freed)),
    )
    found: dict[str, tuple[Fact, ...]] = {}
    for each, of_panel in freed.items():
        application = ending[each]
        panel = application.panel or ""
        found[panel] = (*found.get(panel, ()), *of_panel)
        released = call_rules.release_award(
            application.call, calls[application.call], grant=None, amount=application.awarded
        )
        if released:
            found[application.call] = (*found.get(application.call, ()), *released)
    owners = {panel: state.initiative for panel, state in panels.items()}
    owners |= {call: state.initiative for call, state in calls.items()}
    return Freed(facts=found, initiatives={stream: owners[stream] for stream in found})
