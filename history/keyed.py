"""Keyed hashes, which nobody can guess at without the key folder."""

from __future__ import annotations

import hmac


def keyed_hash(index_key: bytes, label: str, text: bytes) -> bytes:
    """The keyed hash (32 bytes) of a text, for one use of such hashes, which `label` names."""
    return hmac.digest(index_key, label.encode() + b"\x00" + text, "sha256")


def claim_hash(index_key: bytes, name: str) -> bytes:
    """What history.claims holds of a claim's name, so that no address can be guessed from it."""
    return keyed_hash(index_key, "claim", name.encode())
