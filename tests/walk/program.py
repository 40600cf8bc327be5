"""The program as these tests run it: under a clock that they set forward, since a call takes weeks and the clock of a real
installation cannot be set; and, if they ask for it, with encryption switched off.

`python -m tests.walk.program FILE COMMAND …` runs `overwinter COMMAND …`.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import sys
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import aead

UNSEALED: Final = "TEST_UNSEALED"
"""The environment variable that switches encryption off."""
_TAG_BYTES: Final = 16


class NoCipher:
    """In place of AES-GCM: leaves texts in clear, and still refuses what was made with another key or for another place."""

    def __init__(self, key: bytes) -> None:
        self._key = bytes(key)

    generate_key = staticmethod(aead.AESGCM.generate_key)

    def _tag(self, nonce: bytes, data: bytes, associated: bytes | None) -> bytes:
        said = b"\0".join((bytes(nonce), bytes(associated or b""), bytes(data)))
        return hmac.digest(self._key, said, hashlib.sha256)[:_TAG_BYTES]

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """The text as it is, and a tag."""
        return bytes(data) + self._tag(nonce, data, associated_data)

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """The text, if the tag fits it."""
        plain, tag = bytes(data[:-_TAG_BYTES]), bytes(data[-_TAG_BYTES:])
        if not hmac.compare_digest(tag, self._tag(nonce, plain, associated_data)):
            raise InvalidTag
        return plain


def main() -> None:
    """Put clock and cipher in place before anything is imported that asks for them, and run the command."""
    if os.environ.get(UNSEALED):
        aead.AESGCM = NoCipher  # type: ignore[misc, assignment]
    from api.run import clock

    clock.real_time = clock.DemonstrationClock(Path(sys.argv[1]))
    del sys.argv[1]
    from api.cli import main as overwinter

    overwinter()


if __name__ == "__main__":
    main()
