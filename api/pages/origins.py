"""Checks that a form was sent from a page of this site, by the browser's own headers; in addition to the form's
secret."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from litestar import Request

from api.http.problems import Problem, ProblemType
from api.run.settings import Settings
from domain.messages import msg


def check_same_site(request: Request[Any, Any, Any], settings: Settings) -> None:
    """Raise `Problem` for a form that was sent from another site's page.

    `Sec-Fetch-Site` is trusted if the browser sends it. Otherwise `Origin` must name this host. It is ``null`` for
    pages that send no referrer, such as ours; then only the form's secret protects.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None:
        good = site in ("same-origin", "none")
    else:
        good = origin in (None, "null") or _host(origin or "") in _own_hosts(request, settings)
    if not good:
        raise Problem(
            ProblemType.FORBIDDEN, msg("This form was sent from another site's page, so nothing was done.")
        )


def _own_hosts(request: Request[Any, Any, Any], settings: Settings) -> set[str]:
    own = {request.headers.get("host", "").lower()}
    return own | {_host(settings.public_url)} if settings.public_url else own


def _host(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""
