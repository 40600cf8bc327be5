"""As whom one can enter a demonstration: the people, what one finds as each of them, and their tokens, in a file of its own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from api.run.settings import Settings

FILE: Final = "access.json"
ADMINISTRATOR_FILE: Final = "administrator-token"
_OWN_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class DemoPerson(msgspec.Struct, frozen=True, kw_only=True):
    """One person of the demonstration: a name for the entrance (`role`), the person's name and id, and a token to sign in
    with. By language: `group` is the heading under which the person is listed, `part` what they do there, and `finds` one
    line that says what one finds as this person."""

    role: str
    name: str
    person: str
    token: str
    group: dict[str, str] = {}
    part: dict[str, str] = {}
    finds: dict[str, str] = {}


class _Saved(msgspec.Struct, frozen=True, kw_only=True):
    """The content of `FILE`: people and tokens of one history. Another database in the same folder has other tokens."""

    history: str
    access: tuple[DemoPerson, ...]


def read_saved(data_dir: Path, history_id: str) -> tuple[DemoPerson, ...] | None:
    """The people of the demonstration in this folder; None if none was completed there for this history."""
    try:
        kept = msgspec.json.decode((data_dir / FILE).read_bytes(), type=_Saved)
    except (OSError, msgspec.DecodeError):
        return None
    return kept.access if kept.history == history_id else None


def saved_people(settings: Settings, history_id: str) -> tuple[DemoPerson, ...]:
    """The people of a demonstration, with their tokens, so that everybody can enter as one of them; nobody if this is none."""
    return (read_saved(settings.data_dir, history_id) or ()) if settings.demo else ()


def demonstration_people(settings: Settings, history_id: str) -> frozenset[str]:
    """The people as whom everybody can enter a demonstration that others can reach. On one's own machine there are
    none: whoever locks a person there locks out themselves."""
    if not settings.demo or urlsplit(settings.address).hostname in _OWN_MACHINE:
        return frozenset()
    return frozenset(each.person for each in saved_people(settings, history_id))


def save(data_dir: Path, history_id: str, people: tuple[DemoPerson, ...]) -> None:
    """Save the people; the administrator's token also in a file of its own."""
    administrator = next(each for each in people if each.role == "administrator")
    _write(data_dir / ADMINISTRATOR_FILE, administrator.token + "\n")
    kept = msgspec.json.encode(_Saved(history=history_id, access=people))
    _write(data_dir / FILE, msgspec.json.format(kept, indent=1).decode() + "\n")


def _write(file: Path, text: str) -> None:
    """Write an owner-only file atomically."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(text)
    draft.replace(file)
