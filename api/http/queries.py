"""Every question that can be asked by JSON, with its address: one table, and one way from request to answer.

What a query takes besides its reader and its viewer stands in its own signature, and so does what it answers: the
parameters of an address, and their description, are read from there.
"""

from __future__ import annotations

import contextlib
import inspect
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, get_type_hints

import msgspec
from litestar import Response

from api.http.operations import Asking, Operation, Parameter, as_json, bad_parameter
from api.http.problems import ProblemType
from api.lists.choosing import FILE, file_asked_for
from api.lists.exported import file_of
from api.lists.register import BY_QUERY
from domain.messages import msg
from domain.values import read_time
from projections import (
    applications,
    calls,
    correspondence,
    disclosures,
    dossiers,
    following,
    funded,
    funds,
    grants,
    initiatives,
    ledger,
    members,
    organisations,
    own_reviews,
    panel_notes,
    panels,
    payments,
    profiles,
    review_progress,
    reviews,
    round_jury,
    rounds,
    timeline,
)
from projections.letters import texts as letter_texts
from projections.moments import AsOf
from projections.paging import DEFAULT_LIMIT, MOST
from projections.versions import Version


@dataclass(frozen=True, slots=True)
class QueryRoute:
    """An address that answers a question. The path's parameters are handed to the query in their order, and the time to one
    that takes `now`. A `public` one is answered to everybody, within what the query itself shows them."""

    path: str
    name: str
    query: Callable[..., Awaitable[Any]]
    public: bool = False


# fmt: off
READS: Final = (
    QueryRoute("/api/me", "me.show", initiatives.me),
    QueryRoute("/api/me/profile", "me.profile", profiles.mine),
    QueryRoute("/api/me/read-by", "me.read_by", disclosures.mine),
    QueryRoute("/api/me/dossiers", "me.dossiers", dossiers.mine),
    QueryRoute("/api/me/grant-tasks", "me.grant_tasks", grants.tasks),
    QueryRoute("/api/persons/{person}/kept", "person.kept", dossiers.kept_after_erasure),
    QueryRoute("/api/initiatives/{initiative}", "initiative.show", initiatives.one),
    QueryRoute("/api/initiatives/{initiative}/profile", "initiative.profile", initiatives.profile, public=True),
    QueryRoute("/api/initiatives/{initiative}/members", "initiative.given_roles", members.given_roles),
    QueryRoute("/api/initiatives/{initiative}/funders", "initiative.funders", initiatives.funders),
    QueryRoute("/api/initiatives/{initiative}/letters", "initiative.letters", letter_texts.of_initiative),
    QueryRoute("/api/initiatives/{initiative}/calls", "initiative.calls", calls.of_initiative),
    QueryRoute("/api/initiatives/{initiative}/funds", "initiative.funds", funds.of_initiative),
    QueryRoute("/api/initiatives/{initiative}/payments", "initiative.payments", payments.of_initiative),
    QueryRoute("/api/initiatives/{initiative}/funded", "initiative.funded", funded.mine),
    QueryRoute("/api/initiatives/{initiative}/accounts", "initiative.accounts", ledger.totals),
    QueryRoute("/api/organisations", "organisation.list", organisations.mine),
    QueryRoute("/api/organisations/{organisation}", "organisation.show", organisations.one),
    QueryRoute("/api/organisations/{organisation}/timeline", "organisation.timeline", organisations.of_organisation),
    QueryRoute("/api/funds/{fund}", "fund.show", funds.one),
    QueryRoute("/api/funds/{fund}/ledger", "fund.ledger", ledger.of_fund),
    QueryRoute("/api/funds/{fund}/payments", "fund.payments", following.of_fund),
    QueryRoute("/api/funds/{fund}/timeline", "fund.timeline", timeline.of_fund),
    QueryRoute("/api/calls", "call.list", calls.public, public=True),
    QueryRoute("/api/calls/{call}", "call.show", calls.one, public=True),
    QueryRoute("/api/calls/{call}/members", "call.members", initiatives.of_call),
    QueryRoute("/api/calls/{call}/applications", "call.applications", applications.of_call),
    QueryRoute("/api/calls/{call}/application-counts", "call.application_counts", applications.counts),
    QueryRoute("/api/calls/{call}/decisions-due", "call.decisions_due", applications.decisions_due),
    QueryRoute("/api/calls/{call}/grants", "call.grants", grants.of_call),
    QueryRoute("/api/calls/{call}/timeline", "call.timeline", timeline.of_call),
    QueryRoute("/api/rounds/{round}", "round.show", rounds.one, public=True),
    QueryRoute("/api/rounds/{round}/late-access", "round.late_access", rounds.late_access),
    QueryRoute("/api/rounds/{round}/reviews", "round.reviews", review_progress.progress),
    QueryRoute("/api/rounds/{round}/jury", "round.jury", round_jury.of_round),
    QueryRoute("/api/rounds/{round}/notes", "round.notes", panel_notes.of_round),
    QueryRoute("/api/rounds/{round}/ranking", "round.ranking", panels.ranking),
    QueryRoute("/api/applications", "application.list", applications.mine),
    QueryRoute("/api/applications/{application}", "application.show", applications.one),
    QueryRoute("/api/applications/{application}/reviews", "application.reviews", reviews.of_application),
    QueryRoute("/api/applications/{application}/timeline", "application.timeline", timeline.of_application),
    QueryRoute("/api/applications/{application}/messages", "application.messages", correspondence.messages),
    QueryRoute("/api/applications/{application}/notes", "application.notes", correspondence.notes),
    QueryRoute("/api/me/messages", "me.messages", correspondence.waiting),
    QueryRoute("/api/reviews", "review.list", own_reviews.mine),
    QueryRoute("/api/reviews/{review}", "review.show", reviews.one),
    QueryRoute("/api/grants", "grant.list", grants.mine),
    QueryRoute("/api/grants/{grant}", "grant.show", grants.one),
    QueryRoute("/api/grants/{grant}/timeline", "grant.timeline", timeline.of_grant),
)
"""Every question by JSON. All are GET."""
# fmt: on

