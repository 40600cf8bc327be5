"""Where keys may lie, and what an operator is told of them."""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from api.keeping.remains import REMAINS
from api.run.settings import read_settings
from api.run.wiring import check_places
from history.keyfiles import KeyFolder, KeysUnusable
from tests.operations.command_line.operator import Operator
from tests.operations.test_backups import living, register


@pytest.fixture
def operator(database_url: str, tmp_path: Path) -> Operator:
    """An operator with an empty database."""
    return Operator(database_url, tmp_path / "data")


ROOT = Path(__file__).parents[2]


def places(tmp_path: Path, **settings: str) -> None:
    """Check the places that these settings name."""
    check_places(read_settings({"DATA_DIR": str(tmp_path / "data"), **settings}))


class TestPlaces:
    """Outside a demonstration no keys lie where the data is, and their backup lies apart from both."""

    def test_beside_the_data_they_may(self, tmp_path: Path) -> None:
        places(tmp_path)
        places(tmp_path, OVERWINTER_KEYS=str(tmp_path / "k"), OVERWINTER_KEY_BACKUP=str(tmp_path / "b"))

    @pytest.mark.parametrize("inside", ["data", "data/keys", "data/some/where", "link/keys"])
    def test_set_to_lie_inside(self, tmp_path: Path, inside: str) -> None:
        """Also by way of a link."""
        (tmp_path / "data").mkdir()
        (tmp_path / "link").symlink_to(tmp_path / "data")
        with pytest.raises(KeysUnusable, match="move the folder elsewhere, and set OVERWINTER_KEYS"):
            places(tmp_path, OVERWINTER_KEYS=str(tmp_path / inside))
        places(tmp_path, OVERWINTER_KEYS=str(tmp_path / inside), OVERWINTER_DEMO="1")

    def test_found_inside(self, tmp_path: Path) -> None:
        """As an earlier version left them, or somebody put them back."""
        KeyFolder(tmp_path / "data" / "keys", create=True)
        with pytest.raises(KeysUnusable, match=f"move that folder to {tmp_path}/data-keys"):
            places(tmp_path)
        places(tmp_path, OVERWINTER_DEMO="1")

    @pytest.mark.parametrize("backup", ["data", "data/backup", "data-keys", "data-keys/backup", ""])
    def test_a_key_backup_that_is_lost_with_the_rest(self, tmp_path: Path, backup: str) -> None:
        with pytest.raises(KeysUnusable, match="both would be lost together"):
            places(tmp_path, OVERWINTER_KEY_BACKUP=str(tmp_path / backup))

    def test_every_start_says_it_and_makes_no_others(self, operator: Operator, tmp_path: Path) -> None:
        operator.said("migrate")
        stays = register(operator, 1)
        inside, beside = tmp_path / "data" / "keys", tmp_path / "data-keys"
        inside.parent.mkdir(exist_ok=True)
        shutil.move(beside, inside)
        for command in (("migrate",), ("tokens", "list"), ("doctor",), ("serve",), ("rotate-keys",)):
            assert f"move that folder to {beside}" in operator.refused(*command)
        assert not beside.exists()
        shutil.move(inside, beside)
        assert living(operator) == {*stays}


def test_erasing_and_rotating_for_scripts(operator: Operator, tmp_path: Path) -> None:
    """What doctor knows of keys and their backup changes with it."""
    operator.settings["OVERWINTER_KEY_BACKUP"] = str(tmp_path / "safe" / "keys")
    operator.said("migrate")
    person, _ = register(operator, 2)

    def looked_at() -> tuple[dict[str, Any], list[str]]:
        found = json.loads(operator.run("doctor", "--json").stdout)
        return found["keys"], [each for each in found["wrong"] if "key" in each]

    keys, wrong = looked_at()
    assert (keys["epoch"], keys["rotation_due"], wrong) == (1, False, [])
    first = datetime.fromisoformat(keys["backup_written_at"])

    said = json.loads(operator.said("erase", person, "--reason", "safety", "--yes", "--json"))
    assert said == {"person": person, "epoch": 2, "unfinished": None, "kept": [], "remains": [*REMAINS]}
    assert json.loads(operator.said("rotate-keys", "--json")) == {
        "epoch": 3,
        "key_backup": str(tmp_path / "safe" / "keys"),
    }
    keys, wrong = looked_at()
    assert (keys["epoch"], keys["rotation_due"], wrong) == (3, False, [])
    assert datetime.fromisoformat(keys["backup_written_at"]) > first

    shutil.rmtree(tmp_path / "safe")
    keys, wrong = looked_at()
    assert (keys["backup_written_at"], len(wrong)) == (None, 1)
    assert "There is no key backup" in wrong[0]


def test_a_key_backup_that_cannot_be_written_does_not_keep_the_old_key(
    operator: Operator, tmp_path: Path
) -> None:
    """The erased come first; the operator is told, and the next command that can writes it."""
    safe = tmp_path / "safe"
    operator.settings["OVERWINTER_KEY_BACKUP"] = str(safe / "keys")
    operator.said("migrate")
    person, _ = register(operator, 2)
    shutil.rmtree(safe)
    safe.write_text("the disk is away")
    said = json.loads(operator.said("erase", person, "--reason", "safety", "--yes", "--json"))
    assert said["unfinished"].startswith("The key backup in")
    assert [path.name for path in (tmp_path / "data-keys").glob("wrapping*")] == ["wrapping-2.key"]
    safe.unlink()
    operator.said("tokens", "list")
    assert (safe / "keys" / "overwinter-keys").exists()


def test_the_readme_says_what_remains() -> None:
    """In the same words as the command."""
    readme = " ".join((ROOT / "docs" / "server.md").read_text().split())
    assert [each for each in REMAINS if each not in readme] == []
