"""How facts change the tables of grants, instalments and reports."""

from __future__ import annotations

from datetime import date, datetime

from domain.applications import ApplicationSubmitted
from domain.grants.facts import (
    GrantAccepted,
    GrantCompleted,
    GrantDeclined,
    GrantInstalmentApproved,
    GrantInstalmentFailed,
    GrantInstalmentInstructed,
    GrantInstalmentRequested,
    GrantInstalmentSettled,
    GrantInstalmentsScheduled,
    GrantLapsed,
    GrantOffered,
    GrantPayeeConfirmed,
    GrantPayeeSet,
    GrantReportAccepted,
    GrantReportReturned,
    GrantReportSubmitted,
)
from domain.grants.state import GrantStatus, InstalmentStatus, ReportStatus
from projections.projection import Placed, Projection, Write, unhandled


def handle(placed: Placed, write: Write) -> None:
    """Keep how each grant stands; a grant's row follows every fact of its stream, so that its version is the stream's."""
    match placed.recorded.fact:
        case ApplicationSubmitted() as fact:
            write(
                "INSERT INTO read.grant_handles (application, handle) VALUES (%(application)b, %(handle)b) "
                "ON CONFLICT DO NOTHING",
                application=fact.application,
                handle=placed.recorded.envelope.handle,
            )
        case GrantOffered() as fact:
            _offer(placed, fact, write)
        case GrantAccepted() as fact:
            _change(placed, write, fact.grant, status=GrantStatus.ACCEPTED)
        case GrantDeclined() as fact:
            _change(
                placed,
                write,
                fact.grant,
                status=GrantStatus.DECLINED,
                reason=fact.reason,
                reason_version=placed.version,
            )
        case GrantLapsed() as fact:
            _change(placed, write, fact.grant, status=GrantStatus.LAPSED)
        case GrantCompleted() as fact:
            _change(placed, write, fact.grant, status=GrantStatus.COMPLETED)
        case GrantPayeeSet() | GrantPayeeConfirmed() as fact:
            _change_payee(placed, write, fact)
        case GrantReportSubmitted() | GrantReportAccepted() | GrantReportReturned() as fact:
            _change(placed, write, fact.grant)
            _report(placed, write, fact)
        case GrantInstalmentsScheduled() as fact:
            _change(placed, write, fact.grant)
            _schedule(placed, fact, write)
        case GrantInstalmentSettled() as fact:
            _change(placed, write, fact.grant, settled=fact.amount)
            _move(
                placed,
                write,
                fact.grant,
                fact.instalment,
                InstalmentStatus.SETTLED,
                settled_on=fact.settled_on,
            )
        case (
            GrantInstalmentRequested()
            | GrantInstalmentApproved()
            | GrantInstalmentInstructed()
            | GrantInstalmentFailed() as fact
        ):
            _change(placed, write, fact.grant)
            _follow(placed, write, fact)
        case fact:
            unhandled(fact)


def _offer(placed: Placed, fact: GrantOffered, write: Write) -> None:
    write(
        """
        INSERT INTO read.grants
            ("grant", from_position, version, initiative, call, application, fund, recipient, handle, status, amount,
            currency, respond_by)
        VALUES (%(grant)b, %(at)b, %(version)b, %(initiative)b, %(call)b, %(application)b, %(fund)b, %(recipient)b,
            (SELECT handle FROM read.grant_handles WHERE application = %(application)b), %(status)b, %(amount)b,
            %(currency)b, %(respond_by)b)
        ON CONFLICT DO NOTHING
        """,
        grant=fact.grant,
        at=placed.position,
        version=placed.version,
        initiative=fact.initiative,
        call=fact.call,
        application=fact.application,
        fund=fact.fund,
        recipient=fact.recipient,
        status=GrantStatus.OFFERED.value,
        amount=fact.amount,
        currency=fact.currency,
        respond_by=fact.respond_by,
    )


