"""The correspondence about an application: messages between the applicant and the staff, and the notes of the staff.

It has a stream of its own, because the jury, funders and others follow the application's, and must not learn from anything
there that somebody wrote. Messages and notes are sealed in two dossiers of the applicant, so that the list of an applicant's
dossiers does not tell them of notes.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Annotated, Final, Literal, assert_never

import msgspec

from domain import limits
from domain.deciding import Aggregate, Fact
from domain.dossiers import Dossier
from domain.messages import msg
from domain.personal import Personal, Withheld
from domain.refusals import Refused
from domain.texts import check_text
from domain.topic import stored_as
from domain.values import in_utc

Side = Literal["applicant", "staff"]
"""The two sides of a correspondence: the applicant, with all who act for them, and the staff of the call."""

MESSAGES_A_DAY: Final = 20
"""The most messages that an applicant writes about one application in 24 hours."""
_DAY: Final = timedelta(hours=24)

# Facts. No version counts them and no timeline shows them: they are read where the messages and the notes are.


@stored_as("correspondence.message_written.v1")
class CorrespondenceMessageWritten(Fact, frozen=True, kw_only=True):
    """One `side` wrote to the other. `again`: the same side had written before, and the other had not reacted yet. The text is
    sealed in a `dossier` of the applicant."""

    correspondence: str
    application: str
    side: Side
    again: bool
    dossier: str
    text: Annotated[str | Withheld, Personal(of="dossier")]
    written_at: datetime

    told = False


@stored_as("correspondence.settled.v1")
class CorrespondenceSettled(Fact, frozen=True, kw_only=True):
    """One `side` has read the other's messages and does not answer them."""

    correspondence: str
    application: str
    side: Side

    told = False


@stored_as("correspondence.note_written.v1")
class CorrespondenceNoteWritten(Fact, frozen=True, kw_only=True):
    """Somebody of the staff wrote a note for the others of the staff, sealed in a `dossier` of the applicant."""

    correspondence: str
    application: str
    dossier: str
    text: Annotated[str | Withheld, Personal(of="dossier")]
    written_at: datetime

    told = False


CorrespondenceFact = CorrespondenceMessageWritten | CorrespondenceSettled | CorrespondenceNoteWritten

# State


class Correspondence(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a correspondence, without its texts. `dossier` is that of the messages and `notes` that of the notes, once
    there is one. `awaits` is the side that has not reacted to the other's messages, of which the newest was written at
    `last_at`. `recent` are the times of the applicant's messages in the 24 hours before their newest."""

    application: str = ""
    dossier: str | None = None
    notes: str | None = None
    awaits: Side | None = None
    last_at: datetime | None = None
    recent: tuple[datetime, ...] = ()


def evolve(correspondence: Correspondence, fact: CorrespondenceFact) -> Correspondence:
    """The correspondence after one more fact."""
    known = msgspec.structs.replace(correspondence, application=fact.application)
    match fact:
        case CorrespondenceMessageWritten():
            recent = known.recent
            if fact.side == "applicant":
                recent = (*_within_a_day(recent, fact.written_at), fact.written_at)
            return msgspec.structs.replace(
                known,
                dossier=fact.dossier,
                awaits=other_side(fact.side),
                last_at=fact.written_at,
                recent=recent,
            )
        case CorrespondenceSettled():
            return msgspec.structs.replace(known, awaits=None)
        case CorrespondenceNoteWritten():
            return msgspec.structs.replace(known, notes=fact.dossier)
        case _:
            assert_never(fact)


def _within_a_day(times: tuple[datetime, ...], now: datetime) -> tuple[datetime, ...]:
    return tuple([each for each in times if now - each < _DAY])


def other_side(side: Side) -> Side:
    """The side that a message is for."""
    return "staff" if side == "applicant" else "applicant"


CORRESPONDENCE = Aggregate(kind="correspondence", empty=Correspondence(), evolve=evolve, often_absent=True)


def correspondence_of(application_id: str) -> str:
    """The id of the stream of an application's correspondence. It is derived, so that no index is needed."""
    return f"{CORRESPONDENCE.kind}-{sha256(application_id.encode()).hexdigest()[:32]}"


# Rules


def write_message(
    application_id: str,
    correspondence: Correspondence,
    application_dossier: Dossier,
    *,
    dossier: str,
    side: Side,
    text: str,
    now: datetime,
) -> tuple[Fact, ...]:
    """Write to the other side. `application_dossier` is that of the application's own texts."""
    _check_not_erased(application_dossier)
    if side == "applicant" and len(_within_a_day(correspondence.recent, now)) >= MESSAGES_A_DAY:
        raise Refused(
            msg(
                "In the last 24 hours, {most} messages were written about this application, which is the most. Please write the "
                "rest tomorrow.",
                most=MESSAGES_A_DAY,
            )
        )
    return (
        CorrespondenceMessageWritten(
            correspondence=correspondence_of(application_id),
            application=application_id,
            side=side,
            again=correspondence.awaits == other_side(side),
            dossier=dossier,
            text=check_text(text, "text", most=limits.MESSAGE, long=True),
            written_at=now,
        ),
    )


def settle(
    application_id: str, correspondence: Correspondence, *, side: Side, read_until: datetime
) -> tuple[Fact, ...]:
    """Note that a side has read the messages up to a time and does not answer them; nothing if none waits for it."""
    if correspondence.awaits != side:
        return ()
    assert correspondence.last_at is not None
    if correspondence.last_at > in_utc(read_until, "read_until"):
        raise Refused(msg("Another message has come since. Read it first."))
    return (
        CorrespondenceSettled(
            correspondence=correspondence_of(application_id), application=application_id, side=side
        ),
    )


def write_note(
    application_id: str, application_dossier: Dossier, *, dossier: str, text: str, now: datetime
) -> tuple[Fact, ...]:
    """Write a note for the others of the staff."""
    _check_not_erased(application_dossier)
    return (
        CorrespondenceNoteWritten(
            correspondence=correspondence_of(application_id),
            application=application_id,
            dossier=dossier,
            text=check_text(text, "text", most=limits.MESSAGE, long=True),
            written_at=now,
        ),
    )


def _check_not_erased(application_dossier: Dossier) -> None:
    if application_dossier.erased:
        raise Refused(
            msg("What was written about this application was erased, so nothing more can be written.")
        )
