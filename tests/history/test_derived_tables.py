"""Verifying the derived tables after somebody has changed a row by hand."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from domain.grants.facts import GrantOffered
from domain.values import Role
from history.appends import Append
from history.derived_tables import Mismatch, TablesVerified, UniqueNameKeys, row_digest, verify_tables
from history.documents import Stored, write
from history.format.envelope import Acting, Envelope, How, Place
from history.keyed import unique_name_hash
from history.repair import REPAIRABLE, repair
from history.unreadable import Unreadable
from history.vault import Vault
from tests.history.conftest import NOON, Office

pytestmark = pytest.mark.anyio

CALL: dict[str, Any] = {  # Any: a command's fields, as in JSON
    "title": {"en": "Invented Call"},
    "summary": {"en": "For invented work."},
    "stages": [
        {
            "id": "main",
            "form": {
                "questions": [{"id": "idea", "kind": "long_text", "label": {"en": "Idea"}, "max_words": 99}]
            },
            "rubric": {"criteria": [{"id": "art", "label": {"en": "Art"}}]},
        }
    ],
    "budget": {"amount": "9000.00", "currency": "EUR"},
    "minimum_award": {"amount": "500.00", "currency": "EUR"},
    "maximum_award": {"amount": "3000.00", "currency": "EUR"},
    "time_zone": "UTC",
    "grace_minutes": 15,
}


def change(office: Office, statement: str, *values: object) -> None:
    """Change a table by hand, as its owner can."""
    with psycopg.connect(office.url) as connection:
        assert connection.execute(statement.encode(), values).rowcount == 1


@pytest.fixture
async def opened(office: Office) -> tuple[Office, str, str]:
    """An office with an open round, to which somebody applied: the office, the round and the application."""
    administrator, initiative = await office.opened()
    officer = await office.person()
    await office.run(
        "initiative.add_member",
        administrator,
        initiative=initiative,
        person=officer,
        roles=(Role.OFFICER, Role.FINANCE),
    )
    fund = (
        await office.run("fund.open", officer, initiative=initiative, name="Invented Fund", currency="EUR")
    ).stream
    call = (await office.say("call.draft", officer, fund=fund, **CALL)).stream
    await office.run("call.publish", officer, call=call)
    round = (await office.say("round.open", officer, call=call, closes_at="2026-03-31T18:00:00")).stream
    applicant = await office.person()
    application = await office.say(
        "application.submit",
        applicant,
        call=call,
        round=round,
        title="Invented Work",
        requested={"amount": "500.00", "currency": "EUR"},
        answers={"idea": "A song about snow."},
    )
    await office.run("application.find_eligible", officer, application=application.stream)
    assert verify_tables(office.url) == TablesVerified(0, ())
    return office, round, application.stream


def position_of(office: Office, topic: str) -> int:
    """The position of the first fact of a topic."""
    return next(row[0] for row in office.rows() if row[3] == topic)


def entry(kind: str, name: str, value: str) -> str:
    """How an entry is named."""
    return f"{kind} {row_digest(name, value).hex()[:16]}"


async def test_a_missing_entry_is_named_with_the_fact_that_makes_it(opened: tuple[Office, str, str]) -> None:
    """By its kind and a digest: whose application it is, is not told."""
    office, round, application = opened
    name = f"applications of {round}"
    change(office, "DELETE FROM history.indexes WHERE name = %s", name)
    assert verify_tables(office.url) == TablesVerified(
        1,
        (
            Mismatch(
                "indexes",
                entry("applications of", name, application),
                "missing",
                position_of(office, "application.submitted.v1"),
            ),
        ),
    )


async def test_an_added_entry_is_named(opened: tuple[Office, str, str]) -> None:
    """Of an index that exists, and of one that this program never makes."""
    office, round, application = opened
    for name in (f"conflicts of {application} in {round}", "\x1b[2J"):
        change(office, "INSERT INTO history.indexes VALUES (%s, 'application-1')", name)
    assert set(verify_tables(office.url).wrong) == {
        Mismatch(
            "indexes",
            entry("conflicts of", f"conflicts of {application} in {round}", "application-1"),
            "added",
            None,
        ),
        Mismatch("indexes", entry("unknown", "\x1b[2J", "application-1"), "added", None),
    }


async def test_an_entry_that_many_facts_make_stands_once(opened: tuple[Office, str, str]) -> None:
    """A chair who decides again is one of the panel's deciders once."""
    office, round, application = opened
    facts = {row[3]: json.loads(row[4])["fact"] for row in office.rows()}
    founded, officer = facts["initiative.founded.v1"], facts["initiative.member_added.v1"]["person"]
    chair = await office.person()
    jurors = [chair, await office.person(), await office.person()]
    for juror in jurors:
        role = Role.CHAIR if juror == chair else Role.JUROR
        await office.run(
            "initiative.add_member",
            founded["founder"],
            initiative=founded["initiative"],
            person=juror,
            roles=(role,),
        )
    office.now += timedelta(days=60)
    await office.run("round.close", officer, round=round)
    for juror in jurors:
        review = (await office.run("review.assign", officer, application=application, juror=juror)).stream
        await office.run("review.declare_no_conflict", juror, review=review)
        await office.run("review.submit", juror, review=review, scores={"art": 3})
    panel = (await office.run("panel.open", officer, round=round)).stream
    for reason in ("not_selected", "other"):
        await office.run(
            "panel.set_outcome", chair, panel=panel, application=application, outcome="decline", reason=reason
        )
    assert verify_tables(office.url) == TablesVerified(0, ())


