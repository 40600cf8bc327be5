"""Answers to browsers: their headers, and those that are not a page."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from litestar import Response
from litestar.datastructures import Cookie

HTML: Final = "text/html"
SECURITY: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""The headers of pages, in addition to those of every answer."""
WITH_SCRIPT: Final = SECURITY | {
    "Content-Security-Policy": f"{SECURITY['Content-Security-Policy']}; script-src 'self'; connect-src 'self'"
}
"""The headers of a page with the program's own script."""
WITH_PASSKEYS: Final = SECURITY | {
    "Content-Security-Policy": f"{SECURITY['Content-Security-Policy']}; script-src 'self'"
}
"""The headers of a page whose script makes or uses passkeys. It sends nothing by itself."""


def for_script(status: int, answer: object) -> Response[bytes]:
    """An answer to the script of a page."""
    return Response(
        msgspec.json.encode(answer), status_code=status, headers=SECURITY, media_type="application/json"
    )


def redirect(where: str, *, cookies: list[Cookie] | None = None) -> Response[Any]:
    """Redirect the browser, with GET."""
    return Response(
        b"", status_code=303, headers={**SECURITY, "Location": where}, media_type=HTML, cookies=cookies or []
    )


def left_behind(answer: Response[Any]) -> Response[Any]:
    """An answer after which the browser forgets the pages that it had kept of this site, because the next person at it is perhaps
    another one. These pages store nothing else there."""
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer
