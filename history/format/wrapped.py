"""Wrapped keys: a subject's key, encrypted under the wrapping key of an epoch.

u64(epoch) ‖ nonce (12 bytes) ‖ AES-256-GCM(wrapping key, nonce, key, «key» ‖ history ‖ u64(epoch) ‖ s(subject))
"""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from history.format.notation import FormatError, label, sized, u64

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
WRAPPED_BYTES: Final = 68
"""The size of a wrapped key: 8 bytes of epoch, 12 of nonce, 32 of key and 16 of tag."""
_EPOCH_BYTES: Final = 8
_KEY: Final = label("key")


class KeyNotUnwrapped(FormatError):
    """A wrapped key does not open: it was altered, or belongs to another history, epoch, subject or wrapping key."""


def wrap_key(wrapping_key: bytes, history: str, subject: str, epoch: int, key: bytes, nonce: bytes) -> bytes:
    """Wrap `key` (32 bytes); returns 68 bytes. `history` is the history id in hex, `epoch` is 1 or more, and `nonce` is 12
    random bytes that were never used with this wrapping key."""
    assert epoch >= 1
    assert len(wrapping_key) == len(key) == KEY_BYTES
    assert len(nonce) == NONCE_BYTES
    associated = _associated(history, subject, epoch)
    return u64(epoch) + nonce + AESGCM(wrapping_key).encrypt(nonce, key, associated)


def unwrap_key(wrapping_key: bytes, history: str, subject: str, epoch: int, wrapped: bytes) -> bytes:
    """Unwrap a key that was stored for `subject` and `epoch`. Raises `FormatError` if the bytes are not a wrapped key of that
    epoch, and `KeyNotUnwrapped` if they do not open."""
    if len(wrapped) != WRAPPED_BYTES or epoch < 1 or wrapped_epoch(wrapped) != epoch:
        raise FormatError("These bytes are not a wrapped key of this epoch.")
    nonce = wrapped[_EPOCH_BYTES : _EPOCH_BYTES + NONCE_BYTES]
    try:
        return AESGCM(wrapping_key).decrypt(
            nonce, wrapped[_EPOCH_BYTES + NONCE_BYTES :], _associated(history, subject, epoch)
        )
    except InvalidTag:
        raise KeyNotUnwrapped("The wrapped key does not open.") from None


def wrapped_epoch(wrapped: bytes) -> int:
    """The epoch number inside a wrapped key."""
    return int.from_bytes(wrapped[:_EPOCH_BYTES], "big")


def _associated(history: str, subject: str, epoch: int) -> bytes:
    return _KEY + bytes.fromhex(history) + u64(epoch) + sized(subject)
