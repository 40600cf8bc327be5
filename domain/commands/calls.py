"""Asking for what can be done with a call."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain import access, applications, calls, limits, reviews, rounds
from domain.applications import APPLICATION
from domain.calls import CALL, Blindness, CallChanged, CallDrafted, CancellationReason
from domain.deciding import Act, Command, Given, Outcome, Plan, Registered, Wish, members, some, the
from domain.forms import Form, Rubric, check_form, check_rubric
from domain.funds import FUND
from domain.indexes import applications_of, reviews_in, rounds_of
from domain.initiatives import INITIATIVE
from domain.messages import msg
from domain.refusals import Invalid
from domain.reviews import REVIEW
from domain.rounds import ROUND, RoundStatus
from domain.values import CallId, FundId, Money, check_texts


class DraftCall(Command, frozen=True, kw_only=True):
    """Write a call that is paid from a fund. `quorum` is the number of reviews each application needs;
    `grace_minutes` are granted silently after each deadline."""

    fund: FundId
    title: dict[str, limits.Title]
    summary: dict[str, limits.Summary]
    form: Form
    rubric: Rubric
    budget: Money
    minimum_award: Money
    maximum_award: Money
    quorum: limits.Quorum = 3
    blindness: Blindness = "double"
    time_zone: str = "UTC"
    grace_minutes: limits.GraceMinutes = 0


class PublishCall(Command, frozen=True, kw_only=True):
    """Let everybody read a drafted call."""

    call: CallId


class ChangeCall(Command, frozen=True, kw_only=True):
    """Change what a call says and how much it gives, until its panel opens; what is left out stays. Form, rubric, currency,
    blindness and time zone stay as they were published."""

    call: CallId
    title: dict[str, limits.Title] | None = None
    summary: dict[str, limits.Summary] | None = None
    budget: Money | None = None
    minimum_award: Money | None = None
    maximum_award: Money | None = None


class CancelCall(Command, frozen=True, kw_only=True):
    """End a published call without a decision, with the reason. Its applications that are under consideration end with it.
    Everybody who reads the call reads the `explanation`."""

    call: CallId
    reason: CancellationReason
    explanation: limits.Explanation | None = None


def _draft(command: DraftCall, given: Given) -> Plan:
    fund = yield from the(FUND, command.fund)
    initiative = yield from the(INITIATIVE, fund.initiative)
    call = given.new("call")
    return Act(
        may=access.officer(given.actor, initiative),
        initiative=fund.initiative,
        scope=call,
        decide=lambda: Outcome(
            facts={call: calls.draft(_checked(command, call, fund.initiative), fund_currency=fund.currency)},
            answers=call,
        ),
    )


def _checked(command: DraftCall, call: str, initiative: str) -> CallDrafted:
    currency = command.budget.currency
    if not 1 <= command.quorum <= limits.QUORUM:
        raise Invalid.field("quorum", limits.outside(command.quorum, 1, limits.QUORUM))
    if not 0 <= command.grace_minutes <= limits.GRACE_MINUTES:
        raise Invalid.field(
            "grace_minutes",
            limits.outside(command.grace_minutes, 0, limits.GRACE_MINUTES),
        )
    try:
        ZoneInfo(command.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid.field(
            "time_zone", msg("Write the time zone by region and city, such as Europe/Berlin.")
        ) from None
    return CallDrafted(
        call=call,
        initiative=initiative,
        fund=command.fund,
        title=check_texts(command.title, "title", most=limits.TITLE),
        summary=check_texts(command.summary, "summary", most=limits.SUMMARY, long=True),
        form=check_form(command.form),
        rubric=check_rubric(command.rubric),
        quorum=command.quorum,
        blindness=command.blindness,
        currency=currency,
        budget=command.budget.minor("budget", least=1),
        minimum_award=command.minimum_award.minor("minimum_award", currency=currency),
        maximum_award=command.maximum_award.minor("maximum_award", currency=currency, least=1),
        time_zone=command.time_zone,
        grace_minutes=command.grace_minutes,
    )


def _publish(command: PublishCall, given: Given) -> Plan:
    call = yield from the(CALL, command.call)
    initiative = (yield from the(INITIATIVE, call.initiative)).within(command.call)
    return Act(
        may=access.officer(given.actor, initiative),
        initiative=call.initiative,
        scope=command.call,
        decide=lambda: Outcome(facts={command.call: calls.publish(command.call, call)}, answers=command.call),
    )


def _change(command: ChangeCall, given: Given) -> Plan:
    call = yield from the(CALL, command.call)
    initiative = (yield from the(INITIATIVE, call.initiative)).within(command.call)
    found = yield from members(rounds_of(command.call))
    states = yield from some(ROUND, found)
    received = yield from _in_all(map(applications_of, found))

    def amount(field: str, asked: Money | None, now: int, least: int) -> int:
        return now if asked is None else asked.minor(field, currency=call.currency, least=least)

    def decide() -> Outcome:
        in_panel = any(
            round.status in (RoundStatus.IN_PANEL, RoundStatus.DECIDED) for round in states.values()
        )
        calls.check_changeable(call, in_panel=in_panel)
        changed = CallChanged(
            call=command.call,
            round=found[0] if found else None,
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
            facts={command.call: calls.change(changed, call, has_applications=bool(received))},
            answers=command.call,
        )

    return Act(
        may=access.officer(given.actor, initiative),
        initiative=call.initiative,
        scope=command.call,
        decide=decide,
    )


def _cancel(command: CancelCall, given: Given) -> Plan:
    call = yield from the(CALL, command.call)
    initiative = (yield from the(INITIATIVE, call.initiative)).within(command.call)
    found = yield from members(rounds_of(command.call))
    states = yield from some(ROUND, found)
    received = yield from _in_all(map(applications_of, found))
    ended = yield from some(APPLICATION, received)
    written = yield from _in_all(map(reviews_in, found))
    owed = yield from some(REVIEW, written)

    def decide() -> Outcome:
        cancelled = calls.cancel(
            command.call, call, officer=given.actor, reason=command.reason, explanation=command.explanation
        )
        with_it = {
            **{each: rounds.cancel(each, round) for each, round in states.items()},
            **{
                each: applications.cancel(each, application, reason=command.reason)
                for each, application in sorted(ended.items())
            },
            **{each: reviews.expire(each, review) for each, review in owed.items()},
        }
        return Outcome(
            facts={command.call: cancelled} | {each: facts for each, facts in with_it.items() if facts},
            answers=command.call,
        )

    return Act(
        may=access.officer(given.actor, initiative),
        initiative=call.initiative,
        scope=command.call,
        decide=decide,
    )


def _in_all(indexes: Iterable[str]) -> Generator[Wish, Any, list[str]]:
    found: list[str] = []
    for index in indexes:
        found += yield from members(index)
    return found


COMMANDS = (
    Registered("call.draft", DraftCall, _draft),
    Registered("call.publish", PublishCall, _publish),
    Registered("call.change", ChangeCall, _change),
    Registered("call.cancel", CancelCall, _cancel),
)
