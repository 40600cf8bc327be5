"""An application as one line of a list, as far as its viewer may see it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from domain.personal import Withheld
from domain.values import Money
from projections.reader import QueryRow, Reader, damaged_in, text_of
from projections.versions import Version


class ApplicationLine(msgspec.Struct, frozen=True, kw_only=True):
    """An application in a list.

    `handle` stands for the applicant within the call. `applicant`, `title`, `submitted_at` and `decide_by` (when a
    rolling call has to decide) are None for viewers who may not see them; `erased`: the title was erased. `awarded`,
    `rank` (on the waiting list) and `reason` depend on the status. `unrecorded`: the viewer could see applicant and
    title, but the reading cannot be recorded at the moment. `damaged` names the texts that are None because the stored
    value is not what was committed to. `came_back_at` is when it was last submitted again after questions of the staff, who
    alone are told in a list.
    """

    id: str
    version: Version
    call: str
    round: str
    status: str
    handle: str | None
    applicant: str | None
    title: str | None
    erased: bool
    requested: Money
    awarded: Money | None
    rank: int | None
    reason: str | None
    submitted_at: datetime | None
    decide_by: datetime | None
    unrecorded: bool
    damaged: tuple[str, ...] = ()
    came_back_at: datetime | None = None


def line(
    reader: Reader,
    row: QueryRow,
    *,
    title: bool,
    applicant: bool,
    times: bool,
    place: bool = True,
    unrecorded: bool = False,
    came_back_at: datetime | None = None,
) -> ApplicationLine:
    """A row of read.applications (with its title's box and key, if `title`) for display; `place`: with its place on the
    waiting list. If reading it is `unrecorded`, without title, applicant and time."""
    if unrecorded:
        title = applicant = times = False
    opened = reader.opened(row, "title", str) if title else Withheld.SEALED
    currency = row["currency"]
    return ApplicationLine(
        id=row["application"],
        version=Version(row["application"], row["version"]),
        call=row["call"],
        round=row["round"],
        status=row["status"],
        handle=row["handle"],
        applicant=row["applicant"] if applicant else None,
        title=text_of(opened),
        erased=opened is Withheld.ERASED,
        requested=Money.of(row["requested"], currency),
        awarded=None if row["awarded"] is None else Money.of(row["awarded"], currency),
        rank=row["rank"] if place else None,
        reason=row["reason"],
        submitted_at=row["submitted_at"] if times else None,
        decide_by=row["decide_by"] if times else None,
        unrecorded=unrecorded,
        damaged=damaged_in({"title": opened}),
        came_back_at=came_back_at if times else None,
    )
