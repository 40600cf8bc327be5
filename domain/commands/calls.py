"""Asking for what can be done with a call."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain import access, calls, limits
from domain.calls import CALL, Blindness, CallDrafted
from domain.deciding import Act, Command, Given, Outcome, Plan, Registered, the
from domain.forms import Form, Rubric, check_form, check_rubric
from domain.funds import FUND
from domain.initiatives import INITIATIVE
from domain.messages import msg
from domain.refusals import Invalid
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


COMMANDS = (
    Registered("call.draft", DraftCall, _draft),
    Registered("call.publish", PublishCall, _publish),
)
