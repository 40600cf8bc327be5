"""The byte notation of docs/history-format.md: labels, big-endian integers, and length-prefixed text."""

from __future__ import annotations

import struct
from typing import Final

FORMAT: Final = 2
"""The format number, which is in every document and every label."""

u16: Final = struct.Struct(">H").pack
u32: Final = struct.Struct(">I").pack
u64: Final = struct.Struct(">Q").pack


class FormatError(ValueError):
    """Bytes that the format does not allow. The message is the rule that is broken; it never quotes the bytes."""


def label(letters: str) -> bytes:
    """The 16 bytes at the start of a hash's input (domain separation: inputs of different kinds never collide)."""
    made = f"overwinter/{FORMAT}/{letters}".encode("ascii")
    assert len(made) == 16
    return made


def sized(text: str) -> bytes:
    """A text in UTF-8, prefixed with its length in bytes (2 bytes big-endian, so at most 65535)."""
    encoded = text.encode()
    return u16(len(encoded)) + encoded