async def test_a_unique_name_is_missing_or_added(opened: tuple[Office, str, str]) -> None:
    """A person has at most one, which may be none since the address is sealed; a round has none."""
    office, round, _ = opened
    person = await office.person()
    change(office, "INSERT INTO history.unique_names VALUES ('a'::bytea, %s)", round)
    change(office, "INSERT INTO history.unique_names VALUES ('b'::bytea, %s)", person)
    change(office, "INSERT INTO history.unique_names VALUES ('c'::bytea, %s)", "any text \x1b[2J")
    wrong = verify_tables(office.url).wrong
    assert wrong[1:] == (
        Mismatch("unique_names", person, "added", None),
        Mismatch("unique_names", round, "added", None),
    )
    assert (wrong[0].table, wrong[0].fault, wrong[0].row[:8]) == ("unique_names", "added", "unknown ")
    change(office, "DELETE FROM history.unique_names WHERE name = 'a'::bytea")
    change(office, "DELETE FROM history.unique_names WHERE name = 'c'::bytea")
    change(office, "DELETE FROM history.unique_names WHERE name = 'b'::bytea")
    assert verify_tables(office.url) == TablesVerified(0, ())


def keys_of(office: Office) -> UniqueNameKeys:
    """The keys of an office, as the command line opens them: none is remembered."""
    return UniqueNameKeys(Vault(office.keys, office.runner.history.id), office.keys.index_key)


async def test_with_the_keys_a_changed_or_deleted_address_is_found(opened: tuple[Office, str, str]) -> None:
    """By either, one address could get two people. Addresses are sealed: without the keys their number is all there is."""
    office, _, _ = opened
    person = (await office.run("person.register", name="Ann", email="Ann@example.org", language="en")).stream
    position = next(row[0] for row in office.rows() if row[1] == person)
    assert verify_tables(office.url, keys=keys_of(office)) == TablesVerified(0, ())

    change(office, "UPDATE history.unique_names SET name = sha256('x') WHERE stream = %s", person)
    again = await office.run("person.register", name="Ann", email="ann@example.org", language="en")
    assert verify_tables(office.url) == TablesVerified(0, ())
    assert verify_tables(office.url, keys=keys_of(office)).wrong == (
        Mismatch("unique_names", person, "changed", position),
    )

    change(office, "DELETE FROM history.unique_names WHERE stream = %s", again.stream)
    change(office, "DELETE FROM history.unique_names WHERE stream = %s", person)
    newest = office.rows()[-1][0]
    assert set(verify_tables(office.url, keys=keys_of(office)).wrong) == {
        Mismatch("unique_names", person, "missing", position),
        Mismatch("unique_names", again.stream, "missing", newest),
    }


