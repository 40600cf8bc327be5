"""What waits to be done on grants, for whom it waits."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from domain import access
from domain.applications.state import ApplicationStatus
from domain.calls.state import CALL
from domain.deciding import Allowed
from domain.grants.state import GRANT, Grant
from domain.grants.tasks import Task, TaskKind, tasks_on
from domain.indexes import rounds_of
from domain.initiatives.state import INITIATIVE, Initiative
from domain.messages import msg
from domain.organisations import ORGANISATION
from domain.parties import Actor, is_organisation
from domain.persons.state import PERSON
from domain.refusals import Forbidden
from domain.values import Money
from projections.paging import DEFAULT_LIMIT, ResultPage, check_limit, key_of, page
from projections.reader import QueryRow, Reader, allow, damaged_in, text_of


class GrantTask(msgspec.Struct, frozen=True, kw_only=True):
    """Something to do on a grant: its `kind`, and the `number` of the instalment, the report or the amendment that it is about.
    `amount` is the instalment's, else the grant's."""

    kind: TaskKind
    number: int | None
    amount: Money


class GrantTasks(msgspec.Struct, frozen=True, kw_only=True):
    """A grant on which something waits for whoever asks. `handle` stands for the recipient within the call; `title` is the
    project's, for those who see who the recipient is, and named in `damaged` if it cannot be shown."""

    grant: str
    call: str
    handle: str | None
    title: str | None
    tasks: tuple[GrantTask, ...]
    damaged: tuple[str, ...] = ()


