"""Grants with their payees, instalments and reports: how each stands, and what was paid."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from domain import access
from domain.applications import APPLICATION
from domain.calls import CALL
from domain.deciding import Allowed
from domain.grants.facts import (
    GrantDeclined,
    GrantPayeeSet,
    GrantReportReturned,
    GrantReportSubmitted,
)
from domain.grants.state import GRANT
from domain.indexes import conflicts_of, rounds_of
from domain.refusals import Forbidden, NotFound
from domain.values import Money, Role
from projections.paging import DEFAULT_LIMIT, Page, check_limit, key_of, page
from projections.reader import LATEST, Reader, Reference, Row, allow, text_of


class GrantLine(msgspec.Struct, frozen=True, kw_only=True):
    """A grant in a list. `handle` stands for the recipient within the call; `recipient` is None to funders,
    and to whoever declared a conflict of interest with the application."""

    id: str
    version: int
    call: str
    application: str
    fund: str
    handle: str | None
    recipient: str | None
    status: str
    amount: Money
    settled: Money
    respond_by: datetime
    reason: str | None


class PayeeShown(msgspec.Struct, frozen=True, kw_only=True):
    """To whom a grant is paid, as set in that `setting`. `name` and `account` are for the recipient, for finance and for
    approvers; they are None to others, to whoever declared a conflict of interest with the application, and once the
    recipient was erased."""

    setting: int
    kind: str
    confirmed: bool
    payable_from: datetime | None
    name: str | None
    account: str | None


class InstalmentShown(msgspec.Struct, frozen=True, kw_only=True):
    """A payment of a grant, with the report that met its condition and how it was paid, or why it was not."""

    number: int
    amount: Money
    condition: str
    due: date
    status: str
    report: int | None
    reference: str | None
    settled_on: date | None
    reason: str | None


class ReportShown(msgspec.Struct, frozen=True, kw_only=True):
    """A report on a grant. `text` and `explanation` are for the recipient and the staff; they are None to others, to whoever
    declared a conflict of interest with the application, and once the recipient was erased."""

    number: int
    status: str
    text: str | None
    reason: str | None
    explanation: str | None


class GrantDetail(GrantLine, frozen=True, kw_only=True):
    """A grant with all that belongs to it. `explanation` is the text beside the reason of a declined offer."""

    seen_as: Role
    explanation: str | None
    payee: PayeeShown | None
    instalments: tuple[InstalmentShown, ...]
    reports: tuple[ReportShown, ...]


async def of_call(
    reader: Reader,
    viewer: str | None,
    call: str,
    *,
    status: str | None = None,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
    as_of: int | None = None,
) -> Page[GrantLine]:
    """The grants of a call, sorted by their random ids, for those who see its payments; raises `NotFound` or
    `Forbidden`."""
    _, whole = await reader.with_initiative(CALL, call)
    initiative = whole.within(call)
    who = viewer or ""
    # Whoever holds another role beside a funder's is seen in that one.
    inside = allow(access.sees_payments(who, initiative)) is not Role.FUNDER
    rows = await reader.rows(
        """
        SELECT g.*,
            g.application = ANY (ARRAY (
                SELECT c.entry FROM history.indexes r, LATERAL (
                    SELECT o.entry FROM history.indexes o WHERE o.name = %(conflicts_in)b::text || r.entry OFFSET 0
                ) AS c
                WHERE r.name = %(rounds_of)b
            )) AS conflict
        FROM read.grants g
        WHERE call = %(call)b AND "grant" > %(after)b::text AND (%(status)b::text IS NULL OR status = %(status)b::text)
            AND from_position <= %(at)b::bigint AND to_position > %(at)b::bigint
        ORDER BY "grant" LIMIT %(limit)b
        """,
        call=call,
        after=key_of(cursor),
        status=status,
        at=LATEST if as_of is None else as_of,
        limit=check_limit(limit) + 1,
        conflicts_in=conflicts_of(who, ""),
        rounds_of=rounds_of(call),
    )
    return page(
        rows,
        limit,
        lambda row: line(row, recipient=inside and not row["conflict"]),
        lambda row: str(row["grant"]),
    )


async def mine(
    reader: Reader, viewer: str | None, *, cursor: str | None = None, limit: int = DEFAULT_LIMIT
) -> Page[GrantLine]:
    """The grants that one was offered, sorted by their random ids; raises `Forbidden` for nobody."""
    if viewer is None:
        raise Forbidden("Sign in first.")
    rows = await reader.rows(
        """
        SELECT * FROM read.grants
        WHERE recipient = %(viewer)b AND "grant" > %(after)b::text AND to_position = 9223372036854775807
        ORDER BY "grant" LIMIT %(limit)b
        """,
        viewer=viewer,
        after=key_of(cursor),
        limit=check_limit(limit) + 1,
    )
    return page(rows, limit, lambda row: line(row, recipient=True), lambda row: str(row["grant"]))


async def one(reader: Reader, viewer: str | None, grant: str, *, as_of: int | None = None) -> GrantDetail:
    """A grant as this viewer may see it; raises `NotFound` or `Forbidden`."""
    state, whole = await reader.with_initiative(GRANT, grant)
    initiative = whole.within(state.call)
    who = viewer or ""
    role = allow(access.sees_payments(who, initiative, recipient=state.recipient))
    conflicts = await _conflicts(reader, who, state.application)
    at = LATEST if as_of is None else as_of
    rows = await reader.rows(
        'SELECT * FROM read.grants WHERE "grant" = %(grant)b '
        "AND from_position <= %(at)b::bigint AND to_position > %(at)b::bigint",
        grant=grant,
        at=at,
    )
    if not rows:
        raise NotFound
    row = rows[0]
    instalments = await reader.rows(
        'SELECT * FROM read.instalments WHERE "grant" = %(grant)b '
        "AND from_position <= %(at)b::bigint AND to_position > %(at)b::bigint ORDER BY number",
        grant=grant,
        at=at,
    )
    reports = await reader.rows(
        'SELECT * FROM read.reports WHERE "grant" = %(grant)b '
        "AND from_position <= %(at)b::bigint AND to_position > %(at)b::bigint ORDER BY report",
        grant=grant,
        at=at,
    )
    whose = access.sees_recipient(who, initiative, state, conflicts=conflicts)
    paying = access.sees_payee(who, initiative, state, conflicts=conflicts)
    reporting = access.sees_reports(who, initiative, state, conflicts=conflicts)
    texts = await _texts(
        reader,
        grant,
        row,
        reports,
        payee=isinstance(paying, Allowed),
        reported=isinstance(reporting, Allowed),
    )
    shown = line(row, recipient=isinstance(whose, Allowed))
    return GrantDetail(
        **{name: getattr(shown, name) for name in GrantLine.__struct_fields__},
        seen_as=role,
        explanation=texts.get(row["reason_version"], {}).get("explanation"),
        payee=_payee(row, texts),
        instalments=tuple(_instalment(each, row["currency"]) for each in instalments),
        reports=tuple(_report(each, texts) for each in reports),
    )


async def _conflicts(reader: Reader, viewer: str, application: str) -> tuple[str, ...]:
    """The applications of a grant's round with which the viewer declared a conflict."""
    state = await reader.the(APPLICATION, application)
    return await reader.members(conflicts_of(viewer, state.round))


