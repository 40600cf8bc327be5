"""What somebody typed into a long form and has not submitted yet, kept until some time after the form has closed.

Drafts are not facts: they are replaced and deleted. What was typed is sealed under the person's own key, so that it ends with
an erasure, and in the database nobody can read it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

import msgspec

from domain.messages import msg
from domain.refusals import NotFound
from domain.values import stream_id
from history.arrays import texts
from history.batched_lookups import BatchedLookup
from history.outside import NotOpened, open_box, seal
from history.statements import Connection, Prepared, call
from history.store import History, opened_keys
from history.vault import Vault

KEPT_DAYS: Final = 30
"""How long a draft is kept after its form has closed, and at least after it was last saved."""


def kept_until(now: datetime, closes: datetime | None) -> datetime:
    """Until when a draft is kept that is saved `now`; `closes` is when its form does, None if nobody knows."""
    return max(now, closes or now) + timedelta(days=KEPT_DAYS)


@dataclass(frozen=True, slots=True)
class DraftPlace:
    """Where a draft belongs: the `person` who writes, the call, application, review or grant that it is `about`, and the
    `command` that its form sends."""

    person: str
    about: str
    command: str

    def __str__(self) -> str:
        return f"draft {self.person} {self.about} {self.command}"


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft: what was typed, by the names of the inputs. `id` names it in addresses, `revision` rises with each save.
    `writers` are the others who write in it, and `former` those who no longer do. `form` names the open form that saved it."""

    id: str
    place: DraftPlace
    typed: Mapping[str, str]
    revision: int
    saved_at: datetime
    kept_until: datetime
    writers: frozenset[str] = frozenset()
    former: frozenset[str] = frozenset()
    form: bytes | None = None

    @property
    def everybody(self) -> frozenset[str]:
        """All who may have written what is in it."""
        return self.writers | self.former | {self.place.person}


