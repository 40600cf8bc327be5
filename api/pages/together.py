"""Several applications are found eligible or ineligible, or returned, at once: first a preview of what changes for whom,
then each by a command of its own, at the version that was previewed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from api.http.failing import problem_of
from api.inputs.commands import command_of
from api.inputs.submitted import Plain, SubmittedForm, nested, with_seconds
from api.pages.calls import roles_in
from api.pages.mistakes import on_a_page
from api.pages.page import Page, PageContent, RunOne
from api.pages.visits import Returned, Visit
from domain.applications.state import ApplicationStatus
from domain.commands.applications.examining import FindApplicationEligible, FindApplicationIneligible
from domain.commands.applications.returning import ReturnApplication
from domain.deciding import Command
from domain.messages import Message, msg
from domain.refusals import CommandRejected, Invalid, NotFound
from domain.values import Role, check_stream_id
from history.requests import Contended, KeyReused, Stale
from projections import applications, calls
from projections.applications import ApplicationLine
from projections.calls import CallDetail
from projections.paging import MOST, whole
from projections.paging import ResultPage as ListPage
from projections.reader import Behind

_WHAT: Final[Mapping[str, tuple[type[Command], tuple[str, ...], ApplicationStatus]]] = {
    "eligible": (FindApplicationEligible, (), ApplicationStatus.ELIGIBLE),
    "ineligible": (FindApplicationIneligible, ("reason", "explanation"), ApplicationStatus.INELIGIBLE),
    "return": (ReturnApplication, ("questions", "resubmit_by"), ApplicationStatus.RETURNED),
}
"""What can be done with several applications: the command, its fields that are the same for all, and what they become."""
_CHANGED_SINCE: Final = msg("It was changed since this page was opened, so it was left out.")


@dataclass(frozen=True, slots=True)
class Chosen:
    """One of the applications that were ticked. `seen` is its version when it was previewed; `why_not` the sentence that
    says why nothing changes for it."""

    id: str
    title: str
    seen: str
    becomes: ApplicationStatus | None = None
    why_not: Message | None = None


async def _show(visit: Visit) -> PageContent:
    call = await _call_of_officer(visit)
    waiting = await _waiting(visit, call)
    typed = visit.returned.typed if visit.returned else None
    if typed is None or not typed.own("step"):
        return _page(visit, call, waiting)
    plain = nested(typed.typed())
    ticked = _ticked(plain)
    what = str(plain.get("what", ""))
    if not ticked or what not in _WHAT:
        errors = {
            **({} if ticked else {"chosen": msg("Choose at least one application.")}),
            **({} if what in _WHAT else {"what": msg("Choose one of the options.")}),
        }
        return _page(_with(visit, errors), call, waiting)
    found: list[Chosen] = []
    trial = visit.trial()
    for application in (each for each in waiting if each.id in ticked):
        chosen = Chosen(application.id, _title(application), visit.tag(application.version))
        try:
            command = _command(what, application.id, plain)
            why_not = await trial.why_not(command)
        except Invalid as invalid:
            wrong = {each.field: on_a_page(each.detail) for each in invalid.errors}
            return _page(_with(visit, wrong), call, waiting)
        found.append(
            replace(chosen, why_not=why_not)
            if why_not is not None
            else replace(chosen, becomes=_WHAT[what][2])
        )
    missing = len(ticked) - len(found)
    return _page(visit, call, waiting, previewed=found, gone=missing)


async def _call_of_officer(visit: Visit) -> CallDetail:
    call = await calls.one(visit.wiring.reader, visit.person, visit.path["call"])
    if Role.OFFICER not in await roles_in(visit, call.initiative, call.id):
        raise NotFound
    return call


async def _waiting(visit: Visit, call: CallDetail) -> tuple[ApplicationLine, ...]:
    """The applications that wait to be checked."""

    async def some(cursor: str | None) -> ListPage[ApplicationLine]:
        return await applications.of_call(
            visit.wiring.reader,
            visit.person,
            call.id,
            status=ApplicationStatus.SUBMITTED,
            cursor=cursor,
            limit=MOST,
        )

    return await whole(some)


def _page(
    visit: Visit,
    call: CallDetail,
    waiting: Iterable[ApplicationLine],
    *,
    previewed: list[Chosen] | None = None,
    done: list[Chosen] | None = None,
    gone: int = 0,
) -> PageContent:
    return PageContent(
        "together.html",
        {
            "call": call,
            "waiting": [(each, _title(each)) for each in waiting],
            "form": visit.form("together"),
            "previewed": previewed,
            "done": done,
            "gone": gone,
        },
        initiative=call.initiative,
    )


def _with(visit: Visit, errors: Mapping[str, Message]) -> Visit:
    assert visit.returned is not None
    return replace(
        visit, returned=Returned(visit.returned.form, visit.returned.typed, None, errors, status=200)
    )


async def _title_of(visit: Visit, application: str) -> str:
    """The title of an application that no longer waits; raises `NotFound` or `Forbidden`."""
    check_stream_id("application", application)
    return _title(await applications.one(visit.wiring.reader, visit.person, application))


def _title(application: ApplicationLine) -> str:
    return application.title or application.handle or "–"


def _ticked(plain: Plain) -> dict[str, str]:
    """The applications that were ticked, with the versions that were previewed."""
    found = plain.get("items", [])
    rows = [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []
    return {str(row["application"]): str(row.get("seen", "")) for row in rows if row.get("application")}


def _command(what: str, application: str, plain: Plain) -> Command:
    kind, fields, _ = _WHAT[what]
    given = {name: plain[name] for name in fields if name in plain}
    return command_of(kind, {**with_seconds(given, "resubmit_by"), "application": application})


async def _run(visit: Visit, form: SubmittedForm, run: RunOne) -> PageContent:
    """Do what was previewed. An application that changed meanwhile is left out, and named."""
    call = await _call_of_officer(visit)
    plain = nested(form.typed())
    what = str(plain.get("what", ""))
    if what not in _WHAT:
        raise NotFound
    titles = {each.id: _title(each) for each in await _waiting(visit, call)}
    done: list[Chosen] = []
    position = 0
    for application, seen in _ticked(plain).items():
        title = titles.get(application) or await _title_of(visit, application)
        chosen = Chosen(application, title, seen)
        try:
            answer = await run(
                _command(what, application, plain), f"{form.own('key')}-{application}", seen or None
            )
        except Stale:
            done.append(replace(chosen, why_not=_CHANGED_SINCE))
        except (CommandRejected, KeyReused, Contended) as error:
            done.append(replace(chosen, why_not=problem_of(error).detail))
        else:
            position = max(position, answer.position)
            done.append(replace(chosen, becomes=_WHAT[what][2]))
    with contextlib.suppress(Behind):
        await visit.wiring.reader.wait_for(position)
    return _page(visit, call, (), done=done)


PAGES = (Page(path="/calls/{call}/applications/together", show=_show, tries=True, runs=_run),)
