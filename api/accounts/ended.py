"""Ending every way in, as a restore does: the copy of the database does not tell which of them were ended since."""

from __future__ import annotations

from typing import Any

import psycopg


def end_ways_in(connection: psycopg.Connection[Any]) -> None:
    """Revoke every token, end every session, and let no claim's secret open anything any more.

    The facts of the claims stay as they are; `api.accounts.claims.Claims.withdraw_all` withdraws those that could be used.
    """
    connection.execute("DELETE FROM accounts.sessions")
    connection.execute("UPDATE accounts.tokens SET revoked_at = now() WHERE revoked_at IS NULL")
    # The digest of a digest: no text of a claim's shape has it.
    connection.execute(
        "UPDATE accounts.claims SET digest = sha256(digest), state = 'withdrawn', changed_at = now() WHERE state = 'open'"
    )
