"""Keyed hashes: without the key folder, nobody can test a guess against them."""

from __future__ import annotations

import hmac


def keyed_hash(index_key: bytes, label: str, text: bytes) -> bytes:
    """The keyed hash (32 bytes) of a text. `label` names the purpose, so that hashes of different purposes differ."""
    return hmac.digest(index_key, label.encode() + b"\x00" + text, "sha256")


def unique_name_hash(index_key: bytes, name: str) -> bytes:
    """The hash stored in history.unique_names instead of a unique name itself, so that no address can be guessed from the table."""
    return keyed_hash(index_key, "unique-name", name.encode())
