"""The stages of a call: what each asks of applicants and of jurors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final, Literal

import msgspec

from domain import limits
from domain.forms import SLUG, Form, LabelTexts, Rubric, check_form, check_rubric
from domain.messages import msg
from domain.refusals import FieldError, Invalid
from domain.texts import check_texts

Blindness = Literal["open", "single", "double"]
"""What is hidden while applications are judged. ``open``: jurors see who applied. ``single``: they do not. ``double``:
applicants also never learn who judged them. The program never shows a juror's identity to an applicant, so that the two
blind kinds differ only in what may be disclosed later."""


class Stage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One stage of a call: its form, its rubric, the number of reviews that each application needs (`quorum`), and its
    blindness. Applicants tell the stages apart by `title`; the only stage of a call needs none."""

    id: str
    form: Form
    rubric: Rubric
    title: LabelTexts = {}
    quorum: limits.Quorum = 3
    blindness: Blindness = "double"

    @property
    def blind(self) -> bool:
        """Whether jurors must not know who applied."""
        return self.blindness != "open"


class StageDraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stage in a draft: its form, its rubric, the number of reviews that each application needs (`quorum`; by default
    three, and two in a rolling call), and its blindness. Applicants tell the stages apart by `title`; the only stage of
    a call needs none."""

    id: limits.Slug
    form: Form
    rubric: Rubric
    title: LabelTexts = {}
    quorum: limits.Quorum | None = None
    blindness: Blindness = "double"


StageDrafts = Annotated[tuple[StageDraft, ...], limits.described(minItems=1, maxItems=limits.STAGES)]

_UNBLIND: Final = msg(
    "A blind stage cannot follow an open one, because by then the jury knows who applied. Make the earlier stage blind, "
    "or this one open."
)


def check_stages(stages: Sequence[StageDraft | Stage], *, quorum: int = 3) -> tuple[Stage, ...]:
    """The stages with their texts trimmed; raises `Invalid` with an error for each wrong field. `quorum` is the
    default."""
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
    for number, stage in enumerate(stages):
        try:
            checked.append(_checked(stage, quorum, alone=len(stages) == 1))
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


def _checked(stage: StageDraft | Stage, quorum: int, *, alone: bool) -> Stage:
    if not SLUG.match(stage.id):
        raise Invalid.field("id", limits.NO_SLUG)
    if stage.quorum is not None:
        quorum = stage.quorum
    if not 1 <= quorum <= limits.QUORUM:
        raise Invalid.field("quorum", limits.outside(quorum, 1, limits.QUORUM))
    title = {} if alone and not stage.title else check_texts(stage.title, "title", most=limits.LABEL)
    form, rubric = check_form(stage.form), check_rubric(stage.rubric)
    return Stage(id=stage.id, form=form, rubric=rubric, title=title, quorum=quorum, blindness=stage.blindness)
