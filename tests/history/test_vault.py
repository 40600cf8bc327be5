"""The vault and the seals: keys outside the database, boxes that open in one place only, erasure that holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from history.keyfiles import KeyFolder, KeysUnusable
from history.sealing import BUCKETS, NONCE_BYTES, NotOpened, Place, open_box, padded_size, seal
from history.vault import CACHE_SECONDS, Vault, WrappedKey

KEY, OTHER_KEY = b"\x01" * 32, b"\x02" * 32
SALT, NONCE = b"\x03" * 32, b"\x04" * NONCE_BYTES
HISTORY = "0123456789abcdef" * 2
PLACE = Place(history="h", topic="t.v1", stream="person-1", version=2, subject="person-1", field="name")


class Clock:
    """A monotonic clock that a test can set."""

    seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def keys(tmp_path: Path) -> KeyFolder:
    return KeyFolder(tmp_path / "keys", create=True)


def test_a_box_opens_at_its_place_under_its_key() -> None:
    """What comes out is the salt and the exact value."""
    box = seal(KEY, PLACE, SALT, b'"value"', NONCE)
    assert open_box(KEY, PLACE, box) == (SALT, b'"value"')


@pytest.mark.parametrize("part", ["history", "topic", "stream", "version", "subject", "field"])
def test_a_box_moved_elsewhere_does_not_open(part: str) -> None:
    """Every part of the place is bound."""
    box = seal(KEY, PLACE, SALT, b'"value"', NONCE)
    elsewhere = PLACE._replace(**{part: 3 if part == "version" else "another"})
    with pytest.raises(NotOpened):
        open_box(KEY, elsewhere, box)


def test_a_box_with_any_bit_flipped_or_another_key_does_not_open() -> None:
    """The seal is authenticated."""
    box = seal(KEY, PLACE, SALT, b'"value"', NONCE)
    with pytest.raises(NotOpened):
        open_box(OTHER_KEY, PLACE, box)
    for index in range(len(box)):
        broken = bytearray(box)
        broken[index] ^= 1
        with pytest.raises(NotOpened):
            open_box(KEY, PLACE, bytes(broken))
    with pytest.raises(NotOpened):
        open_box(KEY, PLACE, box[:5])


def test_the_size_of_a_box_tells_its_bucket_only() -> None:
    """A null, a short name and a long one look alike."""
    sizes = {
        len(seal(KEY, PLACE, SALT, value, NONCE)) for value in (b"null", b'"A"', b'"' + b"x" * 80 + b'"')
    }
    assert sizes == {NONCE_BYTES + BUCKETS[0] + 16}
    assert [padded_size(size) for size in (1, 128, 129, 65536, 65537, 131073)] == [
        128,
        128,
        256,
        65536,
        131072,
        196608,
    ]


def test_a_wrapped_key_opens_for_its_subject_epoch_and_history_only(keys: KeyFolder) -> None:
    """A row of vault.keys cannot be given to somebody else."""
    row, key = Vault(keys, HISTORY).make("person-1")
    assert Vault(keys, HISTORY).open([row]) == {"person-1": key}
    with pytest.raises(KeysUnusable):
        Vault(keys, HISTORY).open([WrappedKey("person-2", row.epoch, row.wrapped)])
    with pytest.raises(KeysUnusable):
        Vault(keys, HISTORY).open([WrappedKey("person-1", row.epoch + 1, row.wrapped)])
    with pytest.raises(KeysUnusable):
        Vault(keys, "f" * 32).open([row])


def test_an_opened_key_is_forgotten_after_a_minute(keys: KeyFolder) -> None:
    """After an erasure elsewhere no process reads for longer than that."""
    clock = Clock()
    vault = Vault(keys, HISTORY, clock=clock)
    row, key = vault.make("person-1")
    assert vault.cached(["person-1"]) == {}
    vault.open([row])
    clock.seconds += CACHE_SECONDS - 1
    assert vault.cached(["person-1"]) == {"person-1": key}
    clock.seconds += 1
    assert vault.cached(["person-1"]) == {}


def test_an_evicted_key_is_forgotten_at_once_and_a_sweep_forgets_the_old(keys: KeyFolder) -> None:
    """Also keys that nobody asks for again leave the memory."""
    clock = Clock()
    vault = Vault(keys, HISTORY, clock=clock)
    rows = [vault.make(subject)[0] for subject in ("person-1", "person-2")]
    vault.open(rows)
    vault.evict("person-1")
    assert list(vault.cached(["person-1", "person-2"])) == ["person-2"]
    clock.seconds += CACHE_SECONDS
    vault.sweep()
    assert vault._opened == {}  # what lies in memory is the very point


def test_the_key_folder_keeps_its_keys_and_its_mode(tmp_path: Path) -> None:
    """The second use finds what the first one made; nobody but the owner can read it."""
    first = KeyFolder(tmp_path / "keys", create=True)
    second = KeyFolder(tmp_path / "keys", create=False)
    assert first.index_key == second.index_key
    assert second.unwrap(HISTORY, "s", 1, first.wrap(HISTORY, "s", KEY)) == KEY
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
    keys.fence("person-1")
    keys.fence("person-2")
    keys.fence("person-1")
    assert KeyFolder(tmp_path / "keys", create=False).fenced() == {"person-1", "person-2"}
    assert (tmp_path / "keys" / "fences").read_text() == "person-1\nperson-2\n"
