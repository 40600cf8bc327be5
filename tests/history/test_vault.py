"""The vault and the seals: keys outside the database, boxes that open in one place only, erasure that holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from history.format.notation import FormatError
from history.format.sealing import (
    BUCKETS,
    TAG_BYTES,
    Binding,
    NotOpened,
    is_box_size,
    open_box,
    padded_size,
    seal,
)
from history.keyfiles import Fence, KeyFolder, KeysUnusable
from history.vault import CACHE_SECONDS, Vault, WrappedKey

KEY, OTHER_KEY = b"\x01" * 32, b"\x02" * 32
SALT = b"\x03" * 32
HISTORY = "0123456789abcdef" * 2
PERSON, OTHER_PERSON = (f"person-{number:032x}" for number in (1, 2))
BINDING = Binding(
    history=HISTORY, stream=PERSON, version=2, topic="t.v1", subject=PERSON, field="name", of="person"
)


class Clock:
    """A monotonic clock that a test can set."""

    seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def keys(tmp_path: Path) -> KeyFolder:
    return KeyFolder(tmp_path / "keys", create=True)


def test_a_box_opens_where_it_was_sealed_under_its_key() -> None:
    """What comes out is the salt and the exact value."""
    digest, box = seal(KEY, BINDING, SALT, b'"value"')
    assert open_box(KEY, BINDING, digest, box) == (SALT, b'"value"')


@pytest.mark.parametrize("part", Binding._fields)
def test_a_box_moved_elsewhere_does_not_open(part: str) -> None:
    """Everything is bound: the place to the box, the field's name and the member `of` to the digest."""
    digest, box = seal(KEY, BINDING, SALT, b'"value"')
    another = {"history": "f" * 32, "version": 3}.get(part, "another")
    with pytest.raises(FormatError):
        open_box(KEY, BINDING._replace(**{part: another}), digest, box)


def test_a_box_with_any_bit_flipped_or_another_key_or_digest_does_not_open() -> None:
    """The seal is authenticated, and it knows the digest."""
    digest, box = seal(KEY, BINDING, SALT, b'"value"')
    with pytest.raises(NotOpened):
        open_box(OTHER_KEY, BINDING, digest, box)
    for index in range(len(box)):
        broken = bytearray(box)
        broken[index] ^= 1
        with pytest.raises(NotOpened):
            open_box(KEY, BINDING, digest, bytes(broken))
    for index in range(len(digest)):
        other = bytearray(digest)
        other[index] ^= 1
        with pytest.raises(NotOpened):
            open_box(KEY, BINDING, bytes(other), box)
    with pytest.raises(NotOpened):
        open_box(KEY, BINDING, digest, box[:5])


def test_the_size_of_a_box_tells_its_bucket_only() -> None:
    """A null, a short name and a long one look alike."""
    sizes = {len(seal(KEY, BINDING, SALT, value)[1]) for value in (b"null", b'"A"', b'"' + b"x" * 80 + b'"')}
    assert sizes == {BUCKETS[0] + TAG_BYTES}
    wanted = {1: 128, 128: 128, 129: 256, 65536: 65536, 65537: 131072, 131073: 196608}
    assert {size: padded_size(size) for size in wanted} == wanted
    assert [size for size in range(66_000) if is_box_size(size + TAG_BYTES)] == list(BUCKETS)
    assert [is_box_size(size + TAG_BYTES) for size in (131_072, 196_608, 131_073)] == [True, True, False]


def test_a_wrapped_key_opens_for_its_subject_epoch_and_history_only(keys: KeyFolder) -> None:
    """A row of vault.keys cannot be given to somebody else."""
    row, key = Vault(keys, HISTORY).make(PERSON)
    assert Vault(keys, HISTORY).open([row]) == {PERSON: key}
    with pytest.raises(KeysUnusable):
        Vault(keys, HISTORY).open([WrappedKey(OTHER_PERSON, row.epoch, row.wrapped)])
    with pytest.raises(KeysUnusable):
        Vault(keys, HISTORY).open([WrappedKey(PERSON, row.epoch + 1, row.wrapped)])
    with pytest.raises(KeysUnusable):
        Vault(keys, "f" * 32).open([row])


def test_an_opened_key_is_forgotten_after_a_minute(keys: KeyFolder) -> None:
    """After an erasure elsewhere no process reads for longer than that."""
    clock = Clock()
    vault = Vault(keys, HISTORY, clock=clock)
    row, key = vault.make(PERSON)
    assert vault.cached([PERSON]) == {}
    vault.open([row])
    clock.seconds += CACHE_SECONDS - 1
    assert vault.cached([PERSON]) == {PERSON: key}
    clock.seconds += 1
    assert vault.cached([PERSON]) == {}


def test_an_evicted_key_is_forgotten_at_once_and_a_sweep_forgets_the_old(keys: KeyFolder) -> None:
    """Also keys that nobody asks for again leave the memory."""
    clock = Clock()
    vault = Vault(keys, HISTORY, clock=clock)
    rows = [vault.make(subject)[0] for subject in (PERSON, OTHER_PERSON)]
    vault.open(rows)
    vault.evict(PERSON)
    assert list(vault.cached([PERSON, OTHER_PERSON])) == [OTHER_PERSON]
    clock.seconds += CACHE_SECONDS
    vault.sweep()
    # Not through the cache's own methods, which hide an old key even while it is in memory.
    assert vault._opened._Cache__data == {}  # type: ignore[attr-defined]


def test_the_key_folder_keeps_its_keys_and_its_mode(tmp_path: Path) -> None:
    """The second use finds what the first one made; nobody but the owner can read it."""
    first = KeyFolder(tmp_path / "keys", create=True)
    second = KeyFolder(tmp_path / "keys", create=False)
    assert first.index_key == second.index_key
    assert second.unwrap(HISTORY, PERSON, 1, first.wrap(HISTORY, PERSON, KEY)) == KEY
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "keys").iterdir()} == {0o600}
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700


