"""Opaque tokens for positions: a client sends one back to read its own writes, and learns nothing from it."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

POSITION: Final = b"position"
"""The purpose of a token that a client sends back to read its own writes."""
CURSOR: Final = b"a cursor"
"""The purpose of a token that marks where the next page of a list begins."""


class PositionTokens:
    """Converts positions to tokens of 22 characters and back, under its own key and for one purpose.

    A token is one AES block (position and purpose, 8 bytes each), so equal positions give equal tokens, and tokens reveal
    neither order nor distance. A token for another purpose is rejected.
    """

    def __init__(self, key: bytes, purpose: bytes = POSITION) -> None:
        assert len(purpose) == 8, "a token is one block"
        self._purpose = purpose
        # There is only ever one block, so ECB mode is safe here.
        self._cipher = Cipher(algorithms.AES256(key), modes.ECB())  # noqa: S305

    def token(self, position: int) -> str:
        """The token of a position."""
        encryptor = self._cipher.encryptor()
        block = encryptor.update(position.to_bytes(8, "big") + self._purpose) + encryptor.finalize()
        return urlsafe_b64encode(block).decode().rstrip("=")

    def position(self, token: str) -> int | None:
        """The position of a token, or None if the token is not valid."""
        try:
            block = urlsafe_b64decode(token + "==")
        except ValueError:
            return None
        if len(block) != 16:
            return None
        decryptor = self._cipher.decryptor()
        plain = decryptor.update(block) + decryptor.finalize()
        return int.from_bytes(plain[:8], "big") if plain[8:] == self._purpose else None
