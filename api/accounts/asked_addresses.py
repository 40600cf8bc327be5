"""The address of a letter that was asked for, sealed under a secret: that of the letter's link, or that of the browser that asked."""

from __future__ import annotations

import os

from api.accounts.access_tokens import digest_of
from history.keyed import keyed_hash
from history.outside import NotOpened, open_box, seal
from history.store import History


def sealed(secret: str, address: str) -> bytes:
    """An address, sealed under a secret."""
    return seal(_key(secret), "address", address.encode(), os.urandom)


def opened(secret: str, box: bytes) -> str:
    """The address in a box. Raises `history.outside.NotOpened` for another secret."""
    return open_box(_key(secret), "address", bytes(box)).decode()


async def asked_by(history: History, browser: str) -> str | None:
    """The address to which the letter went that a browser asked for last, by its secret; None if it can no longer be answered."""
    async with history.connection() as connection:
        cursor = await connection.execute(
            "SELECT for_browser FROM accounts.letters_asked WHERE browser = %b AND NOT answered AND expires_at > now()",
            (digest_of(browser),),
            binary=True,
        )
        row = await cursor.fetchone()
    try:
        return None if row is None else opened(browser, row[0])
    except NotOpened:
        return None


def _key(secret: str) -> bytes:
    return keyed_hash(secret.encode(), "letter", b"")
