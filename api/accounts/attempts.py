"""Limits on how often something can be tried within an hour: for one address or account, from one network, and over all.

The numbers are in the database, so that they survive a restart and count for all processes. Known and unknown accounts are
counted alike.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Any, Final

from api.http.problems import Problem, ProblemType
from api.run.settings import Settings
from domain.messages import counted
from history.runner import Runner
from history.store import History

if TYPE_CHECKING:
    from litestar import Request


@dataclass(frozen=True, slots=True)
class HourlyLimit:
    """How often something can be tried within an hour: for one account (an address, or the first words), from one network, and
    by all together."""

    account: int
    network: int
    all: int


LIMITS: Final[Mapping[str, HourlyLimit]] = {
    "letter": HourlyLimit(account=6, network=30, all=2000),
    "words": HourlyLimit(account=20, network=60, all=3000),
    "invite": HourlyLimit(account=100, network=1000, all=2000),
    "passkey": HourlyLimit(account=200, network=200, all=6000),
    "second": HourlyLimit(account=15, network=60, all=3000),
    "register": HourlyLimit(account=20, network=20, all=600),
}
"""The limits by what is tried: to ask for a letter, to sign in with nine words, to invite somebody by a letter, to use a passkey
or type a code as a second factor, to register with nine words (for which there is no account yet)."""


class Attempts:
    """Counts attempts in one installation."""

    def __init__(self, history: History, runner: Runner) -> None:
        self._history = history
        self._runner = runner

    async def count(self, what: str, *, account: bytes | None, network: str | None) -> None:
        """Count an attempt. Raises `Problem` (429, with the seconds until the hour is over) if there were too many.

        `account` is a keyed hash of what it is for; `network` the client's, see `network_of`."""
        limit = LIMITS[what]
        most = {self._hash(what, b"all"): limit.all}
        if account is not None:
            most[self._hash(what, b"account " + account)] = limit.account
        if network is not None:
            most[self._hash(what, b"network " + await self._network(network))] = limit.network
        async with self._history.connection() as connection:
            # In one order, so that two attempts do not wait for each other's rows.
            cursor = await connection.execute(
                "INSERT INTO accounts.attempts AS a (counted, times, ends_at) SELECT w.counted, 1, now() + interval '1 hour' "
                "FROM unnest(%b::bytea[]) AS w (counted) ON CONFLICT (counted) DO UPDATE SET "
                "times = CASE WHEN a.ends_at <= now() THEN 1 ELSE a.times + 1 END, "
                "ends_at = CASE WHEN a.ends_at <= now() THEN excluded.ends_at ELSE a.ends_at END "
                "RETURNING counted, times, ceil(extract(epoch FROM ends_at - now()))::integer",
                (sorted(most),),
                binary=True,
            )
            rows = await cursor.fetchall()
        over = [seconds for counted_, times, seconds in rows if times > most[bytes(counted_)]]
        if over:
            seconds = max(1, *over)
            raise Problem(
                ProblemType.TOO_MANY,
                counted(
                    "This was tried too often. Try again in {count} minute.",
                    "This was tried too often. Try again in {count} minutes.",
                    count=-(-seconds // 60),
                ),
                headers={"Retry-After": str(seconds)},
            )

    async def sweep(self) -> None:
        """Delete the counts of hours that are over, and the keys of days that are over."""
        async with self._history.connection() as connection:
            await connection.execute("DELETE FROM accounts.attempts WHERE ends_at <= now()")
            await connection.execute(
                "DELETE FROM accounts.network_keys WHERE day < (now() AT TIME ZONE 'UTC')::date"
            )

    def _hash(self, what: str, counted_: bytes) -> bytes:
        return self._runner.keyed("attempts", what.encode() + b" " + counted_)

    async def _network(self, network: str) -> bytes:
        """The hash of a network under the key of the day."""
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "INSERT INTO accounts.network_keys AS k (day, key) VALUES ((now() AT TIME ZONE 'UTC')::date, %b) "
                "ON CONFLICT (day) DO UPDATE SET key = k.key RETURNING key",
                (os.urandom(32),),
                binary=True,
            )
            row = await cursor.fetchone()
        assert row is not None
        return self._runner.keyed("network", bytes(row[0]) + network.encode())


def network_of(request: Request[Any, Any, Any], settings: Settings) -> str | None:
    """The network that a request comes from: its address, or the first half of it in IPv6. None where an address means nothing:
    on this machine, or through a proxy that names none (an onion service, for example)."""
    text = request.client.host if request.client is not None else ""
    found = _address(text)
    if found is not None and any(found in network for network in settings.proxies):
        found = _address(request.headers.get("x-forwarded-for", "").rpartition(",")[2])
    if found is None or found.is_loopback:
        return None
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or IPv6Network((int(found) >> 64 << 64, 64)))
    return str(found)


def _address(text: str) -> Any:  # Any: an address of either kind, or None
    try:
        return ip_address(text.strip())
    except ValueError:
        return None
