"""One request for a page: the visitor, the request, and the form that came back."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from litestar import Request

from api.accounts.sessions import SignedIn
from api.drafts.drafts import Draft
from api.inputs.submitted import SubmittedForm
from api.locales import Locale, locale_of
from api.pages.labels import given_back
from api.pages.trying import Trial
from api.run.wiring import Wiring
from domain.messages import Message
from projections.initiatives import Me
from projections.versions import Version


@dataclass(frozen=True, slots=True)
class Returned:
    """A form that was not accepted, to be shown again: which form, what was typed, why, and the errors by field. `key`
    is its idempotency key, which stays the same so that a command that did succeed is not done twice; empty if it needs
    a new one."""

    form: str
    typed: SubmittedForm
    sentence: Message | None
    errors: Mapping[str, Message] = field(default_factory=dict)
    status: int = 409
    key: str = ""
    quiet: bool = False
    """Whether the sentence is said only if the form is not on the page that comes back."""


@dataclass(frozen=True, slots=True)
class FormShown:
    """A form for a template. `id` is unique on the page and is the prefix of the ids of its inputs."""

    id: str
    action: str
    do: str
    csrf: str
    key: str
    seen: str | None
    start: Mapping[str, str]
    returned: Returned | None
    locale: Locale
    draft: Draft | None = None
    """The draft that it shows, if one was saved."""
    drafted: bool = False
    """Whether what is typed into it can be saved as a draft."""
    asked: set[str] = field(default_factory=set)
    """The inputs that were shown so far."""

    @property
    def has_rows(self) -> bool:
        """Whether it has a table to which rows can be added."""
        return any("[" in name for name in self.asked)

    def value(self, name: str) -> str:
        """The value of an input: what was typed if the form came back, otherwise its initial value."""
        self.asked.add(name)
        given = self.start if self.returned is None else self.returned.typed.fields
        return given.get(name, "")

    @property
    def kept(self) -> str:
        """Why what it shows was kept, which is deleted once the form is sent; empty if it was not."""
        return "" if self.returned is None else self.returned.typed.own("kept")

    @property
    def values(self) -> tuple[str, ...]:
        """Everything that was typed or chosen."""
        return () if self.returned is None else tuple(self.returned.typed.fields.values())

    @property
    def wrong(self) -> int:
        """How many inputs have an error."""
        return 0 if self.returned is None else len(self.returned.errors)

    def error(self, name: str) -> str:
        """The error of an input; empty if there is none."""
        found = None if self.returned is None else self.returned.errors.get(name)
        return "" if found is None else self.locale.say(found)


@dataclass(frozen=True, slots=True)
class Visit:
    """A request for a page. `path` and `query` are its parameters, `returned` the form that was not accepted, `me` the
    person who is signed in, if their data can be read, and `forms` the forms shown so far."""

    request: Request[Any, Any, Any]
    wiring: Wiring
    signed_in: SignedIn | None
    path: Mapping[str, str]
    query: Mapping[str, str]
    languages: tuple[str, ...]
    me: Me | None = None
    returned: Returned | None = None
    drafted: tuple[str, ...] = ()
    """The commands of this page whose forms can be saved as drafts."""
    drafts: Mapping[str, Draft] = field(default_factory=dict)
    """The drafts of the forms on this page, by their commands: the visitor's, unless the page is that of a shared one."""
    shared: Draft | None = None
    """The draft that the page's address names."""
    other_version: Mapping[str, str] = field(default_factory=dict)
    """What was typed on another device and differs from the form that came back, by the names of the inputs."""
    forms: list[FormShown] = field(default_factory=list)

    @property
    def locale(self) -> Locale:
        """The language of the page, with the time zone that the visitor chose."""
        return _locale(self.languages, self.me.time_zone if self.me else None)

    def clocks(self, zone: str) -> str:
        """The time zone in which this visitor reads what happened: their own one, else `zone`."""
        return self.locale.own_zone or zone

    @property
    def person(self) -> str | None:
        """The visitor; None for the public."""
        return None if self.signed_in is None else self.signed_in.person

    @property
    def who(self) -> str:
        """The visitor of a page that is not public."""
        assert self.signed_in is not None
        return self.signed_in.person

    def trial(self) -> Trial:
        """A trial of what the visitor may do now."""
        return Trial(self.wiring, self.who)

    def form(
        self,
        do: str,
        about: str | int = "",
        *,
        seen: Version | None = None,
        start: Mapping[str, str] | None = None,
    ) -> FormShown:
        """A form for a command. `about` distinguishes several forms for the same command; `seen` is the version of what
        the visitor sees, to which alone the command applies; `start` are the initial values of its inputs."""
        name = f"{do.replace('.', '-')}{f'-{about}' if about != '' else ''}"
        returned = self.returned if self.returned is not None and self.returned.form == name else None
        assert self.signed_in is not None
        draft = self.drafts.get(do)
        shown = FormShown(
            id=name,
            action=quote(self.request.scope["path"], safe="/")
            + (f"?lang={self.query['lang']}" if "lang" in self.query else ""),
            do=do,
            csrf=self.signed_in.csrf,
            key=(returned.key if returned else "") or secrets.token_urlsafe(18),
            seen=None if seen is None else self.tag(seen),
            start=draft.typed if draft else start or {},
            returned=returned,
            locale=self.locale,
            draft=draft,
            drafted=do in self.drafted,
        )
        self.forms.append(shown)
        return shown

    @property
    def form_to_keep(self) -> FormShown | None:
        """Of the forms shown, the one whose contents are kept when the language is changed: the one that came back,
        otherwise one for which there can be a draft, as people write longest in it, otherwise the one with the most inputs.
        Known once the page is rendered."""
        came_back = [form for form in self.forms if form.returned is not None]
        long = [form for form in self.forms if len(form.asked) > 1 or (form.drafted and form.asked)]
        long.sort(key=lambda form: (not form.drafted, -len(form.asked)))
        return next(iter([*came_back, *long]), None)

    @property
    def without_form(self) -> list[tuple[Message, str, str]]:
        """What was typed into a form that came back and that the page does not show any more, with its labels. Known once the
        page is rendered."""
        if self.returned is None or any(form.returned is not None for form in self.forms):
            return []
        return given_back(self.returned.typed.typed())

    def tag(self, version: Version) -> str:
        """The tag by which a form names a version that the visitor sees."""
        return self.wiring.runner.version_tag(self.who, version.stream, version.number)


@lru_cache(1_000)
def _locale(languages: tuple[str, ...], own_zone: str | None) -> Locale:
    return replace(locale_of(languages), own_zone=own_zone)
