"""Registering by oneself: how to be called and the language are asked once, and nine words are shown once."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, Final

from litestar import HttpMethod, Request, Response
from litestar.handlers import HTTPRouteHandler

from api.accounts.attempts import network_of
from api.accounts.browsers import browser_from
from api.http.failing import problem_of
from api.http.problems import Problem
from api.inputs.submitted import SubmittedForm
from api.locales import chosen_locale
from api.pages.forms import read_form
from api.pages.letting_in import settle_in
from api.pages.once import words_page
from api.pages.origins import check_same_site
from api.pages.page import PageContent
from api.pages.responses import redirect
from api.pages.same_browser import SameBrowser
from api.pages.sign_in import within
from api.pages.site import Site
from api.pages.visits import Visit
from api.run.wiring import Wiring
from domain.messages import Message, msg
from domain.refusals import CommandRejected, Invalid
from history.requests import Contended, KeyReused

ADDRESS: Final = "/register"
LABELS: Final = {
    "name": msg("What should we call you?"),
    "language": msg("In which language should we write to you?"),
}


def routes(site: Site, wiring: Wiring) -> list[HTTPRouteHandler]:
    """The handlers of registering without an e-mail address."""
    browser = SameBrowser(f"{wiring.sessions.cookie_name}-register")

    async def page(
        visit: Visit,
        next_: str,
        form: SubmittedForm | None = None,
        errors: dict[str, Message] | None = None,
        status: int = 200,
    ) -> Response[Any]:
        secret = secrets.token_urlsafe(24)
        drawn = form_page(
            visit, ADDRESS, secret, next_, form, errors, by_email=wiring.settings.writes_letters
        )
        return await site.answer(visit, drawn, cookies=[browser.cookie(secret)], status=status)

    async def show(request: Request[Any, Any, Any]) -> Response[Any]:
        visit = await site.visit(request)
        next_ = within(visit.query.get("next", ""))
        return redirect(next_) if visit.signed_in else await page(visit, next_)

    async def register(request: Request[Any, Any, Any]) -> Response[Any]:
        check_same_site(request, wiring.settings)
        form = await read_form(request, wiring.settings.most_fields)
        request.state.language = form.own("language")
        browser.check(request, form)
        visit = await site.visit(request, form)
        next_ = within(form.own("next"))
        if form.own("language"):
            return await page(visit, next_, form)
        try:
            await wiring.attempts.count(
                "register", account=None, network=network_of(request, wiring.settings)
            )
            made = await wiring.ways_in.register_with_words(
                name=form.fields.get("name", ""),
                language=spoken_in(form),
                form_secret=form.own("secret"),
            )
        except (CommandRejected, KeyReused, Contended, Problem) as error:
            problem = problem_of(error)
            response = await page(visit, next_, form, errors_of(error, problem.detail), problem.kind.status)
            response.headers.update(problem.headers)
            return response
        cookie = await wiring.sessions.begin_by_way(made.way, browser=browser_from(request))
        response = await site.answer(visit, words_page(made, visit, onward=next_, new=True))
        if cookie is not None:
            response.cookies.extend(await settle_in(wiring, request, cookie))
        return response

    return [
        site.handler(HttpMethod.GET, ADDRESS, show),
        site.handler(HttpMethod.POST, ADDRESS, register),
    ]


def form_page(
    visit: Visit,
    action: str,
    secret: str,
    next_: str,
    form: SubmittedForm | None,
    errors: Mapping[str, Message] | None,
    *,
    by_letter: bool = False,
    by_email: bool = False,
) -> PageContent:
    """The form that asks for name and language, sent to the address `action`; `by_letter`: of somebody who answered a letter;
    `by_email`: it offers to register by e-mail instead."""
    fields = {} if form is None else form.fields
    return PageContent(
        "register.html",
        {
            "by_letter": by_letter,
            "by_email": by_email,
            "action": action,
            "secret": secret,
            "called": fields.get("name", ""),
            "spoken": fields.get("language", visit.locale.language),
            "mistakes": errors or {},
            "errors": {name: (errors or {}).get(name) for name in LABELS},
            "labels": LABELS,
            "own_form": "register",
            "next": next_,
        },
    )


def spoken_in(form: SubmittedForm) -> str:
    """The language that was chosen. Raises `Invalid` for one that the pages do not speak."""
    return chosen_locale(form.fields.get("language")).language


def errors_of(error: Exception, sentence: Message) -> dict[str, Message]:
    """The errors by field; of a failure that is no field's, the sentence for the whole form."""
    if isinstance(error, Invalid):
        return {each.field: each.detail for each in error.errors}
    return {"": sentence}
