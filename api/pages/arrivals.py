"""The page after a command: it waits until the read models have seen the command, and shows its message.

A cookie carries both for a minute, so that addresses contain neither.
"""

from __future__ import annotations

from typing import Any, Final

from litestar import Request
from litestar.datastructures import Cookie

from api.run.wiring import Wiring
from domain.commands.register import REGISTER

SECONDS: Final = 60


class Arrivals:
    """The cookie of the last command: an opaque position token, and the command's name."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._name = f"{wiring.sessions.cookie_name}-done"

    def after(self, position: int, command: str) -> Cookie:
        """The cookie that the browser sends with the request for the next page."""
        return self._cookie(f"{self._wiring.positions.token(position)}.{command}", SECONDS)

    def forget(self) -> Cookie:
        """The cookie that deletes it."""
        return self._cookie("", 0)

    async def wait(self, request: Request[Any, Any, Any]) -> str | None:
        """Wait until the read models have seen the visitor's last command, and return its name; None if there is none.
        Raises `projections.reader.Behind`."""
        token, _, command = request.cookies.get(self._name, "").partition(".")
        position = self._wiring.positions.position(token) if token.isascii() else None
        if position is None or command not in REGISTER:
            return None
        await self._wiring.reader.wait_for(position)
        return command

    def _cookie(self, value: str, seconds: int) -> Cookie:
        secure = self._name.startswith("__Host-")
        return Cookie(
            key=self._name,
            value=value,
            path="/",
            max_age=seconds,
            httponly=True,
            secure=secure,
            samesite="lax",
        )
