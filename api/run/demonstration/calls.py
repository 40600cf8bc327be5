"""The steps of a call: set up, filled with applications, judged, and what became of its grants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from api.run.demonstration.calendar import BY_APPLICANT, Calendar, OnDay, Step
from api.run.demonstration.scenario import (
    Act,
    ApplicationTold,
    CallTold,
    EntryTold,
    InitiativeTold,
    Judging,
    ReviewTold,
    RoundTold,
)

_BY_FINANCE: Final = frozenset(
    {
        "grant.confirm_payee",
        "grant.record_screening",
        "instalment.approve",
        "instalment.fail",
        "instalment.instruct",
        "instalment.settle",
    }
)
_WRITING_AGAIN: Final = frozenset({"application.change", "application.resubmit"})
_ENDING: Final = frozenset({"application.find_ineligible", "application.withdraw"})
_OF_THE_ACT: Final = frozenset({"at", "day", "does", "who"})

Fields = dict[str, Any]
"""The fields of a command. `Any`: as in JSON."""


def steps_of_call(name: str, told: CallTold, initiative: InitiativeTold, calendar: Calendar) -> list[Step]:
    """Everything that happened to a call and its applications; each thing's own steps are in order of time."""
    return list(_Call(name, told, initiative, calendar).steps())


class _Call:
    """One call, and who acts in it where the file does not say it: the first member who holds the role."""

    def __init__(self, name: str, told: CallTold, initiative: InitiativeTold, calendar: Calendar) -> None:
        self._name = name
        self._told = told
        self._calendar = calendar
        self._currency = initiative.funds[told.fund].currency
        self._about = {
            "initiative": told.initiative,
            "fund": f"{told.initiative}/{told.fund}",
            "call": name,
        }
        roles = initiative.roles
        self._officer = told.officer or roles["officer"][0]
        self._confirmer = roles["officer"][-1]
        self._chair = told.chair or roles["chair"][0]
        self._jurors = told.jurors or roles["juror"]
        self._finance = roles["finance"][0]
        self._approver = roles["approver"][0]
        self._rounds = {round.stage: round for round in told.rounds}
        self._criteria: dict[str, list[str]] = {
            stage["id"]: [criterion["id"] for criterion in stage["rubric"]["criteria"]]
            for stage in told.call.get("stages", ())
        }
        self._first = next(iter(self._criteria), "")

    def steps(self) -> Iterator[Step]:
        dated, told = self._calendar.dated, self._told
        yield from dated(self._set_up())
        for round in told.rounds:
            yield from dated(self._intake(round))
            about = self._of_round(round.stage)
            outcomes = [
                act
                for application in told.applications
                for entry in application.entries
                if (entry.stage or self._first) == round.stage
                for act in self._decided(application, entry, round)
            ]
            yield from dated([*self._panel(round, about), *outcomes, *self._decision(round, about)])
        for application in told.applications:
            for number, entry in enumerate(application.entries):
                yield from self._entered(application, entry, first=number == 0)
            yield from dated(self._corresponded(application))
            grant = self._of_entry(application, application.entries[-1])
            yield from dated(
                each for act in application.life for each in self._lived(act, application, grant)
            )
        for draft in told.drafts:
            about = self._of_round(self._first)
            yield from dated([OnDay(draft.day, draft.by, "draft", {"typed": draft.typed}, about)])

    # The call and its rounds

    def _set_up(self) -> Iterator[OnDay]:
        told = self._told
        call = self._calendar.written(told.call, self._currency)
        yield OnDay(told.drafted, self._officer, "call.draft", call, self._about)
        if told.published is not None:
            yield OnDay(told.published, self._officer, "call.publish", {}, self._about)
        for act in told.acts:
            yield self._act(act, self._about)

    def _intake(self, round: RoundTold) -> Iterator[OnDay]:
        about = self._of_round(round.stage)
        closes = self._calendar.written({"closes_at": round.closes}, "")
        yield OnDay(round.opened, self._officer, "round.open", closes, about)
        for act in round.acts:
            yield self._act(act, about)

    def _panel(self, judging: Judging, about: Mapping[str, str]) -> Iterator[OnDay]:
        if judging.panel is not None:
            yield OnDay(judging.panel, self._officer, "panel.open", {}, about)

    def _decision(self, judging: Judging, about: Mapping[str, str]) -> Iterator[OnDay]:
        """What the panel did once the outcomes were set, as far as it has come."""
        if judging.closed is not None:
            yield OnDay(judging.closed, self._chair, "panel.close", {}, about)
        if judging.confirmed is not None:
            yield OnDay(judging.confirmed, self._confirmer, "panel.confirm", {}, about)
            if judging.announces is not None:
                plan = self._calendar.written({"announce_at": judging.announces}, "")
                yield OnDay(judging.confirmed, self._confirmer, "panel.plan_announcement", plan, about)
        if judging.announced is not None:
            yield OnDay(judging.announced, self._officer, "panel.announce", {}, about)

    def _of_round(self, stage: str) -> dict[str, str]:
        place = f"{self._name}/{stage}"
        return {**self._about, "round": place, "panel": place}

    # Applications

    def _of_entry(self, told: ApplicationTold, entry: EntryTold) -> dict[str, str]:
        """What belongs to an application in a stage. In a rolling call, round and panel are its own."""
        stage = entry.stage or self._first
        own = (
            self._of_round(stage) if self._rounds else {**self._about, "round": told.name, "panel": told.name}
        )
        return {**own, "application": told.name, "grant": told.name}

    def _entered(self, told: ApplicationTold, entry: EntryTold, *, first: bool) -> Iterator[Step]:
        """What was submitted in a stage, and how it was judged there."""
        dated = self._calendar.dated
        about = self._of_entry(told, entry)
        judging = self._rounds.get(entry.stage or self._first, entry)
        examined = judging.examined if entry.examined is None else entry.examined
        ended = any(
            act["does"] in _ENDING and (examined is None or act["day"] <= examined) for act in entry.acts
        )
        acts = [self._submitted(told, entry, about, first=first)]
        acts += [self._before_judging(act, told, entry, about) for act in entry.acts]
        if not ended:
            if examined is not None:
                acts.append(OnDay(examined, self._officer, "application.find_eligible", {}, about))
            if judging.asked is not None:
                acts += self._asked(judging.asked, entry, judging, about)
        yield from dated(acts)
        for review in entry.reviews:
            yield from dated(self._reviewed(review, entry.stage or self._first, about))
        if not self._rounds:
            outcomes = self._decided(told, entry, entry)
            yield from dated([*self._panel(entry, about), *outcomes, *self._decision(entry, about)])

    def _submitted(
        self, told: ApplicationTold, entry: EntryTold, about: Mapping[str, str], *, first: bool
    ) -> OnDay:
        fields = self._written(told, entry)
        if not first:
            return OnDay(entry.day, told.by, "application.continue", fields, about, entry.at)
        fields |= {"eligibility": told.eligibility or {}}
        if told.organisation is not None:
            fields |= {"applicant": told.organisation}
        if told.entered_for is not None:
            fields |= {"name": told.entered_for}
            return OnDay(entry.day, told.by, "application.enter", fields, about, entry.at)
        return OnDay(entry.day, told.by, "application.submit", fields, about, entry.at)

    def _written(self, told: ApplicationTold, entry: EntryTold, act: Act | None = None) -> Fields:
        """What an application says: as in the entry, with what a later act changes."""
        changed = act or {}
        return {
            "title": changed.get("title", told.title),
            "requested": {"amount": changed.get("requested", told.requested), "currency": self._currency},
            "answers": {
                name: _answer(answer) for name, answer in (entry.answers | changed.get("answers", {})).items()
            },
        }

    def _before_judging(
        self, act: Act, told: ApplicationTold, entry: EntryTold, about: Mapping[str, str]
    ) -> OnDay:
        """An act before the judging. When something is written again, what is not named stays."""
        if act["does"] in _WRITING_AGAIN:
            return OnDay(
                act["day"], told.by, act["does"], self._written(told, entry, act), about, act.get("at")
            )
        return self._act(act, about, told.by)

    def _corresponded(self, told: ApplicationTold) -> Iterator[OnDay]:
        """What applicant and staff wrote to each other, and the staff for themselves."""
        about = self._of_entry(told, told.entries[0])
        for each in told.messages:
            who = told.by if each.side == "applicant" else self._officer
            does = "application.write_note" if each.side == "notes" else "application.write_message"
            yield OnDay(each.day, who, does, {"text": each.text}, about, each.at)

    def _asked(
        self, day: int, entry: EntryTold, judging: Judging, about: Mapping[str, str]
    ) -> Iterator[OnDay]:
        """The officer asks the jurors; those who replace another are asked later."""
        later = {each.instead for each in entry.reviews}
        for juror in entry.jurors or judging.jurors or self._jurors:
            if juror not in later:
                yield OnDay(day, self._officer, "review.assign", {"juror": juror}, _of_review(about, juror))

    def _reviewed(self, review: ReviewTold, stage: str, about: Mapping[str, str]) -> Iterator[OnDay]:
        own = _of_review(about, review.juror)
        if review.conflict is not None:
            why = {"reason": review.conflict}
            yield OnDay(review.day, review.juror, "review.declare_conflict", why, own)
            if review.instead is not None:
                yield OnDay(review.day + 1, self._officer, "review.replace", {"juror": review.instead}, own)
            return
        yield OnDay(review.day, review.juror, "review.declare_no_conflict", {}, own)
        if review.scores:
            fields: Fields = {
                "scores": dict(zip(self._criteria[stage], review.scores, strict=True)),
                "comment_jury": review.jury,
                "comment_applicant": review.applicant,
            }
            yield OnDay(review.day, review.juror, "review.submit", fields, own)

    def _decided(self, told: ApplicationTold, entry: EntryTold, judging: Judging) -> Iterator[OnDay]:
        """What the chair noted and decided in the panel."""
        about = self._of_entry(told, entry)
        if judging.decided is None and (entry.note or entry.outcome):
            raise ValueError(f"{told.name}: the file does not say on which day the chair decided.")
        usual = {"day": judging.decided, "who": self._chair}
        if entry.note is not None:
            yield self._act({**usual, "does": "panel.write_note", "text": entry.note}, about)
        if entry.outcome is not None:
            yield self._act({**usual, **entry.outcome, "does": "panel.set_outcome"}, about)

    # Grants

    def _lived(self, act: Act, told: ApplicationTold, about: Mapping[str, str]) -> list[OnDay]:
        """An act in the life of a grant. `payee` and `pay` stand for the usual acts of several people, a day apart."""
        match act["does"]:
            case "payee":
                acts = _payee(act)
            case "pay":
                acts = _pay(act, self._approver)
            case _:
                acts = [act]
        return [self._act(each, about, told.by) for each in acts]

    def _act(self, act: Act, about: Mapping[str, str], applicant: str = "") -> OnDay:
        """An act as its file gives it."""
        fields = {name: each for name, each in act.items() if name not in _OF_THE_ACT}
        does = act["does"]
        usual = applicant if does in BY_APPLICANT else self._finance if does in _BY_FINANCE else self._officer
        written = self._calendar.written(fields, self._currency)
        return OnDay(act["day"], act.get("who", usual), does, written, about, act.get("at"))


