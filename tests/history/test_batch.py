"""The JSON document of an append and the SQL function agree about the effects of an append."""

from __future__ import annotations

import re
from dataclasses import fields

import msgspec

from history.appends import Append, DueDate, Idempotency
from history.batch import arguments, reads
from history.migrate import migrations_in
from history.vault import WrappedKey
from tests.history.conftest import NOON
from tests.history.test_group_commit import fact

EVERYTHING = Append(
    facts=[fact("one")],
    read={"two": 3},
    answers="one",
    read_indexes={"index": 1},
    entries=[("index", "entry")],
    unique_names=[(b"name", "one")],
    removed_due=["over"],
    due=[DueDate("due", NOON, "one", 1)],
    new_keys=[WrappedKey("person-1", 1, b"wrapped")],
    sealed_for=["person-1"],
    erased=["person-2"],
    idempotency=Idempotency("somebody", b"key", b"request"),
)


def effects(append: Append) -> dict[str, list[dict[str, object]]]:
    """The lists of rows in an append's document."""
    document = arguments([(append, reads(append))])[0]
    return msgspec.json.decode(document.data[1:], type=dict[str, list[dict[str, object]]])


def test_the_function_looks_for_every_effect_and_no_other() -> None:
    """One that it does not look for would be left out without a word."""
    written = next(each.sql for each in migrations_in("history") if each.name.endswith("append"))
    looked_for = set(re.findall(r"IF p_batch \? '(\w+)'", written))
    assert effects(EVERYTHING).keys() == looked_for | {"facts"}


def test_an_effect_without_rows_is_left_out() -> None:
    """Then the function does nothing for it."""
    assert effects(Append(facts=[fact("one")], read={}, answers="one")).keys() == {"facts", "read"}


def test_the_example_has_everything_that_an_append_can_do() -> None:
    """A new field of `Append` is looked at here."""
    bare = Append(facts=[], read={}, answers="")
    assert all(getattr(EVERYTHING, each.name) != getattr(bare, each.name) for each in fields(Append))
