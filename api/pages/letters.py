"""Answering a letter: by its link, whose page has a button (mail scanners open links), or by its code."""

from __future__ import annotations

import secrets
from typing import Any, Final

from litestar import HttpMethod, Request, Response
from litestar.datastructures import Cookie
from litestar.handlers import HTTPRouteHandler

from api.accounts.asked_addresses import asked_by
from api.accounts.browsers import browser_from
from api.accounts.email import MINUTES, REGISTER_MINUTES, Answered
from api.http.failing import problem_of
from api.inputs.submitted import SubmittedForm
from api.pages.forms import read_form
from api.pages.invitations import ADDRESS as INVITATION
from api.pages.invitations import invitation_cookie
from api.pages.letting_in import let_in
from api.pages.origins import check_same_site
from api.pages.page import PageContent
from api.pages.registering import errors_of, form_page, spoken_in
from api.pages.responses import redirect
from api.pages.same_browser import SameBrowser
from api.pages.sign_in import within
from api.pages.site import Site
from api.pages.visits import Visit
from api.run.wiring import Wiring
from domain.messages import Message
from domain.refusals import CommandRejected, Invalid, Refused
from history.requests import Contended, KeyReused

ADDRESS: Final = "/sign-in/letter"
REGISTER: Final = "/register/letter"
ACCESS: Final = "/me/access"


def shortened(address: str) -> str:
    """An address by its first letter and its end, ``n•••@•••.org``: enough to notice a typing mistake, and nothing by which the
    next person at a shared computer learns whose it is."""
    name, _, host = address.rpartition("@")
    return f"{name[:1]}•••@•••.{host.rpartition('.')[2]}"


class LetterCookies:
    """The cookies of a browser that waits for a letter, and of one whose reader is to type their name."""

    def __init__(self, wiring: Wiring) -> None:
        name = wiring.sessions.cookie_name
        self.waiting = SameBrowser(f"{name}-letter")
        # Where the browser wanted to go when it asked, for the link, which does not say it.
        self.onward = SameBrowser(f"{name}-onward")
        self.link = SameBrowser(f"{name}-link")
        self.ticket = SameBrowser(f"{name}-ticket")


