"""The page that says who writes in a draft, on which its owner invites and removes others, and they leave."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any, Final, NamedTuple

from litestar import HttpMethod, Request, Response
from litestar.handlers import HTTPRouteHandler

from api.accounts.email import check_sends
from api.drafts.drafts import Draft
from api.drafts.sharing import DAYS
from api.http.operations import again_if_lost, check_kinds
from api.http.problems import Problem, ProblemType
from api.inputs.submitted import SubmittedForm
from api.locales import chosen_locale
from api.pages.checks import NOT_AS_SENT, check_signed_form
from api.pages.drafting import shared_draft
from api.pages.forms import read_form
from api.pages.origins import check_same_site
from api.pages.page import PageContent
from api.pages.responses import redirect
from api.pages.returned_forms import returned_form
from api.pages.site import Site
from api.pages.unfinished import WHERE
from api.pages.visits import Returned, Visit
from api.run.wiring import Wiring
from domain.messages import Message, msg
from domain.refusals import Forbidden, Invalid, NotFound, Refused
from projections import calls

LABELS: Final = {
    "email": msg("E-mail address"),
    "note": msg("Note for yourself"),
    "language": msg("Language of the letter"),
}


class Shut(NamedTuple):
    """A draft that somebody can no longer open, and why."""

    draft: Draft
    why: Message


def routes(site: Site, wiring: Wiring) -> list[HTTPRouteHandler]:
    """The handlers of the page that says who writes in a draft."""
    shared = wiring.shared_drafts

    async def page(
        visit: Visit,
        draft: Draft,
        *,
        link: str | None = None,
        sent: bool = False,
    ) -> Response[Any]:
        owned = draft.place.person == visit.who
        call = await shared.call_of(draft.place)
        shown = await calls.one(wiring.reader, draft.place.person, call)
        context = {
            "draft": draft,
            "call": shown,
            "owned": owned,
            "names": await shared.names(draft),
            "back": WHERE[draft.place.command][0].format(about=draft.place.about)
            if owned
            else f"/drafts/{draft.id}",
            "invitations": await shared.invitations(draft) if owned else [],
            "by_email": wiring.settings.writes_letters,
            "link": link,
            "sent": sent,
            "days": DAYS,
        }
        if link:
            context["shown_once"] = True
        return await site.answer(
            visit, PageContent("draft_people.html", context, labels=LABELS, initiative=shown.initiative)
        )

    async def shut(visit: Visit) -> Shut | None:
        """The draft, if it is the visitor's own or they began to write in it, and why they can no longer open it; None if they can, or
        never began."""
        draft = await wiring.drafts.by_id(visit.path["draft"], visit.who)
        why = None if draft is None else await shared.shut(draft.place, visit.who)
        return None if draft is None or why is None else Shut(draft, why)

    async def shut_page(visit: Visit, found: Shut) -> Response[Any]:
        """The page on which they leave it, or delete their own. It shows nothing of the draft."""
        context = {
            "why": found.why,
            "owned": found.draft.place.person == visit.who,
            "others": bool(found.draft.writers),
            "kept_until": found.draft.kept_until,
        }
        return await site.answer(visit, PageContent("draft_shut.html", context))

    async def show(request: Request[Any, Any, Any]) -> Response[Any]:
        visit = await again_if_lost(lambda: site.visit(request))
        if visit.signed_in is None:
            return redirect(f"/sign-in?next={request.scope['path']}")
        check_kinds(visit.path)
        if found := await shut(visit):
            return await shut_page(visit, found)
        return await page(visit, await shared_draft(visit))

    async def act(request: Request[Any, Any, Any]) -> Response[Any]:
        check_same_site(request, wiring.settings)
        form = await read_form(request, wiring.settings.most_fields)
        request.state.language = form.own("language")
        visit = await again_if_lost(lambda: site.visit(request, form))
        check_signed_form(visit, form)
        check_kinds(visit.path)
        do = form.own("do")
        more = Returned(form=form.own("form"), typed=form, sentence=None, status=200)
        if do == "draft.leave" and not form.own("language"):
            await shared.end(visit.path["draft"], visit.who)
            return redirect("/me")
        if found := await shut(visit):
            if do == "draft.delete" and found.draft.place.person == visit.who and not form.own("language"):
                await wiring.drafts.discard(found.draft.place)
                return redirect("/me")
            return await shut_page(replace(visit, returned=more), found)
        draft = await shared_draft(visit)
        here = f"/drafts/{draft.id}/people"
        if form.own("language"):
            return await page(replace(visit, returned=more), draft)
        if draft.place.person != visit.who:
            raise Forbidden(msg("Only the person whose draft this is decides who writes in it."))
        match do:
            case "draft.invite":
                return await invite(visit, draft, form)
            case "draft.withdraw":
                await shared.withdraw(draft, form.fields.get("invitation", ""))
            case "draft.remove":
                with suppress(NotFound):  # they left by themselves meanwhile
                    await shared.end(draft.id, form.fields.get("person", ""))
            case _:
                raise Problem(ProblemType.MALFORMED, NOT_AS_SENT)
        return redirect(here)

    async def invite(visit: Visit, draft: Draft, form: SubmittedForm) -> Response[Any]:
        email = form.fields.get("email", "")
        try:
            check_sends(email, sends=wiring.settings.writes_letters)
            locale = chosen_locale(form.fields.get("language", "en"))
            if email.strip():
                await wiring.attempts.count("invite", account=visit.who.encode(), network=None)
            link = await shared.invite(draft, email=email, note=form.fields.get("note", ""), locale=locale)
        except (Invalid, Refused) as error:
            return await page(replace(visit, returned=returned_form(form, error)), draft)
        except Problem as problem:
            if problem.kind is not ProblemType.TOO_MANY:
                raise
            too_many = Returned(
                form=form.own("form"), typed=form, sentence=problem.detail, status=problem.kind.status
            )
            response = await page(replace(visit, returned=too_many), draft)
            response.headers.update(problem.headers)
            return response
        return await page(visit, draft, link=link, sent=link is None)

    return [
        site.handler(HttpMethod.GET, "/drafts/{draft}/people", show),
        site.handler(HttpMethod.POST, "/drafts/{draft}/people", act),
    ]
