"""Commitments: how each field of a fact, and the fact as a whole, is bound by digests.

Every field is committed to on its own, as SD-JWT (RFC 9901) does with its disclosures: a hash over a salt, a name and
a value, length-prefixed and domain-separated. So one field can be opened alone, and the operator cannot later show
another value for it. The leaf hash is that of RFC 6962, section 2.1. docs/history-format.md holds the whole format.
"""

from __future__ import annotations

import hmac
import struct
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Final

SEED_BYTES: Final = 32
_FIELD: Final = b"overwinter/field/1"
_ENTRY: Final = b"overwinter/entry/1"
_FIELD_SALT: Final = b"overwinter/field-salt/1"
_ENTRY_SALT: Final = b"overwinter/entry-salt/1"


def framed(*parts: bytes) -> bytes:
    """The parts one after another, each behind its length as 8 bytes, big-endian: no two lists frame alike."""
    return b"".join([piece for part in parts for piece in (len(part).to_bytes(8, "big"), part)])


_FIELD_FRAMED: Final = framed(_FIELD)
_FIELD_SALT_FRAMED: Final = framed(_FIELD_SALT)
_ENTRY_FRAMED: Final = framed(_ENTRY)
_ENTRY_SALT_FRAMED: Final = framed(_ENTRY_SALT)
_SALT_LENGTH: Final = (32).to_bytes(8, "big")
_INNER: Final = bytes(byte ^ 0x36 for byte in range(256))
_OUTER: Final = bytes(byte ^ 0x5C for byte in range(256))
_HMAC_BLOCK: Final = 64
_NAMES: Final = 10_000
_length: Final = struct.Struct(">Q").pack


def public_salt(seed: bytes, name: str) -> bytes:
    """The salt (32 bytes) of a public field, derived from the fact's seed, which is never opened."""
    encoded = name.encode()
    return hmac.digest(seed, _FIELD_SALT_FRAMED + len(encoded).to_bytes(8, "big") + encoded, "sha256")


def entry_salt(seed: bytes) -> bytes:
    """The salt (32 bytes) of the fact's entry."""
    return hmac.digest(seed, framed(_ENTRY_SALT), "sha256")


def field_digest(salt: bytes, name: str, value: bytes) -> bytes:
    """The commitment (32 bytes) to one field: `value` is the exact stored JSON of its value."""
    encoded = name.encode()
    return sha256(
        b"".join(
            (
                _FIELD_FRAMED,
                len(salt).to_bytes(8, "big"),
                salt,
                len(encoded).to_bytes(8, "big"),
                encoded,
                len(value).to_bytes(8, "big"),
                value,
            )
        )
    ).digest()


@lru_cache(_NAMES)
def _framed_name(name: str) -> bytes:
    return framed(name.encode())


def leaf_of(seed: bytes, public: Mapping[str, bytes], sealed: Mapping[str, bytes]) -> bytes:
    """The leaf hash (32 bytes) of a fact: `public` are its public fields' exact JSON, `sealed` the commitments to
    its personal fields, by name.

    The same as `public_salt`, `field_digest`, `entry_salt`, `entry_digest` and `leaf_hash` one after another, in a
    third of their time: an append spends most of its own time here. HMAC's two key blocks are hashed once for all
    fields (RFC 2104, section 4).
    """
    key = seed.ljust(_HMAC_BLOCK, b"\x00")
    inner, outer = sha256(key.translate(_INNER)), sha256(key.translate(_OUTER))
    copy_inner, copy_outer, frame = inner.copy, outer.copy, _framed_name
    before_salt = _FIELD_FRAMED + _SALT_LENGTH
    members = {name: frame(name) + digest for name, digest in sealed.items()}
    for name, value in public.items():
        framed_name = frame(name)
        within, salt = copy_inner(), copy_outer()
        within.update(_FIELD_SALT_FRAMED + framed_name)
        salt.update(within.digest())
        field = sha256(before_salt + salt.digest() + framed_name + _length(len(value)) + value)
        members[name] = framed_name + field.digest()
    inner.update(_ENTRY_SALT_FRAMED)
    outer.update(inner.digest())
    # The names sort by code points, which is the order of their bytes in UTF-8 too.
    parts = [_ENTRY_FRAMED, _SALT_LENGTH, outer.digest(), _length(len(members))]
    parts += [members[name] for name in sorted(members)]
    return leaf_hash(sha256(b"".join(parts)).digest())


def entry_digest(salt: bytes, fields: Mapping[str, bytes]) -> bytes:
    """The log's entry (32 bytes) for a fact: over its salt and, by name, every field's digest.

    The names are part of it, so that a fact cannot hold one field twice, with two values for two readers.
    """
    parts = [framed(_ENTRY, salt), _length(len(fields))]
    for name, digest in sorted((name.encode(), digest) for name, digest in fields.items()):
        parts += (framed(name), digest)
    return sha256(b"".join(parts)).digest()


def leaf_hash(entry: bytes) -> bytes:
    """The leaf hash (32 bytes) of an entry: SHA-256(0x00 ‖ entry), RFC 6962 section 2.1."""
    return sha256(b"\x00" + entry).digest()
