"""Key rotation: all remaining keys are wrapped again, everything keeps running meanwhile, and erased keys disappear."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest

from history.appends import Unavailable
from history.keyfiles import KeyFolder, KeysUnusable
from history.rotation import InUse, Rotation, epoch_of
from history.store import History, opened_keys
from history.vault import Vault, WrappedKey
from tests.history.conftest import Office, Offices

pytestmark = pytest.mark.anyio


@pytest.fixture
async def offices(offices: Offices) -> Offices:
    """As ever, with the installation opened."""
    first: Office = await offices()
    await first.run("installation.open")
    return offices


async def opened(office: Office, *people: str) -> dict[str, bytes]:
    """The keys of some people, as a process opens them that remembers none."""
    history = office.runner.history
    return await opened_keys(history, Vault(office.keys, history.id), people)


def rotate_by_hand(office: Office, epoch: int, wraps: dict[str, bytes]) -> None:
    """What somebody with the database's password can try."""
    with psycopg.connect(office.url, autocommit=True) as connection:
        connection.execute("SELECT vault.rotate(%s, %s, %s)", (epoch, [*wraps], [*wraps.values()]))


async def test_it_changes_every_wrap_and_no_key(office: Office) -> None:
    people = [await office.person() for _ in range(3)]
    keys, rows = await opened(office, *people), await office.runner.history.keys(people)
    assert await office.rotation.rotate() == 2
    again = await office.runner.history.keys(people)
    assert {row.epoch for row in again} == {2}
    assert {row.wrapped for row in again}.isdisjoint({row.wrapped for row in rows})
    assert await opened(office, *people) == keys
    assert sorted(path.name for path in office.keys.folder.iterdir()) == ["index.key", "wrapping-2.key"]
    assert not await office.rotation.due()


async def test_an_empty_installation_can_rotate(office: Office) -> None:
    assert await office.rotation.rotate() == 2
    person = await office.person()
    assert (await opened(office, person)).keys() == {person}


async def test_another_process_goes_on_with_the_new_epoch(offices: Offices) -> None:
    """It makes keys under the old one until the append tells, and opens what it has not seen yet."""
    one, other = await offices(), await offices()
    first = await one.person()
    await one.rotation.rotate()
    assert other.keys.epoch == 1
    second = await other.person()
    assert [row.epoch for row in await one.runner.history.keys((first, second))] == [2, 2]
    await one.rotation.rotate()
    third = await offices()
    assert (await opened(third, first, second)).keys() == {first, second}
    assert (await opened(other, first, second)).keys() == {first, second}


