"""The strict reader against the test vectors: every good one with all its values, every bad one with its reason."""

from __future__ import annotations

import pytest

from history.format import chain
from history.format.commitments import Commitments
from history.format.document import read_document
from history.format.envelope import PARTS
from history.format.notation import FormatError
from history.format.sealing import associated_data, padded_size, seal
from tests.history.vectors import Vector, bytes_of, title, vectors
from tests.history.vectors.reasons import sentence


@pytest.mark.parametrize("vector", vectors("document", good=True), ids=title)
def test_a_good_document_has_every_value_that_the_vector_states(vector: Vector) -> None:
    """Salts, digests, body, entry and leaf."""
    read = read_document(bytes_of(vector))
    found = read.commitments()

    assert found.body_salt.hex() == vector["body_salt"]
    assert dict(zip(PARTS, found.part_salts, strict=True)) == _bytes(vector["parts"], "salt")
    assert dict(zip(PARTS, found.parts, strict=True)) == _bytes(vector["parts"], "digest")
    public = {name: field for name, field in vector["fields"].items() if "of" not in field}
    assert found.field_salts == _bytes(public, "salt")
    assert read.public == {name: field["value"].encode() for name, field in public.items()}
    assert found.fields == _bytes(vector["fields"], "digest")
    assert _outcome(found) == (vector["body"], vector["entry"], vector["leaf"])


@pytest.mark.parametrize("vector", vectors("document", good=True), ids=title)
def test_every_box_of_a_good_document_opens_and_can_be_made_again(vector: Vector) -> None:
    """Salt, value, nonce and associated data are those of the vector; sealing gives the same bytes."""
    read = read_document(bytes_of(vector))
    for name, field in vector["fields"].items():
        if "key" not in field:
            continue  # public, erased or destroyed
        key, sealed, binding = bytes.fromhex(field["key"]), read.sealed[name], read.binding(name)

        salt, value = read.open(name, key)

        assert (salt.hex(), value.decode(), sealed.of) == (field["salt"], field["value"], field["of"])
        assert sealed.digest[:12].hex() == field["nonce"]
        assert associated_data(binding, sealed.digest).hex() == field["associated"]
        assert padded_size(36 + len(value)) == field["plaintext_bytes"]
        assert seal(key, binding, salt, value) == (sealed.digest, sealed.box)


@pytest.mark.parametrize("vector", vectors("document", good=False), ids=title)
def test_a_document_that_breaks_a_rule_is_refused_for_that_rule(vector: Vector) -> None:
    """Whatever the format does not allow."""
    with pytest.raises(FormatError, match=sentence(vector["refused_with"])):
        read_document(bytes_of(vector))


@pytest.mark.parametrize("vector", vectors("leaf", good=False), ids=title)
def test_an_altered_document_has_another_leaf(vector: Vector) -> None:
    """It obeys every rule, and is not the fact that was recorded."""
    assert read_document(bytes_of(vector)).commitments().leaf.hex() != vector["leaf"]


@pytest.mark.parametrize("vector", vectors("box", good=False), ids=title)
def test_a_box_that_breaks_a_rule_is_refused_for_that_rule(vector: Vector) -> None:
    """An authentic box alone is not enough."""
    read = read_document(bytes_of(vector))
    with pytest.raises(FormatError, match=sentence(vector["refused_with"])):
        read.open(vector["field"], bytes.fromhex(vector["key"]))


_BREAKS: dict[str, chain.Break] = {
    "`previous` is not the leaf before": "previous",
    "a version is missing, or comes twice": "version",
    "a stream does not begin with its first fact": "begin",
    "another initiative": "initiative",
}


@pytest.mark.parametrize("vector", vectors("chain", good=False), ids=title)
def test_a_broken_chain_is_refused_for_how_it_is_broken(vector: Vector) -> None:
    """Each row is good by itself."""
    found: list[chain.Break] = []
    head: chain.Head | None = None
    for row in vector["rows"]:
        read = read_document(bytes_of(row))
        assert read.commitments().leaf.hex() == row["leaf"]
        found += chain.breaks(head, chain.ChainLink.of(read))
        head = chain.Head(read.version, bytes.fromhex(row["leaf"]), read.initiative)
    assert found[0] == _BREAKS[vector["refused_with"]]


@pytest.mark.parametrize(
    "vector", [v for v in vectors("document", good=True) if "previous_document" in v], ids=title
)
def test_a_good_chain_is_one(vector: Vector) -> None:
    """The fact follows on the one that the vector states before it."""
    before = read_document(vector["previous_document"].encode())
    head = chain.Head(before.version, before.commitments().leaf, before.initiative)
    assert list(chain.breaks(head, chain.ChainLink.of(read_document(bytes_of(vector))))) == []


def _bytes(items: dict[str, dict[str, str]], member: str) -> dict[str, bytes]:
    return {name: bytes.fromhex(item[member]) for name, item in items.items()}


def _outcome(found: Commitments) -> tuple[str, str, str]:
    return (found.body.hex(), found.entry.hex(), found.leaf.hex())
