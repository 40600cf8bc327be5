"""Texts outside the history that are sealed: under a subject's key, or under any other random key."""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from history.format.wrapped import NONCE_BYTES
from history.keyed import keyed_hash


class NotOpened(Exception):
    """A sealed text does not open: it was altered, or belongs to another key, purpose or place."""


def seal(key: bytes, purpose: str, place: str, text: bytes) -> bytes:
    """Seal a text under a key derived from `key` (32 bytes) for one `purpose`, bound to a `place`, such as the id of its row:
    nonce (12 bytes) ‖ AES-256-GCM."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(keyed_hash(key, purpose, b"")).encrypt(nonce, text, place.encode())


def unseal(key: bytes, purpose: str, place: str, sealed: bytes) -> bytes:
    """Open what `seal` sealed. Raises `NotOpened`."""
    try:
        return AESGCM(keyed_hash(key, purpose, b"")).decrypt(
            sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place.encode()
        )
    except (InvalidTag, ValueError):
        raise NotOpened("A sealed text does not open.") from None
