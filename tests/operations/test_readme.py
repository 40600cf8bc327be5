"""The README, and what it leads to about running Overwinter, agree with the program."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from api.app import operations
from api.cli import main
from api.run.settings import as_markdown

ROOT = Path(__file__).parents[2]
README = "\n".join(
    (ROOT / name).read_text("utf-8")
    for name in (
        "README.md",
        "docs/json-tour.md",
        "docs/server.md",
        "docs/settings.md",
        "docs/demonstration.md",
    )
)
CODE = "\n".join(
    [*re.findall(r"```sh\n(.*?)```", README, re.DOTALL), *re.findall(r"`([^`\n]+(?:\n[^`\n]+)?)`", README)]
)
"""What stands in it as code, in blocks and in lines."""


def test_the_table_of_settings_is_the_programs_own() -> None:
    """Every setting stands in it, with its default and meaning."""
    assert as_markdown().strip() in README


def commands_named() -> list[str]:
    """What stands behind the program's name, to the end of its line or to what a shell would read as something else."""
    found = re.findall(r"(?:^|bin/|[\s(])overwinter +([a-z][^\n#`;&)]*)", CODE.replace("`", "\n"))
    return sorted({each.strip() for each in found})


@pytest.mark.parametrize("line", commands_named())
def test_a_command_that_it_names_exists_with_its_options(line: str) -> None:
    words = line.split()
    command: click.Command = main
    while isinstance(command, click.Group) and words:
        found = command.get_command(click.Context(command), words.pop(0))
        assert found is not None, f"there is no overwinter {line}"
        command = found
    known = {option for each in command.params for option in each.opts} | {"--help"}
    assert {word for word in words if word.startswith("--")} <= known


def test_commands_are_found_at_all() -> None:
    assert {"doctor", "verify --keys", "migrate --allow overwinter"} <= set(commands_named())


def shape(path: str) -> str:
    """A path with a placeholder in the place of each of its parts that is a variable."""
    path = path.partition("?")[0].rstrip("/.,")
    return re.sub(r"(?<=/)(\{[^/]*\}|\$\w+|\$\(.*?\)|[A-Z]+|\d+|…)(?=/|$)", "*", path)


def test_every_operation_that_it_names_exists() -> None:
    """In the tours, and in the text."""
    there = {(each.method, shape(each.path)) for each in operations()}
    text = re.sub(r"\$\(as funder[^)]*\)", "$FUND", CODE)
    named = {
        (method, shape(path))
        for method, path in re.findall(r"\b(GET|POST|PUT|DELETE) \"?(/api[^\s\"'`]*)", text)
    }
    assert len(named) > 30
    assert named - there == set()


def test_every_file_that_it_names_exists() -> None:
    named = set(
        re.findall(
            r"\b(?:docs/[\w/-]+\.(?:md|png)|requirements/\w+\.sh|docker-compose\.yml|CHANGELOG\.md)", README
        )
    )
    assert named
    assert {name for name in named if not (ROOT / name).exists()} == set()
