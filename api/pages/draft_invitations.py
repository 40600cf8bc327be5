"""Answering an invitation to write in a draft."""

from __future__ import annotations

from typing import Any, Final

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from api.http.failing import problem_of
from api.pages.answering_invitations import SECONDS, routes_of
from api.pages.page import PageContent
from api.pages.responses import redirect
from api.pages.same_browser import SameBrowser
from api.pages.site import Site
from api.pages.visits import Visit
from api.run.wiring import Wiring
from domain.calls.state import CALL, Call
from domain.initiatives.state import INITIATIVE, Initiative
from domain.messages import Message
from domain.refusals import NotFound

ADDRESS: Final = "/draft-invitation"


def routes(site: Site, wiring: Wiring) -> list[HTTPRouteHandler]:
    """The handlers of these pages."""
    browser = SameBrowser(f"{wiring.sessions.cookie_name}-draft")
    return routes_of(_ToADraft(site, wiring, browser), site, wiring, address=ADDRESS, browser=browser)


class _ToADraft:
    def __init__(self, site: Site, wiring: Wiring, browser: SameBrowser) -> None:
        self._site = site
        self._wiring = wiring
        self._browser = browser

    async def page(
        self,
        visit: Visit,
        secret: str,
        *,
        trouble: Message | None = None,
        declined: bool = False,
        status: int = 200,
    ) -> Response[Any]:
        call: Call | None = None
        house: Initiative | None = None
        ends_at = None
        if not declined:
            try:
                found = await self._wiring.shared_drafts.find(secret)
                call = await self._wiring.reader.the(CALL, found.call)
                house = await self._wiring.reader.the(INITIATIVE, call.initiative)
                ends_at = found.ends_at
            except NotFound as error:
                trouble, status = trouble or problem_of(error).detail, 404
        context = {
            "secret": secret,
            "call": call,
            "house": house.name if house else "",
            "ends_at": ends_at,
            "declined": declined,
            "trouble": trouble,
            "next": ADDRESS,
            "by_email": self._wiring.settings.writes_letters,
        }
        cookie = self._browser.cookie(secret, SECONDS) if call is not None else self._browser.forget()
        return await self._site.answer(
            visit, PageContent("draft_invitation.html", context), cookies=[cookie], status=status
        )

    async def accept(self, visit: Visit, secret: str) -> Response[Any]:
        draft = await self._wiring.shared_drafts.accept(secret, visit.who)
        return redirect(f"/drafts/{draft}", cookies=[self._browser.forget()])

    async def decline(self, secret: str) -> None:
        await self._wiring.shared_drafts.decline(secret)
