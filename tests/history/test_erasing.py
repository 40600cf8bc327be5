"""An erasure happens completely, with its own reason and actor, or not at all, whatever refuses or interrupts it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from domain.persons.facts import PersonErased
from history.appends import Append, Appended, Unavailable
from history.documents import read
from history.key_backup import KeyBackup
from history.keyfiles import Fence, KeyFolder
from history.requests import Contended, KeyReused
from history.rotation import Rotation, epoch_of
from history.store import History, opened_keys
from tests.history.conftest import Office, Offices

pytestmark = pytest.mark.anyio


class Crash(BaseException):
    """The process ends here."""


def backup_of(office: Office) -> KeyBackup:
    """Where the key backup of an office's installation lies."""
    return KeyBackup(office.keys.folder.with_name("key-backup"))


async def restarted(offices: Offices) -> Office:
    """Another process on the same database and key folder, which has done what every start does."""
    office: Office = await offices()
    rotation = Rotation(office.runner.history, office.keys, backup_of(office))
    await rotation.finish()
    await rotation.complete_fences()
    return office


def erasures(office: Office, person: str) -> list[tuple[str, str, str]]:
    """Reason, actor and channel of each fact that a person was erased."""
    found = [read(topic, document) for _, stream, _, topic, document, _ in office.rows() if stream == person]
    return [
        (recorded.fact.reason, recorded.envelope.actor, recorded.envelope.how.channel)
        for recorded in found
        if isinstance(recorded.fact, PersonErased)
    ]


async def state(office: Office, person: str, living: str) -> dict[str, Any]:
    """All that an erasure changes, in the database and outside."""
    history = office.runner.history
    opened = await opened_keys(history, office.runner.vault, [person, living])
    backup = backup_of(office)
    return {
        "facts": erasures(office, person),
        "fences": office.keys.fences(),
        "epoch": (await epoch_of(history)).number,
        "opened": opened.keys(),
        "files": sorted(path.name for path in office.keys.folder.iterdir()),
        "backed up": backup.read().keys.wrapped.keys() & {person, living} if backup.file.exists() else None,
    }


async def check_erased(office: Office, person: str, living: str, administrator: str) -> None:
    """The erasure is whole."""
    assert await state(office, person, living) == {
        "facts": [("safety", administrator, "api")],
        "fences": (Fence(person, "safety", administrator, "api"),),
        "epoch": 2,
        "opened": {living},
        "files": ["fences", "index.key", "wrapping-2.key"],
        "backed up": {living},
    }


async def check_untouched(office: Office, person: str, living: str) -> None:
    """There was no erasure, and a start makes none."""
    assert await state(office, person, living) == {
        "facts": [],
        "fences": (),
        "epoch": 1,
        "opened": {person, living},
        "files": ["index.key", "wrapping-1.key"],
        "backed up": {person, living},
    }


@pytest.fixture
async def office(offices: Offices) -> Office:
    """An office with a key backup."""
    made: Office = await offices()
    backed_up = Rotation(made.runner.history, made.keys, backup_of(made))
    made.rotation = backed_up
    made.runner._finish_erasures = backed_up.finish
    return made


@pytest.fixture
async def people(office: Office) -> tuple[str, str, str]:
    """An administrator, somebody to be erased, and somebody who stays; all of them are in the key backup."""
    administrator, _ = await office.opened()
    people = (administrator, await office.person(), await office.person())
    await office.rotation.back_up()
    return people


async def test_it_is_whole_when_it_is_answered(office: Office, people: tuple[str, str, str]) -> None:
    """Fact, key, fence, rotation and key backup."""
    administrator, person, living = people
    await office.run("person.erase", administrator, person=person, reason="safety")
    await check_erased(office, person, living, administrator)


