"""The ways to sign in that people choose themselves, and registering by oneself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from api.accounts.nine_words import NineWords, words_from
from api.accounts.sessions import SignedIn
from domain.commands.ways_in import AddWayIn, RegisterOneself, RemoveWayIn
from domain.messages import msg
from domain.persons.facts import PersonWayInAdded, WayInKind
from domain.persons.state import PERSON
from domain.refusals import Refused
from domain.values import SYSTEM, Channel
from history.documents import read
from history.requests import Answer, Request
from history.runner import Runner
from history.store import History


@dataclass(frozen=True, slots=True)
class WayInShown:
    """A way in for display to its person."""

    way: str
    kind: WayInKind
    added_at: datetime


@dataclass(frozen=True, slots=True)
class MadeWords:
    """Nine words, to be shown once, and the way in and the person that they are for."""

    person: str
    way: str
    words: tuple[str, ...]


class WaysIn:
    """The ways in of one installation, beside tokens and claims.

    Adding and removing one are facts. The fact is appended first: a crash afterwards leaves a way by which nobody can sign
    in, never one without a fact.
    """

    def __init__(self, history: History, runner: Runner, words: NineWords) -> None:
        self._history = history
        self._runner = runner
        self._words = words

    async def register_with_words(self, *, name: str, language: str, form_secret: str) -> MadeWords:
        """Register somebody who came by themselves, and make their nine words.

        `form_secret` is a random secret that the server gave to this browser: with it, the same person gets the same words
        within thirty days. Raises `Invalid` for the name or the language.
        """
        added = await self.register(name=name, language=language, kind="words", form_secret=form_secret)
        return await self._make_words(added, form_secret)

    async def make_words(self, signed_in: SignedIn, *, key: str) -> MadeWords:
        """Make new nine words for somebody who is signed in; the former ones and sessions begun with them end, except this
        one. The same key gives the same words. Raises what the runner raises."""
        added = await self.add(signed_in, kind="words", key=key)
        return await self._make_words(added, key)

    async def register(
        self,
        *,
        name: str,
        language: str,
        kind: WayInKind,
        form_secret: str,
        channel: Channel = Channel.PAGE,
    ) -> PersonWayInAdded:
        """Register somebody who came by themselves, with one way in, whose secret the caller stores then."""
        command = RegisterOneself(name=name, language=language, way=kind)
        request = Request(command=command, actor=SYSTEM, channel=channel, key=form_secret)
        return await self._stored(await self._runner.run(request), None)

    async def add(self, signed_in: SignedIn, *, kind: WayInKind, key: str) -> PersonWayInAdded:
        """Add a way in, whose secret the caller stores then, in place of one of the same kind."""
        person = signed_in.person
        command = AddWayIn(person=person, kind=kind)
        request = Request(command=command, actor=person, channel=signed_in.channel, key=key)
        return await self._stored(await self._runner.run(request), signed_in)

    async def remove(self, signed_in: SignedIn, way: str) -> None:
        """Remove a way in, and end the sessions that were begun by it, except this one. Raises `Refused` if it is the only
        one."""
        person = signed_in.person
        if not await self._has_another(person, way):
            raise Refused(
                msg(
                    "This is your only way to sign in, so it cannot be removed. Add another one first. If you want to leave and have "
                    "your data erased, you can do that below on the page “Your access”."
                )
            )
        command = RemoveWayIn(person=person, way=way)
        await self._runner.run(Request(command=command, actor=person, channel=signed_in.channel))
        async with self._history.connection() as connection, connection.transaction():
            # From now on it belongs to what the person still has.
            await connection.execute(
                "UPDATE accounts.sessions s SET way = (SELECT o.way FROM accounts.ways_in o WHERE o.person = s.person "
                "AND o.way <> s.way LIMIT 1), token = (SELECT t.digest FROM accounts.tokens t WHERE t.person = s.person "
                "AND t.revoked_at IS NULL AND t.expires_at > now() AND t.scope = 'all' ORDER BY t.expires_at DESC LIMIT 1) "
                "WHERE s.digest = %b AND s.way = %b",
                (signed_in.session, way),
            )
            await connection.execute(
                "DELETE FROM accounts.ways_in WHERE way = %b AND person = %b", (way, person)
            )

    async def all(self, person: str) -> list[WayInShown]:
        """The ways in of a person, the oldest first."""
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "SELECT way, kind, added_at FROM accounts.ways_in WHERE person = %b ORDER BY added_at, way",
                (person,),
            )
            return [WayInShown(*row) for row in await cursor.fetchall()]

    async def forget(self, person: str) -> None:
        """Delete all ways in of an erased person."""
        async with self._history.connection() as connection:
            await connection.execute("DELETE FROM accounts.ways_in WHERE person = %b", (person,))

    async def sweep(self) -> None:
        """Delete the ways in of erased people."""
        async with self._history.connection() as connection:
            await connection.execute(
                "DELETE FROM accounts.ways_in w WHERE NOT EXISTS (SELECT FROM vault.keys k WHERE k.subject = w.person)"
            )

    async def _make_words(self, added: PersonWayInAdded, key: str) -> MadeWords:
        words = words_from(self._runner.keyed("draw-nine-words", f"{added.way} {key}".encode()))
        await self._words.keep(added.way, words)
        return MadeWords(added.person, added.way, words)

    async def _stored(self, answer: Answer, signed_in: SignedIn | None) -> PersonWayInAdded:
        added = await self._added(answer)
        if answer.repeated:
            # It may have been removed since; then a form that is sent again must not bring it back.
            loaded = await self._runner.states.read_set(bypass_cache=True).load(((PERSON, added.person),))
            if all(each.id != added.way for each in loaded[added.person].state.ways_in):
                raise Refused(
                    msg("This form was sent before, and something was changed since. Open the page again.")
                )
        await self._store(added, signed_in)
        return added

    async def _added(self, answer: Answer) -> PersonWayInAdded:
        for row in await self._history.at(answer.positions):
            fact = read(row.topic, row.document, history=self._history.id).fact
            if isinstance(fact, PersonWayInAdded):
                return fact
        raise AssertionError("a way in was added, but there is no fact of it")

    async def _store(self, added: PersonWayInAdded, signed_in: SignedIn | None) -> None:
        """Store the row of a way in. The session in which it was added knows of it, and goes over to it if it was begun by the
        one that it replaces. The row of the person's key is locked, so that nothing is stored for a person who is being
        erased."""
        session = None if signed_in is None else signed_in.session
        async with self._history.connection() as connection, connection.transaction():
            cursor = await connection.execute(
                "INSERT INTO accounts.ways_in (way, person, kind, claim, told_at) "
                "SELECT %b, living, %b, coalesce(t.claim, w.claim, s.claim), "
                "coalesce(t.told_at, w.told_at, s.told_at, now()) FROM vault.hold(%b) AS living "
                "LEFT JOIN accounts.sessions s ON s.digest = %b::bytea AND s.person = living "
                "LEFT JOIN accounts.tokens t ON t.digest = s.token "
                "LEFT JOIN accounts.ways_in w ON w.way = s.way "
                "WHERE living IS NOT NULL ON CONFLICT (way) DO NOTHING RETURNING way",
                (added.way, added.kind, added.person, session),
            )
            if await cursor.fetchone() is None:
                return
            await connection.execute(
                "UPDATE accounts.sessions SET way = %b WHERE digest = %b AND way IN "
                "(SELECT way FROM accounts.ways_in WHERE person = %b AND kind = %b)",
                (added.way, session, added.person, added.kind),
            )
            await connection.execute(
                "DELETE FROM accounts.ways_in WHERE person = %b AND kind = %b AND way <> %b",
                (added.person, added.kind, added.way),
            )

    async def _has_another(self, person: str, way: str) -> bool:
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "SELECT EXISTS (SELECT FROM accounts.ways_in WHERE person = %b AND way <> %b) OR EXISTS (SELECT FROM "
                "accounts.tokens WHERE person = %b AND revoked_at IS NULL AND expires_at > now() AND scope = 'all')",
                (person, way, person),
            )
            row = await cursor.fetchone()
        return row is not None and bool(row[0])
