"""Queries for grants with their payees, instalments and reports."""

from __future__ import annotations

from collections.abc import Collection

from domain import access
from domain.applications.state import APPLICATION
from domain.calls.state import CALL
from domain.deciding import Allowed, Verdict
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
from domain.grants.state import GRANT, Grant
from domain.initiatives.state import Initiative
from domain.messages import msg
from domain.parties import Actor, Conflicts, is_organisation
from domain.personal import Withheld
from domain.refusals import Forbidden, NotFound
from domain.values import Money, Role
from projections.fresh import Fresh
from projections.grants.shown import (
    AmendmentShown,
    GrantDetail,
    GrantLine,
    PlannedShown,
    ScreeningShown,
    Texts,
    instalment_of,
    line,
    payee_of,
    report_of,
    unscheduled_of,
)
from projections.initiatives import names_of
from projections.moments import AsOf, position_at
from projections.paging import DEFAULT_LIMIT, MOST, ResultPage, check_limit, key_of, page, whole
from projections.reader import QueryRow, Reader, Reference, allow, damaged_in, text_of


async def of_call(
    reader: Reader,
    viewer: str | None,
    call: str,
    *,
    status: str | None = None,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
    as_of: AsOf | None = None,
) -> ResultPage[GrantLine]:
    """The grants of a call, sorted by their random ids, for everybody who sees its payments; raises `NotFound` or
    `Forbidden`."""
    _, whole, actor = await reader.with_initiative_seen_by(viewer, CALL, call)
    initiative = whole.within(call)
    who = viewer or ""
    allow(access.sees_payments(actor, initiative))
    conflicts = await reader.conflicts_in_call(who, call)
    rows = await reader.rows(
        """
        SELECT * FROM read.grants
        WHERE call = %(call)b AND "grant" > %(after)b::text AND (%(status)b::text IS NULL OR status = %(status)b::text)
            AND NOT application = ANY (%(avoided)b::text[])
            AND from_position <= %(at)b::bigint AND to_position > %(at)b::bigint
        ORDER BY "grant" LIMIT %(limit)b
        """,
        call=call,
        avoided=sorted(conflicts.avoided),
        after=key_of(cursor),
        status=status,
        at=position_at(as_of, access.sees_times(actor, initiative, money=True)),
        limit=check_limit(limit) + 1,
    )
    loaded = await reader.readable(*((GRANT, row["grant"]) for row in rows))

    def item(row: QueryRow) -> GrantLine:
        state = loaded[row["grant"]].state
        return line(row, recipient=access.sees_recipient(actor, initiative, state, conflicts=conflicts))

    return page(rows, limit, item, lambda row: str(row["grant"]), readable=loaded)


async def mine(
    reader: Reader, viewer: str | None, *, cursor: str | None = None, limit: int = DEFAULT_LIMIT
) -> ResultPage[GrantLine]:
    """The grants that were offered to oneself, or to an organisation for which one acts, sorted by their random ids.
    Raises `Forbidden` for visitors who are not signed in."""
    if viewer is None:
        raise Forbidden(msg("Sign in first."))
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

    def item(row: QueryRow) -> GrantLine:
        state: Grant = loaded[row["grant"]].state
        return line(row, recipient=access.recipient(actor, state), own=state)

    return page(rows, limit, item, lambda row: str(row["grant"]), readable=loaded)


async def all_mine(reader: Reader, viewer: str | None) -> tuple[GrantLine, ...]:
    """The same without pages, for what is looked for or counted among them."""

    async def some(cursor: str | None) -> ResultPage[GrantLine]:
        return await mine(reader, viewer, cursor=cursor, limit=MOST)

    return await whole(some)


