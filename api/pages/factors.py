"""The page for one's own second factors, and the pages that set one up."""

from __future__ import annotations

from typing import Any, Final

import segno
from litestar import HttpMethod, Request, Response
from litestar.handlers import HTTPRouteHandler

from api.accounts import factor_letters
from api.accounts.demonstration_people import NO_FACTORS, check_may_add_factor, is_demonstration_person
from api.accounts.factors import new_key
from api.accounts.passkeys import party_of
from api.accounts.sessions import SignedIn
from api.accounts.totp import address_of, as_text
from api.http.operations import again_if_lost
from api.http.problems import Problem, ProblemType
from api.inputs.submitted import SubmittedForm
from api.pages.checks import NOT_AS_SENT, check_signed_form, key_of
from api.pages.forms import read_form
from api.pages.origins import check_same_site
from api.pages.page import PageContent
from api.pages.proving import must_sign_in_again, sign_in_again, taken_form
from api.pages.responses import redirect
from api.pages.site import Site
from api.pages.visits import Visit
from api.run.wiring import Wiring
from domain.commands.factors import CancelRecovery
from domain.messages import Message
from domain.refusals import Invalid, NotFound
from domain.values import Channel
from history.requests import Request as Asked

ADDRESS: Final = "/me/second-factor"
APP: Final = f"{ADDRESS}/app"
PASSKEY: Final = f"{ADDRESS}/passkey"