@dataclass(frozen=True, slots=True)
class DraftKept:
    """Until when a draft is kept, without what was typed; `people` are all who write in it."""

    id: str
    place: DraftPlace
    kept_until: datetime
    people: frozenset[str]


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
        self._helpers = BatchedLookup(self._helpers_of)

    async def find(self, place: DraftPlace) -> Draft | None:
        """A person's draft; None if there is none, or if what is stored cannot be opened."""
        async with self._history.connection() as connection:
            row = await _row(connection, place)
        return None if row is None else await self._opened(place, row)

    async def by_id(self, draft: str, person: str) -> Draft | None:
        """The draft of this name, if it is a person's own or one in which they write; otherwise None."""
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                f"{_PLACED} WHERE d.draft = %b AND (d.person = %b OR EXISTS ({_WRITES_IN}))",
                (draft, person, person),
            )
            row = await cursor.fetchone()
        return None if row is None else await self._opened(DraftPlace(*row[:3]), row[3:])

    async def of(self, person: str) -> list[Draft]:
        """All drafts of a person, and those of others in which they write, the one that was saved last first."""
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                _OF,
                (person, person),
            )
            rows = await cursor.fetchall()
        found = [await self._opened(DraftPlace(*row[:3]), row[3:]) for row in rows]
        return [draft for draft in found if draft is not None]

    async def save(
        self,
        place: DraftPlace,
        typed: Mapping[str, str],
        *,
        seen: int,
        kept_until: datetime,
        writer: str | None = None,
        form: bytes | None = None,
    ) -> Draft:
        """Save what was typed, by its owner or by a `writer` who is not. `seen` is the revision that the form was
        opened with, 0 if there was none. `form` names the open form (`form_name`): what it saved itself, it may replace.

        Raises `DraftChanged` if another revision with other words is stored, and `NotFound` if the owner was erased, or
        if the writer writes in the draft no longer.
        """
        key = (await opened_keys(self._history, self._vault, (place.person,))).get(place.person)
        if key is None:
            raise NotFound(_ERASED)
        box = seal(key, str(place), msgspec.json.encode(typed), self._random)
        now = self._clock()
        draft = stream_id("draft", self._random(16))
        async with self._history.connection() as connection, connection.transaction():
            # Hold the row of the key, so that nothing is saved for somebody who is being erased.
            held = await (await connection.execute("SELECT vault.hold(%b)", (place.person,))).fetchone()
            row = await _row(connection, place, lock=True)
            stored = None if row is None else await self._opened(place, row)
            other = (
                stored is not None
                and stored.revision != seen
                and not saved_by(stored, form)
                and dict(stored.typed) != dict(typed)
            )
            revision = 0
            allowed = held is not None and held[0] is not None
            if allowed and writer is not None:
                # Nobody is removed, and the draft is not deleted, while they save.
                allowed = stored is not None and await _writes_in(connection, stored.id, writer)
            if allowed and not other:
                cursor = await connection.execute(_SAVE, (draft, *_key_of(place), box, now, kept_until, form))
                saved = await cursor.fetchone()
                assert saved is not None
                revision, draft = int(saved[0]), str(saved[1])
        # Raised after the transaction: a rollback would deallocate the connection's prepared statements.
        if other and allowed:
            assert stored is not None
            raise DraftChanged(stored)
        if not revision:
            raise NotFound(_ERASED if writer is None else NOT_SHARED)
        writers, former = (stored.writers, stored.former) if stored else (frozenset(), frozenset())
        return Draft(draft, place, typed, revision, now, kept_until, writers, former, form)

    async def helpers(self, place: DraftPlace) -> frozenset[str]:
        """Who else wrote, or may have written, in a draft; the draft itself is not opened, so that they are known even if it cannot
        be."""
        return (await self._helpers.get((place,))).get(place, frozenset())

    async def _helpers_of(self, places: frozenset[DraftPlace]) -> dict[DraftPlace, frozenset[str]]:
        """The helpers of some drafts; every submission by JSON asks for them, so those that come at once ask together."""
        asked = list(places)
        columns = [texts(list(column)) for column in zip(*[_key_of(place) for place in asked], strict=True)]
        async with self._history.connection() as connection:
            rows = await call(connection, _HELPERS, columns)
        people: dict[DraftPlace, set[str]] = {}
        for number, person in rows:
            people.setdefault(asked[number - 1], set()).add(person)
        return {place: frozenset(found) - {place.person} for place, found in people.items()}

    async def discard(self, place: DraftPlace, *, seen: int | None = None) -> None:
        """Delete a draft, if there is one; with `seen`, only this revision, so that what others wrote meanwhile stays."""
        async with self._history.connection() as connection:
            await connection.execute(
                "DELETE FROM accounts.drafts WHERE person = %b AND about = %b AND command = %b "
                "AND revision = coalesce(%b::integer, revision)",
                (*_key_of(place), seen),
            )

    async def forget(self, person: str) -> None:
        """Delete all drafts of an erased person, and that they wrote in those of others."""
        async with self._history.connection() as connection:
            await connection.execute("DELETE FROM accounts.drafts WHERE person = %b", (person,))
            await connection.execute("DELETE FROM accounts.draft_writers WHERE person = %b", (person,))

    async def over(self) -> list[DraftPlace]:
        """The drafts whose time is over. Those of erased people are deleted."""
        async with self._history.connection() as connection:
            await connection.execute(
                "DELETE FROM accounts.drafts d WHERE NOT EXISTS (SELECT FROM vault.keys k WHERE k.subject = d.person)"
            )
            await connection.execute(
                "DELETE FROM accounts.draft_writers w WHERE NOT EXISTS "
                "(SELECT FROM vault.keys k WHERE k.subject = w.person)"
            )
            cursor = await connection.execute(
                "SELECT person, about, command FROM accounts.drafts WHERE kept_until <= %b", (self._clock(),)
            )
            return [DraftPlace(*row) for row in await cursor.fetchall()]

    async def kept(self, draft: str) -> DraftKept | None:
        """Until when a draft is kept, and who writes in it; None if there is none of this name."""
        async with self._history.connection() as connection:
            cursor = await connection.execute(f"{_KEPT} WHERE d.draft = %b", (draft,))
            row = await cursor.fetchone()
        return None if row is None else _kept_in(row)

    async def ending(self, before: datetime, commands: Collection[str]) -> list[DraftKept]:
        """The drafts of the forms that send one of these commands whose time is over before then, and of which nobody
        was told."""
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                f"{_KEPT} WHERE d.kept_until <= %b AND d.announced IS DISTINCT FROM d.kept_until "
                "AND d.command = ANY (%b::text[])",
                (before, sorted(commands)),
            )
            return [_kept_in(row) for row in await cursor.fetchall()]

    async def announce(self, connection: Connection, draft: DraftKept, kept_until: datetime) -> bool:
        """Note, in the caller's transaction, that those who write in a draft are told that it is deleted after
        `kept_until`; False if it was saved or told of meanwhile."""
        cursor = await connection.execute(
            "UPDATE accounts.drafts SET kept_until = %b, announced = %b WHERE draft = %b AND kept_until = %b "
            "AND announced IS DISTINCT FROM kept_until",
            (kept_until, kept_until, draft.id, draft.kept_until),
        )
        return cursor.rowcount == 1

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
        draft, revision, box, saved_at, kept_until, form, writers, former = row
        key = (await opened_keys(self._history, self._vault, (place.person,))).get(place.person)
        if key is None:
            return None
        try:
            typed = msgspec.json.decode(open_box(key, str(place), bytes(box)), type=dict[str, str])
        except (NotOpened, msgspec.DecodeError):
            return None
        return Draft(
            str(draft),
            place,
            typed,
            int(revision),
            saved_at,
            kept_until,
            frozenset(writers),
            frozenset(former),
            None if form is None else bytes(form),
        )


