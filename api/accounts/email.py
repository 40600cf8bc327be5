"""Signing in by e-mail: a letter has a link and a code, each of which proves that somebody reads what is sent to an address.

Whether an address is known is not looked up before the letter was answered, so that known and unknown addresses get the same
answer from the same statements.
"""

from __future__ import annotations

import hmac
import os
import re
import secrets
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from email_validator import EmailNotValidError, validate_email

from api.accounts.access_tokens import digest_of
from api.accounts.asked_addresses import opened as opened_address
from api.accounts.asked_addresses import sealed as sealed_address
from api.accounts.sessions import SignedIn
from api.accounts.ways_in import WaysIn
from api.letters.letter import Letter
from api.letters.outbox import Outbox
from api.locales import Locale, locale_of
from domain.addresses import address_name, check_email
from domain.messages import msg
from domain.persons.facts import PersonWayInAdded
from domain.persons.state import PERSON
from domain.refusals import Invalid, Refused
from domain.values import Channel
from history.outside import NotOpened, open_box, seal
from history.runner import Runner
from history.statements import Connection
from history.store import History, opened_keys
from history.vault import Vault

MINUTES: Final = 10
"""How long a letter can be answered."""
REGISTER_MINUTES: Final = 60
"""How long somebody can take to type their name, after they answered a letter."""
CODE_TRIES: Final = 5
_CODE_DIGITS: Final = 8
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43}\Z", re.ASCII)

NO_LETTERS: Final = msg("This site sends no letters. Sign in in another way.")
NO_SUCH_LETTER: Final = msg(
    "This link was used before, or is older than ten minutes. Ask for another letter and use the newest one."
)


@dataclass(frozen=True, slots=True)
class Answered:
    """A letter that was answered: its address, and the person who wanted to add it; None if somebody wants to sign in."""

    address: str
    lookup: bytes
    person: str | None


