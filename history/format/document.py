"""The strict reader of stored documents: rejects everything that the format does not allow, with a specific reason."""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from history.format import names
from history.format.canonical import DEEPEST_VALUE, decode, depth, encode
from history.format.commitments import (
    MOST_FIELDS,
    SEED_BYTES,
    Commitments,
    FactId,
    SealedDigest,
    commit,
)
from history.format.envelope import PARTS, check_envelope, has_members
from history.format.notation import FORMAT, FormatError
from history.format.own_facts import check_own_fact
from history.format.sealing import Binding, is_box_size, open_box

LARGEST_DOCUMENT: Final = 2**26
"""The largest size of a document, in bytes."""
_MEMBERS: Final = frozenset({"envelope", "fact", "format", "history", "sealed", "seed", "topic"})
_SEALED: Final = frozenset({"box", "digest", "of"})
_HISTORY_BYTES: Final = 16
_DIGEST_BYTES: Final = 32


class AnotherFormat(FormatError):
    """The document has another format number, or none."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed field: the box (None once it was destroyed), the digest, the member that names the subject, and the
    subject's stream id."""

    box: bytes | None
    digest: bytes
    of: str
    subject: str


@dataclass(frozen=True, slots=True)
class Document:
    """A valid document. `envelope` is parsed JSON; `public` holds the canonical JSON of the public fields and `sealed` the
    sealed fields, by field name."""

    history: str
    topic: str
    envelope: Mapping[str, Any]  # Any: what JSON holds
    public: Mapping[str, bytes]
    sealed: Mapping[str, Sealed]
    seed: bytes

    @property
    def stream(self) -> str:
        """The id of the fact's stream."""
        return str(self.envelope["place"]["stream"])

    @property
    def version(self) -> int:
        """The fact's version in its stream, from 1."""
        return int(self.envelope["place"]["version"])

    @property
    def previous(self) -> bytes | None:
        """The leaf hash of the stream's previous fact."""
        named = self.envelope["place"]["previous"]
        return None if named is None else bytes.fromhex(named)

    @property
    def initiative(self) -> str | None:
        """The initiative that the stream belongs to."""
        named: str | None = self.envelope["place"]["initiative"]
        return named

    def commitments(self) -> Commitments:
        """All commitments of the fact, including its leaf hash."""
        return commit(
            FactId(self.history, self.stream, self.version),
            self.topic,
            self.seed,
            [encode(self.envelope[part]) for part in PARTS],
            self.public,
            {name: SealedDigest(field.of, field.digest) for name, field in self.sealed.items()},
        )

    def binding(self, name: str) -> Binding:
        """What the box of a sealed field is bound to."""
        field = self.sealed[name]
        return Binding(self.history, self.stream, self.version, self.topic, field.subject, name, field.of)

    def open(self, name: str, key: bytes) -> tuple[bytes, bytes]:
        """Open a sealed field: its salt and value, checked against the digest. Raises `FormatError`."""
        field = self.sealed[name]
        if field.box is None:
            raise FormatError("The box was destroyed.")
        return open_box(key, self.binding(name), field.digest, field.box)


def read_document(data: bytes) -> Document:
    """Parse a document. Raises `FormatError` for bytes that break any rule."""
    if len(data) > LARGEST_DOCUMENT:
        raise FormatError("The document is too large.")
    parsed = decode(data)
    if not isinstance(parsed, dict) or type(parsed.get("format")) is not int or parsed["format"] != FORMAT:
        raise AnotherFormat(f"The document is not of format {FORMAT}.")
    has_members(parsed, _MEMBERS, "The document")
    history, seed = parsed["history"], names.check_hex(parsed["seed"], SEED_BYTES)
    names.check_hex(history, _HISTORY_BYTES)
    topic = names.check_topic(parsed["topic"])
    envelope = check_envelope(parsed["envelope"])
    fact = parsed["fact"]
    if not isinstance(fact, dict):
        raise FormatError("The public members are not an object.")
    public = _public_fields(fact)
    sealed = _sealed_fields(parsed["sealed"], fact)
    if len(public) + len(sealed) > MOST_FIELDS:
        raise FormatError("There are too many fields.")
    check_own_fact(topic, fact, bool(sealed), history, envelope["place"]["stream"])
    return Document(history, topic, envelope, public, sealed, seed)


def _public_fields(fact: dict[str, Any]) -> dict[str, bytes]:  # Any: what JSON holds
    found = {}
    for name, value in fact.items():
        if "/" in name:
            raise FormatError("The name of a public member has a slash.")
        _check_member(name)
        if isinstance(value, dict) and value:
            for key, inner in value.items():
                names.check_key(key)
                found[f"{name}/{key}"] = _value(inner)
        else:
            found[name] = _value(value)
    return found


def _check_member(name: str) -> None:
    if not names.is_word(name):
        raise FormatError("The name of a member is not a word.")


def _value(value: object) -> bytes:
    if depth(value, DEEPEST_VALUE) > DEEPEST_VALUE:
        raise FormatError("Objects and arrays are nested too deep.")
    return encode(value)


def _sealed_fields(sealed: object, fact: dict[str, Any]) -> dict[str, Sealed]:  # Any: what JSON holds
    if not isinstance(sealed, dict):
        raise FormatError("The sealed fields are not an object.")
    found: dict[str, Sealed] = {}
    ways: dict[str, tuple[bool, str]] = {}
    for name, value in sealed.items():
        field = has_members(value, _SEALED, "A sealed field")
        member, slash, key = name.partition("/")
        _check_member(member)
        if slash:
            names.check_key(key)
        if member in fact:
            raise FormatError("A member appears twice, once public and once sealed.")
        of = field["of"]
        if not isinstance(of, str) or not names.is_word(of) or not names.is_stream_id(fact.get(of)):
            raise FormatError(
                "A field is sealed for nobody: `of` names no public member that is a stream id."
            )
        if ways.setdefault(member, (bool(slash), of)) != (bool(slash), of):
            raise FormatError("A member is sealed in two ways: whole and by keys, or for two people.")
        digest = names.check_hex(field["digest"], _DIGEST_BYTES)
        found[name] = Sealed(_box(field["box"]), digest, of, fact[of])
    return found


def _box(text: object) -> bytes | None:
    if text is None:
        return None
    if not isinstance(text, str):
        raise FormatError("A box is not base64.")
    try:
        box = b64decode(text, validate=True)
    except (Base64Error, ValueError):
        raise FormatError("A box is not base64.") from None
    if b64encode(box).decode() != text:
        raise FormatError("A box is not in the one canonical form of base64.")
    if not is_box_size(len(box)):
        raise FormatError("A box does not have the size of one.")
    return box
