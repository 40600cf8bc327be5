"""The page of the first start: the operator becomes the first administrator and founds the first initiative."""

from __future__ import annotations

import secrets
from typing import Any, Final

from litestar import HttpMethod, Request, Response
from litestar.handlers import HTTPRouteHandler

from api.accounts.browsers import browser_from
from api.accounts.email import MINUTES, checked
from api.accounts.first_start import ADDRESS
from api.http.failing import problem_of
from api.inputs.submitted import SubmittedForm
from api.pages.forms import read_form
from api.pages.once import words_page
from api.pages.origins import check_same_site
from api.pages.page import PageContent
from api.pages.registering import LABELS as REGISTERING
from api.pages.registering import errors_of, spoken_in
from api.pages.responses import redirect
from api.pages.same_browser import SameBrowser
from api.pages.site import Site
from api.pages.visits import Visit
from api.run.wiring import Wiring
from domain.messages import Message, msg
from domain.refusals import CommandRejected, Invalid, NotFound
from history.requests import Contended, KeyReused

LABELS: Final = {
    "key": msg("The server's key"),
    "initiative": msg("What is your initiative called?"),
    **REGISTERING,
    "way": msg("How will you sign in?"),
    "email": msg("E-mail address"),
}
_TYPED: Final = ("initiative", "name", "language", "way", "email")
"""What comes back with a mistake. The key does not, because a form can be seen on the screen."""


def routes(site: Site, wiring: Wiring) -> list[HTTPRouteHandler]:
    """The handlers of the page. There is no such page once there is an administrator."""
    browser = SameBrowser(f"{wiring.sessions.cookie_name}-first")
    waiting = SameBrowser(f"{wiring.sessions.cookie_name}-letter")

    async def page(
        visit: Visit,
        form: SubmittedForm | None = None,
        errors: dict[str, Message] | None = None,
        status: int = 200,
    ) -> Response[Any]:
        secret = secrets.token_urlsafe(24)
        fields = {} if form is None else form.fields
        typed = {"language": visit.locale.language, "way": "words"} | {
            name: fields[name] for name in _TYPED if name in fields
        }
        context = {
            "secret": secret,
            "typed_in": {name: typed.get(name, "") for name in _TYPED},
            "labels": LABELS,
            "mistakes": errors or {},
            "errors": {name: (errors or {}).get(name) for name in LABELS},
            "own_form": "first-start",
            "by_email": wiring.settings.writes_letters,
        }
        return await site.answer(
            visit, PageContent("first_start.html", context), cookies=[browser.cookie(secret)], status=status
        )

    async def show(request: Request[Any, Any, Any]) -> Response[Any]:
        if not await wiring.first_start.waits():
            raise NotFound
        return await page(await site.visit(request))

    async def set_up(request: Request[Any, Any, Any]) -> Response[Any]:
        check_same_site(request, wiring.settings)
        form = await read_form(request, wiring.settings.most_fields)
        request.state.language = form.own("language")
        browser.check(request, form)
        visit = await site.visit(request, form)
        if form.own("language"):
            return await page(visit, form)
        by_email = form.fields.get("way") == "email" and wiring.settings.writes_letters
        try:
            address = checked(form.fields.get("email", "")) if by_email else ""
            used = await wiring.first_start.set_up(
                form.fields.get("key", ""),
                name=form.fields.get("name", ""),
                language=spoken_in(form),
                initiative=form.fields.get("initiative", ""),
                form_secret=form.own("secret"),
            )
        except (CommandRejected, KeyReused, Contended) as error:
            if not isinstance(error, Invalid) and not await wiring.first_start.waits():
                raise NotFound from None  # somebody was first
            problem = problem_of(error)
            return await page(visit, form, errors_of(error, problem.detail), problem.kind.status)
        cookie = await wiring.sessions.begin_by_claim(used.person, used.claim, browser=browser_from(request))
        signed_in = None if cookie is None else await wiring.sessions.find(cookie.value)
        if cookie is None or signed_in is None:
            return redirect("/sign-in")
        cookies = [browser.forget(), cookie]
        if by_email:
            asked = await wiring.email.ask(address, locale=visit.locale, signed_in=signed_in)
            return redirect("/sign-in/letter", cookies=[*cookies, waiting.cookie(asked, MINUTES * 60)])
        made = await wiring.ways_in.make_words(signed_in, key=form.own("secret"))
        response = await site.answer(visit, words_page(made, visit, onward="/me", new=True))
        response.cookies.extend(cookies)
        return response

    return [
        site.handler(HttpMethod.GET, ADDRESS, show),
        site.handler(HttpMethod.POST, ADDRESS, set_up),
    ]
