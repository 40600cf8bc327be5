"""The page on which somebody leaves: their data is erased, after they signed in again and wrote that they want it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from litestar import HttpMethod, Request, Response
from litestar.handlers import HTTPRouteHandler

from api.accounts.demonstration_people import check_may_erase
from api.http.operations import again_if_lost
from api.http.problems import Problem, ProblemType
from api.inputs.submitted import SubmittedForm
from api.letters.farewell import told_of_erasure
from api.locales import LANGUAGES, locale_of
from api.pages.checks import NOT_OF_THIS_PAGE, check_signed_form, key_of
from api.pages.forms import read_form
from api.pages.origins import check_same_site
from api.pages.page import PageContent
from api.pages.proving import must_sign_in_again, sign_in_again, throw_away, with_kept
from api.pages.responses import left_behind, redirect
from api.pages.returned_forms import returned_form
from api.pages.site import Site
from api.pages.visits import Returned, Visit
from api.run.wiring import Wiring
from domain.commands.persons import ErasePerson
from domain.messages import msg
from domain.refusals import Invalid, Refused
from domain.values import Channel
from history.requests import Contended, KeyReused
from history.requests import Request as Asked
from projections import dossiers

ADDRESS: Final = "/me/leave"
ERASE: Final = msg("Have my data erased")
CONFIRMATION: Final = msg("erase my data")
"""What somebody types to confirm it, in the language of the page or in any other of the program."""


def routes(site: Site, wiring: Wiring) -> list[HTTPRouteHandler]:
    """The handlers of the page."""

    async def page(visit: Visit) -> Response[Any]:
        offer = await visit.trial().of(ERASE, _erasing(visit.who))
        shown = {
            "offer": offer,
            "confirmation": CONFIRMATION,
            "kept": await _kept(visit),
        }
        return await site.answer(
            visit, PageContent("leave.html", shown, labels={"confirmation": msg("Confirmation")})
        )

    async def show(request: Request[Any, Any, Any]) -> Response[Any]:
        visit = await again_if_lost(lambda: site.visit(request))
        if visit.signed_in is None:
            return redirect(f"/sign-in?next={ADDRESS}")
        return await page(await with_kept(visit, None))

    async def act(request: Request[Any, Any, Any]) -> Response[Any]:
        check_same_site(request, wiring.settings)
        form = await read_form(request, wiring.settings.most_fields)
        request.state.language = form.own("language")
        visit = await again_if_lost(lambda: site.visit(request, form))
        check_signed_form(visit, form)
        if form.own("language"):
            more = Returned(form=form.own("form"), typed=form, sentence=None, status=200)
            return await page(replace(visit, returned=more))
        if form.own("away"):
            return await throw_away(visit)
        if form.own("do") != "person.erase":
            raise Problem(ProblemType.MALFORMED, NOT_OF_THIS_PAGE)
        if must_sign_in_again(visit):
            return await sign_in_again(visit, form)
        try:
            check_may_erase(wiring, visit.who)
            _check_confirmed(form)
            return await erase(visit, form)
        except (Invalid, Refused, KeyReused, Contended) as error:
            return await page(replace(visit, returned=returned_form(form, error)))

    async def erase(visit: Visit, form: SubmittedForm) -> Response[Any]:
        kept = await _kept(visit)
        asked = Asked(command=_erasing(visit.who), actor=visit.who, channel=Channel.PAGE, key=key_of(form))
        async with told_of_erasure(wiring, visit.who):
            await wiring.runner.run(asked)
        await wiring.forget_accounts(visit.who)
        sessions = wiring.sessions
        gone = await sessions.end(visit.request.cookies.get(sessions.cookie_name))
        drawn = PageContent("left.html", {"kept": kept})
        return left_behind(await site.answer(replace(visit, signed_in=None, me=None), drawn, cookies=[gone]))

    return [
        site.handler(HttpMethod.GET, ADDRESS, show),
        site.handler(HttpMethod.POST, ADDRESS, act),
    ]


def _erasing(person: str) -> ErasePerson:
    return ErasePerson(person=person, reason="asked_by_person")


async def _kept(visit: Visit) -> list[datetime]:
    """Until when records of payments are kept even if the visitor is erased; each time once, however many grants there were."""
    now = visit.wiring.clock()
    found = await dossiers.mine(visit.wiring.reader, visit.person)
    return sorted(
        {
            each.kept_until
            for each in found.items
            if each.kept_until and each.kept_until > now and not each.erased
        }
    )


def _check_confirmed(form: SubmittedForm) -> None:
    typed = " ".join(form.fields.get("confirmation", "").split()).strip("«»“”\"'.").casefold()
    if typed not in {locale_of((language,)).say(CONFIRMATION).casefold() for language in LANGUAGES}:
        raise Invalid.field("confirmation", msg("Type exactly these words: {words}", words=CONFIRMATION))
