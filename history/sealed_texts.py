"""Texts outside the history that are sealed: under a subject's key, or under any other random key."""

from __future__ import annotations

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from history.format.sealing import padded_size
from history.format.wrapped import NONCE_BYTES
from history.keyed import keyed_hash

_LENGTH_BYTES: Final = 4


class NotOpened(Exception):
    """A sealed text does not open: it was altered, or belongs to another key, purpose or place."""


def seal(key: bytes, purpose: str, place: str, text: bytes) -> bytes:
    """Seal a text under a key derived from `key` (32 bytes) for one `purpose`, bound to a `place`, such as the id of its row:
    nonce (12 bytes) ‖ AES-256-GCM of the length (4 bytes), the text and zeros, up to a size that tells little."""
    nonce = os.urandom(NONCE_BYTES)
    plain = len(text).to_bytes(_LENGTH_BYTES, "big") + text
    padded = plain.ljust(padded_size(len(plain)), b"\0")
    return nonce + AESGCM(keyed_hash(key, purpose, b"")).encrypt(nonce, padded, place.encode())


def unseal(key: bytes, purpose: str, place: str, sealed: bytes) -> bytes:
    """Open what `seal` sealed. Raises `NotOpened`."""
    try:
        padded = AESGCM(keyed_hash(key, purpose, b"")).decrypt(
            sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place.encode()
        )
    except (InvalidTag, ValueError):
        raise NotOpened("A sealed text does not open.") from None
    size = int.from_bytes(padded[:_LENGTH_BYTES], "big")
    return padded[_LENGTH_BYTES : _LENGTH_BYTES + size]
