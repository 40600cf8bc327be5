"""Second factors: what somebody shows besides their way to sign in. Adding and removing one are facts; the fact comes first.

A session of a person with a second factor is only half begun (see `api.accounts.sessions`) until one was shown here.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from api.accounts import passkeys
from api.accounts.passkeys import Challenges, Party, Passkey
from api.accounts.sessions import HalfSignedIn, SignedIn
from api.accounts.totp import DIGITS, step_of
from domain.commands.factors import AddFactor, RemoveFactor
from domain.messages import msg
from domain.persons.facts import FactorKind, PersonFactorAdded
from domain.persons.state import PERSON
from domain.refusals import Invalid, Refused
from history.documents import read
from history.outside import NotOpened, open_box, seal
from history.requests import Request
from history.runner import Runner
from history.store import History, opened_keys
from history.vault import Vault

CODES: Final = 10
"""How many recovery codes there are."""
_LETTERS: Final = "23456789abcdefghjkmnpqrstuvwxyz"
_CODE_LETTERS: Final = 12
"""More than 59 bits; a code works once, and only a few can be tried in an hour."""
_SEPARATORS: Final = re.compile(r"[\s\-–—.]+")
WRONG: Final = msg(
    "This code is wrong, was used before, or is too old. Type the newest one of your app, or a recovery code that you have not used."
)


@dataclass(frozen=True, slots=True)
class FactorShown:
    """A second factor for display to its person."""

    factor: str
    kind: str
    added_at: datetime
    last_used_at: datetime | None


class Factors:
    """The second factors of one installation."""

    def __init__(self, history: History, runner: Runner, vault: Vault) -> None:
        self._history = history
        self._runner = runner
        self._vault = vault
        self._challenges = Challenges(runner)

    async def all(self, person: str) -> list[FactorShown]:
        """The second factors of a person, the oldest first."""
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "SELECT factor, kind, added_at, last_used_at FROM accounts.factors WHERE person = %b "
                "ORDER BY added_at, factor",
                (person,),
            )
            return [FactorShown(*row) for row in await cursor.fetchall()]

    async def codes_left(self, person: str) -> int:
        """How many recovery codes a person has not used."""
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "SELECT count(*) FROM accounts.recovery_codes WHERE person = %b", (person,)
            )
            row = await cursor.fetchone()
        return 0 if row is None else int(row[0])

    # An app that shows codes

    def secret_for(self, signed_in: SignedIn, key: str) -> bytes:
        """The secret of an app that is being set up with a form; `key` is the form's random key, so nothing is stored before
        the app was seen to work."""
        return self._runner.keyed("totp", f"{signed_in.person} {signed_in.session.hex()} {key}".encode())[:20]

    async def add_app(self, signed_in: SignedIn, *, key: str, code: str) -> None:
        """Add an app, in place of an earlier one, if it shows the right code. Raises `Invalid`."""
        secret = self.secret_for(signed_in, key)
        step = step_of(secret, _plain(code), time.time())
        if step is None:
            raise Invalid.field(
                "code",
                msg(
                    "The app shows another code. Check that the clock of your device is right, and type the newest code."
                ),
            )
        added = await self._add(signed_in, "totp", key)
        sealing = await self._key(signed_in.person)
        sealed = seal(sealing, f"totp {added.factor}", secret, self._runner.random)
        async with self._history.connection() as connection, connection.transaction():
            await connection.execute(
                "DELETE FROM accounts.factors WHERE person = %b AND kind = 'totp' AND factor <> %b",
                (signed_in.person, added.factor),
            )
            await connection.execute(
                "INSERT INTO accounts.factors (factor, person, kind, sealed, last_step) "
                "SELECT %b, living, 'totp', %b, %b::bigint FROM vault.hold(%b) AS living WHERE living IS NOT NULL "
                "ON CONFLICT DO NOTHING",
                (added.factor, sealed, step, signed_in.person),
            )

    # Passkeys

    async def passkey_to_add(self, signed_in: SignedIn, party: Party) -> str:
        """What the page's script needs to make a passkey, as JSON."""
        return passkeys.options_to_add(
            party,
            self._challenges.now(signed_in.session),
            self._challenges.user(signed_in.person),
            [each.credential for each in (await self._passkeys(signed_in.person)).values()],
        )

    async def add_passkey(self, signed_in: SignedIn, party: Party, *, key: str, answer: str) -> None:
        """Add the passkey in a browser's answer. Raises `Invalid`."""
        passkey = passkeys.added(party, self._challenges.good(signed_in.session), answer)
        added = await self._add(signed_in, "passkey", key)
        async with self._history.connection() as connection:
            await connection.execute(
                "INSERT INTO accounts.factors (factor, person, kind, credential, public_key, signs) "
                "SELECT %b, living, 'passkey', %b, %b, %b::bigint FROM vault.hold(%b) AS living "
                "WHERE living IS NOT NULL ON CONFLICT DO NOTHING",
                (added.factor, passkey.credential, passkey.public_key, passkey.signs, signed_in.person),
            )

    # Recovery codes

    async def make_codes(self, signed_in: SignedIn, *, key: str) -> tuple[str, ...]:
        """Make recovery codes in place of earlier ones, to be shown once. The same key gives the same codes."""
        added = await self._add(signed_in, "codes", key)
        codes = tuple(self._code(f"{added.factor} {key} {number}") for number in range(CODES))
        async with self._history.connection() as connection, connection.transaction():
            cursor = await connection.execute(
                "DELETE FROM accounts.recovery_codes WHERE person = %b AND factor <> %b",
                (signed_in.person, added.factor),
            )
            cursor = await connection.execute(
                "SELECT FROM accounts.recovery_codes WHERE person = %b LIMIT 1", (signed_in.person,)
            )
            if await cursor.fetchone() is None:
                await connection.execute(
                    "INSERT INTO accounts.recovery_codes (person, code, factor) "
                    "SELECT living, unnest(%b::bytea[]), %b FROM vault.hold(%b) AS living WHERE living IS NOT NULL",
                    (
                        [self._hash(signed_in.person, code) for code in codes],
                        added.factor,
                        signed_in.person,
                    ),
                )
        return codes

    # Signing in

    async def kinds(self, half: HalfSignedIn) -> frozenset[str]:
        """The kinds of second factors that somebody can show."""
        shown = frozenset(each.kind for each in await self.all(half.person))
        return shown | ({"codes"} if await self.codes_left(half.person) else frozenset())

    async def passkey_to_use(self, half: HalfSignedIn, party: Party) -> str | None:
        """What the page's script needs to use a passkey, as JSON; None without any."""
        have = [each.credential for each in (await self._passkeys(half.person)).values()]
        return passkeys.options_to_use(party, self._challenges.now(half.session), have) if have else None

    async def check_passkey(self, half: HalfSignedIn, party: Party | None, answer: str) -> None:
        """Raise `Invalid` unless a browser's answer comes from a passkey of the person."""
        credential = passkeys.credential_in(answer)
        found = {
            factor: passkey
            for factor, passkey in (await self._passkeys(half.person)).items()
            if passkey.credential == credential
        }
        if not found or party is None:
            raise Invalid.field("passkey", passkeys.NOT_VERIFIED)
        ((factor, passkey),) = found.items()
        signs = passkeys.used(party, self._challenges.good(half.session), answer, passkey)
        async with self._history.connection() as connection:
            await connection.execute(
                "UPDATE accounts.factors SET signs = %b::bigint, last_used_at = now() WHERE factor = %b",
                (signs, factor),
            )

    async def check_code(self, half: HalfSignedIn, typed: str) -> bool:
        """Whether this is a recovery code, and not one of the person's app. Raises `Invalid` if it is neither, or was used
        before."""
        code = _plain(typed)
        of_app = len(code) == DIGITS and code.isdigit()
        right = (
            await self._use_code_of_app(half.person, code)
            if of_app
            else await self._use_recovery_code(half.person, code)
        )
        if not right:
            raise Invalid.field("code", WRONG)
        return not of_app

    async def _use_code_of_app(self, person: str, code: str) -> bool:
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "SELECT factor, sealed FROM accounts.factors WHERE person = %b AND kind = 'totp'",
                (person,),
                binary=True,
            )
            row = await cursor.fetchone()
        if row is None:
            return False
        factor, sealed = row
        try:
            secret = open_box(await self._key(person), f"totp {factor}", bytes(sealed))
        except NotOpened:
            return False
        step = step_of(secret, code, time.time())
        if step is None:
            return False
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "UPDATE accounts.factors SET last_step = %b::bigint, last_used_at = now() "
                "WHERE factor = %b AND last_step < %b::bigint",
                (step, factor, step),
            )
            return cursor.rowcount > 0

    async def _use_recovery_code(self, person: str, code: str) -> bool:
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "DELETE FROM accounts.recovery_codes WHERE person = %b AND code = %b",
                (person, self._hash(person, code)),
            )
            return cursor.rowcount > 0

    # Removing

    async def remove(self, signed_in: SignedIn, factor: str) -> None:
        """Remove a second factor; with the last one, the recovery codes go."""
        command = RemoveFactor(person=signed_in.person, factor=factor)
        await self._runner.run(Request(command=command, actor=signed_in.person, channel=signed_in.channel))
        await self.follow_history(signed_in.person)

    async def follow_history(self, person: str) -> None:
        """Delete what the history says was removed: after a removal, and after two administrators have done it."""
        loaded = await self._runner.states.read_set(bypass_cache=True).load(((PERSON, person),))
        left = [each.id for each in loaded[person].state.factors]
        async with self._history.connection() as connection:
            await connection.execute(
                "DELETE FROM accounts.factors WHERE person = %b AND factor <> ALL (%b)", (person, left)
            )
            await connection.execute(
                "DELETE FROM accounts.recovery_codes WHERE person = %b AND factor <> ALL (%b)", (person, left)
            )

    async def forget(self, person: str) -> None:
        """Delete the second factors of an erased person."""
        async with self._history.connection() as connection:
            await connection.execute("DELETE FROM accounts.factors WHERE person = %b", (person,))
            await connection.execute("DELETE FROM accounts.recovery_codes WHERE person = %b", (person,))

    async def sweep(self) -> None:
        """Delete the second factors of erased people."""
        async with self._history.connection() as connection:
            for table in (b"accounts.factors", b"accounts.recovery_codes"):
                await connection.execute(
                    b"DELETE FROM " + table + b" f "
                    b"WHERE NOT EXISTS (SELECT FROM vault.keys k WHERE k.subject = f.person)"
                )

    async def _add(self, signed_in: SignedIn, kind: FactorKind, key: str) -> PersonFactorAdded:
        person = signed_in.person
        request = Request(
            command=AddFactor(person=person, kind=kind), actor=person, channel=signed_in.channel, key=key
        )
        answer = await self._runner.run(request)
        for row in await self._history.at(answer.positions):
            fact = read(row.topic, row.document, history=self._history.id).fact
            if isinstance(fact, PersonFactorAdded):
                if answer.repeated:
                    await self._check_still_there(fact)
                return fact
        raise AssertionError("a second factor was added, but there is no fact of it")

    async def _check_still_there(self, added: PersonFactorAdded) -> None:
        """Raise `Refused` if it was removed since: a form that is sent again must not bring it back."""
        loaded = await self._runner.states.read_set(bypass_cache=True).load(((PERSON, added.person),))
        if all(each.id != added.factor for each in loaded[added.person].state.factors):
            raise Refused(
                msg("This form was sent before, and something was changed since. Open the page again.")
            )

    async def _passkeys(self, person: str) -> dict[str, Passkey]:
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "SELECT factor, credential, public_key, signs FROM accounts.factors "
                "WHERE person = %b AND kind = 'passkey'",
                (person,),
                binary=True,
            )
            rows: Sequence[tuple[str, bytes, bytes, int]] = await cursor.fetchall()
        return {
            factor: Passkey(bytes(credential), bytes(key), signs) for factor, credential, key, signs in rows
        }

    async def _key(self, person: str) -> bytes:
        key = (await opened_keys(self._history, self._vault, (person,))).get(person)
        if key is None:
            raise Refused(msg("This account was erased."))
        return key

    def _code(self, seed: str) -> str:
        number = int.from_bytes(self._runner.keyed("recovery-code", seed.encode()))
        letters = []
        for _ in range(_CODE_LETTERS):
            number, letter = divmod(number, len(_LETTERS))
            letters.append(_LETTERS[letter])
        text = "".join(letters)
        return "-".join(text[start : start + 4] for start in range(0, len(text), 4))

    def _hash(self, person: str, code: str) -> bytes:
        return self._runner.keyed("recovery-code-hash", f"{person} {_plain(code)}".encode())


def new_key() -> str:
    """A random key of a form."""
    return secrets.token_urlsafe(18)


def _plain(code: str) -> str:
    return _SEPARATORS.sub("", code).casefold()
