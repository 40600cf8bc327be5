"""The first start: the operator sets up an empty installation by page, with a key that only they can have.

The key is derived from the key folder and the history's id, so nothing has to be stored and every process knows it. It works
until there is an administrator, and never again.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode

from api.accounts.claims import UsedClaim
from domain.commands.first_start import SetUpInstallation
from domain.initiatives.facts import INSTALLATION_ID
from domain.initiatives.state import INSTALLATION
from domain.messages import msg
from domain.persons.facts import PersonClaimUsed
from domain.refusals import Invalid
from domain.values import SYSTEM, Channel
from history.documents import read
from history.requests import Request
from history.runner import Runner
from history.store import History

PREFIX = "owf_"
ADDRESS = "/first-start"


class FirstStart:
    """The first start of one installation."""

    def __init__(self, history: History, runner: Runner) -> None:
        self._history = history
        self._runner = runner

    async def waits(self) -> bool:
        """Whether the installation was never set up: it has never had an administrator."""
        loaded = await self._runner.states.read_set(bypass_cache=False).load(
            ((INSTALLATION, INSTALLATION_ID),)
        )
        if loaded[INSTALLATION_ID].state.administrators:
            return False
        loaded = await self._runner.states.read_set(bypass_cache=True).load(
            ((INSTALLATION, INSTALLATION_ID),)
        )
        return not loaded[INSTALLATION_ID].state.administrators

    def key(self) -> str:
        """The key for the operator."""
        digest = self._runner.keyed("first-start", self._history.id.encode())
        return PREFIX + urlsafe_b64encode(digest).decode().rstrip("=")

    async def set_up(
        self, key: str, *, name: str, language: str, initiative: str, form_secret: str
    ) -> UsedClaim:
        """Register the first administrator and found their initiative; returns who it is, to be signed in. The same
        `form_secret` gives the same answer. Raises `Invalid`, and `Refused` if there is an administrator."""
        # Guessing is hopeless (256 bits), and a limit would let a stranger keep the operator out.
        if not hmac.compare_digest(key.strip().encode("utf-8", "surrogatepass"), self.key().encode()):
            raise Invalid.field(
                "key",
                msg(
                    "This is not the key that the server gave. Copy all of it; it begins with {beginning}.",
                    beginning=PREFIX,
                ),
            )
        command = SetUpInstallation(name=name, language=language, initiative=initiative)
        answer = await self._runner.run(
            Request(command=command, actor=SYSTEM, channel=Channel.PAGE, key=form_secret)
        )
        for row in await self._history.at(answer.positions):
            fact = read(row.topic, row.document, history=self._history.id).fact
            if isinstance(fact, PersonClaimUsed):
                return UsedClaim(fact.person, fact.claim)
        raise AssertionError("an installation was set up, but nobody was let in")
