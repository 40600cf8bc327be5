"""The stages of a call: what each asks of applicants and of jurors."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec

from domain import limits
from domain.form_checks import check_form, check_rubric
from domain.forms import SLUG, Form, LabelTexts, Rubric
from domain.messages import msg
from domain.refusals import FieldError, Invalid
from domain.texts import check_texts

Blindness = Literal["open", "single", "double"]
"""What is hidden while applications are judged. ``open``: jurors see who applied. ``single``: they do not. ``double``:
applicants also never learn who judged them. The program never shows a juror's identity to an applicant, so that the two
blind kinds differ only in what may be disclosed later."""


class Stage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One stage of a call: its form, its rubric, the number of reviews that each application needs (`quorum`), and its
    blindness. Applicants tell the stages apart by `title`; the only stage of a call needs none. `deadline` is the planned
    one, as clocks in the call's time zone show it; the round of the stage has the one that counts."""

    id: str
    form: Form
    rubric: Rubric
    title: LabelTexts = {}
    quorum: limits.Quorum = 3
    blindness: Blindness = "double"
    deadline: str | None = None

    @property
    def blind(self) -> bool:
        """Whether jurors must not know who applied."""
        return self.blindness != "open"


class StageOutline(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stage without its form and its rubric: the number of reviews that each application needs (`quorum`; by default
    three, and two in a rolling call or on the fast track), its blindness, and its planned `deadline`, a local time in
    the call's time zone. Applicants tell the stages apart by `title`; the only stage of a call needs none."""

    id: limits.Slug
    title: LabelTexts = {}
    quorum: limits.Quorum | None = None
    blindness: Blindness = "double"
    deadline: datetime | None = None


class StageDraft(StageOutline, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stage in a draft, with its form and its rubric."""

    form: Form
    rubric: Rubric


StageOutlines = Annotated[tuple[StageOutline, ...], limits.described(minItems=1, maxItems=limits.STAGES)]
StageDrafts = Annotated[tuple[StageDraft, ...], limits.described(minItems=1, maxItems=limits.STAGES)]

_UNBLIND: Final = msg(
    "A blind stage cannot follow an open one, because by then the jury knows who applied. Make the earlier stage blind, "
    "or this one open."
)


def check_stages(
    stages: Sequence[StageOutline],
    *,
    quorum: int = 3,
    before: Sequence[Stage] = (),
    unfinished: bool = False,
) -> tuple[Stage, ...]:
    """The stages with their texts trimmed; raises `Invalid` with an error for each wrong field. `quorum` is the
    default. A stage that is only outlined keeps its form and its rubric from `before`, or begins with empty ones.
    `unfinished` stages are still being written, and need no titles yet."""
    if not 1 <= len(stages) <= limits.STAGES:
        raise Invalid.field(
            "stages",
            msg(
                "A call has from 1 to {most} stages; this has {given}.", most=limits.STAGES, given=len(stages)
            ),
        )
    errors: list[FieldError] = []
    checked: list[Stage] = []
    seen: set[str] = set()
    kept = {stage.id: stage for stage in before}
    for number, stage in enumerate(stages):
        try:
            untitled = not stage.title and (unfinished or len(stages) == 1)
            checked.append(_checked(stage, kept.get(stage.id), quorum, untitled=untitled))
        except Invalid as invalid:
            errors += invalid.within(f"stages[{number}].").errors
        if stage.id in seen:
            errors.append(FieldError(f"stages[{number}].id", msg("The id {id} is used twice.", id=stage.id)))
        seen.add(stage.id)
        if stage.blindness != "open" and any(each.blindness == "open" for each in stages[:number]):
            errors.append(FieldError(f"stages[{number}].blindness", _UNBLIND))
    if errors:
        raise Invalid(tuple(errors))
    return tuple(checked)


_EMPTY_FORM: Final = Form(questions=(), title_in_summary=True)
"""The form with which a draft begins. Jurors read the title before they say whether they have a conflict of interest, unless the staff
decide otherwise; a code alone tells them nothing."""


def empty_stage(quorum: int) -> Stage:
    """The stage with which a draft begins: nothing is asked yet."""
    return Stage(id="main", form=_EMPTY_FORM, rubric=Rubric(criteria=()), quorum=quorum)


def _checked(stage: StageOutline, before: Stage | None, quorum: int, *, untitled: bool) -> Stage:
    if not SLUG.match(stage.id):
        raise Invalid.field("id", limits.NO_SLUG)
    if stage.quorum is not None:
        quorum = stage.quorum
    if not 1 <= quorum <= limits.QUORUM:
        raise Invalid.field("quorum", limits.outside(quorum, 1, limits.QUORUM))
    if stage.deadline is not None and stage.deadline.tzinfo is not None:
        raise Invalid.field(
            "deadline", msg("Write the local time in the call's time zone, without an offset.")
        )
    title = {} if untitled else check_texts(stage.title, "title", most=limits.LABEL)
    if isinstance(stage, StageDraft):
        form, rubric = check_form(stage.form), check_rubric(stage.rubric)
    elif before is not None:
        form, rubric = before.form, before.rubric
    else:
        form, rubric = _EMPTY_FORM, Rubric(criteria=())
    return Stage(
        id=stage.id,
        form=form,
        rubric=rubric,
        title=title,
        quorum=quorum,
        blindness=stage.blindness,
        deadline=None if stage.deadline is None else stage.deadline.isoformat(timespec="seconds"),
    )
