"""What an administrator of the installation can ask for by JSON besides commands: raw facts, a demonstration's clock."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

import msgspec
from litestar import Response

from api.http.operations import Asking, Operation, Parameter, as_json, bad_parameter
from api.http.problems import ProblemType
from api.run.clock import DemonstrationClock
from domain import access
from domain.deciding import Denied
from domain.messages import msg
from domain.refusals import Forbidden, NotFound
from history.store import PositionedFact
from projections import raw

FACTS_AT_ONCE: Final = 1_000
_NUMBER: Final = re.compile(r"[0-9]{1,15}\Z", re.ASCII)


class NewTime(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The time, with its offset, to which a demonstration's clock is set forward."""

    now: datetime


class ToldPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where a fact stands: its stream, and the initiative that the stream belongs to, if any."""

    initiative: str | None
    stream: str


class ToldEnvelope(msgspec.Struct, frozen=True, kw_only=True):
    """An envelope as far as it is told; what a stored one holds besides is left out."""

    acting: msgspec.Raw
    actor: str
    decided_at: msgspec.Raw
    how: msgspec.Raw
    place: ToldPlace


class StoredFact(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the history: envelope, public fields, and the names of its sealed ones; never a plaintext or a seed. Of a
    fact that is `withheld`, and of one that cannot be read, position and leaf alone are told.

    The envelope tells no version and no leaf of the fact before: with them, the withheld facts of a stream could be
    counted and found.
    """

    position: int
    leaf: str
    withheld: bool
    stream: str | None = None
    topic: str | None = None
    envelope: ToldEnvelope | None = None
    fact: msgspec.Raw | None = None
    sealed: tuple[str, ...] = ()


class RawFactPage(msgspec.Struct, frozen=True, kw_only=True):
    """Facts in their order; `next` is the position to ask after for more, None at the end."""

    items: tuple[StoredFact, ...]
    next: int | None


class _Document(msgspec.Struct):
    envelope: ToldEnvelope
    fact: msgspec.Raw
    sealed: dict[str, msgspec.Raw]


_decode_document = msgspec.json.Decoder(_Document).decode


async def check_administrator(asking: Asking) -> None:
    verdict = access.installation_administrator(asking.who, await asking.wiring.installation())
    if isinstance(verdict, Denied):
        raise Forbidden(verdict.detail)


async def _set_clock(asking: Asking) -> Response[bytes]:
    clock = asking.wiring.clock
    if not isinstance(clock, DemonstrationClock):
        raise NotFound(msg("The clock can be set only in a demonstration, and this is none."))
    await check_administrator(asking)
    wanted = await asking.body(NewTime)
    return as_json(NewTime(now=clock.set(wanted.now)))


async def _facts(asking: Asking) -> Response[bytes]:
    after, limit = _number(asking, "after", 0), _number(asking, "limit", FACTS_AT_ONCE)
    if not 1 <= limit <= FACTS_AT_ONCE:
        raise bad_parameter(
            "limit",
            msg("Ask for 1 to {most} facts at once; you asked for {given}.", most=FACTS_AT_ONCE, given=limit),
        )
    found = await raw.facts(asking.wiring.reader, asking.who, after=after, limit=limit)
    last = found.rows[-1].position if len(found.rows) == limit else None
    return as_json(RawFactPage(items=tuple([_stored(row, found) for row in found.rows]), next=last))


def _stored(row: PositionedFact, found: raw.RawFacts) -> StoredFact:
    if row.position not in found.seen:
        withheld = row.position not in found.unreadable
        return StoredFact(position=row.position, leaf=row.leaf.hex(), withheld=withheld)
    document = _decode_document(row.document)
    return StoredFact(
        position=row.position,
        leaf=row.leaf.hex(),
        withheld=False,
        stream=row.stream,
        topic=row.topic,
        envelope=document.envelope,
        fact=document.fact,
        sealed=tuple(sorted(document.sealed)),
    )


def _number(asking: Asking, name: str, default: int) -> int:
    text = asking.query.get(name, str(default))
    if not _NUMBER.match(text):
        raise bad_parameter(name, msg("This must be a whole number."))
    return int(text)


OPERATIONS: Final = (
    Operation(
        name="clock.set",
        method="POST",
        path="/api/demo/clock",
        summary="Set a demonstration's clock forward",
        description="So that a deadline can pass while one watches. A real installation has no such address.",
        handle=_set_clock,
        body=NewTime,
        answer=NewTime,
        tag="demo",
        problems=(ProblemType.INVALID, ProblemType.REFUSED),
    ),
    Operation(
        name="fact.list",
        method="GET",
        path="/api/facts",
        summary="Read the history's facts, without personal data",
        description="Facts of an initiative are shown to its officers, as far as they see the same on pages; its own "
        "stream also to its administrators, and each reading to its reader. Of the others position and leaf are told. "
        "What is read of a round is recorded, as for a page.",
        handle=_facts,
        query=(
            Parameter(
                "after",
                "The position after which to begin.",
                {"type": "integer", "minimum": 0, "maximum": 10**15 - 1, "default": 0},
            ),
            Parameter(
                "limit",
                "How many facts to read at most.",
                {"type": "integer", "minimum": 1, "maximum": FACTS_AT_ONCE, "default": FACTS_AT_ONCE},
            ),
        ),
        answer=RawFactPage,
        tag="facts",
    ),
)
