"""Drafts of long forms on pages: saved by a button or while somebody writes, shown again, compared, and previewed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Protocol

from api.drafts.drafts import Draft, DraftChanged, DraftPlace, form_name, kept_until, saved_by
from api.drafts.forms import (
    MOST_DRAFTED,
    TOO_LARGE,
    ApplicationForm,
    form_of,
    own_or_shared,
    with_owners,
)
from api.drafts.merging import merge
from api.drafts.sharing import FORMS
from api.inputs.answers import REMOVED
from api.inputs.submitted import SubmittedForm, nested
from api.pages.labels import label_of
from api.pages.rendering import said
from api.pages.visits import Returned, Visit
from domain.amounts import typed_amount
from domain.forms import AnyQuestion
from domain.messages import At, Message, counted, msg
from domain.refusals import CommandRejected, Invalid, NotFound
from domain.stages import Stage
from domain.values import Money, minor_units
from domain.words import count_words
from history.appends import Unavailable
from history.keyfiles import KeysUnusable

DRAFT_BUTTONS: Final = frozenset({"save", "auto", "preview", "discard"})
"""What the buttons of a form with a draft ask for; ``auto`` is the script."""

CHANGED: Final = msg(
    "This draft was also saved on another device, in another window or by somebody who writes in it, so nothing was overwritten. "
    "Below is what you typed here, with what only the other one has. Where both differ, the other text is shown; take from it what you need, "
    "then save."
)

CHANGED_MEANWHILE: Final = msg(
    "Not saved: this draft was changed on another device, in another window or by somebody else. Press “Save the draft” to see both "
    "versions."
)
"""What the script is told, whose page still shows what was typed alone."""


class DraftedForm(Protocol):
    """What the page needs to know of a form whose draft is saved."""

    @property
    def until(self) -> datetime | None:
        """When the form closes; None: at any time, nobody knows, or it is closed."""

    def saved(self, draft: Draft) -> Message:
        """When the draft was saved, and how long it is kept."""

    def counts(self, typed: Mapping[str, str]) -> dict[str, Message]:
        """What the page says below an input while somebody writes, by the names of the inputs."""


@dataclass(frozen=True, slots=True)
class DraftedApplication:
    """The form of an application (see `DraftedForm`)."""

    form: ApplicationForm

    @property
    def until(self) -> datetime | None:
        """When it takes no more answers; None if it takes none now, or nobody knows."""
        return self.form.closes

    def saved(self, draft: Draft) -> Message:
        """When it was saved, and how long it is kept."""
        return saved_at(draft, self.form.call.time_zone)

    def counts(self, typed: Mapping[str, str]) -> dict[str, Message]:
        """The words of a text that has a limit, and what the lines of a budget add up to. The rules are those by which the
        application is checked."""
        return counts(self.form.stage, self.form.call.budget.currency, typed)


OfForm = Callable[[Visit, str], Awaitable[DraftedForm]]
"""The form for a command on a page."""


@dataclass(frozen=True, slots=True)
class PageDrafts:
    """The drafts of a page: the commands whose forms can be saved as a draft, what is said of these forms, and the
    commands that end the drafts, beside those that submit them. Nothing is saved if `form` raises `CommandRejected`. A
    `shared` one is named by the page's address, and may be somebody else's."""

    commands: tuple[str, ...]
    form: OfForm
    ended_by: tuple[str, ...] = ()
    shared: bool = False

    def ends(self, command: str) -> tuple[str, ...]:
        """The commands whose drafts on this page are deleted once `command` has succeeded."""
        if command in self.ended_by:
            return self.commands
        return (command,) if command in self.commands else ()


def place_of(visit: Visit, command: str) -> DraftPlace:
    """Where the draft of a form on this page is kept: its address names one call or application, or a draft. Raises
    `NotFound` for another form than that of the draft."""
    if visit.shared is not None:
        if visit.shared.place.command != command:
            raise NotFound
        return visit.shared.place
    return DraftPlace(visit.who, next(iter(visit.path.values())), command)


async def form_here(visit: Visit, command: str) -> ApplicationForm:
    """What the form for a command on this page asks. Raises `NotFound`."""
    # A form that came back with errors is shown until the round closes, so that it can still be corrected.
    return await form_of(visit.wiring, place_of(visit, command), grace=visit.returned is not None)


async def drafted_application(visit: Visit, command: str) -> DraftedApplication:
    """The form of an application on this page, whose draft is saved."""
    return DraftedApplication(await form_here(visit, command))


async def with_drafts(visit: Visit, drafts: PageDrafts | None) -> Visit:
    """The visit with the visitor's drafts of the forms on this page."""
    if drafts is None or visit.signed_in is None:
        return visit
    if drafts.shared:
        draft = await shared_draft(visit)
        command = draft.place.command
        return replace(visit, shared=draft, drafted=(command,), drafts={command: draft})
    found = [await visit.wiring.drafts.find(place_of(visit, command)) for command in drafts.commands]
    return replace(
        visit,
        drafted=drafts.commands,
        drafts={each.place.command: each for each in found if each is not None},
    )


