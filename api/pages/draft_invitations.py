"""Answering an invitation to write in a draft."""

from __future__ import annotations

from typing import Final

from litestar.datastructures import Cookie
from litestar.handlers import HTTPRouteHandler

from api.http.failing import problem_of
from api.pages.answering_invitations import InvitationShown, routes_of
from api.pages.same_browser import SameBrowser
from api.pages.site import Site
from api.run.wiring import Wiring
from domain.calls.state import CALL, Call
from domain.initiatives.state import INITIATIVE, Initiative
from domain.refusals import NotFound

ADDRESS: Final = "/draft-invitation"
_TEMPLATE: Final = "draft_invitation.html"


def routes(site: Site, wiring: Wiring) -> list[HTTPRouteHandler]:
    """The handlers of these pages."""
    browser = SameBrowser(f"{wiring.sessions.cookie_name}-draft")
    return routes_of(_ToADraft(wiring), site, wiring, address=ADDRESS, browser=browser)


class _ToADraft:
    def __init__(self, wiring: Wiring) -> None:
        self._reader = wiring.reader
        self._shared = wiring.shared_drafts

    async def shown(self, secret: str, *, declined: bool) -> InvitationShown:
        nothing = {"call": None, "house": "", "ends_at": None}
        if declined:
            return InvitationShown(_TEMPLATE, nothing, kept=False)
        try:
            found = await self._shared.find(secret)
            call: Call = await self._reader.the(CALL, found.call)
            house: Initiative = await self._reader.the(INITIATIVE, call.initiative)
        except NotFound as error:
            return InvitationShown(
                _TEMPLATE, nothing, kept=False, trouble=problem_of(error).detail, status=404
            )
        shown = {"call": call, "house": house.name, "ends_at": found.ends_at}
        return InvitationShown(_TEMPLATE, shown, kept=True)

    async def accept(self, secret: str, who: str) -> tuple[str, list[Cookie]]:
        return f"/drafts/{await self._shared.accept(secret, who)}", []

    async def decline(self, secret: str) -> None:
        await self._shared.decline(secret)
