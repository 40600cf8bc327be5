"""Page sessions: a token is exchanged for a cookie, so that the browser need not store the token."""

from __future__ import annotations

import contextlib
import hmac
import re
import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import psycopg
from litestar.datastructures import Cookie

from api.accounts.access_tokens import digest_of
from history.store import History

HOURS: Final = 12
"""The longest lifetime of a session."""
IDLE_MINUTES: Final = 120
"""How long a session may stay unused."""
_SHAPE: Final = re.compile(r"[A-Za-z0-9_-]{43}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The session of a request: the person, the CSRF secret for its forms, and the digest of the token that it was exchanged
    for. `untold`: claims to the account other than the token's own were made, used or withdrawn, and the notice about them
    has not been confirmed yet."""

    person: str
    csrf: str
    token: bytes
    untold: bool


class Sessions:
    """The sessions of one installation.

    Every sign-in creates a new session id; an id chosen by a client is never accepted. The CSRF secret is derived from the
    id, so the server can put it into forms although the database contains only the id's digest.
    """

    def __init__(self, history: History, *, secure: bool) -> None:
        self._history = history
        self._secure = secure
        # With the prefix __Host-, browsers accept the cookie only from this host, over TLS, and for all paths.
        self.cookie_name = "__Host-overwinter" if secure else "overwinter"

    async def begin(self, token: str) -> Cookie | None:
        """Exchange a token for a new session; returns the cookie to set, or None if the token is not valid."""
        session = secrets.token_urlsafe(32)
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "INSERT INTO accounts.sessions (digest, person, token, expires_at) "
                "SELECT %b, t.person, t.digest, least(t.expires_at, now() + make_interval(hours => %b::integer)) "
                "FROM accounts.tokens t JOIN vault.keys k ON k.subject = t.person "
                "WHERE t.digest = %b AND t.revoked_at IS NULL AND t.expires_at > now() RETURNING person",
                (digest_of(session), HOURS, digest_of(token)),
            )
            if await cursor.fetchone() is None:
                return None
        return self._cookie(session, HOURS * 3600)

    async def find(self, session: str | None) -> SignedIn | None:
        """The session for a cookie's value; None if there is none. One statement, and a second one once a minute."""
        if session is None or not _SHAPE.match(session):
            return None
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "SELECT s.person, s.last_used_at < now() - interval '1 minute', s.token, EXISTS (SELECT FROM "
                "accounts.claims c WHERE c.person = s.person AND c.changed_at > t.told_at "
                "AND c.claim IS DISTINCT FROM t.claim) FROM accounts.sessions s "
                "JOIN accounts.tokens t ON t.digest = s.token JOIN vault.keys k ON k.subject = s.person "
                "WHERE s.digest = %b AND s.expires_at > now() AND t.revoked_at IS NULL "
                "AND s.last_used_at > now() - make_interval(mins => %b::integer)",
                (digest_of(session), IDLE_MINUTES),
            )
            row = await cursor.fetchone()
            if row is not None and row[1]:
                # Do not fail if the database is read-only now.
                with contextlib.suppress(psycopg.errors.ReadOnlySqlTransaction, psycopg.errors.DiskFull):
                    await connection.execute(
                        "UPDATE accounts.sessions SET last_used_at = now() WHERE digest = %b",
                        (digest_of(session),),
                    )
        return None if row is None else SignedIn(str(row[0]), _csrf(session), bytes(row[2]), bool(row[3]))

    async def latest_change(self, signed_in: SignedIn) -> str:
        """When a claim to the account was last made, used or withdrawn, in the form that `note_told` takes; empty if never."""
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "SELECT coalesce(max(changed_at)::text, '') FROM accounts.claims WHERE person = %b",
                (signed_in.person,),
            )
            row = await cursor.fetchone()
        return str(row[0]) if row is not None else ""

    async def note_told(self, signed_in: SignedIn, latest: str) -> None:
        """Record that the person has confirmed the notice about claims, up to a change and not beyond."""
        async with self._history.connection() as connection:
            await connection.execute(
                "UPDATE accounts.tokens t SET told_at = c.changed_at FROM accounts.claims c "
                "WHERE t.digest = %b AND c.person = t.person AND c.changed_at::text = %b AND c.changed_at > t.told_at",
                (signed_in.token, latest),
            )

    async def end(self, session: str | None) -> Cookie:
        """Sign out: delete the session; returns a cookie that makes the browser forget it."""
        if session is not None:
            async with self._history.connection() as connection:
                await connection.execute(
                    "DELETE FROM accounts.sessions WHERE digest = %b", (digest_of(session),)
                )
        return self._cookie("", 0)

    async def sweep(self) -> None:
        """Delete sessions that have expired or were unused for too long."""
        async with self._history.connection() as connection:
            await connection.execute(
                "DELETE FROM accounts.sessions WHERE expires_at <= now() "
                "OR last_used_at <= now() - make_interval(mins => %b::integer)",
                (IDLE_MINUTES,),
            )

    def _cookie(self, value: str, seconds: int) -> Cookie:
        return Cookie(
            key=self.cookie_name,
            value=value,
            path="/",
            max_age=seconds,
            httponly=True,
            secure=self._secure,
            samesite="lax",
        )


def same_csrf(signed_in: SignedIn, sent: str) -> bool:
    """Whether a form contains this session's CSRF secret."""
    return hmac.compare_digest(signed_in.csrf.encode(), sent.encode("utf-8", "surrogatepass"))


def _csrf(session: str) -> str:
    return hmac.new(session.encode(), b"overwinter/csrf/1", sha256).hexdigest()
