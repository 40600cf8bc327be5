"""The topic register: the permanent name of every fact ever stored, and the aggregate of every kind of stream.

A topic never changes its meaning and is never given to another class. A class may move or be renamed freely; a fact
that needs another shape gets a new topic, and what was stored under the old one is converted where it is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from domain import applications, calls, funds, initiatives, panels, persons, readings, reviews, rounds
from domain.deciding import Aggregate, Fact
from domain.grants import facts as grants
from domain.grants.state import GRANT

TOPICS: Final[Mapping[str, type[Fact]]] = MappingProxyType(
    {
        "installation.opened.v1": initiatives.InstallationOpened,
        "installation.administrator_appointed.v1": initiatives.AdministratorAppointed,
        "initiative.founded.v1": initiatives.InitiativeFounded,
        "initiative.member_added.v1": initiatives.MemberAdded,
        "initiative.member_removed.v1": initiatives.MemberRemoved,
        "person.registered.v1": persons.PersonRegistered,
        "person.handle_given.v1": persons.PersonHandleGiven,
        "person.erased.v1": persons.PersonErased,
        "fund.opened.v1": funds.FundOpened,
        "fund.pledged.v1": funds.FundPledged,
        "fund.received.v1": funds.FundReceived,
        "fund.committed.v1": funds.FundCommitted,
        "fund.released.v1": funds.FundReleased,
        "call.drafted.v1": calls.CallDrafted,
        "call.published.v1": calls.CallPublished,
        "round.opened.v1": rounds.RoundOpened,
        "round.closed.v1": rounds.RoundClosed,
        "round.put_to_panel.v1": rounds.RoundPutToPanel,
        "round.decided.v1": rounds.RoundDecided,
        "application.submitted.v1": applications.ApplicationSubmitted,
        "application.withdrawn.v1": applications.ApplicationWithdrawn,
        "application.found_eligible.v1": applications.ApplicationFoundEligible,
        "application.found_ineligible.v1": applications.ApplicationFoundIneligible,
        "application.awarded.v1": applications.ApplicationAwarded,
        "application.waitlisted.v1": applications.ApplicationWaitlisted,
        "application.declined.v1": applications.ApplicationDeclined,
        "review.assigned.v1": reviews.ReviewAssigned,
        "review.cleared.v1": reviews.ReviewCleared,
        "review.conflict_declared.v1": reviews.ReviewConflictDeclared,
        "review.replaced.v1": reviews.ReviewReplaced,
        "review.submitted.v1": reviews.ReviewSubmitted,
        "reading.recorded.v1": readings.ReadingRecorded,
        "panel.opened.v1": panels.PanelOpened,
        "panel.outcome_set.v1": panels.PanelOutcomeSet,
        "panel.closed.v1": panels.PanelClosed,
        "panel.confirmed.v1": panels.PanelConfirmed,
        "grant.offered.v1": grants.GrantOffered,
        "grant.accepted.v1": grants.GrantAccepted,
        "grant.declined.v1": grants.GrantDeclined,
        "grant.lapsed.v1": grants.GrantLapsed,
        "grant.payee_set.v1": grants.GrantPayeeSet,
        "grant.payee_confirmed.v1": grants.GrantPayeeConfirmed,
        "grant.instalments_scheduled.v1": grants.GrantInstalmentsScheduled,
        "grant.report_submitted.v1": grants.GrantReportSubmitted,
        "grant.report_accepted.v1": grants.GrantReportAccepted,
        "grant.report_returned.v1": grants.GrantReportReturned,
        "grant.instalment_requested.v1": grants.GrantInstalmentRequested,
        "grant.instalment_approved.v1": grants.GrantInstalmentApproved,
        "grant.instalment_instructed.v1": grants.GrantInstalmentInstructed,
        "grant.instalment_settled.v1": grants.GrantInstalmentSettled,
        "grant.instalment_failed.v1": grants.GrantInstalmentFailed,
        "grant.completed.v1": grants.GrantCompleted,
    }
)
"""Every fact's class by its topic."""

TOPIC_OF: Final[Mapping[type[Fact], str]] = MappingProxyType({fact: topic for topic, fact in TOPICS.items()})
"""Every fact's topic by its class."""

AGGREGATES: Final[Mapping[str, Aggregate[Any]]] = MappingProxyType(
    {
        aggregate.kind: aggregate
        for aggregate in (
            initiatives.INSTALLATION,
            initiatives.INITIATIVE,
            persons.PERSON,
            funds.FUND,
            calls.CALL,
            rounds.ROUND,
            applications.APPLICATION,
            reviews.REVIEW,
            readings.READING,
            panels.PANEL,
            GRANT,
        )
    }
)
"""The aggregate of each kind of stream, which is the first part of the stream's id. `Any`: each has its own state."""
