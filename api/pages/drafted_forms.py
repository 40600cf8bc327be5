"""The form of a draft by its place alone, for those who write in it on its own page or by JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from api.drafts.drafts import Draft, DraftPlace
from api.pages.application_forms import answered
from api.pages.applying import eligibility_answers, written
from api.pages.calls import open_until, round_open_at, takes_at
from api.pages.forms import Plain, SubmittedForm
from api.run.wiring import Wiring
from domain.messages import msg
from domain.refusals import Forbidden, NotFound, Refused
from domain.rounds.state import RoundStatus
from domain.stages import Stage
from domain.values import Role
from projections import applications, calls, rounds
from projections.calls import CallDetail
from projections.rounds import RoundLine

NOT_YOURS_TO_SUBMIT: Final = msg(
    "Only the person whose draft this is can submit it, or somebody who acts for the organisation that applies."
)


@dataclass(frozen=True, slots=True)
class FormOfDraft:
    """The form of a draft: it takes answers `until` a time, or all the time in a `rolling` call."""

    call: CallDetail
    stage: Stage
    until: datetime | None
    round: RoundLine | None = None
    rolling: bool = False


async def form_of(wiring: Wiring, place: DraftPlace, *, grace: bool = False) -> FormOfDraft:
    """The form of a draft, as its owner has it; those who write with them are shown what it asks for, and until when.
    `grace`: also in the minutes after a deadline that are granted silently. Raises `NotFound`."""
    reader, owner, about, now = wiring.reader, place.person, place.about, wiring.clock()
    if place.command == "application.submit":
        call = await calls.one(reader, owner, about)
        round = round_open_at(call, now, grace=grace)
        until = open_until(round) if round else None
        return FormOfDraft(call, call.stages[0], until, round, takes_at(call, now))
    shown = await applications.one(reader, owner, about)
    if shown.seen_as is not Role.APPLICANT:
        raise NotFound
    call = await calls.one(reader, owner, shown.call)
    if place.command == "application.continue":
        stage = next((each for each in call.stages if each.id == shown.invited_to), call.stages[-1])
        line = next((each for each in call.rounds if each.stage == stage.id), None)
        open_ = line is not None and line.status == RoundStatus.OPEN
        return FormOfDraft(call, stage, open_until(line) if line and open_ else None)
    if place.command == "application.resubmit":
        return FormOfDraft(call, answered(call, shown), shown.awaited_until)
    line = await rounds.one(reader, owner, shown.round)
    until = open_until(line) if line.status == RoundStatus.OPEN else None
    return FormOfDraft(call, answered(call, shown), until)


async def command_fields(wiring: Wiring, draft: Draft, person: str, typed: SubmittedForm) -> Plain:
    """The fields of the command by which a person submits a draft with what was `typed`. Raises `Forbidden`."""
    if not await wiring.shared_drafts.submits(draft, person):
        raise Forbidden(NOT_YOURS_TO_SUBMIT)
    form = await form_of(wiring, draft.place, grace=True)
    plain = written(form.call, form.stage.form, typed)
    if draft.place.command != "application.submit":
        return plain | {"application": draft.place.about}
    if form.call.eligibility:
        plain |= {"eligibility": eligibility_answers(plain)}
    if applicant := draft.typed.get("applicant"):
        plain |= {"applicant": applicant}
    if form.round is not None:
        plain.setdefault("round", form.round.id)
    elif not form.rolling and "round" not in plain:
        raise Refused(msg("This call does not accept applications right now."))
    return plain | {"call": draft.place.about}
