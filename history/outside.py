"""Sealing of texts that are kept for a while outside the history, such as drafts, under the key of their subject.

They end with the subject's key, as everything does that is sealed in the history.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from history.format.sealing import padded_size

_LABEL: Final = b"overwinter/outside the history/1"
_NONCE_BYTES: Final = 12
_LENGTH_BYTES: Final = 4
_KEY_BYTES: Final = 32


class NotOpened(Exception):
    """The box was altered, moved to another place, or sealed under another key."""


def seal(key: bytes, place: str, text: bytes, random: Callable[[int], bytes]) -> bytes:
    """A box that opens only with the subject's `key` and at the same `place`, which says what it is and where it is kept.
    It is padded, so that its size tells little. `random` gives so many random bytes."""
    plain = len(text).to_bytes(_LENGTH_BYTES, "big") + text
    nonce = random(_NONCE_BYTES)
    return nonce + AESGCM(_key_for(key)).encrypt(
        nonce, plain.ljust(padded_size(len(plain)), b"\0"), place.encode()
    )


def open_box(key: bytes, place: str, box: bytes) -> bytes:
    """The text in a box. Raises `NotOpened`."""
    try:
        plain = AESGCM(_key_for(key)).decrypt(box[:_NONCE_BYTES], box[_NONCE_BYTES:], place.encode())
    except (InvalidTag, ValueError):
        raise NotOpened from None
    size = int.from_bytes(plain[:_LENGTH_BYTES], "big")
    return plain[_LENGTH_BYTES : _LENGTH_BYTES + size]


def _key_for(key: bytes) -> bytes:
    """A key of its own for what is outside the history, so that no nonce meets one of a fact's boxes."""
    return HKDF(SHA256(), _KEY_BYTES, salt=None, info=_LABEL).derive(key)
