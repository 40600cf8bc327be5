"""Commands for an initiative's own texts for letters."""

from __future__ import annotations

from domain import access, limits
from domain.deciding import Command, CommandContext, Outcome, Plan, PlannedCommand, Registered, the
from domain.initiatives.state import INITIATIVE
from domain.letters import rules
from domain.letters.kinds import LetterKind
from domain.letters.templates import LetterText
from domain.values import InitiativeId, Role


class WriteLetter(Command, frozen=True, kw_only=True):
    """Write the initiative's own text for a kind of letter in a language. It can hold placeholders such as `{call}`. `subject` is
    for readers who chose subjects that name the call; without it, the program's own is used."""

    initiative: InitiativeId
    letter: LetterKind
    language: limits.Language
    subject: limits.LetterSubject | None = None
    text: limits.LetterText


class ResetLetter(Command, frozen=True, kw_only=True):
    """Use the program's text again for a kind of letter in a language."""

    initiative: InitiativeId
    letter: LetterKind
    language: limits.Language


def _write(command: WriteLetter, context: CommandContext) -> Plan:
    initiative = yield from the(INITIATIVE, command.initiative)
    return PlannedCommand(
        may=access.member(context.actor, initiative, Role.ADMINISTRATOR, Role.OFFICER),
        initiative=command.initiative,
        scope=command.initiative,
        decide=lambda: Outcome(
            facts={
                command.initiative: rules.write_letter(
                    initiative,
                    letter=command.letter,
                    language=command.language,
                    written=LetterText(subject=command.subject, text=command.text),
                )
            },
            answers=command.initiative,
        ),
    )


def _reset(command: ResetLetter, context: CommandContext) -> Plan:
    initiative = yield from the(INITIATIVE, command.initiative)
    return PlannedCommand(
        may=access.member(context.actor, initiative, Role.ADMINISTRATOR, Role.OFFICER),
        initiative=command.initiative,
        scope=command.initiative,
        decide=lambda: Outcome(
            facts={
                command.initiative: rules.reset_letter(
                    initiative, letter=command.letter, language=command.language
                )
            },
            answers=command.initiative,
        ),
    )


COMMANDS = (
    Registered("initiative.write_letter", WriteLetter, _write),
    Registered("initiative.reset_letter", ResetLetter, _reset),
)
