"""Commands for messages between an applicant and the staff, and for the notes of the staff."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from domain import access, correspondence, dossiers, limits
from domain.applications.state import APPLICATION, Application
from domain.commands.applications.acting import read_by_examining
from domain.commands.judged import reviews_now
from domain.correspondence import CORRESPONDENCE, Correspondence, Side, correspondence_of
from domain.deciding import (
    Allowed,
    Command,
    CommandContext,
    Fact,
    Outcome,
    Part,
    Plan,
    PlannedCommand,
    Registered,
    Verdict,
    maybe,
    the,
    together,
)
from domain.dossiers import DOSSIER, Dossier, Purpose
from domain.initiatives.state import INITIATIVE, Initiative
from domain.parties import Actor, OwnApplications, actor_in
from domain.reviews.state import Review
from domain.rounds.state import ROUND, Round
from domain.values import ApplicationId, Role


class WriteMessage(Command, frozen=True, kw_only=True):
    """Write a message about an application: its applicant to the staff of the call, or the staff to the applicant. Nobody else
    reads it."""

    application: ApplicationId
    text: limits.WrittenMessage


class SettleMessages(Command, frozen=True, kw_only=True):
    """Say that the other side's messages about an application are read, and need no answer. `read_until` is the time of the
    newest message that was read."""

    application: ApplicationId
    read_until: datetime


class WriteNote(Command, frozen=True, kw_only=True):
    """Write a note about an application for the others of the staff. Neither the applicant nor the jury nor funders read it."""

    application: ApplicationId
    text: limits.WrittenMessage


@dataclass(frozen=True, slots=True)
class _Loaded:
    """What these plans load: the correspondence and what access to it needs. `dossier` is that of the application's texts."""

    stream: str
    written: Correspondence
    application: Application
    dossier: Dossier
    initiative: Initiative
    round: Round
    reviews: dict[str, Review]
    actor: Actor
    own: OwnApplications

    def asked(self, predicate: Callable[..., Verdict]) -> Verdict:
        """What a predicate of `domain.access.corresponding` says."""
        return predicate(
            self.actor,
            self.initiative.within(self.application.call),
            self.round,
            self.application,
            self.reviews.values(),
            own=self.own,
        )


def _load(application_id: str, context: CommandContext) -> Part[_Loaded]:
    application = yield from the(APPLICATION, application_id)
    stream = correspondence_of(application_id)
    initiative, (actor, own), (round, dossier), written = yield from together(
        the(INITIATIVE, application.initiative),
        actor_in(context.actor, application.round, application.call),
        together(the(ROUND, application.round), the(DOSSIER, application.dossier)),
        maybe(CORRESPONDENCE, stream),
    )
    reviews = yield from reviews_now(application_id, application)
    return _Loaded(stream, written, application, dossier, initiative, round, reviews, actor, own)


def _opened(
    found: _Loaded, known: str | None, purpose: Purpose, context: CommandContext
) -> tuple[str, dict[str, tuple[Fact, ...]], tuple[str, ...]]:
    """The dossier in which a text is sealed, the facts that open it, and the subjects whose key has to be created: a
    new one with the first text."""
    if known is not None:
        return known, {}, ()
    dossier = context.new("dossier")
    opened = dossiers.open_dossier(
        dossier,
        party=found.application.applicant,
        initiative=found.application.initiative,
        purpose=purpose,
        about=found.stream,
    )
    return dossier, {dossier: opened}, (dossier,)


def _write_message(command: WriteMessage, context: CommandContext) -> Plan:
    found = yield from _load(command.application, context)
    may = found.asked(access.corresponds)
    side = _side(may)
    read = (yield from read_by_examining(found.application, context)) if side == "staff" else {}
    dossier, opened, subjects = _opened(found, found.written.dossier, "correspondence", context)

    def decide() -> Outcome:
        written = correspondence.write_message(
            command.application,
            found.written,
            found.dossier,
            dossier=dossier,
            side=side,
            text=command.text,
            now=context.now,
        )
        return Outcome(
            facts={**opened, found.stream: written, **read},
            answers=command.application,
            subjects=subjects,
        )

    return _planned(found, may, decide)


def _settle(command: SettleMessages, context: CommandContext) -> Plan:
    found = yield from _load(command.application, context)
    may = found.asked(access.corresponds)

    def decide() -> Outcome:
        settled = correspondence.settle(
            command.application, found.written, side=_side(may), read_until=command.read_until
        )
        return Outcome(facts={found.stream: settled}, answers=command.application)

    return _planned(found, may, decide)


def _write_note(command: WriteNote, context: CommandContext) -> Plan:
    found = yield from _load(command.application, context)
    may = found.asked(access.sees_notes)
    read = (yield from read_by_examining(found.application, context)) if isinstance(may, Allowed) else {}
    dossier, opened, subjects = _opened(found, found.written.notes, "notes", context)

    def decide() -> Outcome:
        written = correspondence.write_note(
            command.application, found.dossier, dossier=dossier, text=command.text, now=context.now
        )
        return Outcome(
            facts={**opened, found.stream: written, **read},
            answers=command.application,
            subjects=subjects,
        )

    return _planned(found, may, decide)


def _side(may: Verdict) -> Side:
    """The side on which somebody writes; whoever may not write is on none, so either will do."""
    return "staff" if may == Allowed(Role.OFFICER) else "applicant"


def _planned(found: _Loaded, may: Verdict, decide: Callable[[], Outcome]) -> PlannedCommand:
    application = found.application
    return PlannedCommand(
        may=may,
        initiative=application.initiative,
        scope=application.call,
        party=application.applicant if may == Allowed(Role.APPLICANT) else None,
        decide=decide,
    )


# Their facts are not in the application's stream, and no version counts them.
COMMANDS = (
    Registered("application.write_message", WriteMessage, _write_message, versioned=False),
    Registered("application.settle_messages", SettleMessages, _settle, versioned=False),
    Registered("application.write_note", WriteNote, _write_note, versioned=False),
)