def _change(
    placed: Placed,
    write: Write,
    grant: str,
    *,
    status: GrantStatus | None = None,
    settled: int = 0,
    reason: str | None = None,
    reason_version: int | None = None,
) -> None:
    write(
        """
        WITH before AS (
            UPDATE read.grants SET to_position = %(at)b
            WHERE "grant" = %(grant)b AND to_position = 9223372036854775807 AND from_position < %(at)b
            RETURNING *
        )
        INSERT INTO read.grants
            ("grant", from_position, version, initiative, call, application, fund, recipient, handle, status, amount,
            settled, currency, respond_by, reason, reason_version, payee_setting, payee_version, payee_kind,
            payee_confirmed, payable_from)
        SELECT "grant", %(at)b, %(version)b, initiative, call, application, fund, recipient, handle,
            coalesce(%(status)b::text, status), amount, settled + %(settled)b::bigint, currency, respond_by,
            coalesce(%(reason)b::text, reason), coalesce(%(reason_version)b::integer, reason_version), payee_setting,
            payee_version, payee_kind, payee_confirmed, payable_from
        FROM before
        """,
        grant=grant,
        at=placed.position,
        version=placed.version,
        status=None if status is None else status.value,
        settled=settled,
        reason=reason,
        reason_version=reason_version,
    )


def _change_payee(placed: Placed, write: Write, fact: GrantPayeeSet | GrantPayeeConfirmed) -> None:
    kind: str | None = None
    payable_from: datetime | None = None
    version: int | None = None
    if isinstance(fact, GrantPayeeSet):
        kind, payable_from, version = fact.kind, fact.payable_from, placed.version
    write(
        """
        WITH before AS (
            UPDATE read.grants SET to_position = %(at)b
            WHERE "grant" = %(grant)b AND to_position = 9223372036854775807 AND from_position < %(at)b
            RETURNING *
        )
        INSERT INTO read.grants
            ("grant", from_position, version, initiative, call, application, fund, recipient, handle, status, amount,
            settled, currency, respond_by, reason, reason_version, payee_setting, payee_version, payee_kind,
            payee_confirmed, payable_from)
        SELECT "grant", %(at)b, %(version)b, initiative, call, application, fund, recipient, handle, status, amount,
            settled, currency, respond_by, reason, reason_version, %(setting)b::integer,
            coalesce(%(payee_version)b::integer, payee_version), coalesce(%(kind)b::text, payee_kind),
            %(confirmed)b::boolean,
            CASE WHEN %(confirmed)b::boolean THEN payable_from ELSE %(payable_from)b::timestamptz END
        FROM before
        """,
        grant=fact.grant,
        at=placed.position,
        version=placed.version,
        setting=fact.setting,
        payee_version=version,
        kind=kind,
        confirmed=isinstance(fact, GrantPayeeConfirmed),
        payable_from=payable_from,
    )


def _schedule(placed: Placed, fact: GrantInstalmentsScheduled, write: Write) -> None:
    write(
        """
        UPDATE read.instalments SET to_position = %(at)b
        WHERE "grant" = %(grant)b AND to_position = 9223372036854775807 AND from_position < %(at)b
        """,
        grant=fact.grant,
        at=placed.position,
    )
    write(
        """
        INSERT INTO read.instalments ("grant", number, from_position, amount, condition, due, status)
        SELECT %(grant)b, number, %(at)b, amount, condition, due, %(status)b
        FROM unnest(%(numbers)b::integer[], %(amounts)b::bigint[], %(conditions)b::text[], %(dues)b::date[])
            AS i (number, amount, condition, due)
        ON CONFLICT DO NOTHING
        """,
        grant=fact.grant,
        at=placed.position,
        status=InstalmentStatus.SCHEDULED.value,
        numbers=[plan.number for plan in fact.instalments],
        amounts=[plan.amount for plan in fact.instalments],
        conditions=[plan.condition for plan in fact.instalments],
        dues=[plan.due for plan in fact.instalments],
    )


