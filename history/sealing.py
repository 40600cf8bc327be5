"""Sealing: a personal field's plaintext under the key of its data subject.

AES-256-GCM with a random nonce; the associated data says where the field stands (history, topic, stream, version,
subject, field), so that a box cannot be moved. Inside lie the field's salt, the length-prefixed value and padding up to
a listed size, so that neither the length of a name nor whether it is null shows.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from history.commitments import framed

KEY_BYTES: Final = 32
SALT_BYTES: Final = 32
NONCE_BYTES: Final = 12
_LENGTH_BYTES: Final = 4
_VALUE: Final = SALT_BYTES + _LENGTH_BYTES
"""Where the value begins in a plaintext."""
_ASSOCIATED_FRAMED: Final = framed(b"overwinter/sealed/1")
_NAMES: Final = 10_000
_length: Final = struct.Struct(">Q").pack
"""A length as `framed` writes it."""

BUCKETS: Final = (128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536)
"""The sizes in bytes to which a plaintext (salt, length and value) is padded; beyond, multiples of the last."""


@lru_cache(_NAMES)
def _kind(history: str, topic: str) -> bytes:
    return _ASSOCIATED_FRAMED + framed(history.encode(), topic.encode())


@lru_cache(_NAMES)
def _name(field: str) -> bytes:
    return framed(field.encode())


class NotOpened(Exception):
    """A box does not open under this key at this place: it was altered, moved, or sealed under another key."""


class Place(NamedTuple):
    """Where a sealed field stands; all of it is associated data of the box."""

    history: str
    topic: str
    stream: str
    version: int
    subject: str
    field: str

    def associated_data(self) -> bytes:
        """The associated data of the box."""
        # As `framed` does it, written out: a list opens a box for each of its rows.
        history, topic, stream, number, subject, field = self
        encoded, version, person = stream.encode(), b"%d" % number, subject.encode()
        return b"".join(
            (
                _kind(history, topic),
                _length(len(encoded)),
                encoded,
                _length(len(version)),
                version,
                _length(len(person)),
                person,
                _name(field),
            )
        )


def padded_size(size: int) -> int:
    """The bucket for `size` bytes."""
    for bucket in BUCKETS:
        if size <= bucket:
            return bucket
    return -(-size // BUCKETS[-1]) * BUCKETS[-1]


def seal(key: bytes, place: Place, salt: bytes, value: bytes, nonce: bytes) -> bytes:
    """The box of `value` (the field's exact JSON) and its salt: nonce ‖ ciphertext ‖ tag."""
    assert len(salt) == SALT_BYTES
    assert len(nonce) == NONCE_BYTES
    plain = salt + len(value).to_bytes(_LENGTH_BYTES, "big") + value
    plain = plain.ljust(padded_size(len(plain)), b"\x00")
    return nonce + AESGCM(key).encrypt(nonce, plain, place.associated_data())


def open_box(key: bytes, place: Place, box: bytes) -> tuple[bytes, bytes]:
    """The salt and the value in a box; raises `NotOpened`."""
    try:
        plain = AESGCM(key).decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], place.associated_data())
    except (InvalidTag, ValueError):
        raise NotOpened("A sealed field does not open: it was altered or moved.") from None
    length = int.from_bytes(plain[SALT_BYTES:_VALUE], "big")
    value = plain[_VALUE : _VALUE + length]
    if len(value) != length:
        raise NotOpened("A sealed field is cut short.")
    return plain[:SALT_BYTES], value
