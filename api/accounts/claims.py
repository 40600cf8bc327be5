"""One-time claims: an administrator makes one, and the person exchanges it for a token that nobody else knows.

Making, withdrawing and using a claim are facts. The secret of a claim is not in the history: only its SHA-256 is stored,
in a table.
"""

from __future__ import annotations

import contextlib
import re
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from api.accounts.access_tokens import DEFAULT_DAYS, AccessTokens, check_asked, digest_of
from domain.commands.persons import MakeClaim, UseClaim, WithdrawClaim
from domain.messages import msg
from domain.persons.facts import PersonClaimMade
from domain.persons.state import PERSON
from domain.refusals import Invalid, NotFound, Refused
from domain.topics import topics_of
from domain.values import SYSTEM, Channel
from history.documents import read
from history.requests import Answer, Request
from history.runner import Runner
from history.store import History
from history.unreadable import Unreadable

PREFIX: Final = "owc_"
UNKNOWN: Final = msg(
    "This one-time key is not known here. Check that you copied all of it; it begins with owc_."
)
_SHAPE: Final = re.compile(r"owc_[A-Za-z0-9_-]{43}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class NewClaimSecret:
    """A new claim. `text` is its secret, returned only once, to be given to the person in a safe way."""

    id: str
    person: str
    text: str
    ends_at: datetime
    answer: Answer


@dataclass(frozen=True, slots=True)
class UsedClaim:
    """A claim that was used just now, and whose it is."""

    person: str
    claim: str


@dataclass(frozen=True, slots=True)
class ExchangedClaim:
    """The result of exchanging a claim: the person and their new token."""

    person: str
    token: str


class Claims:
    """The claims of one installation."""

    def __init__(self, history: History, runner: Runner, tokens: AccessTokens) -> None:
        self._history = history
        self._runner = runner
        self._tokens = tokens

    async def make(
        self,
        command: MakeClaim,
        *,
        actor: str,
        channel: Channel,
        key: str | None = None,
        expected: str | None = None,
    ) -> NewClaimSecret:
        """Make a claim. With the same idempotency key, the same claim is returned again within thirty days.

        Raises `domain.refusals.CommandRejected` and whatever else the runner raises.
        """
        request = Request(command=command, actor=actor, channel=channel, key=key, expected=expected)
        answer = await self._runner.run(request)
        made = await self._fact_of(answer)
        # Also derived from the claim's id: after the key has expired, the same request makes another claim.
        seed = self._seed("claim", f"{actor} {command.person} {made.claim}", key)
        text = PREFIX + urlsafe_b64encode(seed).decode().rstrip("=")
        # Stored after the fact, so that no secret works without a fact. The row of the person's key is locked, so that
        # no secret is stored for a person who is being erased.
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "INSERT INTO accounts.claims (digest, claim, person) "
                "SELECT %b, %b, living FROM vault.hold(%b) AS living WHERE living IS NOT NULL "
                "ON CONFLICT (claim) DO UPDATE SET claim = excluded.claim RETURNING digest",
                (digest_of(text), made.claim, made.person),
            )
            row = await cursor.fetchone()
        if row is None:
            raise NotFound(msg("There is no such person, or their data was erased."))
        return NewClaimSecret(made.claim, made.person, text, made.ends_at, answer)

    async def use(self, text: str, *, channel: Channel, form_secret: str | None = None) -> UsedClaim:
        """Use a claim's secret, once; returns whose it is. Sent again with the same `form_secret` (a random secret that the
        server gave to this browser), it gives the same answer within thirty days.

        Raises `Invalid` if the claim is unknown, and `Refused` if it was used, was withdrawn, or has expired.
        """
        found = await self._find(text)
        if found is None:
            raise Invalid.field("claim", UNKNOWN)
        command = UseClaim(person=found.person, claim=found.claim)
        await self._runner.run(Request(command=command, actor=found.person, channel=channel, key=form_secret))
        await self._note(found.claim, "used")
        return found

    async def exchange(
        self,
        text: str,
        *,
        channel: Channel,
        label: str,
        days: int = DEFAULT_DAYS,
    ) -> ExchangedClaim:
        """Use a claim and make a token for its person.

        Clients cannot choose a key to have the same token again, because the person who made the claim could guess the key
        and exchange the claim first, and both would get the same token. Raises what `use` raises.
        """
        check_asked(label, days)
        if await self._needs_factor(text):
            raise Refused(
                msg(
                    "This account has a second factor, so its one-time key can be used only in a browser, on the page {page}.",
                    page="/claim",
                )
            )
        used = await self.use(text, channel=channel)
        token = await self._tokens.make(
            used.person, label=label, made_by=used.person, days=days, claim=used.claim
        )
        return ExchangedClaim(used.person, token)

    async def withdraw_all(self, channel: Channel) -> None:
        """Withdraw all claims that can still be used, for example after a restore."""
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "SELECT DISTINCT stream FROM history.facts WHERE topic = ANY (%b) ORDER BY stream",
                (list(topics_of(PersonClaimMade)),),
            )
            people = [str(row[0]) for row in await cursor.fetchall()]
        for person in people:
            # Skip erased people and people whose facts cannot be read, so that the others' claims are withdrawn.
            with contextlib.suppress(Refused, Unreadable):
                await self._withdraw_of(person, channel)

    async def _withdraw_of(self, person: str, channel: Channel) -> None:
        loaded = await self._runner.states.read_set(bypass_cache=True).load(((PERSON, person),))
        for claim in loaded[person].state.claims:
            if claim.usable(self._runner.clock()):
                command = WithdrawClaim(person=person, claim=claim.id)
                await self._runner.run(Request(command=command, actor=SYSTEM, channel=channel))

    async def note_withdrawn(self, claim: str) -> None:
        """Make the person's older tokens and sessions show a notice that a claim was withdrawn."""
        await self._note(claim, "withdrawn")

    async def sweep(self) -> None:
        """Delete the claims of erased people."""
        async with self._history.connection() as connection:
            await connection.execute(
                "DELETE FROM accounts.claims c WHERE NOT EXISTS (SELECT FROM vault.keys k WHERE k.subject = c.person)"
            )

    async def _fact_of(self, answer: Answer) -> PersonClaimMade:
        for row in await self._history.at(answer.positions):
            fact = read(row.topic, row.document, history=self._history.id).fact
            if isinstance(fact, PersonClaimMade):
                return fact
        raise AssertionError("a claim was made, but there is no fact of it")

    def _seed(self, purpose: str, text: str, key: str | None) -> bytes:
        """The random part of a secret. It is derived from the idempotency key, so it can be returned again without being
        stored."""
        if key is None:
            return secrets.token_bytes(32)
        return self._runner.keyed(purpose, f"{text} {key}".encode())

    async def _find(self, text: str) -> UsedClaim | None:
        """The person and the id of the claim with this secret; None if there is none or the person was erased."""
        if not _SHAPE.match(text):
            return None
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "SELECT c.person, c.claim FROM accounts.claims c JOIN vault.keys k ON k.subject = c.person "
                "WHERE c.digest = %b",
                (digest_of(text),),
            )
            row = await cursor.fetchone()
        return None if row is None else UsedClaim(str(row[0]), str(row[1]))

    async def _needs_factor(self, text: str) -> bool:
        """Whether the account of a claim has a second factor, which only a page asks for."""
        found = await self._find(text)
        if found is None:
            return False
        loaded = await self._runner.states.read_set(bypass_cache=True).load(((PERSON, found.person),))
        return bool(loaded[found.person].state.secured)

    async def _note(self, claim: str, state: str) -> None:
        async with self._history.connection() as connection:
            await connection.execute(
                "UPDATE accounts.claims SET state = %b, changed_at = now() WHERE claim = %b AND state = 'open'",
                (state, claim),
            )
