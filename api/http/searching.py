"""The JSON operation to search among the applications of a call. It is a POST that writes nothing: what is looked for is often
somebody's name, and addresses stand in the logs of servers and proxies."""

from __future__ import annotations

from typing import Final

import msgspec
from litestar import Response

from api.http.operations import Asking, Operation, as_json
from api.http.problems import ProblemType
from api.http.queries import POSITION, wait_for_position
from domain import limits
from domain.values import RoundId
from projections import applications
from projections.applications import FoundApplications
from projections.versions import Version


class ApplicationSearch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to look for: parts of a title, of the applicant's name or of a handle. With a `round` or a `status`, only
    among its applications."""

    text: limits.Name
    status: limits.Slug | None = None
    round: RoundId | None = None


async def _search(asking: Asking) -> Response[bytes]:
    await wait_for_position(asking)
    wanted = await asking.body(ApplicationSearch)
    found = await applications.search(
        asking.wiring.reader,
        asking.person,
        asking.path["call"],
        text=wanted.text,
        status=wanted.status,
        round=wanted.round,
    )

    def tag(version: Version) -> str:
        return asking.wiring.runner.version_tag(asking.who, version.stream, version.number)

    return as_json(found, version_tag=tag, locale=asking.locale)


OPERATIONS: Final = (
    Operation(
        name="call.search_applications",
        method="POST",
        path="/api/calls/{call}/applications/search",
        summary="Search among the applications of a call",
        description="By title, the applicant's name and handle, as far as the list of the call shows them to you. All words have to "
        "be there. At most 2,000 applications are read and at most 100 shown; the answer says whether there are more. Nothing is "
        "written: this is a POST so that what you look for stands in no address.",
        handle=_search,
        body=ApplicationSearch,
        answer=FoundApplications,
        query=(POSITION,),
        tag="calls",
        only_reads=True,
        problems=(ProblemType.INVALID,),
    ),
)
