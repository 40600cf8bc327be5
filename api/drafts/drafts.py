"""What somebody typed into a long form and has not submitted yet, kept until some time after the form has closed.

Drafts are not facts: they are replaced and deleted. What was typed is sealed under the person's own key, so that it ends with
an erasure, and in the database nobody can read it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from domain.messages import msg
from domain.refusals import NotFound
from history.outside import NotOpened, open_box, seal
from history.statements import Connection
from history.store import History, opened_keys
from history.vault import Vault

KEPT_DAYS: Final = 30
"""How long a draft is kept after its form has closed, and at least after it was last saved."""


@dataclass(frozen=True, slots=True)
class DraftPlace:
    """Where a draft belongs: the `person` who writes, the call, application or review that it is `about`, and the `command` that its
    form sends."""

    person: str
    about: str
    command: str

    def __str__(self) -> str:
        return f"draft {self.person} {self.about} {self.command}"


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft: what was typed, by the names of the inputs. `revision` rises with each save."""

    place: DraftPlace
    typed: Mapping[str, str]
    revision: int
    saved_at: datetime
    kept_until: datetime


class DraftChanged(Exception):
    """The draft was saved from elsewhere since it was opened, with other words; `draft` is that one."""

    def __init__(self, draft: Draft) -> None:
        super().__init__("the draft was saved from elsewhere")
        self.draft = draft


