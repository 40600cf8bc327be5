"""Signing in and out. What a person signs in with is exchanged for a session cookie, and never appears in an address."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from litestar import HttpMethod, Request, Response
from litestar.datastructures import Cookie
from litestar.handlers import HTTPRouteHandler

from api.accounts.attempts import network_of
from api.accounts.browsers import browser_from
from api.accounts.email import MINUTES, NO_LETTERS, checked
from api.accounts.nine_words import COUNT, WRONG_WORDS, typed_words, unknown_words
from api.http.problems import Problem, ProblemType
from api.inputs.submitted import SubmittedForm
from api.pages.checks import check_signed_form
from api.pages.forms import read_form
from api.pages.letting_in import let_in
from api.pages.origins import check_same_site
from api.pages.page import PageContent
from api.pages.proving import AGAIN, what_is_kept
from api.pages.rendering import said
from api.pages.responses import left_behind, redirect
from api.pages.same_browser import SameBrowser
from api.pages.site import Site
from api.pages.visits import Visit
from api.run.demonstration import DemoPerson, saved_people
from api.run.wiring import Wiring
from domain.messages import Message, counted, msg
from domain.refusals import Invalid


@dataclass(frozen=True, slots=True)
class Entrance:
    """A person as whom one can enter a demonstration: what they do there, and what one finds; in the visitor's language."""

    role: str
    name: str
    part: str
    finds: str


@dataclass(frozen=True, slots=True)
class Entrances:
    """Those who are listed under one heading, which may be empty."""

    heading: str
    people: tuple[Entrance, ...]


SIGNED_OUT: Final = "signed-out"
"""What the page for signing in shows to somebody who has just signed out."""
_WITHIN: Final = re.compile(r"/(?:[a-z0-9-]+(?:/[a-z0-9-]+)*)?\Z", re.ASCII)
LABELS: Final = {"email": msg("E-mail address"), "words": msg("Your nine words"), "token": msg("Access key")}
"""The fields of the form, one for each way of signing in, which are also the values of its buttons; and their labels."""


def routes(site: Site, wiring: Wiring) -> list[HTTPRouteHandler]:
    """The handlers of signing in and out."""
    sessions = wiring.sessions
    browser = SameBrowser(f"{sessions.cookie_name}-sign-in")
    waiting = SameBrowser(f"{sessions.cookie_name}-letter")
    onward = SameBrowser(f"{sessions.cookie_name}-onward")

    async def page(
        visit: Visit,
        next_: str,
        form: SubmittedForm | None = None,
        error: Invalid | None = None,
    ) -> Response[Any]:
        why = form.own("kept") if form else visit.query.get("kept", "")
        kept = await what_is_kept(visit, next_, why) if why else ""
        secret = secrets.token_urlsafe(24)
        # An access key is not repeated in the form, because a form can be seen on the screen.
        typed = {name: form.fields.get(name, "") if form else "" for name in ("email", "words")}
        mistakes = {} if error is None else {each.field: each.detail for each in error.errors}
        context = {
            "next": next_,
            "secret": secret,
            "typed_in": typed,
            "labels": LABELS,
            "mistakes": mistakes,
            "errors": {name: mistakes.get(name) for name in LABELS},
            "own_form": "sign-in",
            "kept": kept,
            "applying": next_.endswith("/apply"),
            "ended": visit.signed_in is None and sessions.cookie_name in visit.request.cookies,
            "signed_out": visit.query.get("show") == SIGNED_OUT,
            "has": await ways(visit, again=kept == AGAIN),
            "by_email": wiring.settings.writes_letters,
            "people": entrances(saved_people(wiring.settings, wiring.history.id), visit.languages),
        }
        drawn = PageContent("sign_in.html", context)
        return await site.answer(visit, drawn, cookies=[browser.cookie(secret)], status=401 if error else 200)

    async def ways(visit: Visit, *, again: bool) -> Collection[str]:
        """The ways in that are offered: all, but to somebody who signs in again only those that they have."""
        if not again or visit.signed_in is None:
            return LABELS
        kinds = {each.kind for each in await wiring.ways_in.all(visit.who)} & {*LABELS}
        tokens = {"token"} if await wiring.tokens.all(visit.who) else set()
        return kinds | tokens or LABELS

    async def show(request: Request[Any, Any, Any]) -> Response[Any]:
        visit = await site.visit(request)
        return await page(visit, within(visit.query.get("next", "")))

    async def sign_in(request: Request[Any, Any, Any]) -> Response[Any]:
        check_same_site(request, wiring.settings)
        form = await read_form(request, wiring.settings.most_fields)
        request.state.language = form.own("language")
        browser.check(request, form)
        next_ = within(form.own("next"))
        if form.own("language"):
            return await page(await site.visit(request, form), next_, form)
        try:
            if chosen_way(form) == "email" and not form.own("person"):
                return await ask_for_letter(request, form, next_)
            cookie = await begin(request, form)
        except Invalid as error:
            return await page(await site.visit(request), next_, form, error)
        except Problem as problem:
            if problem.kind is not ProblemType.TOO_MANY:
                raise
            too_often = Invalid.field(chosen_way(form), problem.detail)
            response = await page(await site.visit(request), next_, form, too_often)
            response.status_code = problem.kind.status
            response.headers.update(problem.headers)
            return response
        return await let_in(wiring, request, cookie, next_, [browser.forget()])

    async def ask_for_letter(
        request: Request[Any, Any, Any], form: SubmittedForm, next_: str
    ) -> Response[Any]:
        visit = await site.visit(request)
        if not wiring.settings.writes_letters:
            raise Invalid.field("email", NO_LETTERS)
        address = checked(form.fields.get("email", ""))
        await wiring.attempts.count(
            "letter",
            account=wiring.email.lookup(address),
            network=network_of(request, wiring.settings),
        )
        asked = await wiring.email.ask(address, locale=visit.locale)
        where = "/sign-in/letter" + (f"?next={next_}" if next_ != "/me" else "")
        return redirect(
            where,
            cookies=[
                waiting.cookie(asked, MINUTES * 60),
                onward.cookie(next_, MINUTES * 60),
                browser.forget(),
            ],
        )

    async def begin(request: Request[Any, Any, Any], form: SubmittedForm) -> Cookie:
        way = chosen_way(form)
        used = browser_from(request)
        if role := form.own("person"):
            # In a demonstration, everybody can enter as one of its people.
            people = saved_people(wiring.settings, wiring.history.id)
            token = next((each.token for each in people if each.role == role), "")
            cookie = await sessions.begin(token, browser=used)
            if cookie is None:
                raise Invalid.field("token", msg("Nobody can enter as this person any more."))
            return cookie
        if way == "words":
            words = complete_words(form.fields.get("words", ""))
            await wiring.attempts.count(
                "words",
                account=wiring.words.lookup_key(words),
                network=network_of(request, wiring.settings),
            )
            found = await wiring.words.way_of(words)
            cookie = None if found is None else await sessions.begin_by_way(found, browser=used)
            if cookie is None:
                raise Invalid.field("words", why_not_these(form.fields.get("words", "")))
            return cookie
        cookie = await sessions.begin(form.fields.get("token", "").strip(), browser=used)
        if cookie is None:
            raise Invalid.field(
                "token", msg("This access key is unknown, has expired, was revoked, or is for programs only.")
            )
        return cookie

    async def sign_out(request: Request[Any, Any, Any]) -> Response[Any]:
        check_same_site(request, wiring.settings)
        form = await read_form(request, wiring.settings.most_fields)
        check_signed_form(await site.visit(request), form)
        ended = await sessions.sign_out(request.cookies.get(sessions.cookie_name))
        return left_behind(redirect(f"/sign-in?show={SIGNED_OUT}", cookies=[ended]))

    return [
        site.handler(HttpMethod.GET, "/sign-in", show),
        site.handler(HttpMethod.POST, "/sign-in", sign_in),
        site.handler(HttpMethod.POST, "/sign-out", sign_out),
    ]


