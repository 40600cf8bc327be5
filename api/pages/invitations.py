"""Answering an invitation to an initiative or to a jury."""

from __future__ import annotations

from typing import Any, Final

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from api.accounts.invitations import FoundInvitation, sentence
from api.http.failing import problem_of
from api.pages.answering_invitations import SECONDS, routes_of
from api.pages.arrivals import Arrivals
from api.pages.page import PageContent
from api.pages.responses import redirect
from api.pages.same_browser import SameBrowser
from api.pages.site import Site
from api.pages.visits import Visit
from api.run.wiring import Wiring
from domain import invitations
from domain.messages import Message
from domain.refusals import NotFound, Refused
from domain.values import Channel

ADDRESS: Final = "/invitation"


def invitation_cookie(wiring: Wiring) -> SameBrowser:
    """The cookie of an invitation that was opened and not answered yet."""
    return SameBrowser(f"{wiring.sessions.cookie_name}-invitation")


def routes(site: Site, wiring: Wiring) -> list[HTTPRouteHandler]:
    """The handlers of these pages."""
    pages = _ToAnInitiative(site, wiring)
    return routes_of(pages, site, wiring, address=ADDRESS, browser=invitation_cookie(wiring))


class _ToAnInitiative:
    def __init__(self, site: Site, wiring: Wiring) -> None:
        self._site = site
        self._wiring = wiring
        self._browser = invitation_cookie(wiring)
        self._arrivals = Arrivals(wiring)

    async def page(
        self,
        visit: Visit,
        secret: str,
        *,
        trouble: Message | None = None,
        declined: bool = False,
        status: int = 200,
    ) -> Response[Any]:
        found: FoundInvitation | None = None
        try:
            found = await self._wiring.invitations.find(secret)
            if not declined:
                invitations.check_open(found.state, self._wiring.clock())
        except (NotFound, Refused) as error:
            trouble, status = trouble or problem_of(error).detail, 409 if found else 404
        state = None if found is None else found.state
        said = None
        if found is not None and state is not None:
            said = sentence(
                name=found.initiative,
                roles=state.roles,
                title=found.call_title,
                one_round=state.round is not None,
            )
        context = {
            "secret": secret,
            "sentence": said,
            "roles": state.roles if state else (),
            "ends_at": state.ends_at if state else None,
            "answerable": trouble is None or (state is not None and self._is_open(state)),
            "declined": declined,
            "trouble": trouble,
            "next": ADDRESS,
            "by_email": self._wiring.settings.writes_letters,
        }
        cookie = self._browser.cookie(secret, SECONDS) if found and not declined else self._browser.forget()
        return await self._site.answer(
            visit, PageContent("invitation.html", context), cookies=[cookie], status=status
        )

    async def accept(self, visit: Visit, secret: str) -> Response[Any]:
        done = await self._wiring.invitations.accept(secret, person=visit.who, channel=Channel.PAGE)
        arrived = self._arrivals.after(done.position, "invitation.accept")
        return redirect("/me", cookies=[self._browser.forget(), arrived])

    async def decline(self, secret: str) -> None:
        await self._wiring.invitations.decline(secret, channel=Channel.PAGE)

    def _is_open(self, state: invitations.Invitation) -> bool:
        try:
            invitations.check_open(state, self._wiring.clock())
        except Refused:
            return False
        return True
