"""The checks of `overwinter doctor`: settings, database, migrations, keys, read models and disk.

It changes nothing, so it can run at any time, also on a standby."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import psycopg

from api.health.health import MOST_LAG_SECONDS, Ready, look
from api.health.replica import CONNECT_SECONDS, ReplicaHealth, look_at
from api.postgres.roles import role_of
from api.run.settings import Settings, described, unknown_names
from api.run.wiring import all_migrations, check_fit, clock_of
from domain.topics import TOPICS
from history.key_backup import KeyBackup
from history.keyfiles import KeysUnusable
from history.migrate import pending
from history.rotation import epoch_of
from history.statements import Connection
from history.store import History, open_history
from history.unreadable import Unreadable

LEAST_FREE: Final = 1_000_000_000
"""The doctor reports a disk with fewer free bytes."""
OLDEST_POSTGRESQL: Final = 150000
TAKEOVER_SECONDS: Final = 3.0
"""How long to wait for a process that keeps the read models up to date. A takeover takes at most two seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysHealth:
    """The current epoch and when it began, whether a rotation is due because somebody was erased, and when the key backup was
    last written (None if there is none)."""

    epoch: int
    began_at: datetime
    rotation_due: bool
    backup_written_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """The results. Sizes are in bytes. `ready` is None if the database lacks migrations, `replica` if none is configured.
    `role` is the database role of the program, and `owner` says whether it could change the history."""

    settings: dict[str, str]
    postgresql: str
    database_bytes: int
    role: str
    owner: bool
    pending_migrations: tuple[str, ...]
    ready: Ready | None
    keys: KeysHealth | None
    replica: ReplicaHealth | None
    free_bytes: int
    wrong: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:  # Any: JSON
        """The results as an object for scripts; `well` is true if nothing is wrong."""
        ready = self.ready
        return {
            "settings": self.settings,
            "postgresql": self.postgresql,
            "database_bytes": self.database_bytes,
            "role": {"name": self.role, "owner": self.owner},
            "free_bytes": self.free_bytes,
            "missing_migrations": list(self.pending_migrations),
            "keys": self.keys and msgspec.to_builtins(self.keys),
            "replica": self.replica and msgspec.to_builtins(self.replica),
            "facts": ready and ready.facts,
            "overdue": ready and ready.overdue,
            "projecting": ready and ready.projecting,
            "projections": [
                {
                    "name": each.name,
                    "position": each.position,
                    "behind": each.behind,
                    "lag_seconds": each.lag_seconds,
                    "failed_position": each.failed_position,
                }
                for each in (ready.projections if ready else ())
            ],
            "wrong": list(self.wrong),
            "well": not self.wrong,
        }


async def examine(settings: Settings, url: str) -> Diagnosis:
    """Examine an installation. Raises what `wiring.check_fit` raises, and psycopg.OperationalError if the database cannot be
    reached."""
    with psycopg.connect(url, autocommit=True) as connection:
        number = connection.info.server_version
        row = connection.execute(
            "SELECT current_setting('server_version'), pg_database_size(current_database())"
        ).fetchone()
        assert row is not None
        role, owner = role_of(connection)
        off = _switched_off(connection)
    missing = pending(url, all_migrations())
    ready: Ready | None = None
    keys: KeysHealth | None = None
    replica: ReplicaHealth | None = None
    wrong = [f"{name} is not a setting of this program; check its spelling." for name in unknown_names()]
    if number < OLDEST_POSTGRESQL:
        wrong.append("PostgreSQL 15 or newer is needed.")
    wrong += [
        f"The trigger {trigger} on {table} is disabled, so facts can be changed or deleted; find out who disabled it and "
        f"why, run overwinter verify, then ALTER TABLE {table} ENABLE TRIGGER {trigger}."
        for table, trigger in off
    ]
    if missing:
        wrong.append("The database is not ready for this program; run: overwinter migrate.")
    else:
        async with open_history(url, connections=1) as history:
            ready = await look_patiently(history, clock_of(settings))
            if ready.facts:
                try:
                    await check_fit(settings, history)
                except Unreadable as error:
                    wrong.append(str(error))
                wrong += await _unknown_topics(history)
            keys, wrong_with_keys = await _look_at_keys(settings, history)
            wrong += wrong_with_keys
            if settings.read_database_url is not None:
                replica = await look_at(history, _connection(settings.read_database_url))
        wrong += (*ready.wrong, *ready.stopped, *ready.leaderless)
        if replica is not None:
            wrong += _wrong_with(replica)
    free = shutil.disk_usage(_existing(settings.data_dir)).free
    if free < LEAST_FREE:
        wrong.append(f"The disk of {settings.data_dir} has only {_size(free)} left.")
    return Diagnosis(
        settings={entry.name: entry.value for entry in described(settings)},
        postgresql=str(row[0]),
        database_bytes=int(row[1]),
        role=role,
        owner=owner,
        pending_migrations=missing,
        ready=ready,
        keys=keys,
        replica=replica,
        free_bytes=free,
        wrong=tuple(wrong),
    )


def _switched_off(connection: psycopg.Connection[Any]) -> list[tuple[str, str]]:
    """The disabled triggers on the history's tables (for all sessions or for ordinary ones): table and name."""
    return connection.execute(
        "SELECT n.nspname || '.' || c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
        "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname IN ('history', 'vault') "
        "AND NOT t.tgisinternal AND t.tgenabled NOT IN ('O', 'A') ORDER BY 1, 2"
    ).fetchall()


