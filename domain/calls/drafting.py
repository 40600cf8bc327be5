"""The rules for writing a call, part by part, until it is published; and for preparing new versions of its forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from domain import fast_track, limits
from domain.calls.facts import (
    CallDiscarded,
    CallDraftChanged,
    CallDrafted,
    CallFormPrepared,
    CallPublished,
    CallRubricPrepared,
    CallStagesChanged,
)
from domain.calls.rules import ONE_STAGE, check_amounts, check_intake
from domain.calls.state import Call, CallStatus
from domain.deciding import Fact
from domain.form_checks import check_form, check_rubric
from domain.form_versions import prepared_form, prepared_rubric
from domain.forms import Form, Rubric
from domain.messages import Message, msg
from domain.refusals import Invalid, Refused
from domain.stages import Stage, StageOutline, check_stages

Part = Literal["texts", "money", "stages", "form", "rubric"]
"""The parts of a draft in which something can be missing."""
Dates = Literal["empty", "next_year"]
"""What becomes of the dates in a copy: they are left out, or a year later."""

_PUBLISHED: Final = msg("This call is already published.")
_CANCELLED: Final = msg("A cancelled call cannot be changed.")
_DISCARDED: Final = msg("This draft was discarded.")


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """What a draft still needs before it can be published: in which part, perhaps of one of its stages, and the sentence
    that says so."""

    part: Part
    sentence: Message
    stage: str | None = None


def missing(call: Call) -> tuple[Missing, ...]:
    """What a draft still needs before it can be published."""
    found: list[Missing] = []
    if not call.summary:
        found.append(Missing(part="texts", sentence=msg("Describe the call in at least one language.")))
    if not call.budget:
        found.append(Missing(part="money", sentence=msg("Say how much the call can award in all.")))
    if not call.maximum_award:
        found.append(Missing(part="money", sentence=msg("Say how much one award can be.")))
    if len(call.stages) > 1 and not all(stage.title for stage in call.stages):
        found.append(
            Missing(
                part="stages",
                sentence=msg("Give each stage a title, so that applicants can tell them apart."),
            )
        )
    for number, stage in enumerate(call.stages, 1):
        found += _missing_in(stage, None if len(call.stages) == 1 else number)
    return tuple(found)


def _missing_in(stage: Stage, number: int | None) -> list[Missing]:
    found: list[Missing] = []
    if not stage.form.questions:
        found.append(
            Missing(
                part="form",
                stage=stage.id,
                sentence=msg("Ask at least one question in the form.")
                if number is None
                else msg("Ask at least one question in the form of stage {number}.", number=number),
            )
        )
    found += [
        Missing(
            part="form",
            stage=stage.id,
            sentence=msg("Ask at least one question in each repeating group of the form.")
            if number is None
            else msg(
                "Ask at least one question in each repeating group of the form of stage {number}.",
                number=number,
            ),
        )
        for group in stage.form.questions
        if group.kind == "group" and not group.questions
    ][:1]
    if not stage.rubric.criteria:
        found.append(
            Missing(
                part="rubric",
                stage=stage.id,
                sentence=msg("Write at least one criterion by which the jury scores.")
                if number is None
                else msg(
                    "Write at least one criterion by which the jury scores in stage {number}.", number=number
                ),
            )
        )
    return found


def untranslated(call: Call, stage: Stage | None = None) -> dict[str, int]:
    """How many texts of a call, or of the form and the rubric of one of its stages, are not written yet in which of the
    call's languages. It can be published all the same: readers then see another language."""
    if stage is None:
        texts = [
            call.summary,
            *[each.title for each in call.stages if each.title],
            *[
                text
                for each in call.eligibility
                for text in (each.label, each.refusal, *([each.help] if each.help else []))
            ],
        ]
    else:
        texts = [
            *[text for each in stage.form.sections for text in (each.title, each.help) if text],
            *[
                text
                for question in stage.form.questions
                for each in question.with_its_questions
                for text in (each.label, each.help, *[choice.label for choice in each.choices])
                if text
            ],
            *[text for each in stage.rubric.criteria for text in (each.label, each.guidance) if text],
        ]
    lacking = {language: sum(language not in text for text in texts if text) for language in call.title}
    return {language: count for language, count in lacking.items() if count}