def test_a_key_folder_with_faults_is_refused_in_one_sentence(tmp_path: Path) -> None:
    """Missing, damaged, open to others, or not a folder: never a new key in silence."""
    with pytest.raises(KeysUnusable, match="cannot be used"):
        KeyFolder(tmp_path / "none", create=False)
    (tmp_path / "file").write_text("x")
    with pytest.raises(KeysUnusable):
        KeyFolder(tmp_path / "file", create=True)
    folder = tmp_path / "keys"
    KeyFolder(folder, create=True)
    (folder / "wrapping-1.key").write_text("not hex")
    with pytest.raises(KeysUnusable, match="damaged"):
        KeyFolder(folder, create=False)
    (folder / "wrapping-1.key").unlink()
    with pytest.raises(KeysUnusable, match="missing"):
        KeyFolder(folder, create=False)
    folder.chmod(0o755)
    with pytest.raises(KeysUnusable, match="open to others"):
        KeyFolder(folder, create=True)


def test_a_fence_stands_outside_the_database_and_is_set_once(keys: KeyFolder, tmp_path: Path) -> None:
    """It is there after a restart, whatever is restored."""
    first = Fence(PERSON, "safety", "person-" + "9" * 32, "api")
    second = Fence(OTHER_PERSON, "other", "system", "cli")
    keys.fence([first])
    keys.fence([second, Fence(PERSON, "other", "system", "cli")])
    keys.fence([])
    again = KeyFolder(tmp_path / "keys", create=False)
    assert (again.fences(), again.fenced()) == ((first, second), {PERSON, OTHER_PERSON})
    assert (tmp_path / "keys" / "fences").read_text() == (
        f"{PERSON} safety person-{'9' * 32} api\n{OTHER_PERSON} other system cli\n"
    )


def test_a_new_wrapping_key_takes_over_and_the_old_one_goes(keys: KeyFolder, tmp_path: Path) -> None:
    """From the file and from memory; a process that meets the new epoch turns to it by itself."""
    folder = tmp_path / "keys"
    other = KeyFolder(folder, create=False)
    old = keys.wrap(HISTORY, PERSON, KEY)
    new = keys.begin(2).wrap(HISTORY, PERSON, KEY)
    assert keys.epoch == 1
    keys.follow(2)
    (folder / ".wrapping-1.key.99.abcd").write_text("the draft of a process that was killed")
    assert [path.name for path in keys.strays(2)] == [".wrapping-1.key.99.abcd", "wrapping-1.key"]
    keys.destroy_strays(2)
    assert sorted(path.name for path in folder.iterdir()) == ["index.key", "wrapping-2.key"]

    assert (other.unwrap(HISTORY, PERSON, 2, new), other.epoch) == (KEY, 2)
    # A row that was read a moment ago still opens, but not for long.
    assert other.unwrap(HISTORY, PERSON, 1, old) == KEY
    other.sweep()
    other.sweep()
    with pytest.raises(KeysUnusable, match=r"wrapping-1\.key is missing"):
        other.unwrap(HISTORY, PERSON, 1, old)
    assert other.unwrap(HISTORY, PERSON, 2, new) == KEY


def test_a_wrapping_key_that_was_begun_in_vain_is_not_used_later(keys: KeyFolder, tmp_path: Path) -> None:
    """Another process made that of the epoch again; its file counts, and nothing that this process remembers."""
    other = KeyFolder(tmp_path / "keys", create=False)
    keys.begin(2)
    keys.destroy_strays(1)
    wrapped = other.begin(2).wrap(HISTORY, PERSON, KEY)
    keys.follow(2)
    assert keys.unwrap(HISTORY, PERSON, 2, wrapped) == KEY
    assert (
        KeyFolder(tmp_path / "keys", create=False, epoch=2).unwrap(
            HISTORY, PERSON, 2, keys.wrap(HISTORY, PERSON, KEY)
        )
        == KEY
    )


def test_an_epoch_is_not_gone_back_to(keys: KeyFolder, tmp_path: Path) -> None:
    """An answer of the database that comes late names an earlier one."""
    keys.begin(2)
    keys.follow(2)
    Vault(keys, HISTORY).follow(1)
    assert keys.epoch == 2
    with pytest.raises(KeysUnusable, match="at epoch 1, as after a restore"):
        keys.destroy_strays(1)
    keys.destroy_strays(2)
    assert [path.name for path in (tmp_path / "keys").glob("wrapping*")] == ["wrapping-2.key"]


def test_what_was_destroyed_is_gone_from_memory_too(keys: KeyFolder) -> None:
    old = keys.wrap(HISTORY, PERSON, KEY)
    keys.begin(2)
    keys.follow(2)
    assert keys.unwrap(HISTORY, PERSON, 1, old) == KEY
    keys.destroy_strays(2)
    with pytest.raises(KeysUnusable, match=r"wrapping-1\.key is missing"):
        keys.unwrap(HISTORY, PERSON, 1, old)


def test_a_list_of_fences_with_faults(keys: KeyFolder) -> None:
    """What is no person is left out, and a file that is no text is refused in a sentence."""
    list_of_fences = keys.folder / "fences"
    list_of_fences.write_text(f"nobody other system cli\n{PERSON}\nx cli\n\n")
    assert keys.fences() == (Fence(PERSON, "other", "system", "system"),)
    list_of_fences.write_text("é", encoding="utf-8")
    with pytest.raises(KeysUnusable, match=r"list of erased people, .*, cannot be read"):
        keys.fences()