def _follow(
    placed: Placed,
    write: Write,
    fact: GrantInstalmentRequested
    | GrantInstalmentApproved
    | GrantInstalmentInstructed
    | GrantInstalmentFailed,
) -> None:
    match fact:
        case GrantInstalmentRequested():
            status = InstalmentStatus.REQUESTED
            _move(placed, write, fact.grant, fact.instalment, status, report=fact.report)
        case GrantInstalmentApproved():
            status = InstalmentStatus.APPROVED_ONCE if fact.stage == 1 else InstalmentStatus.APPROVED
            _move(placed, write, fact.grant, fact.instalment, status)
        case GrantInstalmentInstructed():
            status = InstalmentStatus.INSTRUCTED
            _move(placed, write, fact.grant, fact.instalment, status, reference=fact.reference)
        case GrantInstalmentFailed():
            status = InstalmentStatus.FAILED
            _move(placed, write, fact.grant, fact.instalment, status, reason=fact.reason)


def _move(
    placed: Placed,
    write: Write,
    grant: str,
    number: int,
    status: InstalmentStatus,
    *,
    report: int | None = None,
    reference: str | None = None,
    settled_on: date | None = None,
    reason: str | None = None,
) -> None:
    """An instalment's next status; the reason of a failure goes when it is instructed again."""
    write(
        """
        WITH before AS (
            UPDATE read.instalments SET to_position = %(at)b
            WHERE "grant" = %(grant)b AND number = %(number)b
                AND to_position = 9223372036854775807 AND from_position < %(at)b
            RETURNING *
        )
        INSERT INTO read.instalments
            ("grant", number, from_position, amount, condition, due, status, report, reference, settled_on, reason)
        SELECT "grant", number, %(at)b, amount, condition, due, %(status)b, coalesce(%(report)b::integer, report),
            coalesce(%(reference)b::text, reference), %(settled_on)b::date, %(reason)b::text
        FROM before
        """,
        grant=grant,
        number=number,
        at=placed.position,
        status=status.value,
        report=report,
        reference=reference,
        settled_on=settled_on,
        reason=reason,
    )


def _report(
    placed: Placed, write: Write, fact: GrantReportSubmitted | GrantReportAccepted | GrantReportReturned
) -> None:
    match fact:
        case GrantReportSubmitted():
            write(
                """
                INSERT INTO read.reports ("grant", report, from_position, status, text_version)
                VALUES (%(grant)b, %(report)b, %(at)b, %(status)b, %(version)b)
                ON CONFLICT DO NOTHING
                """,
                grant=fact.grant,
                report=fact.report,
                at=placed.position,
                status=ReportStatus.SUBMITTED.value,
                version=placed.version,
            )
        case GrantReportAccepted():
            _answer_report(placed, write, fact.grant, fact.report, ReportStatus.ACCEPTED)
        case GrantReportReturned():
            _answer_report(
                placed, write, fact.grant, fact.report, ReportStatus.RETURNED, fact.reason, placed.version
            )


def _answer_report(
    placed: Placed,
    write: Write,
    grant: str,
    report: int,
    status: ReportStatus,
    reason: str | None = None,
    reason_version: int | None = None,
) -> None:
    write(
        """
        WITH before AS (
            UPDATE read.reports SET to_position = %(at)b
            WHERE "grant" = %(grant)b AND report = %(report)b
                AND to_position = 9223372036854775807 AND from_position < %(at)b
            RETURNING *
        )
        INSERT INTO read.reports ("grant", report, from_position, status, text_version, reason, reason_version)
        SELECT "grant", report, %(at)b, %(status)b, text_version, %(reason)b::text, %(reason_version)b::integer
        FROM before
        """,
        grant=grant,
        report=report,
        at=placed.position,
        status=status.value,
        reason=reason,
        reason_version=reason_version,
    )


PROJECTION = Projection(
    "grants",
    ("grants", "grant_handles", "instalments", "reports"),
    (
        ApplicationSubmitted,
        GrantOffered,
        GrantAccepted,
        GrantDeclined,
        GrantLapsed,
        GrantPayeeSet,
        GrantPayeeConfirmed,
        GrantInstalmentsScheduled,
        GrantReportSubmitted,
        GrantReportAccepted,
        GrantReportReturned,
        GrantInstalmentRequested,
        GrantInstalmentApproved,
        GrantInstalmentInstructed,
        GrantInstalmentSettled,
        GrantInstalmentFailed,
        GrantCompleted,
    ),
    handle,
)
