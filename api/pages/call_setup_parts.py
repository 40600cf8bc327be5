"""The pages on which staff write the texts, the money and the dates of a call."""

from __future__ import annotations

from typing import Any, Final
from zoneinfo import ZoneInfo

from api.inputs.submitted import Plain, SubmittedForm, nested, with_seconds
from api.pages.call_setup import SAVED, SETUP, around
from api.pages.call_work import start_of, texts, work_of
from api.pages.cities import cities
from api.pages.page import Page, PageAction, PageContent
from api.pages.visits import Visit
from domain.amounts import typed_amount
from domain.calls.state import Call
from domain.messages import msg
from domain.refusals import FieldError, Invalid
from domain.values import Money
from projections import funds
from projections.funds import FundLine
from projections.paging import MOST, whole
from projections.paging import ResultPage as ListPage

AMOUNTS: Final = ("budget", "minimum_award", "maximum_award", "fast_track_up_to")


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
        f"money.{name}.amount": visit.locale.typed(Money.of(minor, call.currency))
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
    chosen = _text(typed.get("fund")) or work.call.fund
    known = {each.id: each.currency for each in await own_funds(visit, work.call.initiative)}
    currency = known.get(chosen, work.call.currency)
    money: Plain = {}
    for name in AMOUNTS:
        amount = given.get(name, {}) if isinstance(given, dict) else {}
        text = _text(amount.get("amount")) if isinstance(amount, dict) else ""
        if text.strip():
            money[name] = {"amount": typed_amount(text, currency), "currency": currency}
    return {"fund": chosen, "money": money}


def _text(sent: object) -> str:
    """What was sent for an input, if it is a text: whoever sends more than a browser does is asked again."""
    return sent if isinstance(sent, str) else ""


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
    sent = typed.get("intake")
    given = sent if isinstance(sent, dict) else {}
    intake = with_seconds(given, "takes_until")
    if intake.get("intake") != "rolling":
        before = _start_of_dates((await work_of(visit)).call)
        new = [
            FieldError(f"intake.{name}", _ONLY_ROLLING[name])
            for name in _ONLY_ROLLING
            if _text(given.get(name)).strip() not in ("", before[f"intake.{name}"])
        ]
        if new:
            raise Invalid(tuple(new))
        intake = {
            name: value for name, value in intake.items() if name not in ("decide_within_days", "takes_until")
        }
    if not intake.get("grace_minutes"):
        intake.pop("grace_minutes", None)
    return {"intake": intake}


def _part(place: str, show: Any, filled: Any) -> Page:  # Any: as in Page and PageAction
    return Page(
        path=f"{SETUP}/{place}",
        show=show,
        acts=(PageAction(command="call.change_draft", done=SAVED, filled=filled),),
    )


PAGES = (
    _part("texts", _texts, _texts_filled),
    _part("money", _money, _money_filled),
    _part("dates", _dates, _dates_filled),
)
