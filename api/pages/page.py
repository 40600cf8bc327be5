"""The declaration of a page, made in each concept's file and served by `api.pages.site`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from api.pages.forms import Plain, SubmittedForm
from api.pages.trying import Offer, Trial
from api.pages.visits import Visit
from domain.deciding import Command
from domain.messages import Message
from history.requests import Answer

if TYPE_CHECKING:
    from api.pages.drafting import PageDrafts
    from api.pages.rendering import Part


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
class PageAction:
    """A command that a form of the page can send.

    Fields of the command that are in the page's address are taken from there, the others from the form; `filled` makes
    them if the form has another shape than the command, and `inputs` says then at which input the error of a field is
    shown. `done` is the message on the next page, which is the same one or the address from `then`. With a `name` and
    `tried`, a command as somebody would send it from this page, `offers_of` finds out whether the visitor can do it
    now.
    """

    command: str
    done: Message
    name: Message | None = None
    tried: Callable[[Visit], Command] | None = None
    filled: Filled | None = None
    inputs: Callable[[str], str] | None = None
    then: Next | None = None


async def offers_of(visit: Visit, trial: Trial, acts: Sequence[PageAction]) -> list[Offer]:
    """Which of a page's actions the visitor can do now, in order; those that cannot be tried are left out."""
    found = []
    for act in acts:
        if act.name is not None and act.tried is not None:
            offer = await trial.of(act.name, act.tried(visit))
            assert offer.do == act.command, "an action tries another command than it sends"
            found.append(offer)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page: its address, its content, and its actions. A `public` page needs no sign-in; one with `as_of` can be
    shown as of an earlier time; one with `tries` takes forms that write nothing, one whose `runs` is set a form that
    runs several commands, or none of the `acts` (of the name `runs_for`, if it has others, too); what is typed into one
    with `drafts` can be saved before it is submitted."""

    path: str
    show: Show
    acts: tuple[PageAction, ...] = ()
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
