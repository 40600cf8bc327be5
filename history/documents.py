"""Encodes facts as stored documents, and decodes documents that were written here.

These readers are fast and check little, because the append wrote the documents. Code that must not trust the database,
such as `history.verify`, reads with `history.format.document`.
"""

from __future__ import annotations

import logging
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from functools import cache
from typing import Any, Final, TypeVar

import msgspec

from domain.deciding import Fact
from domain.personal import Withheld
from domain.topics import TOPIC_OF, TOPICS, newest
from history.format.canonical import decode, encode, has_long_number, members
from history.format.commitments import SALT_BYTES, SEED_BYTES, FactId, SealedDigest, commit
from history.format.document import LARGEST_DOCUMENT, Document, read_document
from history.format.envelope import Envelope
from history.format.names import check_key
from history.format.notation import FORMAT, FormatError
from history.format.sealing import Binding, open_box, seal
from history.shapes import SealedField, Shape, shape_of

log = logging.getLogger("overwinter.history")

T = TypeVar("T")

Randomness = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recorded fact with its topic and envelope. `sealed` holds its sealed fields by name, whether opened or not."""

    history: str
    topic: str
    envelope: Envelope
    fact: Fact
    sealed: Mapping[str, SealedField]

    @property
    def stream(self) -> str:
        """The stream's id."""
        return self.envelope.place.stream

    @property
    def version(self) -> int:
        """The fact's version in its stream, from 1."""
        return self.envelope.place.version

    def subject(self, field: str) -> str:
        """The stream id of the subject whose key seals a field."""
        subject: str = getattr(self.fact, self.sealed[field].of)
        return subject

    # The eventsourcing library's names for the stream and the version.
    @property
    def originator_id(self) -> str:
        """The stream's id."""
        return self.stream

    @property
    def originator_version(self) -> int:
        """The fact's version in its stream, from 1."""
        return self.version


@dataclass(frozen=True, slots=True)
class Stored:
    """A fact as it is stored: the bytes of its document, and its leaf hash."""

    stream: str
    version: int
    topic: str
    document: bytes
    leaf: bytes


# Writing


def write(
    fact: Fact, history: str, envelope: Envelope, keys: Mapping[str, bytes], random: Randomness
) -> Stored:
    """Encode a fact: seal its personal fields under the `keys` of their subjects, and commit to every field.

    `history` is the history id. Raises KeyError if the key of a data subject is missing (the caller checks that it has
    the keys), and `FormatError` for a fact that the format cannot represent.
    """
    shape = shape_of(type(fact))
    topic, place = TOPIC_OF[type(fact)], envelope.place
    parts = _parts(envelope)
    public: dict[str, bytes] = {}
    written = []
    for name, begin in shape.begins:
        value = encode(getattr(fact, name))
        written.append(begin + value)
        if value[:1] == b"{" and value != b"{}":
            for key, inner in members(value).items():
                public[f"{name}/{check_key(key)}"] = bytes(inner)
        else:
            public[name] = value
    public_json = b",".join(written)
    if has_long_number(public_json):
        decode(b"{%b}" % public_json)
    personal = list(_personal(fact, shape))
    drawn = random(SEED_BYTES + SALT_BYTES * len(personal))
    seed, at = drawn[:SEED_BYTES], SEED_BYTES
    digests: dict[str, SealedDigest] = {}
    sealed = []
    for field, of, value in personal:
        subject = getattr(fact, of)
        binding = Binding(history, place.stream, place.version, topic, subject, field, of)
        digest, box = seal(keys[subject], binding, drawn[at : at + SALT_BYTES], value)
        at += SALT_BYTES
        digests[field] = SealedDigest(of, digest)
        sealed.append(
            b'%b:{"box":"%b","digest":"%b","of":"%b"}'
            % (encode(field), b64encode(box), digest.hex().encode(), of.encode())
        )
    document = _DOCUMENT % (
        *parts,
        public_json,
        history.encode(),
        b",".join(sealed),
        seed.hex().encode(),
        topic.encode(),
    )
    if len(document) > LARGEST_DOCUMENT:
        raise FormatError("The document is too large.")
    leaf = commit(FactId(history, place.stream, place.version), topic, seed, parts, public, digests).leaf
    return Stored(place.stream, place.version, topic, document, leaf)


