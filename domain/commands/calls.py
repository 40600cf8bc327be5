"""Commands for calls that are written already; `domain.commands.call_drafts` has those by which one is written."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from typing import Any

from domain import access, limits
from domain.applications import rules as application_rules
from domain.applications.state import APPLICATION
from domain.calls import rules as call_rules
from domain.calls.facts import CallChanged, CancellationReason
from domain.calls.state import CALL, Call
from domain.commands.call_staff import by_officer, call_of_officer, rounds_of_stage
from domain.deciding import (
    Command,
    CommandContext,
    Outcome,
    Plan,
    PlannedCommand,
    PlanRequest,
    Registered,
    index_entries,
    some,
    the,
)
from domain.forms import Form, Rubric
from domain.indexes import applications_of, reviews_in, rounds_of
from domain.initiatives.state import INITIATIVE
from domain.reviews import assigning
from domain.reviews.state import REVIEW
from domain.rounds import rules as round_rules
from domain.rounds.state import ROUND, Round, RoundStatus
from domain.texts import check_texts
from domain.values import CallId, Money


class ChangeCall(Command, frozen=True, kw_only=True):
    """Change a call's texts and amounts, until its panel opens; fields that are left out stay. Form and rubric have
    commands of their own; currency, blindness and time zone cannot be changed."""

    call: CallId
    title: dict[str, limits.Title] | None = None
    summary: dict[str, limits.Summary] | None = None
    budget: Money | None = None
    minimum_award: Money | None = None
    maximum_award: Money | None = None


class ChangeCallForm(Command, frozen=True, kw_only=True):
    """Publish a new version of a stage's form. Applications keep the version that they answered; a question's id keeps
    its kind, and an option that was removed does not come back. Questions and options can change their order."""

    call: CallId
    stage: limits.Slug
    form: Form


class ChangeCallRubric(Command, frozen=True, kw_only=True):
    """Publish a new version of a stage's rubric. Reviews keep the version that they were scored by."""

    call: CallId
    stage: limits.Slug
    rubric: Rubric


class CancelCall(Command, frozen=True, kw_only=True):
    """Cancel a published call, with the reason. Its applications that are under consideration end with it. Everybody
    who reads the call can read the `explanation`."""

    call: CallId
    reason: CancellationReason
    explanation: limits.Explanation | None = None


def _change(command: ChangeCall, context: CommandContext) -> Plan:
    call = yield from the(CALL, command.call)
    initiative = (yield from the(INITIATIVE, call.initiative)).within(command.call)
    found = yield from index_entries(rounds_of(command.call))
    # The rounds of a rolling call, one for each application, do not prevent a change.
    judged_together = () if call.rolling else found
    states = yield from some(ROUND, judged_together)
    received = yield from _in_all(map(applications_of, judged_together))

    def amount(field: str, asked: Money | None, now: int, least: int) -> int:
        return now if asked is None else asked.minor(field, currency=call.currency, least=least)

    def decide() -> Outcome:
        in_panel = any(
            round.last and round.status in (RoundStatus.IN_PANEL, RoundStatus.DECIDED)
            for round in states.values()
        )
        call_rules.check_changeable(call, in_panel=in_panel)
        changed = CallChanged(
            call=command.call,
            round=_newest(call, states),
            title=call.title
            if command.title is None
            else check_texts(command.title, "title", most=limits.TITLE),
            summary=call.summary
            if command.summary is None
            else check_texts(command.summary, "summary", most=limits.SUMMARY, long=True),
            budget=amount("budget", command.budget, call.budget, 1),
            minimum_award=amount("minimum_award", command.minimum_award, call.minimum_award, 0),
            maximum_award=amount("maximum_award", command.maximum_award, call.maximum_award, 1),
        )
        return Outcome(
            facts={
                command.call: call_rules.change(
                    changed, call, has_applications=bool(received) or (call.rolling and bool(found))
                )
            },
            answers=command.call,
        )

    return PlannedCommand(
        may=access.officer(context.actor, initiative),
        initiative=call.initiative,
        scope=command.call,
        decide=decide,
    )


def _change_form(command: ChangeCallForm, context: CommandContext) -> Plan:
    call, initiative = yield from call_of_officer(command.call)
    rounds = yield from rounds_of_stage(command.call, call, command.stage)
    ended = any(round.status is not RoundStatus.OPEN for round in rounds)
    return by_officer(
        context,
        initiative,
        command.call,
        call,
        lambda: call_rules.change_form(command.call, call, command.stage, command.form, intake_ended=ended),
    )


def _change_rubric(command: ChangeCallRubric, context: CommandContext) -> Plan:
    call, initiative = yield from call_of_officer(command.call)
    rounds = yield from rounds_of_stage(command.call, call, command.stage)
    in_panel = any(round.status not in (RoundStatus.OPEN, RoundStatus.CLOSED) for round in rounds)
    return by_officer(
        context,
        initiative,
        command.call,
        call,
        lambda: call_rules.change_rubric(
            command.call, call, command.stage, command.rubric, in_panel=in_panel
        ),
    )


def _cancel(command: CancelCall, context: CommandContext) -> Plan:
    call = yield from the(CALL, command.call)
    initiative = (yield from the(INITIATIVE, call.initiative)).within(command.call)
    found = yield from index_entries(rounds_of(command.call))
    states = yield from some(ROUND, found)
    received = yield from _in_all(map(applications_of, found))
    ended = yield from some(APPLICATION, received)
    written = yield from _in_all(map(reviews_in, found))
    owed = yield from some(REVIEW, written)

    def decide() -> Outcome:
        cancelled = call_rules.cancel(
            command.call, call, officer=context.actor, reason=command.reason, explanation=command.explanation
        )
        with_it = {
            **{each: round_rules.cancel(each, round) for each, round in states.items()},
            **{
                each: application_rules.cancel(each, application, reason=command.reason)
                for each, application in sorted(ended.items())
            },
            **{each: assigning.expire(each, review) for each, review in owed.items()},
        }
        return Outcome(
            facts={command.call: cancelled} | {each: facts for each, facts in with_it.items() if facts},
            answers=command.call,
        )

    return PlannedCommand(
        may=access.officer(context.actor, initiative),
        initiative=call.initiative,
        scope=command.call,
        decide=decide,
    )


def _newest(call: Call, rounds: Mapping[str, Round]) -> str | None:
    """The round of the latest stage that has one. Its applications' timelines show a change of the call."""
    order = [stage.id for stage in call.stages]
    return max(rounds, key=lambda each: order.index(rounds[each].stage), default=None)


def _in_all(indexes: Iterable[str]) -> Generator[PlanRequest, Any, list[str]]:
    found: list[str] = []
    for index in indexes:
        found += yield from index_entries(index)
    return found


COMMANDS = (
    Registered("call.change", ChangeCall, _change),
    Registered("call.change_form", ChangeCallForm, _change_form),
    Registered("call.change_rubric", ChangeCallRubric, _change_rubric),
    Registered("call.cancel", CancelCall, _cancel),
)
