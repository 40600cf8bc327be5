"""The page on which staff see what a call still needs, and publish it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from api.pages.call_work import Work, work_of
from api.pages.calls import sees_funds
from api.pages.page import Page, PageAction, PageContent
from api.pages.rendering import said
from api.pages.visits import Visit
from domain.calls.drafting import Missing, missing, untranslated
from domain.funds import FUND, Fund
from domain.messages import Message, counted, msg
from domain.stages import Stage
from domain.values import Money

PARTS: Final = {
    "texts": msg("Title and description"),
    "money": msg("Money"),
    "dates": msg("When and how often people can apply"),
    "eligibility": msg("Who can apply"),
    "stages": msg("Stages, reviews and the jury's view"),
}
"""The parts of a call that are written on pages of their own, in the order in which they are offered."""


@dataclass(frozen=True, slots=True)
class PartShown:
    """A part of a call in the list of parts: what it is called, where it is written, what stands there, and what is
    missing."""

    name: Message
    href: str
    said: tuple[Message | str, ...]
    missing: tuple[Missing, ...]
    untranslated: Mapping[str, int] = field(default_factory=dict)
    """How many texts are not written yet in which language."""


async def _setup(visit: Visit) -> PageContent:
    work = await work_of(visit)
    gaps = missing(work.call) if work.drafted else ()
    fund: Fund = await visit.wiring.reader.the(FUND, work.call.fund)
    return PageContent(
        "setup.html",
        {
            **around(work, ""),
            "parts": _parts(visit, work, gaps),
            "gaps": gaps,
            "available": Money.of(fund.available, fund.currency),
            "sees_fund": await sees_funds(visit, work.call.initiative),
        },
        initiative=work.call.initiative,
    )


@dataclass(frozen=True, slots=True)
class NextPart:
    """The part of a call that comes after another one."""

    name: Message
    href: str


def _order(work: Work) -> list[NextPart]:
    base, several = f"/calls/{work.id}", len(work.call.stages) > 1
    return [
        *[NextPart(name, f"{base}/setup/{part}") for part, name in PARTS.items()],
        *[
            NextPart(
                msg("Form and criteria of stage {number}", number=number)
                if several
                else msg("Form and criteria"),
                f"{base}/stages/{stage.id}",
            )
            for number, stage in enumerate(work.call.stages, 1)
        ],
    ]


def around(work: Work, part: str) -> dict[str, Any]:  # Any: whatever the template shows
    """What every page of a draft shows; `part` is the one that it writes, empty if it is none."""
    order = _order(work)
    hrefs = [each.href for each in order]
    here = f"/calls/{work.id}/setup/{part}"
    return {
        "next_part": order[hrefs.index(here) + 1] if here in hrefs else None,
        "work": work,
        "call": work.call,
        "call_id": work.id,
        "offered": work.languages,
        "seen": work.version,
    }


def _parts(visit: Visit, work: Work, gaps: tuple[Missing, ...]) -> list[PartShown]:
    call, base = work.call, f"/calls/{work.id}/setup"

    def lacking(*parts: str, stage: str | None = None) -> tuple[Missing, ...]:
        return tuple([gap for gap in gaps if gap.part in parts and (stage is None or gap.stage == stage)])

    def sum_of(minor: int) -> Money:
        return Money.of(minor, call.currency)

    parts = [
        PartShown(
            PARTS["texts"],
            f"{base}/texts",
            (said(call.title, visit.languages).text,),
            lacking("texts"),
            untranslated(call),
        ),
        PartShown(
            PARTS["money"],
            f"{base}/money",
            (
                *([msg("{budget} in all", budget=sum_of(call.budget))] if call.budget else []),
                *(
                    [
                        msg(
                            "from {least} to {most} for each award",
                            least=sum_of(call.minimum_award),
                            most=sum_of(call.maximum_award),
                        )
                        if call.minimum_award
                        else msg("up to {most} for each award", most=sum_of(call.maximum_award))
                    ]
                    if call.maximum_award
                    else []
                ),
            ),
            lacking("money"),
        ),
        PartShown(PARTS["dates"], f"{base}/dates", _intake(work), ()),
        PartShown(
            PARTS["eligibility"],
            f"{base}/eligibility",
            (msg("Questions that are asked first: {count}", count=len(call.eligibility)),)
            if call.eligibility
            else (msg("Everybody"),),
            (),
        ),
        PartShown(
            PARTS["stages"],
            f"{base}/stages",
            (
                *([msg("Stages: {count}", count=len(call.stages))] if len(call.stages) > 1 else []),
                *[said for stage in call.stages for said in _judged(stage)],
            ),
            lacking("stages"),
        ),
    ]
    for number, stage in enumerate(call.stages, 1):
        several = len(call.stages) > 1
        parts.append(
            PartShown(
                msg("Form and criteria of stage {number}", number=number)
                if several
                else msg("Form and criteria"),
                f"/calls/{work.id}/stages/{stage.id}",
                (
                    msg("Questions: {count}", count=len(stage.form.questions)),
                    msg("Criteria: {count}", count=len(stage.rubric.criteria)),
                ),
                lacking("form", "rubric", stage=stage.id),
                untranslated(call, stage),
            )
        )
    return parts


_BLINDNESS: Final = {
    "double": msg("jurors do not see who applied"),
    "single": msg("jurors do not see who applied"),
    "open": msg("jurors see who applied"),
}


def _judged(stage: Stage) -> tuple[Message, Message]:
    return (
        counted(
            "{count} review of each application", "{count} reviews of each application", count=stage.quorum
        ),
        _BLINDNESS[stage.blindness],
    )


def _intake(work: Work) -> tuple[Message, ...]:
    call = work.call
    if call.rolling:
        days = call.decide_within_days or 0
        return (
            counted(
                "At any time, decided within {count} day",
                "At any time, decided within {count} days",
                count=days,
            ),
        )
    planned = [datetime.fromisoformat(each.deadline).date() for each in call.stages if each.deadline]
    return (
        msg("Until a deadline"),
        *([msg("planned: {day}", day=day) for day in planned] or [msg("no date is planned yet")]),
    )


SAVED: Final = msg("The draft is saved.")
SETUP: Final = "/calls/{call}/setup"

PAGES = (
    Page(
        path=SETUP,
        show=_setup,
        acts=(
            PageAction(
                command="call.publish",
                done=msg("The call is published. It takes applications once you say until when."),
                then=lambda visit, _: f"/calls/{visit.path['call']}",
            ),
            PageAction(
                command="call.discard",
                done=msg("The draft is discarded."),
                then=lambda visit, _: f"/calls/{visit.path['call']}",
            ),
        ),
    ),
)