_DOCUMENT: Final = (
    b'{"envelope":{"acting":%b,"actor":%b,"decided_at":%b,"how":%b,"place":%b},"fact":{%b},'
    b'"format":' + str(FORMAT).encode() + b',"history":"%b","sealed":{%b},"seed":"%b","topic":"%b"}'
)

# The members of these structs are already declared in alphabetical order.
_in_order = msgspec.json.Encoder().encode


def _parts(envelope: Envelope) -> tuple[bytes, bytes, bytes, bytes, bytes]:
    """The encoded values of the envelope's parts."""
    decided_at = envelope.decided_at
    if decided_at.tzinfo is not UTC:
        decided_at = decided_at.astimezone(UTC)
    return (
        _in_order(envelope.acting),
        _in_order(envelope.actor),
        _in_order(decided_at),
        _in_order(envelope.how),
        _in_order(envelope.place),
    )


def _personal(fact: Fact, shape: Shape) -> Iterator[tuple[str, str, bytes]]:
    """The sealed fields of a fact sorted by name: name, member that names the subject, canonical value. The values of a
    mapping are sealed one by one, every other field as a whole."""
    if not shape.mappings:
        for name, of in shape.personal.items():
            yield name, of, _whole(getattr(fact, name))
        return
    found = []
    for name, of in shape.personal.items():
        value = getattr(fact, name)
        if name in shape.mappings and value:
            found += [(f"{name}/{check_key(key)}", of, _value(part)) for key, part in value.items()]
        else:
            found.append((name, of, _whole(value)))
    yield from sorted(found)


def _value(value: object) -> bytes:
    """The canonical JSON of a sealed field's value."""
    written = encode(value)
    if written[:1] != b'"' and has_long_number(b":" + written):
        decode(written)
    return written


def _whole(value: object) -> bytes:
    """The canonical JSON of a value that is sealed as a whole."""
    written = _value(value)
    if written[:1] == b"{" and written != b"{}":
        raise FormatError("A sealed field that is an object has to be a mapping, which is sealed key by key.")
    return written


# Reading strictly


def leaf_of(document: bytes) -> bytes:
    """The leaf hash of a stored document, computed from its bytes; no key is needed. Raises `FormatError` if the bytes are
    not a stored document."""
    return read_document(document).commitments().leaf


def has_its_fields(document: Document) -> bool:
    """Whether a document has exactly the fields of its topic, each public or sealed as the topic says, and sealed for the
    right subject."""
    kind = TOPICS.get(document.topic)
    if kind is None:
        return False
    shape = shape_of(kind)
    public = {name.partition("/")[0] for name in document.public}
    sealed = {name.partition("/")[0]: field.of for name, field in document.sealed.items()}
    split = {name.partition("/")[0] for name in document.sealed if "/" in name}
    if public != set(shape.public) or sealed != shape.personal or not split <= shape.mappings:
        return False
    try:
        shape.fact.decode(_fact_json(document))
    except msgspec.MsgspecError:
        return False
    return True


def _fact_json(document: Document) -> bytes:
    """The public members of a document as one JSON object."""
    found: dict[str, Any] = {}  # Any: JSON, or members of it
    for field, value in document.public.items():
        name, slash, key = field.partition("/")
        if slash:
            found.setdefault(name, {})[key] = msgspec.Raw(value)
        else:
            found[name] = msgspec.Raw(value)
    return encode(found)


# Reading documents that were written here

_ANOTHER_HISTORY: Final = "The document belongs to another history."

