"""The statements that change the tables of grants, instalments and reports."""

from __future__ import annotations

from projections.writing import Statement

KNOW = Statement(
    """
    INSERT INTO read.grant_handles (application, handle)
    SELECT * FROM unnest(%(application)b::text[], %(handle)b::text[])
    ON CONFLICT DO NOTHING
    """,
    keys=("application",),
)

OFFER = Statement(
    """
    INSERT INTO read.grants
        ("grant", from_position, version, initiative, call, application, fund, recipient, handle, status, amount,
        currency, respond_by)
    SELECT o."grant", o.at, o.version, o.initiative, o.call, o.application, o.fund, o.recipient, h.handle, o.status,
        o.amount, o.currency, o.respond_by
    FROM unnest(%(grant)b::text[], %(at)b::bigint[], %(version)b::integer[], %(initiative)b::text[], %(call)b::text[],
        %(application)b::text[], %(fund)b::text[], %(recipient)b::text[], %(status)b::text[], %(amount)b::bigint[],
        %(currency)b::text[], %(respond_by)b::timestamptz[])
        AS o ("grant", at, version, initiative, call, application, fund, recipient, status, amount, currency,
        respond_by)
    LEFT JOIN read.grant_handles h ON h.application = o.application
    ON CONFLICT DO NOTHING
    """,
    keys=("grant", "application"),
)

CHANGE = Statement(
    """
    WITH changed AS (
        UPDATE read.grants p SET to_position = c.at
        FROM unnest(%(grant)b::text[], %(at)b::bigint[], %(version)b::integer[], %(status)b::text[],
            %(settled)b::bigint[], %(reason)b::text[], %(reason_version)b::integer[])
            AS c ("grant", at, version, status, settled, reason, reason_version)
        WHERE p."grant" = c."grant" AND p.to_position = 9223372036854775807 AND p.from_position < c.at
        RETURNING p."grant", c.at, c.version, p.initiative, p.call, p.application, p.fund, p.recipient, p.handle,
            coalesce(c.status, p.status), p.amount, p.settled + c.settled, p.currency, p.respond_by,
            coalesce(c.reason, p.reason), coalesce(c.reason_version, p.reason_version), p.payee_setting,
            p.payee_version, p.payee_kind, p.payee_confirmed, p.payable_from
    )
    INSERT INTO read.grants
        ("grant", from_position, version, initiative, call, application, fund, recipient, handle, status, amount,
        settled, currency, respond_by, reason, reason_version, payee_setting, payee_version, payee_kind,
        payee_confirmed, payable_from)
    SELECT * FROM changed
    """,
    keys=("grant",),
)

CHANGE_PAYEE = Statement(
    """
    WITH changed AS (
        UPDATE read.grants p SET to_position = c.at
        FROM unnest(%(grant)b::text[], %(at)b::bigint[], %(version)b::integer[], %(setting)b::integer[],
            %(payee_version)b::integer[], %(kind)b::text[], %(confirmed)b::boolean[], %(payable_from)b::timestamptz[])
            AS c ("grant", at, version, setting, payee_version, kind, confirmed, payable_from)
        WHERE p."grant" = c."grant" AND p.to_position = 9223372036854775807 AND p.from_position < c.at
        RETURNING p."grant", c.at, c.version, p.initiative, p.call, p.application, p.fund, p.recipient, p.handle,
            p.status, p.amount, p.settled, p.currency, p.respond_by, p.reason, p.reason_version, c.setting,
            coalesce(c.payee_version, p.payee_version), coalesce(c.kind, p.payee_kind), c.confirmed,
            CASE WHEN c.confirmed THEN p.payable_from ELSE c.payable_from END
    )
    INSERT INTO read.grants
        ("grant", from_position, version, initiative, call, application, fund, recipient, handle, status, amount,
        settled, currency, respond_by, reason, reason_version, payee_setting, payee_version, payee_kind,
        payee_confirmed, payable_from)
    SELECT * FROM changed
    """,
    keys=("grant",),
)

