"""The page "Your access": every claim to one's own account, every token, and how to revoke them."""

from __future__ import annotations

import secrets
from typing import Any, Final

from litestar import HttpMethod, Request, Response
from litestar.handlers import HTTPRouteHandler

from api.accounts.access_tokens import DEFAULT_DAYS, TokenScope
from api.accounts.attempts import network_of
from api.accounts.demonstration_people import check_may_revoke
from api.accounts.email import MINUTES, checked
from api.accounts.sessions import BegunBy, SignedIn
from api.http.operations import again_if_lost
from api.http.problems import Problem, ProblemType
from api.inputs.submitted import SubmittedForm
from api.pages.checks import NOT_AS_SENT, NOT_OF_THIS_PAGE, check_signed_form, key_of
from api.pages.forms import read_form
from api.pages.once import words_page
from api.pages.origins import check_same_site
from api.pages.page import PageContent
from api.pages.proving import must_sign_in_again, sign_in_again, taken_form
from api.pages.responses import redirect
from api.pages.same_browser import SameBrowser
from api.pages.site import Site
from api.pages.visits import Visit
from api.run.wiring import Wiring
from domain.commands.persons import WithdrawClaim
from domain.messages import Message, msg
from domain.persons.state import PERSON
from domain.refusals import Invalid, NotFound
from domain.values import Channel
from history.requests import Request as Asked
from projections import initiatives

ADDRESS: Final = "/me/access"
BEGUN: Final = {
    BegunBy.TOKEN.value: msg("With an access key"),
    BegunBy.CLAIM.value: msg("With a one-time key"),
    BegunBy.EMAIL.value: msg("By e-mail"),
    BegunBy.WORDS.value: msg("With your nine words"),
}
"""How a session was begun."""
SCOPES: Final = {
    TokenScope.READ.value: msg("Only read"),
    TokenScope.WORK.value: msg("Read and work, but erase nothing, change no payee, and let nobody in"),
    TokenScope.ALL.value: msg("Everything that I can do, also sign in on these pages"),
}
"""What an access key can do."""
DONE: Final = {
    "words-removed": msg("The nine words are removed. Nobody can sign in with them any more."),
    "address-removed": msg("The address is removed. A last letter to it says so."),
    "address-added": msg("The address is added. You can sign in with it from now on, and letters go there."),
    "session-ended": msg("That session is ended."),
    "sessions-ended": msg("All your other sessions are ended."),
    "key-revoked": msg("The access key is revoked."),
    "claim-withdrawn": msg("The one-time key is withdrawn."),
}
"""What was done, by the name in the address of the page that is shown after it."""
_DAYS: Final = ("7", "30", "90", "365")
_GRAVE: Final = frozenset({"words", "remove-way", "address", "make"})
"""What changes how somebody can sign in. Ending something is not grave: whoever is alarmed must not be held up."""