async def _look_at_keys(settings: Settings, history: History) -> tuple[KeysHealth, list[str]]:
    epoch = await epoch_of(history)
    wrong = []
    if epoch.due:
        wrong.append(
            "Somebody was erased, but the old wrapping key is not destroyed yet; serve and project try again every few "
            "seconds; overwinter rotate-keys does it at once, or says why it cannot."
        )
    heading = None
    if settings.key_backup is not None:
        try:
            heading = KeyBackup(settings.key_backup).heading()
        except KeysUnusable as error:
            wrong.append(str(error))
        else:
            if heading is None:
                wrong.append(f"There is no key backup in {settings.key_backup} yet; run: overwinter backup.")
            elif (heading.history, heading.epoch) != (history.id, epoch.number):
                wrong.append(
                    f"The key backup in {settings.key_backup} belongs to another epoch or installation; if it belongs to "
                    "this installation, overwinter rotate-keys writes a new one."
                )
    written_at = heading.written_at.astimezone(UTC) if heading is not None else None
    return KeysHealth(
        epoch=epoch.number,
        began_at=epoch.began_at.astimezone(UTC),
        rotation_due=epoch.due,
        backup_written_at=written_at,
    ), wrong


async def look_patiently(history: History, clock: Callable[[], datetime]) -> Ready:
    """The state of an installation. If no process keeps the read models up to date, wait long enough for a takeover."""
    end = time.monotonic() + TAKEOVER_SECONDS
    while True:
        ready = await look(history, clock())
        if not ready.leaderless or time.monotonic() >= end:
            return ready
        await asyncio.sleep(0.2)


async def _unknown_topics(history: History) -> list[str]:
    """A sentence if there are facts with unknown topics, with the position of the first."""
    async with history.connection() as connection:
        cursor = await connection.execute(
            "SELECT min(position), count(*) FROM history.facts WHERE topic <> ALL (%b::text[])",
            (list(TOPICS),),
        )
        row = await cursor.fetchone()
    assert row is not None
    first, many = row
    if not many:
        return []
    facts = "1 fact has a topic" if many == 1 else f"{many} facts have a topic"
    where = f"{facts} that this program does not know, the first at position {first}"
    return [f"{where}; nothing that depends on such a fact can be shown or changed."]


def report(found: Diagnosis) -> str:
    """The results as text for people."""
    width = max(24, *(len(name) + 2 for name in found.settings))
    lines = [f"{name:<{width}}{value}" for name, value in found.settings.items()]
    lines += [
        f"{'PostgreSQL':<24}{found.postgresql}, the database takes {_size(found.database_bytes)}",
        f"{'database role':<24}{found.role}, {_may(found.owner)}",
        f"{'free on the disk':<24}{_size(found.free_bytes)}",
        f"{'missing migrations':<24}{', '.join(found.pending_migrations) or 'none'}",
    ]
    if found.ready is not None:
        lines += [
            f"{'facts':<24}{found.ready.facts}",
            f"{'overdue':<24}{found.ready.overdue}",
            f"{'read models':<24}{'kept up to date' if found.ready.projecting else 'kept up to date by nobody'}",
        ]
        if found.keys is not None:
            due = ", rotation due because somebody was erased" if found.keys.rotation_due else ""
            written = found.keys.backup_written_at
            backup = f"written {written:%Y-%m-%d %H:%M} UTC" if written else "none; see OVERWINTER_KEY_BACKUP"
            lines += [
                f"{'keys':<24}epoch {found.keys.epoch}, since {found.keys.began_at:%Y-%m-%d %H:%M} UTC{due}",
                f"{'key backup':<24}{backup}",
            ]
        if found.replica is not None:
            lines.append(
                f"{'replica':<24}{found.replica.behind} behind, {found.replica.lag_seconds:.1f} s"
                if found.replica.follows
                else f"{'replica':<24}cannot be used"
            )
        for each in found.ready.projections:
            stopped = f", stopped at {each.failed_position}" if each.failed_position is not None else ""
            lines.append(
                f"{'projection':<12}{each.name:<14}at {each.position}, {each.behind} behind, "
                f"{each.lag_seconds:.1f} s{stopped}"
            )
    return "\n".join(lines)


@asynccontextmanager
async def _connection(url: str) -> AsyncIterator[Connection]:
    connection = await psycopg.AsyncConnection.connect(url, autocommit=True, connect_timeout=CONNECT_SECONDS)
    async with connection:
        yield connection


def _wrong_with(replica: ReplicaHealth) -> list[str]:
    if not replica.answers:
        return ["The replica at READ_DATABASE_URL does not answer; the primary answers all reads meanwhile."]
    if not replica.follows:
        return ["The database at READ_DATABASE_URL is not a replica of the one at DATABASE_URL."]
    if replica.lag_seconds > MOST_LAG_SECONDS:
        return [
            f"The replica is {replica.behind} facts and {replica.lag_seconds:.0f} seconds behind, so readers see old data."
        ]
    return []


def _may(owner: bool) -> str:
    return "owns the history" if owner else "can add to the history but not change it"


def _existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"
