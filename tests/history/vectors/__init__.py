"""The test vectors of format 2: bytes that a reader accepts, with every intermediate value, and bytes that it rejects.

`positive.jsonl` and `negative.jsonl` came with the format; `ours.jsonl` has good and bad ones for rules that they do not cover.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent

Vector = dict[str, Any]


def vectors(kind: str, *, good: bool) -> list[Vector]:
    """The vectors of one kind: document, box, leaf, wrapped, chain, map, bundle or promise."""
    given = _read("positive.jsonl" if good else "negative.jsonl")
    ours = [vector for vector in _read("ours.jsonl") if ("reason" in vector) is not good]
    return [vector for vector in given + ours if vector["kind"] == kind]


@cache
def _read(name: str) -> list[Vector]:
    # A line ends with a line feed alone: some values hold other characters that end lines elsewhere.
    return [json.loads(line) for line in (_FOLDER / name).read_bytes().split(b"\n") if line]


def title(vector: Vector) -> str:
    """The name of a vector for a test's id."""
    return (
        str(vector.get("name") or f"{vector['number']} {vector['reason']}")
        .encode("ascii", "replace")
        .decode()
    )


def bytes_of(vector: Vector) -> bytes:
    """The bytes of a vector's document."""
    if "document_hex" in vector:
        return bytes.fromhex(vector["document_hex"])
    return str(vector["document"]).encode()
