"""Commands about the next version of a stage's form and rubric, which only the staff see until it is published."""

from __future__ import annotations

from domain import limits
from domain.calls import drafting
from domain.commands.call_staff import by_officer, call_of_officer, rounds_of_stage
from domain.deciding import (
    Command,
    CommandContext,
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


def _prepare_form(command: PrepareCallForm, context: CommandContext) -> Plan:
    call, initiative = yield from call_of_officer(command.call)
    rounds = yield from rounds_of_stage(command.call, call, command.stage)
    ended = any(round.status is not RoundStatus.OPEN for round in rounds)
    return by_officer(
        context,
        initiative,
        command.call,
        call,
        lambda: drafting.prepare_form(command.call, call, command.stage, command.form, intake_ended=ended),
    )


def _prepare_rubric(command: PrepareCallRubric, context: CommandContext) -> Plan:
    call, initiative = yield from call_of_officer(command.call)
    rounds = yield from rounds_of_stage(command.call, call, command.stage)
    in_panel = any(round.status not in (RoundStatus.OPEN, RoundStatus.CLOSED) for round in rounds)
    return by_officer(
        context,
        initiative,
        command.call,
        call,
        lambda: drafting.prepare_rubric(command.call, call, command.stage, command.rubric, in_panel=in_panel),
    )


COMMANDS = (
    Registered("call.prepare_form", PrepareCallForm, _prepare_form),
    Registered("call.prepare_rubric", PrepareCallRubric, _prepare_rubric),
)
