"""What a page is: declared once by each concept's file, and served by `api.pages.site`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from api.pages.forms import Plain, SubmittedForm
from api.pages.visits import Visit
from domain.messages import Message
from history.requests import Answer


@dataclass(frozen=True, slots=True)
class PageContent:
    """What a page shows: its template and what that needs. `labels` name inputs in the summary of what is wrong, where
    `api.pages.labels` does not; `initiative` is the one that the page belongs to."""

    template: str
    context: Mapping[str, Any]  # Any: whatever the template shows
    labels: Mapping[str, Message | str] = field(default_factory=dict)
    initiative: str | None = None


Show = Callable[[Visit], Awaitable[PageContent]]
Filled = Callable[[Visit, SubmittedForm], Awaitable[Plain]]
Next = Callable[[Visit, Answer], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageAction:
    """A command that a page's form can give.

    The fields of the command that the page's address tells are taken from there (`told`: by the names there), the
    others from the form; `filled` makes them where the form is not shaped like the command. `done` is said on the page
    that follows, which is the same one or what `then` tells.
    """

    command: str
    done: Message
    told: Mapping[str, str] = field(default_factory=dict)
    filled: Filled | None = None
    then: Next | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page: its address, what it shows, and what can be done there. A `public` one needs no signing in; one with
    `as_of` can be shown as of an earlier time."""

    path: str
    show: Show
    acts: tuple[PageAction, ...] = ()
    public: bool = False
    as_of: bool = False