def routes(site: Site, wiring: Wiring) -> list[HTTPRouteHandler]:
    """The handlers of these pages. They change only the visitor's own account."""
    factors = wiring.factors

    async def visiting(request: Request[Any, Any, Any]) -> Visit:
        return await again_if_lost(lambda: site.visit(request))

    async def sent(request: Request[Any, Any, Any]) -> tuple[Visit, SubmittedForm, SignedIn]:
        check_same_site(request, wiring.settings)
        form = await read_form(request, wiring.settings.most_fields)
        visit = await visiting(request)
        check_signed_form(visit, form)
        assert visit.signed_in is not None
        return visit, form, visit.signed_in

    # What somebody has

    async def show(request: Request[Any, Any, Any]) -> Response[Any]:
        visit = await visiting(request)
        if visit.signed_in is None:
            return redirect(f"/sign-in?next={ADDRESS}")
        have = await factors.all(visit.who)
        shown = {
            "factors": have,
            "has_app": any(each.kind == "totp" for each in have),
            "codes_left": await factors.codes_left(visit.who),
            "passkeys_work": party_of(request, wiring.settings) is not None,
            "recovery_asked": visit.me is not None and visit.me.recovery_asked,
            "kept": await taken_form(visit),
            "key": new_key(),
            "of_demonstration": NO_FACTORS if is_demonstration_person(wiring, visit.who) else None,
        }
        return await site.answer(visit, PageContent("factors.html", shown))

    async def act(request: Request[Any, Any, Any]) -> Response[Any]:
        visit, form, signed_in = await sent(request)
        do = form.own("do")
        if do in ("remove", "codes") and must_sign_in_again(visit):
            return await sign_in_again(visit, form)
        match do:
            case "remove":
                await factors.remove(signed_in, form.fields.get("factor", ""))
                await wiring.email.tell(visit.who, factor_letters.removed())
            case "codes":
                check_may_add_factor(wiring, visit.who)
                await wiring.email.tell(visit.who, factor_letters.codes_made())
                return await codes_page(visit, signed_in, key_of(form), added=False)
            case "cancel":
                command = CancelRecovery(person=visit.who)
                await wiring.runner.run(Asked(command=command, actor=visit.who, channel=Channel.PAGE))
            case _:
                raise Problem(ProblemType.MALFORMED, NOT_AS_SENT)
        return redirect(ADDRESS)

    async def codes_page(visit: Visit, signed_in: SignedIn, key: str, *, added: bool) -> Response[Any]:
        """The page that shows new recovery codes, once; nothing on it leads away before they are written down."""
        codes = await factors.make_codes(signed_in, key=f"codes {key}")
        context = {
            "codes": codes,
            "added": added,
            "signed_in": None,
            "untold": False,
            "no_way_back": False,
            "needs_factor": [],
            "shown_once": True,
        }
        return await site.answer(visit, PageContent("codes.html", context))

    async def after_adding(visit: Visit, signed_in: SignedIn, key: str) -> Response[Any]:
        await wiring.email.tell(visit.who, factor_letters.added())
        if await factors.codes_left(signed_in.person):
            return redirect(ADDRESS)
        return await codes_page(visit, signed_in, key, added=True)

    # An app

    async def app_page(
        visit: Visit, signed_in: SignedIn, key: str, error: Message | None = None
    ) -> Response[Any]:
        secret = factors.secret_for(signed_in, key)
        address = address_of(secret, visit.request.headers.get("host", "") or "Overwinter")
        shown = {
            "key": key,
            "secret": as_text(secret),
            "address": address,
            "picture": segno.make_qr(address, error="m").svg_inline(
                omitsize=True, light="#fff", svgclass=None, lineclass=None
            ),
            "replaces": any(each.kind == "totp" for each in await factors.all(visit.who)),
            "error": error,
            "own_form": "app",
        }
        return await site.answer(visit, PageContent("factor_app.html", shown), status=422 if error else None)

    async def show_app(request: Request[Any, Any, Any]) -> Response[Any]:
        visit = await visiting(request)
        if visit.signed_in is None or must_sign_in_again(visit):
            return redirect(_sign_in_for(APP, visit))
        if is_demonstration_person(wiring, visit.who):
            return redirect(ADDRESS)
        return await app_page(visit, visit.signed_in, new_key())

    async def add_app(request: Request[Any, Any, Any]) -> Response[Any]:
        visit, form, signed_in = await sent(request)
        if must_sign_in_again(visit):
            return redirect(_sign_in_for(APP, visit))
        check_may_add_factor(wiring, visit.who)
        key = key_of(form)
        if form.own("language"):
            return await app_page(await site.visit(request, form), signed_in, key)
        try:
            await factors.add_app(signed_in, key=key, code=form.fields.get("code", ""))
        except Invalid as error:
            return await app_page(visit, signed_in, key, error.errors[0].detail)
        return await after_adding(visit, signed_in, key)

    # A passkey

    async def passkey_page(visit: Visit, signed_in: SignedIn, error: Message | None = None) -> Response[Any]:
        party = party_of(visit.request, wiring.settings)
        if party is None:
            raise NotFound
        shown = {
            "key": new_key(),
            "options": await factors.passkey_to_add(signed_in, party),
            "error": error,
        }
        return await site.answer(
            visit, PageContent("factor_passkey.html", shown, passkeys=True), status=422 if error else None
        )

    async def show_passkey(request: Request[Any, Any, Any]) -> Response[Any]:
        visit = await visiting(request)
        if visit.signed_in is None or must_sign_in_again(visit):
            return redirect(_sign_in_for(PASSKEY, visit))
        if is_demonstration_person(wiring, visit.who):
            return redirect(ADDRESS)
        return await passkey_page(visit, visit.signed_in)

    async def add_passkey(request: Request[Any, Any, Any]) -> Response[Any]:
        visit, form, signed_in = await sent(request)
        if must_sign_in_again(visit):
            return redirect(_sign_in_for(PASSKEY, visit))
        check_may_add_factor(wiring, visit.who)
        party = party_of(request, wiring.settings)
        if party is None:
            raise NotFound
        key = key_of(form)
        try:
            await factors.add_passkey(signed_in, party, key=key, answer=form.fields.get("passkey", ""))
        except Invalid as error:
            return await passkey_page(visit, signed_in, error.errors[0].detail)
        return await after_adding(visit, signed_in, key)

    return [
        site.handler(HttpMethod.GET, ADDRESS, show),
        site.handler(HttpMethod.POST, ADDRESS, act),
        site.handler(HttpMethod.GET, APP, show_app),
        site.handler(HttpMethod.POST, APP, add_app),
        site.handler(HttpMethod.GET, PASSKEY, show_passkey),
        site.handler(HttpMethod.POST, PASSKEY, add_passkey),
    ]


def _sign_in_for(where: str, visit: Visit) -> str:
    return f"/sign-in?next={where}" + ("&kept=again" if visit.signed_in is not None else "")
