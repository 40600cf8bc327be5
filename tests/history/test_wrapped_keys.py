"""Wrapped keys against the test vectors."""

from __future__ import annotations

import pytest

from history.format.notation import FormatError
from history.format.wrapped import KeyNotUnwrapped, unwrap_key, wrap_key
from tests.history.vectors import Vector, title, vectors

REASONS = {
    "not a wrapped key of this epoch": (FormatError, "not a wrapped key of this epoch"),
    "the wrapped key does not open": (KeyNotUnwrapped, "does not open"),
}


@pytest.mark.parametrize("vector", vectors("wrapped", good=True), ids=title)
def test_a_key_is_wrapped_and_unwrapped_as_the_format_says(vector: Vector) -> None:
    """Byte for byte, with the nonce of the example."""
    wrapping, key, wrapped = (bytes.fromhex(vector[name]) for name in ("wrapping_key", "key", "wrapped"))
    place = (vector["history"], vector["subject"], vector["epoch"])

    assert wrap_key(wrapping, *place, key, wrapped[8:20]) == wrapped
    assert unwrap_key(wrapping, *place, wrapped) == key


@pytest.mark.parametrize("vector", vectors("wrapped", good=False), ids=title)
def test_a_wrapped_key_that_breaks_a_rule_is_refused_for_that_rule(vector: Vector) -> None:
    """Its length, its epoch, or what it is bound to."""
    kind, sentence = REASONS[vector["refused_with"]]
    with pytest.raises(FormatError, match=sentence) as refused:
        unwrap_key(
            bytes.fromhex(vector["wrapping_key"]),
            vector["history"],
            vector["subject"],
            vector["epoch"],
            bytes.fromhex(vector["wrapped"]),
        )
    assert type(refused.value) is kind
