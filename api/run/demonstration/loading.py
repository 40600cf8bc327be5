"""Creates the demonstration in an empty installation, or completes it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from api.run.demonstration.entering import DemoPerson, read_saved, save
from api.run.demonstration.scenario import Scenario, read_scenario
from api.run.demonstration.script import script
from api.run.demonstration.telling import Teller
from api.run.settings import Settings
from api.run.wiring import Wiring, wire
from domain.values import SYSTEM
from history.store import open_history
from history.unreadable import Unreadable

LIVING: Final = Path(__file__).parent / "living"
"""Two initiatives over a year, with applications, grants and payments in every state."""
SMALL: Final = Path(__file__).parent / "small"
"""One initiative with a call that is over and one that is open."""
_TOKEN_DAYS: Final = 3650


async def load(settings: Settings, url: str, folder: Path = LIVING) -> tuple[DemoPerson, ...]:
    """Create the demonstration of the scenario in `folder` unless one exists, and return those as whom one can enter it.

    Every command has its own idempotency key and times are counted from the history's first fact, so that the next start
    completes a demonstration that was interrupted. Raises `ScenarioError` if a step is refused.
    """
    async with open_history(url, connections=1) as history:
        history_id = history.id
    kept = read_saved(settings.data_dir, history_id)
    if kept is not None:
        async with wire(settings, url, connections=2) as wiring:  # refuses a real installation
            # People who were erased meanwhile have no token any more.
            return tuple([each for each in kept if await wiring.tokens.person(each.token)])
    scenario = read_scenario(folder)
    teller = Teller(_midnight(datetime.now(UTC)) - timedelta(days=scenario.days))
    async with wire(settings, _in_a_hurry(url), connections=2, clock=teller.clock) as wiring:
        teller.wiring = wiring
        teller.now = await _begun(wiring)
        for step in script(scenario, (teller.now + timedelta(days=scenario.days)).date()):
            await teller.tell(step)
        await teller.pass_time(datetime.now(UTC))
    async with wire(settings, url, connections=2) as wiring:
        people = await _entering(wiring, scenario, teller)
    save(settings.data_dir, history_id, people)
    return people


async def _entering(wiring: Wiring, scenario: Scenario, teller: Teller) -> tuple[DemoPerson, ...]:
    """Those as whom one can enter, each with a token that is always the same."""
    people = []
    for name, told in scenario.people.items():
        if told.enter is None:
            continue
        person = teller.person(name)
        token = await wiring.tokens.make(
            person,
            label="demonstration",
            made_by=SYSTEM,
            days=_TOKEN_DAYS,
            seed=wiring.runner.keyed("demonstration", name.encode()),
        )
        people.append(
            DemoPerson(
                role=name,
                name=told.name,
                person=person,
                token=token,
                group=scenario.groups.get(told.enter.group, {}),
                part=told.enter.part,
                finds=told.enter.finds,
            )
        )
    return tuple(people)


async def _begun(wiring: Wiring) -> datetime:
    """When the history began, by its first fact."""
    first = (await wiring.history.at((1,)))[0]
    try:
        return datetime.fromisoformat(json.loads(first.document)["envelope"]["decided_at"])
    except (ValueError, LookupError, TypeError) as error:
        raise Unreadable(first.position) from error


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _in_a_hurry(url: str) -> str:
    """The address of the database for commits that do not wait for the disk: what a crash loses, the next start does again."""
    return f"{url}{'&' if '?' in url else '?'}options=-c%20synchronous_commit%3Doff"
