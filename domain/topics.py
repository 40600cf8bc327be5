"""The topic register: the permanent name of every fact ever stored, and the aggregate of every kind of stream.

A topic never changes its meaning and is never given to another class. A class may move or be renamed freely. A fact
that needs another shape gets a new topic (``.v2``); what was stored under the old one is converted where it is read
(`domain.older_facts`), so that all other code knows the newest shape alone.

Each topic also says who reads it in a timeline. A new one is shown to nobody until it does.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from domain import (
    applications,
    calls,
    dossiers,
    funds,
    initiatives,
    older_facts,
    organisations,
    panels,
    persons,
    readings,
    reviews,
    rounds,
)
from domain.deciding import Aggregate, Fact
from domain.grants import facts as grants
from domain.grants.state import GRANT
from domain.values import Role, is_id


class Audience(enum.StrEnum):
    """Who reads what happened, in the timelines that they may open (`domain.access.sees_timeline`). The jury, which reads
    no times, and those who pay open none."""

    APPLICANT = "applicant"
    """Of their own application, and of the grant that followed; and of an organisation for which they act."""
    STAFF = "staff"
    FUNDERS = "funders"


Conversion = Callable[[Any], Fact]  # Any: a fact of the older class


@dataclass(frozen=True, slots=True)
class Older:
    """A topic under which facts were stored before, in another shape: `convert` makes the next shape of one.

    A conversion keeps every sealed field, and the member that names its subject, under its name: a box is bound to both.
    """

    name: str
    fact: type[Fact]
    convert: Conversion


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic: its permanent name, the class of its facts, and who reads them in a timeline. One that declares no
    audience is shown to nobody there. `older` are the topics that came before it, the oldest first; they have the same
    audience."""

    name: str
    fact: type[Fact]
    audience: frozenset[Audience] = frozenset()
    older: tuple[Older, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All names under which such facts are stored."""
        return (*(each.name for each in self.older), self.name)


_STAFF: Final = frozenset({Audience.STAFF})
_FOLLOWERS: Final = frozenset({Audience.STAFF, Audience.FUNDERS})
_MEMBERS: Final = frozenset({Audience.APPLICANT})
_APPLICANT: Final = _FOLLOWERS | {Audience.APPLICANT}

REGISTER: Final = (
    Topic("installation.opened.v1", initiatives.InstallationOpened),
    Topic("installation.administrator_appointed.v1", initiatives.AdministratorAppointed),
    Topic("initiative.founded.v1", initiatives.InitiativeFounded, _STAFF),
    Topic("initiative.member_added.v1", initiatives.MemberAdded, _STAFF),
    Topic("initiative.member_removed.v1", initiatives.MemberRemoved, _STAFF),
    Topic("initiative.member_added_to_call.v1", initiatives.MemberAddedToCall, _STAFF),
    Topic("initiative.member_removed_from_call.v1", initiatives.MemberRemovedFromCall, _STAFF),
    Topic("initiative.screening_set.v1", initiatives.InitiativeScreeningSet, _STAFF),
    Topic("person.registered.v1", persons.PersonRegistered),
    Topic("person.handle_given.v1", persons.PersonHandleGiven),
    Topic("person.claim_made.v1", persons.PersonClaimMade),
    Topic("person.claim_withdrawn.v1", persons.PersonClaimWithdrawn),
    Topic("person.claim_used.v1", persons.PersonClaimUsed),
    Topic("person.joined_organisation.v1", persons.PersonJoinedOrganisation),
    Topic("person.left_organisation.v1", persons.PersonLeftOrganisation),
    Topic("person.erased.v1", persons.PersonErased),
    Topic("organisation.registered.v1", organisations.OrganisationRegistered, _MEMBERS),
    Topic("organisation.handle_given.v1", organisations.OrganisationHandleGiven),
    Topic("organisation.member_invited.v1", organisations.OrganisationMemberInvited, _MEMBERS),
    Topic("organisation.member_added.v1", organisations.OrganisationMemberAdded, _MEMBERS),
    Topic("organisation.member_removed.v1", organisations.OrganisationMemberRemoved, _MEMBERS),
    Topic("organisation.closed.v1", organisations.OrganisationClosed, _MEMBERS),
    Topic("organisation.erased.v1", organisations.OrganisationErased),
    Topic("dossier.opened.v1", dossiers.DossierOpened),
    Topic("dossier.kept.v1", dossiers.DossierKept),
    Topic("dossier.erased.v1", dossiers.DossierErased, _APPLICANT),
    Topic("fund.opened.v1", funds.FundOpened, _FOLLOWERS),
    Topic("fund.pledged.v1", funds.FundPledged, _FOLLOWERS),
    Topic("fund.received.v1", funds.FundReceived, _FOLLOWERS),
    Topic("fund.committed.v1", funds.FundCommitted, _APPLICANT),
    Topic("fund.released.v1", funds.FundReleased, _APPLICANT),
    Topic("call.drafted.v1", calls.CallDrafted, _FOLLOWERS),
    Topic("call.published.v1", calls.CallPublished, _FOLLOWERS),
    Topic("call.changed.v1", calls.CallChanged, _APPLICANT),
    Topic("call.form_changed.v1", calls.CallFormChanged, _FOLLOWERS),
    Topic("call.rubric_changed.v1", calls.CallRubricChanged, _FOLLOWERS),
    Topic("call.awards_confirmed.v1", calls.CallAwardsConfirmed, _FOLLOWERS),
    Topic("call.award_released.v1", calls.CallAwardReleased, _FOLLOWERS),
    Topic("call.cancelled.v1", calls.CallCancelled, _FOLLOWERS),
    Topic("call.screening_set.v1", calls.CallScreeningSet, _FOLLOWERS),
    Topic("call.round_opened.v1", calls.CallRoundOpened),
    Topic("round.opened.v1", rounds.RoundOpened, _FOLLOWERS),
    Topic("round.deadline_extended.v1", rounds.RoundDeadlineExtended, _APPLICANT),
    Topic("round.late_access_granted.v1", rounds.RoundLateAccessGranted, _STAFF),
    Topic("round.closed.v1", rounds.RoundClosed, _FOLLOWERS),
    Topic("round.quorum_lowered.v1", rounds.RoundQuorumLowered, _FOLLOWERS),
    Topic("round.put_to_panel.v1", rounds.RoundPutToPanel, _FOLLOWERS),
    Topic("round.decided.v1", rounds.RoundDecided, _FOLLOWERS),
    Topic("round.cancelled.v1", rounds.RoundCancelled, _FOLLOWERS),
    Topic("application.submitted.v1", applications.ApplicationSubmitted, _APPLICANT),
    Topic("application.changed.v1", applications.ApplicationChanged, _APPLICANT),
    Topic("application.invited.v1", applications.ApplicationInvited, _APPLICANT),
    Topic("application.continued.v1", applications.ApplicationContinued, _APPLICANT),
    Topic("application.invitation_lapsed.v1", applications.ApplicationInvitationLapsed, _APPLICANT),
    Topic("application.returned.v1", applications.ApplicationReturned, _APPLICANT),
    Topic("application.resubmitted.v1", applications.ApplicationResubmitted, _APPLICANT),
    Topic("application.return_lapsed.v1", applications.ApplicationReturnLapsed, _APPLICANT),
    Topic("application.withdrawn.v1", applications.ApplicationWithdrawn, _APPLICANT),
    Topic("application.ended_by_erasure.v1", applications.ApplicationEndedByErasure, _APPLICANT),
    Topic("application.found_eligible.v1", applications.ApplicationFoundEligible, _APPLICANT),
    Topic("application.found_ineligible.v1", applications.ApplicationFoundIneligible, _APPLICANT),
    Topic("application.cancelled.v1", applications.ApplicationCancelled, _APPLICANT),
    Topic("application.awarded.v1", applications.ApplicationAwarded, _APPLICANT),
    Topic("application.waitlisted.v1", applications.ApplicationWaitlisted, _APPLICANT),
    Topic("application.promoted.v1", applications.ApplicationPromoted, _APPLICANT),
    Topic("application.declined.v1", applications.ApplicationDeclined, _APPLICANT),
    Topic("application.grant_offered.v1", applications.ApplicationGrantOffered),
    Topic("review.assigned.v1", reviews.ReviewAssigned, _FOLLOWERS),
    Topic("review.cleared.v1", reviews.ReviewCleared, _FOLLOWERS),
    Topic("review.conflict_declared.v1", reviews.ReviewConflictDeclared, _FOLLOWERS),
    Topic("review.replaced.v1", reviews.ReviewReplaced, _FOLLOWERS),
    Topic("review.submitted.v1", reviews.ReviewSubmitted, _FOLLOWERS),
    Topic("review.expired.v1", reviews.ReviewExpired, _FOLLOWERS),
    Topic("reading.recorded.v1", readings.ReadingRecorded, _FOLLOWERS),
    Topic("panel.opened.v1", panels.PanelOpened, _FOLLOWERS),
    Topic("panel.outcome_set.v1", panels.PanelOutcomeSet, _FOLLOWERS),
    Topic("panel.closed.v1", panels.PanelClosed, _FOLLOWERS),
    Topic("panel.returned.v1", panels.PanelReturned, _FOLLOWERS),
    Topic("panel.confirmed.v1", panels.PanelConfirmed, _FOLLOWERS),
    Topic("panel.announcement_planned.v1", panels.PanelAnnouncementPlanned, _FOLLOWERS),
    Topic("panel.announcement_cancelled.v1", panels.PanelAnnouncementCancelled, _FOLLOWERS),
    Topic("panel.announced.v1", panels.PanelAnnounced, _FOLLOWERS),
    Topic("panel.award_freed.v1", panels.PanelAwardFreed, _FOLLOWERS),
    Topic("panel.waiting_list_moved.v1", panels.PanelWaitingListMoved, _FOLLOWERS),
    Topic("grant.offered.v1", grants.GrantOffered, _APPLICANT),
    Topic("grant.accepted.v1", grants.GrantAccepted, _APPLICANT),
    Topic("grant.declined.v1", grants.GrantDeclined, _APPLICANT),
    Topic("grant.lapsed.v1", grants.GrantLapsed, _APPLICANT),
    Topic("grant.payee_set.v1", grants.GrantPayeeSet, _APPLICANT),
    Topic("grant.payee_confirmed.v1", grants.GrantPayeeConfirmed, _APPLICANT),
    Topic("grant.screened.v1", grants.GrantScreened, _FOLLOWERS),
    Topic("grant.instalments_scheduled.v1", grants.GrantInstalmentsScheduled, _APPLICANT),
    Topic("grant.report_submitted.v1", grants.GrantReportSubmitted, _APPLICANT),
    Topic("grant.report_accepted.v1", grants.GrantReportAccepted, _APPLICANT),
    Topic("grant.report_returned.v1", grants.GrantReportReturned, _APPLICANT),
    Topic("grant.instalment_requested.v1", grants.GrantInstalmentRequested, _APPLICANT),
    Topic("grant.instalment_approved.v1", grants.GrantInstalmentApproved, _APPLICANT),
    Topic(
        "grant.instalment_instructed.v2",
        grants.GrantInstalmentInstructed,
        _APPLICANT,
        older=(
            Older(
                "grant.instalment_instructed.v1",
                older_facts.GrantInstalmentInstructedV1,
                older_facts.instructed_v2,
            ),
        ),
    ),
    Topic("grant.instalment_settled.v1", grants.GrantInstalmentSettled, _APPLICANT),
    Topic("grant.instalment_failed.v1", grants.GrantInstalmentFailed, _APPLICANT),
    Topic("grant.suspended.v1", grants.GrantSuspended, _APPLICANT),
    Topic("grant.resumed.v1", grants.GrantResumed, _APPLICANT),
    Topic("grant.terminated.v1", grants.GrantTerminated, _APPLICANT),
    Topic("grant.amendment_proposed.v1", grants.GrantAmendmentProposed, _APPLICANT),
    Topic("grant.amended.v1", grants.GrantAmended, _APPLICANT),
    Topic("grant.amendment_declined.v1", grants.GrantAmendmentDeclined, _APPLICANT),
    Topic("grant.completed.v1", grants.GrantCompleted, _APPLICANT),
)
"""Every topic."""

TOPICS: Final[Mapping[str, type[Fact]]] = MappingProxyType(
    {topic.name: topic.fact for topic in REGISTER}
    | {older.name: older.fact for topic in REGISTER for older in topic.older}
)
"""The class in which every topic's facts are stored, older topics included."""

TOPIC_OF: Final[Mapping[type[Fact], str]] = MappingProxyType({topic.fact: topic.name for topic in REGISTER})
"""The topic under which facts of a class are stored now."""

_NAMES: Final = {topic.fact: topic.names for topic in REGISTER}


def conversions_in(register: Iterable[Topic]) -> dict[str, tuple[Conversion, ...]]:
    """For each older topic, the conversions that lead to the newest shape, in their order."""
    return {
        older.name: tuple([each.convert for each in topic.older[number:]])
        for topic in register
        for number, older in enumerate(topic.older)
    }


_CONVERSIONS: Final = conversions_in(REGISTER)


def topics_of(*facts: type[Fact]) -> tuple[str, ...]:
    """All topics under which facts of these classes are stored: what to ask the database for."""
    return tuple([name for fact in facts for name in _NAMES[fact]])


def newest(topic: str, fact: Fact, conversions: Mapping[str, tuple[Conversion, ...]] = _CONVERSIONS) -> Fact:
    """A fact that was stored under a topic, in its newest shape."""
    for convert in conversions.get(topic, ()):
        fact = convert(fact)
    return fact


_AUDIENCE_OF: Final[Mapping[Role, Audience]] = MappingProxyType(
    {
        Role.APPLICANT: Audience.APPLICANT,
        Role.OFFICER: Audience.STAFF,
        Role.FUNDER: Audience.FUNDERS,
    }
)


def topics_for(role: Role) -> frozenset[str]:
    """The topics that somebody who opened a timeline in this role reads there; none for a role without an audience."""
    audience = _AUDIENCE_OF.get(role)
    return frozenset([name for topic in REGISTER if audience in topic.audience for name in topic.names])


def stream_of(fact: Fact) -> str:
    """The stream that a fact says it belongs to: its field of the stream's kind, such as ``person`` of
    ``person.claim_used.v1``. The installation's facts have no such field, since there is one such stream."""
    kind = TOPIC_OF[type(fact)].partition(".")[0]
    if kind == initiatives.INSTALLATION.kind:
        return initiatives.INSTALLATION_ID
    named: str = getattr(fact, kind)
    return named


_ERASED: Final = re.compile(r"(?P<kind>[a-z]+(_[a-z]+)*)\.erased\.v[1-9][0-9]*\Z", re.ASCII)

SUBJECT_KINDS: Final = frozenset([found["kind"] for topic in TOPICS if (found := _ERASED.match(topic))])
"""The kinds of streams that have a sealing key of their own, such as persons and dossiers: those that can be erased. The key
is made with the stream's first fact and ends with its fact ``<kind>.erased``."""


def is_subject(stream: str) -> bool:
    """Whether this has the shape of the id of a stream that has a sealing key."""
    return is_id(stream.partition("-")[0], stream) and stream.partition("-")[0] in SUBJECT_KINDS


def erases(stream: str, topic: str) -> bool:
    """Whether a fact of this topic in this stream erases the stream's own subject. The database's function
    ``history.erases`` says the same."""
    found = _ERASED.match(topic)
    return found is not None and found["kind"] == stream.partition("-")[0]


AGGREGATES: Final[Mapping[str, Aggregate[Any]]] = MappingProxyType(
    {
        aggregate.kind: aggregate
        for aggregate in (
            initiatives.INSTALLATION,
            initiatives.INITIATIVE,
            persons.PERSON,
            organisations.ORGANISATION,
            dossiers.DOSSIER,
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
