"""Grants with their payees, instalments and reports: how each stands, and what was paid."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from domain import access
from domain.applications import APPLICATION
from domain.calls import CALL
from domain.deciding import Allowed, Verdict
from domain.exchange import Exchange
from domain.grants.facts import (
    GrantAmendmentProposed,
    GrantDeclined,
    GrantPayeeSet,
    GrantReportReturned,
    GrantReportSubmitted,
    GrantScreened,
    GrantSuspended,
    GrantTerminated,
)
from domain.grants.state import GRANT
from domain.indexes import conflicts_of, rounds_of
from domain.personal import Withheld
from domain.refusals import Forbidden, NotFound
from domain.values import Money, Role
from projections.fresh import Fresh
from projections.ledger import exchange_of, fee_of
from projections.moments import AsOf, position_at
from projections.paging import DEFAULT_LIMIT, Page, check_limit, key_of, page
from projections.reader import Reader, Reference, Row, allow, damaged_in, text_of
from projections.versions import Version


class GrantLine(msgspec.Struct, frozen=True, kw_only=True):
    """A grant in a list. `handle` stands for the recipient within the call; `recipient` is None to funders,
    and to whoever declared a conflict of interest with the application. `amendment` is the number of the one that waits for
    the recipient's answer."""

    id: str
    version: Version
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
    ends_on: date | None
    amendment: int | None


class PayeeShown(msgspec.Struct, frozen=True, kw_only=True):
    """To whom a grant is paid, as set in that `setting`. `name`, `account`, and the `bank_code` and
    `country` of one without an IBAN, are for the recipient, for finance and for
    approvers; they are None to others, to whoever declared a conflict of interest with the application, and once the
    grant's dossier was erased. `damaged` names the texts that are None since what is stored is not what was committed to."""

    setting: int
    kind: str
    confirmed: bool
    payable_from: datetime | None
    name: str | None
    account: str | None
    bank_code: str | None
    country: str | None
    damaged: tuple[str, ...] = ()


class InstalmentShown(msgspec.Struct, frozen=True, kw_only=True):
    """A payment of a grant, with the report that met its condition and how it was paid, or why it was not. The bank's `fee` is
    no part of the amount."""

    number: int
    amount: Money
    condition: str
    due: date
    status: str
    report: int | None
    reference: str | None
    settled_on: date | None
    fee: Money | None
    exchange: Exchange | None
    reason: str | None


class ScreeningShown(msgspec.Struct, frozen=True, kw_only=True):
    """The latest screening of a payee; `current`: of the payee of now. It was recorded at `recorded_at` by whom the handle `by`
    stands for within the call. `note` is for those who pay and the staff; None to others."""

    current: bool
    result: str
    reference: str
    screened_on: date
    recorded_at: datetime
    by: str | None
    note: str | None
    damaged: tuple[str, ...] = ()


class ReportShown(msgspec.Struct, frozen=True, kw_only=True):
    """A report on a grant. `text` and `explanation` are for the recipient and the staff; they are None to others, to whoever
    declared a conflict of interest with the application, and once the grant's dossier was erased. `damaged` is as a
    payee's."""

    number: int
    status: str
    text: str | None
    reason: str | None
    explanation: str | None
    damaged: tuple[str, ...] = ()


class PlannedShown(msgspec.Struct, frozen=True, kw_only=True):
    """A payment as an amendment would plan it."""

    number: int
    amount: Money
    condition: str
    due: date


class AmendmentShown(msgspec.Struct, frozen=True, kw_only=True):
    """The amendment that waits for the recipient's answer: the grant's `amount`, its end, and what would be left unscheduled,
    as they would be. `instalments` would take the place of those not yet requested; None: these stay. `explanation` is for
    whom a report's text is."""

    number: int
    amount: Money
    ends_on: date | None
    instalments: tuple[PlannedShown, ...] | None
    unscheduled: Money
    explanation: str | None
    damaged: tuple[str, ...] = ()


class GrantDetail(GrantLine, frozen=True, kw_only=True):
    """A grant with all that belongs to it. `explanation` is the text beside the reason of a declined offer, a suspension or an
    early end; `proposed` is the amendment that waits for an answer; `screening_required`: the call or the
    initiative asks for a screening before a payment, and `screening` is never shown to whoever is tied to the recipient or
    the payee; `unscheduled` is what the instalments leave of the grant, None before there are any; `damaged` is as a payee's.
    `unattended`: the recipient is an organisation for which nobody acts any more, which is said to those alone who are told
    who the recipient is."""

    seen_as: Role
    unattended: bool
    explanation: str | None
    payee: PayeeShown | None
    screening_required: bool
    screening: ScreeningShown | None
    instalments: tuple[InstalmentShown, ...]
    unscheduled: Money | None
    proposed: AmendmentShown | None
    reports: tuple[ReportShown, ...]
    damaged: tuple[str, ...] = ()


