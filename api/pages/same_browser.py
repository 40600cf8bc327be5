"""Binds a form to the browser that opened it, before anybody is signed in: with a secret in a cookie and in the
form."""

from __future__ import annotations

import hmac
from typing import Any, Final

from litestar import Request
from litestar.datastructures import Cookie

from api.http.problems import Problem, ProblemType
from api.inputs.submitted import SubmittedForm
from domain.messages import msg

SECONDS: Final = 3600
"""How long such a form can be sent."""


class SameBrowser:
    """The cookie of one form, so that another site cannot sign somebody in as another person."""

    def __init__(self, name: str) -> None:
        self.name = name

    def cookie(self, secret: str, seconds: int = SECONDS) -> Cookie:
        """The cookie for the form with this secret."""
        secure = self.name.startswith("__Host-")
        return Cookie(
            key=self.name,
            value=secret,
            path="/",
            max_age=seconds,
            httponly=True,
            secure=secure,
            samesite="lax",
        )

    def forget(self) -> Cookie:
        """The cookie that deletes it after the form was used."""
        return self.cookie("", 0)

    def check(self, request: Request[Any, Any, Any], form: SubmittedForm) -> None:
        """Raise `Problem` unless this browser opened the form."""
        kept = request.cookies.get(self.name, "")
        if not kept or not hmac.compare_digest(kept.encode(), form.own("secret").encode()):
            raise Problem(
                ProblemType.FORBIDDEN,
                msg("This form is too old, or your browser keeps no cookies. Open the page again."),
            )