class EmailSignIn:
    """Signing in by e-mail to one installation. `site` is its public address, to which links lead."""

    def __init__(
        self, history: History, runner: Runner, vault: Vault, ways_in: WaysIn, outbox: Outbox, *, site: str
    ) -> None:
        self._history = history
        self._runner = runner
        self._vault = vault
        self._ways_in = ways_in
        self._outbox = outbox
        self._site = site

    async def ask(self, address: str, *, locale: Locale, signed_in: SignedIn | None = None) -> str:
        """Send a letter to an address, with which somebody can sign in or register, or the person who is signed in can add it
        to their account. Returns the browser's secret, which the letter's code belongs to. Raises `Invalid`."""
        address = checked(address)
        link, browser = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        code = f"{secrets.randbelow(10**_CODE_DIGITS):0{_CODE_DIGITS}}"
        letter = _letter(f"{self._site}/sign-in/letter/{link}", code, adding=signed_in is not None)
        async with self._history.connection() as connection, connection.transaction():
            await connection.execute(
                "INSERT INTO accounts.letters_asked (link, browser, code, lookup, for_link, for_browser, person, expires_at) "
                "VALUES (%b, %b, %b, %b, %b, %b, %b, now() + make_interval(mins => %b::integer))",
                (
                    digest_of(link),
                    digest_of(browser),
                    self._code_hash(browser, code),
                    self.lookup(address),
                    sealed_address(link, address),
                    sealed_address(browser, address),
                    signed_in.person if signed_in else None,
                    MINUTES,
                ),
            )
            await self._outbox.put(connection, letter, to=deliverable(address), locale=locale)
        return browser

    async def by_link(self, link: str, signed_in: SignedIn | None) -> Answered:
        """Answer a letter by its link, once. Raises `Refused`."""
        if not _SECRET.match(link):
            raise Refused(NO_SUCH_LETTER)
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "DELETE FROM accounts.letters_asked WHERE link = %b AND NOT answered AND expires_at > now() "
                "AND (person IS NULL OR person = %b) RETURNING for_link, lookup, person",
                (digest_of(link), signed_in.person if signed_in else None),
                binary=True,
            )
            row = await cursor.fetchone()
            if row is None and await self._waits_for_its_person(connection, link):
                raise Refused(
                    msg(
                        "This letter is for somebody who is signed in. Open the link in the browser in which you asked for it, "
                        "or type its code there."
                    )
                )
        if row is None:
            raise Refused(NO_SUCH_LETTER)
        sealed, lookup, person = row
        return Answered(opened_address(link, sealed), bytes(lookup), person)

    async def by_code(self, browser: str, code: str, signed_in: SignedIn | None) -> Answered:
        """Answer a letter by its code, in the browser that asked for it. A code can be typed only a few times. Raises `Invalid`
        for a wrong one."""
        digits = "".join(each for each in code if each.isdigit() and each.isascii())
        if not digits:
            raise Invalid.field("code", msg("Type the code of the letter."))
        async with self._history.connection() as connection, connection.transaction():
            cursor = await connection.execute(
                "UPDATE accounts.letters_asked SET tries = tries + 1 WHERE browser = %b AND NOT answered "
                "AND expires_at > now() AND tries < %b::integer AND (person IS NULL OR person = %b) "
                "RETURNING code, for_browser, lookup, person, tries",
                (digest_of(browser), CODE_TRIES, signed_in.person if signed_in else None),
                binary=True,
            )
            row = await cursor.fetchone()
            if row is None:
                raise Invalid.field(
                    "code",
                    msg("This code cannot be used any more. Ask for another letter."),
                )
            expected, sealed, lookup, person, tries = row
            right = hmac.compare_digest(bytes(expected), self._code_hash(browser, digits))
            if right:
                await connection.execute(
                    "DELETE FROM accounts.letters_asked WHERE browser = %b", (digest_of(browser),)
                )
        if not right:
            raise Invalid.field(
                "code",
                msg("This is not the code of the newest letter. Look at it again; it has eight digits.")
                if tries < CODE_TRIES
                else msg("This is not the code, and it was the last try. Ask for another letter."),
            )
        return Answered(opened_address(browser, sealed), bytes(lookup), person)

    async def way_of(self, answered: Answered) -> str | None:
        """The way in with this address; None if nobody signs in with it."""
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "SELECT way FROM accounts.addresses WHERE lookup = %b", (answered.lookup,)
            )
            row = await cursor.fetchone()
        return None if row is None else str(row[0])

    async def begin_registering(self, answered: Answered) -> str:
        """Keep an answered letter of an unknown address, until its reader has typed their name; returns the secret of the form
        for that."""
        ticket = secrets.token_urlsafe(32)
        async with self._history.connection() as connection:
            await connection.execute(
                "INSERT INTO accounts.letters_asked (link, lookup, for_link, answered, expires_at) "
                "VALUES (%b, %b, %b, true, now() + make_interval(mins => %b::integer))",
                (
                    digest_of(ticket),
                    answered.lookup,
                    sealed_address(ticket, answered.address),
                    REGISTER_MINUTES,
                ),
            )
        return ticket

    async def register(
        self, ticket: str, *, name: str, language: str, channel: Channel = Channel.PAGE
    ) -> str:
        """Register the reader of an answered letter; returns their way in. The same ticket registers once. Raises `Invalid`
        and `Refused`."""
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "SELECT for_link, lookup FROM accounts.letters_asked WHERE link = %b AND answered AND expires_at > now()",
                (digest_of(ticket),),
                binary=True,
            )
            row = await cursor.fetchone()
        if row is None:
            raise Refused(NO_SUCH_LETTER)
        answered = Answered(opened_address(ticket, row[0]), bytes(row[1]), None)
        # Somebody may have registered with it in another browser meanwhile.
        known = await self.way_of(answered)
        if known is not None:
            return known
        added = await self._ways_in.register(
            name=name, language=language, kind="email", form_secret=ticket, channel=channel
        )
        await self._keep(added, answered)
        return added.way

    async def add(self, signed_in: SignedIn, answered: Answered, *, locale: Locale) -> None:
        """Add an address to the account of the person who asked for the letter, in place of a former one, which is told. Raises
        `Refused` if somebody else signs in with it."""
        known = await self.way_of(answered)
        if known is not None:
            mine = [each.way for each in await self._ways_in.all(signed_in.person)]
            if known in mine:
                return
            raise Refused(msg("Another account is used with this address, so it cannot be added to yours."))
        former = await self.address_of(signed_in.person)
        added = await self._ways_in.add(signed_in, kind="email", key=secrets.token_urlsafe(18))
        await self._keep(added, answered)
        if former is not None:
            await self._tell(former, _changed(), signed_in.person, locale)

    async def remove(self, signed_in: SignedIn, way: str, *, locale: Locale) -> None:
        """Remove the address of a person, which is told. Raises `Refused` if it is their only way in."""
        former = await self.address_of(signed_in.person)
        await self._ways_in.remove(signed_in, way)
        if former is not None:
            await self._tell(former, _removed(), signed_in.person, locale)

    async def tell(self, person: str, letter: Letter) -> None:
        """Write to somebody in their own language, if they sign in with an address."""
        address = await self.address_of(person)
        if address is None:
            return
        loaded = await self._runner.states.read_set(bypass_cache=False).load(((PERSON, person),))
        await self._tell(address, letter, person, locale_of((loaded[person].state.language,)))

    async def address_of(self, person: str) -> str | None:
        """The address with which a person signs in; None if they have none, or were erased."""
        return (await self._addresses((person,))).get(person)

    async def mail_addresses_of(self, people: Collection[str]) -> dict[str, str]:
        """The addresses of some people as mail servers take them, without those who have confirmed none, or were erased."""
        addresses = await self._addresses(people)
        return {person: deliverable(address) for person, address in addresses.items()}

    async def _addresses(self, people: Collection[str]) -> dict[str, str]:
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "SELECT w.person, a.way, a.sealed FROM accounts.addresses a JOIN accounts.ways_in w ON w.way = a.way "
                "WHERE w.person = ANY (%b)",
                (list(people),),
                binary=True,
            )
            rows = await cursor.fetchall()
        if not rows:
            return {}
        keys = await opened_keys(self._history, self._vault, {person for person, _, _ in rows})
        found: dict[str, str] = {}
        for person, way, sealed in rows:
            if person not in keys:
                continue  # erased
            with suppress(NotOpened):
                found[person] = open_box(keys[person], f"address {way}", bytes(sealed)).decode()
        return found

    def lookup(self, address: str) -> bytes:
        """The keyed hash by which an address is found, the same for all its spellings."""
        return self._runner.keyed("sign-in-address", address_name(address).encode())

    async def sweep(self) -> None:
        """Delete letters that can no longer be answered."""
        async with self._history.connection() as connection:
            await connection.execute("DELETE FROM accounts.letters_asked WHERE expires_at <= now()")

    async def _keep(self, added: PersonWayInAdded, answered: Answered) -> None:
        key = (await opened_keys(self._history, self._vault, (added.person,))).get(added.person)
        if key is None:
            raise Refused(msg("This account was erased."))
        async with self._history.connection() as connection:
            await connection.execute(
                "INSERT INTO accounts.addresses (way, lookup, sealed) SELECT w.way, %b, %b FROM accounts.ways_in w "
                "WHERE w.way = %b ON CONFLICT DO NOTHING",
                (answered.lookup, _box(key, f"address {added.way}", answered.address), added.way),
            )

    async def _tell(self, address: str, letter: Letter, person: str, locale: Locale) -> None:
        async with self._history.connection() as connection:
            await self._outbox.put(connection, letter, to=deliverable(address), locale=locale, person=person)

    async def _waits_for_its_person(self, connection: Connection, link: str) -> bool:
        cursor = await connection.execute(
            "SELECT FROM accounts.letters_asked WHERE link = %b AND NOT answered AND expires_at > now() "
            "AND person IS NOT NULL",
            (digest_of(link),),
        )
        return await cursor.fetchone() is not None

    def _code_hash(self, browser: str, code: str) -> bytes:
        return self._runner.keyed("letter-code", f"{browser} {code}".encode())


