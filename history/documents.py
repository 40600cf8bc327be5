"""The stored document of a fact: its one canonical JSON form, with its commitments, and back.

A document has four members: ``envelope``, ``fact`` (the public fields), ``sealed`` (the personal ones, by name: box,
digest, subject) and ``seed``. It is the server's own: what leaves the server are leaf hashes and opened fields.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Final, get_args, get_origin, get_type_hints

import msgspec

from domain.deciding import Fact
from domain.personal import Personal, Withheld, personal_fields
from domain.topics import TOPIC_OF, TOPICS
from history import commitments
from history.sealing import NONCE_BYTES, SALT_BYTES, Place, open_box, seal

FORMAT: Final = 1
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]+\Z", re.ASCII)


class Envelope(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Under what circumstances a fact was recorded; every member is committed to on its own.

    `previous` is the hex leaf hash of the stream's fact before this one. `actor` is a person's id or ``system``;
    `handle` is what stands for the actor within `scope` when the fact is shown to outsiders. `stream_salt` (hex)
    blinds the stream's key in the map of streams and stands in its first fact only. `cause` is the id of what
    brought the command about, if not its actor.
    """

    history: str
    format: int
    initiative: str | None
    stream: str
    version: int
    topic: str
    previous: str | None
    stream_salt: str | None
    decided_at: datetime
    actor: str
    role: str
    handle: str | None
    scope: str | None
    channel: str
    command: str
    cause: str | None


