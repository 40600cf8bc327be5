"""The forms whose drafts are kept for applicants: what each asks for, who may write in its draft, and the command that it
becomes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from api.drafts.drafts import Draft, DraftPlace
from api.drafts.sharing import FORMS
from api.inputs.answers import REMOVED, eligibility_answers, written
from api.inputs.submitted import Plain, SubmittedForm
from api.run.wiring import Wiring
from domain.applications.state import ApplicationStatus
from domain.commands.register import REGISTER
from domain.messages import msg
from domain.refusals import Forbidden, NotFound, Refused
from domain.rounds.state import RoundStatus
from domain.stages import Stage
from domain.values import Role
from projections import applications, calls, rounds
from projections.applications import ApplicationDetail
from projections.calls import CallDetail
from projections.intake import open_until, round_open_at, takes_at
from projections.rounds import RoundLine

OWNERS: Final = frozenset({"applicant", "round"})
"""The fields that only the owner of a draft chooses, on their own page."""
MOST_DRAFTED: Final = 400_000
"""The most characters of a draft."""
TOO_LARGE: Final = msg("This is more text than a draft can hold. Nothing was saved; shorten it, please.")
NOT_YOURS_TO_SUBMIT: Final = msg(
    "Only the person whose draft this is can submit it, or somebody who acts for the organisation that applies."
)


@dataclass(frozen=True, slots=True)
class ApplicationForm:
    """What the form for a `command` asks an applicant: the `stage` of a `call`, until a time (None: it takes nothing now), or
    all the time in a `rolling` call. `round` is that of a new application."""

    command: str
    call: CallDetail
    stage: Stage
    until: datetime | None
    round: RoundLine | None = None
    rolling: bool = False

    @property
    def takes(self) -> bool:
        """Whether it takes answers now."""
        return self.until is not None or self.rolling

    @property
    def closes(self) -> datetime | None:
        """When it takes no more answers; None if it takes none now, or nobody knows."""
        return self.until or (self.call.takes_until if self.rolling else None)


async def form_of(wiring: Wiring, place: DraftPlace, *, grace: bool = False) -> ApplicationForm:
    """The form of a draft, as its owner has it; those who write with them are shown what it asks for, and until when.
    `grace`: also in the minutes after a deadline that are granted silently. Raises `NotFound`."""
    if place.command == "application.submit":
        call = await calls.one(wiring.reader, place.person, place.about)
        return new_form(wiring, call, place.command, grace=grace)
    shown = await own_application(wiring, place.person, place.about)
    return await next_form(wiring, place.person, shown, place.command)


def new_form(wiring: Wiring, call: CallDetail, command: str, *, grace: bool = False) -> ApplicationForm:
    """The form for a new application; `grace` as in `form_of`."""
    now = wiring.clock()
    round = round_open_at(call, now, grace=grace)
    until = open_until(round) if round else None
    return ApplicationForm(command, call, call.stages[0], until, round, takes_at(call, now))


async def next_form(
    wiring: Wiring, owner: str, shown: ApplicationDetail, command: str | None = None
) -> ApplicationForm:
    """The form by which an application is changed, submitted again or continued in the next stage. Without a `command`, the one
    that changes it as it stands now."""
    command = command or (
        "application.resubmit" if shown.status == ApplicationStatus.RETURNED else "application.change"
    )
    call = await calls.one(wiring.reader, owner, shown.call)
    if command == "application.continue":
        stage = next((each for each in call.stages if each.id == shown.invited_to), call.stages[-1])
        line = next((each for each in call.rounds if each.stage == stage.id), None)
        return ApplicationForm(command, call, stage, _until(line))
    if command == "application.resubmit":
        return ApplicationForm(command, call, _answered(call, shown), shown.awaited_until)
    line = await rounds.one(wiring.reader, owner, shown.round)
    return ApplicationForm(command, call, _answered(call, shown), _until(line))


async def own_application(wiring: Wiring, person: str, application: str) -> ApplicationDetail:
    """An application as its applicant sees it. Raises `NotFound` for everybody else."""
    shown = await applications.one(wiring.reader, person, application)
    if shown.seen_as is not Role.APPLICANT:
        raise NotFound
    return shown


def _until(round: RoundLine | None) -> datetime | None:
    return open_until(round) if round and round.status == RoundStatus.OPEN else None


def _answered(call: CallDetail, shown: ApplicationDetail) -> Stage:
    """The stage that an application answered last, with the version of its form that it answered."""
    stage = next(each for each in call.stages if each.id == shown.stage)
    return msgspec.structs.replace(stage, form=shown.form or stage.form)


def fields_of(form: ApplicationForm, typed: SubmittedForm) -> Plain:
    """What was typed into a form, as fields of its command."""
    plain = written(form.call, form.stage.form, typed)
    if form.command in ("application.submit", "application.enter") and form.call.eligibility:
        plain |= {"eligibility": eligibility_answers(plain)}
    return plain


async def command_fields(wiring: Wiring, draft: Draft, person: str, typed: SubmittedForm) -> Plain:
    """The fields of the command by which a person submits a draft with what was `typed`. Raises `Forbidden`."""
    if not await wiring.shared_drafts.submits(draft, person):
        raise Forbidden(NOT_YOURS_TO_SUBMIT)
    form = await form_of(wiring, draft.place, grace=True)
    plain = fields_of(form, typed)
    if draft.place.command != "application.submit":
        return plain | {"application": draft.place.about}
    if applicant := draft.typed.get("applicant"):
        plain |= {"applicant": applicant}
    if form.round is not None:
        plain.setdefault("round", form.round.id)
    elif not form.rolling and "round" not in plain:
        raise Refused(msg("This call does not accept applications right now."))
    return plain | {"call": draft.place.about}


async def own_or_shared(wiring: Wiring, draft: str, person: str) -> Draft:
    """A draft of an application by its id. Raises `NotFound` and `Forbidden` for those for whom it does not open."""
    found = await wiring.drafts.by_id(draft, person)
    if found is None or found.place.command not in FORMS:
        raise NotFound
    await wiring.shared_drafts.check(found, person)
    return found


def with_owners(draft: Draft, typed: Mapping[str, str]) -> dict[str, str]:
    """What was typed into a shared draft, with what its owner chose in `OWNERS`. Names of inputs that its form does not have are
    left out: they would only be in the owner's way when they submit."""
    asked = typed_fields(draft.place.command) - OWNERS
    kept = {name: text for name, text in draft.typed.items() if field_of_input(name) in OWNERS}
    return {name: text for name, text in typed.items() if field_of_input(name) in asked} | kept


def typed_fields(command: str) -> frozenset[str]:
    """The fields of a command that are typed into its form, and where answers to questions stand that were removed since."""
    return (frozenset(REGISTER[command].request.__struct_fields__) | {REMOVED}) - {"call", "application"}


def of_owner(name: str) -> bool:
    """Whether the input of this name belongs to what only a draft's owner chooses."""
    return field_of_input(name) in OWNERS


def field_of_input(name: str) -> str:
    """The field of the command to which an input belongs: ``answers`` for ``answers.costs[0].item``."""
    return re.split(r"[.\[]", name, maxsplit=1)[0]
