"""Page sessions: whoever has signed in is known by a cookie, until the session ends or is ended."""

from __future__ import annotations

import contextlib
import enum
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

import psycopg

from api.accounts.access_tokens import digest_of
from api.accounts.browsers import UNKNOWN, Browser
from api.accounts.form_secrets import secret_of
from api.accounts.kept_forms import KEPT_HOURS
from domain.values import Channel
from history.store import History

if TYPE_CHECKING:
    from litestar.datastructures import Cookie

HOURS: Final = 12
"""The longest lifetime of a session."""
IDLE_MINUTES: Final = 120
"""How long a session may stay unused."""
HALF_MINUTES: Final = 10
"""How long somebody who signs in can take to show a second factor."""
PROVED_MINUTES: Final = 15
"""How long after signing in a person can do what is grave without signing in again."""
_SHAPE: Final = re.compile(r"[A-Za-z0-9_-]{43}\Z", re.ASCII)


class BegunBy(enum.StrEnum):
    """How a person signed in."""

    TOKEN = "token"  # noqa: S105 - the name of a way to sign in
    CLAIM = "claim"
    EMAIL = "email"
    WORDS = "words"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The session of a request: its digest, the person, the CSRF secret for its forms, how it was begun, and the digest
    of the token that it ends with, if any. `untold`: claims to the account other than the one behind this session were
    made, used or withdrawn, and the notice about them has not been confirmed yet. `no_way_back`: it was begun with a
    claim, and the person has not yet chosen how to sign in again. `kept`: a form of theirs is kept, which they sent
    after a session had ended, or before they signed in again. `proved`: they signed in a short time ago, so they can do
    what is grave; also without a way back, because then they cannot sign in again."""

    session: bytes
    person: str
    csrf: str
    begun_by: BegunBy
    token: bytes | None
    untold: bool
    no_way_back: bool
    kept: bool
    proved: bool
    channel: Channel = Channel.PAGE

    @classmethod
    def with_token(cls, person: str, token: str) -> SignedIn:
        """Somebody who sends an access key by JSON, which stands for a session. What is grave needs a key that can do
        everything."""
        digest = digest_of(token)
        return cls(
            session=digest,
            person=person,
            csrf="",
            begun_by=BegunBy.TOKEN,
            token=digest,
            untold=False,
            no_way_back=False,
            kept=False,
            proved=True,
            channel=Channel.API,
        )

    @property
    def id(self) -> str:
        """The id in lists of sessions."""
        return self.session.hex()[:16]


@dataclass(frozen=True, slots=True)
class HalfSignedIn:
    """Somebody who has signed in and has yet to show a second factor: the digest of their session, and the CSRF secret for
    its forms."""

    session: bytes
    person: str
    csrf: str


@dataclass(frozen=True, slots=True)
class SessionShown:
    """A session for display to its person. `id` is the start of its digest in hex; `ends_at` is when it ends at the
    latest. `new_device`: the person had not signed in in this browser before."""

    id: str
    begun_by: BegunBy
    browser: Browser
    new_device: bool
    created_at: datetime
    last_used_at: datetime
    ends_at: datetime


class Sessions:
    """The sessions of one installation.

    Every sign-in creates a new session id; an id chosen by a client is never accepted.

    Every session of a person with a second factor begins half: its cookie has another name, and it lets nobody in before
    `complete`.
    """

    def __init__(self, history: History, *, secure: bool) -> None:
        self._history = history
        self._secure = secure
        # With the prefix __Host-, browsers accept the cookie only from this host, over TLS, and for all paths.
        self.cookie_name = "__Host-overwinter" if secure else "overwinter"
        self.half_cookie_name = f"{self.cookie_name}-half"

    async def begin(self, token: str, *, browser: Browser = UNKNOWN) -> Cookie | None:
        """Begin a session that ends with a token at the latest; returns the cookie to set, or None if the token is not
        valid."""
        session = secrets.token_urlsafe(32)
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "INSERT INTO accounts.sessions (digest, person, begun_by, token, browser, system, expires_at, half) "
                "SELECT %b, t.person, %b, t.digest, %b, %b, "
                "least(t.expires_at, now() + make_interval(hours => %b::integer)), "
                "EXISTS (SELECT FROM accounts.factors f WHERE f.person = t.person) "
                "FROM accounts.tokens t JOIN vault.keys k ON k.subject = t.person "
                "WHERE t.digest = %b AND t.revoked_at IS NULL AND t.expires_at > now() AND t.scope = 'all' RETURNING half",
                (digest_of(session), BegunBy.TOKEN, browser.family, browser.system, HOURS, digest_of(token)),
            )
            row = await cursor.fetchone()
        return None if row is None else self._begun(session, half=bool(row[0]))

    async def begin_by_way(self, way: str, *, browser: Browser = UNKNOWN) -> Cookie | None:
        """Begin a session of somebody who has signed in by one of their ways in, and that ends with it at the latest; None if
        there is no such way in."""
        session = secrets.token_urlsafe(32)
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "INSERT INTO accounts.sessions (digest, person, begun_by, way, browser, system, expires_at, half) "
                "SELECT %b, w.person, w.kind, w.way, %b, %b, now() + make_interval(hours => %b::integer), "
                "EXISTS (SELECT FROM accounts.factors f WHERE f.person = w.person) "
                "FROM accounts.ways_in w JOIN vault.keys k ON k.subject = w.person WHERE w.way = %b RETURNING half",
                (digest_of(session), browser.family, browser.system, HOURS, way),
            )
            row = await cursor.fetchone()
        return None if row is None else self._begun(session, half=bool(row[0]))

    async def begin_by_claim(self, person: str, claim: str, *, browser: Browser = UNKNOWN) -> Cookie | None:
        """Begin a session of somebody whose claim was used just now; None if they were erased. Notices about all other
        claims are unconfirmed in it."""
        session = secrets.token_urlsafe(32)
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "INSERT INTO accounts.sessions (digest, person, begun_by, claim, told_at, browser, system, expires_at, half) "
                "SELECT %b, living, %b, %b, '-infinity', %b, %b, now() + make_interval(hours => %b::integer), "
                "EXISTS (SELECT FROM accounts.factors f WHERE f.person = living) "
                "FROM vault.hold(%b) AS living WHERE living IS NOT NULL RETURNING half",
                (digest_of(session), BegunBy.CLAIM, claim, browser.family, browser.system, HOURS, person),
            )
            row = await cursor.fetchone()
        return None if row is None else self._begun(session, half=bool(row[0]))

    async def find(self, session: str | None) -> SignedIn | None:
        """The session for a cookie's value; None if there is none. One statement, and a second one once a minute."""
        if session is None or not _SHAPE.match(session):
            return None
        digest = digest_of(session)
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "SELECT s.person, s.begun_by, s.token, EXISTS (SELECT FROM accounts.claims c WHERE c.person = s.person "
                "AND c.changed_at > coalesce(t.told_at, w.told_at, s.told_at) "
                "AND c.claim IS DISTINCT FROM coalesce(t.claim, w.claim, s.claim)), "
                "s.begun_by = 'claim' AND NOT EXISTS (SELECT FROM accounts.ways_in o WHERE o.person = s.person) "
                "AND NOT EXISTS (SELECT FROM accounts.tokens o WHERE o.person = s.person AND o.revoked_at IS NULL "
                "AND o.expires_at > now() AND o.scope = 'all'), EXISTS (SELECT FROM accounts.kept_forms f WHERE f.person = s.person), "
                "s.last_used_at < now() - interval '1 minute', s.created_at > now() - make_interval(mins => %b::integer) "
                "FROM accounts.sessions s "
                "JOIN vault.keys k ON k.subject = s.person LEFT JOIN accounts.tokens t ON t.digest = s.token "
                "LEFT JOIN accounts.ways_in w ON w.way = s.way "
                "WHERE s.digest = %b AND NOT s.half AND t.revoked_at IS NULL AND s.expires_at > now() "
                "AND s.last_used_at > now() - make_interval(mins => %b::integer)",
                (PROVED_MINUTES, digest, IDLE_MINUTES),
            )
            row = await cursor.fetchone()
            if row is not None and row[6]:
                # Do not fail if the database is read-only now.
                with contextlib.suppress(psycopg.errors.ReadOnlySqlTransaction, psycopg.errors.DiskFull):
                    await connection.execute(
                        "UPDATE accounts.sessions SET last_used_at = now() WHERE digest = %b", (digest,)
                    )
        if row is None:
            return None
        person, begun_by, token, untold, no_way_back, kept, _, proved = row
        return SignedIn(
            session=digest,
            person=str(person),
            csrf=secret_of(session, str(person)),
            begun_by=BegunBy(begun_by),
            token=None if token is None else bytes(token),
            untold=bool(untold),
            no_way_back=bool(no_way_back),
            kept=bool(kept),
            proved=bool(proved) or bool(no_way_back),
        )

    async def half(self, session: str | None) -> HalfSignedIn | None:
        """The half session for a cookie's value; None if there is none."""
        if session is None or not _SHAPE.match(session):
            return None
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "SELECT s.person FROM accounts.sessions s JOIN vault.keys k ON k.subject = s.person "
                "LEFT JOIN accounts.tokens t ON t.digest = s.token WHERE s.digest = %b AND s.half "
                "AND t.revoked_at IS NULL AND s.created_at > now() - make_interval(mins => %b::integer)",
                (digest_of(session), HALF_MINUTES),
            )
            row = await cursor.fetchone()
        if row is None:
            return None
        return HalfSignedIn(digest_of(session), str(row[0]), secret_of(session, str(row[0])))

    async def complete(self, half: HalfSignedIn) -> Cookie | None:
        """Let somebody in who has shown a second factor, once: their session gets a new id. None if it was ended meanwhile."""
        session = secrets.token_urlsafe(32)
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "UPDATE accounts.sessions SET digest = %b, half = false, created_at = now(), last_used_at = now() "
                "WHERE digest = %b AND half",
                (digest_of(session), half.session),
            )
            if not cursor.rowcount:
                return None
        return self._cookie(session, (HOURS + KEPT_HOURS) * 3600)

    def forget_half(self) -> Cookie:
        """The cookie that makes the browser forget a half session."""
        return self._cookie("", 0, half=True)

    async def ended(self, session: str | None) -> str | None:
        """Whose session this was, if it has expired, was unused for too long or its person has signed out, not more than a day
        ago; None otherwise, also if it was ended from elsewhere."""
        if session is None or not _SHAPE.match(session):
            return None
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "SELECT s.person FROM accounts.sessions s LEFT JOIN accounts.tokens t ON t.digest = s.token "
                "WHERE s.digest = %b AND NOT s.half AND t.revoked_at IS NULL AND least(s.expires_at, s.last_used_at + "
                "make_interval(mins => %b::integer)) > now() - make_interval(hours => %b::integer)",
                (digest_of(session), IDLE_MINUTES, KEPT_HOURS),
            )
            row = await cursor.fetchone()
        return None if row is None else str(row[0])

    async def all(self, person: str) -> list[SessionShown]:
        """The sessions of a person that have not ended, the last used first."""
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "SELECT left(encode(s.digest, 'hex'), 16), s.begun_by, s.browser, s.system, s.new_device, s.created_at, "
                "s.last_used_at, s.expires_at FROM accounts.sessions s "
                "LEFT JOIN accounts.tokens t ON t.digest = s.token "
                "WHERE s.person = %b AND NOT s.half AND t.revoked_at IS NULL AND s.expires_at > now() "
                "AND s.last_used_at > now() - make_interval(mins => %b::integer) "
                "ORDER BY s.last_used_at DESC, s.digest",
                (person, IDLE_MINUTES),
            )
            rows = await cursor.fetchall()
        return [
            SessionShown(shown, BegunBy(begun_by), Browser(family, system), new_device, *times)
            for shown, begun_by, family, system, new_device, *times in rows
        ]

    async def end_one(self, shown_id: str, *, of: str) -> bool:
        """End the session with this id (see `SessionShown`) of a person. False if they have no such session."""
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "DELETE FROM accounts.sessions WHERE left(encode(digest, 'hex'), 16) = %b AND person = %b",
                (shown_id, of),
            )
        return cursor.rowcount > 0

    async def end_others(self, person: str, *, but: bytes | None = None) -> int:
        """End all sessions of a person, except the one with the digest `but`; returns how many."""
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "DELETE FROM accounts.sessions WHERE person = %b AND digest IS DISTINCT FROM %b::bytea",
                (person, but),
            )
        return cursor.rowcount

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
                "UPDATE accounts.sessions s SET told_at = c.changed_at FROM accounts.claims c "
                "WHERE s.digest = %b AND c.person = s.person AND c.changed_at::text = %b AND c.changed_at > s.told_at",
                (signed_in.session, latest),
            )
            await connection.execute(
                "UPDATE accounts.tokens t SET told_at = c.changed_at FROM accounts.claims c "
                "WHERE t.digest = %b AND c.person = t.person AND c.changed_at::text = %b AND c.changed_at > t.told_at",
                (signed_in.token, latest),
            )
            await connection.execute(
                "UPDATE accounts.ways_in w SET told_at = c.changed_at FROM accounts.claims c, accounts.sessions s "
                "WHERE s.digest = %b AND w.way = s.way AND c.person = w.person AND c.changed_at::text = %b "
                "AND c.changed_at > w.told_at",
                (signed_in.session, latest),
            )

    async def end(self, session: str | None) -> Cookie:
        """End a session for good; returns a cookie that makes the browser forget it."""
        if session is not None:
            async with self._history.connection() as connection:
                await connection.execute(
                    "DELETE FROM accounts.sessions WHERE digest = %b", (digest_of(session),)
                )
        return self._cookie("", 0)

    async def sign_out(self, session: str | None) -> Cookie:
        """Sign out. The browser keeps the cookie of the ended session for a day, so that what its person still has open in another
        tab can be kept for them, as when a session expires; returns that cookie."""
        if session is None or not _SHAPE.match(session):
            return self._cookie("", 0)
        async with self._history.connection() as connection:
            await connection.execute(
                "UPDATE accounts.sessions SET expires_at = least(expires_at, now()) WHERE digest = %b",
                (digest_of(session),),
            )
        return self._cookie(session, KEPT_HOURS * 3600)

    async def sweep(self) -> None:
        """Delete sessions that ended a day ago (until then `ended` knows them), and those of erased people."""
        async with self._history.connection() as connection:
            await connection.execute(
                "DELETE FROM accounts.sessions s WHERE least(s.expires_at, s.last_used_at + make_interval(mins => "
                "%b::integer)) <= now() - make_interval(hours => %b::integer) "
                "OR s.half AND s.created_at < now() - make_interval(mins => %b::integer) "
                "OR NOT EXISTS (SELECT FROM vault.keys k WHERE k.subject = s.person)",
                (IDLE_MINUTES, KEPT_HOURS, HALF_MINUTES),
            )

    def _begun(self, session: str, *, half: bool) -> Cookie:
        seconds = HALF_MINUTES * 60 if half else (HOURS + KEPT_HOURS) * 3600
        return self._cookie(session, seconds, half=half)

    def _cookie(self, value: str, seconds: int, *, half: bool = False) -> Cookie:
        # Imported only here, by servers: the command line starts in half the time without the web framework.
        from litestar.datastructures import Cookie

        return Cookie(
            key=self.half_cookie_name if half else self.cookie_name,
            value=value,
            path="/",
            max_age=seconds,
            httponly=True,
            secure=self._secure,
            samesite="lax",
        )