def chosen_way(form: SubmittedForm) -> str:
    """The way of signing in that was chosen: the button's, unless only another field was filled in (the Enter key presses
    the first button)."""
    filled = [way for way in LABELS if form.fields.get(way, "").strip()]
    chosen = form.own("do")
    if chosen in LABELS and (chosen in filled or not filled):
        return chosen
    return next(iter(filled), "token")


def complete_words(text: str) -> tuple[str, ...]:
    """The nine words that were typed. Raises `Invalid` for any other number."""
    words = typed_words(text)
    if any(not word.isascii() for word in words):
        raise Invalid.field(
            "words",
            msg(
                "The nine words are English words. Type them in Latin letters, each as it was shown when they were made."
            ),
        )
    if len(words) != COUNT:
        raise Invalid.field(
            "words",
            counted(
                "Type all nine words; this is {count}.",
                "Type all nine words; these are {count}.",
                count=len(words),
            ),
        )
    return words


def why_not_these(text: str) -> Message:
    """Why nobody was signed in with these nine words. It depends on the public list alone, not on any account."""
    wrong = unknown_words(typed_words(text))
    if wrong:
        return counted(
            "Nobody can sign in with these words. This one is not in the list of words, so look at it again: {words}.",
            "Nobody can sign in with these words. These are not in the list of words, so look at them again: {words}.",
            count=len(wrong),
            words=wrong,
        )
    return WRONG_WORDS


def entrances(people: Sequence[DemoPerson], languages: Sequence[str]) -> tuple[Entrances, ...]:
    """The people of a demonstration by their headings, in the order of the scenario."""

    def words(texts: dict[str, str]) -> str:
        return said(texts, languages).text if texts else ""

    return tuple(
        [
            Entrances(
                heading,
                tuple(
                    [Entrance(each.role, each.name, words(each.part), words(each.finds)) for each in group]
                ),
            )
            for heading, group in groupby(people, key=lambda each: words(each.group))
        ]
    )


def within(address: str) -> str:
    """The address on this site to continue to; for any other address, the visitor's own page."""
    return address if _WITHIN.match(address) and address != "/" else "/me"
