"""The Litestar app: every operation on one installation, with its health."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import msgspec
from litestar import Litestar, Response

from api import commands
from api.bodies import LIMIT, decode, read_body
from api.clock import DemonstrationClock
from api.operations import Asking, Operation, Parameter, as_json, route
from api.problems import Problem, ProblemType, on_exception
from api.settings import Settings
from api.wiring import Wiring, all_migrations, wire
from domain import access
from domain.deciding import Denied
from domain.initiatives import INSTALLATION, INSTALLATION_ID
from domain.refusals import Forbidden, NotFound
from history.migrate import pending

FACTS_AT_ONCE = 1_000


class NewToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request for a token: what it is for (never whom), and for how many days it is good."""

    label: str = "api"
    days: int = 90


class MadeToken(msgspec.Struct, frozen=True, kw_only=True):
    """A new token's text, told this once."""

    token: str


class NewTime(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The time to which a demonstration's clock is set forward."""

    now: datetime


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """Who the token stands for."""

    person: str
    administrator: bool


class StoredFact(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the history: its public fields and the names of its sealed ones, never a plaintext or a seed."""

    position: int
    stream: str
    version: int
    topic: str
    leaf: str
    envelope: msgspec.Raw
    fact: msgspec.Raw
    sealed: tuple[str, ...]


class _Document(msgspec.Struct):
    envelope: msgspec.Raw
    fact: msgspec.Raw
    sealed: dict[str, msgspec.Raw]


async def _administrator(asking: Asking) -> None:
    """Raise `Forbidden` unless the one who asks administers the installation, by its streams read afresh."""
    loaded = await asking.wiring.runner.states.reading(afresh=True).load(((INSTALLATION, INSTALLATION_ID),))
    verdict = access.installation_administrator(asking.who, loaded[INSTALLATION_ID].state)
    if isinstance(verdict, Denied):
        raise Forbidden(verdict.detail)


async def _make_token(asking: Asking) -> Response[bytes]:
    await _administrator(asking)
    wanted = decode(await read_body(asking.request), NewToken)
    text = await asking.wiring.tokens.make(
        asking.path["person"], label=wanted.label, days=wanted.days, made_by=asking.who
    )
    return as_json(MadeToken(token=text), status=201)


async def _set_clock(asking: Asking) -> Response[bytes]:
    clock = asking.wiring.clock
    if not isinstance(clock, DemonstrationClock):
        raise NotFound("There is no such address.")
    await _administrator(asking)
    return as_json(NewTime(now=clock.set(decode(await read_body(asking.request), NewTime).now)))


async def _me(asking: Asking) -> Response[bytes]:
    installation = await asking.wiring.installation()
    return as_json(Me(person=asking.who, administrator=asking.who in installation.administrators))


async def _facts(asking: Asking) -> Response[bytes]:
    await _administrator(asking)
    after = asking.query.get("after", "0")
    if not after.isascii() or not after.isdigit() or len(after) > 18:
        raise Problem(ProblemType.MALFORMED, "The parameter after is a position, a whole number.")
    rows = await asking.wiring.history.at(range(int(after) + 1, int(after) + 1 + FACTS_AT_ONCE))
    decoder = msgspec.json.Decoder(_Document)
    items = []
    for row in rows:
        document = decoder.decode(row.document)
        items.append(
            StoredFact(
                position=row.position,
                stream=row.stream,
                version=row.version,
                topic=row.topic,
                leaf=row.leaf.hex(),
                envelope=document.envelope,
                fact=document.fact,
                sealed=tuple(sorted(document.sealed)),
            )
        )
    return as_json({"items": items, "next": rows[-1].position if rows else None})


async def _alive(asking: Asking) -> Response[bytes]:  # noqa: ARG001 - every operation has this shape
    return as_json({"status": "alive"})


async def _ready(asking: Asking) -> Response[bytes]:
    """Ready when the database answers."""
    return as_json({"status": "ready", "facts": await asking.wiring.history.last_position()})


def own_operations() -> tuple[Operation, ...]:
    """The operations that are not commands."""
    after = Parameter("after", "The position after which to begin.", {"type": "integer", "minimum": 0})
    return (
        Operation(
            name="token.make", method="POST", path="/api/persons/{person}/tokens", status=201, handle=_make_token,
            summary="Make a token for a person", body=NewToken, answer=MadeToken,
        ),
        Operation(
            name="clock.set", method="POST", path="/api/demo/clock", handle=_set_clock,
            summary="Set a demonstration's clock forward", body=NewTime, answer=NewTime,
        ),
        Operation(name="me", method="GET", path="/api/me", handle=_me, summary="Who am I", answer=Me),
        Operation(
            name="facts", method="GET", path="/api/facts", handle=_facts, query=(after,),
            summary="Read the history's facts, without personal data", answer=StoredFact,
        ),
        Operation(name="alive", method="GET", path="/health", handle=_alive, public=True, summary="Is it alive"),
        Operation(name="ready", method="GET", path="/health/ready", handle=_ready, public=True, summary="Is it ready"),
    )  # fmt: skip


def make_app(settings: Settings, url: str) -> Litestar:
    """The app over the database at `url`; it is opened when the server starts, and closed when it ends."""
    opened: list[Wiring] = []

    @asynccontextmanager
    async def open_installation(_app: Litestar) -> AsyncIterator[None]:
        async with wire(settings, url) as wiring:
            opened.append(wiring)
            yield

    operations = (*commands.operations(), *own_operations())
    return Litestar(
        route_handlers=[route(operation, lambda: opened[0]) for operation in operations],
        lifespan=[open_installation],
        exception_handlers={Exception: on_exception},
        openapi_config=None,
        request_max_body_size=LIMIT + 1_000,
    )


def lacking(url: str) -> tuple[str, ...]:
    """The migrations that the database lacks."""
    return pending(url, all_migrations())
