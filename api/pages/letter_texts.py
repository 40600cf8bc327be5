"""The letters of an initiative: every kind with its text in each of the initiative's languages, changing and resetting
it, and a preview of exactly what would be sent, to an invented person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import msgspec

from api.http.problems import Problem, ProblemType
from api.letters.composing import TemplateUnusable, composed, own_text, program_text
from api.letters.letter import WrittenLetter
from api.locales import locale_of
from api.pages.checks import NOT_AS_SENT
from api.pages.initiatives import languages_of
from api.pages.page import Page, PageAction, PageContent
from api.pages.visits import Visit
from domain.applications.state import ApplicationStatus
from domain.calls.state import Call
from domain.initiatives.state import INITIATIVE, Initiative
from domain.letters import templates
from domain.letters.kinds import OF_CALLS, WORDINGS, LetterKind
from domain.letters.templates import LetterText
from domain.messages import At, Message, msg
from domain.refusals import Invalid, NotFound
from domain.values import Money, Role
from projections.letters.telling import NO_DATE, Tidings

TO: Final = "anna.example@example.org"
"""The invented recipient."""
MEANINGS: Final[dict[str, Message]] = {
    "call": msg("the title of the call"),
    "initiative": msg("the name of your initiative"),
    "deadline": msg("the date and time, on the clocks of the call"),
    "due": msg("until when reviews are wanted, as a sentence"),
    "received": msg("when it was recorded"),
    "status": msg("the state of the application"),
    "amount": msg("the amount of the grant"),
}
_CALL: Final = msg("An invented call")
_PAGE_OF: Final = {
    "grant": ("/grants/grant-", ("grant", "offer", "payee", "payment", "report", "amendment")),
    "review": ("/reviews/review-", ("review",)),
}


@dataclass(frozen=True, slots=True)
class TextShown:
    """The text of a letter in a language, whether it is the initiative's `own`, and as it would arrive; `telling`: its
    subject for readers who chose telling ones. `wrong`: what in it is no placeholder."""

    language: str
    own: bool
    text: LetterText
    written: WrittenLetter | None
    telling: str | None
    wrong: tuple[str, ...]


def changes_letters(roles: frozenset[Role]) -> bool:
    """Whether somebody with these roles in a whole initiative reads and changes the texts of its letters."""
    return not roles.isdisjoint({Role.OFFICER, Role.ADMINISTRATOR})


async def _house(visit: Visit) -> Initiative:
    house: Initiative = await visit.wiring.reader.the(INITIATIVE, visit.path["initiative"])
    if not changes_letters(house.roles(visit.who)):
        raise NotFound
    return house


async def _list(visit: Visit) -> PageContent:
    house = await _house(visit)
    offered = languages_of(house)
    return PageContent(
        "letter_list.html",
        {
            "house": house,
            "kinds": [
                (
                    kind,
                    WORDINGS[kind].label,
                    [code for code in offered if own_text(house, kind, code) is not None],
                    templates.stops(kind, house.letters.get(kind, {}).values()),
                )
                for kind in OF_CALLS
            ],
        },
        initiative=house.id,
    )


async def _one(visit: Visit) -> PageContent:
    house = await _house(visit)
    kind = LetterKind(visit.path["letter"])
    if kind not in OF_CALLS:
        raise NotFound
    # Also languages in which it wrote before.
    offered = dict.fromkeys((*languages_of(house), *house.letters.get(kind, {})))
    return PageContent(
        "letter_text.html",
        {
            "house": house,
            "kind": kind,
            "label": WORDINGS[kind].label,
            "texts": [_shown(visit, house, kind, code) for code in offered],
            "meanings": [(f"{{{name}}}", MEANINGS[name]) for name in WORDINGS[kind].placeholders],
            "to": TO,
            "stopped": templates.stops(kind, house.letters.get(kind, {}).values()),
        },
        labels={"subject": msg("Subject"), "text": msg("Text")},
        initiative=house.id,
    )


def _shown(visit: Visit, house: Initiative, kind: LetterKind, language: str) -> TextShown:
    own = house.letters.get(kind, {}).get(language)
    text = own or program_text(kind, language)
    tried = _typed(visit, language)
    if tried is not None:
        try:
            text = templates.checked(kind, tried)
        except Invalid:
            text = tried
    wrong = tuple(
        dict.fromkeys(
            each for part in (text.subject or "", text.text) for each in templates.unknown_in(kind, part)
        )
    )
    written = telling = None
    if not wrong and text.text.strip():
        letters = {kind: {language: text}} if own is not None or tried is not None else {}
        as_if = msgspec.structs.replace(house, letters=letters)
        written = _preview(visit, as_if, kind, language, telling=False)
        telling = _preview(visit, as_if, kind, language, telling=True).subject
    return TextShown(language, own is not None, text, written, telling, wrong)


def _typed(visit: Visit, language: str) -> LetterText | None:
    """What was typed for this language, if its form came back."""
    returned = visit.returned
    if returned is None or returned.typed.fields.get("language") != language:
        return None
    fields = returned.typed.fields
    return LetterText(subject=fields.get("subject") or None, text=fields.get("text", ""))


def _preview(
    visit: Visit, house: Initiative, kind: LetterKind, language: str, *, telling: bool
) -> WrittenLetter:
    """The letter as it would be sent, about something invented."""
    now = visit.wiring.clock()
    locale = locale_of((language,))
    call = Call(title={language: locale.say(_CALL)}, time_zone="Europe/Berlin")
    values: dict[str, Any] = {
        "deadline": At((now + timedelta(days=14)).replace(minute=0), call.time_zone),
        "due": NO_DATE,
        "status": ApplicationStatus.SUBMITTED,
        "amount": Money(amount="1500.00", currency="EUR"),
    }
    used = {name: value for name, value in values.items() if name in WORDINGS[kind].takes}
    try:
        letter = composed(
            Tidings(kind, _link(kind), house, call, used),
            language=language,
            telling=telling,
            site=visit.wiring.settings.address,
            happened_at=now,
            now=now,
        )
    except TemplateUnusable as error:  # checked before
        raise Problem(ProblemType.MALFORMED, NOT_AS_SENT) from error
    return letter.written(TO, locale)


def _link(kind: LetterKind) -> str:
    """The page of something invented to which a letter would lead."""
    for start, kinds in _PAGE_OF.values():
        if kind.partition("-")[0] in kinds:
            return start + "0" * 32
    return f"/applications/application-{'0' * 32}"


PAGES = (
    Page(path="/initiatives/{initiative}/letters", show=_list),
    Page(
        path="/initiatives/{initiative}/letters/{letter}",
        show=_one,
        tries=True,
        acts=(
            PageAction(
                command="initiative.write_letter",
                done=msg("The text is saved. Letters are written with it from now on."),
            ),
            PageAction(
                command="initiative.reset_letter",
                done=msg("Letters are written with the program's own text again."),
            ),
        ),
    ),
)