class Drafts:
    """The drafts of one installation."""

    def __init__(
        self,
        history: History,
        vault: Vault,
        *,
        clock: Callable[[], datetime],
        random: Callable[[int], bytes],
    ) -> None:
        self._history = history
        self._vault = vault
        self._clock = clock
        self._random = random

    async def find(self, place: DraftPlace) -> Draft | None:
        """A person's draft; None if there is none, or if what is stored cannot be opened."""
        async with self._history.connection() as connection:
            row = await _row(connection, place)
        return None if row is None else await self._opened(place, row)

    async def of(self, person: str) -> list[Draft]:
        """All drafts of a person, the one that was saved last first."""
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "SELECT about, command, revision, box, saved_at, kept_until FROM accounts.drafts "
                "WHERE person = %b ORDER BY saved_at DESC, about, command",
                (person,),
            )
            rows = await cursor.fetchall()
        found = [
            await self._opened(DraftPlace(person, about, command), rest) for about, command, *rest in rows
        ]
        return [draft for draft in found if draft is not None]

    async def save(
        self, place: DraftPlace, typed: Mapping[str, str], *, seen: int, kept_until: datetime
    ) -> Draft:
        """Save what was typed. `seen` is the revision that the form was opened with, 0 if there was none.

        Raises `DraftChanged` if another revision with other words is stored, and `NotFound` if the person was erased.
        """
        key = (await opened_keys(self._history, self._vault, (place.person,))).get(place.person)
        if key is None:
            raise NotFound(_ERASED)
        box = seal(key, str(place), msgspec.json.encode(typed), self._random)
        now = self._clock()
        async with self._history.connection() as connection, connection.transaction():
            # Hold the row of the key, so that nothing is saved for somebody who is being erased.
            held = await (await connection.execute("SELECT vault.hold(%b)", (place.person,))).fetchone()
            row = await _row(connection, place, lock=True)
            stored = None if row is None else await self._opened(place, row)
            other = stored is not None and stored.revision != seen and dict(stored.typed) != dict(typed)
            revision = 0
            if held is not None and held[0] is not None and not other:
                cursor = await connection.execute(_SAVE, (*_key_of(place), box, now, kept_until))
                saved = await cursor.fetchone()
                assert saved is not None
                revision = int(saved[0])
        # Raised after the transaction: a rollback would deallocate the connection's prepared statements.
        if other:
            assert stored is not None
            raise DraftChanged(stored)
        if not revision:
            raise NotFound(_ERASED)
        return Draft(place, typed, revision, now, kept_until)

    async def discard(self, place: DraftPlace) -> None:
        """Delete a draft, if there is one."""
        async with self._history.connection() as connection:
            await connection.execute(
                "DELETE FROM accounts.drafts WHERE person = %b AND about = %b AND command = %b",
                _key_of(place),
            )

    async def forget(self, person: str) -> None:
        """Delete all drafts of an erased person."""
        async with self._history.connection() as connection:
            await connection.execute("DELETE FROM accounts.drafts WHERE person = %b", (person,))

    async def over(self) -> list[DraftPlace]:
        """The drafts whose time is over. Those of erased people are deleted."""
        async with self._history.connection() as connection:
            await connection.execute(
                "DELETE FROM accounts.drafts d WHERE NOT EXISTS (SELECT FROM vault.keys k WHERE k.subject = d.person)"
            )
            cursor = await connection.execute(
                "SELECT person, about, command FROM accounts.drafts WHERE kept_until <= %b", (self._clock(),)
            )
            return [DraftPlace(*row) for row in await cursor.fetchall()]

    async def of_commands(self, commands: Sequence[str]) -> list[DraftPlace]:
        """The drafts of the forms that send one of these commands."""
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "SELECT person, about, command FROM accounts.drafts WHERE command = ANY (%b::text[])",
                (list(commands),),
            )
            return [DraftPlace(*row) for row in await cursor.fetchall()]

    async def begun(self, person: str, about: str) -> bool:
        """Whether a person has a draft about something."""
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "SELECT FROM accounts.drafts WHERE person = %b AND about = %b", (person, about)
            )
            return await cursor.fetchone() is not None

    async def delete_if_over(self, place: DraftPlace) -> None:
        """Delete a draft whose time is over, unless it was saved again meanwhile."""
        async with self._history.connection() as connection:
            await connection.execute(
                "DELETE FROM accounts.drafts WHERE person = %b AND about = %b AND command = %b AND kept_until <= %b",
                (place.person, place.about, place.command, self._clock()),
            )

    async def keep(self, place: DraftPlace, closes: datetime) -> None:
        """Keep a draft for `KEPT_DAYS` after its form closes, which is later than when it was saved."""
        async with self._history.connection() as connection:
            await connection.execute(
                "UPDATE accounts.drafts SET kept_until = greatest(kept_until, %b) "
                "WHERE person = %b AND about = %b AND command = %b",
                (closes + timedelta(days=KEPT_DAYS), place.person, place.about, place.command),
            )

    async def _opened(self, place: DraftPlace, row: Any) -> Draft | None:  # Any: a row of the table
        revision, box, saved_at, kept_until = row
        key = (await opened_keys(self._history, self._vault, (place.person,))).get(place.person)
        if key is None:
            return None
        try:
            typed = msgspec.json.decode(open_box(key, str(place), bytes(box)), type=dict[str, str])
        except (NotOpened, msgspec.DecodeError):
            return None
        return Draft(place, typed, int(revision), saved_at, kept_until)


_ERASED: Final = msg("There is no such person, or their data was erased.")


async def _row(connection: Connection, place: DraftPlace, *, lock: bool = False) -> tuple[Any, ...] | None:
    cursor = await connection.execute(_LOCKED if lock else _READ, (place.person, place.about, place.command))
    return await cursor.fetchone()


def _key_of(place: DraftPlace) -> tuple[str, str, str]:
    return place.person, place.about, place.command


_SAVE: Final = (
    "INSERT INTO accounts.drafts AS d (person, about, command, revision, box, saved_at, kept_until) "
    "VALUES (%b, %b, %b, 1, %b, %b, %b) ON CONFLICT (person, about, command) DO UPDATE SET "
    "revision = d.revision + 1, box = excluded.box, saved_at = excluded.saved_at, "
    "kept_until = excluded.kept_until RETURNING revision"
)
_READ: Final = (
    "SELECT revision, box, saved_at, kept_until FROM accounts.drafts "
    "WHERE person = %b AND about = %b AND command = %b"
)
_LOCKED: Final = (
    "SELECT revision, box, saved_at, kept_until FROM accounts.drafts "
    "WHERE person = %b AND about = %b AND command = %b FOR UPDATE"
)
