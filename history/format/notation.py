"""How docs/history-format.md joins bytes: labels, big-endian integers, and text behind its length."""

from __future__ import annotations

import struct
from typing import Final

FORMAT: Final = 2
"""The number of the format, which every document and every label states."""

u16: Final = struct.Struct(">H").pack
u32: Final = struct.Struct(">I").pack
u64: Final = struct.Struct(">Q").pack


class FormatError(ValueError):
    """Bytes that the format does not allow. The message is the rule that they break; it quotes nothing of them."""


def label(letters: str) -> bytes:
    """The 16 bytes that begin a hash's input, so that no input of one kind is an input of another."""
    made = f"overwinter/{FORMAT}/{letters}".encode("ascii")
    assert len(made) == 16
    return made


def sized(text: str) -> bytes:
    """A text in UTF-8 behind its length in bytes, as two bytes; at most 65535 bytes."""
    encoded = text.encode()
    return u16(len(encoded)) + encoded