async def of_call(
    reader: Reader,
    viewer: str | None,
    call: str,
    *,
    status: str | None = None,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
    as_of: AsOf | None = None,
) -> Page[GrantLine]:
    """The grants of a call, sorted by their random ids, for those who see its payments; raises `NotFound` or
    `Forbidden`."""
    _, whole, actor = await reader.with_initiative_seen_by(viewer, CALL, call)
    initiative = whole.within(call)
    who = viewer or ""
    allow(access.sees_payments(actor, initiative))
    rows = await reader.rows(
        """
        SELECT * FROM read.grants
        WHERE call = %(call)b AND "grant" > %(after)b::text AND (%(status)b::text IS NULL OR status = %(status)b::text)
            AND from_position <= %(at)b::bigint AND to_position > %(at)b::bigint
        ORDER BY "grant" LIMIT %(limit)b
        """,
        call=call,
        after=key_of(cursor),
        status=status,
        at=position_at(as_of, access.sees_times(actor, initiative, money=True)),
        limit=check_limit(limit) + 1,
    )
    rounds = await reader.members(rounds_of(call))
    conflicts = await reader.members_of_all([conflicts_of(who, each) for each in rounds])
    loaded = await reader.readable(*((GRANT, row["grant"]) for row in rows))

    def item(row: Row) -> GrantLine:
        state = loaded[row["grant"]].state
        return line(row, recipient=access.sees_recipient(actor, initiative, state, conflicts=conflicts))

    return page(rows, limit, item, lambda row: str(row["grant"]), readable=loaded)


async def mine(
    reader: Reader, viewer: str | None, *, cursor: str | None = None, limit: int = DEFAULT_LIMIT
) -> Page[GrantLine]:
    """The grants that one was offered, or an organisation for which one acts, sorted by their random ids; raises `Forbidden` for nobody."""
    if viewer is None:
        raise Forbidden("Sign in first.")
    actor = await reader.actor(viewer)
    rows = await reader.rows(
        """
        SELECT * FROM read.grants
        WHERE recipient = ANY (%(parties)b::text[]) AND "grant" > %(after)b::text AND to_position = 9223372036854775807
        ORDER BY "grant" LIMIT %(limit)b
        """,
        parties=list(actor.parties),
        after=key_of(cursor),
        limit=check_limit(limit) + 1,
    )
    loaded = await reader.readable(*((GRANT, row["grant"]) for row in rows))

    def item(row: Row) -> GrantLine:
        return line(row, recipient=access.recipient(actor, loaded[row["grant"]].state))

    return page(rows, limit, item, lambda row: str(row["grant"]), readable=loaded)


async def one(reader: Reader, viewer: str | None, grant: str, *, as_of: AsOf | None = None) -> GrantDetail:
    """A grant as this viewer may see it; raises `NotFound` or `Forbidden`."""
    state, whole, actor = await reader.with_initiative_seen_by(viewer, GRANT, grant)
    initiative = whole.within(state.call)
    who = viewer or ""
    role = allow(access.sees_payments(actor, initiative, recipient=state.recipient))
    conflicts = await _conflicts(reader, who, state.application)
    at = position_at(as_of, access.sees_times(actor, initiative, applicant=state.recipient, money=True))
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
    texts = await _texts(
        reader,
        grant,
        row,
        reports,
        payee=access.sees_payee(actor, initiative, state, conflicts=conflicts),
        reported=access.sees_reports(actor, initiative, state, conflicts=conflicts),
    )
    shown = line(row, recipient=access.sees_recipient(actor, initiative, state, conflicts=conflicts))
    reported = access.sees_reports(actor, initiative, state, conflicts=conflicts)
    proposed = await _proposed(reader, row, reported=reported)
    screening = None
    if isinstance(access.sees_screening(actor, state), Allowed):
        note = access.sees_screening_note(actor, initiative, state, conflicts=conflicts)
        screening = await _screening(reader, row, note=note)
    call = await reader.the(CALL, state.call)
    explanation = texts.get(row["reason_version"], {}).get("explanation")
    return GrantDetail(
        **{name: getattr(shown, name) for name in GrantLine.__struct_fields__},
        seen_as=role,
        unattended=shown.recipient is not None and await reader.is_unattended(state.recipient),
        explanation=text_of(explanation),
        payee=_payee(row, texts),
        screening_required=call.screening or initiative.screening,
        screening=screening,
        instalments=tuple(_instalment(each, row["currency"]) for each in instalments),
        unscheduled=_unscheduled(row, instalments),
        proposed=proposed,
        reports=tuple(_report(each, texts) for each in reports),
        damaged=damaged_in({"explanation": explanation}),
    )


async def _conflicts(reader: Fresh, viewer: str, application: str) -> tuple[str, ...]:
    """The applications of a grant's round with which the viewer declared a conflict."""
    state = await reader.the(APPLICATION, application)
    return await reader.members(conflicts_of(viewer, state.round))