POSITION: Final = Parameter(
    "position",
    "The `X-Position` of a write that the answer must have seen. The answer waits up to five seconds for it.",
    {"type": "string", "pattern": "^[A-Za-z0-9_-]{22}$"},
)
AS_OF: Final = Parameter(
    "as_of",
    "Answer as of then: an `X-Position`, or a time with its offset, counted by when facts were recorded (in a "
    "demonstration by its own clock). Only for those who may know when things happened here; others are refused. Who may see what is judged by the roles of now, and "
    "what was erased since stays erased.",
    {"type": "string", "minLength": 1, "maxLength": 40},
)
CURSOR: Final = Parameter(
    "cursor",
    "The `next` of the page before; without it, the first page.",
    {"type": "string", "maxLength": 300},
)
LIMIT: Final = Parameter(
    "limit",
    "How many items a page has at most.",
    {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT_LIMIT},
)
_FILTERS: Final[Mapping[str, Parameter]] = {
    "status": Parameter("status", "Only what has this status.", {"type": "string", "maxLength": 40}),
    "round": Parameter("round", "Only what belongs to this round.", {"type": "string", "maxLength": 60}),
    "initiative": Parameter(
        "initiative", "Only what belongs to this initiative.", {"type": "string", "maxLength": 60}
    ),
}
_LIMIT: Final = re.compile(r"[0-9]{1,6}\Z", re.ASCII)
_DESCRIBED: Final = {"cursor": CURSOR, "limit": LIMIT, "as_of": AS_OF, **_FILTERS}


async def wait_for_position(asking: Asking) -> None:
    """Wait until the read models have seen the position that was asked for. Raises `Problem` or `Behind`."""
    token = asking.query.get("position")
    if token is None:
        return
    position = asking.wiring.positions.position(token)
    if position is None:
        raise bad_parameter(
            "position", msg("This is not a position; send an X-Position exactly as you got it.")
        )
    await asking.wiring.reader.wait_for(position)


async def asked_moment(asking: Asking) -> AsOf | None:
    """The moment that `as_of` stands for, seen by the read models; None for now. Raises `Problem` or `Behind`."""
    text = asking.query.get("as_of")
    if text is None:
        return None
    reader = asking.wiring.reader
    position = asking.wiring.positions.position(text)
    if position is None:
        position = await reader.moment(_time(text))
    await reader.wait_for(position)
    return AsOf(position)


