"""Commands by which a call is written, part by part, until it is published."""

from __future__ import annotations

from datetime import datetime

import msgspec

from domain import access, limits
from domain.calls import drafting
from domain.calls import rules as call_rules
from domain.calls.drafting import Dates
from domain.calls.facts import CallDraftChanged, CallDrafted, HowMany, Intake
from domain.calls.state import CALL, Call
from domain.commands.call_staff import by_officer, call_of_officer
from domain.deciding import (
    Command,
    CommandContext,
    Outcome,
    Plan,
    PlannedCommand,
    Registered,
    index_entries,
    some,
    the,
)
from domain.eligibility import EligibilityQuestions, check_questions
from domain.funds import FUND, Fund
from domain.indexes import rounds_of
from domain.initiatives.state import INITIATIVE
from domain.messages import msg
from domain.refusals import Invalid, NotFound
from domain.rounds.state import ROUND
from domain.stages import StageDrafts, StageOutlines, check_stages, empty_stage
from domain.texts import check_texts
from domain.values import CallId, FundId, Money


class DraftCall(Command, frozen=True, kw_only=True):
    """Draft a call that is paid from a fund. What is not known yet can be left out, and written part by part until the call
    is published. Applications go through its `stages` in order. Its `eligibility` questions are asked first, and an application can be submitted only with the answers that they need. A ``rolling`` call takes
    applications all the time, or until `takes_until` (a local time in its time zone), and decides on each within
    `decide_within_days`. `grace_minutes` are granted silently after each deadline. `fast_track_up_to` puts a call for
    small emergency grants on the fast track, and is the most that it can ever award: each application gets two reviews,
    the panel's decision is confirmed without closing the panel first, and each grant is paid in one instalment."""

    fund: FundId
    title: dict[str, limits.Title]
    summary: dict[str, limits.Summary] | None = None
    stages: StageDrafts | None = None
    budget: Money | None = None
    minimum_award: Money | None = None
    maximum_award: Money | None = None
    time_zone: str = "UTC"
    grace_minutes: limits.GraceMinutes = 0
    eligibility: EligibilityQuestions = ()
    applications_per_applicant: HowMany = "several"
    intake: Intake = "deadline"
    decide_within_days: limits.Days | None = None
    takes_until: datetime | None = None
    fast_track_up_to: Money | None = None


class PublishCall(Command, frozen=True, kw_only=True):
    """Publish a drafted call, so that everybody can read it."""

    call: CallId


class CallTexts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A draft's title and summary, each in one or several languages."""

    title: dict[str, limits.Title]
    summary: dict[str, limits.Summary] | None = None


