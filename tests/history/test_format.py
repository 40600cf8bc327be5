"""The stored format: the vectors of docs/history-format.md, a second reader, and examples that never change."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest

from domain.initiatives import InstallationOpened
from domain.personal import Withheld
from domain.topics import TOPICS
from history import commitments
from history.documents import fact_in, has_its_fields, leaf_of, opener, read, write
from tests.history import golden, second_reader

GOLDEN = sorted(golden.FOLDER.glob("*.json"))


def test_every_topic_has_an_example_and_every_example_a_topic() -> None:
    """A topic without one is not ready: run ``python -m tests.history.golden``."""
    assert {path.stem for path in GOLDEN} == set(TOPICS)


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_released_example_decodes_for_ever(path: Path) -> None:
    """It decodes to the same fact; both readers find the same leaf; the plaintexts are those committed to."""
    content = json.loads(path.read_text("utf-8"))
    document, key = content["document"].encode(), bytes.fromhex(content["key"])

    recorded = read(content["topic"], document, opener({golden.SUBJECT: key}))

    assert json.loads(msgspec.json.encode(recorded.fact)) == content["fact"]
    assert has_its_fields(content["topic"], document)
    assert leaf_of(document).hex() == second_reader.leaf_of(document).hex() == content["leaf"]
    assert fact_in(content["topic"], document) == read(content["topic"], document).fact
    parsed = json.loads(document)
    for name in parsed["sealed"]:
        second_reader.open_sealed(parsed, name, key)


def _altered(topic: str, alter: Callable[[dict[str, Any]], None]) -> tuple[bytes, bytes]:
    """A topic's example, and what somebody made of it."""
    document = json.loads((golden.FOLDER / f"{topic}.json").read_text("utf-8"))["document"]
    parsed = json.loads(document)
    alter(parsed)
    return document.encode(), msgspec.json.encode(parsed, order="sorted")


def _hide_a_score(document: dict[str, Any]) -> None:
    document["fact"]["scores/two"] = document["fact"]["scores"].pop("two")


def _flatten_a_title(document: dict[str, Any]) -> None:
    for language, text in document["fact"].pop("title").items():
        document["fact"][f"title/{language}"] = text


def _seal_an_amount(document: dict[str, Any]) -> None:
    value = json.dumps(document["fact"].pop("amount")).encode()
    salt = commitments.public_salt(bytes.fromhex(document["seed"]), "fact/amount")
    digest = commitments.field_digest(salt, "fact/amount", value).hex()
    document["sealed"]["amount"] = {"box": "", "digest": digest, "subject": document["fact"]["grant"]}


def _give_to_the_juror(document: dict[str, Any]) -> None:
    for sealed in document["sealed"].values():
        sealed["subject"] = document["fact"]["juror"]


def _forget_a_comment(document: dict[str, Any]) -> None:
    del document["sealed"]["comment_jury"]


@pytest.mark.parametrize(
    ("topic", "alter"), [("review.submitted.v1", _hide_a_score), ("call.drafted.v1", _flatten_a_title)]
)
def test_a_member_s_name_never_passes_for_a_member_of_a_member(
    topic: str, alter: Callable[[dict[str, Any]], None]
) -> None:
    """Their commitments have the same names, and what folds the fact would see it without them."""
    _, altered = _altered(topic, alter)
    for reader in (leaf_of, second_reader.leaf_of):
        with pytest.raises(ValueError, match="slash"):
            reader(altered)
    assert not has_its_fields(topic, altered)


@pytest.mark.parametrize(
    ("topic", "alter"),
    [
        ("grant.instalment_settled.v1", _seal_an_amount),
        ("review.submitted.v1", _give_to_the_juror),
        ("review.submitted.v1", _forget_a_comment),
    ],
)
def test_a_topic_s_fields_are_where_it_says(topic: str, alter: Callable[[dict[str, Any]], None]) -> None:
    """Public or sealed, and for whom: of that the leaf may tell nothing."""
    document, altered = _altered(topic, alter)
    assert has_its_fields(topic, document)
    assert not has_its_fields(topic, altered)
    if alter is not _forget_a_comment:
        assert leaf_of(altered) == leaf_of(document)