def _time(text: str) -> datetime:
    with contextlib.suppress(ValueError, OverflowError):
        # A plus in an address stands for a space, so an offset that was not escaped arrives as one.
        at = read_time(text.replace(" ", "+"))
        if at.tzinfo is not None:
            return at.astimezone(UTC)
    raise bad_parameter(
        "as_of",
        msg(
            "Send an X-Position exactly as you got it, or a time with its offset, such as 2026-05-31T18:00:00Z."
        ),
    )


def asked_limit(asking: Asking) -> int:
    """How many items are asked for. Raises `Problem`."""
    text = asking.query.get("limit", str(DEFAULT_LIMIT))
    if not _LIMIT.match(text):
        raise bad_parameter("limit", msg("Ask for 1 to {most} items.", most=MOST))
    if not 1 <= int(text) <= MOST:
        raise bad_parameter(
            "limit", msg("Ask for 1 to {most} items; you asked for {given}.", most=MOST, given=int(text))
        )
    return int(text)


async def _how(
    asking: Asking, wanted: frozenset[str]
) -> dict[str, Any]:  # Any: each keyword has a type of its own
    """The keywords of a query, from the parameters of the address."""
    how: dict[str, Any] = {
        name: asking.query[name] for name in _FILTERS if name in wanted & asking.query.keys()
    }
    if "cursor" in wanted:
        how["cursor"] = asking.query.get("cursor")
    if "limit" in wanted:
        how["limit"] = asked_limit(asking)
    if "as_of" in wanted:
        how["as_of"] = await asked_moment(asking)
    return how


def operation_of(read: QueryRoute) -> Operation:
    """A question as an operation of the API."""
    parameters = inspect.signature(read.query).parameters
    wanted = frozenset(name for name in parameters if name in _DESCRIBED and f"{{{name}}}" not in read.path)
    hints = get_type_hints(read.query)
    if "as_of" in wanted and hints["as_of"] != AsOf | None:
        raise TypeError(f"{read.name} takes as_of as another thing than an AsOf, so nothing checks who asks")
    summary, _, rest = " ".join((read.query.__doc__ or "").split()).partition(". ")
    names = re.findall(r"\{([a-z_]+)\}", read.path)
    viewed = "viewer" in parameters
    exported = BY_QUERY.get(read.name)

    async def handle(asking: Asking) -> Response[bytes]:
        await wait_for_position(asking)
        if exported is not None and (ending := file_asked_for(asking.request, asking.query)):
            # A file holds the whole list, however its pages are asked for.
            filters = await _how(asking, wanted - {"cursor", "limit"})
            about = [asking.path[name] for name in names]
            return await file_of(
                exported, ending, asking.wiring.reader, asking.person, about, filters, asking.locale
            )
        how = await _how(asking, wanted)
        if "now" in parameters:
            how["now"] = asking.wiring.clock()
        viewer = (asking.person,) if viewed else ()
        answer = await read.query(
            asking.wiring.reader, *viewer, *(asking.path[name] for name in names), **how
        )
        seen_by = asking.person or ""

        def tag(version: Version) -> str:
            return asking.wiring.runner.version_tag(seen_by, version.stream, version.number)

        version = getattr(answer, "version", None)
        return as_json(
            answer,
            headers={"ETag": f'"{tag(version)}"'} if version else None,
            version_tag=tag,
            locale=asking.locale,
        )

    return Operation(
        name=read.name,
        method="GET",
        path=read.path,
        summary=_public_words(summary),
        description=_public_words(rest),
        handle=handle,
        answer=hints["return"],
        public=read.public,
        query=(
            POSITION,
            *(_DESCRIBED[name] for name in _DESCRIBED if name in wanted),
            *([FILE] if exported else []),
        ),
        files=exported is not None,
        tag=read.path.split("/")[2],
        problems=(ProblemType.INVALID,),
        tells_version=_has_version(hints["return"]),
    )


_RAISES: Final = re.compile(r"[;,.]? ?[Rr]aises `NotFound`.*|[;,.]? ?[Rr]aises `Forbidden`.*")


def _public_words(text: str) -> str:
    """A query's docstring without what only a programmer needs."""
    return _RAISES.sub("", text).strip().rstrip(".")


def _has_version(answer: Any) -> bool:  # Any: a type, also a generic one
    return (
        isinstance(answer, type)
        and issubclass(answer, msgspec.Struct)
        and "version" in answer.__struct_fields__
    )


def operations() -> tuple[Operation, ...]:
    """Every question of the API."""
    return tuple(operation_of(read) for read in READS)
