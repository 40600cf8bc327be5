"""Stored documents: the second reader agrees, every topic has an example that never changes, and every field is in its place."""

from __future__ import annotations

import json
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest

from domain.applications.facts import ApplicationSubmitted
from domain.funds import FundOpened
from domain.initiatives.facts import InstallationOpened
from domain.personal import Withheld
from domain.reviews.facts import ReviewSubmitted
from domain.topics import TOPICS, newest
from history.documents import fact_in, has_its_fields, leaf_of, opener, read, write
from history.format.document import read_document
from history.format.notation import FormatError
from history.format.sealing import associated_data, seal
from history.format.wrapped import wrap_key
from tests.history import golden, second_reader, topic_table
from tests.history.vectors import vectors

GOLDEN = sorted(golden.FOLDER.glob("*.json"))

GUARDED_SINCE = "2026-11-29T00:00:00+00:00"
"""Since this date no released example may be removed. Before it, format 2 was not in use anywhere."""


def _example(topic: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((golden.FOLDER / f"{topic}.json").read_text("utf-8"))
    return content


def test_every_topic_has_an_example_and_every_example_a_topic() -> None:
    written = {path.stem for path in GOLDEN}
    missing = sorted(set(TOPICS) - written)
    assert not missing, f"run `python -m tests.history.golden`, which writes the examples of {missing}"
    assert written == set(TOPICS)


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_released_example_decodes_for_ever(path: Path) -> None:
    """It decodes to the same fact; both readers find the same leaf; the plaintexts are those committed to."""
    content = json.loads(path.read_text("utf-8"))
    document, key = content["document"].encode(), bytes.fromhex(content["key"])

    recorded = read(content["topic"], document, opener({golden.SUBJECT: key}))

    stored = msgspec.convert(content["fact"], TOPICS[content["topic"]])
    assert recorded.fact == newest(content["topic"], stored)
    assert has_its_fields(read_document(document))
    assert leaf_of(document).hex() == second_reader.leaf_of(document).hex() == content["leaf"]
    assert fact_in(content["topic"], document, golden.HISTORY) == read(content["topic"], document).fact
    parsed = second_reader.read(document)
    for name in parsed["sealed"]:
        assert second_reader.open_sealed(parsed, name, key) == read_document(document).open(name, key)


def test_a_fact_is_read_as_it_was_recorded() -> None:
    """Topic, history, the whole envelope, and whom each field is sealed for."""
    topic = "application.submitted.v1"
    recorded = read(topic, _example(topic)["document"].encode())

    assert (recorded.history, recorded.topic, recorded.stream, recorded.version) == (
        golden.HISTORY,
        topic,
        "application-" + "2" * 32,
        2,
    )
    assert recorded.envelope == golden.envelope_of(topic)
    assert {recorded.subject(field) for field in recorded.sealed} == {golden.SUBJECT}
    fact = recorded.fact
    assert isinstance(fact, ApplicationSubmitted)
    assert (fact.title, fact.answers) == (Withheld.SEALED, {"one": Withheld.SEALED, "two": Withheld.SEALED})


@pytest.mark.parametrize("topic", ["installation.opened.v1", "application.submitted.v1"])
@pytest.mark.parametrize(
    ("member", "value"),
    [("format", 3), ("topic", "person.erased.v1"), ("history", "f" * 32)],
)
def test_a_fact_that_verify_would_refuse_is_not_decided_on(topic: str, member: str, value: object) -> None:
    """One of another format, topic or history, or of none."""
    document = _example(topic)["document"].encode()
    assert isinstance(read(topic, document, history=golden.HISTORY).fact, TOPICS[topic])
    for altered in (json.loads(document) | {member: value}, json.loads(document)):
        if altered[member] != value:
            del altered[member]
        written = msgspec.json.encode(altered, order="sorted")
        with pytest.raises((FormatError, msgspec.MsgspecError)):
            fact_in(topic, written, golden.HISTORY)
        with pytest.raises((FormatError, msgspec.MsgspecError)):
            read(topic, written, history=golden.HISTORY)


def test_a_time_is_written_in_utc_with_all_or_no_digits_of_a_second() -> None:
    """Whatever zone the clock has."""
    zone = timezone(timedelta(hours=2))
    for moment, written in (
        (datetime(2026, 3, 1, 14, 30, tzinfo=zone), b'"decided_at":"2026-03-01T12:30:00Z"'),
        (datetime(2026, 3, 1, 12, 30, 0, 100, tzinfo=UTC), b'"decided_at":"2026-03-01T12:30:00.000100Z"'),
    ):
        envelope = msgspec.structs.replace(golden.envelope_of("installation.opened.v1"), decided_at=moment)
        stored = write(InstallationOpened(demonstration=True), golden.HISTORY, envelope, {}, bytes)
        assert written in stored.document
        assert read_document(stored.document).commitments().leaf == stored.leaf


def test_what_the_format_cannot_hold_is_not_written() -> None:
    """An integer that readers would take for another, and a key that could pass for something else."""
    opened = golden.fact_of(FundOpened)
    submitted = golden.fact_of(ApplicationSubmitted)
    for fact in (
        msgspec.structs.replace(submitted, requested=2**53),
        msgspec.structs.replace(submitted, answers={"a/b": None}),
        msgspec.structs.replace(submitted, answers={"a\u202eb": None}),
        msgspec.structs.replace(opened, initiative="\ud800"),
        msgspec.structs.replace(golden.fact_of(ReviewSubmitted), scores={"a/b": 1}),
    ):
        with pytest.raises((FormatError, UnicodeError)):
            write(
                fact,
                golden.HISTORY,
                golden.envelope_of("application.submitted.v1"),
                {golden.SUBJECT: golden.KEY},
                golden.fixed_random(),
            )


def _altered(topic: str, alter: Callable[[dict[str, Any]], None]) -> tuple[bytes, bytes]:
    """A topic's example, and what somebody made of it."""
    document = _example(topic)["document"]
    parsed = json.loads(document)
    alter(parsed)
    return document.encode(), msgspec.json.encode(parsed, order="sorted")


def _seal_an_amount(document: dict[str, Any]) -> None:
    steps = second_reader.steps(document)
    del document["fact"]["amount"]
    document["fact"]["grant"] = "grant-" + "2" * 32
    document["sealed"]["amount"] = {"box": None, "digest": steps["fields"]["amount"].hex(), "of": "grant"}


def _give_to_the_juror(document: dict[str, Any]) -> None:
    document["fact"]["juror"] = "person-" + "6" * 32
    for sealed in document["sealed"].values():
        sealed["of"] = "juror"


def _forget_a_comment(document: dict[str, Any]) -> None:
    del document["sealed"]["comment_jury"]


def _score_in_words(document: dict[str, Any]) -> None:
    document["fact"]["scores"]["two"] = "ten"


@pytest.mark.parametrize(
    ("topic", "alter"),
    [
        ("grant.instalment_settled.v1", _seal_an_amount),
        ("review.submitted.v1", _give_to_the_juror),
        ("review.submitted.v1", _forget_a_comment),
        ("review.submitted.v1", _score_in_words),
    ],
)
def test_a_topic_s_fields_are_where_it_says(topic: str, alter: Callable[[dict[str, Any]], None]) -> None:
    """Public or sealed, for whom, and of which type; and whoever moves one has another leaf."""
    document, altered = _altered(topic, alter)
    assert has_its_fields(read_document(document))
    assert not has_its_fields(read_document(altered))
    assert leaf_of(altered) != leaf_of(document)


def test_released_examples_are_not_changed() -> None:
    """Each file still has the digest under which it was released."""
    entries = [line.split() for line in golden.RELEASED.read_text().splitlines()]
    assert sorted(name for _, name in entries) == [path.name for path in GOLDEN]
    for digest, name in entries:
        assert sha256((golden.FOLDER / name).read_bytes()).hexdigest() == digest, name


def test_the_list_of_released_examples_only_ever_grew() -> None:
    """No commit took a line out of it since format 2 is in use: a changed example would need that."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    log = subprocess.run(
        [
            "git",
            "log",
            f"--since={GUARDED_SINCE}",
            "--format=",
            "--patch",
            "--unified=0",
            "--",
            str(golden.RELEASED),
        ],
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


def test_the_example_of_the_documentation_is_right() -> None:
    """The numbers worked out step by step in docs/history-format.md are those of the first vector, and the program writes
    that document."""
    vector = vectors("document", good=True)[0]
    text = (Path(__file__).parents[2] / "docs" / "history-format.md").read_text("utf-8")
    parts, field = vector["parts"], vector["fields"]["demonstration"]
    for value in (
        *(vector[name] for name in ("document", "xof_absorbed", "body_salt", "body_hashed", "body")),
        *(vector[name] for name in ("entry_hashed", "entry", "leaf")),
        *(part[name] for part in parts.values() for name in ("salt", "digest")),
        *(parts["actor"]["hashed"], field["salt"], field["hashed"], field["digest"]),
    ):
        assert value in text

    envelope = msgspec.json.decode(
        msgspec.json.encode(json.loads(vector["document"])["envelope"]), type=type(golden.envelope_of("a.v1"))
    )
    stored = write(
        InstallationOpened(demonstration=True), "0" * 32, envelope, {}, lambda size: b"\x11" * size
    )
    assert (stored.document.decode(), stored.leaf.hex()) == (vector["document"], vector["leaf"])


def test_the_sealed_example_of_the_documentation_is_right() -> None:
    """The sealed field and the wrapped key that docs/history-format.md works out are those of two vectors, and both are made
    again from their keys, salts and nonces."""
    text = (Path(__file__).parents[2] / "docs" / "history-format.md").read_text("utf-8")
    vector = next(v for v in vectors("document", good=True) if v["name"] == "bucket: a value of 2 bytes")
    wrapped, field = vectors("wrapped", good=True)[0], vector["fields"]["text"]
    document = json.loads(vector["document"])
    key, nonce = bytes.fromhex(field["key"]), bytes.fromhex(wrapped["wrapped"])[8:20]
    for value in (
        *(vector["name"], document["envelope"]["place"]["stream"], document["history"], document["topic"]),
        *(field[name] for name in ("salt", "hashed", "digest", "nonce", "plaintext", "associated", "key")),
        *(document["sealed"]["text"]["box"], document["fact"]["who"]),
        *(wrapped[name] for name in ("wrapping_key", "associated", "wrapped")),
        nonce.hex(),
    ):
        assert value in text

    binding = read_document(vector["document"].encode()).binding("text")
    salt = bytes.fromhex(field["salt"])
    digest, box = seal(key, binding, salt, field["value"].encode())
    plaintext = salt + len(field["value"]).to_bytes(4, "big") + field["value"].encode()
    assert plaintext.ljust(128, b"\x00").hex() == field["plaintext"]
    assert sha256(bytes.fromhex(field["hashed"])).digest() == digest
    assert (digest.hex(), digest[:12].hex()) == (field["digest"], field["nonce"])
    assert associated_data(binding, digest).hex() == field["associated"]
    assert b64encode(box).decode() == document["sealed"]["text"]["box"]
    assert (wrapped["key"], wrapped["history"], wrapped["subject"]) == (
        *(field["key"], document["history"], document["fact"]["who"]),
    )
    wrapping_key = bytes.fromhex(wrapped["wrapping_key"])
    made = wrap_key(wrapping_key, wrapped["history"], wrapped["subject"], wrapped["epoch"], key, nonce)
    assert made.hex() == wrapped["wrapped"]


def test_the_documentation_has_every_topic_with_its_fields() -> None:
    text = topic_table.PAGE.read_text("utf-8")
    current = topic_table.in_page(text) == text
    assert current, "docs/history-format.md is out of date: run `python -m tests.history.topic_table`"
    assert all(f"| `{topic}` |" in text for topic in TOPICS)


def test_any_flipped_byte_of_a_document_is_found() -> None:
    """Whichever byte is altered, the leaf is another one, a box does not open, or it cannot be read at all."""
    content = _example("person.registered.v1")
    document = content["document"].encode()
    boxes = [(document.index(field["box"].encode()), len(field["box"]))
             for field in json.loads(document)["sealed"].values()]  # fmt: skip
    key = bytes.fromhex(content["key"])
    for index in range(len(document)):
        if any(start + 4 < index < start + size - 4 for start, size in boxes) and index % 97:
            continue  # inside a box one byte in 97 is enough
        broken = bytearray(document)
        broken[index] ^= 1
        with pytest.raises((AssertionError, second_reader.Refusal)):
            _believe(bytes(broken), content["leaf"], key)
        with pytest.raises((AssertionError, FormatError)):
            _believe_ours(bytes(broken), content["leaf"], key)


def _believe(document: bytes, leaf: str, key: bytes) -> None:
    assert second_reader.leaf_of(document).hex() == leaf
    parsed = second_reader.read(document)
    for name in parsed["sealed"]:
        second_reader.open_sealed(parsed, name, key)


def _believe_ours(document: bytes, leaf: str, key: bytes) -> None:
    parsed = read_document(document)
    assert parsed.commitments().leaf.hex() == leaf
    for name in parsed.sealed:
        parsed.open(name, key)


def test_a_field_of_an_erased_subject_reads_as_erased_and_its_leaf_stays() -> None:
    """The proofs outlive the person, and also the bytes of the box."""
    content = _example("person.registered.v1")
    document = content["document"].encode()
    parsed = json.loads(document)
    for field in parsed["sealed"].values():
        field["box"] = None
    for erased in (document, msgspec.json.encode(parsed, order="sorted")):
        recorded = read(content["topic"], erased, opener({}))
        assert recorded.fact.name is Withheld.ERASED  # type: ignore[attr-defined]
        assert leaf_of(erased).hex() == content["leaf"]