def publish(call_id: str, call: Call) -> tuple[Fact, ...]:
    """Publish the call: everybody can read it. Nothing may be missing."""
    check_draft(call)
    for each in missing(call):
        raise Refused(each.sentence)
    return (CallPublished(call=call_id),)


def check_draft(call: Call) -> None:
    """Refuse unless the call is a draft."""
    if call.status is CallStatus.CANCELLED:
        raise Refused(_CANCELLED)
    if call.status is CallStatus.DISCARDED:
        raise Refused(_DISCARDED)
    if call.status is not CallStatus.DRAFTED:
        raise Refused(_PUBLISHED)


def discard(call_id: str, call: Call) -> tuple[Fact, ...]:
    """Give a draft up."""
    check_draft(call)
    return (CallDiscarded(call=call_id),)


def settings(call_id: str, call: Call) -> CallDraftChanged:
    """A draft as it is, without its stages, from which a changed one is made."""
    return CallDraftChanged(
        call=call_id,
        **{
            name: getattr(call, name)
            for name in CallDraftChanged.__struct_fields__
            if name not in ("call", "fund")
        },
        fund=call.fund,
    )


def change_draft(changed: CallDraftChanged, call: Call) -> tuple[Fact, ...]:
    """Change the texts, amounts, intake or eligibility questions of a draft."""
    check_draft(call)
    if changed == settings(changed.call, call):
        raise Refused(msg("This changes nothing in the call."))
    try:
        check_amounts(changed)
    except Invalid as invalid:
        raise invalid.within("money.") from None
    try:
        check_intake(changed)
    except Invalid as invalid:
        raise invalid.within("intake.") from None
    if changed.intake == "rolling" and len(call.stages) > 1:
        raise Invalid.field("intake.intake", ONE_STAGE)
    if changed.fast_track_up_to is not None:
        for stage in call.stages:
            fast_track.check_quorum(stage.quorum, "money.fast_track_up_to.amount")
        fast_track.check_ceiling(
            changed.maximum_award, up_to=changed.fast_track_up_to, currency=changed.currency
        )
    return (changed,)


def change_stages(call_id: str, call: Call, outlines: Sequence[StageOutline]) -> tuple[Fact, ...]:
    """Add, remove, order and describe the stages of a draft. Each keeps its form and its rubric by its id; a new one
    begins with empty ones."""
    check_draft(call)
    stages = check_stages(outlines, quorum=usual_quorum(call), before=call.stages, unfinished=True)
    if call.rolling and len(stages) > 1:
        raise Invalid.field("stages", ONE_STAGE)
    if call.on_fast_track:
        for number, stage in enumerate(stages):
            fast_track.check_quorum(stage.quorum, f"stages[{number}].quorum")
    if stages == call.stages:
        raise Refused(msg("This changes nothing in the call."))
    return (CallStagesChanged(call=call_id, stages=stages),)


def usual_quorum(call: Call) -> int:
    """The number of reviews that an application needs, if nobody says another."""
    return fast_track.REVIEWS if call.rolling or call.on_fast_track else 3


def prepare_form(
    call_id: str, call: Call, stage_id: str, form: Form, *, intake_ended: bool
) -> tuple[Fact, ...]:
    """Keep work on the form of a stage: of a draft, its form; of a published call, the next version, as long as the
    stage's round takes applications (`intake_ended` is False)."""
    _check_stage(call, stage_id)
    drafted = call.status is CallStatus.DRAFTED
    if intake_ended and not drafted:
        raise Refused(msg("This stage no longer takes applications, so its form stays as it is."))
    checked = check_form(form, least=0)
    if not drafted:
        checked = prepared_form(call.forms[stage_id], checked)
    if checked == call.prepared_forms.get(stage_id, call.stage(stage_id).form):
        raise Refused(msg("The form is the same as before."))
    return (CallFormPrepared(call=call_id, stage=stage_id, form=checked),)


