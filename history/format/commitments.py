"""Commitments: how each part of the envelope, each field and the fact as a whole are bound by digests.

Everything is committed to on its own, so that one field can be opened alone. All salts but those of sealed fields come
from one call of SHAKE256. The leaf is that of RFC 6962, section 2.1. docs/history-format.md defines every byte.
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


class Place(NamedTuple):
    """What fixes the salts of a fact, beside its seed: the history (hex), the stream and the version."""

    history: str
    stream: str
    version: int


class SealedDigest(NamedTuple):
    """What is committed to of a sealed field: the member that names its subject, and the digest."""

    of: str
    digest: bytes


class Commitments(NamedTuple):
    """Every value on the way to a fact's leaf. Salts and digests of parts are in the order of `envelope.PARTS`, those of
    public fields by name; `fields` holds the digest of every field."""

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
    """How the input for a field's digest begins, and how the body names the field."""
    named = sized(name) + sized(of)
    return _FIELD + named, named


def field_digest(name: str, of: str, salt: bytes, value: bytes) -> bytes:
    """The digest of a field: `value` is the canonical JSON of its value, `of` is empty for a public field."""
    return sha256(_field(name, of)[0] + salt + value).digest()


def commit(
    place: Place,
    topic: str,
    seed: bytes,
    parts: Sequence[bytes],
    public: Mapping[str, bytes],
    sealed: Mapping[str, SealedDigest],
) -> Commitments:
    """All that commits to a fact. `parts` are the canonical values of the envelope's parts in their order, `public`
    those of the public fields by name; no name is both in `public` and in `sealed`."""
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
    # The names sort by code points, which is the order of their bytes in UTF-8 too.
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