async def shared_draft(visit: Visit) -> Draft:
    """The draft that the page's address names. Raises as `own_or_shared`."""
    return await own_or_shared(visit.wiring, visit.path["draft"], visit.who)


def written_since(visit: Visit, form: SubmittedForm) -> Draft | None:
    """The draft of a form that is sent, if it was saved with other words since the form was opened: by somebody who
    writes with the visitor, or on another device. They would be lost if the form was submitted."""
    draft = visit.drafts.get(form.own("do"))
    if draft is None or form.own("revision") in ("", str(draft.revision)):
        return None
    if saved_by(draft, form_name(form.own("key"))):
        return None
    return None if dict(draft.typed) == _with_owners(visit, form.typed()) else draft


def _with_owners(visit: Visit, typed: Mapping[str, str]) -> dict[str, str]:
    """What was typed; on the page of a shared draft, with what its owner chose on their own page: for whom they apply."""
    return dict(typed) if visit.shared is None else with_owners(visit.shared, typed)


async def saved(visit: Visit, drafts: PageDrafts, form: SubmittedForm) -> Visit:
    """Save what was typed as a draft; the visit with it. Raises `DraftChanged`, or `CommandRejected`."""
    command = form.own("do")
    typed = _with_owners(visit, form.typed())
    if sum(map(len, typed.values())) > MOST_DRAFTED:
        raise Invalid.field("answers", TOO_LARGE)
    nested(typed)  # what has no shape would come back with every page that shows the draft
    revision = form.own("revision")
    asked = await drafts.form(visit, command)
    draft = await visit.wiring.drafts.save(
        place_of(visit, command),
        typed,
        seen=int(revision) if revision.isascii() and revision.isdigit() and len(revision) < 10 else 0,
        kept_until=kept_until(visit.wiring.clock(), asked.until),
        writer=visit.who if draft_of_another(visit) else None,
        form=form_name(form.own("key")),
    )
    shared = draft if visit.shared else None
    return replace(visit, shared=shared, drafts={**visit.drafts, command: draft})


def draft_of_another(visit: Visit) -> bool:
    """Whether the page shows a draft that is not the visitor's own."""
    return visit.shared is not None and visit.shared.place.person != visit.who


def submitted_revision(visit: Visit, command: str) -> int | None:
    """The revision of the draft that is deleted once its form was submitted: if others write in it, only the one that
    the visitor sent, so that what they saved since stays. None for any."""
    draft = visit.drafts.get(command)
    return draft.revision if draft is not None and draft.everybody - {visit.who} else None


async def other_writers(visit: Visit, command: str) -> frozenset[str]:
    """The others who wrote in the draft from which a command is sent; they are known even if the draft cannot be opened."""
    if command not in FORMS:
        return frozenset()
    place = place_of(visit, command)
    return ((await visit.wiring.drafts.helpers(place)) | {place.person}) - {visit.who}


def changed_elsewhere(visit: Visit, form: SubmittedForm, other: Draft) -> Visit:
    """The visit that shows the form with both versions."""
    merged = merge(form.typed(), other.typed)
    own = {name: value for name, value in form.fields.items() if name.startswith("_")}
    returned = Returned(
        form=form.own("form"),
        typed=SubmittedForm({**own, **merged.typed}),
        sentence=CHANGED,
        status=409,
        key=form.own("key"),
    )
    command = form.own("do")
    return replace(
        visit, returned=returned, drafts={**visit.drafts, command: other}, other_version=merged.others
    )


async def try_to_save(visit: Visit, drafts: PageDrafts | None, form: SubmittedForm) -> Visit:
    """Save a draft where the visitor asked for something else, so that nothing typed is lost; the form itself is shown
    anyway. The same visit if nothing was saved."""
    if drafts is None or not form.own("revision"):
        return visit
    try:
        return await saved(visit, drafts, form)
    except (DraftChanged, CommandRejected, Unavailable, KeysUnusable):
        return visit


def counts(stage: Stage, currency: str, typed: Mapping[str, str]) -> dict[str, Message]:
    """What is said below the inputs of an application (see `DraftedApplication.counts`)."""
    found: dict[str, Message] = {}
    for name, question in _inputs(stage, typed):
        if question.max_words is not None:
            found[name] = _words(count_words(typed.get(name, "")), question.max_words)
        elif question.kind == "budget":
            found[name] = _total(name, typed, currency)
    return found


