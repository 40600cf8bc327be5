"""The secret in every form of somebody who is signed in, so that another site cannot send one in their name.

It is derived from the id of the session, so the server can put it into forms although the database contains only the id's digest;
and from the person, so that what somebody typed in an earlier session of theirs is given back to them, and to nobody else who
uses the same browser.
"""

from __future__ import annotations

import hmac
from hashlib import sha256


def secret_of(session: str, person: str) -> str:
    """The secret of the forms of a session."""
    return f"{_of_session(session)}.{_of_person(person)}"


def same_secret(expected: str, sent: str) -> bool:
    """Whether a form contains the secret of a session."""
    return hmac.compare_digest(expected.encode(), sent.encode("utf-8", "surrogatepass"))


def made_in(session: str | None, sent: str) -> bool:
    """Whether the form with this secret was made in the session of a cookie, which may have ended."""
    return session is not None and same_secret(_of_session(session), sent.partition(".")[0])


def made_for(person: str, sent: str) -> bool:
    """Whether the form with this secret says that it was made for this person, in any session. It protects nobody from people
    who write forms of their own: it only tells whose form a browser sends once more."""
    return same_secret(_of_person(person), sent.partition(".")[2])


def _of_session(session: str) -> str:
    return hmac.new(session.encode(), b"overwinter/csrf/1", sha256).hexdigest()


def _of_person(person: str) -> str:
    return hmac.new(person.encode(), b"overwinter/form-of/1", sha256).hexdigest()
