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
    call_setup_parts,
    calls,
    corresponding,
    disclosures,
    entering,
    funded,
    funds,
    grants,
    grouped_questions,
    home,
    initiatives,
    inviting,
    letter_texts,
    members,
    news,
    organisations,
    panels,
    payments,
    people,
    profile,
    questions,
    reviews,
    shared_drafts,
    stage_previews,
    stage_test_runs,
    stages,
    together,
)
from domain.messages import msg

PAGES: Final = (
    *home.PAGES,
    *news.PAGES,
    *organisations.PAGES,
    *initiatives.PAGES,
    *letter_texts.PAGES,
    *calls.PAGES,
    *applying.PAGES,
    *call_setup.PAGES,
    *call_setup_parts.PAGES,
    *call_setup_lists.PAGES,
    *stages.PAGES,
    *questions.PAGES,
    *grouped_questions.PAGES,
    *stage_previews.PAGES,
    *stage_test_runs.PAGES,
    *applications.PAGES,
    *corresponding.PAGES,
    *together.PAGES,
    *assigning.PAGES,
    *application_forms.PAGES,
    *shared_drafts.PAGES,
    *reviews.PAGES,
    *panels.PAGES,
    *grants.PAGES,
    *funds.PAGES,
    *payments.PAGES,
    *funded.PAGES,
    *members.PAGES,
    *people.PAGES,
    *profile.PAGES,
    *disclosures.PAGES,
    *entering.PAGES,
    *inviting.PAGES,
)

DONE: Final = {act.command: act.done for page in PAGES for act in page.acts} | {
    "invitation.accept": msg(
        "You accepted the invitation. Your new role is shown below, and what you are asked to do appears on this page."
    )
}
"""The message after a command was done, by its name."""
