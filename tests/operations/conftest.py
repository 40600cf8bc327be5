"""A folder for an embedded PostgreSQL."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def place() -> Iterator[Path]:
    """An owner-only folder with a short path, as a home would be."""
    folder = Path(tempfile.mkdtemp(prefix="ow-"))
    yield folder
    for note in folder.rglob("socket-folder"):
        shutil.rmtree(note.read_text(), ignore_errors=True)
    # The guard of a server ends by itself, and may still write there for a moment.
    until = time.monotonic() + 10
    while folder.exists():
        shutil.rmtree(folder, ignore_errors=time.monotonic() < until)
