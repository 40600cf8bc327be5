"""The state of an application, folded from its facts."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final, assert_never

import msgspec

from domain.applications.facts import (
    ApplicationAwarded,
    ApplicationCancelled,
    ApplicationChanged,
    ApplicationContinued,
    ApplicationDeclined,
    ApplicationEndedByErasure,
    ApplicationEnteredOnBehalf,
    ApplicationFact,
    ApplicationFoundEligible,
    ApplicationFoundIneligible,
    ApplicationGrantOffered,
    ApplicationInvitationLapsed,
    ApplicationInvited,
    ApplicationPromoted,
    ApplicationResubmitted,
    ApplicationReturned,
    ApplicationReturnLapsed,
    ApplicationSubmitted,
    ApplicationWaitlisted,
    ApplicationWithdrawn,
    ApplicationWrittenWith,
)
from domain.deciding import Aggregate
from domain.messages import Message, counted, in_context


class ApplicationStatus(enum.StrEnum):
    """The statuses of an application."""

    SUBMITTED = "submitted"
    RETURNED = "returned"
    INVITED = "invited"
    LAPSED = "lapsed"
    ELIGIBLE = "eligible"
    INELIGIBLE = "ineligible"
    AWARDED = "awarded"
    WAITLISTED = "waitlisted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"


STATUS_LABELS: Final[Mapping[enum.Enum, Message]] = {
    ApplicationStatus.SUBMITTED: in_context("application status", "submitted"),
    ApplicationStatus.RETURNED: in_context("application status", "returned with questions"),
    ApplicationStatus.INVITED: in_context("application status", "invited to the next stage"),
    ApplicationStatus.LAPSED: in_context("application status", "not continued"),
    ApplicationStatus.ELIGIBLE: in_context("application status", "eligible"),
    ApplicationStatus.INELIGIBLE: in_context("application status", "ineligible"),
    ApplicationStatus.AWARDED: in_context("application status", "awarded"),
    ApplicationStatus.WAITLISTED: in_context("application status", "waitlisted"),
    ApplicationStatus.DECLINED: in_context("application status", "declined"),
    ApplicationStatus.WITHDRAWN: in_context("application status", "withdrawn"),
    ApplicationStatus.CANCELLED: in_context("application status", "cancelled with its call"),
}
"""The label of each status (`domain.labels`)."""

_BEFORE_PANEL: Final[Mapping[ApplicationStatus, Callable[[int], Message]]] = {
    ApplicationStatus.SUBMITTED: lambda count: counted(
        "{count} application has not been examined yet; find it eligible or ineligible first.",
        "{count} applications have not been examined yet; find each eligible or ineligible first.",
        count=count,
    ),
    ApplicationStatus.RETURNED: lambda count: counted(
        "{count} application was returned with questions and not submitted again yet. Wait until its date, or find it "
        "eligible or ineligible as it stands.",
        "{count} applications were returned with questions and not submitted again yet. Wait until their dates, or find "
        "each eligible or ineligible as it stands.",
        count=count,
    ),
}
"""The statuses that have to be settled before a panel opens, each with the sentence that says what to do."""


class Application(msgspec.Struct, frozen=True, kw_only=True):
    """The state of an application, without personal data. Amounts are minor units of `currency`. `resubmit_by` and
    `resubmit_local` are set while it is returned. `invited_to` is the last stage to which it was invited; `earlier` are
    the rounds of earlier stages, in order. `panel` is the panel that decided on it, `grant` the grant that was offered
    after the award. `on_behalf`: the staff entered it for the applicant. `writers` are the people who wrote in its
    drafts and are not the applicant."""

    status: ApplicationStatus | None = None
    initiative: str = ""
    call: str = ""
    round: str = ""
    stage: str = ""
    form_version: int = 1
    invited_to: str | None = None
    earlier: tuple[str, ...] = ()
    applicant: str = ""
    dossier: str = ""
    requested: int = 0
    awarded: int = 0
    currency: str = ""
    panel: str | None = None
    resubmit_by: datetime | None = None
    resubmit_local: str = ""
    time_zone: str = ""
    grant: str | None = None
    decide_by: datetime | None = None
    on_behalf: bool = False
    writers: frozenset[str] = frozenset()

    @property
    def has_unoffered_award(self) -> bool:
        """Whether a grant was awarded but not offered yet."""
        return self.status is ApplicationStatus.AWARDED and self.grant is None

    @property
    def rounds(self) -> tuple[str, ...]:
        """The rounds of all stages that it reached, in order."""
        return (*self.earlier, self.round)

    @property
    def rivals_later(self) -> bool:
        """Whether it was invited to a later stage and is still in play there, or could be again if the round opens again.
        Then its applicant is a rival in every stage of the call, also before they answer the next form."""
        return self.invited_to is not None and self.status in (*GOING_ON, ApplicationStatus.LAPSED)


def evolve(application: Application, fact: ApplicationFact) -> Application:
    """The application after one more fact."""
    replace = msgspec.structs.replace
    match fact:
        case ApplicationSubmitted():
            return Application(
                status=ApplicationStatus.SUBMITTED,
                initiative=fact.initiative,
                call=fact.call,
                round=fact.round,
                stage=fact.stage,
                form_version=fact.form_version,
                applicant=fact.applicant,
                dossier=fact.dossier,
                requested=fact.requested,
                currency=fact.currency,
                decide_by=fact.decide_by,
            )
        case ApplicationChanged() | ApplicationResubmitted():
            return replace(
                application,
                status=ApplicationStatus.SUBMITTED,
                requested=fact.requested,
                form_version=fact.form_version,
            )
        case ApplicationInvited():
            return replace(application, status=ApplicationStatus.INVITED, invited_to=fact.stage)
        case ApplicationContinued():
            return replace(
                application,
                status=ApplicationStatus.SUBMITTED,
                round=fact.round,
                stage=fact.stage,
                form_version=fact.form_version,
                requested=fact.requested,
                earlier=(*application.earlier, application.round),
            )
        case ApplicationInvitationLapsed():
            return replace(application, status=ApplicationStatus.LAPSED)
        case ApplicationReturned():
            return replace(
                application,
                status=ApplicationStatus.RETURNED,
                resubmit_by=fact.resubmit_by,
                resubmit_local=fact.resubmit_local,
                time_zone=fact.time_zone,
            )
        case ApplicationReturnLapsed():
            return replace(application, status=ApplicationStatus.SUBMITTED)
        case ApplicationWithdrawn() | ApplicationEndedByErasure():
            return replace(application, status=ApplicationStatus.WITHDRAWN)
        case ApplicationFoundEligible():
            return replace(application, status=ApplicationStatus.ELIGIBLE)
        case ApplicationFoundIneligible():
            return replace(application, status=ApplicationStatus.INELIGIBLE)
        case ApplicationCancelled():
            return replace(application, status=ApplicationStatus.CANCELLED)
        case ApplicationAwarded() | ApplicationPromoted():
            return replace(
                application, status=ApplicationStatus.AWARDED, awarded=fact.amount, panel=fact.panel
            )
        case ApplicationWaitlisted():
            return replace(application, status=ApplicationStatus.WAITLISTED, panel=fact.panel)
        case ApplicationDeclined():
            return replace(application, status=ApplicationStatus.DECLINED, panel=fact.panel)
        case ApplicationGrantOffered():
            return replace(application, grant=fact.grant)
        case ApplicationEnteredOnBehalf():
            return replace(application, on_behalf=True)
        case ApplicationWrittenWith():
            return replace(application, writers=application.writers | set(fact.writers))
        case _:
            assert_never(fact)


APPLICATION = Aggregate(kind="application", empty=Application(), evolve=evolve)

IN_PLAY = (ApplicationStatus.SUBMITTED, ApplicationStatus.RETURNED, ApplicationStatus.ELIGIBLE)
"""Applications that have neither ended nor been decided."""


def unsettled(statuses: Iterable[ApplicationStatus]) -> dict[ApplicationStatus, int]:
    """How many of some applications have to be settled before a panel can rank them, by status, so that none is
    silently left out of a ranking."""
    found = Counter(statuses)
    return {status: found[status] for status in _BEFORE_PANEL if found[status]}


def to_settle(counts: Mapping[ApplicationStatus, int]) -> tuple[Message, ...]:
    """What to do about applications that are `unsettled`, one sentence for each status."""
    return tuple([_BEFORE_PANEL[status](count) for status, count in counts.items()])


GOING_ON = (*IN_PLAY, ApplicationStatus.INVITED)
"""Applications that are under consideration, or invited to the next stage."""

WITHDRAWABLE = (*GOING_ON, ApplicationStatus.WAITLISTED)
