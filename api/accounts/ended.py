"""Ends all tokens, sessions, claims and shared drafts after a restore, because the dump does not know which were ended
after it."""

from __future__ import annotations

from typing import Any

import psycopg


def end_access(connection: psycopg.Connection[Any]) -> None:
    """Revoke all tokens, end all sessions, and make the secrets of all claims useless. Nobody writes in another's draft
    any more: they may have been removed after the dump; that they wrote in it stays known.

    The facts of the claims do not change; `api.accounts.claims.Claims.withdraw_all` withdraws those that can still be used.
    """
    connection.execute("DELETE FROM accounts.sessions")
    connection.execute("UPDATE accounts.tokens SET revoked_at = now() WHERE revoked_at IS NULL")
    # No claim's text has the digest of a digest, so these secrets no longer match.
    connection.execute(
        "UPDATE accounts.claims SET digest = sha256(digest), state = 'withdrawn', changed_at = now() WHERE state = 'open'"
    )
    # When they joined, because the time of an installation's own clock is not known here; no invitation from before is left.
    connection.execute("UPDATE accounts.draft_writers SET left_at = joined_at WHERE left_at IS NULL")
    connection.execute("DELETE FROM accounts.draft_invitations")