def test_a_leaf_is_what_its_steps_come_to_one_by_one() -> None:
    """Salt and digest of each field, the entry over all of them, its leaf; names beyond ASCII included."""
    seed, sealed = bytes(range(32)), {"fact/name": b"\x05" * 32}
    public = {"fact/b": b"1", "envelope/a": b'"x"' * 99, "fact/ответ": b"null", "fact/\U0001f331": b"[]"}

    digests = {
        name: commitments.field_digest(commitments.public_salt(seed, name), name, value)
        for name, value in public.items()
    }
    entry = commitments.entry_digest(commitments.entry_salt(seed), digests | sealed)

    assert commitments.leaf_of(seed, public, sealed) == commitments.leaf_hash(entry)


def test_released_examples_are_not_changed() -> None:
    """Each file still has the digest under which it was released."""
    entries = [line.split() for line in golden.RELEASED.read_text().splitlines()]
    assert sorted(name for _, name in entries) == [path.name for path in GOLDEN]
    for digest, name in entries:
        assert sha256((golden.FOLDER / name).read_bytes()).hexdigest() == digest, name


def test_the_list_of_released_examples_only_ever_grew() -> None:
    """No commit took a line out of it: a changed example would need that."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    log = subprocess.run(
        ["git", "log", "--format=", "--patch", "--unified=0", "--", str(golden.RELEASED)],
        capture_output=True,
        text=True,
        check=False,
        cwd=golden.FOLDER,
    )
    if log.returncode != 0:
        pytest.skip("not a git checkout")
    removed = [
        line for line in log.stdout.splitlines() if line.startswith("-") and not line.startswith("---")
    ]
    assert removed == []


def test_the_vector_of_the_documentation() -> None:
    """The numbers worked out step by step in docs/history-format.md are those of the program."""
    envelope = msgspec.structs.replace(
        golden.envelope_of("installation.opened.v1"),
        initiative=None, stream="installation-" + "0" * 32, version=1, previous=None, stream_salt="cd" * 16,
        decided_at=golden.datetime(2026, 3, 1, 12, 30, tzinfo=golden.UTC), actor="system", role="system",
        handle=None, scope=None, channel="cli",
    )  # fmt: skip
    stored = write(InstallationOpened(demonstration=True), envelope, {}, lambda size: b"\x11" * size)
    text = (Path(__file__).parents[2] / "docs" / "history-format.md").read_text("utf-8")
    parsed = json.loads(stored.document)
    salt = second_reader.hmac.digest(
        b"\x11" * 32, second_reader.framed(b"overwinter/field-salt/1", b"fact/demonstration"), "sha256"
    )
    digest = second_reader.digest_of(salt, "fact/demonstration", b"true")

    assert stored.document.decode() in text
    assert salt.hex() in text
    assert digest.hex() in text
    assert stored.leaf.hex() in text
    assert second_reader.leaf_of(stored.document) == stored.leaf
    assert parsed["fact"] == {"demonstration": True}


def test_the_second_reader_finds_any_flipped_byte() -> None:
    """Whichever byte of a document is altered, its leaf is another one, or it cannot be read at all."""
    content = json.loads((golden.FOLDER / "application.submitted.v1.json").read_text("utf-8"))
    document = content["document"].encode()
    boxes = [(document.index(field["box"].encode()), len(field["box"]))
             for field in json.loads(document)["sealed"].values()]  # fmt: skip
    key = bytes.fromhex(content["key"])
    for index in range(len(document)):
        if any(start + 4 < index < start + size - 4 for start, size in boxes) and index % 97:
            continue  # inside a box one byte in 97 is enough
        broken = bytearray(document)
        broken[index] ^= 1
        row = (1, content["topic"], broken, content["leaf"])
        with pytest.raises(Exception):  # noqa: B017, PT011 - any way of noticing will do
            _believe(row, key)


def _believe(row: tuple[int, str, bytearray, str], key: bytes) -> None:
    _, _, document, leaf = row
    assert second_reader.leaf_of(bytes(document)).hex() == leaf
    parsed = json.loads(document)
    for name in parsed["sealed"]:
        second_reader.open_sealed(parsed, name, key)


def test_a_field_of_an_erased_subject_reads_as_erased_and_its_leaf_stays() -> None:
    """The proofs outlive the person."""
    content = json.loads((golden.FOLDER / "person.registered.v1.json").read_text("utf-8"))
    document = content["document"].encode()
    recorded = read(content["topic"], document, opener({}))
    assert recorded.fact.name is Withheld.ERASED  # type: ignore[attr-defined]
    assert leaf_of(document).hex() == content["leaf"]