Opener = Callable[[Binding, SealedField], bytes | Withheld]
"""Opens a sealed field: returns the JSON of its value after checking the digest, or the reason why it cannot."""


def unopened(_binding: Binding, _field: SealedField) -> Withheld:
    """An opener that opens nothing. Enough for every rule, because states hold no personal data."""
    return Withheld.SEALED


def opener(keys: Mapping[str, bytes]) -> Opener:
    """An opener with the keys of some subjects; a subject without one was erased."""

    def open_with(binding: Binding, field: SealedField) -> bytes | Withheld:
        key = keys.get(binding.subject)
        if key is None:
            return Withheld.ERASED
        box = None if field.box is None else b64decode(field.box)
        return opened(key, binding, bytes.fromhex(field.digest), box)

    return open_with


def opened(key: bytes, binding: Binding, digest: bytes, box: bytes | None) -> bytes | Withheld:
    """The JSON in a box, checked against the committed digest. A box that does not open or does not match is damaged: it is
    logged without its content, and the other fields can still be read."""
    if box is None:
        return damaged(binding, "The box was destroyed though its subject has a key.")
    try:
        return open_box(key, binding, digest, box)[1]
    except FormatError as error:
        return damaged(binding, str(error))


def damaged(binding: Binding, reason: str) -> Withheld:
    """Log that a sealed field is damaged, naming only its stream, version and field name; returns `Withheld.DAMAGED`."""
    log.error("damaged field: %s version %d, %s: %s", binding.stream, binding.version, binding.field, reason)
    return Withheld.DAMAGED


def read(
    topic: str, document: bytes, open_with: Opener = unopened, *, history: str | None = None
) -> Recorded:
    """The fact in a stored document, converted to its newest shape. Raises for a document of another format or topic, or,
    if `history` is given, of another history."""
    kind = TOPICS[topic]
    shape = shape_of(kind)
    decoded = shape.decoder.decode(document)
    if history is not None and decoded.history != history:
        raise FormatError(_ANOTHER_HISTORY)
    if not shape.personal:
        return Recorded(decoded.history, topic, decoded.envelope, newest(topic, decoded.fact), {})
    sealed: dict[str, SealedField] = decoded.sealed
    values = {name: getattr(decoded.fact, name) for name in shape.public}
    for name in shape.mappings:
        values[name] = {}
    place = decoded.envelope.place
    for field, stored in sealed.items():
        name, _, key = field.partition("/")
        value: object = Withheld.SEALED
        if open_with is not unopened:
            binding = Binding(
                decoded.history, place.stream, place.version, topic, values[stored.of], field, stored.of
            )
            value = open_with(binding, stored)
            if isinstance(value, bytes):
                value = typed(binding, value, shape.types[name])
        if key:
            values[name][key] = value
        elif name not in shape.mappings:
            values[name] = value
    return Recorded(decoded.history, topic, decoded.envelope, newest(topic, kind(**values)), sealed)


def typed(binding: Binding, value: bytes, kind: type[T]) -> T | Withheld:
    """The value of an opened field, decoded as the field's type; `Withheld.DAMAGED` if it has another type."""
    try:
        found: T = _decoder(kind).decode(value)  # type: ignore[arg-type]  # types can be hashed
    except msgspec.MsgspecError:
        return damaged(binding, "The value does not have the field's type.")
    return found


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:  # Any: whatever type a field has
    return msgspec.json.Decoder(kind)


def fact_in(topic: str, document: bytes, history: str) -> Fact:
    """The fact in a stored document of this history, with its personal fields left sealed: what a state is folded from. The
    same as ``read(topic, document, history=history).fact``, but faster because the envelope is not decoded."""
    shape = shape_of(TOPICS[topic])
    decoded = shape.folding.decode(document)
    if decoded.history != history:
        raise FormatError(_ANOTHER_HISTORY)
    if not shape.personal:
        return newest(topic, decoded.fact)
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
    return newest(topic, shape.kind(**values))
