"""The declaration of a page, made in each concept's file and served by `api.pages.site`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from api.inputs.commands import command_of
from api.inputs.submitted import Plain, SubmittedForm, nested
from api.pages.trying import Offer, Trial
from api.pages.visits import Visit
from domain.commands.register import REGISTER
from domain.deciding import Command
from domain.messages import Message
from domain.refusals import CommandRejected
from history.requests import Answer

if TYPE_CHECKING:
    from api.pages.drafting import PageDrafts
    from api.pages.rendering import Part

S = TypeVar("S")
"""What a page shows and an action is about, such as a grant or one of its instalments."""


@dataclass(frozen=True, slots=True)
class PageContent:
    """The content of a page: its template and the template's values. `labels` name inputs in the summary of errors that
    `api.pages.labels` does not know; `initiative` is the one that the page belongs to. `parts` are further values of the
    template: each is rendered by itself, and kept for all readers of the same. `script` is whether the page
    saves drafts with the program's script, where the browser runs one, and `passkeys` whether it makes or uses passkeys
    with the other one."""

    template: str
    context: Mapping[str, Any]  # Any: whatever the template shows
    labels: Mapping[str, Message | str] = field(default_factory=dict)
    initiative: str | None = None
    parts: Mapping[str, Part] = field(default_factory=dict)
    script: bool = False
    passkeys: bool = False


Show = Callable[[Visit], Awaitable[PageContent]]
Filled = Callable[[Visit, SubmittedForm], Awaitable[Plain]]
Next = Callable[[Visit, Answer], str]
RunOne = Callable[[Command, str, str | None], Awaitable[Answer]]
"""Runs a command of the visitor's, with its idempotency key and the version's tag that it was given."""
Runs = Callable[[Visit, SubmittedForm, RunOne], Awaitable[PageContent]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageAction(Generic[S]):
    """A command that a form of the page can send.

    Fields of the command that are in the page's address are taken from there, the others from the form; `filled` makes
    them if the form has another shape than the command, and `inputs` says then at which input the error of a field is
    shown. `done` is the message on the next page, which is the same one or the address from `then`. With a `name` and
    `tried`, a command as somebody would send it from this page about what it shows (None: not as it stands now),
    `offers_of` finds out whether the visitor can do it now.
    """

    command: str
    done: Message
    name: Message | Callable[[S], Message] | None = None
    tried: Callable[[Visit, S], Command | None] | None = None
    filled: Filled | None = None
    inputs: Callable[[str], str] | None = None
    then: Next | None = None

    async def offer(self, visit: Visit, trial: Trial, of: S) -> Offer | None:
        """Whether the visitor can do it now; None if it does not come into question, or cannot be tried."""
        if self.name is None or self.tried is None or (command := self.tried(visit, of)) is None:
            return None
        offer = await trial.of(self.name if isinstance(self.name, Message) else self.name(of), command)
        assert offer.do == self.command, "an action tries another command than it sends"
        return offer


async def offers_of(visit: Visit, trial: Trial, acts: Sequence[PageAction[S]], of: S) -> list[Offer]:
    """Which of a page's actions the visitor can do now `of` what it shows, in order; those that do not come into question are
    left out."""
    found = [await act.offer(visit, trial, of) for act in acts]
    return [each for each in found if each is not None]


async def command_sent(
    visit: Visit, act: PageAction[Any], form: SubmittedForm
) -> tuple[Command, frozenset[str]]:
    """The command that a form sends, and those of its fields that the page's address gives. Raises `CommandRejected`."""
    kind = REGISTER[act.command].request
    typed: Plain = await act.filled(visit, form) if act.filled else nested(form.typed())
    in_address = {name: visit.path[name] for name in kind.__struct_fields__ if name in visit.path}
    return command_of(kind, {**typed, **in_address}), frozenset(in_address)


async def would_succeed(visit: Visit, act: PageAction[Any], form: SubmittedForm) -> bool:
    """Whether the command of a form would be done if it was sent now, with everything that was typed."""
    try:
        command, _ = await command_sent(visit, act, form)
        return await visit.trial().why_not(command) is None
    except CommandRejected:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page: its address, its content, and its actions. A `public` page needs no sign-in; one with `as_of` can be
    shown as of an earlier time; one with `tries` takes forms that write nothing, one whose `runs` is set a form that
    runs several commands, or none of the `acts` (of the name `runs_for`, if it has others, too); what is typed into one
    with `drafts` can be saved before it is submitted."""

    path: str
    show: Show
    acts: tuple[PageAction[Any], ...] = ()  # Any: each of its own
    public: bool = False
    as_of: bool = False
    tries: bool = False
    runs: Runs | None = None
    runs_for: str | None = None
    drafts: PageDrafts | None = None

    def only_tries(self, command: str) -> bool:
        """Whether a form that names `command` is sent to see something, such as a test run or what a search finds: what was typed is
        stored nowhere."""
        return self.tries and self.runs is None and all(each.command != command for each in self.acts)
