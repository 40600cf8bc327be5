"""Drafts in which several people write: the form for those who were invited."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from api.drafts.forms import command_fields
from api.drafts.sharing import FORMS
from api.inputs.submitted import Plain, SubmittedForm
from api.pages import application_forms, applying
from api.pages.applying import writing
from api.pages.drafting import PageDrafts, drafted_application, form_here
from api.pages.page import Page, PageContent
from api.pages.visits import Visit
from domain.messages import msg


async def _show(visit: Visit) -> PageContent:
    assert visit.shared is not None
    form = await form_here(visit, visit.shared.place.command)
    submits = await visit.wiring.shared_drafts.submits(visit.shared, visit.who)
    return await writing(
        visit,
        form,
        heading=msg("A draft that you write together"),
        note=msg("You can submit it, because you act for the organisation that applies.")
        if submits
        else msg("You help to write it. Only the person whose draft it is submits it."),
        send=msg("Submit the application"),
        submits=submits,
    )


async def _filled(visit: Visit, typed: SubmittedForm) -> Plain:
    assert visit.shared is not None
    return await command_fields(visit.wiring, visit.shared, visit.who, typed)


_ACTS: Final = {act.command: act for page in (*applying.PAGES, *application_forms.PAGES) for act in page.acts}
"""The same actions as on the owner's pages, with what is said after each."""

PAGES: Final[tuple[Page, ...]] = (
    Page(
        path="/drafts/{draft}",
        show=_show,
        drafts=PageDrafts(tuple(sorted(FORMS)), drafted_application, shared=True),
        acts=tuple([replace(_ACTS[command], filled=_filled) for command in sorted(FORMS)]),
    ),
)