UNSCHEDULE = Statement(
    """
    UPDATE read.instalments p SET to_position = u.at
    FROM unnest(%(grant)b::text[], %(at)b::bigint[]) AS u ("grant", at)
    WHERE p."grant" = u."grant" AND p.to_position = 9223372036854775807 AND p.from_position < u.at
    """,
    keys=("grant",),
)

SCHEDULE = Statement(
    """
    INSERT INTO read.instalments ("grant", number, from_position, amount, condition, due, status)
    SELECT * FROM unnest(%(grant)b::text[], %(number)b::integer[], %(at)b::bigint[], %(amount)b::bigint[],
        %(condition)b::text[], %(due)b::date[], %(status)b::text[])
    ON CONFLICT DO NOTHING
    """,
    keys=("grant",),
    repeats=True,
)

# The reason of a failure goes when the instalment is instructed again.
MOVE = Statement(
    """
    WITH changed AS (
        UPDATE read.instalments p SET to_position = c.at
        FROM unnest(%(grant)b::text[], %(number)b::integer[], %(at)b::bigint[], %(status)b::text[],
            %(report)b::integer[], %(reference)b::text[], %(settled_on)b::date[], %(reason)b::text[])
            AS c ("grant", number, at, status, report, reference, settled_on, reason)
        WHERE p."grant" = c."grant" AND p.number = c.number
            AND p.to_position = 9223372036854775807 AND p.from_position < c.at
        RETURNING p."grant", p.number, c.at, p.amount, p.condition, p.due, c.status, coalesce(c.report, p.report),
            coalesce(c.reference, p.reference), c.settled_on, c.reason
    )
    INSERT INTO read.instalments
        ("grant", number, from_position, amount, condition, due, status, report, reference, settled_on, reason)
    SELECT * FROM changed
    """,
    keys=("grant",),
)

# Those of `domain.grants.state.APPROVALS`.
END_APPROVALS = Statement(
    """
    WITH changed AS (
        UPDATE read.instalments p SET to_position = c.at
        FROM unnest(%(grant)b::text[], %(at)b::bigint[], %(status)b::text[]) AS c ("grant", at, status)
        WHERE p."grant" = c."grant" AND p.status IN ('approved once', 'approved')
            AND p.to_position = 9223372036854775807 AND p.from_position < c.at
        RETURNING p."grant", p.number, c.at, p.amount, p.condition, p.due, c.status, p.report, p.reference
    )
    INSERT INTO read.instalments ("grant", number, from_position, amount, condition, due, status, report, reference)
    SELECT * FROM changed
    """,
    keys=("grant",),
)

REPORT = Statement(
    """
    INSERT INTO read.reports ("grant", report, from_position, status, text_version)
    SELECT * FROM unnest(%(grant)b::text[], %(report)b::integer[], %(at)b::bigint[], %(status)b::text[],
        %(version)b::integer[])
    ON CONFLICT DO NOTHING
    """,
    keys=("grant",),
)

ANSWER_REPORT = Statement(
    """
    WITH changed AS (
        UPDATE read.reports p SET to_position = c.at
        FROM unnest(%(grant)b::text[], %(report)b::integer[], %(at)b::bigint[], %(status)b::text[],
            %(reason)b::text[], %(reason_version)b::integer[])
            AS c ("grant", report, at, status, reason, reason_version)
        WHERE p."grant" = c."grant" AND p.report = c.report
            AND p.to_position = 9223372036854775807 AND p.from_position < c.at
        RETURNING p."grant", p.report, c.at, c.status, p.text_version, c.reason, c.reason_version
    )
    INSERT INTO read.reports ("grant", report, from_position, status, text_version, reason, reason_version)
    SELECT * FROM changed
    """,
    keys=("grant",),
)
