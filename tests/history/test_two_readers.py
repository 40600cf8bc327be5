"""The strict reader and the second reader never disagree about altered documents: what one refuses, the other does."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from history.format.document import read_document
from history.format.notation import FormatError
from tests.history import second_reader
from tests.history.vectors import bytes_of, vectors

ROUNDS = 400
GOOD = [bytes_of(vector) for vector in vectors("document", good=True) if len(vector["document"]) < 6000]
OTHER_VALUES: list[Any] = [
    None, True, False, 0, 1, -1, 2**53 - 1, 2**53, "", "system", "x" * 64, "x" * 65, "api", [], {}, {"a": 1},
    {"a/b": 1}, "person-" + "5" * 32, "person-" + "5" * 31, "0" * 64, "A" * 64, "0" * 32, "2026-02-29T00:00:00Z",
    "2024-02-29T00:00:00.000001Z", "2024-02-29T00:00:00.000000Z", "é", "\u2028", "history.mapped.v1", "a.v01", "v1.v1",
    "AAAA", "AB==",
]  # fmt: skip
OTHER_NAMES = [
    "a", "seed", "of", "box", "é", "a/b", "a/b/c", "x" * 65, "a\u200b", "\U0001f331", "root", "__proto__", "a/",
    "a/" + "k" * 255, "a/" + "k" * 256,
]  # fmt: skip
OTHER_BYTES = [
    b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"0", b"-", b".", b"e1", b" ", b"\\u0041", b"\\ud800", b"\xff",
    b"\xed\xa0\x80", b"NaN", b"1" * 5000, b"[" * 2000, b'"a":1,', b"\xef\xbb\xbf", b"\x00", b"\\/",
]  # fmt: skip


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from _places(each, (*path, key))


def _another_value(chance: random.Random) -> bytes:
    """A good document in which a member has another value, another name, or is gone."""
    document = json.loads(chance.choice(GOOD))
    path = chance.choice(list(_places(document)))
    parent = document
    for key in path[:-1]:
        parent = parent[key]
    match chance.randrange(3) if isinstance(parent, dict) else 0:
        case 0:
            parent[path[-1]] = copy.deepcopy(chance.choice(OTHER_VALUES))
        case 1:
            parent[chance.choice(OTHER_NAMES)] = parent[path[-1]]
        case _:
            del parent[path[-1]]
    return second_reader.write(document).encode()


def _other_bytes(chance: random.Random) -> bytes:
    """A good document in which some bytes are others, more or fewer."""
    document = bytearray(chance.choice(GOOD))
    place = chance.randrange(len(document))
    document[place : place + chance.randrange(2)] = chance.choice([*OTHER_BYTES, b"", chance.randbytes(1)])
    return bytes(document)


@pytest.mark.parametrize("alter", [_another_value, _other_bytes])
def test_both_accept_it_with_one_leaf_or_both_refuse_it(alter: Any) -> None:
    """Whatever was altered, each says so by its own refusal and by nothing else."""
    chance = random.Random(2)
    accepted = 0
    for _ in range(ROUNDS):
        document = alter(chance)
        try:
            ours = read_document(document).commitments().leaf
        except FormatError:
            with pytest.raises(second_reader.Refusal):
                second_reader.leaf_of(document)
        else:
            assert second_reader.leaf_of(document) == ours
            accepted += 1
    assert 0 < accepted < ROUNDS
