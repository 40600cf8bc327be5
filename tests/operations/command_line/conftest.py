"""An operator with an empty database, and one whose database is ready."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from api.postgres.embedded import EmbeddedPostgres
from tests.conftest import drop_database, make_database
from tests.operations.command_line.operator import Operator


@pytest.fixture
def operator(database_url: str, tmp_path: Path) -> Operator:
    """An operator with an empty database."""
    return Operator(database_url, tmp_path / "data")


@pytest.fixture(scope="session")
def migrated_once(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """The name of a database that an operator migrated, and the folder with all else that this made. To be copied, never used."""
    name, folder = f"migrated_{uuid4().hex}", tmp_path_factory.mktemp("migrated")
    make_database(postgres, name)
    Operator(postgres.url_of(name), folder / "data").said("migrate")
    return name, folder


@pytest.fixture
def migrated(
    postgres: EmbeddedPostgres, migrated_once: tuple[str, Path], tmp_path: Path
) -> Iterator[Operator]:
    """An operator whose database is ready."""
    template, folder = migrated_once
    name = f"test_{uuid4().hex}"
    make_database(postgres, name, template=template)
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    yield Operator(postgres.url_of(name), tmp_path / "data")
    drop_database(postgres, name)
