"""All pages, and the message after each command: collected from the files of each concept."""

from __future__ import annotations

from typing import Final

from api.pages import (
    application_forms,
    applications,
    calls,
    funds,
    grants,
    home,
    members,
    organisations,
    panels,
    reviews,
    stages,
)

PAGES: Final = (
    *home.PAGES,
    *organisations.PAGES,
    *calls.PAGES,
    *stages.PAGES,
    *applications.PAGES,
    *application_forms.PAGES,
    *reviews.PAGES,
    *panels.PAGES,
    *grants.PAGES,
    *funds.PAGES,
    *members.PAGES,
)

DONE: Final = {act.command: act.done for page in PAGES for act in page.acts}
"""The message after a command was done, by its name."""
