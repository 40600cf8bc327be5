"""Sealing: encrypts the value of a personal field under the key of its subject.

The digest commits to salt and value, and the box is bound to the digest. That the box is authentic is not enough: its
content must always be compared with the digest, which `open_box` does.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from history.format.canonical import check_value
from history.format.commitments import SALT_BYTES, field_digest
from history.format.notation import FormatError, label, sized, u32, u64

TAG_BYTES: Final = 16
_NONCE_BYTES: Final = 12
_LENGTH_BYTES: Final = 4
_VALUE: Final = SALT_BYTES + _LENGTH_BYTES
"""The offset of the value in a plaintext."""
_BOX: Final = label("box")
_CACHED: Final = 10_000

BUCKETS: Final = (128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536)
"""The sizes in bytes to which a plaintext (salt, length and value) is padded; beyond the last, its multiples."""


class NotOpened(FormatError):
    """A box does not open with this key: it was altered, moved, or sealed under another key."""


class Binding(NamedTuple):
    """What a box and its digest are bound to: history, stream, version and topic of the fact, the subject (a stream id), the
    field's name, and the member `of` that names the subject."""

    history: str
    stream: str
    version: int
    topic: str
    subject: str
    field: str
    of: str


@lru_cache(_CACHED)
def _history(history: str) -> bytes:
    return _BOX + bytes.fromhex(history)


@lru_cache(_CACHED)
def _topic(topic: str) -> bytes:
    return sized(topic)


def associated_data(binding: Binding, digest: bytes) -> bytes:
    """The associated data of a box."""
    return b"".join(
        (
            _history(binding.history),
            u64(binding.version),
            sized(binding.stream),
            _topic(binding.topic),
            sized(binding.subject),
            digest,
        )
    )


def padded_size(size: int) -> int:
    """The padded size for `size` bytes."""
    for bucket in BUCKETS:
        if size <= bucket:
            return bucket
    return -(-size // BUCKETS[-1]) * BUCKETS[-1]


def is_box_size(size: int) -> bool:
    """Whether a box can have this size in bytes: a padded size plus the tag."""
    inside = size - TAG_BYTES
    return inside in BUCKETS or (inside > 0 and inside % BUCKETS[-1] == 0)


def seal(key: bytes, binding: Binding, salt: bytes, value: bytes) -> tuple[bytes, bytes]:
    """Seal a value (canonical JSON) with a fresh random salt; returns its digest and the box (ciphertext ‖ tag)."""
    assert len(salt) == SALT_BYTES
    digest = field_digest(binding.field, binding.of, salt, value)
    plain = salt + u32(len(value)) + value
    plain = plain.ljust(padded_size(len(plain)), b"\x00")
    return digest, AESGCM(key).encrypt(digest[:_NONCE_BYTES], plain, associated_data(binding, digest))


def open_box(key: bytes, binding: Binding, digest: bytes, box: bytes) -> tuple[bytes, bytes]:
    """Open a box: returns salt and value, checked against the committed digest.

    Raises `NotOpened` if the box does not open, and `FormatError` if its content breaks a rule or does not match the
    digest.
    """
    try:
        plain = AESGCM(key).decrypt(digest[:_NONCE_BYTES], box, associated_data(binding, digest))
    except (InvalidTag, ValueError):
        raise NotOpened("The box does not open.") from None
    length = int.from_bytes(plain[SALT_BYTES:_VALUE], "big")
    value = plain[_VALUE : _VALUE + length]
    if len(value) != length or plain.count(0, _VALUE + length) != len(plain) - _VALUE - length:
        raise FormatError("The length or the padding in the box is wrong.")
    if len(plain) != padded_size(_VALUE + length):
        raise FormatError("The box is larger than its value needs.")
    salt = plain[:SALT_BYTES]
    if field_digest(binding.field, binding.of, salt, value) != digest:
        raise FormatError("The box contains another value than the one that was committed to.")
    check_value(value)
    if "/" not in binding.field and value[:1] == b"{" and value != b"{}":
        raise FormatError("The value is an object that should have been split.")
    return salt, value
