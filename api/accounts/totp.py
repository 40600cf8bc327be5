"""Codes of an authenticator app: RFC 6238 with SHA-1, six digits and periods of 30 seconds, as every app makes them."""

from __future__ import annotations

import hmac
from base64 import b32encode
from typing import Final
from urllib.parse import quote, urlencode

DIGITS: Final = 6
SECONDS: Final = 30
_AROUND: Final = (0, -1, 1)
"""The code of the period before and after is accepted too, because clocks differ and typing takes time."""


def code_of(secret: bytes, step: int) -> str:
    """The code of a period; `step` is its number since 1970."""
    digest = hmac.digest(secret, step.to_bytes(8), "sha1")
    start = digest[-1] & 0x0F
    number = int.from_bytes(digest[start : start + 4]) & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def step_of(secret: bytes, code: str, now: float) -> int | None:
    """The period that a code belongs to, at a time in seconds since 1970; None for a wrong code."""
    present = int(now) // SECONDS
    right = [
        present + offset
        for offset in _AROUND
        if hmac.compare_digest(code_of(secret, present + offset).encode(), code.encode())
    ]
    return right[0] if right else None


def as_text(secret: bytes) -> str:
    """A secret as people type it into an app: in groups of four."""
    text = b32encode(secret).decode().rstrip("=")
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def address_of(secret: bytes, site: str) -> str:
    """The address by which an app takes a secret, in a link or a QR code. It names the site and no person."""
    query = urlencode({"secret": b32encode(secret).decode().rstrip("="), "issuer": site})
    return f"otpauth://totp/{quote(site)}?{query}"
