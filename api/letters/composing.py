"""Composing a letter: the initiative's text or the program's, in the reader's language, filled and with its link."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from api.letters.letter import KEPT, Letter
from api.locales import Locale, locale_of
from domain.initiatives.state import Initiative
from domain.letters import templates
from domain.letters.kinds import WORDINGS, LetterKind
from domain.letters.templates import LetterText
from domain.messages import At, Message, msg, verbatim
from projections.letters.telling import Tidings

FOOTER: Final = msg("Which letters you get, and what their subjects say, you choose here:")
NEWS: Final = msg(
    "On a site on which you have an account, there is something new for you. It is written below."
)
"""The first line of a letter with a discreet subject: telephones show it beside the subject when they are locked."""
CHOOSING: Final = "/me/letters"
"""The page on which people choose their letters."""


class TemplateUnusable(Exception):
    """A text of the initiative for this kind of letter cannot be filled, so none is written."""


def program_text(kind: LetterKind, language: str) -> LetterText:
    """The program's own text for a kind of letter, with its placeholders, in a language in which it speaks; else in English."""
    locale, wording = locale_of((language,)), WORDINGS[kind]
    kept = {name: f"{{{name}}}" for name in wording.placeholders}
    says, more = (
        locale.say(Message(each.template, kept, context=each.context))
        for each in (wording.says, wording.more)
    )
    return LetterText(subject=says, text=f"{says}\n\n{more}")


def own_text(house: Initiative, kind: LetterKind, language: str) -> LetterText | None:
    """The initiative's own text for a kind of letter in a language; None if it has none."""
    texts = house.letters.get(kind, {})
    return texts.get(language) or texts.get(language.partition("-")[0])


def composed(
    tidings: Tidings, *, language: str, telling: bool, site: str, happened_at: datetime, now: datetime
) -> Letter:
    """The letter that tells somebody something, exactly as it is sent. Raises `TemplateUnusable`."""
    kind, house = tidings.kind, tidings.house
    if house is not None and templates.stops(kind, house.letters.get(kind, {}).values()):
        raise TemplateUnusable
    standard = program_text(kind, language)
    own = None if house is None else own_text(house, kind, language)
    values = all_values(tidings, happened_at)
    said = _said(values, language, own=own is not None)
    text = templates.filled((own or standard).text, said)
    if telling:
        standard_values = _said(values, language, own=False)
        subject = verbatim(
            templates.filled(own.subject, said)
            if own is not None and own.subject is not None
            else templates.filled(standard.subject or "", standard_values)
        )
    else:
        subject = WORDINGS[kind].subject
    return Letter(
        name=kind.value,
        subject=subject,
        paragraphs=(
            *(() if telling else (NEWS,)),
            text,
            *(
                (msg("You are asked for {count} reviews. You find all of them here:", count=tidings.several),)
                if tidings.several > 1
                else ()
            ),
            f"{site}{tidings.link}",
            FOOTER,
            f"{site}{CHOOSING}",
        ),
        lasts=_lasts(values, now),
        language=language if own is not None else None,
    )


def news_of(tidings: Tidings) -> Message:
    """The line that tells the same on a start page."""
    says = WORDINGS[tidings.kind].says
    return Message(says.template, tidings.all_values, context=says.context)


def all_values(tidings: Tidings, happened_at: datetime) -> dict[str, Any]:
    """The values of a letter's placeholders."""
    values = tidings.all_values
    if "received" in WORDINGS[tidings.kind].takes:
        values["received"] = At(happened_at, tidings.zone)
    return values


def _said(values: Mapping[str, Any], language: str, *, own: bool) -> dict[str, str]:
    """Values as they are written in a language; dates and labels in English where the program does not speak it. A
    call's title is in the language of the text around it."""
    locale = locale_of((language,))
    texts = Locale(language) if own else locale
    return {
        name: texts.text(value)
        if isinstance(value, Mapping)
        else locale.say(Message("{value}", {"value": value}))
        for name, value in values.items()
    }


def _lasts(values: Mapping[str, Any], now: datetime) -> timedelta:
    deadline = values.get("deadline")
    return min(KEPT, deadline.moment - now) if isinstance(deadline, At) else KEPT
