"""An operator with an empty database, and one whose database is ready."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.operations.command_line.operator import Operator


@pytest.fixture
def operator(database_url: str, tmp_path: Path) -> Operator:
    """An operator with an empty database."""
    return Operator(database_url, tmp_path / "data")


@pytest.fixture
def migrated(operator: Operator) -> Operator:
    """An operator whose database is ready."""
    operator.said("migrate")
    return operator
