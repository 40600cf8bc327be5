"""Tokens: a secret that identifies a person until it expires or is revoked. Only its SHA-256 is stored."""

from __future__ import annotations

import enum
import re
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final, NamedTuple

from domain.messages import msg
from domain.refusals import Invalid, NotFound
from history.arrays import blobs
from history.batched_lookups import BatchedLookup
from history.requests import KeyReused
from history.statements import Prepared, call
from history.store import History
from history.vault import Vault, WrappedKey

PREFIX: Final = "ow_"
MOST_DAYS: Final = 3650
DEFAULT_DAYS: Final = 90
_SHAPE: Final = re.compile(r"ow_[A-Za-z0-9_-]{43}\Z", re.ASCII)
_LABEL: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}\Z", re.ASCII)

_STANDING_FOR: Final = Prepared(
    b"accounts_standing_for",
    b"SELECT w.digest, t.person, t.scope, k.epoch, k.wrapped FROM unnest((SELECT $1::bytea[])) AS w (digest), "
    b"LATERAL (SELECT o.person, o.scope FROM accounts.tokens o WHERE o.digest = w.digest AND o.revoked_at IS NULL "
    b"AND o.expires_at > now() OFFSET 0) AS t, "
    b"LATERAL (SELECT * FROM vault.keys o WHERE o.subject = t.person OFFSET 0) AS k",
)


class TokenScope(enum.StrEnum):
    """What a token can do."""

    READ = "read"
    """Read by JSON what its person can read."""
    WORK = "work"
    """Besides, send commands by JSON, but nothing grave: it erases nothing, and changes neither where money goes nor who gets in."""
    ALL = "all"
    """Everything that its person can do, also sign in on pages."""


class TokenHolder(NamedTuple):
    """The person of a token, and what it can do."""

    person: str
    scope: TokenScope


@dataclass(frozen=True, slots=True)
class TokenShown:
    """A token for display. `id` is the start of its digest in hex; the secret itself is not stored."""

    id: str
    person: str
    label: str
    made_by: str
    scope: TokenScope
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    claim: str | None


def check_asked(label: str, days: int) -> None:
    """Raise `Invalid` unless a token can have this label and be valid for this many days."""
    if not _LABEL.match(label):
        raise Invalid.field(
            "label",
            msg(
                "A label has 1 to 40 lower-case letters, digits or hyphens; it says what the token is for, never whom."
            ),
        )
    if not 1 <= days <= MOST_DAYS:
        raise Invalid.field(
            "days",
            msg("A token can be valid for 1 to {most} days; this is {given}.", most=MOST_DAYS, given=days),
        )


