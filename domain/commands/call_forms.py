"""Commands about the form and the rubric of a stage: work on the next version, which only the staff see, and publishing it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from domain import limits
from domain.calls import drafting
from domain.calls import rules as call_rules
from domain.commands.call_staff import by_officer, call_of_officer, rounds_of_stage
from domain.deciding import (
    Command,
    CommandContext,
    Fact,
    Plan,
    Registered,
)
from domain.forms import Form, Rubric
from domain.rounds.state import RoundStatus
from domain.values import CallId


class PrepareCallForm(Command, frozen=True, kw_only=True):
    """Keep work on a stage's form, which need not be finished. Of a draft, this is its form. Of a published call, it is
    the next version, which only the staff see until it is published with `call.change_form`; the newest version, sent
    again, gives the work up."""

    call: CallId
    stage: limits.Slug
    form: Form


class PrepareCallRubric(Command, frozen=True, kw_only=True):
    """Keep work on a stage's rubric, which need not be finished. Of a draft, this is its rubric. Of a published call, it
    is the next version, which only the staff see until it is published with `call.change_rubric`; the newest version,
    sent again, gives the work up."""

    call: CallId
    stage: limits.Slug
    rubric: Rubric


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


def _form(
    command: PrepareCallForm | ChangeCallForm, context: CommandContext, rule: Callable[..., tuple[Fact, ...]]
) -> Plan:
    call, initiative = yield from call_of_officer(command.call)
    rounds = yield from rounds_of_stage(command.call, call, command.stage)
    ended = any(round.status is not RoundStatus.OPEN for round in rounds)
    return by_officer(
        context,
        initiative,
        command.call,
        call,
        lambda: rule(command.call, call, command.stage, command.form, intake_ended=ended),
    )


def _rubric(
    command: PrepareCallRubric | ChangeCallRubric,
    context: CommandContext,
    rule: Callable[..., tuple[Fact, ...]],
) -> Plan:
    call, initiative = yield from call_of_officer(command.call)
    rounds = yield from rounds_of_stage(command.call, call, command.stage)
    in_panel = any(round.status not in (RoundStatus.OPEN, RoundStatus.CLOSED) for round in rounds)
    return by_officer(
        context,
        initiative,
        command.call,
        call,
        lambda: rule(command.call, call, command.stage, command.rubric, in_panel=in_panel),
    )


COMMANDS = (
    Registered("call.prepare_form", PrepareCallForm, partial(_form, rule=drafting.prepare_form)),
    Registered("call.prepare_rubric", PrepareCallRubric, partial(_rubric, rule=drafting.prepare_rubric)),
    Registered("call.change_form", ChangeCallForm, partial(_form, rule=call_rules.change_form)),
    Registered("call.change_rubric", ChangeCallRubric, partial(_rubric, rule=call_rules.change_rubric)),
)