def checked(address: str) -> str:
    """An address in the form in which it is kept. Raises `Invalid`."""
    found = check_email(address)
    if found is None:
        raise Invalid.field("email", msg("Type your e-mail address."))
    return found


def check_sends(email: str | None, *, sends: bool) -> None:
    """Check that an invitation is not to be sent by letter where the site sends none. Raises `Invalid`."""
    if email and email.strip() and not sends:
        raise Invalid.field(
            "email",
            msg("This site sends no letters. Leave the address out, and hand over the link yourself."),
        )


def deliverable(address: str) -> str:
    """An address as mail servers take it: with its domain in ASCII."""
    try:
        parsed = validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        return address
    return parsed.ascii_email or f"{parsed.local_part}@{parsed.ascii_domain}"


def _box(key: bytes, place: str, address: str) -> bytes:
    return seal(key, place, address.encode(), os.urandom)


def _letter(link: str, code: str, *, adding: bool) -> Letter:
    return Letter(
        name="confirm-address" if adding else "sign-in",
        subject=msg("Confirm your address") if adding else msg("Your link for signing in"),
        paragraphs=(
            msg(
                "Somebody who is signed in, probably you, wants to sign in with this address from now on. Open this link within "
                "ten minutes, in the same browser, and press the button there:"
            )
            if adding
            else msg(
                "Somebody, probably you, wants to sign in with this address. Open this link within ten minutes and press the "
                "button there:"
            ),
            link,
            msg(
                "Or type this code on the page on which you asked for this letter, for example on another device:"
            ),
            f"{code[:4]} {code[4:]}",
            msg(
                "Give the link and the code to nobody. If it was not you, do nothing: without this letter, nobody can sign in with "
                "your address."
            ),
        ),
        lasts=timedelta(minutes=MINUTES),
    )


def _changed() -> Letter:
    return Letter(
        name="address-changed",
        subject=msg("Your address for signing in was changed"),
        paragraphs=(
            msg("You sign in with another address from now on, and no longer with this one."),
            _NOT_YOU,
        ),
    )


def _removed() -> Letter:
    return Letter(
        name="address-removed",
        subject=msg("Your address for signing in was removed"),
        paragraphs=(
            msg("You no longer sign in with this address. No more letters will come here."),
            _NOT_YOU,
        ),
    )


_NOT_YOU: Final = msg(
    "If it was not you, somebody else was in your account. If you can still sign in in another way, do so now, end all other "
    "sessions on the page “Your access”, and tell somebody there whom you trust."
)
