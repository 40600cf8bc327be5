"""Forms that were sent after their session had ended. They are kept for a day and shown to the same person whenever they open the
same page, until they send them or throw them away."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

import msgspec

from history.keyfiles import KeysUnusable
from history.outside import NotOpened, open_box, seal
from history.runner import Runner
from history.store import History, opened_keys
from history.vault import Vault

KEPT_HOURS: Final = 24
"""How long a form is kept; also how long an ended session is known by its cookie."""


class KeptForms:
    """The kept forms of one installation."""

    def __init__(self, history: History, runner: Runner, vault: Vault) -> None:
        self._history = history
        self._runner = runner
        self._vault = vault

    async def keep(self, person: str, page: str, fields: Mapping[str, str]) -> bool:
        """Keep the fields of a form that `person` sent from a page, in place of an earlier one; False if they were erased."""
        place = self._place(person, page)
        key = (await opened_keys(self._history, self._vault, (person,))).get(person)
        if key is None:
            return False
        box = seal(key, place.hex(), msgspec.json.encode(dict(fields)), os.urandom)
        async with self._history.connection() as connection:
            await connection.execute(
                "INSERT INTO accounts.kept_forms (person, page, box) SELECT living, %b, %b FROM vault.hold(%b) AS living "
                "WHERE living IS NOT NULL ON CONFLICT (person, page) DO UPDATE SET box = excluded.box, kept_at = now()",
                (place, box, person),
            )
        return True

    async def holds(self, person: str, page: str) -> bool:
        """Whether a form of this page is kept for a person."""
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "SELECT FROM accounts.kept_forms WHERE person = %b AND page = %b "
                "AND kept_at > now() - make_interval(hours => %b::integer)",
                (person, self._place(person, page), KEPT_HOURS),
            )
            return await cursor.fetchone() is not None

    async def find(self, person: str, page: str) -> dict[str, str] | None:
        """The fields that a person's kept form of a page had; None if there is none or it does not open."""
        place = self._place(person, page)
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "SELECT box FROM accounts.kept_forms WHERE person = %b AND page = %b "
                "AND kept_at > now() - make_interval(hours => %b::integer)",
                (person, place, KEPT_HOURS),
                binary=True,
            )
            row = await cursor.fetchone()
        if row is None:
            return None
        try:
            key = (await opened_keys(self._history, self._vault, (person,))).get(person)
            if key is None:
                return None
            return msgspec.json.decode(open_box(key, place.hex(), bytes(row[0])), type=dict[str, str])
        except (NotOpened, KeysUnusable, msgspec.DecodeError):
            return None

    async def discard(self, person: str, page: str) -> None:
        """Delete a person's kept form of a page, because it was sent or they throw it away."""
        async with self._history.connection() as connection:
            await connection.execute(
                "DELETE FROM accounts.kept_forms WHERE person = %b AND page = %b",
                (person, self._place(person, page)),
            )

    async def forget(self, person: str) -> None:
        """Delete all kept forms of an erased person."""
        async with self._history.connection() as connection:
            await connection.execute("DELETE FROM accounts.kept_forms WHERE person = %b", (person,))

    async def sweep(self) -> None:
        """Delete forms that were kept long enough, and those of erased people."""
        async with self._history.connection() as connection:
            await connection.execute(
                "DELETE FROM accounts.kept_forms f WHERE f.kept_at <= now() - make_interval(hours => %b::integer) "
                "OR NOT EXISTS (SELECT FROM vault.keys k WHERE k.subject = f.person)",
                (KEPT_HOURS,),
            )

    def _place(self, person: str, page: str) -> bytes:
        return self._runner.keyed("kept-form", f"{person} {page}".encode())
