"""Naming people who must never read one's applications, by an e-mail address or a personal code.

It is looked up who that is, with the same statements whether anybody is found or not, and nobody is told.
"""

from __future__ import annotations

from api.accounts.email import EmailSignIn, checked
from domain.addresses import address_name
from domain.commands.profiles import ExcludeReader
from domain.messages import msg
from domain.persons.state import PERSON
from domain.refusals import Invalid
from domain.values import Channel, is_id
from history.requests import Answer, Request
from history.runner import Runner
from history.store import History


class ExcludedReaders:
    """The naming of such people in one installation."""

    def __init__(self, history: History, runner: Runner, email: EmailSignIn) -> None:
        self._history = history
        self._runner = runner
        self._email = email

    async def exclude(self, person: str, named: str, *, channel: Channel, key: str | None) -> Answer:
        """Name somebody, as the person themselves. Raises `Invalid` for what is neither an address nor a code."""
        reader = await self._whom(named.strip())
        if reader == person:
            raise Invalid.field("named", msg("This is you."))
        command = ExcludeReader(person=person, reader=reader, named=named)
        return await self._runner.run(Request(command=command, actor=person, channel=channel, key=key))

    async def _whom(self, named: str) -> str:
        """The person, or something that stands for nobody."""
        if is_id(PERSON.kind, named):
            return named
        try:
            address = checked(named)
        except Invalid:
            raise Invalid.field(
                "named", msg("Type an e-mail address, or the personal code that the person gave you.")
            ) from None
        lookup = self._email.lookup(address)
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "SELECT w.person FROM accounts.addresses a JOIN accounts.ways_in w ON w.way = a.way "
                "WHERE a.lookup = %b",
                (lookup,),
            )
            row = await cursor.fetchone()
        registered = await self._runner.holder(address_name(address))
        return str(row[0]) if row else registered or f"nobody {lookup.hex()}"
