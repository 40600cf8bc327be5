"""The bad vectors in a database: verification reports every one that a database can contain."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from api.postgres.embedded import EmbeddedPostgres
from history.keyfiles import KeyFolder
from history.vault import Vault, WrappedKey
from history.verify import Verified, verify
from tests.history import second_reader
from tests.history.vectors import Vector, bytes_of, title, vectors

Fact = tuple[str, int, str, bytes, bytes]
"""Stream, version, topic, document and leaf of a row."""

CHECKS = {"leaf": "leaf", "box": "sealed"}
BREAKS = {
    "`previous` is not the leaf before": "previous",
    "a version is missing, or comes twice": "version",
    "a stream does not begin with its first fact": "begin",
    "another initiative": "initiative",
}


class Holder:
    """A database filled with arbitrary rows, as its owner could do."""

    def __init__(self, url: str, keys: KeyFolder) -> None:
        self.url = url
        self.keys = keys

    def checks(self, history: str, facts: Iterable[Fact], keys: dict[str, bytes] | None = None) -> set[str]:
        """Which checks a history of these facts fails."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute("TRUNCATE history.facts, history.installation, vault.keys")
            connection.execute("INSERT INTO history.installation (history_id) VALUES (%s)", (history,))
            for position, fact in enumerate(facts, 1):
                connection.execute(
                    "INSERT INTO history.facts VALUES (%s, %s, %s, %s, %s, %s, now())", (position, *fact)
                )
            for subject, key in (keys or {}).items():
                row = WrappedKey(subject, 1, self.keys.wrap(history, subject, key))
                connection.execute(
                    "INSERT INTO vault.keys (subject, epoch, wrapped) VALUES (%s, %s, %s)",
                    (row.subject, row.epoch, row.wrapped),
                )
        vault = Vault(self.keys, history) if keys is not None else None
        return {wrong.check for wrong in verify(self.url, vault=vault).wrong}


@pytest.fixture
def holder(postgres: EmbeddedPostgres, database_url: str, tmp_path: Any) -> Holder:
    database = conninfo_to_dict(database_url)["dbname"]
    assert isinstance(database, str)
    return Holder(postgres.url_of(database, "postgres"), KeyFolder(tmp_path / "keys", create=True))


def row_of(vector: Vector) -> tuple[str, Fact]:
    """The history that a vector's document names, and its row; its leaf is the one stated, or the one that it has."""
    document = second_reader.read(bytes_of(vector))
    place = document["envelope"]["place"]
    leaf = bytes.fromhex(vector["leaf"]) if "leaf" in vector else second_reader.leaf_of(bytes_of(vector))
    return document["history"], (place["stream"], place["version"], document["topic"], bytes_of(vector), leaf)


def test_every_bad_document_is_named(holder: Holder) -> None:
    """Each in a row of its own, which has a stream and a leaf."""
    bad = vectors("document", good=False)
    rows = [
        (f"person-{number:032x}", 1, "person.registered.v1", bytes_of(vector), bytes(32))
        for number, vector in enumerate(bad)
    ]
    holder.checks("0" * 32, rows)
    named = {wrong.position for wrong in verify(holder.url).wrong if wrong.check in ("document", "format")}
    assert named == set(range(1, len(bad) + 1))


@pytest.mark.parametrize("kind", ["leaf", "box"])
def test_a_bad_leaf_or_box_is_named(holder: Holder, kind: str) -> None:
    """Every one of them; boxes with the key at hand. A box that was destroyed counts as long as there is a key."""
    for vector in vectors(kind, good=False):
        history, row = row_of(vector)
        keys = None
        if kind == "box":
            document = second_reader.read(row[3])
            subject = document["fact"][document["sealed"][vector["field"]]["of"]]
            keys = {subject: bytes.fromhex(vector["key"])}
        assert CHECKS[kind] in holder.checks(history, [row], keys), vector["reason"]


def test_a_broken_chain_is_named(holder: Holder) -> None:
    """As far as a table can hold it: no stream has a version twice there."""
    held = 0
    for vector in vectors("chain", good=False):
        rows = [row_of(row) for row in vector["rows"]]
        if len({(fact[0], fact[1]) for _, fact in rows}) < len(rows):
            with pytest.raises(psycopg.errors.UniqueViolation):
                holder.checks(rows[0][0], [fact for _, fact in rows])
            continue
        held += 1
        assert BREAKS[vector["refused_with"]] in holder.checks(rows[0][0], [fact for _, fact in rows])
    assert held == 4


@pytest.mark.parametrize("vector", vectors("wrapped", good=True), ids=title)
def test_a_wrapped_key_that_opens_is_used(holder: Holder, vector: Vector, tmp_path: Path) -> None:
    """As the next test has it, with what is right."""
    found = with_wrapped_key(holder, vector, tmp_path)
    assert "key" not in {wrong.check for wrong in found.wrong}


@pytest.mark.parametrize("vector", vectors("wrapped", good=False), ids=title)
def test_a_wrapped_key_that_breaks_a_rule_is_named(holder: Holder, vector: Vector, tmp_path: Path) -> None:
    """The fields that its subject's key seals cannot be opened, which the position of each says."""
    found = with_wrapped_key(holder, vector, tmp_path)
    assert "key" in {wrong.check for wrong in found.wrong}


def with_wrapped_key(holder: Holder, vector: Vector, tmp_path: Path) -> Verified:
    """What is found, with the vector's wrapping key, in a history in which fields are sealed for two people, one of whom
    has the vector's wrapped key."""
    rows: list[Fact] = []
    for good in vectors("document", good=True):
        _, row = row_of(good)
        sealed = second_reader.read(row[3])["sealed"]
        if sealed and (row[0], row[1]) not in {taken[:2] for taken in rows}:
            rows.append(row)
    holder.checks(vector["history"], rows)
    with psycopg.connect(holder.url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO vault.keys (subject, epoch, wrapped) VALUES (%s, %s, %s)",
            (vector["subject"], vector["epoch"], bytes.fromhex(vector["wrapped"])),
        )
    folder = tmp_path / "of the vector"
    folder.mkdir(mode=0o700)
    (folder / "index.key").write_text("00" * 32)
    (folder / f"wrapping-{vector['epoch']}.key").write_text(vector["wrapping_key"])
    keys = KeyFolder(folder, create=False, epoch=vector["epoch"])
    return verify(holder.url, vault=Vault(keys, vector["history"]))
