"""A stranger with the rows and the key folder recomputes the whole history, and notices any altered byte."""

from __future__ import annotations

import json
import random

import psycopg
import pytest

from api.postgres.embedded import EmbeddedPostgres
from tests.history import second_reader
from tests.journey.running import Running
from tests.journey.walk import Walked


@pytest.mark.parametrize("rows_altered", [40, pytest.param(None, marks=pytest.mark.long, id="every row")])
def test_every_leaf_of_the_journey_is_recomputed_and_any_flipped_byte_found(
    running: Running, walked: Walked, rows_altered: int | None
) -> None:
    """Keys are unwrapped, boxes opened, plaintexts held against their commitments, by code that is not the program's."""
    person = running.person(running.token).post("/api/persons", name="Read Twice", email=None, language="en")[
        "id"
    ]
    with EmbeddedPostgres(running.folder / "postgres") as server, psycopg.connect(server.url) as connection:
        rows = connection.execute(
            "SELECT position, stream, version, topic, document, leaf FROM history.facts ORDER BY position"
        ).fetchall()
        wrapped = connection.execute("SELECT subject, epoch, wrapped FROM vault.keys").fetchall()
        found = connection.execute("SELECT history_id FROM history.installation").fetchone()
    assert found is not None
    (file,) = (running.folder / "keys").glob("wrapping-*.key")
    wrapping_key = bytes.fromhex(file.read_text())
    keys = {
        subject: second_reader.unwrap(wrapping_key, found[0], subject, epoch, key)
        for subject, epoch, key in wrapped
    }

    assert {person, *(each.id for each in walked.people.values())} <= keys.keys()
    assert walked.ids["grant"] in {row[1] for row in rows}
    assert second_reader.check(rows, keys) >= 2 * len(keys)

    chance = random.Random(11)
    for index in chance.sample(range(len(rows)), rows_altered or len(rows)):
        row = rows[index]
        broken = bytearray(row[4])
        broken[chance.randrange(len(broken))] ^= 1 << chance.randrange(8)
        altered = [*rows[:index], (*row[:4], bytes(broken), row[5])]
        erased = any(subject not in keys for subject in second_reader.subjects(row[4]))
        if not erased:
            with pytest.raises(second_reader.Broken):
                second_reader.check(altered, keys)
    with pytest.raises(second_reader.Broken):
        second_reader.check(rows[:1] + rows[2:], keys)


def test_no_byte_of_a_document_can_be_written_otherwise(running: Running, walked: Walked) -> None:
    """Every single byte of some documents, with the bit flipped that makes a letter large or small, and with another."""
    with EmbeddedPostgres(running.folder / "postgres") as server, psycopg.connect(server.url) as connection:
        rows = connection.execute(
            "SELECT topic, document, leaf FROM history.facts WHERE stream = ANY (%s) ORDER BY position",
            ([walked.ids["application"], walked.ids["grant"]],),
        ).fetchall()
    chance = random.Random(12)
    for topic, stored, leaf in rows[:8]:
        for place in range(len(stored)):
            for bit in (5, chance.randrange(8)):
                broken = bytearray(stored)
                broken[place] ^= 1 << bit
                assert not intact(bytes(broken), leaf, stored), (topic, place, bit)


def intact(broken: bytes, leaf: bytes, stored: bytes) -> bool:
    """Whether altered bytes still have the leaf, boxes aside: those are held against their plaintexts."""
    try:
        if second_reader.leaf_of(broken) != leaf:
            return False
        boxes = [
            {name: sealed["box"] for name, sealed in json.loads(each)["sealed"].items()}
            for each in (broken, stored)
        ]
        return boxes[0] == boxes[1]
    except second_reader.Refusal:
        return False
