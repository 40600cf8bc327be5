"""Pages for assigning reviews: the jury of a round at work, whom to ask for one application, and asking for all that is
missing at once, shared out evenly: first a preview of exactly what will be asked, then each by a command of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from api.http.failing import problem_of
from api.inputs.submitted import Plain, SubmittedForm, nested, with_seconds
from api.pages.applications import ASSIGN, if_shown
from api.pages.page import Page, PageAction, PageContent, RunOne
from api.pages.trying import Trial
from api.pages.visits import Visit
from domain.applications.state import APPLICATION
from domain.commands.reviews import AssignReview
from domain.commands.rounds import SetReviewsDue
from domain.messages import Message, msg
from domain.refusals import CommandRejected, NotFound
from domain.reviews.balancing import shared_out
from domain.rounds.state import RoundStatus
from domain.values import check_stream_id, is_id
from history.requests import Contended, KeyReused, Stale
from projections import applications, calls, round_jury, rounds
from projections.reader import Behind
from projections.round_jury import ApplicationInReview, AskedReview, JurorAtWork, RoundJury

AT_ONCE: Final = 50
"""For how many applications reviews are shared out at a time."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A juror who is asked for a review of an application. `why_not` says why nothing was asked."""

    application: str
    application_name: Message | None
    juror: str
    juror_name: str | None
    why_not: Message | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """A juror as one of those who could be asked for an application: `review` is what they were asked for already,
    `why_not` says in one sentence why they cannot be asked."""

    juror: JurorAtWork
    review: AskedReview | None
    why_not: Message | None


async def _round(visit: Visit) -> PageContent:
    jury = await round_jury.of_round(visit.wiring.reader, visit.person, visit.path["round"])
    form = visit.returned.typed if visit.returned else None
    if form is None or not form.own("step"):
        return await _page(visit, jury)
    chosen, too_few = await _proposed(visit, jury)
    return await _page(visit, jury, previewed=chosen, too_few=too_few)


async def _proposed(visit: Visit, jury: RoundJury) -> tuple[list[Asking], list[ApplicationInReview]]:
    """Whom to ask for what is missing, and the applications for which too few jurors are left."""
    trial = visit.trial()
    lacking = [each for each in jury.applications if each.missing][:AT_ONCE]
    present = [juror for juror in jury.jurors if juror.present]
    can_be_asked = {each.application: await _willing(trial, each, present) for each in lacking}
    shared = shared_out(
        {each.application: each.missing for each in lacking},
        can_be_asked,
        {juror.person: juror.asked for juror in present},
    )
    names = {juror.person: juror.name for juror in present}
    found = [
        Asking(each.application, each.name, juror, names[juror])
        for each in lacking
        for juror in shared.get(each.application, ())
    ]
    return found, [each for each in lacking if len(shared.get(each.application, ())) < each.missing]


async def _willing(trial: Trial, lacking: ApplicationInReview, present: Sequence[JurorAtWork]) -> list[str]:
    """Who can be asked for an application: chairs only where there are too few others."""
    found: list[str] = []
    for juror in sorted(present, key=lambda juror: juror.chair):
        if juror.chair and len(found) >= lacking.missing:
            break
        if await _why_not(trial, lacking.application, juror.person) is None:
            found.append(juror.person)
    return found


async def _why_not(trial: Trial, application: str, juror: str) -> Message | None:
    return await trial.why_not(AssignReview(application=application, juror=juror))


async def _page(
    visit: Visit,
    jury: RoundJury,
    *,
    previewed: Sequence[Asking] | None = None,
    too_few: Sequence[ApplicationInReview] = (),
    done: Sequence[Asking] | None = None,
) -> PageContent:
    reader = visit.wiring.reader
    call = await calls.one(reader, visit.person, jury.call)
    round = await rounds.one(reader, visit.person, jury.round)
    return PageContent(
        "assigning.html",
        {
            "call": call,
            "jury": jury,
            "round": round,
            "open": round.status == RoundStatus.CLOSED,
            "lacking": [each for each in jury.applications if each.missing],
            "due": await _SET_DUE.offer(visit, visit.trial(), jury),
            "missing": sum(each.missing for each in jury.applications),
            "most": AT_ONCE,
            "form": visit.form("assigning"),
            "previewed": None if previewed is None else _by_application(previewed),
            "asked": len(previewed or ()),
            "load": _load_after(jury, previewed or ()),
            "too_few": too_few,
            "done": None if done is None else [each for each in done if each.why_not is None],
            "left": [each for each in done or () if each.why_not is not None],
        },
        labels={"due_at": msg("Reviews due")},
        initiative=call.initiative,
    )