def routes(site: Site, wiring: Wiring) -> list[HTTPRouteHandler]:
    """The handlers of the page. It changes only the visitor's own account."""

    waiting = SameBrowser(f"{wiring.sessions.cookie_name}-letter")

    async def page(
        visit: Visit,
        *,
        made: str = "",
        typed_email: str = "",
        error: Message | None = None,
        kept: SubmittedForm | None = None,
        kept_token: SubmittedForm | None = None,
        token_error: Message | None = None,
    ) -> Response[Any]:
        assert visit.signed_in is not None
        me = await initiatives.me(wiring.reader, visit.person)
        state = await wiring.reader.the(PERSON, visit.who)
        shown = {
            "claims": tuple(reversed(me.claims)),
            "open": {claim.id for claim in state.claims if claim.usable(wiring.clock())},
            "tokens": await wiring.tokens.all(visit.person),
            "sessions": await wiring.sessions.all(visit.who),
            "this_session": visit.signed_in.id,
            "begun": BEGUN,
            "address": await wiring.email.address_of(visit.who),
            "by_email": wiring.settings.writes_letters,
            "typed_email": kept.fields.get("email", "") if kept else typed_email,
            "kept": kept,
            "error": error,
            "ways": {each.kind: each for each in await wiring.ways_in.all(visit.who)},
            "secured": any(each.kind != "codes" for each in me.factors),
            "latest": await wiring.sessions.latest_change(visit.signed_in),
            "made": made,
            "done": DONE.get(visit.query.get("show", "")),
            "own_form": "address" if wiring.settings.writes_letters and not made else None,
            "scopes": SCOPES,
            "days": _DAYS,
            "typed_token": _typed_token(kept_token or kept),
            "token_error": token_error,
            "key": secrets.token_urlsafe(18),
        }
        status = 422 if error or token_error else None
        return await site.answer(visit, PageContent("access.html", shown), status=status)

    async def ask(visit: Visit, signed_in: SignedIn, typed: str) -> Response[Any]:
        if not wiring.settings.writes_letters:
            raise NotFound
        try:
            address = checked(typed)
            await wiring.attempts.count(
                "letter",
                account=wiring.email.lookup(address),
                network=network_of(visit.request, wiring.settings),
            )
            asked = await wiring.email.ask(address, locale=visit.locale, signed_in=signed_in)
        except Invalid as error:
            return await page(visit, typed_email=typed, error=error.errors[0].detail)
        return redirect("/sign-in/letter", cookies=[waiting.cookie(asked, MINUTES * 60)])

    async def remove(visit: Visit, signed_in: SignedIn, way: str) -> str:
        kinds = {each.way: each.kind for each in await wiring.ways_in.all(signed_in.person)}
        if kinds.get(way) == "email":
            await wiring.email.remove(signed_in, way, locale=visit.locale)
            return "address-removed"
        await wiring.ways_in.remove(signed_in, way)
        return "words-removed"

    async def get(request: Request[Any, Any, Any]) -> Response[Any]:
        visit = await site.visit(request)
        if visit.signed_in is None:
            return redirect(f"/sign-in?next={ADDRESS}")
        return await page(visit, kept=await taken_form(visit))

    async def show(request: Request[Any, Any, Any]) -> Response[Any]:
        return await again_if_lost(lambda: get(request))

    async def act(request: Request[Any, Any, Any]) -> Response[Any]:
        check_same_site(request, wiring.settings)
        form = await read_form(request, wiring.settings.most_fields)
        request.state.language = form.own("language")
        visit = await again_if_lost(lambda: site.visit(request, form))
        check_signed_form(visit, form)
        assert visit.signed_in is not None
        if form.own("language"):
            return await page(visit, typed_email=form.fields.get("email", ""))
        if form.own("do") in _GRAVE and must_sign_in_again(visit):
            return await sign_in_again(visit, form)
        done = ""
        match form.own("do"):
            case "told":
                await wiring.sessions.note_told(visit.signed_in, form.own("latest"))
            case "revoke":
                check_may_revoke(wiring, visit.who)
                if not await wiring.tokens.revoke(form.fields.get("token", ""), of=visit.who):
                    raise NotFound(msg("You have no such access key."))
                done = "key-revoked"
            case "words":
                made_words = await wiring.ways_in.make_words(visit.signed_in, key=key_of(form))
                return await site.answer(visit, words_page(made_words, visit, onward=ADDRESS))
            case "remove-way":
                done = await remove(visit, visit.signed_in, form.fields.get("way", ""))
            case "address":
                return await ask(visit, visit.signed_in, form.fields.get("email", ""))
            case "end":
                if not await wiring.sessions.end_one(form.fields.get("session", ""), of=visit.who):
                    raise NotFound(msg("You have no such session; it has probably ended."))
                done = "session-ended"
            case "end-others":
                await wiring.sessions.end_others(visit.who, but=visit.signed_in.session)
                done = "sessions-ended"
            case "withdraw":
                await _withdraw(visit, form)
                done = "claim-withdrawn"
            case "make":
                try:
                    made = await _make(visit, visit.signed_in, form)
                except Invalid as error:
                    return await page(visit, kept_token=form, token_error=error.errors[0].detail)
                return await page(visit, made=made)
            case _:
                raise Problem(ProblemType.MALFORMED, NOT_OF_THIS_PAGE)
        return redirect(f"{ADDRESS}?show={done}" if done else ADDRESS)

    return [
        site.handler(HttpMethod.GET, ADDRESS, show),
        site.handler(HttpMethod.POST, ADDRESS, act),
    ]


async def _withdraw(visit: Visit, form: SubmittedForm) -> None:
    command = WithdrawClaim(person=visit.who, claim=form.fields.get("claim", ""))
    await visit.wiring.runner.run(Asked(command=command, actor=visit.who, channel=Channel.PAGE))
    await visit.wiring.claims.note_withdrawn(command.claim)


async def _make(visit: Visit, signed_in: SignedIn, form: SubmittedForm) -> str:
    """Create one more token for the visitor; the same form returns the same one."""
    key = key_of(form)
    seed = visit.wiring.runner.keyed("token by page", f"{visit.who} {signed_in.session.hex()} {key}".encode())
    scope, days = form.fields.get("scope", TokenScope.READ), form.fields.get("days", str(DEFAULT_DAYS))
    if scope not in {*TokenScope} or days not in _DAYS:
        raise Problem(ProblemType.MALFORMED, NOT_AS_SENT)
    return await visit.wiring.tokens.make(
        visit.who,
        label=form.fields.get("label", "").strip() or "page",
        made_by=visit.who,
        days=int(days),
        scope=TokenScope(scope),
        seed=seed,
        made_in=signed_in.session,
    )


def _typed_token(form: SubmittedForm | None) -> dict[str, str]:
    """What was typed and chosen for an access key."""
    start = {"label": "", "scope": TokenScope.READ.value, "days": str(DEFAULT_DAYS)}
    return start if form is None else start | {name: form.fields.get(name, start[name]) for name in start}
