"""Asking for what can be done with a call."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain import access, calls
from domain.calls import CALL, Blindness, CallDrafted
from domain.deciding import Act, Command, Given, Outcome, Plan, Registered, the
from domain.forms import Form, Rubric, check_form, check_rubric
from domain.funds import FUND
from domain.initiatives import INITIATIVE
from domain.refusals import Invalid
from domain.values import CallId, FundId, Money, Texts, check_texts


class DraftCall(Command, frozen=True, kw_only=True):
    """Write a call that is paid from a fund. `quorum` is the number of reviews each application needs;
    `grace_minutes` are granted silently after each deadline."""

    fund: FundId
    title: Texts
    summary: Texts
    form: Form
    rubric: Rubric
    budget: Money
    minimum_award: Money
    maximum_award: Money
    quorum: int = 3
    blindness: Blindness = "double"
    time_zone: str = "UTC"
    grace_minutes: int = 0


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
    if not 1 <= command.quorum <= 20:
        raise Invalid.field("quorum", "A quorum is a whole number from 1 to 20.")
    if not 0 <= command.grace_minutes <= 1440:
        raise Invalid.field("grace_minutes", "The minutes of grace are a whole number from 0 to 1440.")
    try:
        ZoneInfo(command.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid.field("time_zone", "A time zone is written as Europe/Berlin.") from None
    return CallDrafted(
        call=call,
        initiative=initiative,
        fund=command.fund,
        title=check_texts(command.title, "title", most=200),
        summary=check_texts(command.summary, "summary", most=5000, long=True),
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
