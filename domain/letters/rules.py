"""When an initiative can change its texts for letters."""

from __future__ import annotations

from domain.deciding import Fact
from domain.initiatives.state import Initiative
from domain.letters import templates
from domain.letters.facts import InitiativeLetterReset, InitiativeLetterWritten
from domain.letters.kinds import OF_CALLS, LetterKind
from domain.letters.templates import LetterText
from domain.messages import msg
from domain.refusals import Refused
from domain.texts import check_language


def write_letter(
    initiative: Initiative, *, letter: LetterKind, language: str, written: LetterText
) -> tuple[Fact, ...]:
    """Write the initiative's own text for a kind of letter in a language."""
    if letter not in OF_CALLS:
        raise Refused(msg("Only the program writes this letter, so its text cannot be changed."))
    check_language(language, "language")
    text = templates.checked(letter, written)
    if initiative.letters.get(letter, {}).get(language) == text:
        raise Refused(msg("This is already the text of this letter."))
    return (
        InitiativeLetterWritten(
            initiative=initiative.id,
            letter=letter,
            language=language,
            subject=text.subject,
            text=text.text,
        ),
    )


def reset_letter(initiative: Initiative, *, letter: LetterKind, language: str) -> tuple[Fact, ...]:
    """Use the program's text again for a kind of letter in a language."""
    if language not in initiative.letters.get(letter, {}):
        raise Refused(msg("This letter already has the program's own text."))
    return (InitiativeLetterReset(initiative=initiative.id, letter=letter, language=language),)