_Texts = dict[int | None, dict[str, str | None]]
"""Personal texts by the version of their fact and by field."""


async def _texts(
    reader: Reader, grant: str, row: Row, reports: list[Row], *, payee: bool, reported: bool
) -> _Texts:
    """The personal texts of a grant, as access allows them: the `payee`, and what was `reported` and explained."""
    versions: list[int | None] = []
    if payee:
        versions.append(row["payee_version"])
    if reported:
        versions.append(row["reason_version"])
        versions += [each[name] for each in reports for name in ("text_version", "reason_version")]
    references = [Reference(grant, version) for version in versions if version is not None]
    found: _Texts = {}
    for reference, recorded in (await reader.facts(references, open_boxes=True)).items():
        match recorded.fact:
            case GrantPayeeSet() as fact:
                texts = {"name": text_of(fact.name), "account": text_of(fact.account)}
            case GrantReportSubmitted() as fact:
                texts = {"text": text_of(fact.text)}
            case GrantReportReturned() | GrantDeclined() as fact:
                texts = {"explanation": text_of(fact.explanation)}
            case _:
                raise AssertionError("a grant's personal texts are in these facts alone")
        found[reference.version] = texts
    return found


def line(row: Row, *, recipient: bool) -> GrantLine:
    """A row of read.grants as it is shown."""
    currency = row["currency"]
    return GrantLine(
        id=row["grant"],
        version=row["version"],
        call=row["call"],
        application=row["application"],
        fund=row["fund"],
        handle=row["handle"],
        recipient=row["recipient"] if recipient else None,
        status=row["status"],
        amount=Money.of(row["amount"], currency),
        settled=Money.of(row["settled"], currency),
        respond_by=row["respond_by"],
        reason=row["reason"],
    )


def _payee(row: Row, texts: _Texts) -> PayeeShown | None:
    if row["payee_setting"] is None:
        return None
    opened = texts.get(row["payee_version"], {})
    return PayeeShown(
        setting=row["payee_setting"],
        kind=row["payee_kind"],
        confirmed=row["payee_confirmed"],
        payable_from=row["payable_from"],
        name=opened.get("name"),
        account=opened.get("account"),
    )


def _instalment(row: Row, currency: str) -> InstalmentShown:
    return InstalmentShown(
        number=row["number"],
        amount=Money.of(row["amount"], currency),
        condition=row["condition"],
        due=row["due"],
        status=row["status"],
        report=row["report"],
        reference=row["reference"],
        settled_on=row["settled_on"],
        reason=row["reason"],
    )


def _report(row: Row, texts: _Texts) -> ReportShown:
    return ReportShown(
        number=row["report"],
        status=row["status"],
        text=texts.get(row["text_version"], {}).get("text"),
        reason=row["reason"],
        explanation=texts.get(row["reason_version"], {}).get("explanation"),
    )
