"""The tables of applications: where each stands, and its title in its box."""

from __future__ import annotations

from domain.applications import (
    ApplicationAwarded,
    ApplicationDeclined,
    ApplicationFoundEligible,
    ApplicationFoundIneligible,
    ApplicationStatus,
    ApplicationSubmitted,
    ApplicationWaitlisted,
    ApplicationWithdrawn,
)
from domain.persons import PersonErased
from projections.projection import Placed, Projection, unhandled
from projections.reader import sealed_box
from projections.writing import Statement, Write

_SUBMIT = Statement(
    """
    INSERT INTO read.applications
        (application, from_position, version, initiative, call, round, applicant, handle, status, requested, currency,
        submitted_at)
    SELECT * FROM unnest(%(application)b::text[], %(at)b::bigint[], %(version)b::integer[], %(initiative)b::text[],
        %(call)b::text[], %(round)b::text[], %(applicant)b::text[], %(handle)b::text[], %(status)b::text[],
        %(requested)b::bigint[], %(currency)b::text[], %(submitted_at)b::timestamptz[])
    ON CONFLICT DO NOTHING
    """,
    keys=("application",),
)

_CHANGE = Statement(
    """
    WITH changed AS (
        UPDATE read.applications p SET to_position = c.at
        FROM unnest(%(application)b::text[], %(at)b::bigint[], %(version)b::integer[], %(status)b::text[],
            %(awarded)b::bigint[], %(rank)b::integer[], %(reason)b::text[])
            AS c (application, at, version, status, awarded, rank, reason)
        WHERE p.application = c.application AND p.to_position = 9223372036854775807 AND p.from_position < c.at
        RETURNING p.application, c.at, c.version, p.initiative, p.call, p.round, p.applicant, p.handle, c.status,
            p.requested, c.awarded, p.currency, c.rank, c.reason, p.submitted_at
    )
    INSERT INTO read.applications
        (application, from_position, version, initiative, call, round, applicant, handle, status, requested, awarded,
        currency, rank, reason, submitted_at)
    SELECT * FROM changed
    """,
    keys=("application",),
)

_ENTITLE = Statement(
    """
    INSERT INTO read.titles (application, topic, version, subject, digest, box)
    SELECT * FROM unnest(%(application)b::text[], %(topic)b::text[], %(version)b::integer[], %(subject)b::text[],
        %(digest)b::bytea[], %(box)b::bytea[])
    ON CONFLICT DO NOTHING
    """,
    keys=("subject",),
    repeats=True,
)

_FORGET = Statement("DELETE FROM read.titles WHERE subject = ANY (%(subject)b::text[])", keys=("subject",))


def handle(placed: Placed, write: Write) -> None:
    """Keep where each application stands; its title stays in its box, and goes with its applicant."""
    match placed.recorded.fact:
        case ApplicationSubmitted() as fact:
            _submit(placed, fact, write)
        case ApplicationWithdrawn() as fact:
            _change(placed, write, fact.application, ApplicationStatus.WITHDRAWN, reason=fact.reason)
        case ApplicationFoundEligible() as fact:
            _change(placed, write, fact.application, ApplicationStatus.ELIGIBLE)
        case ApplicationFoundIneligible() as fact:
            _change(placed, write, fact.application, ApplicationStatus.INELIGIBLE, reason=fact.reason)
        case ApplicationAwarded() as fact:
            _change(placed, write, fact.application, ApplicationStatus.AWARDED, awarded=fact.amount)
        case ApplicationWaitlisted() as fact:
            _change(placed, write, fact.application, ApplicationStatus.WAITLISTED, rank=fact.rank)
        case ApplicationDeclined() as fact:
            _change(placed, write, fact.application, ApplicationStatus.DECLINED, reason=fact.reason)
        case PersonErased() as fact:
            write(_FORGET, subject=fact.person)
        case fact:
            unhandled(fact)


def _submit(placed: Placed, fact: ApplicationSubmitted, write: Write) -> None:
    envelope = placed.recorded.envelope
    write(
        _SUBMIT,
        application=fact.application,
        at=placed.position,
        version=placed.version,
        initiative=fact.initiative,
        call=fact.call,
        round=fact.round,
        applicant=fact.applicant,
        handle=envelope.acting.handle,
        status=ApplicationStatus.SUBMITTED.value,
        requested=fact.requested,
        currency=fact.currency,
        submitted_at=envelope.decided_at,
    )
    digest, box = sealed_box(placed.recorded, "title")
    write(
        _ENTITLE,
        application=fact.application,
        topic=placed.recorded.topic,
        version=placed.version,
        subject=fact.applicant,
        digest=digest,
        box=box,
    )


def _change(
    placed: Placed,
    write: Write,
    application: str,
    status: ApplicationStatus,
    *,
    awarded: int | None = None,
    rank: int | None = None,
    reason: str | None = None,
) -> None:
    write(
        _CHANGE,
        application=application,
        at=placed.position,
        version=placed.version,
        status=status.value,
        awarded=awarded,
        rank=rank,
        reason=reason,
    )


PROJECTION = Projection(
    "applications",
    ("applications", "titles"),
    (
        ApplicationSubmitted,
        ApplicationWithdrawn,
        ApplicationFoundEligible,
        ApplicationFoundIneligible,
        ApplicationAwarded,
        ApplicationWaitlisted,
        ApplicationDeclined,
        PersonErased,
    ),
    handle,
)