def _by_application(askings: Sequence[Asking]) -> list[tuple[Asking, list[Asking]]]:
    """Askings under the first one of their application."""
    found: dict[str, list[Asking]] = {}
    for each in askings:
        found.setdefault(each.application, []).append(each)
    return [(its[0], its) for its in found.values()]


def _load_after(jury: RoundJury, askings: Sequence[Asking]) -> Mapping[str, int]:
    """How many reviews each juror will have been asked for."""
    return {
        juror.person: juror.asked + sum(each.juror == juror.person for each in askings)
        for juror in jury.jurors
    }


def _ticked(plain: Plain) -> list[tuple[str, str]]:
    """The applications and jurors of a preview that were left ticked."""
    found = plain.get("items", [])
    rows = [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []
    pairs = [row["asking"].partition(" ") for row in rows if isinstance(row.get("asking"), str)]
    return [
        (application, juror)
        for application, _, juror in pairs
        if is_id("application", application) and is_id("person", juror)
    ]


async def _run(visit: Visit, form: SubmittedForm, run: RunOne) -> PageContent:
    """Ask for what was previewed. What changed meanwhile is left out, and named."""
    round = visit.path["round"]
    jury = await round_jury.of_round(visit.wiring.reader, visit.person, round)
    names = {each.application: each.name for each in jury.applications}
    jurors = {juror.person: juror.name for juror in jury.jurors}
    done: list[Asking] = []
    position = 0
    for application, juror in _ticked(nested(form.typed())):
        if application not in names and await _other_round(visit, application, round):
            raise NotFound
        asking = Asking(application, names.get(application), juror, jurors.get(juror))
        try:
            answer = await run(
                AssignReview(application=application, juror=juror),
                f"{form.own('key')}-{application[-32:]}{juror[-32:]}",
                None,
            )
        except (CommandRejected, Stale, KeyReused, Contended) as error:
            done.append(replace(asking, why_not=problem_of(error).detail))
        else:
            position = max(position, answer.position)
            done.append(asking)
    with contextlib.suppress(Behind):
        await visit.wiring.reader.wait_for(position)
    jury = await round_jury.of_round(visit.wiring.reader, visit.person, round)
    return await _page(visit, jury, done=done)


async def _due(_: Visit, form: SubmittedForm) -> Plain:
    return with_seconds(nested(form.typed()), "due_at")


async def _other_round(visit: Visit, application: str, round: str) -> bool:
    """Whether an application is in another round than this page's; raises `NotFound`."""
    return (await visit.wiring.reader.the(APPLICATION, application)).round != round


async def _application(visit: Visit) -> PageContent:
    reader, application = visit.wiring.reader, visit.path["application"]
    check_stream_id(APPLICATION.kind, application)
    state = await reader.the(APPLICATION, application)
    jury = await round_jury.of_round(reader, visit.person, state.round)
    place = next((each for each in jury.applications if each.application == application), None)
    if place is None and await if_shown(applications.one(reader, visit.person, application)) is None:
        raise NotFound
    trial = visit.trial()
    asked = {each.juror: each for each in jury.reviews.items if each.application == application}
    choices = [
        Choice(
            juror,
            asked.get(juror.person),
            None if juror.person in asked else await _why_not(trial, application, juror.person),
        )
        for juror in sorted(jury.jurors, key=lambda juror: (juror.asked, juror.name or "", juror.person))
        if juror.present or juror.person in asked
    ]
    call = await calls.one(reader, visit.person, jury.call)
    return PageContent(
        "application_jury.html",
        {
            "application": application,
            "place": place,
            "call": call,
            "round": jury.round,
            "due": jury.due,
            "choices": choices,
            "same": _the_same(choices),
        },
        initiative=call.initiative,
    )


def _the_same(choices: Sequence[Choice]) -> Message | None:
    """The sentence that stands for all, where nobody can be asked for the same reason."""
    reasons = {str(each.why_not) for each in choices if each.review is None}
    first = next((each.why_not for each in choices if each.review is None), None)
    return first if len(reasons) == 1 and len(choices) > 1 else None


_SET_DUE: Final[PageAction[RoundJury]] = PageAction(
    command="round.set_reviews_due",
    name=msg("Set when the reviews are due"),
    done=msg("The date is saved. The jurors see it in their list of reviews."),
    filled=_due,
    tried=lambda visit, jury: SetReviewsDue(
        round=jury.round, due_at=(visit.wiring.clock() + timedelta(days=14)).replace(tzinfo=None)
    ),
)

PAGES = (
    Page(
        path="/rounds/{round}/jury",
        show=_round,
        tries=True,
        runs=_run,
        runs_for="assigning",
        acts=(_SET_DUE,),
    ),
    Page(
        path="/applications/{application}/jury",
        show=_application,
        acts=(ASSIGN,),
    ),
)
