"""An installation of its own for each game of random play."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.play.installation import Installation, installed
from tests.projections.conftest import database_template

__all__ = ["database_template"]


@pytest.fixture
def installation(database_url: str, tmp_path: Path) -> Iterator[Installation]:
    """The program over a fresh database."""
    with installed(database_url, tmp_path) as installation:
        yield installation
