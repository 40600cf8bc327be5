"""The clock of a demonstration, which everybody who is signed in there can set forward in the banner of its pages."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from litestar import HttpMethod, Request, Response
from litestar.handlers import HTTPRouteHandler

from api.http.problems import Problem, ProblemType
from api.pages.checks import NOT_AS_SENT, check_signed_form
from api.pages.forms import read_form
from api.pages.origins import check_same_site
from api.pages.responses import redirect
from api.pages.site import Site
from api.run.clock import DemonstrationClock
from api.run.wiring import Wiring
from domain.messages import msg
from domain.refusals import NotFound, Refused

_STEPS: Final[Mapping[str, timedelta]] = {"day": timedelta(days=1), "week": timedelta(days=7)}
_NEXT: Final = "next"
_PATH: Final = re.compile(r"/(?:[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)*)?\Z", re.ASCII)
_PATIENCE: Final = timedelta(seconds=10)
"""How long the next page waits until what became due is done."""


def routes(site: Site, wiring: Wiring) -> list[HTTPRouteHandler]:
    """The handler of the form in the banner."""

    async def forward(request: Request[Any, Any, Any]) -> Response[Any]:
        check_same_site(request, wiring.settings)
        form = await read_form(request, wiring.settings.most_fields)
        visit = await site.visit(request)
        clock = wiring.clock
        if not isinstance(clock, DemonstrationClock):
            raise NotFound
        check_signed_form(visit, form)
        back = form.own("back")
        clock.set(await _wanted(form.own("step"), clock()))
        await _caught_up()
        return redirect(back if _PATH.match(back) else "/me")

    async def _wanted(step: str, now: datetime) -> datetime:
        if step in _STEPS:
            return now + _STEPS[step]
        if step != _NEXT:
            raise Problem(ProblemType.MALFORMED, NOT_AS_SENT)
        found = await wiring.history.next_due(now)
        if found is None:
            raise Refused(msg("Nothing is due in this demonstration. Go forward by a day or a week."))
        return found

    async def _caught_up() -> None:
        """Wait until another process has done what became due, and the read models have seen it; but not for ever."""
        for _ in range(int(_PATIENCE.total_seconds() * 10)):
            if not await wiring.history.due(wiring.clock(), limit=1):
                break
            await asyncio.sleep(0.1)
        await wiring.reader.wait_for(await wiring.history.last_position())

    return [site.handler(HttpMethod.POST, "/demo/clock", forward)]
