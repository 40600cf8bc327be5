"""What gives applicants away to a jury that must not know them: said in the preview, and once more before they submit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final

from api.drafts.forms import ApplicationForm
from api.inputs.submitted import SubmittedForm
from api.pages.drafting import (
    DraftedApplication,
    PageDrafts,
    changed_elsewhere,
    try_to_save,
    written_since,
)
from api.pages.rendering import said
from api.pages.visits import Returned, Visit
from domain.forms import Question
from domain.identifying import Clue, clues_in
from domain.messages import Message, msg
from domain.refusals import CommandRejected
from projections import organisations

CLUES: Final[Mapping[Clue, Message]] = {
    Clue.NAME: msg("your name"),
    Clue.ADDRESS: msg("an e-mail address"),
    Clue.LINK: msg("a link"),
    Clue.ACCOUNT: msg("the name of an account"),
    Clue.NUMBER: msg("a telephone number"),
}
"""What gives an applicant away, as it is said in a list."""
A_NAME: Final = msg("the name of somebody who writes in it")
_WARNING: Final = msg(
    "Nothing was submitted yet: the jury should not learn who you are, and these answers may tell it. Change them, or press the "
    "button once more to submit them as they are."
)


@dataclass(frozen=True, slots=True)
class GivenAway:
    """An input in which something gives the applicant away, with its label."""

    input: str
    label: str
    clues: tuple[Message, ...]


async def given_away(
    visit: Visit, asked: ApplicationForm, typed: Mapping[str, str], *, submitting: bool = False
) -> list[GivenAway]:
    """What gives the applicant away; nothing in a call that is not blind. Answers that the jury does not see are left out, and
    when `submitting` also links where the form asks for one."""
    if not asked.stage.blind:
        return []
    names = [visit.me.name or ""] if visit.me else []
    found = await organisations.mine(visit.wiring.reader, visit.who)
    names += [each.name for each in found.items if each.acts and each.name]
    draft = visit.drafts.get(asked.command)
    together = draft is not None and bool(draft.writers)
    if draft is not None and together:
        names += [each or "" for each in (await visit.wiring.shared_drafts.names(draft)).values()]
    words = {**CLUES, Clue.NAME: A_NAME} if together else CLUES
    listed = [("title", visit.locale.say(msg("Title")), [(typed.get("title", ""), False)])] + [
        (f"answers.{question.id}", said(question.label, visit.languages).text, _texts(question, typed))
        for question in asked.stage.form.questions
        if not question.identifying and question.kind in ("text", "long_text", "link", "budget", "group")
    ]
    return [
        GivenAway(name, label, tuple(words[clue] for clue in clues))
        for name, label, texts in listed
        if (clues := _clues(texts, names, submitting=submitting))
    ]


def warned_of(found: list[GivenAway]) -> str:
    """A short name of some warnings, by which a form tells that its person has seen them."""
    # A helper's name counts as one's own: who writes together is not known any more once the draft is gone.
    said = [
        (each.input, CLUES[Clue.NAME] if clue == A_NAME else clue) for each in found for clue in each.clues
    ]
    lines = [f"{name} {clue.template}" for name, clue in said]
    return sha256("\n".join(lines).encode()).hexdigest()[:16]


async def looked_at_again(
    visit: Visit, drafts: PageDrafts, form: SubmittedForm, succeeds: Callable[[], Awaitable[bool]]
) -> Visit | None:
    """The visit that shows a form again instead of submitting it, because others wrote in its draft meanwhile, or because it
    gives the applicant away and they have not been told; None if it can be submitted. Of what gives them away they are told
    only where submitting `succeeds`: mistakes come first, so that nobody learns of them at the second press."""
    if (other := written_since(visit, form)) is not None:
        return changed_elsewhere(visit, form, other)
    try:
        drafted = await drafts.form(visit, form.own("do"))
    except CommandRejected:
        return None  # the command says why, or that it was done already
    if not isinstance(drafted, DraftedApplication):
        return None
    found = await given_away(visit, drafted.form, form.typed(), submitting=True)
    if not found or form.own("warned") == warned_of(found) or not await succeeds():
        return None
    warned = Returned(
        form=form.own("form"),
        typed=SubmittedForm({**form.fields, "_warned": warned_of(found)}),
        sentence=_WARNING,
        errors={each.input: msg("This contains: {clues}", clues=each.clues) for each in found},
        status=422,
        key=form.own("key"),
    )
    return replace(await try_to_save(visit, drafts, form), returned=warned)


def belongs(name: str, question: Question) -> bool:
    """Whether an input of this name belongs to a question."""
    whole = f"answers.{question.id}"
    return name == whole or name.startswith((f"{whole}.", f"{whole}["))


def _texts(question: Question, typed: Mapping[str, str]) -> list[tuple[str, bool]]:
    """What was typed into a question, and whether a link was asked for there; of a group, only what the jury reads."""
    hidden = {each.id for each in question.questions if each.identifying}
    links = {each.id for each in question.questions if each.kind == "link"}
    found = []
    for name, text in typed.items():
        part = name.rpartition(".")[2] if question.questions else ""
        if belongs(name, question) and part not in hidden:
            found.append((text, question.kind == "link" or part in links))
    return found


def _clues(texts: list[tuple[str, bool]], names: list[str], *, submitting: bool) -> tuple[Clue, ...]:
    """What gives the applicant away in texts of which it is known whether a link was asked for."""
    clues = clues_in("\n".join(text for text, _ in texts), names)
    if submitting and Clue.LINK not in clues_in("\n".join(text for text, link in texts if not link), names):
        return tuple(clue for clue in clues if clue != Clue.LINK)
    return clues