_Texts = dict[int | None, dict[str, str | Withheld | None]]
"""Personal texts by the version of their fact and by field."""


async def _texts(
    reader: Reader, grant: str, row: Row, reports: list[Row], *, payee: Verdict, reported: Verdict
) -> _Texts:
    """The personal texts of a grant, as access allows them: the `payee`, and what was `reported` and explained."""
    versions: list[int | None] = []
    if isinstance(payee, Allowed):
        versions.append(row["payee_version"])
    if isinstance(reported, Allowed):
        versions.append(row["reason_version"])
        versions += [each[name] for each in reports for name in ("text_version", "reason_version")]
    references = [Reference(grant, version) for version in versions if version is not None]
    found: _Texts = {}
    texts: dict[str, str | Withheld | None]
    for reference, recorded in (await reader.facts(references, open_boxes=True)).items():
        match recorded.fact:
            case GrantPayeeSet() as fact:
                texts = {
                    "name": fact.name,
                    "account": fact.account,
                    "bank_code": fact.bank_code,
                    "country": fact.country,
                }
            case GrantReportSubmitted() as fact:
                texts = {"text": fact.text}
            case (GrantReportReturned() | GrantDeclined() | GrantSuspended() | GrantTerminated()) as fact:
                texts = {"explanation": fact.explanation}
            case _:
                raise AssertionError("a grant's personal texts are in these facts alone")
        found[reference.version] = texts
    return found


async def _proposed(reader: Reader, row: Row, *, reported: Verdict) -> AmendmentShown | None:
    """The amendment that waits for an answer, its explanation as access allows."""
    if row["amendment_version"] is None:
        return None
    reference = Reference(row["grant"], row["amendment_version"])
    opens = isinstance(reported, Allowed)
    fact = (await reader.facts([reference], open_boxes=opens))[reference].fact
    assert isinstance(fact, GrantAmendmentProposed)
    explanation = fact.explanation if opens else None
    currency = row["currency"]
    return AmendmentShown(
        number=fact.amendment,
        amount=Money.of(fact.amount, currency),
        ends_on=fact.ends_on,
        instalments=None
        if fact.instalments is None
        else tuple(
            PlannedShown(
                number=each.number,
                amount=Money.of(each.amount, currency),
                condition=each.condition,
                due=each.due,
            )
            for each in fact.instalments
        ),
        unscheduled=Money.of(fact.unscheduled, currency),
        explanation=text_of(explanation),
        damaged=damaged_in({"explanation": explanation}),
    )


async def _screening(reader: Reader, row: Row, *, note: Verdict) -> ScreeningShown | None:
    """The latest screening, its note as access allows."""
    if row["screening_version"] is None:
        return None
    reference = Reference(row["grant"], row["screening_version"])
    opens = isinstance(note, Allowed)
    recorded = (await reader.facts([reference], open_boxes=opens))[reference]
    fact, envelope = recorded.fact, recorded.envelope
    assert isinstance(fact, GrantScreened)
    text = fact.note if opens else None
    return ScreeningShown(
        current=fact.setting == row["payee_setting"],
        result=fact.result,
        reference=fact.reference,
        screened_on=fact.screened_on,
        recorded_at=envelope.decided_at,
        by=envelope.acting.handle,
        note=text_of(text),
        damaged=damaged_in({"note": text}),
    )


def line(row: Row, *, recipient: Verdict) -> GrantLine:
    """A row of read.grants as it is shown; `recipient`: whether to whom the grant was offered is."""
    currency = row["currency"]
    return GrantLine(
        id=row["grant"],
        version=Version(row["grant"], row["version"]),
        call=row["call"],
        application=row["application"],
        fund=row["fund"],
        handle=row["handle"],
        recipient=row["recipient"] if isinstance(recipient, Allowed) else None,
        status=row["status"],
        amount=Money.of(row["amount"], currency),
        settled=Money.of(row["settled"], currency),
        respond_by=row["respond_by"],
        reason=row["reason"],
        ends_on=row["ends_on"],
        amendment=row["amendment"],
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
        name=text_of(opened.get("name")),
        account=text_of(opened.get("account")),
        bank_code=text_of(opened.get("bank_code")),
        country=text_of(opened.get("country")),
        damaged=damaged_in(opened),
    )


def _unscheduled(row: Row, instalments: list[Row]) -> Money | None:
    if not instalments:
        return None
    return Money.of(row["amount"] - sum(each["amount"] for each in instalments), row["currency"])


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
        fee=fee_of(row),
        exchange=exchange_of(row),
        reason=row["reason"],
    )


def _report(row: Row, texts: _Texts) -> ReportShown:
    text = texts.get(row["text_version"], {}).get("text")
    explanation = texts.get(row["reason_version"], {}).get("explanation")
    return ReportShown(
        number=row["report"],
        status=row["status"],
        text=text_of(text),
        reason=row["reason"],
        explanation=text_of(explanation),
        damaged=damaged_in({"text": text, "explanation": explanation}),
    )