def routes(site: Site, wiring: Wiring) -> list[HTTPRouteHandler]:
    """The handlers of these pages."""
    cookies = LetterCookies(wiring)
    email, sessions = wiring.email, wiring.sessions

    # The code, in the browser that asked

    async def code_page(
        visit: Visit, next_: str, typed: str = "", error: Message | None = None, status: int = 200
    ) -> Response[Any]:
        browser = visit.request.cookies.get(cookies.waiting.name, "")
        address = await asked_by(wiring.history, browser) if browser else None
        context = {
            "secret": browser,
            "address": shortened(address) if address else None,
            "next": next_,
            "typed_code": typed,
            "error": error,
            "own_form": "letter",
            "minutes": MINUTES,
        }
        return await site.answer(visit, PageContent("letter_sent.html", context), status=status)

    async def show_code(request: Request[Any, Any, Any]) -> Response[Any]:
        visit = await site.visit(request)
        if cookies.waiting.name not in request.cookies:
            return redirect("/sign-in")
        return await code_page(visit, within(visit.query.get("next", "")))

    async def send_code(request: Request[Any, Any, Any]) -> Response[Any]:
        check_same_site(request, wiring.settings)
        form = await read_form(request, wiring.settings.most_fields)
        request.state.language = form.own("language")
        cookies.waiting.check(request, form)
        visit = await site.visit(request, form)
        next_, typed = within(form.own("next")), form.fields.get("code", "")
        if form.own("language"):
            return await code_page(visit, next_, typed)
        try:
            answered = await email.by_code(form.own("secret"), typed, visit.signed_in)
        except Invalid as error:
            return await code_page(visit, next_, typed, error.errors[0].detail, 422)
        return await go_on(visit, answered, next_)

    # The link

    async def link_page(visit: Visit, trouble: Message | None = None, status: int = 200) -> Response[Any]:
        secret = secrets.token_urlsafe(24)
        context = {"secret": secret, "trouble": trouble}
        return await site.answer(
            visit,
            PageContent("letter_link.html", context),
            cookies=[cookies.link.cookie(secret)],
            status=status,
        )

    async def show_link(request: Request[Any, Any, Any]) -> Response[Any]:
        return await link_page(await site.visit(request))

    async def press(request: Request[Any, Any, Any]) -> Response[Any]:
        check_same_site(request, wiring.settings)
        form = await read_form(request, wiring.settings.most_fields)
        cookies.link.check(request, form)
        visit = await site.visit(request)
        try:
            answered = await email.by_link(request.path_params["link"], visit.signed_in)
        except Refused as error:
            return await link_page(visit, error.detail, 409)
        # Somebody who was invited and had no account yet goes on with the invitation.
        invited = invitation_cookie(wiring).name in request.cookies
        onward = within(request.cookies.get(cookies.onward.name, ""))
        return await go_on(visit, answered, INVITATION if invited else onward)

    async def go_on(visit: Visit, answered: Answered, next_: str) -> Response[Any]:
        gone = [cookies.waiting.forget(), cookies.link.forget(), cookies.onward.forget()]
        if answered.person is not None:
            assert visit.signed_in is not None
            await email.add(visit.signed_in, answered, locale=visit.locale)
            return redirect(f"{ACCESS}?show=address-added", cookies=gone)
        way = await email.way_of(answered)
        if way is not None:
            return await begin(visit, way, next_, gone)
        ticket = await email.begin_registering(answered)
        where = f"{REGISTER}?next={next_}" if next_ != "/me" else REGISTER
        return redirect(where, cookies=[*gone, cookies.ticket.cookie(ticket, REGISTER_MINUTES * 60)])

    async def begin(visit: Visit, way: str, where: str, gone: list[Cookie]) -> Response[Any]:
        begun = await sessions.begin_by_way(way, browser=browser_from(visit.request))
        return await let_in(wiring, visit.request, begun, where, gone)

    # Name and language of somebody who is not registered yet

    async def name_page(
        visit: Visit,
        next_: str,
        form: SubmittedForm | None = None,
        errors: dict[str, Message] | None = None,
        status: int = 200,
    ) -> Response[Any]:
        secret = visit.request.cookies.get(cookies.ticket.name, "")
        drawn = form_page(visit, REGISTER, secret, next_, form, errors, by_letter=True)
        return await site.answer(visit, drawn, status=status)

    async def show_name(request: Request[Any, Any, Any]) -> Response[Any]:
        visit = await site.visit(request)
        if cookies.ticket.name not in request.cookies:
            return redirect("/sign-in")
        return await name_page(visit, within(visit.query.get("next", "")))

    async def register(request: Request[Any, Any, Any]) -> Response[Any]:
        check_same_site(request, wiring.settings)
        form = await read_form(request, wiring.settings.most_fields)
        request.state.language = form.own("language")
        cookies.ticket.check(request, form)
        visit = await site.visit(request, form)
        next_ = within(form.own("next"))
        if form.own("language"):
            return await name_page(visit, next_, form)
        try:
            way = await email.register(
                form.own("secret"), name=form.fields.get("name", ""), language=spoken_in(form)
            )
        except (CommandRejected, KeyReused, Contended) as error:
            problem = problem_of(error)
            return await name_page(visit, next_, form, errors_of(error, problem.detail), problem.kind.status)
        return await begin(visit, way, next_, [cookies.ticket.forget()])

    return [
        site.handler(HttpMethod.GET, ADDRESS, show_code),
        site.handler(HttpMethod.POST, ADDRESS, send_code),
        site.handler(HttpMethod.GET, f"{ADDRESS}/{{link}}", show_link),
        site.handler(HttpMethod.POST, f"{ADDRESS}/{{link}}", press),
        site.handler(HttpMethod.GET, REGISTER, show_name),
        site.handler(HttpMethod.POST, REGISTER, register),
    ]
