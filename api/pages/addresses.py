"""All pages, and the message after each command: collected from the files of each concept."""

from __future__ import annotations

from typing import Final

from api.pages import (
    application_forms,
    applications,
    applying,
    assigning,
    call_setup,
    call_setup_lists,
    calls,
    funded,
    funds,
    grants,
    home,
    initiatives,
    members,
    organisations,
    panels,
    payments,
    questions,
    reviews,
    stage_previews,
    stages,
    together,
)

PAGES: Final = (
    *home.PAGES,
    *organisations.PAGES,
    *initiatives.PAGES,
    *calls.PAGES,
    *applying.PAGES,
    *call_setup.PAGES,
    *call_setup_lists.PAGES,
    *stages.PAGES,
    *questions.PAGES,
    *stage_previews.PAGES,
    *applications.PAGES,
    *together.PAGES,
    *assigning.PAGES,
    *application_forms.PAGES,
    *reviews.PAGES,
    *panels.PAGES,
    *grants.PAGES,
    *funds.PAGES,
    *payments.PAGES,
    *funded.PAGES,
    *members.PAGES,
)

DONE: Final = {act.command: act.done for page in PAGES for act in page.acts}
"""The message after a command was done, by its name."""
