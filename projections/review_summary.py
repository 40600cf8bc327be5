"""The summary of an application that its initiative chose: what a juror reads before saying whether they have a conflict of
interest, so that they can."""

from __future__ import annotations

from datetime import datetime

import msgspec

from domain.applications.facts import ApplicationWritten
from domain.forms import Answer, Form
from domain.personal import Withheld
from domain.rounds.state import Round
from projections.cases import Case
from projections.folding.applications import Answered
from projections.reader import QueryRow, Reader, Reference, damaged_in, text_of


class ReviewSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The title, if it is in the summary, and the answers that are, by the ids of the questions in `form`, which has these
    questions alone. An answer is None if there is none, it was erased or is `damaged`."""

    title: str | None
    title_in_summary: bool
    form: Form
    answers: dict[str, Answer]
    damaged: tuple[str, ...] = ()


async def summary_of(reader: Reader, case: Case) -> ReviewSummary | None:
    """The summary of an application in the round of a case; None if its initiative chose none. The caller has checked
    access."""
    rows = await reader.rows(
        "SELECT answered FROM read.applications WHERE application = %(application)b "
        "AND to_position = 9223372036854775807",
        application=case.id,
    )
    if not rows:
        return None
    written = _written_in(rows[0], case)
    if written is None:
        return None
    reference = Reference(case.id, written)
    sealed = (await reader.facts([reference], open_boxes=False))[reference].fact
    assert isinstance(sealed, ApplicationWritten)
    answered = case.call.form(sealed.stage, sealed.form_version)
    # What was found out to identify people since, is not shown either.
    telling = {each.id for each in (*answered.questions, *case.stage.form.questions) if each.tells_who}
    asked = tuple([each for each in answered.questions if each.in_summary and each.id not in telling])
    if not asked and not answered.title_in_summary:
        return None
    fact = (await reader.facts([reference], open_boxes=True))[reference].fact
    assert isinstance(fact, ApplicationWritten)
    answers = {each.id: fact.answers.get(each.id) for each in asked}
    title = fact.title if answered.title_in_summary else None
    return ReviewSummary(
        title=text_of(title),
        title_in_summary=answered.title_in_summary,
        form=msgspec.structs.replace(answered, questions=asked),
        answers={name: None if isinstance(answer, Withheld) else answer for name, answer in answers.items()},
        damaged=damaged_in(
            {"title": title, **{f"answers.{name}": answer for name, answer in answers.items()}}
        ),
    )


def _written_in(row: QueryRow, case: Case) -> int | None:
    """The version of the fact with the answers of the case's round."""
    answered = msgspec.convert(row["answered"], tuple[Answered, ...])
    return next((each.written for each in answered if each.round == case.round_id), None)


class ReviewsDue(msgspec.Struct, frozen=True, kw_only=True):
    """Until when the reviews of a round are to be submitted, and the time zone in which people read that."""

    at: datetime
    time_zone: str


def due_in(round: Round) -> ReviewsDue | None:
    """When the reviews of a round are due, if that was set."""
    return None if round.reviews_due is None else ReviewsDue(at=round.reviews_due, time_zone=round.time_zone)