async def one(reader: Reader, viewer: str | None, grant: str, *, as_of: AsOf | None = None) -> GrantDetail:
    """A grant as this viewer may see it; raises `NotFound` or `Forbidden`."""
    state, whole, actor = await reader.with_initiative_seen_by(viewer, GRANT, grant)
    initiative = whole.within(state.call)
    who = viewer or ""
    role = allow(access.sees_payments(actor, initiative, recipient=state.recipient))
    conflicts = await _conflicts(reader, who, state.application)
    if state.application in conflicts.avoided:
        raise NotFound
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
    sees_payee = access.sees_payee(actor, initiative, state, conflicts=conflicts)
    host, host_name = await _host(reader, row, state, sees_payee)
    texts = await _texts(
        reader,
        grant,
        row,
        reports,
        payee=sees_payee,
        reported=access.sees_reports(actor, initiative, state, conflicts=conflicts),
    )
    shown = line(
        row,
        recipient=access.sees_recipient(actor, initiative, state, conflicts=conflicts),
        own=state if role is Role.APPLICANT and as_of is None else None,
    )
    reported = access.sees_reports(actor, initiative, state, conflicts=conflicts)
    proposed = await _proposed(reader, row, reported=reported)
    screening = await _screening(reader, row, actor, initiative, state, conflicts)
    call = await reader.the(CALL, state.call)
    title = await _title(reader, state.application) if shown.recipient is not None else None
    explanation = texts.get(row["reason_version"], {}).get("explanation")
    return GrantDetail(
        **{name: getattr(shown, name) for name in GrantLine.__struct_fields__},
        seen_as=role,
        title=text_of(title),
        unattended=shown.recipient is not None and await reader.is_unattended(state.recipient),
        explanation=text_of(explanation),
        payee=payee_of(row, texts, host=host, host_name=host_name),
        screening_required=call.screening or initiative.screening,
        screening=screening,
        instalments=tuple(instalment_of(each, row["currency"]) for each in instalments),
        unscheduled=unscheduled_of(row, instalments),
        proposed=proposed,
        reports=tuple(report_of(each, texts) for each in reports),
        damaged=damaged_in({"explanation": explanation, "title": title}),
    )


async def _title(reader: Reader, application: str) -> str | Withheld | None:
    """The title of the application that a grant was given for."""
    rows = await reader.rows(
        "SELECT t.* FROM read.applications a JOIN read.titled t ON t.title_stream = a.application AND t.title_version = a.written "
        "WHERE a.application = %(application)b AND a.to_position = 9223372036854775807",
        application=application,
    )
    return reader.opened(rows[0], "title", str) if rows else Withheld.ERASED


async def _conflicts(reader: Fresh, viewer: str, application: str) -> Conflicts:
    """The applications with which the viewer declared a conflict, in all rounds that the grant's application went through."""
    state = await reader.the(APPLICATION, application)
    return await reader.conflicts_in_rounds(viewer, state.rounds)


async def _host(
    reader: Reader, row: QueryRow, grant: Grant, sees_payee: Verdict
) -> tuple[str | None, str | Withheld | None]:
    """The registered fiscal host that is paid and its name, as far as the viewer may see them. A recipient reads only the
    code that was typed, and of a person everybody does, so that nobody learns a name by typing a code."""
    if not isinstance(sees_payee, Allowed) or row["payee_kind"] != "fiscal_host":
        return None, None
    host = grant.parties.get(row["payee_setting"])
    if host is None or not is_organisation(host) or sees_payee.role is Role.APPLICANT:
        return host, None
    return host, (await names_of(reader, [host])).get(host)


async def _texts(
    reader: Reader, grant: str, row: QueryRow, reports: list[QueryRow], *, payee: Verdict, reported: Verdict
) -> Texts:
    """The personal texts of a grant, if access allows: those of the `payee`, and the reports and explanations
    (`reported`)."""
    versions: list[int | None] = []
    if isinstance(payee, Allowed):
        versions.append(row["payee_version"])
    if isinstance(reported, Allowed):
        versions.append(row["reason_version"])
        versions += [each[name] for each in reports for name in ("text_version", "reason_version")]
    references = [Reference(grant, version) for version in versions if version is not None]
    found: Texts = {}
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
                raise AssertionError("the personal texts of a grant are only in these facts")
        found[reference.version] = texts
    return found


async def _proposed(reader: Reader, row: QueryRow, *, reported: Verdict) -> AmendmentShown | None:
    """The amendment that waits for an answer, with its explanation if access allows."""
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


async def _screening(
    reader: Reader,
    row: QueryRow,
    actor: Actor,
    initiative: Initiative,
    grant: Grant,
    conflicts: Collection[str],
) -> ScreeningShown | None:
    """The latest screening, if the viewer may see it, with its note if they may see that."""
    if row["screening_version"] is None:
        return None
    reference = Reference(row["grant"], row["screening_version"])
    recorded = (await reader.facts([reference], open_boxes=False))[reference]
    fact, envelope = recorded.fact, recorded.envelope
    assert isinstance(fact, GrantScreened)
    if not isinstance(access.sees_screening(actor, grant, fact.setting), Allowed):
        return None
    text = None
    note = access.sees_screening_note(actor, initiative, grant, fact.setting, conflicts=conflicts)
    if isinstance(note, Allowed):
        opened = (await reader.facts([reference], open_boxes=True))[reference].fact
        assert isinstance(opened, GrantScreened)
        text = opened.note
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
