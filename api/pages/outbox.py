"""The outbox: letters that wait or that nobody knows to be sent, for administrators; in a demonstration, all letters, for
everybody."""

from __future__ import annotations

from typing import Any, Final

from litestar import HttpMethod, Request, Response
from litestar.handlers import HTTPRouteHandler

from api.http.problems import Problem, ProblemType
from api.pages.checks import NOT_OF_THIS_PAGE, check_signed_form
from api.pages.forms import read_form
from api.pages.origins import check_same_site
from api.pages.page import PageContent
from api.pages.responses import redirect
from api.pages.site import Site
from api.pages.visits import Visit
from api.run.wiring import Wiring
from domain.letters.kinds import WORDINGS
from domain.messages import Message, in_context, msg
from domain.refusals import Forbidden

ADDRESS: Final = "/outbox"
NAMES: Final[dict[str, Message]] = {
    "sign-in": msg("Link for signing in"),
    "confirm-address": msg("Confirmation of an address"),
    "invitation": msg("Invitation"),
    "address-changed": msg("An address was changed"),
    "address-removed": msg("An address was removed"),
    "draft-invitation": msg("Invitation to write in a draft"),
    "erased": msg("Erasure done"),
    "factor-added": msg("A second factor was added"),
    "factor-removed": msg("A second factor was removed"),
    "new-device": msg("You signed in on another device"),
    "recovery-code-used": msg("A recovery code was used"),
    "recovery-codes-made": msg("New recovery codes were made"),
    **{kind.value: wording.label for kind, wording in WORDINGS.items()},
}
"""What each letter is, by its name."""
STATES: Final[dict[str, Message]] = {
    "waiting": in_context("letter", "waiting"),
    "sending": in_context("letter", "being sent"),
    "unknown": in_context("letter", "perhaps sent"),
    "failed": in_context("letter", "refused by the mail server"),
}


def routes(site: Site, wiring: Wiring) -> list[HTTPRouteHandler]:
    """The handlers of the page."""
    demo = wiring.settings.demo

    def check_may(visit: Visit) -> None:
        if not demo and (visit.me is None or not visit.me.administrator):
            raise Forbidden(msg("Only an administrator of this installation can see the outbox."))

    async def show(request: Request[Any, Any, Any]) -> Response[Any]:
        visit = await site.visit(request)
        if visit.signed_in is None and not demo:
            return redirect(f"/sign-in?next={ADDRESS}")
        check_may(visit)
        # In a real installation, whoever could read these letters could sign in as somebody else, or learn who applied.
        letters = await wiring.outbox.all(opened=demo)
        context = {
            "letters": letters,
            "names": NAMES,
            "states": STATES,
            "sends": wiring.settings.smtp is not None,
            "decides": visit.me is not None and visit.me.administrator,
        }
        return await site.answer(visit, PageContent("outbox.html", context))

    async def act(request: Request[Any, Any, Any]) -> Response[Any]:
        check_same_site(request, wiring.settings)
        form = await read_form(request, wiring.settings.most_fields)
        visit = await site.visit(request)
        check_signed_form(visit, form)
        if visit.me is None or not visit.me.administrator:
            raise Forbidden(msg("Only an administrator of this installation can do this."))
        letter = form.fields.get("letter", "")
        match form.own("do"):
            case "again":
                await wiring.outbox.send_again(letter)
            case "discard":
                await wiring.outbox.discard(letter)
            case _:
                raise Problem(ProblemType.MALFORMED, NOT_OF_THIS_PAGE)
        return redirect(ADDRESS)

    return [
        site.handler(HttpMethod.GET, ADDRESS, show),
        site.handler(HttpMethod.POST, ADDRESS, act),
    ]
