"""The page that asks for a second factor, when somebody with one signs in."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Final

from litestar import HttpMethod, Request, Response
from litestar.handlers import HTTPRouteHandler

from api.accounts import factor_letters
from api.accounts.attempts import network_of
from api.accounts.form_secrets import same_secret
from api.accounts.passkeys import party_of
from api.accounts.sessions import HalfSignedIn
from api.http.problems import Problem, ProblemType
from api.pages.checks import NOT_AS_SENT
from api.pages.forms import read_form
from api.pages.letting_in import SECOND, settle_in
from api.pages.origins import check_same_site
from api.pages.page import PageContent
from api.pages.responses import redirect
from api.pages.sign_in import within
from api.pages.site import Site
from api.pages.visits import Visit
from api.run.wiring import Wiring
from domain.messages import Message
from domain.refusals import Invalid

_CODES: Final = frozenset({"totp", "codes"})


def routes(site: Site, wiring: Wiring) -> list[HTTPRouteHandler]:
    """The handlers of the page."""
    sessions, factors = wiring.sessions, wiring.factors

    async def page(
        visit: Visit,
        half: HalfSignedIn,
        next_: str,
        *,
        errors: dict[str, Message] | None = None,
        typed: str = "",
        status: int = 200,
    ) -> Response[Any]:
        kinds = await factors.kinds(half)
        party = party_of(visit.request, wiring.settings)
        passkey = (
            await factors.passkey_to_use(half, party) if party is not None and "passkey" in kinds else None
        )
        found = errors or {}
        context = {
            "half_csrf": half.csrf,
            "next": next_,
            "passkey": passkey,
            "unusable": passkey is None and "passkey" in kinds,
            "codes": not kinds.isdisjoint(_CODES),
            "errors": found,
            "error": next(iter(found.values()), None),
            "typed_code": typed,
            "own_form": "second" if not kinds.isdisjoint(_CODES) else None,
        }
        return await site.answer(
            visit, PageContent("second.html", context, passkeys=passkey is not None), status=status
        )

    async def half_of(request: Request[Any, Any, Any]) -> HalfSignedIn | None:
        return await sessions.half(request.cookies.get(sessions.half_cookie_name))

    async def finish(request: Request[Any, Any, Any], half: HalfSignedIn, where: str) -> Response[Any]:
        begun = await sessions.complete(half)
        if begun is None:
            return redirect("/sign-in", cookies=[sessions.forget_half()])
        return redirect(where, cookies=[sessions.forget_half(), *await settle_in(wiring, request, begun)])

    async def show(request: Request[Any, Any, Any]) -> Response[Any]:
        visit = await site.visit(request)
        half = await half_of(request)
        if half is None:
            return redirect("/sign-in", cookies=[sessions.forget_half()])
        next_ = within(visit.query.get("next", ""))
        # Two administrators may have removed the second factors meanwhile.
        await factors.follow_history(half.person)
        if not await factors.all(half.person):
            return await finish(request, half, next_)
        return await page(visit, half, next_)

    async def answer(request: Request[Any, Any, Any]) -> Response[Any]:
        check_same_site(request, wiring.settings)
        form = await read_form(request, wiring.settings.most_fields)
        request.state.language = form.own("language")
        half = await half_of(request)
        if half is None:
            return redirect("/sign-in", cookies=[sessions.forget_half()])
        if not same_secret(half.csrf, form.own("csrf")):
            raise Problem(ProblemType.FORBIDDEN, NOT_AS_SENT)
        visit = await site.visit(request, form)
        next_ = within(form.own("next"))
        typed = form.fields.get("code", "")
        if form.own("language"):
            return await page(visit, half, next_, typed=typed)
        try:
            by_passkey = form.own("do") == "passkey"
            await wiring.attempts.count(
                "passkey" if by_passkey else "second",
                account=sha256(half.person.encode()).digest(),
                network=network_of(request, wiring.settings),
            )
            if by_passkey:
                await factors.check_passkey(
                    half, party_of(request, wiring.settings), form.fields.get("passkey", "")
                )
            else:
                if await factors.check_code(half, typed):
                    await wiring.email.tell(half.person, factor_letters.code_used())
        except Invalid as error:
            errors = {each.field: each.detail for each in error.errors}
            return await page(visit, half, next_, errors=errors, typed=typed, status=422)
        except Problem as problem:
            if problem.kind is not ProblemType.TOO_MANY:
                raise
            response = await page(
                visit, half, next_, errors={"code": problem.detail}, status=problem.kind.status
            )
            response.headers.update(problem.headers)
            return response
        return await finish(request, half, next_)

    return [
        site.handler(HttpMethod.GET, SECOND, show),
        site.handler(HttpMethod.POST, SECOND, answer),
    ]