def _payee(act: Act) -> list[Act]:
    """The recipient gives bank details; they are screened (if `checked` names the record of it) and confirmed."""
    day, setting = act["day"], act.get("setting", 1)
    given = {name: each for name, each in act.items() if name not in ("checked", "setting")}
    acts: list[Act] = [{"kind": "recipient", **given, "does": "grant.set_payee"}]
    if "checked" in act:
        screened = {"result": "no_match", "reference": act["checked"], "screened_on": f"@{day + 1}"}
        acts.append({"does": "grant.record_screening", "day": day + 1, "setting": setting, **screened})
    return [*acts, {"does": "grant.confirm_payee", "day": day + 2, "setting": setting}]


def _pay(act: Act, approver: str) -> list[Act]:
    """An instalment from the request to the payment."""
    day, of = act["day"], {"instalment": act.get("instalment", 1)}
    settled = {name: each for name, each in act.items() if name in ("amount", "fee", "exchange")}
    return [
        {"does": "instalment.request", "day": day, **of},
        {"does": "instalment.approve", "day": day + 1, **of},
        {"does": "instalment.approve", "day": day + 2, "who": approver, **of},
        {"does": "instalment.instruct", "day": day + 3, "reference": act["reference"], **of},
        {"does": "instalment.settle", "day": day + 5, "settled_on": f"@{day + 5}", **settled, **of},
    ]


def _of_review(about: Mapping[str, str], juror: str) -> dict[str, str]:
    return {**about, "review": f"{about['application']}/{about['round']}/{juror}"}


def _answer(answer: Any) -> Any:  # Any: as in TOML and as in JSON
    """An answer; a budget is written as pairs of an item and its amount."""
    if isinstance(answer, list) and answer and isinstance(answer[0], list):
        return [{"item": item, "amount": amount} for item, amount in answer]
    return answer
