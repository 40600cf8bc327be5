"""Explains why connecting to a database failed, without quoting its address."""

from __future__ import annotations

import re
from typing import Final

import psycopg

_SILENT: Final = "The database does not answer; check DATABASE_URL, and look at the database's log."
_REFUSED: Final = (
    "The database server does not accept this role; check the user and the password in DATABASE_URL, and the server's "
    "pg_hba.conf."
)
_MISSING: Final = (
    "The database server has no database with the name in DATABASE_URL; create it, or correct the name."
)
# libpq does not report the SQLSTATE of a refused connection, so its text is matched. With a server that answers in another
# language, the message is that it does not answer.
_SAYS_MISSING: Final = re.compile(r'FATAL: +database ".*" does not exist', re.DOTALL)
_SAYS_REFUSED: Final = re.compile(
    r'FATAL: +(role ".*" does not exist|role ".*" is not permitted to log in|no pg_hba\.conf entry|'
    r"pg_hba\.conf rejects|.* authentication failed for user)|no password supplied",
    re.DOTALL,
)


def why_not_connected(error: psycopg.OperationalError) -> str:
    """A sentence for operators."""
    state, words = error.sqlstate or "", str(error)
    if state == "3D000" or _SAYS_MISSING.search(words):
        return _MISSING
    if state.startswith("28") or _SAYS_REFUSED.search(words):
        return _REFUSED
    return _SILENT