NOT_SHARED: Final = msg(
    "There is no such draft here any more. It may have been submitted or deleted, or it is not shared with you."
)
_ERASED: Final = msg("There is no such person, or their data was erased.")


def form_name(key: str) -> bytes | None:
    """The name of an open form, by its idempotency key; None if it has none."""
    return sha256(key.encode()).digest() if key else None


def saved_by(draft: Draft, form: bytes | None) -> bool:
    """Whether a draft was saved last by this open form: going back to it and sending it again loses nobody's words."""
    return form is not None and draft.form == form


async def _row(connection: Connection, place: DraftPlace, *, lock: bool = False) -> tuple[Any, ...] | None:
    cursor = await connection.execute(_LOCKED if lock else _READ, (place.person, place.about, place.command))
    return await cursor.fetchone()


def _kept_in(row: Any) -> DraftKept:  # Any: a row of the table
    draft, person, about, command, kept_until, writers = row
    return DraftKept(
        str(draft), DraftPlace(person, about, command), kept_until, frozenset({person, *writers})
    )


async def _writes_in(connection: Connection, draft: str, person: str) -> bool:
    cursor = await connection.execute(
        "SELECT FROM accounts.draft_writers WHERE draft = %b AND person = %b AND left_at IS NULL FOR SHARE",
        (draft, person),
    )
    return await cursor.fetchone() is not None


def _key_of(place: DraftPlace) -> tuple[str, str, str]:
    return place.person, place.about, place.command


_HELPERS: Final = Prepared(
    b"draft_helpers",
    b"SELECT a.number, w.person FROM unnest((SELECT $1::text[]), (SELECT $2::text[]), (SELECT $3::text[])) "
    b"WITH ORDINALITY AS a (person, about, command, number) JOIN accounts.drafts d USING (person, about, command) "
    b"JOIN accounts.draft_writers w ON w.draft = d.draft",
)
_SAVE: Final = (
    "INSERT INTO accounts.drafts AS d (draft, person, about, command, revision, box, saved_at, kept_until, form) "
    "VALUES (%b, %b, %b, %b, 1, %b, %b, %b, %b) ON CONFLICT (person, about, command) DO UPDATE SET "
    "revision = d.revision + 1, box = excluded.box, saved_at = excluded.saved_at, "
    "kept_until = excluded.kept_until, form = excluded.form RETURNING revision, draft"
)
_COLUMNS: Final = (
    "d.draft, d.revision, d.box, d.saved_at, d.kept_until, d.form, "
    "ARRAY (SELECT w.person FROM accounts.draft_writers w WHERE w.draft = d.draft AND w.left_at IS NULL), "
    "ARRAY (SELECT w.person FROM accounts.draft_writers w WHERE w.draft = d.draft AND w.left_at IS NOT NULL)"
)
_PLACED: Final = f"SELECT d.person, d.about, d.command, {_COLUMNS} FROM accounts.drafts d"  # noqa: S608
_OF: Final = (
    f"{_PLACED} WHERE d.person = %b OR d.draft IN (SELECT w.draft FROM accounts.draft_writers w "  # noqa: S608
    "WHERE w.person = %b AND w.left_at IS NULL) ORDER BY d.saved_at DESC, d.draft"
)
_KEPT: Final = (
    "SELECT d.draft, d.person, d.about, d.command, d.kept_until, "
    "ARRAY (SELECT w.person FROM accounts.draft_writers w WHERE w.draft = d.draft AND w.left_at IS NULL) "
    "FROM accounts.drafts d"
)
_WRITES_IN: Final = (
    "SELECT FROM accounts.draft_writers o WHERE o.draft = d.draft AND o.person = %b AND o.left_at IS NULL"
)
_READ: Final = (
    f"SELECT {_COLUMNS} FROM accounts.drafts d WHERE d.person = %b AND d.about = %b AND d.command = %b"  # noqa: S608
)
_LOCKED: Final = f"{_READ} FOR UPDATE OF d"
