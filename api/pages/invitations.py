"""Answering an invitation to an initiative or to a jury."""

from __future__ import annotations

from typing import Final

from litestar.datastructures import Cookie
from litestar.handlers import HTTPRouteHandler

from api.accounts.invitations import FoundInvitation, sentence
from api.http.failing import problem_of
from api.pages.answering_invitations import InvitationShown, routes_of
from api.pages.arrivals import Arrivals
from api.pages.same_browser import SameBrowser
from api.pages.site import Site
from api.run.wiring import Wiring
from domain import invitations
from domain.labels import DUTIES
from domain.messages import Message
from domain.refusals import NotFound, Refused
from domain.values import Channel

ADDRESS: Final = "/invitation"


def invitation_cookie(wiring: Wiring) -> SameBrowser:
    """The cookie of an invitation that was opened and not answered yet."""
    return SameBrowser(f"{wiring.sessions.cookie_name}-invitation")


def routes(site: Site, wiring: Wiring) -> list[HTTPRouteHandler]:
    """The handlers of these pages."""
    return routes_of(
        _ToAnInitiative(wiring), site, wiring, address=ADDRESS, browser=invitation_cookie(wiring)
    )


class _ToAnInitiative:
    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._arrivals = Arrivals(wiring)

    async def shown(self, secret: str, *, declined: bool) -> InvitationShown:
        found: FoundInvitation | None = None
        trouble: Message | None = None
        try:
            found = await self._wiring.invitations.find(secret)
            if not declined:
                invitations.check_open(found.state, self._wiring.clock())
        except (NotFound, Refused) as error:
            trouble = problem_of(error).detail
        said = found and sentence(
            name=found.initiative,
            roles=found.state.roles,
            title=found.call_title,
            one_round=found.state.round is not None,
        )
        return InvitationShown(
            "invitation.html",
            {
                "sentence": said,
                "roles": found.state.roles if found else (),
                "duties": DUTIES,
                "ends_at": found.state.ends_at if found else None,
                "answerable": trouble is None,
            },
            kept=found is not None and not declined,
            trouble=trouble,
            status=None if trouble is None else 409 if found else 404,
        )

    async def accept(self, secret: str, who: str) -> tuple[str, list[Cookie]]:
        done = await self._wiring.invitations.accept(secret, person=who, channel=Channel.PAGE)
        return "/me", [self._arrivals.after(done.position, "invitation.accept")]

    async def decline(self, secret: str) -> None:
        await self._wiring.invitations.decline(secret, channel=Channel.PAGE)