async def test_with_the_keys_an_address_that_nobody_gave_is_added(opened: tuple[Office, str, str]) -> None:
    """Also one beside the right one, and one of somebody who gave none."""
    office, _, _ = opened
    with_address = await office.person()
    without = (await office.run("person.register", name="Bo", email=None, language="en")).stream
    for name, person in (("a", with_address), ("b", without)):
        change(office, "INSERT INTO history.unique_names VALUES (sha256(%s::bytea), %s)", name, person)
    assert set(verify_tables(office.url, keys=keys_of(office)).wrong) == {
        Mismatch("unique_names", with_address, "added", None),
        Mismatch("unique_names", without, "added", None),
    }


async def test_a_changed_grant_of_an_application_is_found_with_the_keys(office: Office) -> None:
    """It is public and stored as a keyed hash: without the keys only a missing one is seen."""
    await office.opened()
    offered = GrantOffered(
        grant="grant-1",
        initiative="initiative-1",
        call="call-1",
        application="application-1",
        fund="fund-1",
        recipient="person-1",
        recipient_handle=None,
        dossier="dossier-1",
        amount=100,
        currency="EUR",
        respond_by=NOON,
    )
    history = office.runner.history
    envelope = Envelope(
        acting=Acting(handle=None, role="system", scope=None),
        actor="system",
        decided_at=NOON,
        how=How(cause=None, channel="system", command="0" * 32),
        place=Place(initiative=None, previous=None, stream="grant-1", version=1),
    )
    name = unique_name_hash(office.keys.index_key, "grant of application-1")
    await history.append(
        Append(
            facts=[write(offered, history.id, envelope, {}, os.urandom)],
            read={"grant-1": 0},
            answers="grant-1",
            unique_names=[(name, "grant-1")],
        )
    )

    def faults(keys: UniqueNameKeys | None) -> list[str]:
        return [
            each.fault for each in verify_tables(office.url, keys=keys).wrong if each.table == "unique_names"
        ]

    keys = keys_of(office)
    assert (faults(None), faults(keys)) == ([], [])
    change(office, "UPDATE history.unique_names SET name = sha256('x') WHERE stream = 'grant-1'")
    assert (faults(None), faults(keys)) == ([], ["changed"])
    change(office, "DELETE FROM history.unique_names WHERE stream = 'grant-1'")
    assert (faults(None), faults(keys)) == (["missing"], ["missing"])


async def test_a_key_that_does_not_open_leaves_its_names_uncertain(opened: tuple[Office, str, str]) -> None:
    """It is named with the sealed fields; the tables are not blamed for it."""
    office, _, _ = opened
    person = await office.person()
    change(
        office,
        "UPDATE vault.keys SET wrapped = set_bit(wrapped, 300, 1 - get_bit(wrapped, 300)) WHERE subject = %s",
        person,
    )
    assert verify_tables(office.url, keys=keys_of(office)) == TablesVerified(0, ())


async def test_an_erased_person_holds_no_name(opened: tuple[Office, str, str]) -> None:
    """Their address is free; a name that comes back was added."""
    office, _, _ = opened
    person = await office.person()
    claim = _rows(office, f"SELECT name FROM history.unique_names WHERE stream = '{person}'")[0][0]
    await office.run("person.erase", person=person, reason="asked_by_person")
    assert verify_tables(office.url) == TablesVerified(0, ())
    change(office, "INSERT INTO history.unique_names VALUES (%s, %s)", claim, person)
    for keys in (None, keys_of(office)):
        assert verify_tables(office.url, keys=keys).wrong == (
            Mismatch("unique_names", person, "added", None),
        )


async def test_a_due_date_is_missing_changed_or_added(opened: tuple[Office, str, str]) -> None:
    """A round that is open closes at its time; what no fact asks for was added."""
    office, round, _ = opened
    key, position = f"close {round}", position_of(office, "round.opened.v1")
    change(office, "UPDATE history.due_dates SET at = at + interval '1 day' WHERE key = %s", key)
    assert verify_tables(office.url).wrong == (Mismatch("due_dates", key, "changed", position),)
    change(office, "DELETE FROM history.due_dates WHERE key = %s", key)
    change(
        office,
        "INSERT INTO history.due_dates VALUES ('lapse \x1b', now(), 'grant', 1)",
    )
    missing, added = verify_tables(office.url).wrong
    assert missing == Mismatch("due_dates", key, "missing", position)
    assert (added.table, added.fault, added.row[:8]) == ("due_dates", "added", "unknown ")


