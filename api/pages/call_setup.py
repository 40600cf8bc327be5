"""The pages on which staff set up a call, part by part, and publish it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from api.inputs.submitted import Plain, SubmittedForm, nested, with_seconds
from api.pages.call_work import Work, start_of, texts, work_of
from api.pages.cities import cities
from api.pages.page import Page, PageAction, PageContent
from api.pages.rendering import said
from api.pages.visits import Visit
from domain.amounts import typed_amount
from domain.calls.drafting import Missing, missing, untranslated
from domain.calls.state import Call
from domain.funds import FUND, Fund
from domain.messages import Message, counted, msg
from domain.refusals import FieldError, Invalid
from domain.stages import Stage
from domain.values import Money
from projections import funds
from projections.funds import FundLine
from projections.paging import MOST, whole
from projections.paging import ResultPage as ListPage

PARTS: Final = {
    "texts": msg("Title and description"),
    "money": msg("Money"),
    "dates": msg("When and how often people can apply"),
    "eligibility": msg("Who can apply"),
    "stages": msg("Stages, reviews and the jury's view"),
}
"""The parts of a call that are written on pages of their own, in the order in which they are offered."""
AMOUNTS: Final = ("budget", "minimum_award", "maximum_award", "fast_track_up_to")


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


# Texts


async def _texts(visit: Visit) -> PageContent:
    work = await work_of(visit)
    call = work.call
    return PageContent(
        "setup_texts.html",
        {
            **around(work, "texts"),
            "start": start_of("texts.title", call.title) | start_of("texts.summary", call.summary),
        },
        labels={
            **{f"texts.title.{code}": msg("Title") for code in work.house_languages},
            **{f"texts.summary.{code}": msg("Description") for code in work.house_languages},
            "texts.title": msg("Title"),
            "texts.summary": msg("Description"),
        },
        initiative=call.initiative,
    )


async def _texts_filled(_: Visit, form: SubmittedForm) -> Plain:
    typed = nested(form.typed()).get("texts", {})
    given = typed if isinstance(typed, dict) else {}
    return {"texts": {"title": texts(given.get("title")), "summary": texts(given.get("summary"))}}


# Money


async def own_funds(visit: Visit, initiative: str) -> tuple[FundLine, ...]:
    """The funds of an initiative."""

    async def some(cursor: str | None) -> ListPage[FundLine]:
        return await funds.of_initiative(
            visit.wiring.reader, visit.person, initiative, cursor=cursor, limit=MOST
        )

    return await whole(some)


async def _money(visit: Visit) -> PageContent:
    work = await work_of(visit)
    call = work.call
    start = {
        f"money.{name}.amount": Money.of(minor, call.currency).amount
        for name in AMOUNTS
        if (minor := getattr(call, name))
    }
    found = await own_funds(visit, call.initiative)
    return PageContent(
        "setup_money.html",
        {
            **around(work, "money"),
            "funds": [(each.id, each) for each in found],
            "start": start | {"fund": call.fund},
        },
        labels={
            "fund": msg("Fund"),
            **{
                f"money.{name}{end}": said
                for name, said in {
                    "budget": msg("Budget of the call"),
                    "minimum_award": msg("Smallest award"),
                    "maximum_award": msg("Largest award"),
                    "fast_track_up_to": msg("Fast track"),
                }.items()
                for end in ("", ".amount", ".currency")
            },
        },
        initiative=call.initiative,
    )


async def _money_filled(visit: Visit, form: SubmittedForm) -> Plain:
    """The amounts, in the currency of the fund that was chosen."""
    work = await work_of(visit)
    typed = nested(form.typed())
    given = typed.get("money")
    chosen = typed.get("fund") or work.call.fund
    known = {each.id: each.currency for each in await own_funds(visit, work.call.initiative)}
    currency = known.get(chosen, work.call.currency)
    money: Plain = {}
    for name in AMOUNTS:
        amount = given.get(name, {}) if isinstance(given, dict) else {}
        text = amount.get("amount", "") if isinstance(amount, dict) else ""
        if text.strip():
            money[name] = {"amount": typed_amount(text, currency), "currency": currency}
    return {"fund": chosen, "money": money}


# Dates


async def _dates(visit: Visit) -> PageContent:
    work = await work_of(visit)
    call = work.call
    return PageContent(
        "setup_dates.html",
        {
            **around(work, "dates"),
            "start": _start_of_dates(call),
            "zones": cities(visit.locale, call.time_zone),
        },
        labels={
            "intake.intake": msg("When people can apply"),
            "intake.time_zone": msg("Time zone"),
            "intake.grace_minutes": msg("Minutes of grace"),
            "intake.applications_per_applicant": msg("Applications of one applicant"),
            "intake.decide_within_days": msg("Days until a decision"),
            "intake.takes_until": msg("The last moment to apply"),
        },
        initiative=call.initiative,
    )


_ONLY_ROLLING: Final = {
    "decide_within_days": msg(
        "Only a call in which people can apply at any time has this. Choose that above, or leave this empty."
    ),
    "takes_until": msg(
        "Only a call in which people can apply at any time has this. Write the deadline of this call with its stages, and leave "
        "this empty."
    ),
}
"""Why a value of these is refused in a call with a deadline."""


def _start_of_dates(call: Call) -> dict[str, str]:
    return {
        "intake.intake": call.intake,
        "intake.time_zone": call.time_zone,
        "intake.grace_minutes": str(call.grace_minutes),
        "intake.applications_per_applicant": call.applications_per_applicant,
        "intake.decide_within_days": str(call.decide_within_days or ""),
        "intake.takes_until": ""
        if call.takes_until is None
        else call.takes_until.astimezone(ZoneInfo(call.time_zone)).strftime("%Y-%m-%dT%H:%M"),
    }


async def _dates_filled(visit: Visit, form: SubmittedForm) -> Plain:
    """What only a rolling call has is left out of another one: what stood there before without a word, but what was typed now is
    refused."""
    typed = nested(form.typed())
    given = typed.get("intake")
    intake = with_seconds(given, "takes_until") if isinstance(given, dict) else {}
    if intake.get("intake") != "rolling":
        before = _start_of_dates((await work_of(visit)).call)
        new = [
            FieldError(f"intake.{name}", _ONLY_ROLLING[name])
            for name in _ONLY_ROLLING
            if (given or {}).get(name, "").strip() not in ("", before[f"intake.{name}"])
        ]
        if new:
            raise Invalid(tuple(new))
        intake = {
            name: value for name, value in intake.items() if name not in ("decide_within_days", "takes_until")
        }
    if not intake.get("grace_minutes"):
        intake.pop("grace_minutes", None)
    return {"intake": intake}


SAVED: Final = msg("The draft is saved.")
SETUP: Final = "/calls/{call}/setup"


def _part(place: str, show: Any, filled: Any) -> Page:  # Any: as in Page and PageAction
    return Page(
        path=f"{SETUP}/{place}",
        show=show,
        acts=(PageAction(command="call.change_draft", done=SAVED, filled=filled),),
    )


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
    _part("texts", _texts, _texts_filled),
    _part("money", _money, _money_filled),
    _part("dates", _dates, _dates_filled),
)
