"""Verifying the whole history after a superuser has changed it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from api.postgres.embedded import EmbeddedPostgres
from history.documents import leaf_of
from history.vault import Vault
from history.verify import CHECKS, Finding, Verified, verify
from tests.history.conftest import Office

pytestmark = pytest.mark.anyio

Change = Callable[..., None]


@pytest.fixture
def change(postgres: EmbeddedPostgres, database_url: str) -> Change:
    """A superuser's statement on the facts, without the trigger that refuses it."""
    database = conninfo_to_dict(database_url)["dbname"]

    def run(*statements: str, **values: Any) -> None:
        with psycopg.connect(postgres.url_of(database, "postgres"), autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute("BEGIN")
            for statement in statements:
                connection.execute(statement.encode(), values)
            connection.execute("COMMIT")

    return run


async def begun(office: Office) -> Verified:
    """An installation with some facts; as they were recorded, all is well."""
    await office.opened()
    for number in range(4):
        await office.person(f"Somebody {number}")
    found = verify(office.url)
    assert (found.facts, found.found, found.wrong) == (found.newest, 0, ())
    return found


def at(office: Office, topic: str) -> int:
    """The position of the first fact of a topic."""
    return next(row[0] for row in office.rows() if row[3] == topic)


async def test_a_history_without_a_fact_is_whole(office: Office) -> None:
    """There is nothing to be wrong with."""
    assert verify(office.url) == Verified(facts=0, newest=0, found=0, wrong=())


async def test_it_tells_how_far_it_is(office: Office) -> None:
    """From nothing to the newest position."""
    newest = (await begun(office)).newest
    told: list[tuple[int, int]] = []
    verify(office.url, lambda position, whole: told.append((position, whole)))
    assert (told[0], told[-1]) == ((0, newest), (newest, newest))


async def test_a_changed_value_is_found(office: Office, change: Change) -> None:
    """In whatever fact; its leaf no longer fits, and the stream goes on from the old one."""
    await begun(office)
    position = at(office, "initiative.founded.v1")
    change(
        "UPDATE history.facts SET document = convert_to(replace(convert_from(document, 'UTF8'), "
        "'Example Initiative', 'Example Initiatives'), 'UTF8') WHERE position = %(position)s",
        position=position,
    )
    assert verify(office.url).wrong == (Finding(position, "leaf"),)


async def test_every_flipped_bit_is_found(office: Office, change: Change) -> None:
    """Of a fact without sealed fields, anywhere in its document or its leaf."""
    await begun(office)
    position = at(office, "initiative.founded.v1")
    _, _, _, _, document, leaf = office.rows()[position - 1]
    column = "UPDATE history.facts SET {} = set_bit({}, %(bit)s, 1 - get_bit({}, %(bit)s)) WHERE position = %(position)s"
    for name, size in (("document", len(document)), ("leaf", len(leaf))):
        flip = column.format(name, name, name)
        for byte in range(0, size, 7):
            bit = byte * 8 + byte % 8
            change(flip, bit=bit, position=position)
            assert {each.check for each in verify(office.url).wrong} & {"leaf", "document", "format"}, (
                name,
                bit,
            )
            change(flip, bit=bit, position=position)
    assert verify(office.url).found == 0


async def test_a_document_with_its_leaf_made_anew_breaks_the_chain(office: Office, change: Change) -> None:
    """Unless it is the newest of its stream: what follows names the leaf that it had."""
    await begun(office)
    position = at(office, "installation.opened.v1")
    document = office.rows()[position - 1][4].replace(b'"demonstration":false', b'"demonstration":true')
    change(
        "UPDATE history.facts SET document = %(document)s, leaf = %(leaf)s WHERE position = %(position)s",
        document=document,
        leaf=leaf_of(document),
        position=position,
    )
    following = at(office, "installation.administrator_appointed.v1")
    assert verify(office.url).wrong == (Finding(following, "previous"),)


async def test_a_changed_leaf_is_named_where_it_is_and_nowhere_else(office: Office, change: Change) -> None:
    """The chain goes on from the leaf that the document has."""
    await begun(office)
    position = at(office, "installation.opened.v1")
    change("UPDATE history.facts SET leaf = sha256('') WHERE position = %(position)s", position=position)
    assert verify(office.url).wrong == (Finding(position, "leaf"),)


async def test_swapped_rows_are_found(office: Office, change: Change) -> None:
    """Two facts of one stream that changed places, and two documents that changed rows."""
    await begun(office)
    first, second = (at(office, f"installation.{name}.v1") for name in ("opened", "administrator_appointed"))
    swap = (
        "UPDATE history.facts SET position = -position WHERE position IN (%(first)s, %(second)s)",
        "UPDATE history.facts SET position = %(first)s + %(second)s + position WHERE position < 0",
    )
    change(*swap, first=first, second=second)
    assert {Finding(first, "begin"), Finding(second, "version")} <= set(verify(office.url).wrong)
    change(*swap, first=first, second=second)
    assert verify(office.url).found == 0

    change(
        "UPDATE history.facts f SET document = o.document, leaf = o.leaf FROM history.facts o "
        "WHERE f.position IN (%(first)s, %(second)s) AND o.position = %(first)s + %(second)s - f.position",
        first=first,
        second=second,
    )
    assert {each.check for each in verify(office.url).wrong} == {"envelope", "previous"}


async def test_a_deleted_fact_is_found(office: Office, change: Change) -> None:
    """Its position is missing; if the others move up, its stream shows it, unless it was the newest there."""
    await begun(office)
    position, following = (
        at(office, f"installation.{name}.v1") for name in ("opened", "administrator_appointed")
    )
    change("DELETE FROM history.facts WHERE position = %(position)s", position=position)
    assert verify(office.url).wrong == (
        Finding(position, "missing"),
        Finding(following, "begin"),
    )
    change(
        "UPDATE history.facts SET position = -position WHERE position > %(position)s",
        "UPDATE history.facts SET position = -position - 1 WHERE position < 0",
        position=position,
    )
    assert verify(office.url).wrong == (Finding(following - 1, "begin"),)


async def test_a_gap_is_named_by_its_ends_and_positions_begin_at_one(office: Office, change: Change) -> None:
    """However wide it is."""
    newest = (await begun(office)).newest
    change("UPDATE history.facts SET position = 10 ^ 15 WHERE position = %(newest)s", newest=newest)
    assert verify(office.url).wrong == (Finding(newest, "missing"), Finding(10**15 - 1, "missing"))
    change("UPDATE history.facts SET position = -7 WHERE position = 10 ^ 15")
    assert Finding(-7, "position") in verify(office.url).wrong


async def test_a_row_that_says_something_else_than_its_document_is_found(
    office: Office, change: Change
) -> None:
    """Topic, stream and version stand in both; and times never run backwards."""
    newest = (await begun(office)).newest
    change("UPDATE history.facts SET topic = 'person.erased.v1' WHERE position = %(newest)s", newest=newest)
    assert verify(office.url).wrong == (Finding(newest, "envelope"),)
    change(
        "UPDATE history.facts SET topic = 'person.registered.v1' WHERE position = %(newest)s", newest=newest
    )
    change(
        "UPDATE history.facts SET recorded_at = recorded_at - interval '1 hour' WHERE position = %(newest)s",
        newest=newest,
    )
    assert verify(office.url).wrong == (Finding(newest, "recorded"),)


async def test_the_facts_of_another_installation_are_found(office: Office, change: Change) -> None:
    """Every envelope names its history."""
    facts = (await begun(office)).facts
    change("UPDATE history.installation SET history_id = repeat('0', 32)")
    assert verify(office.url).wrong == tuple(
        Finding(position, "envelope") for position in range(1, facts + 1)
    )


async def test_all_are_counted_and_the_first_are_named(
    office: Office, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A history that was lost as a whole does not fill memory or a screen."""
    monkeypatch.setattr("history.verify.MOST_NAMED", 2)
    facts = (await begun(office)).facts
    change("UPDATE history.facts SET leaf = decode(repeat('00', 32), 'hex')")
    found = verify(office.url)
    assert (len(found.wrong), found.found >= facts) == (2, True)
    assert {check for _, check in found.wrong} <= set(CHECKS)


def _more(document: dict[str, Any]) -> None:
    document["extra"] = "anything"


def _box_of_odd_size(document: dict[str, Any]) -> None:
    document["sealed"]["name"]["box"] = "AAAA"


@pytest.mark.parametrize("alter", [_more, _box_of_odd_size])
async def test_what_leaves_the_leaf_as_it_is_is_found_too(
    office: Office, change: Change, alter: Callable[[dict[str, Any]], None]
) -> None:
    """A member more, or a box that cannot be one."""
    await begun(office)
    position = at(office, "person.registered.v1")
    put(office, change, position, alter)
    assert verify(office.url).wrong == (Finding(position, "document"),)


def put(
    office: Office,
    change: Change,
    position: int,
    alter: Callable[[dict[str, Any]], None],
    *,
    leaf: bool = False,
) -> None:
    """Alter the document at a position, and its leaf too if `leaf`."""
    document = json.loads(office.rows()[position - 1][4])
    alter(document)
    stored = msgspec.json.encode(document, order="sorted")
    change("UPDATE history.facts SET document = %(stored)s WHERE position = %(position)s",
        stored=stored, position=position)  # fmt: skip
    if leaf:
        change("UPDATE history.facts SET leaf = %(leaf)s WHERE position = %(position)s",
            leaf=leaf_of(stored), position=position)  # fmt: skip


def _publish_the_name(document: dict[str, Any]) -> None:
    del document["sealed"]["name"]
    document["fact"]["name"] = "Canary"


async def test_a_field_where_it_does_not_belong_is_found(office: Office, change: Change) -> None:
    """Also if the leaf was made anew, in a stream that has no later fact."""
    await begun(office)
    newest = verify(office.url).newest
    put(office, change, newest, _publish_the_name, leaf=True)
    assert verify(office.url).wrong == (Finding(newest, "fields"),)


async def test_a_format_that_is_not_known_is_named_and_its_leaf_still_carries_the_chain(
    office: Office, change: Change
) -> None:
    """The fact alone is refused."""
    await begun(office)
    position = at(office, "installation.opened.v1")
    put(office, change, position, lambda document: document.update(format=3))
    assert verify(office.url).wrong == (Finding(position, "format"),)


async def test_a_stream_that_changes_its_initiative_is_found(office: Office, change: Change) -> None:
    """Every fact of a stream names the same one."""
    await begun(office)
    position = at(office, "installation.administrator_appointed.v1")

    def move(document: dict[str, Any]) -> None:
        document["envelope"]["place"]["initiative"] = "initiative-" + "1" * 32

    put(office, change, position, move, leaf=True)
    assert verify(office.url).wrong == (Finding(position, "initiative"),)


async def test_with_the_keys_every_box_is_opened(office: Office, change: Change) -> None:
    """One that does not open, or holds another value than was committed to, is named by its position."""
    await begun(office)
    vault = office.runner.vault
    registered = [row[0] for row in office.rows() if row[3] == "person.registered.v1"]
    assert verify(office.url, vault=vault).opened == 2 * len(registered)

    def flip(document: dict[str, Any]) -> None:
        box = document["sealed"]["name"]["box"]
        document["sealed"]["name"]["box"] = ("A" if box[0] != "A" else "B") + box[1:]

    def destroy(document: dict[str, Any]) -> None:
        document["sealed"]["email"]["box"] = None

    put(office, change, registered[0], flip)
    put(office, change, registered[1], destroy)

    assert verify(office.url).found == 0
    found = verify(office.url, vault=vault)
    assert found.wrong == (Finding(registered[0], "sealed"), Finding(registered[1], "sealed"))
    assert found.opened == 2 * len(registered) - 2


async def test_the_boxes_of_the_erased_are_left_alone_and_a_key_that_does_not_open_is_named(
    office: Office, change: Change
) -> None:
    """There is no key to the first; with a wrong wrapping key there is one, and it says so."""
    await begun(office)
    registered = [row[:2] for row in office.rows() if row[3] == "person.registered.v1"]
    (_, erased), (position, damaged) = registered[:2]
    change("DELETE FROM vault.keys WHERE subject = %(subject)s", subject=erased)
    change("UPDATE vault.keys SET wrapped = set_byte(wrapped, 60, 1 # get_byte(wrapped, 60)) WHERE subject = %(subject)s",
        subject=damaged)  # fmt: skip

    found = verify(office.url, vault=Vault(office.keys, office.runner.history.id))

    assert found.wrong == (Finding(position, "key"),)
    assert found.opened == 2 * (len(registered) - 2)


@pytest.mark.parametrize("time", ["infinity", "-infinity", "4000-01-01 BC"])
async def test_a_time_that_is_none_is_found_and_hides_nothing(
    office: Office, change: Change, time: str
) -> None:
    """Nor does one that Python has no date for."""
    newest = (await begun(office)).newest
    change(
        "UPDATE history.facts SET recorded_at = %(time)s WHERE position = %(newest)s",
        "UPDATE history.facts SET leaf = sha256('') WHERE position = 2",
        time=time,
        newest=newest,
    )
    wrong = verify(office.url).wrong
    assert Finding(newest, "recorded") in wrong
    assert Finding(2, "leaf") in wrong
