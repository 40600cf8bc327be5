"""Browsers in which somebody has signed in before. Each is recognised by a long-lived cookie of its own, never by its network
address; the database has a keyed hash of person and cookie."""

from __future__ import annotations

import re
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from api.accounts.browsers import Browser
from api.accounts.email import EmailSignIn
from api.accounts.sessions import SignedIn
from api.letters.letter import Letter
from domain.messages import msg
from history.runner import Runner
from history.store import History

if TYPE_CHECKING:
    from litestar.datastructures import Cookie

KEPT_DAYS: Final = 400
"""How long a browser is remembered after it was last used; browsers keep no cookie longer."""
_SHAPE: Final = re.compile(r"[A-Za-z0-9_-]{43}\Z", re.ASCII)


class Devices:
    """The browsers of the people of one installation."""

    def __init__(self, history: History, runner: Runner, email: EmailSignIn, *, secure: bool) -> None:
        self._history = history
        self._runner = runner
        self._email = email
        self._secure = secure
        self.cookie_name = "__Host-overwinter-device" if secure else "overwinter-device"

    async def note(self, signed_in: SignedIn, value: str | None, browser: Browser) -> Cookie:
        """Note that somebody signed in just now, in the browser with this cookie. If they have not been in it before, and in
        another one, a letter tells them (if they have an address), and so does the list of their sessions."""
        known = value if value is not None and _SHAPE.match(value) else secrets.token_urlsafe(32)
        person = signed_in.person
        device = self._runner.keyed("device", f"{person} {known}".encode())
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "WITH before AS (SELECT count(*) AS all, count(*) FILTER (WHERE device = %b) AS this "
                "FROM accounts.devices WHERE person = %b), noted AS (INSERT INTO accounts.devices (person, device) "
                "VALUES (%b, %b) ON CONFLICT (person, device) DO UPDATE SET last_seen_at = now()) "
                "UPDATE accounts.sessions s SET new_device = b.all > 0 AND b.this = 0 FROM before b "
                "WHERE s.digest = %b RETURNING s.new_device",
                (device, person, person, device, signed_in.session),
            )
            row = await cursor.fetchone()
        if row is not None and row[0]:
            await self._email.tell(person, _letter(browser))
        # As in `api.accounts.sessions`: imported only by servers.
        from litestar.datastructures import Cookie

        return Cookie(
            key=self.cookie_name,
            value=known,
            path="/",
            max_age=KEPT_DAYS * 86400,
            httponly=True,
            secure=self._secure,
            samesite="lax",
        )

    async def forget(self, person: str) -> None:
        """Delete the browsers of an erased person."""
        async with self._history.connection() as connection:
            await connection.execute("DELETE FROM accounts.devices WHERE person = %b", (person,))

    async def sweep(self) -> None:
        """Delete browsers that were not used for a long time, and those of erased people."""
        async with self._history.connection() as connection:
            await connection.execute(
                "DELETE FROM accounts.devices d WHERE d.last_seen_at < now() - make_interval(days => %b::integer) "
                "OR NOT EXISTS (SELECT FROM vault.keys k WHERE k.subject = d.person)",
                (KEPT_DAYS,),
            )


def _letter(browser: Browser) -> Letter:
    return Letter(
        name="new-device",
        subject=msg("You signed in on another device"),
        paragraphs=(
            msg(
                "Somebody, probably you, signed in to your account in a browser in which you had not been before: {browser}.",
                browser=browser.description,
            ),
            msg(
                "If it was not you, sign in now, end all other sessions on the page “Your access”, and change there how you sign in. "
                "Then tell somebody there whom you trust."
            ),
        ),
        lasts=timedelta(days=2),
    )