async def test_a_closed_round_is_due_no_more(opened: tuple[Office, str, str]) -> None:
    """Its due date was removed together with the fact."""
    office, round, _ = opened
    due = _rows(office, "SELECT key, at, stream, version FROM history.due_dates")[0]
    office.now = NOON + timedelta(days=60)
    await office.run("round.close", round=round)
    assert verify_tables(office.url) == TablesVerified(0, ())
    change(office, "INSERT INTO history.due_dates VALUES (%s, %s, %s, %s)", *due)
    assert verify_tables(office.url).wrong == (Mismatch("due_dates", due[0], "added", None),)


async def test_a_time_that_is_none_never_enters_the_queue(opened: tuple[Office, str, str]) -> None:
    """Nobody could read it, and then nothing that is due would be run."""
    office, _, _ = opened
    for time in ("infinity", "-infinity", "4000-01-01 BC"):
        with pytest.raises(psycopg.errors.CheckViolation):
            change(office, "INSERT INTO history.due_dates VALUES ('a', %s, 'b', 1)", time)


def _rows(office: Office, query: str) -> list[tuple[Any, ...]]:  # Any: rows of many types
    with psycopg.connect(office.url) as connection:
        return connection.execute(query.encode()).fetchall()


async def test_indexes_and_due_dates_are_made_anew(opened: tuple[Office, str, str]) -> None:
    """What was deleted is back, what was added is gone, what was changed is right; twice changes nothing more."""
    office, round, application = opened
    change(office, "DELETE FROM history.indexes WHERE name = %s", f"applications of {round}")
    change(office, "INSERT INTO history.indexes VALUES (%s, 'x')", f"conflicts of {application}")
    change(office, "UPDATE history.due_dates SET at = at + interval '1 day' WHERE key = %s", f"close {round}")
    change(office, "INSERT INTO history.due_dates VALUES ('x', now(), 'round', 1)")
    told: list[tuple[int, int]] = []

    assert repair(office.url, ("indexes",)) == {"indexes": (1, 1)}
    assert {each.table for each in verify_tables(office.url).wrong} == {"due_dates"}
    assert repair(office.url, REPAIRABLE, lambda done, newest: told.append((done, newest))) == {
        "indexes": (0, 0),
        "due_dates": (1, 2),
    }

    assert verify_tables(office.url) == TablesVerified(0, ())
    assert repair(office.url, REPAIRABLE) == {"indexes": (0, 0), "due_dates": (0, 0)}
    newest = len(office.rows())
    assert (told[0], told[-1]) == ((0, newest), (newest, newest))


async def test_nothing_is_made_anew_from_a_history_that_cannot_be_read(
    opened: tuple[Office, str, str],
) -> None:
    """What follows from a damaged fact would be lost."""
    office, round, _ = opened
    change(office, "INSERT INTO history.indexes VALUES (%s, 'x')", f"applications of {round}")
    bad = Stored("note-1", 1, "note.written.v1", b"{}", bytes(32))
    appended = await office.runner.history.append(Append(facts=[bad], read={}, answers="note-1"))
    with pytest.raises(Unreadable) as refused:
        repair(office.url, REPAIRABLE)
    assert refused.value.position == appended.positions[0]
    assert len(verify_tables(office.url).wrong) == 2


async def test_a_living_person_has_a_key_and_nobody_else_has_one(opened: tuple[Office, str, str]) -> None:
    """Without it their data is lost; and an erased person must not get one back."""
    office, _, _ = opened
    living, erased = await office.person(), await office.person()
    key = _rows(office, f"SELECT subject, epoch, wrapped FROM vault.keys WHERE subject = '{erased}'")[0]
    await office.run("person.erase", person=erased, reason="asked_by_person")
    assert verify_tables(office.url) == TablesVerified(0, ())
    change(office, "INSERT INTO vault.keys (subject, epoch, wrapped) VALUES (%s, %s, %s)", *key)
    change(office, "DELETE FROM vault.keys WHERE subject = %s", living)
    position = next(row[0] for row in office.rows() if row[1] == living)
    assert verify_tables(office.url).wrong == (
        Mismatch("keys", living, "missing", position),
        Mismatch("keys", erased, "added", None),
    )
