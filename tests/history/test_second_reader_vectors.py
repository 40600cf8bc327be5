"""The second reader against the test vectors, without any code of the program."""

from __future__ import annotations

from typing import Any

import pytest

from tests.history import second_reader
from tests.history.vectors import Vector, bytes_of, title, vectors
from tests.history.vectors.reasons import code


@pytest.mark.parametrize("vector", vectors("document", good=True), ids=title)
def test_a_good_document_has_every_value_that_the_vector_states(vector: Vector) -> None:
    """What is absorbed and hashed, and what comes of it."""
    document = second_reader.read(bytes_of(vector))
    found = second_reader.steps(document)

    for step in (
        "xof_absorbed",
        "xof_output",
        "body_salt",
        "body_hashed",
        "body",
        "entry_hashed",
        "entry",
        "leaf",
    ):
        assert found[step].hex() == vector[step], step
    for number, part in enumerate(second_reader.PARTS):
        assert found["part_salts"][number].hex() == vector["parts"][part]["salt"]
        assert found["parts"][number].hex() == vector["parts"][part]["digest"]
    for name, field in vector["fields"].items():
        assert found["fields"][name].hex() == field["digest"]
        if "key" in field:
            salt, value = second_reader.open_sealed(document, name, bytes.fromhex(field["key"]))
            assert (salt.hex(), value.decode()) == (field["salt"], field["value"])
        elif "of" not in field:
            assert found["field_salts"][name].hex() == field["salt"]


def _refuse(vector: Vector) -> Any:
    """Do with a bad vector what its kind is about."""
    match vector["kind"]:
        case "document":
            return second_reader.read(bytes_of(vector))
        case "leaf":
            second_reader.need(
                second_reader.leaf_of(bytes_of(vector)).hex() == vector["leaf"], "another leaf"
            )
        case "box":
            document = second_reader.read(bytes_of(vector))
            return second_reader.open_sealed(document, vector["field"], bytes.fromhex(vector["key"]))
        case "wrapped":
            wrapping, wrapped = bytes.fromhex(vector["wrapping_key"]), bytes.fromhex(vector["wrapped"])
            return second_reader.unwrap(
                wrapping, vector["history"], vector["subject"], vector["epoch"], wrapped
            )
        case "chain":
            heads: dict[str, Any] = {}
            for row in vector["rows"]:
                document, leaf = second_reader.read(bytes_of(row)), bytes.fromhex(row["leaf"])
                assert second_reader.steps(document)["leaf"] == leaf
                second_reader.follow(heads, document, leaf)
    return None


@pytest.mark.parametrize(
    "vector",
    [
        vector
        for kind in ("document", "leaf", "box", "wrapped", "chain")
        for vector in vectors(kind, good=False)
    ],
    ids=title,
)
def test_a_bad_vector_is_refused_for_the_stated_reason(vector: Vector) -> None:
    """Documents, leaves, boxes, wrapped keys and chains."""
    with pytest.raises(second_reader.Refusal) as refused:
        _refuse(vector)
    assert str(refused.value) == code(vector["refused_with"])


@pytest.mark.parametrize("vector", vectors("wrapped", good=True), ids=title)
def test_a_good_wrapped_key_is_unwrapped(vector: Vector) -> None:
    """To the key that the vector states."""
    wrapping, wrapped = bytes.fromhex(vector["wrapping_key"]), bytes.fromhex(vector["wrapped"])
    key = second_reader.unwrap(wrapping, vector["history"], vector["subject"], vector["epoch"], wrapped)
    assert key.hex() == vector["key"]
