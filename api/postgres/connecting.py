"""Why a database cannot be connected to, in a sentence that quotes nothing of its address."""

from __future__ import annotations

import re
from typing import Final

import psycopg

_SILENT: Final = "The database does not answer; look at DATABASE_URL, and at the database's own log."
_REFUSED: Final = (
    "The database server does not let this role in; look at the user and the password in DATABASE_URL, and at the server's "
    "pg_hba.conf."
)
_MISSING: Final = "The database server answers, and has no database of the name in DATABASE_URL; make it, or correct the name."
# libpq keeps the SQLSTATE of a connection that was turned down to itself, so its words have to do. A server that speaks
# another language is told about as one that does not answer.
_SAYS_MISSING: Final = re.compile(r'FATAL: +database ".*" does not exist', re.DOTALL)
_SAYS_REFUSED: Final = re.compile(
    r'FATAL: +(role ".*" does not exist|role ".*" is not permitted to log in|no pg_hba\.conf entry|'
    r"pg_hba\.conf rejects|.* authentication failed for user)|no password supplied",
    re.DOTALL,
)


def why_not_connected(error: psycopg.OperationalError) -> str:
    """The sentence for an operator."""
    state, words = error.sqlstate or "", str(error)
    if state == "3D000" or _SAYS_MISSING.search(words):
        return _MISSING
    if state.startswith("28") or _SAYS_REFUSED.search(words):
        return _REFUSED
    return _SILENT
