"""Commitments: digests of each part of the envelope, of each field, and of the fact as a whole.

Every part has its own commitment, so that one field can be revealed alone. All salts except those of sealed fields come
from one call of SHAKE256. The leaf hash is that of RFC 6962, section 2.1. docs/history-format.md defines every byte.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import sha256, shake_256
from typing import Final, NamedTuple

from history.format.envelope import PARTS
from history.format.notation import label, sized, u16, u64

SALT_BYTES: Final = 32
SEED_BYTES: Final = 32
MOST_FIELDS: Final = 65535

_XOF: Final = label("xof")
_FIELD: Final = label("fld")
_BODY: Final = label("bdy")
_ENTRY: Final = label("ent")
_NAMED_PARTS: Final = tuple([label("env") + sized(name) for name in PARTS])
_OTHER_SALTS: Final = 1 + len(PARTS)
_CACHED: Final = 10_000


class FactId(NamedTuple):
    """What identifies a fact, and determines its salts together with its seed: history (hex), stream and version."""

    history: str
    stream: str
    version: int


class SealedDigest(NamedTuple):
    """The committed part of a sealed field: the member that names its subject, and the digest."""

    of: str
    digest: bytes


class Commitments(NamedTuple):
    """Every intermediate value of a fact's leaf hash. Salts and digests of parts are in the order of `envelope.PARTS`, salts
    of public fields by name; `fields` holds the digest of every field."""

    body_salt: bytes
    part_salts: tuple[bytes, ...]
    field_salts: dict[str, bytes]
    parts: tuple[bytes, ...]
    fields: dict[str, bytes]
    body: bytes
    entry: bytes
    leaf: bytes


@lru_cache(_CACHED)
def _history(history: str) -> bytes:
    return bytes.fromhex(history)


@lru_cache(_CACHED)
def _sized(text: str) -> bytes:
    return sized(text)


@lru_cache(_CACHED)
def _field(name: str, of: str) -> tuple[bytes, bytes]:
    """The prefix of the input for a field's digest, and the bytes that name the field in the body."""
    named = sized(name) + sized(of)
    return _FIELD + named, named


def field_digest(name: str, of: str, salt: bytes, value: bytes) -> bytes:
    """The digest of a field. `value` is the canonical JSON of its value; `of` is empty for a public field."""
    return sha256(_field(name, of)[0] + salt + value).digest()


def commit(
    place: FactId,
    topic: str,
    seed: bytes,
    parts: Sequence[bytes],
    public: Mapping[str, bytes],
    sealed: Mapping[str, SealedDigest],
) -> Commitments:
    """Compute all commitments of a fact. `parts` holds the canonical values of the envelope's parts in order, `public` those
    of the public fields by name. No name is in both `public` and `sealed`."""
    known = _XOF + seed + _history(place.history) + u64(place.version) + place.stream.encode()
    salts = shake_256(known).digest(SALT_BYTES * (_OTHER_SALTS + len(public)))
    at = SALT_BYTES
    part_salts, part_digests = [], []
    for begin, part in zip(_NAMED_PARTS, parts, strict=True):
        salt = salts[at : at + SALT_BYTES]
        at += SALT_BYTES
        part_salts.append(salt)
        part_digests.append(sha256(begin + salt + part).digest())
    field_salts: dict[str, bytes] = {}
    fields: dict[str, bytes] = {}
    body = [_BODY, salts[:SALT_BYTES], _sized(topic), u16(len(public) + len(sealed))]
    # Sorting by code point gives the same order as sorting by UTF-8 bytes.
    for name in sorted([*public, *sealed]):
        value = public.get(name)
        if value is not None:
            begin, named = _field(name, "")
            salt = field_salts[name] = salts[at : at + SALT_BYTES]
            at += SALT_BYTES
            digest = sha256(begin + salt + value).digest()
        else:
            of, digest = sealed[name]
            named = _field(name, of)[1]
        body += (named, digest)
        fields[name] = digest
    body_digest = sha256(b"".join(body)).digest()
    entry = sha256(b"".join((_ENTRY, _history(place.history), *part_digests, body_digest))).digest()
    return Commitments(
        salts[:SALT_BYTES],
        tuple(part_salts),
        field_salts,
        tuple(part_digests),
        fields,
        body_digest,
        entry,
        leaf_hash(entry),
    )


def leaf_hash(entry: bytes) -> bytes:
    """The leaf (32 bytes) of an entry: SHA-256(0x00 ‖ entry), RFC 6962 section 2.1."""
    return sha256(b"\x00" + entry).digest()
