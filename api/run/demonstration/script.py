"""The script of a scenario: every command that its files tell of, in order of time.

The files say on which day something happened. Where they give no time of day, the script chooses one: within the hours in which
such people work, always the same one, and later than what was done before to the same thing on that day.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from api.run.demonstration.scenario import (
    Act,
    ApplicationTold,
    CallTold,
    EntryTold,
    InitiativeTold,
    Judging,
    ReviewTold,
    RoundTold,
    Scenario,
)
from domain.values import SYSTEM

_HOURS: Final = {"applicant": (8 * 60, 23 * 60), "juror": (10 * 60, 22 * 60), "staff": (9 * 60, 18 * 60)}
"""When people of each kind act, in minutes after midnight."""
_APART: Final = (4, 40)
"""How many minutes lie between two acts on one day about the same thing: at least, and at most."""
_MONEY: Final = frozenset(
    {"amount", "requested", "budget", "minimum_award", "maximum_award", "fast_track_up_to", "fee", "unscheduled"}
)
"""The fields whose text is an amount in the currency of the fund."""
_BY_APPLICANT: Final = frozenset(
    {
        "application.change",
        "application.continue",
        "application.erase",
        "application.resubmit",
        "application.submit",
        "application.withdraw",
        "grant.accept",
        "grant.accept_amendment",
        "grant.decline",
        "grant.decline_amendment",
        "grant.set_payee",
        "grant.submit_report",
        "instalment.request",
    }
)
_BY_FINANCE: Final = frozenset(
    {
        "fund.receive",
        "grant.confirm_payee",
        "grant.record_screening",
        "instalment.approve",
        "instalment.fail",
        "instalment.instruct",
        "instalment.settle",
    }
)
_BY_CHAIR: Final = frozenset({"panel.close", "panel.set_outcome"})


@dataclass(frozen=True, slots=True)
class Step:
    """One command: when, by whom (a name of the scenario), which, and its fields. `about` gives the names under which the
    ids of what it concerns are known, by kind; `new` are the names that the new thing gets."""

    when: datetime
    who: str
    does: str
    fields: Mapping[str, Any]
    about: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.when:%Y-%m-%d %H:%M}, {self.who}: {self.does} ({', '.join(self.about.values())})"


def script(scenario: Scenario, today: date) -> list[Step]:
    """All steps of a scenario in order of time; `today` is the day of the first start."""
    writer = _Writer(scenario, today)
    steps = [*writer.people(), *writer.organisations()]
    for name, initiative in scenario.initiatives.items():
        steps += writer.initiative(name, initiative)
    for name, call in scenario.calls.items():
        steps += _CallWriter(writer, name, call).steps()
    # Sorting keeps the order of what happens at the same time.
    return sorted(steps, key=lambda step: step.when)


class _Writer:
    """Writes what does not belong to a call, and knows the calendar."""

    def __init__(self, scenario: Scenario, today: date) -> None:
        self.scenario = scenario
        self._today = today
        self._zone = ZoneInfo(scenario.time_zone)

    def day(self, day: int) -> date:
        """The date of a day of the scenario."""
        return self._today + timedelta(days=day)

    def moment(self, day: int, at: str) -> datetime:
        """A time of a day on the clocks of the scenario."""
        there = datetime.combine(self.day(day), time.fromisoformat(at), self._zone)
        return there.astimezone(UTC)

    def written(self, value: Any, currency: str) -> Any:  # Any: as in TOML and as in JSON
        """A value as the command takes it: "@-30" is a date, "@-30 18:00" a time on the call's clocks, "@-30 18:00Z" the same
        with its offset; amounts get the currency."""
        if isinstance(value, str) and value.startswith("@"):
            day, _, at = value[1:].partition(" ")
            if not at:
                return self.day(int(day)).isoformat()
            if at.endswith("Z"):
                return self.moment(int(day), at[:-1]).isoformat()
            return f"{self.day(int(day)).isoformat()}T{at}:00"
        if isinstance(value, dict):
            return {
                name: {"amount": each, "currency": currency}
                if name in _MONEY and isinstance(each, str)
                else self.written(each, currency)
                for name, each in value.items()
            }
        if isinstance(value, list | tuple):
            return [self.written(each, currency) for each in value]
        return value

    def on_one_day(
        self, steps: Sequence[tuple[int, str | None, Step]], kind: str | None = None
    ) -> Iterator[Step]:
        """These steps with their times: each at its own, or at one that is chosen, and after the one before it if that was
        on the same day."""
        last: datetime | None = None
        for number, (day, at, step) in enumerate(sorted(steps, key=lambda each: each[0])):
            if at is not None:
                when = self.moment(day, at)
            else:
                chance = zlib.crc32(f"{number} {step.does} {sorted(step.about.items())}".encode())
                first, end = _HOURS[kind or _kind(step)]
                minutes = first + chance % (end - first)
                when = self.moment(day, f"{minutes // 60:02}:{minutes % 60:02}")
                if last is not None and when <= last and last.date() == when.date():
                    least, most = _APART
                    when = last + timedelta(minutes=least + chance % (most - least))
            last = when
            yield replace(step, when=when)

    def people(self) -> Iterator[Step]:
        """Everybody registers: those who apply some days before, the others when the history begins."""
        first = -self.scenario.days
        applying = self._first_days()
        begin = []
        for name, person in self.scenario.people.items():
            fields = {"name": person.name, "language": person.language}
            step = Step(_NEVER, SYSTEM, "person.register", fields, {"person": name})
            day = applying.get(name) if person.day is None else person.day
            if day is None:
                begin.append((first, "00:01", step))
            else:
                yield from self.on_one_day([(max(day, first + 1), None, step)], "applicant")
            if name == "administrator":
                begin.append((first, "00:01", Step(_NEVER, SYSTEM, "installation.appoint", {"person": name})))
        yield from self.on_one_day(begin)

    def _first_days(self) -> dict[str, int]:
        """When those who apply register: one to five days before they first do something."""
        found: dict[str, int] = {}
        for call in self.scenario.calls.values():
            for application in call.applications:
                day = application.entries[0].day
                found[application.by] = min(day, found.get(application.by, day))
            for draft in call.drafts:
                found[draft.by] = min(draft.day, found.get(draft.by, draft.day))
        for organisation in self.scenario.organisations.values():
            for name in (organisation.by, *organisation.joined):
                found[name] = min(organisation.day, found.get(name, organisation.day))
        return {name: day - 1 - zlib.crc32(name.encode()) % 5 for name, day in found.items()}

    def organisations(self) -> Iterator[Step]:
        for name, told in self.scenario.organisations.items():
            about = {"organisation": name}
            steps = [(told.day, None, Step(_NEVER, told.by, "organisation.register", {"name": told.name}, about))]
            for person in told.joined:
                invite = Step(_NEVER, told.by, "organisation.invite", {"person": person}, about)
                steps += [
                    (told.day + 1, None, invite),
                    (told.day + 2, None, Step(_NEVER, person, "organisation.join", {}, about)),
                ]
            for act in told.life:
                steps.append(self.act(act, about, told.by, ""))
            yield from self.on_one_day(steps, "applicant")

    def initiative(self, name: str, told: InitiativeTold) -> Iterator[Step]:
        """Founding an initiative, its members and its funds."""
        about = {"initiative": name}
        keeper = "administrator"
        steps = [(told.day, None, Step(_NEVER, keeper, "initiative.found", {"name": told.name}, about))]
        roles: dict[str, list[str]] = {}
        for role, people in told.roles.items():
            for person in people:
                roles.setdefault(person, []).append(role)
        for person, held in roles.items():
            member = Step(_NEVER, keeper, "initiative.add_member", {"person": person, "roles": held}, about)
            steps.append((told.day, None, member))
        if told.profile:
            fields = self.written(told.profile, "")
            steps.append((told.day + 1, None, Step(_NEVER, told.roles["officer"][0], "initiative.describe", fields, about)))
        steps += [self.act(act, about, keeper, "") for act in told.joins]
        yield from self.on_one_day(steps, "staff")
        officer, finance = told.roles["officer"][0], told.roles["finance"][0]
        for key, fund in told.funds.items():
            of_fund = {**about, "fund": f"{name}/{key}"}
            fields = {"name": fund.name, "currency": fund.currency, "basis": fund.basis}
            moves = [(fund.day, None, Step(_NEVER, officer, "fund.open", fields, of_fund))]
            for number, pledge in enumerate(fund.pledges):
                of_pledge = {**of_fund, "pledge": f"{name}/{key}/{number}"}
                fields = {
                    "funder": pledge.by,
                    "amount": {"amount": pledge.amount, "currency": fund.currency},
                    **({"restriction": pledge.restriction} if pledge.restriction else {}),
                }
                moves.append((pledge.day, None, Step(_NEVER, pledge.by, "fund.pledge", fields, of_pledge)))
                for day, amount in pledge.arrived:
                    fields = {
                        "amount": {"amount": amount, "currency": fund.currency},
                        "received_on": self.day(day).isoformat(),
                    }
                    moves.append((day, None, Step(_NEVER, finance, "fund.receive", fields, of_pledge)))
            yield from self.on_one_day(moves, "staff")

    def act(
        self, act: Act, about: Mapping[str, str], who: str, currency: str
    ) -> tuple[int, str | None, Step]:
        """An act as its file gives it: by `who`, unless it names somebody else."""
        fields = {name: each for name, each in act.items() if name not in ("day", "at", "who", "does")}
        step = Step(_NEVER, act.get("who", who), act["does"], self.written(fields, currency), about)
        return act["day"], act.get("at"), step


class _CallWriter:
    """Writes what belongs to one call."""

    def __init__(self, writer: _Writer, name: str, told: CallTold) -> None:
        self._writer = writer
        self._told = told
        initiative = writer.scenario.initiatives[told.initiative]
        self._roles = initiative.roles
        self._currency = initiative.funds[told.fund].currency
        self._about = {
            "initiative": told.initiative,
            "fund": f"{told.initiative}/{told.fund}",
            "call": name,
        }
        self._officer = told.officer or initiative.roles["officer"][0]
        self._jurors = told.jurors or initiative.roles["juror"]
        self._rounds = {round.stage: round for round in told.rounds}
        self._rubrics: dict[str, list[str]] = {
            stage["id"]: [criterion["id"] for criterion in stage["rubric"]["criteria"]]
            for stage in told.call.get("stages", ())
        }
        self._first = next(iter(self._rubrics), "")
        self._name = name

    def steps(self) -> list[Step]:
        told, writer = self._told, self._writer
        call = writer.written(told.call, self._currency)
        own = [(told.drafted, None, Step(_NEVER, self._officer, "call.draft", call, self._about))]
        if told.published is not None:
            own.append((told.published, None, Step(_NEVER, self._officer, "call.publish", {}, self._about)))
        own += [self._act(act, self._about) for act in told.acts]
        steps = list(writer.on_one_day(own))
        for round in told.rounds:
            steps += self._round(round)
        for application in told.applications:
            steps += self._application(application)
        for draft in told.drafts:
            fields = {"typed": draft.typed}
            saved = (draft.day, None, Step(_NEVER, draft.by, "draft", fields, self._about))
            steps += writer.on_one_day([saved], "applicant")
        return steps

    def _act(self, act: Act, about: Mapping[str, str], applicant: str = "") -> tuple[int, str | None, Step]:
        return self._writer.act(act, about, self._who(act["does"], applicant), self._currency)

    def _who(self, does: str, applicant: str) -> str:
        """Who does this where the file does not say it."""
        if does in _BY_APPLICANT:
            return applicant
        if does in _BY_FINANCE:
            return self._roles["finance"][0]
        if does in _BY_CHAIR:
            return self._chair
        return self._officer

    @property
    def _chair(self) -> str:
        return self._told.chair or self._roles["chair"][0]

    def _round(self, round: RoundTold) -> Iterator[Step]:
        about = self._of_round(round.stage)
        closes = self._writer.written({"closes_at": round.closes}, "")
        steps = [(round.opened, None, Step(_NEVER, self._officer, "round.open", closes, about))]
        steps += [self._act(act, about) for act in round.acts]
        yield from self._writer.on_one_day(steps)
        outcomes = [
            self._outcome(application, entry, round)
            for application in self._told.applications
            for entry in application.entries
            if (entry.stage or self._first) == round.stage and entry.outcome
        ]
        yield from self._panel(round, about, outcomes)

    def _of_round(self, stage: str) -> dict[str, str]:
        place = f"{self._name}/{stage}"
        return {**self._about, "round": place, "panel": place}

    def _panel(
        self, judging: Judging, about: Mapping[str, str], outcomes: Sequence[tuple[int, str | None, Step]]
    ) -> Iterator[Step]:
        """The panel, as far as it has come."""
        steps = []
        if judging.panel is not None:
            steps.append((judging.panel, None, Step(_NEVER, self._officer, "panel.open", {}, about)))
        steps += outcomes
        if judging.closed is not None:
            steps.append((judging.closed, None, Step(_NEVER, self._chair, "panel.close", {}, about)))
        if judging.confirmed is not None:
            confirmer = self._roles["officer"][-1]
            steps.append((judging.confirmed, None, Step(_NEVER, confirmer, "panel.confirm", {}, about)))
            if judging.announces is not None:
                fields = self._writer.written({"announce_at": judging.announces}, "")
                planned = Step(_NEVER, confirmer, "panel.plan_announcement", fields, about)
                steps.append((judging.confirmed, None, planned))
        if judging.announced is not None:
            steps.append((judging.announced, None, Step(_NEVER, self._officer, "panel.announce", {}, about)))
        yield from self._writer.on_one_day(steps, "staff")

    def _outcome(
        self, told: ApplicationTold, entry: EntryTold, judging: Judging
    ) -> tuple[int, str | None, Step]:
        assert entry.outcome is not None
        day = entry.outcome.get("day", judging.decided)
        assert day is not None, f"{told.name}: nobody says on which day the chair decided"
        act = {**entry.outcome, "day": day, "does": "panel.set_outcome"}
        return self._act(act, self._of_entry(told, entry))

    def _of_entry(self, told: ApplicationTold, entry: EntryTold) -> dict[str, str]:
        """What belongs to an application in a stage. In a rolling call, round and panel are its own."""
        stage = entry.stage or self._first
        about = self._of_round(stage) if self._rounds else {**self._about, "round": told.name, "panel": told.name}
        return {**about, "application": told.name, "grant": told.name}

    def _application(self, told: ApplicationTold) -> Iterator[Step]:
        for number, entry in enumerate(told.entries):
            stage = entry.stage or self._first
            about = self._of_entry(told, entry)
            judging: Judging = self._rounds.get(stage, entry)
            fields = self._fields(told, entry)
            if number == 0:
                extra: dict[str, Any] = {"eligibility": told.eligibility or {}}
                if told.organisation:
                    extra["applicant"] = told.organisation
                submit = Step(_NEVER, told.by, "application.submit", fields | extra, about)
            else:
                submit = Step(_NEVER, told.by, "application.continue", fields, about)
            acts = [(entry.day, entry.at, submit)]
            examined = judging.examined if entry.examined is None else entry.examined
            ended = {act["does"] for act in entry.acts} & {"application.find_ineligible", "application.withdraw"}
            before = [act for act in entry.acts if examined is None or act["day"] <= examined]
            acts += [self._written(act, told, entry, about) for act in before]
            found = {act["does"] for act in before}
            if examined is not None and not (ended & found) and "application.find_eligible" not in found:
                acts.append((examined, None, Step(_NEVER, self._officer, "application.find_eligible", {}, about)))
            acts += [self._written(act, told, entry, about) for act in entry.acts if act not in before]
            asks = judging.asked is not None and not (ended & found)
            yield from self._writer.on_one_day([*acts, *(self._asking(entry, judging, about) if asks else ())])
            for review in entry.reviews:
                yield from self._writer.on_one_day(self._review(review, stage, about))
            if not self._rounds:
                outcomes = [self._outcome(told, entry, entry)] if entry.outcome else []
                yield from self._panel(entry, about, outcomes)
        about = self._of_entry(told, told.entries[-1])
        life = [part for act in told.life for part in self._lived(act, told, about)]
        yield from self._writer.on_one_day(life)

    def _fields(self, told: ApplicationTold, entry: EntryTold, act: Act | None = None) -> dict[str, Any]:
        """What an application says: as in the entry, with what a later act changes."""
        changed = act or {}
        answers = {**entry.answers, **changed.get("answers", {})}
        requested = changed.get("requested", entry.requested or told.requested)
        return {
            "title": changed.get("title", entry.title or told.title),
            "requested": {"amount": requested, "currency": self._currency},
            "answers": {name: _answer(answer) for name, answer in answers.items()},
        }

    def _written(
        self, act: Act, told: ApplicationTold, entry: EntryTold, about: Mapping[str, str]
    ) -> tuple[int, str | None, Step]:
        """An act before the judging; what is written again repeats what stays."""
        if act["does"] not in ("application.change", "application.resubmit"):
            return self._act(act, about, told.by)
        step = Step(_NEVER, told.by, act["does"], self._fields(told, entry, act), about)
        return act["day"], act.get("at"), step

    def _asking(
        self, entry: EntryTold, judging: Judging, about: Mapping[str, str]
    ) -> list[tuple[int, str | None, Step]]:
        """The officer asks the jurors; those who replace another are asked later."""
        asked = judging.asked
        assert asked is not None
        later = {each.instead for each in entry.reviews}
        return [
            (asked, None, Step(_NEVER, self._officer, "review.assign", {"juror": juror}, _of_review(about, juror)))
            for juror in entry.jurors or judging.jurors or self._jurors
            if juror not in later
        ]

    def _review(
        self, review: ReviewTold, stage: str, about: Mapping[str, str]
    ) -> list[tuple[int, str | None, Step]]:
        own = _of_review(about, review.juror)
        if review.conflict is not None:
            fields = {"reason": review.conflict}
            steps = [(review.day, None, Step(_NEVER, review.juror, "review.declare_conflict", fields, own))]
            if review.instead is not None:
                other = {"juror": review.instead}
                replaced = Step(_NEVER, self._officer, "review.replace", other, own)
                steps.append((review.day + 1, None, replaced))
            return steps
        steps = [(review.day, None, Step(_NEVER, review.juror, "review.declare_no_conflict", {}, own))]
        if review.scores:
            fields = {
                "scores": dict(zip(self._rubrics[stage], review.scores, strict=True)),
                "comment_jury": review.jury,
                "comment_applicant": review.applicant,
            }
            steps.append((review.day, None, Step(_NEVER, review.juror, "review.submit", fields, own)))
        return steps

    def _lived(
        self, act: Act, told: ApplicationTold, about: Mapping[str, str]
    ) -> list[tuple[int, str | None, Step]]:
        """An act in the life of a grant. `payee` and `pay` stand for the usual acts of several people, a day apart."""
        if act["does"] == "payee":
            rest = {name: each for name, each in act.items() if name not in ("does", "checked", "setting")}
            setting = act.get("setting", 1)
            acts = [{"kind": "recipient", **rest, "does": "grant.set_payee"}]
            if checked := act.get("checked"):
                acts.append(
                    {
                        "does": "grant.record_screening",
                        "day": act["day"] + 1,
                        "setting": setting,
                        "result": "no_match",
                        "reference": checked,
                        "screened_on": f"@{act['day'] + 1}",
                    }
                )
            acts.append({"does": "grant.confirm_payee", "day": act["day"] + 2, "setting": setting})
        elif act["does"] == "pay":
            day, of = act["day"], {"instalment": act.get("instalment", 1)}
            settled = {name: act[name] for name in ("amount", "fee", "exchange") if name in act}
            acts = [
                {"does": "instalment.request", "day": day, **of},
                {"does": "instalment.approve", "day": day + 1, **of},
                {"does": "instalment.approve", "day": day + 2, "who": self._roles["approver"][0], **of},
                {"does": "instalment.instruct", "day": day + 3, "reference": act["reference"], **of},
                {"does": "instalment.settle", "day": day + 5, "settled_on": f"@{day + 5}", **settled, **of},
            ]
        else:
            acts = [act]
        return [self._act(each, about, told.by) for each in acts]


def _kind(step: Step) -> str:
    if step.does in _BY_APPLICANT:
        return "applicant"
    return "juror" if step.does.startswith("review.") and "assign" not in step.does else "staff"


def _of_review(about: Mapping[str, str], juror: str) -> dict[str, str]:
    return {**about, "review": f"{about['application']}/{about['round']}/{juror}"}


def _answer(answer: Any) -> Any:  # Any: as in TOML and as in JSON
    """An answer; a budget is written as pairs of an item and its amount."""
    if isinstance(answer, list) and answer and isinstance(answer[0], list):
        return [{"item": item, "amount": amount} for item, amount in answer]
    return answer


_NEVER: Final = datetime.min.replace(tzinfo=UTC)
"""The time of a step before it has got one."""
