"""The JSON operation to name somebody who must never read one's applications."""

from __future__ import annotations

from typing import Final

import msgspec
from litestar import Response

from api.http.commands import Noted, answer_headers, expected_version, idempotency_key
from api.http.operations import Asking, Operation, as_json
from api.http.problems import ProblemType
from domain import limits
from domain.messages import msg
from domain.refusals import Forbidden
from domain.values import Channel


class NewExclusion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom one names: an e-mail address, or the personal code that the person gave one."""

    named: limits.Email


async def _exclude(asking: Asking) -> Response[bytes]:
    key = idempotency_key(asking.request)
    expected_version(asking.request, versioned=False)
    if asking.path["person"] != asking.who:
        raise Forbidden(msg("Only the person can say who must never read their applications."))
    wanted = await asking.body(NewExclusion)
    answer = await asking.wiring.excluded_readers.exclude(
        asking.who, wanted.named, channel=Channel.API, key=key
    )
    return as_json(
        Noted(id=answer.stream),
        status=201,
        headers=answer_headers(asking.wiring, asking.who, answer, versioned=False),
    )


OPERATIONS: Final = (
    Operation(
        name="person.exclude_reader",
        method="POST",
        path="/api/persons/{person}/excluded-readers",
        summary="Name somebody who must never read your applications",
        description="Whoever is registered with this address or code at this moment is never asked to judge your own "
        "applications, and finds none of them in any role. They are not told, and neither is the staff. The answer is the same "
        "whether anybody was found or not.",
        handle=_exclude,
        body=NewExclusion,
        answer=Noted,
        status=201,
        tag="persons",
        problems=(ProblemType.REFUSED, ProblemType.INVALID),
        writes=True,
        takes_key=True,
    ),
)
