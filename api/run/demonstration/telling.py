"""Runs the steps of a script, each at its time, and between them what became due."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from api.drafts.drafts import KEPT_DAYS, DraftPlace
from api.run.demonstration.calendar import Step
from api.run.wiring import Wiring
from domain.applications.state import APPLICATION
from domain.commands.register import REGISTER
from domain.funds import FUND
from domain.refusals import CommandRejected
from domain.rounds.state import ROUND
from domain.values import SYSTEM, Channel
from history.due import run_due
from history.requests import KeyReused, Request

_MAKES: Final = {
    "person.register": "person",
    "organisation.register": "organisation",
    "initiative.found": "initiative",
    "fund.open": "fund",
    "call.draft": "call",
    "round.open": "round",
    "application.submit": "application",
    "application.enter": "application",
    "review.assign": "review",
    "panel.open": "panel",
    "grant.offer": "grant",
}
"""The commands that make something, and its kind."""
_NAMING_PARTIES: Final = frozenset({"applicant", "founder", "funder", "host", "juror", "person"})
"""The fields that name a person or an organisation of the scenario."""
_SETTING_DUE_DATES: Final = frozenset(
    {
        "application.return",
        "application.withdraw",
        "grant.decline",
        "grant.offer",
        "panel.announce",
        "panel.plan_announcement",
        "round.extend",
        "round.grant_late_access",
        "round.open",
    }
)
"""The commands after which something may become due on the same day."""
_LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)


class ScenarioError(Exception):
    """A step of the scenario was refused; the message says which and why."""


class Teller:
    """Runs steps in an installation. `ids` are those of everything that the scenario names, by kind and name."""

    def __init__(self, began: datetime) -> None:
        self.now = began
        self.ids: dict[tuple[str, str], str] = {}
        self._told = 0
        self._next_due: datetime | None = None
        self.wiring: Wiring

    def clock(self) -> datetime:
        """The demonstration's current time."""
        return self.now

    def person(self, name: str) -> str:
        """The id of a person or an organisation."""
        return self.ids.get(("person", name)) or self.ids["organisation", name]

    async def tell(self, step: Step) -> None:
        """Run a step, after everything that became due before it. Raises `ScenarioError`."""
        await self.pass_time(step.when)
        if step.does == "draft":
            await self._save_draft(step)
            return
        try:
            command = self._command(step)
            answer = await self._run(step, command)
        except (CommandRejected, msgspec.ValidationError, KeyError) as error:
            said = getattr(error, "detail", error)
            fields = [f"{each.field}: {each.detail}" for each in getattr(error, "errors", ())]
            raise ScenarioError(f"{step}: {said} {'; '.join(fields)}".strip()) from error
        except KeyReused as error:
            raise ScenarioError(
                "A demonstration was begun here with another scenario, and not completed. Delete the folder DATA_DIR and start "
                "again."
            ) from error
        await self._name(step, command, answer)
        if step.does in _SETTING_DUE_DATES:
            self._next_due = await self.wiring.history.next_due(_LONG_AGO)

    async def pass_time(self, until: datetime) -> None:
        """Set the clock forward, and run what becomes due on the way, each at its own time. Raises `ScenarioError`."""
        history = self.wiring.history
        if until.date() != self.now.date():
            self._next_due = await history.next_due(_LONG_AGO)
        while self._next_due is not None and self._next_due <= until:
            self.now = max(self.now, self._next_due)
            due = await history.due(self.now)
            if await run_due(self.wiring.runner) != len(due):
                raise ScenarioError(f"{self.now:%Y-%m-%d %H:%M}: something that was due could not be done.")
            self._next_due = await history.next_due(_LONG_AGO)
        self.now = max(self.now, until)

    async def _run(self, step: Step, command: Any) -> str:  # Any: each command has its own type
        self._told += 1
        answer = await self.wiring.runner.run(
            Request(
                command=command,
                actor=SYSTEM if step.who == SYSTEM else self.person(step.who),
                channel=Channel.CLI if step.who == SYSTEM else Channel.PAGE,
                key=f"demonstration {self._told}",
            )
        )
        return answer.stream

    def _command(self, step: Step) -> Any:  # Any: each command has its own type
        """The command, with the ids of what the step names and is about."""
        request = REGISTER[step.does].request
        fields: dict[str, Any] = {}
        for each in msgspec.structs.fields(request):
            if each.name in step.fields:
                value = step.fields[each.name]
                fields[each.name] = self.person(value) if each.name in _NAMING_PARTIES else value
            elif (known := self._known(step.about, each.name)) is not None:
                fields[each.name] = known
        if unknown := step.fields.keys() - fields.keys():
            raise KeyError(f"{step.does} has no {', '.join(sorted(unknown))}")
        return msgspec.convert(fields, request)

    def _known(self, about: Mapping[str, str], kind: str) -> str | None:
        return self.ids.get((kind, about[kind])) if kind in about else None

    async def _name(self, step: Step, command: Any, answer: str) -> None:  # Any: as in `_command`
        """Remember the id of what a step has made."""
        if (kind := _MAKES.get(step.does)) is not None:
            self.ids[kind, step.about[kind]] = answer
        if step.does == "review.replace":
            place = step.about["review"].rpartition("/")[0]
            self.ids["review", f"{place}/{step.fields['juror']}"] = answer
        if step.does in ("application.submit", "application.enter") and command.round is None:
            self.ids["round", step.about["round"]] = (await self._state(APPLICATION, answer)).round
        if step.does == "fund.pledge":
            self.ids["pledge", step.about["pledge"]] = list((await self._state(FUND, answer)).pledges)[-1]

    async def _state(self, kind: Any, stream: str) -> Any:  # Any: the state's type depends on the kind
        return (await self.wiring.runner.states.read_set(bypass_cache=False).load(((kind, stream),)))[
            stream
        ].state

    async def _save_draft(self, step: Step) -> None:
        place = DraftPlace(self.person(step.who), self.ids["call", step.about["call"]], "application.submit")
        if await self.wiring.drafts.find(place) is None:
            round = await self._state(ROUND, self.ids["round", step.about["round"]])
            until = round.closes_at + timedelta(days=KEPT_DAYS)
            await self.wiring.drafts.save(place, step.fields["typed"], seen=0, kept_until=until)