async def tasks(
    reader: Reader,
    viewer: str | None,
    *,
    now: datetime,
    titles: bool = True,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> ResultPage[GrantTasks]:
    """What waits now for one to do on the grants of one's initiatives: bank details to confirm, instalments to approve, to send to
    the bank and to record as paid, screenings, reports, schedules and amendments. Sorted by the random ids of the grants. Nothing is listed
    that somebody else must do: one's own grants, and those that followed on a conflict of interest, are left out, and so are
    those that cannot be read. A page may have fewer items than asked for. Without `titles`, none is opened. Raises `Forbidden` for
    nobody."""
    if viewer is None:
        raise Forbidden(msg("Sign in first."))
    rows = await reader.rows(
        """
        SELECT g."grant", g.call, g.initiative, g.recipient, g.handle, t.* FROM read.grants g
        LEFT JOIN read.applications a ON a.application = g.application AND a.to_position = 9223372036854775807
        LEFT JOIN read.titled t ON t.title_stream = a.application AND t.title_version = a.written
        WHERE g.initiative IN (SELECT initiative FROM read.memberships WHERE person = %(viewer)b)
            AND g.has_tasks AND g.to_position = 9223372036854775807 AND g."grant" > %(after)b::text
        ORDER BY g."grant" LIMIT %(limit)b
        """,
        viewer=viewer,
        after=key_of(cursor),
        limit=check_limit(limit) + 1,
    )
    found = await _readable(reader, viewer, rows)

    def waiting(row: QueryRow) -> GrantTasks:
        its = found[row["grant"]]
        waits = its.tasks(now)
        named = titles and bool(waits) and its.named and row["title_stream"] is not None
        title = reader.opened(row, "title", str) if named else None
        return GrantTasks(
            grant=row["grant"],
            call=row["call"],
            handle=row["handle"],
            title=text_of(title),
            damaged=damaged_in({"title": title}),
            tasks=tuple(
                GrantTask(kind=task.kind, number=task.number, amount=_amount(its.grant, task))
                for task in waits
            ),
        )

    listed = page(rows, limit, waiting, lambda row: str(row["grant"]), readable=found.keys())
    # Which grants cannot be read is told in the lists of their calls, to those who see these.
    return ResultPage(items=tuple([item for item in listed.items if item.tasks]), next=listed.next)


async def payable_later(reader: Reader, viewer: str, *, now: datetime) -> datetime | None:
    """When one has the first payment to order that only waits because bank details were changed; None if there is none."""
    rows = await reader.rows(
        """
        SELECT g."grant", g.call, g.initiative, g.recipient FROM read.grants g
        WHERE g.initiative IN (SELECT initiative FROM read.memberships WHERE person = %(viewer)b)
            AND g.has_tasks AND g.to_position = 9223372036854775807 AND g.payable_from > %(now)b
        """,
        viewer=viewer,
        now=now,
    )
    found = await _readable(reader, viewer, rows)
    return min(
        (
            each.grant.payee.payable_from
            for each in found.values()
            if each.grant.payee is not None
            and each.grant.payee.payable_from is not None
            and each.grant.payee.payable_from > now
            and any(task.kind is TaskKind.INSTRUCT for task in each.tasks(each.grant.payee.payable_from))
        ),
        default=None,
    )


@dataclass(frozen=True, slots=True)
class _OnGrant:
    """A grant of an initiative of somebody's, and what decides on what waits for them there."""

    grant: Grant
    initiative: Initiative
    screening: bool
    erased: bool
    actor: Actor
    conflicts: Collection[str]

    @property
    def named(self) -> bool:
        """Whether they see who the recipient is."""
        return isinstance(
            access.sees_recipient(self.actor, self.initiative, self.grant, conflicts=self.conflicts), Allowed
        )

    def tasks(self, at: datetime) -> list[Task]:
        """What waits for them at a time, if nothing happens until then."""
        return [
            task
            for task in tasks_on(self.grant, screening=self.screening, now=at, erased=self.erased)
            if isinstance(
                access.does_task(self.actor, self.initiative, self.grant, task, conflicts=self.conflicts),
                Allowed,
            )
        ]


async def _readable(reader: Reader, viewer: str, rows: Sequence[QueryRow]) -> dict[str, _OnGrant]:
    """Those of some grants that can be read, with all on which it rests what waits there."""
    actor = await reader.actor(viewer)
    loaded = await reader.readable(
        *(
            each
            for row in rows
            for each in (
                (GRANT, row["grant"]),
                (CALL, row["call"]),
                (INITIATIVE, row["initiative"]),
                (ORGANISATION if is_organisation(row["recipient"]) else PERSON, row["recipient"]),
            )
        )
    )
    rounds = [
        round
        for call in {row["call"] for row in rows}
        for round in await reader.index_entries(rounds_of(call))
    ]
    conflicts = await reader.conflicts_in_rounds(viewer, rounds)
    return {
        row["grant"]: _OnGrant(
            grant=loaded[row["grant"]].state,
            initiative=loaded[row["initiative"]].state.within(row["call"]),
            screening=loaded[row["initiative"]].state.screening or loaded[row["call"]].state.screening,
            erased=loaded[row["recipient"]].state.erased,
            actor=actor,
            conflicts=conflicts,
        )
        for row in rows
        if all(row[name] in loaded for name in ("grant", "call", "initiative", "recipient"))
    }


def _amount(grant: Grant, task: Task) -> Money:
    of_instalment = task.kind in (TaskKind.APPROVE, TaskKind.INSTRUCT, TaskKind.SETTLE)
    minor = grant.instalments[task.number].plan.amount if of_instalment and task.number else grant.amount
    return Money.of(minor, grant.currency)


async def to_offer(reader: Reader, viewer: str | None, call: str) -> int:
    """How many awarded applications of a call have no grant yet, for its staff: without one's own, and those with which one
    declared a conflict of interest. Raises `NotFound` or `Forbidden`."""
    who = viewer or ""
    _, whole, actor = await reader.with_initiative_seen_by(viewer, CALL, call)
    allow(access.officer(who, whole.within(call)))
    rows = await reader.rows(
        """
        SELECT a.application FROM read.applications a
        WHERE a.call = %(call)b AND a.status = %(awarded)b AND a.to_position = 9223372036854775807
            AND NOT a.applicant = ANY (%(own)b::text[])
            AND NOT EXISTS (SELECT FROM read.grants g WHERE g.application = a.application)
        """,
        call=call,
        awarded=str(ApplicationStatus.AWARDED),
        own=list(actor.all_parties),
    )
    conflicts = await reader.conflicts_in_call(who, call)
    return sum(row["application"] not in conflicts for row in rows)


async def by_application(reader: Reader, applications: Collection[str]) -> dict[str, str]:
    """The grants that were offered for some applications. The caller has checked access."""
    rows = await reader.rows(
        'SELECT application, "grant" FROM read.grants '
        "WHERE application = ANY (%(applications)b::text[]) AND to_position = 9223372036854775807",
        applications=sorted(applications),
    )
    return {row["application"]: row["grant"] for row in rows}