async def test_rows_read_before_a_rotation_are_read_again(
    offices: Offices, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their wrapping key may be gone when they are to be opened."""
    one, other = await offices(), await offices()
    person = await one.person()
    await one.rotation.rotate()
    find, found = History.keys, list[Any]()

    async def find_and_rotate(history: History, subjects: Any) -> list[WrappedKey]:
        rows = await find(history, subjects)
        if not found:
            found.append(rows)
            await one.rotation.rotate()
        return rows

    monkeypatch.setattr(History, "keys", find_and_rotate)
    assert (await opened(other, person)).keys() == {person}
    assert [row.epoch for row in found[0]] == [2]


async def test_writers_and_readers_of_several_processes_go_on(offices: Offices) -> None:
    """While one rotates again and again, others register people, write about them and read them."""
    rotating, *working = [await offices() for _ in range(3)]
    done: list[str] = []
    over = asyncio.Event()

    async def work(office: Office) -> None:
        while not over.is_set():
            person = await office.person()
            await office.run("installation.appoint", person=person)
            done.append(person)
            last = done[-5:]  # once, for the others go on while these are read
            assert (await opened(office, *last)).keys() == set(last)

    workers = [asyncio.create_task(work(office)) for office in working for _ in range(2)]
    for _ in range(8):
        await rotating.rotation.rotate()
        await asyncio.sleep(0)
    over.set()
    await asyncio.gather(*workers)
    assert done
    assert (await opened(await offices(), *done)).keys() == set(done)
    assert {row.epoch for row in await rotating.runner.history.keys(done)} == {9}


async def test_two_at_once_rotate_one_after_another(offices: Offices) -> None:
    one, other = await offices(), await offices()
    person = await one.person()
    assert sorted(await asyncio.gather(one.rotation.rotate(), other.rotation.rotate())) == [2, 3]
    assert (await opened(one, person)).keys() == (await opened(other, person)).keys() == {person}
    assert [path.name for path in one.keys.folder.glob("wrapping*")] == ["wrapping-3.key"]


@asynccontextmanager
async def dumping(url: str) -> AsyncIterator[None]:
    """A dump of the database is under way."""
    async with await psycopg.AsyncConnection.connect(url) as dump:
        await dump.execute("LOCK TABLE vault.keys IN ACCESS SHARE MODE")
        yield


async def test_it_waits_for_a_dump_without_holding_anybody_up(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An erasure is answered all the same, and the rotation follows when the dump has ended."""
    monkeypatch.setattr("history.rotation.PATIENCE_SECONDS", 0.0)
    administrator = await office.person()
    await office.run("installation.appoint", person=administrator)
    person, living = await office.person(), await office.person()
    async with dumping(office.url):
        with pytest.raises(InUse):
            await office.rotation.rotate()
        await office.run("person.erase", administrator, person=person, reason="safety")
        assert (await opened(office, person, living)).keys() == {living}
        assert (await epoch_of(office.runner.history)).due
        assert [path.name for path in office.keys.folder.glob("wrapping*")] == ["wrapping-1.key"]
    await office.rotation.finish()
    assert (await epoch_of(office.runner.history)).number == 2
    assert (await opened(office, person, living)).keys() == {living}


async def test_a_rotation_that_was_cut_off_and_finished_by_another_process(
    offices: Offices, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first one uses the key that the other made, and no key of its own that was destroyed."""
    monkeypatch.setattr("history.rotation.PATIENCE_SECONDS", 0.0)
    first, other = await offices(), await offices()
    person = await first.person()
    async with dumping(first.url):
        with pytest.raises(InUse):
            await first.rotation.rotate()
    assert await other.rotation.rotate() == 2
    assert not await first.rotation.due()
    later = await first.person()
    assert (await opened(await offices(), person, later)).keys() == {person, later}
    assert await first.rotation.rotate() == 3


@pytest.mark.parametrize("ends", [asyncio.CancelledError, psycopg.OperationalError])
@pytest.mark.parametrize("stored", [True, False])
async def test_a_swap_that_ended_in_the_dark(
    offices: Offices, monkeypatch: pytest.MonkeyPatch, ends: type[BaseException], stored: bool
) -> None:
    """Whether it was stored or not, the next look finishes it and everybody's key opens."""
    first, other = await offices(), await offices()
    person = await first.person()
    swap = Rotation._swap

    async def cut_off(rotation: Rotation, *given: Any) -> None:
        if stored:
            await swap(rotation, *given)
        raise ends

    with monkeypatch.context() as patched:
        patched.setattr(Rotation, "_swap", cut_off)
        with pytest.raises((ends, Unavailable)):
            await first.rotation.rotate()
    await other.rotation.rotate()
    await first.rotation.finish()
    later = await first.person()
    assert (await opened(await offices(), person, later)).keys() == {person, later}


class TestTheDatabaseItself:
    """What the function refuses, whoever calls it."""

    @pytest.fixture
    async def wraps(self, office: Office) -> dict[str, bytes]:
        """Good wraps for the next epoch."""
        people = [await office.person() for _ in range(2)]
        new = office.keys.begin(2)
        return {
            subject: new.wrap(office.runner.history.id, subject, key)
            for subject, key in (await opened(office, *people)).items()
        }

    async def test_good_ones_are_taken(self, office: Office, wraps: dict[str, bytes]) -> None:
        rotate_by_hand(office, 2, wraps)
        assert (await opened(office, *wraps)).keys() == wraps.keys()

    @pytest.mark.parametrize("epoch", [0, 1, 3, None])
    async def test_another_epoch_than_the_next(
        self, office: Office, wraps: dict[str, bytes], epoch: Any
    ) -> None:
        with pytest.raises(psycopg.errors.CheckViolation, match="must be the next one"):
            rotate_by_hand(office, epoch, wraps)

    async def test_somebody_left_out_or_added(self, office: Office, wraps: dict[str, bytes]) -> None:
        one, two = wraps
        for wrong in ({one: wraps[one]}, {}, {**wraps, "person-" + "9" * 32: wraps[one]}):
            with pytest.raises(psycopg.errors.CheckViolation, match="exactly one wrapped key"):
                rotate_by_hand(office, 2, wrong)
        with (
            psycopg.connect(office.url, autocommit=True) as connection,
            pytest.raises(psycopg.errors.CheckViolation, match="exactly one wrapped key"),
        ):
            connection.execute("SELECT vault.rotate(2, %s, %s)", ([one, one], [wraps[one], wraps[two]]))

    async def test_a_wrap_that_stays(self, office: Office, wraps: dict[str, bytes]) -> None:
        (row,) = await office.runner.history.keys([next(iter(wraps))])
        with pytest.raises(psycopg.errors.CheckViolation, match="must be wrapped again"):
            rotate_by_hand(office, 2, {**wraps, row.subject: row.wrapped})

    async def test_a_key_of_somebody_erased_goes_with_it(self, office: Office) -> None:
        """As after the keys alone were restored from a copy."""
        administrator = await office.person()
        await office.run("installation.appoint", person=administrator)
        person, living = await office.person(), await office.person()
        (row,) = await office.runner.history.keys([person])
        await office.run("person.erase", administrator, person=person, reason="safety")
        with psycopg.connect(office.url, autocommit=True) as connection:
            connection.execute(
                "INSERT INTO vault.keys (subject, epoch, wrapped) VALUES (%s, 2, %s)", (person, row.wrapped)
            )
        await office.rotation.finish()
        rows = await office.runner.history.keys([person, living])
        assert [(row.subject, row.epoch) for row in rows] == [(living, 3)]


async def test_a_folder_of_another_installation_destroys_nothing(office: Office) -> None:
    """Its keys open nothing here, and what it has of older epochs may be all that there is."""
    await office.person()
    others = KeyFolder(office.keys.folder.with_name("others"), create=True, epoch=1)
    others.begin(2)
    office.rotation._keys = others
    with pytest.raises(KeysUnusable, match="does not belong to this database"):
        await office.rotation.rotate()
    assert sorted(path.name for path in others.folder.glob("wrap*")) == ["wrapping-1.key", "wrapping-2.key"]