class AccessTokens:
    """The tokens of one installation. Their times are the database's own, not a demonstration's."""

    def __init__(self, history: History, vault: Vault) -> None:
        self._history = history
        self._vault = vault
        self._persons = BatchedLookup(self._standing_for)

    async def make(
        self,
        person: str,
        *,
        label: str,
        made_by: str,
        days: int = DEFAULT_DAYS,
        scope: TokenScope = TokenScope.ALL,
        seed: bytes | None = None,
        claim: str | None = None,
        made_with: bytes | None = None,
        made_in: bytes | None = None,
    ) -> str:
        """Create a token and return its secret text, which cannot be recovered later. `claim` is the claim that it is
        exchanged for; `made_with` is the digest of the token with which it is created, and `made_in` that of the
        session, whose claim it copies.

        A token exchanged for a claim starts with notices about all other claims unconfirmed; one created with another
        token or in a session copies the state of its notices.

        `seed` (32 bytes that nobody else can know) makes the text repeatable for a client that sends its request again:
        the same seed gives the same token as long as it is valid. Raises `Invalid` for the label or the days, `NotFound`
        if the person was erased meanwhile, and `KeyReused` if the seed belongs to another token, or to one that was
        revoked or has expired.
        """
        check_asked(label, days)
        text = PREFIX + urlsafe_b64encode(seed or secrets.token_bytes(32)).decode().rstrip("=")
        async with self._history.connection() as connection:
            # Lock the row of the person's key, so that no token is created for a person who is being erased.
            cursor = await connection.execute(
                "INSERT INTO accounts.tokens (digest, person, label, made_by, scope, claim, way, expires_at, told_at) "
                "SELECT %b, living, %b, %b, %b, coalesce(given.claim, o.claim, w.claim, s.claim), coalesce(o.way, s.way), "
                "now() + make_interval(days => %b::integer), CASE WHEN given.claim IS NOT NULL THEN '-infinity' "
                "ELSE coalesce(o.told_at, w.told_at, s.told_at, now()) END "
                "FROM vault.hold(%b) AS living CROSS JOIN (SELECT %b::text) AS given (claim) "
                "LEFT JOIN accounts.sessions s ON s.digest = %b::bytea AND s.person = living "
                "LEFT JOIN accounts.ways_in w ON w.way = s.way "
                "LEFT JOIN accounts.tokens o ON o.digest = coalesce(%b::bytea, s.token) AND o.person = living "
                "WHERE living IS NOT NULL "
                "ON CONFLICT (digest) DO UPDATE SET digest = excluded.digest "
                "RETURNING person, label, made_by, scope, revoked_at, "
                "expires_at - created_at = make_interval(days => %b::integer) AND expires_at > now()",
                (digest_of(text), label, made_by, scope.value, days, person, claim, made_in, made_with, days),
            )
            row = await cursor.fetchone()
        if row is None:
            raise NotFound(msg("There is no such person, or their data was erased."))
        if tuple(row) != (person, label, made_by, scope.value, None, True):
            raise KeyReused
        return text

    async def person(self, text: str) -> str | None:
        """The person of a valid token; None for anything else."""
        holder = await self.holder(text)
        return None if holder is None else holder.person

    async def holder(self, text: str) -> TokenHolder | None:
        """The person of a valid token and what it can do, in one statement; None for anything else. A person without a key was
        erased."""
        if not _SHAPE.match(text):
            return None
        digest = digest_of(text)
        return (await self._persons.get((digest,))).get(digest)

    async def _standing_for(self, digests: frozenset[bytes]) -> dict[bytes, TokenHolder]:
        async with self._history.connection() as connection:
            rows = await call(connection, _STANDING_FOR, (blobs(list(digests)),))
        # Cache the person's key too, because they will probably read or write their own data next.
        self._vault.open(
            WrappedKey(person, epoch, wrapped)
            for _, person, _, epoch, wrapped in rows
            if self._vault.at_hand(person) is None
        )
        return {digest: TokenHolder(person, TokenScope(scope)) for digest, person, scope, _, _ in rows}

    async def all(self, person: str | None = None) -> list[TokenShown]:
        """The tokens of a person, or of everybody, newest first."""
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "SELECT left(encode(digest, 'hex'), 16), person, label, made_by, scope, created_at, expires_at, revoked_at, claim "
                "FROM accounts.tokens WHERE %b::text IS NULL OR person = %b ORDER BY created_at DESC, digest",
                (person, person),
            )
            rows = await cursor.fetchall()
        return [
            TokenShown(shown, whose, label, made_by, TokenScope(scope), *rest)
            for shown, whose, label, made_by, scope, *rest in rows
        ]

    async def revoke(self, shown_id: str, *, of: str | None = None) -> bool:
        """Revoke the token with this id (see `TokenShown`) and end its sessions. False if there is no such token, or it does
        not belong to the person `of`."""
        async with self._history.connection() as connection, connection.transaction():
            cursor = await connection.execute(
                "UPDATE accounts.tokens SET revoked_at = coalesce(revoked_at, now()) "
                "WHERE left(encode(digest, 'hex'), 16) = %b AND (%b::text IS NULL OR person = %b) RETURNING digest",
                (shown_id, of, of),
            )
            revoked = [row[0] for row in await cursor.fetchall()]
            await connection.execute("DELETE FROM accounts.sessions WHERE token = ANY (%b)", (revoked,))
            return bool(revoked)

    async def forget(self, person: str) -> None:
        """Delete all tokens, sessions and claims of an erased person."""
        async with self._history.connection() as connection:
            await connection.execute("DELETE FROM accounts.sessions WHERE person = %b", (person,))
            await connection.execute("DELETE FROM accounts.tokens WHERE person = %b", (person,))
            await connection.execute("DELETE FROM accounts.claims WHERE person = %b", (person,))

    async def sweep(self) -> None:
        """Delete tokens and claims of erased people, which can never be used again, and their sessions."""
        async with self._history.connection() as connection:
            await connection.execute(
                "DELETE FROM accounts.tokens t WHERE NOT EXISTS (SELECT FROM vault.keys k WHERE k.subject = t.person)"
            )


def digest_of(text: str) -> bytes:
    """The digest that is stored for a secret. A secret has 256 random bits, so a plain SHA-256 reveals nothing."""
    return sha256(text.encode()).digest()