def _words(given: int, most: int) -> Message:
    said = counted(
        "{given} of at most {count} word", "{given} of at most {count} words", count=most, given=given
    )
    if given <= most:
        return said
    over = counted("{count} word too many", "{count} words too many", count=given - most)
    return msg("{words}: {over}", words=said, over=over)


def too_much(said: Message) -> bool:
    """Whether what is said below an input is that there is too much in it."""
    return "over" in said.values


def _inputs(stage: Stage, typed: Mapping[str, str]) -> Iterator[tuple[str, AnyQuestion]]:
    """The questions of a form by the names of their inputs; those of a group once for each entry that is shown."""
    for question in stage.form.questions:
        name = f"answers.{question.id}"
        yield name, question
        for row in range(max(question.entries[0], SubmittedForm(typed).rows(f"{name}.entries") + 1)):
            for each in question.questions:
                yield f"{name}.entries[{row}].{each.id}", each


def _total(name: str, typed: Mapping[str, str], currency: str) -> Message:
    amounts = [
        text
        for field, text in typed.items()
        if field.startswith(f"{name}[") and field.endswith("].amount") and text.strip()
    ]
    try:
        total = sum(minor_units(typed_amount(text, currency), currency, name) for text in amounts)
    except Invalid:
        return msg("An amount cannot be read yet, so the lines are not added up.")
    requested = typed.get("requested.amount", "")
    try:
        asked_for = minor_units(typed_amount(requested, currency), currency, name)
    except Invalid:
        return msg("The lines add up to {total}.", total=Money.of(total, currency))
    if total == asked_for:
        return msg("The lines add up to {total}, the amount you ask for.", total=Money.of(total, currency))
    return msg(
        "The lines add up to {total}; you ask for {requested}.",
        total=Money.of(total, currency),
        requested=Money.of(asked_for, currency),
    )


def saved_at(draft: Draft, zone: str) -> Message:
    """What the page says about a saved draft."""
    if draft.writers:
        return msg(
            "Draft saved on {moment}. It is kept until {day} at least; only those who write in it can read it, and it is not submitted "
            "yet.",
            moment=At(draft.saved_at, zone),
            day=draft.kept_until.date(),
        )
    return msg(
        "Draft saved on {moment}. It is kept until {day} at least; only you can read it, and it is not submitted yet.",
        moment=At(draft.saved_at, zone),
        day=draft.kept_until.date(),
    )


async def answer_for_script(visit: Visit, drafts: PageDrafts, form: SubmittedForm) -> dict[str, object]:
    """The answer to the script that saves while somebody writes: the revision, and what the page says about it."""
    command = form.own("do")
    asked = await drafts.form(visit, command)
    draft = visit.drafts[command]
    said = asked.counts(draft.typed)
    return {
        "revision": draft.revision,
        "said": visit.locale.say(asked.saved(draft)),
        "counts": {name: visit.locale.say(message) for name, message in said.items()},
        "over": [name for name, message in said.items() if too_much(message)],
        "people": f"/drafts/{draft.id}/people" if command in FORMS else None,
    }


def words_of(
    visit: Visit, stage: Stage, labels: Mapping[str, Message | str], typed: Mapping[str, str]
) -> list[tuple[str, str]]:
    """What was typed, with the label of each input, as a person reads it: an option by its words, never by its code. What the
    page itself filled in is left out."""
    found: list[tuple[str, str]] = []
    questions = {question.id: question for question in stage.form.questions}
    for name, text in typed.items():
        beginning, _, rest = name.partition(".")
        if (
            not text.strip()
            or beginning in ("round", "eligibility", "applicant", REMOVED)
            or name.endswith(".currency")
        ):
            continue
        option, labelled = None, name
        if beginning == "answers":
            asked, _, chosen = rest.partition(".")
            whole = questions.get(asked.partition("[")[0])
            question: AnyQuestion | None = whole
            in_entry = whole is not None and whole.kind == "group"
            if whole is not None and in_entry:
                part = name.rpartition(".")[2]
                question = next((each for each in whole.questions if each.id == part), None)
            if question is None:
                continue  # a question that was removed meanwhile is told apart
            options = {choice.id: said(choice.label, visit.languages).text for choice in question.choices}
            option = options.get(text if in_entry else chosen or text)
            labelled = name if "[" in rest else f"answers.{asked}"
            if question.kind in ("yes_no", "consent"):
                option = visit.locale.say(_YES_NO[text]) if text in _YES_NO else None
        label = labels.get(labelled, label_of(labelled))
        found.append((visit.locale.say(label) if isinstance(label, Message) else label, option or text))
    return found


_YES_NO: Final = {"yes": msg("Yes"), "no": msg("No")}
