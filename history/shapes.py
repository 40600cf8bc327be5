"""The shape of a fact class: which fields are public, which are sealed, and how its documents are decoded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Final, Literal, get_args, get_origin, get_type_hints

import msgspec

from domain.deciding import Fact
from domain.personal import Personal, Withheld, personal_fields
from domain.topics import TOPICS
from history.format.envelope import Envelope
from history.format.notation import FORMAT

_STORED_AS: Final = {kind: topic for topic, kind in TOPICS.items()}
"""The topic of each fact class, including older classes."""


class SealedField(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sealed field as stored: the box in base64 (None once it was destroyed), the hex digest that commits to salt and
    value, and the member that names the subject."""

    box: str | None
    digest: str
    of: str


@dataclass(frozen=True, slots=True)
class Shape:
    """What encoding and decoding need to know about a fact class, computed once."""

    kind: type[Fact]
    public: tuple[str, ...]
    begins: tuple[tuple[str, bytes], ...]
    """The public members, each with the bytes that precede its value in the document."""
    personal: Mapping[str, str]
    sealed: Mapping[str, Withheld]
    mappings: frozenset[str]
    fact: msgspec.json.Decoder[Any]  # Any: a struct made for the class, with its public members
    decoder: msgspec.json.Decoder[Any]  # Any: the same within the document
    folding: msgspec.json.Decoder[Any]  # Any: the same, without the parts that no state needs
    types: Mapping[str, Any]  # Any: the personal fields' own types


@cache
def shape_of(kind: type[Fact]) -> Shape:
    """The shape of a fact class. The class must have a topic."""
    assert kind in _STORED_AS, f"{kind.__name__} has no topic"
    personal = dict(sorted(personal_fields(kind).items()))
    hints = get_type_hints(kind, include_extras=True)
    public = tuple(sorted(name for name in kind.__struct_fields__ if name not in personal))
    fact_type: Any = kind
    if personal:
        fact_type = msgspec.defstruct(
            f"Public{kind.__name__}",
            [(name, hints[name]) for name in public],
            kw_only=True,
            frozen=True,
            forbid_unknown_fields=True,
        )
    # As `verify` does, refuse a document whose format or topic differs from that of its row.
    checked: list[tuple[str, Any]] = [  # Any: types
        ("fact", fact_type),
        ("format", Literal[FORMAT]),
        ("history", str),
        ("topic", Literal[_STORED_AS[kind]]),
    ]
    stored = [("envelope", Envelope), *checked]
    if personal:
        stored.append(("sealed", dict[str, SealedField]))
    document_type = msgspec.defstruct(f"Stored{kind.__name__}", stored, kw_only=True, frozen=True)
    mappings = set()
    types = {}
    for name in personal:
        plain = _without_withheld(hints[name])
        if get_origin(plain) is dict:
            mappings.add(name)
            plain = _without_withheld(get_args(plain)[1])
        types[name] = plain
    folded = list(checked)
    if mappings:
        folded.append(("sealed", dict[str, msgspec.Raw]))
    folding_type = msgspec.defstruct(f"Folded{kind.__name__}", folded, kw_only=True, frozen=True)
    return Shape(
        kind=kind,
        public=public,
        begins=tuple([(name, b'"%b":' % name.encode()) for name in public]),
        personal=personal,
        sealed={name: Withheld.SEALED for name in personal if name not in mappings},
        mappings=frozenset(mappings),
        fact=msgspec.json.Decoder(fact_type),
        decoder=msgspec.json.Decoder(document_type),
        folding=msgspec.json.Decoder(folding_type),
        types=types,
    )


def _without_withheld(hint: Any) -> Any:  # Any: type hints have no common type
    """A type hint without the `Personal` mark and without `Withheld`."""
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