def prepare_rubric(
    call_id: str, call: Call, stage_id: str, rubric: Rubric, *, in_panel: bool
) -> tuple[Fact, ...]:
    """Keep work on the rubric of a stage: of a draft, its rubric; of a published call, the next version, until its panel
    opens (`in_panel`)."""
    _check_stage(call, stage_id)
    drafted = call.status is CallStatus.DRAFTED
    if in_panel and not drafted:
        raise Refused(msg("The panel of this stage is already open, so its criteria stay as they are."))
    checked = check_rubric(rubric, least=0)
    if not drafted:
        checked = prepared_rubric(call.rubrics[stage_id], checked)
    if checked == call.prepared_rubrics.get(stage_id, call.stage(stage_id).rubric):
        raise Refused(msg("The criteria are the same as before."))
    return (CallRubricPrepared(call=call_id, stage=stage_id, rubric=checked),)


def _check_stage(call: Call, stage_id: str) -> None:
    if call.status is CallStatus.CANCELLED:
        raise Refused(_CANCELLED)
    if call.status is CallStatus.DISCARDED:
        raise Refused(_DISCARDED)
    if stage_id not in call.forms:
        raise Invalid.field("stage", msg("The call has no such stage."))


def copy(
    call_id: str,
    source_id: str,
    source: Call,
    *,
    fund: str,
    currency: str,
    deadlines: Mapping[str, datetime],
    dates: Dates,
) -> tuple[Fact, ...]:
    """Draft a call as a copy of another: its texts, stages, forms and rubrics in their newest versions, and its amounts if
    the fund has the same currency. `deadlines` are those of the other's rounds, by stage."""
    kept = currency == source.currency
    stages = [_copied(stage, _moved(deadlines.get(stage.id), source, dates)) for stage in source.stages]
    until = source.takes_until
    return (
        CallDrafted(
            call=call_id,
            initiative=source.initiative,
            fund=fund,
            title=source.title,
            summary=source.summary,
            stages=tuple(stages),
            currency=currency,
            budget=source.budget if kept else 0,
            minimum_award=source.minimum_award if kept else 0,
            maximum_award=source.maximum_award if kept else 0,
            time_zone=source.time_zone,
            grace_minutes=source.grace_minutes,
            eligibility=source.eligibility,
            applications_per_applicant=source.applications_per_applicant,
            intake=source.intake,
            decide_within_days=source.decide_within_days,
            takes_until=_a_year_later(until) if until is not None and dates == "next_year" else None,
            fast_track_up_to=source.fast_track_up_to if kept else None,
            copied_from=source_id,
        ),
    )


def _copied(stage: Stage, deadline: str | None) -> Stage:
    return msgspec.structs.replace(
        stage,
        form=msgspec.structs.replace(stage.form, version=1),
        rubric=msgspec.structs.replace(stage.rubric, version=1),
        deadline=deadline,
    )


def _moved(deadline: datetime | None, source: Call, dates: Dates) -> str | None:
    if deadline is None or dates == "empty":
        return None
    local = deadline.astimezone(ZoneInfo(source.time_zone)).replace(tzinfo=None)
    return _a_year_later(local).isoformat(timespec="seconds")


def _a_year_later(moment: datetime) -> datetime:
    try:
        return moment.replace(year=moment.year + 1)
    except ValueError:  # 29 February
        return moment.replace(year=moment.year + 1, day=28)


def check_time_zone(name: str, field: str) -> None:
    """Raise `Invalid` unless there is a time zone of this name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid.field(
            field, msg("Write the time zone by region and city, such as Europe/Berlin.")
        ) from None


def check_grace_minutes(minutes: int, field: str) -> None:
    """Raise `Invalid` unless this is a possible time of grace."""
    if not 0 <= minutes <= limits.GRACE_MINUTES:
        raise Invalid.field(field, limits.outside(minutes, 0, limits.GRACE_MINUTES))