class TestRefused:
    """What is turned down leaves no trace, now and after the next start."""

    async def test_with_an_idempotency_key_that_was_used_before(
        self, office: Office, people: tuple[str, str, str], offices: Offices
    ) -> None:
        administrator, person, living = people
        await office.run("initiative.found", administrator, key="used", name="Another")
        with pytest.raises(KeyReused):
            await office.run("person.erase", administrator, key="used", person=person, reason="safety")
        await check_untouched(await restarted(offices), person, living)

    async def test_after_losing_every_race(
        self,
        office: Office,
        people: tuple[str, str, str],
        offices: Offices,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        administrator, person, living = people

        async def lose(*_: object) -> Appended:
            return Appended("conflict", (), person)

        with monkeypatch.context() as patched:
            patched.setattr(History, "append", lose)
            patched.setattr("history.group_commit.GroupCommit.append_on", lose)
            with pytest.raises(Contended):
                await office.run("person.erase", administrator, person=person, reason="safety")
        await check_untouched(await restarted(offices), person, living)

    async def test_by_a_database_that_is_away(
        self,
        office: Office,
        people: tuple[str, str, str],
        offices: Offices,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        administrator, person, living = people

        async def fail(*_: object) -> Appended:
            raise Unavailable("The database does not answer.")

        with monkeypatch.context() as patched:
            patched.setattr(History, "append", fail)
            with pytest.raises(Unavailable):
                await office.run("person.erase", administrator, person=person, reason="safety")
        await check_untouched(await restarted(offices), person, living)

    async def test_by_the_rule_or_for_want_of_a_right(
        self, office: Office, people: tuple[str, str, str], offices: Offices
    ) -> None:
        """Nor does it matter who tries."""
        _, person, living = people
        with pytest.raises(Exception, match="administrator"):
            await office.run("person.erase", living, person=person, reason="safety")
        await check_untouched(await restarted(offices), person, living)


async def test_stored_though_it_failed_for_the_caller(
    office: Office, people: tuple[str, str, str], offices: Offices, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is finished by the next start, as it was asked for; asked again with its key, it is answered."""
    administrator, person, living = people
    append = History.append

    async def store_and_fail(history: History, what: Append) -> Appended:
        await append(history, what)
        raise Unavailable("The database does not answer.")

    async def again() -> Any:
        return await office.run("person.erase", administrator, key="once", person=person, reason="safety")

    with monkeypatch.context() as patched:
        patched.setattr(History, "append", store_and_fail)
        with pytest.raises(Unavailable):
            await again()
    await check_erased(await restarted(offices), person, living, administrator)
    assert (await again()).repeated
    await check_erased(office, person, living, administrator)


def _at(target: type, name: str, *, after: bool) -> Callable[[pytest.MonkeyPatch], None]:
    """What makes a process end before or after a step."""

    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        step = getattr(target, name)

        def ends(*given: Any, **named: Any) -> Any:
            if after:
                step(*given, **named)
            raise Crash

        async def ends_later(*given: Any, **named: Any) -> Any:
            if after:
                result: Awaitable[Any] = step(*given, **named)
                await result
            raise Crash

        monkeypatch.setattr(target, name, ends_later if name in ("_swap", "finish") else ends)

    return patch


CRASHES = {
    "when the fact is stored": _at(Rotation, "finish", after=False),
    "before the fence": _at(KeyFolder, "fence", after=False),
    "after the fence": _at(KeyFolder, "fence", after=True),
    "after the new wrapping key": _at(KeyFolder, "begin", after=True),
    "after the swap": _at(Rotation, "_swap", after=True),
    "after the key backup": _at(KeyBackup, "write", after=True),
    "before the old key is destroyed": _at(KeyFolder, "destroy_strays", after=False),
    "after the old key is destroyed": _at(KeyFolder, "destroy_strays", after=True),
}


@pytest.mark.parametrize("moment", CRASHES)
async def test_cut_off_at_any_moment_it_is_finished_by_the_next_start(
    office: Office,
    people: tuple[str, str, str],
    offices: Offices,
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
) -> None:
    """With its own reason and actor, and one rotation."""
    administrator, person, living = people
    with monkeypatch.context() as patched:
        CRASHES[moment](patched)
        office.runner._finish_erasures = office.rotation.finish
        with pytest.raises(Crash):
            await office.run("person.erase", administrator, person=person, reason="safety")
    await check_erased(await restarted(offices), person, living, administrator)


async def test_cut_off_and_tried_again_by_the_same_process(
    office: Office, people: tuple[str, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key folder that is full for a moment makes no erasure fail, which is stored; it is finished at the next look."""
    administrator, person, living = people

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(KeyFolder, "fence", full)
        await office.run("person.erase", administrator, person=person, reason="safety")
        assert erasures(office, person) == [("safety", administrator, "api")]
        assert await office.rotation.due()
    await office.rotation.finish()
    assert not await office.rotation.due()
    await check_erased(office, person, living, administrator)


async def test_a_list_of_fences_that_was_lost_is_made_again(
    office: Office, people: tuple[str, str, str], offices: Offices, tmp_path: Path
) -> None:
    """The history knows whom it erased."""
    administrator, person, living = people
    await office.run("person.erase", administrator, person=person, reason="safety")
    (tmp_path / "keys" / "fences").unlink()
    await check_erased(await restarted(offices), person, living, administrator)


@pytest.mark.parametrize(
    ("member", "said"),
    [
        ("actor", "é"),
        ("actor", "x cli\n{living} safety system"),
        ("channel", "pigeon\n{living}"),
    ],
)
async def test_a_strange_fact_fences_its_subject_and_nobody_else(
    office: Office, people: tuple[str, str, str], offices: Offices, member: str, said: str
) -> None:
    """Whoever can append to the database says in it what the program never writes."""
    _, person, living = people
    await office.run("person.erase", person=person, reason="safety")
    (document,) = [row[4] for row in office.rows() if row[3] == "person.erased.v1"]
    strange, content = "person-" + "9" * 32, json.loads(document)
    within = content["envelope"] if member == "actor" else content["envelope"]["how"]
    within[member] = said.format(living=living)
    with psycopg.connect(office.url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO history.facts SELECT max(position) + 1, %s, 1, 'person.erased.v1', %s, sha256(''), now() "
            "FROM history.facts",
            (strange, json.dumps(content).encode()),
        )
    office = await restarted(offices)
    assert office.keys.fences() == (
        Fence(person, "safety", "system", "api"),
        Fence(strange, "other", "system", "system"),
    )
    assert (await opened_keys(office.runner.history, office.runner.vault, [living])).keys() == {living}


async def test_an_erasure_is_answered_whatever_follows_from_it(
    office: Office, people: tuple[str, str, str]
) -> None:
    """It is stored, and what follows is tried again."""
    _, person, _ = people

    async def fail() -> None:
        raise RuntimeError

    office.runner._finish_erasures = fail
    await office.run("person.erase", person=person, reason="safety")
    assert erasures(office, person) == [("safety", "system", "api")]


async def test_a_fact_that_cannot_be_read_keeps_nobody_from_starting(
    office: Office, people: tuple[str, str, str], offices: Offices
) -> None:
    """Somebody with the database's password wrote it; what it says of its subject holds all the same."""
    _, person, living = people
    strange, document = "person-" + "9" * 32, b"no document"
    with psycopg.connect(office.url, autocommit=True) as connection:
        for stream in (strange, "not a person at all\n"):
            connection.execute(
                "INSERT INTO history.facts SELECT max(position) + 1, %s, 1, 'person.erased.v1', %s, sha256(''), now() "
                "FROM history.facts",
                (stream, document),
            )
    office = await restarted(offices)
    assert office.keys.fences() == (Fence(strange, "other", "system", "system"),)
    assert (await opened_keys(office.runner.history, office.runner.vault, [person, living])).keys() == {
        person,
        living,
    }


async def test_an_organisation_s_key_goes_as_a_person_s_does(
    office: Office, people: tuple[str, str, str]
) -> None:
    """And the people who acted for it keep theirs."""
    administrator, person, living = people
    answer = await office.run("organisation.register", person, name="Canary Trust", identifiers=())
    history, vault = office.runner.history, office.runner.vault
    assert answer.stream in await opened_keys(history, vault, [answer.stream])
    await office.run(
        "organisation.erase", administrator, organisation=answer.stream, reason="asked_by_person"
    )
    office.runner.vault.evict(answer.stream)
    opened = await opened_keys(history, vault, [answer.stream, person, living])
    assert opened.keys() == {person, living}
    assert answer.stream in office.keys.fenced()
