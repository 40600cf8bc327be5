"""The script of a scenario: every command that its files tell of, in order of time."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from datetime import date
from typing import Any

from api.run.demonstration.calendar import Calendar, OnDay, Step
from api.run.demonstration.calls import steps_of_call
from api.run.demonstration.scenario import FundTold, InitiativeTold, Scenario
from domain.values import SYSTEM

_KEEPER = "administrator"


def script(scenario: Scenario, today: date) -> list[Step]:
    """All steps of a scenario in order of time; `today` is the day of the first start."""
    calendar = Calendar(today, scenario.time_zone)
    steps = [*_people(scenario, calendar), *_organisations(scenario, calendar)]
    for name, initiative in scenario.initiatives.items():
        steps += calendar.dated(_founded(name, initiative, calendar))
        for key, fund in initiative.funds.items():
            steps += calendar.dated(_filled(f"{name}/{key}", name, initiative, fund, calendar))
    for name, call in scenario.calls.items():
        steps += steps_of_call(name, call, scenario.initiatives[call.initiative], calendar)
    # Sorting keeps the order of what happens at the same time.
    return sorted(steps, key=lambda step: step.when)


def _people(scenario: Scenario, calendar: Calendar) -> Iterator[Step]:
    """Everybody registers: those who apply some days before, the others when the history begins."""
    first = -scenario.days
    applying = _first_days(scenario)
    begin = []
    for name, person in scenario.people.items():
        fields = {"name": person.name, "language": person.language}
        day = applying.get(name) if person.day is None else person.day
        if day is None:
            begin.append(OnDay(first, SYSTEM, "person.register", fields, {"person": name}, at="03:10"))
        else:
            day = max(day, first + 1)
            yield from calendar.dated([OnDay(day, SYSTEM, "person.register", fields, {"person": name})])
        if person.erased is not None:
            erase = {"person": name, "reason": "asked_by_person"}
            yield from calendar.dated([OnDay(person.erased, _KEEPER, "person.erase", erase, {})])
    begin.append(OnDay(first, SYSTEM, "installation.appoint", {"person": _KEEPER}, {}, at="03:10"))
    yield from calendar.dated(begin)


def _first_days(scenario: Scenario) -> dict[str, int]:
    """When those who apply register: one to five days before they first do something."""
    found: dict[str, int] = {}
    acts = [
        *[
            (each.by, each.entries[0].day)
            for call in scenario.calls.values()
            for each in call.applications
            if each.entered_for is None
        ],
        *[(draft.by, draft.day) for call in scenario.calls.values() for draft in call.drafts],
        *[
            (person, told.day)
            for told in scenario.organisations.values()
            for person in (told.by, *told.joined)
        ],
    ]
    for name, day in acts:
        found[name] = min(day, found.get(name, day))
    return {name: day - 1 - zlib.crc32(name.encode()) % 5 for name, day in found.items()}


def _organisations(scenario: Scenario, calendar: Calendar) -> Iterator[Step]:
    for name, told in scenario.organisations.items():
        about = {"organisation": name}
        acts = [OnDay(told.day, told.by, "organisation.register", {"name": told.name}, about)]
        for person in told.joined:
            acts.append(OnDay(told.day + 1, told.by, "organisation.invite", {"person": person}, about))
            acts.append(OnDay(told.day + 2, person, "organisation.join", {}, about))
        if told.closed is not None:
            acts.append(OnDay(told.closed, told.by, "organisation.close", {}, about))
        yield from calendar.dated(acts)


def _founded(name: str, told: InitiativeTold, calendar: Calendar) -> Iterator[OnDay]:
    """Founding an initiative, its members, its profile, and whom it has invited."""
    about = {"initiative": name}
    yield OnDay(told.day, _KEEPER, "initiative.found", {"name": told.name}, about)
    held: dict[str, list[str]] = {}
    for role, people in told.roles.items():
        for person in people:
            held.setdefault(person, []).append(role)
    for person, roles in held.items():
        yield OnDay(told.day, _KEEPER, "initiative.add_member", {"person": person, "roles": roles}, about)
    if told.profile:
        profile = calendar.written(told.profile, "")
        yield OnDay(told.day + 1, told.roles["officer"][0], "initiative.describe", profile, about)
    for each in told.invited:
        made = {"roles": each["roles"], "way": "link", "to": ""}
        yield OnDay(each["day"], _KEEPER, "invitation.make", made, about)


def _filled(
    name: str, initiative: str, told: InitiativeTold, fund: FundTold, calendar: Calendar
) -> Iterator[OnDay]:
    """Opening a fund, what was pledged to it, and what arrived."""
    about = {"initiative": initiative, "fund": name}
    opened = {"name": fund.name, "currency": fund.currency, "basis": fund.basis}
    yield OnDay(fund.day, told.roles["officer"][0], "fund.open", opened, about)
    for number, pledge in enumerate(fund.pledges):
        of_pledge = {**about, "pledge": f"{name}/{number}"}
        pledged: dict[str, Any] = {  # Any: as in JSON
            **({"name": pledge.name} if pledge.by is None else {"funder": pledge.by}),
            "amount": {"amount": pledge.amount, "currency": fund.currency},
            "restriction": pledge.restriction,
        }
        yield OnDay(pledge.day, pledge.by or told.roles["finance"][0], "fund.pledge", pledged, of_pledge)
        for day, amount in pledge.arrived:
            received = {
                "amount": {"amount": amount, "currency": fund.currency},
                "received_on": calendar.day(day).isoformat(),
            }
            yield OnDay(day, told.roles["finance"][0], "fund.receive", received, of_pledge)