class SealedField(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A personal field as stored: base64 of the box, the hex digest that commits to the plaintext, the subject."""

    box: str
    digest: str
    subject: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """A fact as it was recorded, with its envelope. `sealed` are its boxes by field, opened or not."""

    envelope: Envelope
    fact: Fact
    sealed: Mapping[str, SealedField]

    # The names by which the eventsourcing library knows the stream and the version.
    @property
    def originator_id(self) -> str:
        """The stream's id."""
        return self.envelope.stream

    @property
    def originator_version(self) -> int:
        """The fact's version in its stream, from 1."""
        return self.envelope.version


@dataclass(frozen=True, slots=True)
class Stored:
    """What is written for a fact: the bytes of its document, and its leaf hash."""

    stream: str
    version: int
    topic: str
    document: bytes
    leaf: bytes


class _Document(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    envelope: msgspec.Raw
    fact: msgspec.Raw
    sealed: dict[str, SealedField]
    seed: str


_encode = msgspec.json.Encoder(order="sorted").encode
_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_document = msgspec.json.Decoder(_Document).decode

Randomness = Callable[[int], bytes]


def write(fact: Fact, envelope: Envelope, keys: Mapping[str, bytes], random: Randomness) -> Stored:
    """The stored form of a fact: personal fields sealed under their subjects' `keys`, every field committed to.

    Raises KeyError if the key of a data subject is missing; the caller has made sure of the keys.
    """
    shape = _shape(type(fact))
    seed = random(commitments.SEED_BYTES)
    envelope_json = _encode(envelope)
    fact_json = _encode({name: getattr(fact, name) for name in shape.public})
    public = _public_fields(envelope_json, fact_json)
    digests: dict[str, bytes] = {}
    sealed: dict[str, SealedField] = {}
    for name, of in shape.personal.items():
        subject = getattr(fact, of)
        value = getattr(fact, name)
        for field, part in _parts(name, value):
            plain = _encode(part)
            salt = random(SALT_BYTES)
            place = Place(
                history=envelope.history,
                topic=envelope.topic,
                stream=envelope.stream,
                version=envelope.version,
                subject=subject,
                field=field,
            )
            digest = commitments.field_digest(salt, f"fact/{field}", plain)
            box = seal(keys[subject], place, salt, plain, random(NONCE_BYTES))
            sealed[field] = SealedField(box=b64encode(box).decode(), digest=digest.hex(), subject=subject)
            digests[f"fact/{field}"] = digest
    document = _encode(
        _Document(
            envelope=msgspec.Raw(envelope_json), fact=msgspec.Raw(fact_json), sealed=sealed, seed=seed.hex()
        )
    )
    leaf = commitments.leaf_of(seed, public, digests)
    return Stored(envelope.stream, envelope.version, envelope.topic, document, leaf)


def leaf_of(document: bytes) -> bytes:
    """The leaf hash that the bytes of a stored document have now; it needs no key. Raises `ValueError` or
    msgspec.DecodeError for bytes that are no stored document."""
    read = _document(document)
    if read.sealed:
        # A box's subject is not committed to by itself, but as the public field that names them.
        named = {bytes(value) for value in _members(read.fact).values()}
        for field in read.sealed.values():
            if _encode(field.subject) not in named:
                raise ValueError("A field is sealed for somebody whom the fact does not name.")
    digests = {f"fact/{name}": _unhex(field.digest) for name, field in read.sealed.items()}
    public = _public_fields(read.envelope, read.fact)
    if not digests.keys().isdisjoint(public):
        raise ValueError("A field stands there twice, once public and once sealed.")
    return commitments.leaf_of(_unhex(read.seed), public, digests)


def has_its_fields(topic: str, document: bytes) -> bool:
    """Whether a stored document holds the fields of its topic and no others, each where it belongs: public or sealed, and
    sealed for the person whom the topic says. The leaf hash alone does not tell, since a field's commitment is the same in
    either place."""
    kind = TOPICS.get(topic)
    if kind is None:
        return False
    shape = _shape(kind)
    try:
        decoded = shape.whole.decode(document)
    except msgspec.MsgspecError:
        return False
    there = set()
    for field, sealed in decoded.sealed.items():
        name, _, key = field.partition("/")
        if bool(key) != (name in shape.mappings) or name not in shape.personal:
            return False
        if sealed.subject != getattr(decoded.fact, shape.personal[name]):
            return False
        there.add(name)
    return shape.personal.keys() - shape.mappings <= there


def _unhex(text: str) -> bytes:
    found = bytes.fromhex(text)
    if found.hex() != text:
        raise ValueError("Hex digits are written in lower case.")
    return found


def _public_fields(envelope: bytes | msgspec.Raw, fact: bytes | msgspec.Raw) -> dict[str, bytes]:
    """The fields that are committed to in the clear: each member of the two JSON objects, by its name behind the
    object's; where its value is an object with members, each of those."""
    found = {}
    for prefix, encoded in (("envelope/", envelope), ("fact/", fact)):
        for name, raw in _members(encoded).items():
            if "/" in name:
                raise ValueError("A member's name with a slash would pass for a member of a member.")
            value = bytes(raw)
            if value[:1] == b"{" and value != b"{}":
                for inner, inner_raw in _members(value).items():
                    found[f"{prefix}{name}/{inner}"] = bytes(inner_raw)
            else:
                found[prefix + name] = value
    return found


def _parts(name: str, value: object) -> list[tuple[str, object]]:
    """A personal field in the parts that are sealed one by one: a mapping by its keys, all else whole."""
    if not isinstance(value, dict):
        return [(name, value)]
    for key in value:
        if not _NAME.match(key):
            raise ValueError(f"A key of {name} cannot be part of a field's name.")
    return [(f"{name}/{key}", part) for key, part in value.items()]


Opener = Callable[[Place, bytes], bytes | Withheld]
"""Opens a box at its place to the value's JSON, or says why not."""


def unopened(_place: Place, _box: bytes) -> Withheld:
    """The opener that opens nothing: enough for every rule, since no state holds personal data."""
    return Withheld.SEALED


def opener(keys: Mapping[str, bytes]) -> Opener:
    """An opener with the keys of some subjects; a subject without one was erased."""

    def open_with(place: Place, box: bytes) -> bytes | Withheld:
        key = keys.get(place.subject)
        return Withheld.ERASED if key is None else open_box(key, place, box)[1]

    return open_with


def read(topic: str, document: bytes, open_with: Opener = unopened) -> Recorded:
    """The fact in a stored document. Raises `sealing.NotOpened` if a box was tampered with."""
    kind = TOPICS[topic]
    shape = _shape(kind)
    decoded = shape.decoder.decode(document)
    envelope: Envelope = decoded.envelope
    if not shape.personal:
        return Recorded(envelope, decoded.fact, {})
    values = {name: getattr(decoded.fact, name) for name in shape.public}
    for name in shape.personal:
        if name in shape.mappings:
            values[name] = {}
    for field, stored in decoded.sealed.items():
        name, _, key = field.partition("/")
        opened = (
            Withheld.SEALED if open_with is unopened else _open(topic, envelope, field, stored, open_with)
        )
        value = shape.decoders[name].decode(opened) if isinstance(opened, bytes) else opened
        if key:
            values[name][key] = value
        else:
            values[name] = value
    return Recorded(envelope, kind(**values), decoded.sealed)


def fact_in(topic: str, document: bytes) -> Fact:
    """The fact in a stored document, its personal fields sealed: all that a state is folded from. The same as
    ``read(topic, document).fact``, without a look at the envelope."""
    shape = _shape(TOPICS[topic])
    decoded = shape.folding.decode(document)
    if not shape.personal:
        fact: Fact = decoded.fact
        return fact
    values: dict[str, Any] = dict(shape.sealed)  # Any: each field has its own type
    for name in shape.public:
        values[name] = getattr(decoded.fact, name)
    if shape.mappings:
        for name in shape.mappings:
            values[name] = {}
        for field in decoded.sealed:
            name, _, key = field.partition("/")
            if key:
                values[name][key] = Withheld.SEALED
    return shape.kind(**values)


def _open(
    topic: str, envelope: Envelope, field: str, stored: SealedField, open_with: Opener
) -> bytes | Withheld:
    return open_with(place_of(topic, envelope, field, stored), b64decode(stored.box))


def place_of(topic: str, envelope: Envelope, field: str, stored: SealedField) -> Place:
    """Where a sealed field of a recorded fact stands."""
    return Place(
        history=envelope.history,
        topic=topic,
        stream=envelope.stream,
        version=envelope.version,
        subject=stored.subject,
        field=field,
    )


@dataclass(frozen=True, slots=True)
class _Shape:
    """What the code knows of a class of facts, worked out once."""

    kind: type[Fact]
    public: tuple[str, ...]
    personal: Mapping[str, str]
    sealed: Mapping[str, Withheld]
    mappings: frozenset[str]
    decoder: msgspec.json.Decoder[Any]  # Any: a struct made for the class
    whole: msgspec.json.Decoder[Any]  # Any: the same, with every member of a document and no other
    folding: msgspec.json.Decoder[Any]  # Any: the same, without what no state needs
    decoders: Mapping[str, msgspec.json.Decoder[Any]]  # Any: one for each personal field's own type


@cache
def _shape(kind: type[Fact]) -> _Shape:
    assert kind in TOPIC_OF, f"{kind.__name__} has no topic"
    personal = personal_fields(kind)
    hints = get_type_hints(kind, include_extras=True)
    public = tuple(name for name in kind.__struct_fields__ if name not in personal)
    fact_type: Any = kind
    if personal:
        fact_type = msgspec.defstruct(
            f"Public{kind.__name__}",
            [(name, hints[name]) for name in public],
            kw_only=True,
            frozen=True,
            forbid_unknown_fields=True,
        )
    stored: list[tuple[str, Any]] = [  # Any: types
        ("envelope", Envelope),
        ("fact", fact_type),
        ("sealed", dict[str, SealedField]),
    ]
    document_type = msgspec.defstruct(f"Stored{kind.__name__}", stored, kw_only=True, frozen=True)
    whole_type = msgspec.defstruct(
        f"Whole{kind.__name__}",
        [*stored, ("seed", str)],
        kw_only=True,
        frozen=True,
        forbid_unknown_fields=True,
    )
    mappings = set()
    decoders = {}
    for name in personal:
        plain = _without_withheld(hints[name])
        if get_origin(plain) is dict:
            mappings.add(name)
            plain = _without_withheld(get_args(plain)[1])
        decoders[name] = msgspec.json.Decoder(plain)
    folded: list[tuple[str, Any]] = [("fact", fact_type)]  # Any: types
    if mappings:
        folded.append(("sealed", dict[str, msgspec.Raw]))
    folding_type = msgspec.defstruct(f"Folded{kind.__name__}", folded, kw_only=True, frozen=True)
    return _Shape(
        kind=kind,
        public=public,
        personal=personal,
        sealed={name: Withheld.SEALED for name in personal if name not in mappings},
        mappings=frozenset(mappings),
        decoder=msgspec.json.Decoder(document_type),
        whole=msgspec.json.Decoder(whole_type),
        folding=msgspec.json.Decoder(folding_type),
        decoders=decoders,
    )


def _without_withheld(hint: Any) -> Any:  # Any: type hints have no common type
    """A type hint without its mark and without the value that stands for a missing plaintext."""
    if get_origin(hint) is Annotated:
        assert any(isinstance(mark, Personal) for mark in get_args(hint)[1:])
        hint = get_args(hint)[0]
    if get_origin(hint) is dict:
        return hint
    kept = [part for part in get_args(hint) if part is not Withheld]
    union = kept[0]
    for part in kept[1:]:
        union = union | part
    return union
