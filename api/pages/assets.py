"""The static files of the pages: one style sheet, two scripts and one icon, all our own."""

from __future__ import annotations

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from api.pages.rendering import DRAFT_SCRIPT, ICON, PASSKEY_SCRIPT, STYLE

_FOR_GOOD = {"Cache-Control": "public, max-age=31536000, immutable"}


def routes() -> list[HTTPRouteHandler]:
    """The handlers of the files."""

    @get("/style.css", include_in_schema=False, sync_to_thread=False)
    def style() -> Response[bytes]:
        # Its address contains a digest, so it changes with the file.
        return Response(STYLE, media_type="text/css; charset=utf-8", headers=_FOR_GOOD)

    @get("/draft.js", include_in_schema=False, sync_to_thread=False)
    def script() -> Response[bytes]:
        return Response(DRAFT_SCRIPT, media_type="text/javascript; charset=utf-8", headers=_FOR_GOOD)

    @get("/passkey.js", include_in_schema=False, sync_to_thread=False)
    def passkey_script() -> Response[bytes]:
        return Response(PASSKEY_SCRIPT, media_type="text/javascript; charset=utf-8", headers=_FOR_GOOD)

    @get(["/icon.svg", "/favicon.ico"], include_in_schema=False, sync_to_thread=False)
    def icon() -> Response[bytes]:
        return Response(ICON, media_type="image/svg+xml", headers={"Cache-Control": "public, max-age=86400"})

    return [style, script, passkey_script, icon]
