"""The draft of a report on a grant, on the grant's page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from api.drafts.drafts import Draft
from api.drafts.sharing import REPORT
from api.pages.drafting import PageDrafts, saved_at
from api.pages.rendering import Said
from api.pages.trying import Offer
from api.pages.visits import Visit
from domain.calls.state import CALL
from domain.commands.grants.reports import SubmitGrantReport
from domain.grants.state import GRANT
from domain.messages import Message, msg
from domain.refusals import Forbidden, NotFound, Refused

_KEPT: Final = timedelta(days=365)
TEXT: Final = msg("What was done with the money")


@dataclass(frozen=True, slots=True)
class DraftedReport:
    """The form of a report; see `api.pages.drafting.DraftedForm`. It is kept for a year at least, as a grant lasts long."""

    time_zone: str
    until: datetime | None = None

    def saved(self, draft: Draft) -> Message:
        """When it was saved, and how long it is kept."""
        return saved_at(draft, self.time_zone)

    def counts(self, typed: Mapping[str, str]) -> dict[str, Message]:  # noqa: ARG002 - of every form with a draft
        """Nothing is counted."""
        return {}


async def _submitting(visit: Visit, grant: str) -> Offer:
    return await visit.trial().of(msg("Submit a report"), SubmitGrantReport(grant=grant, text="-"))


async def is_expected(visit: Visit, grant: str) -> bool:
    """Whether the visitor can submit a report on a grant now."""
    return (await _submitting(visit, grant)).may


async def _drafted(visit: Visit, _command: str) -> DraftedReport:
    """The form on a grant's page. Raises `CommandRejected` if the visitor cannot submit a report now."""
    grant = visit.path["grant"]
    offer = await _submitting(visit, grant)
    if not offer.may:
        if isinstance(offer.why_not, Message):
            raise Refused(offer.why_not)
        raise Forbidden(offer.not_yours) if isinstance(offer.not_yours, Message) else NotFound
    state = await visit.wiring.reader.the(GRANT, grant)
    call = await visit.wiring.reader.the(CALL, state.call)
    return DraftedReport(call.time_zone, visit.wiring.clock() + _KEPT)


DRAFTS: Final = PageDrafts((REPORT,), _drafted)


def other_version(visit: Visit) -> list[tuple[Said, str]]:
    """What was saved elsewhere in a draft, with the label of its input."""
    label = Said(visit.locale.language, visit.locale.say(TEXT))
    return [(label, text) for name, text in visit.other_version.items() if name == "text" and text.strip()]