class CallMoney(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A draft's amounts, as far as they are known, in the currency of its fund."""

    budget: Money | None = None
    minimum_award: Money | None = None
    maximum_award: Money | None = None
    fast_track_up_to: Money | None = None


class CallIntake(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a draft takes applications, and how many of one applicant; see `DraftCall`."""

    intake: Intake = "deadline"
    time_zone: str = "UTC"
    grace_minutes: limits.GraceMinutes = 0
    applications_per_applicant: HowMany = "several"
    decide_within_days: limits.Days | None = None
    takes_until: datetime | None = None


class ChangeDraft(Command, frozen=True, kw_only=True):
    """Replace parts of a draft, each as a whole; parts that are left out stay. The amounts are in the currency of the
    `fund`."""

    call: CallId
    fund: FundId | None = None
    texts: CallTexts | None = None
    money: CallMoney | None = None
    intake: CallIntake | None = None
    eligibility: EligibilityQuestions | None = None


class ChangeCallStages(Command, frozen=True, kw_only=True):
    """Replace the outline of a draft's stages: which there are, in which order, with title, number of reviews, blindness
    and planned deadline. A stage keeps its form and its rubric by its id; a new one begins with empty ones, and with a
    stage that is left out they are lost."""

    call: CallId
    stages: StageOutlines


class DiscardCall(Command, frozen=True, kw_only=True):
    """Give a draft up. It can no longer be changed or published, but it can still be copied."""

    call: CallId


class CopyCall(Command, frozen=True, kw_only=True):
    """Draft a call as a copy of another one of the initiative: its texts, stages, forms and rubrics. It is paid from the
    same fund, or from another; the amounts are copied if the currency is the same. With `dates` ``next_year``, its
    deadlines become the planned ones, a year later."""

    call: CallId
    fund: FundId | None = None
    dates: Dates = "empty"


def _draft(command: DraftCall, context: CommandContext) -> Plan:
    fund = yield from the(FUND, command.fund)
    initiative = yield from the(INITIATIVE, fund.initiative)
    call = context.new("call")
    return PlannedCommand(
        may=access.officer(context.actor, initiative),
        initiative=fund.initiative,
        scope=call,
        decide=lambda: Outcome(
            facts={
                call: call_rules.draft(
                    _drafted(command, call, fund.initiative, fund.currency), fund_currency=fund.currency
                )
            },
            answers=call,
        ),
    )


def _drafted(command: DraftCall, call: str, initiative: str, fund_currency: str) -> CallDrafted:
    currency = fund_currency if command.budget is None else command.budget.currency
    drafting.check_grace_minutes(command.grace_minutes, "grace_minutes")
    drafting.check_time_zone(command.time_zone, "time_zone")
    rolling = command.intake == "rolling"
    quorum = 2 if rolling or command.stages is None else 3
    return CallDrafted(
        call=call,
        initiative=initiative,
        fund=command.fund,
        title=check_texts(command.title, "title", most=limits.TITLE),
        summary={}
        if command.summary is None
        else check_texts(command.summary, "summary", most=limits.SUMMARY, long=True),
        stages=(empty_stage(quorum),)
        if command.stages is None
        else check_stages(command.stages, quorum=quorum),
        currency=currency,
        budget=_minor(command.budget, "budget", currency, 1),
        minimum_award=_minor(command.minimum_award, "minimum_award", currency, 0),
        maximum_award=_minor(command.maximum_award, "maximum_award", currency, 1),
        time_zone=command.time_zone,
        grace_minutes=command.grace_minutes,
        eligibility=check_questions(command.eligibility),
        applications_per_applicant=command.applications_per_applicant,
        intake=command.intake,
        decide_within_days=command.decide_within_days,
        takes_until=None
        if command.takes_until is None
        else call_rules.instant(command.takes_until, command.time_zone, "takes_until"),
        fast_track_up_to=None
        if command.fast_track_up_to is None
        else command.fast_track_up_to.minor("fast_track_up_to", currency=currency, least=1),
    )


def _minor(amount: Money | None, field: str, currency: str, least: int) -> int:
    return 0 if amount is None else amount.minor(field, currency=currency, least=least)


def _publish(command: PublishCall, context: CommandContext) -> Plan:
    call, initiative = yield from call_of_officer(command.call)
    return by_officer(context, initiative, command.call, call, lambda: drafting.publish(command.call, call))


def _change_draft(command: ChangeDraft, context: CommandContext) -> Plan:
    call, initiative = yield from call_of_officer(command.call)
    fund = (yield from the(FUND, command.fund)) if command.fund is not None else None

    def decide() -> Outcome:
        drafting.check_draft(call)
        if fund is not None and fund.initiative != call.initiative:
            raise NotFound(named=command.fund)
        return Outcome(
            facts={command.call: drafting.change_draft(_changed(command, call, fund), call)},
            answers=command.call,
        )

    return PlannedCommand(
        may=access.officer(context.actor, initiative),
        initiative=call.initiative,
        scope=command.call,
        decide=decide,
    )


def _changed(command: ChangeDraft, call: Call, fund: Fund | None) -> CallDraftChanged:
    """The draft with the parts that the command gives."""
    replace = msgspec.structs.replace
    changed = drafting.settings(command.call, call)
    if fund is not None and command.fund is not None:
        if fund.currency != call.currency and command.money is None:
            raise Invalid.field(
                "fund", msg("This fund is in {currency}; write the amounts again.", currency=fund.currency)
            )
        changed = replace(changed, fund=command.fund, currency=fund.currency)
    if (texts := command.texts) is not None:
        changed = replace(
            changed,
            title=check_texts(texts.title, "texts.title", most=limits.TITLE),
            summary=check_texts(texts.summary, "texts.summary", most=limits.SUMMARY, long=True)
            if texts.summary
            else {},
        )
    if (money := command.money) is not None:
        currency = changed.currency
        changed = replace(
            changed,
            budget=_minor(money.budget, "money.budget", currency, 1),
            minimum_award=_minor(money.minimum_award, "money.minimum_award", currency, 0),
            maximum_award=_minor(money.maximum_award, "money.maximum_award", currency, 1),
            fast_track_up_to=None
            if money.fast_track_up_to is None
            else money.fast_track_up_to.minor("money.fast_track_up_to", currency=currency, least=1),
        )
    if (intake := command.intake) is not None:
        drafting.check_grace_minutes(intake.grace_minutes, "intake.grace_minutes")
        drafting.check_time_zone(intake.time_zone, "intake.time_zone")
        changed = replace(
            changed,
            intake=intake.intake,
            time_zone=intake.time_zone,
            grace_minutes=intake.grace_minutes,
            applications_per_applicant=intake.applications_per_applicant,
            decide_within_days=intake.decide_within_days,
            takes_until=None
            if intake.takes_until is None
            else call_rules.instant(intake.takes_until, intake.time_zone, "intake.takes_until"),
        )
    if command.eligibility is not None:
        changed = replace(changed, eligibility=check_questions(command.eligibility))
    return changed


def _change_stages(command: ChangeCallStages, context: CommandContext) -> Plan:
    call, initiative = yield from call_of_officer(command.call)
    return by_officer(
        context,
        initiative,
        command.call,
        call,
        lambda: drafting.change_stages(command.call, call, command.stages),
    )


def _discard(command: DiscardCall, context: CommandContext) -> Plan:
    call, initiative = yield from call_of_officer(command.call)
    return by_officer(context, initiative, command.call, call, lambda: drafting.discard(command.call, call))


def _copy(command: CopyCall, context: CommandContext) -> Plan:
    source = yield from the(CALL, command.call)
    initiative = yield from the(INITIATIVE, source.initiative)
    fund_id = source.fund if command.fund is None else command.fund
    fund = yield from the(FUND, fund_id)
    # The rounds of a rolling call, one for each application, have no deadlines.
    found = () if source.rolling else (yield from index_entries(rounds_of(command.call)))
    rounds = yield from some(ROUND, found)
    call = context.new("call")

    def decide() -> Outcome:
        if fund.initiative != source.initiative:
            raise NotFound(named=fund_id)
        return Outcome(
            facts={
                call: drafting.copy(
                    call,
                    command.call,
                    source,
                    fund=fund_id,
                    currency=fund.currency,
                    deadlines={
                        round.stage: round.closes_at
                        for round in rounds.values()
                        if round.closes_at is not None
                    },
                    dates=command.dates,
                )
            },
            answers=call,
        )

    return PlannedCommand(
        may=access.officer(context.actor, initiative),
        initiative=source.initiative,
        scope=call,
        decide=decide,
    )


COMMANDS = (
    Registered("call.draft", DraftCall, _draft),
    Registered("call.copy", CopyCall, _copy),
    Registered("call.change_draft", ChangeDraft, _change_draft),
    Registered("call.change_stages", ChangeCallStages, _change_stages),
    Registered("call.publish", PublishCall, _publish),
    Registered("call.discard", DiscardCall, _discard),
)
