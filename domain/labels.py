"""Labels: how a person reads statuses, roles, reasons and other codes. Each is written only once: here, or, for the codes of a
reason, beside the type that lists them (`domain.reasons`).

A label is written as it stands in the middle of a sentence. The same English word can have several labels, because
other languages need different forms of it.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final

import domain.topics  # noqa: F401 - imports every class of facts, which declare their reasons
from domain import reasons
from domain.applications.state import STATUS_LABELS, ApplicationStatus
from domain.calls.state import CallStatus
from domain.funds import FundStatus
from domain.grants.statuses import GrantStatus, InstalmentStatus, ReportStatus
from domain.initiatives.state import InstallationStatus
from domain.invitations import InvitationStatus
from domain.messages import Message, in_context, msg
from domain.organisations import OrganisationStatus
from domain.panels.state import PanelStatus
from domain.persons.state import PersonStatus
from domain.reviews.state import ReviewStatus
from domain.rounds.state import RoundStatus
from domain.values import Channel, Role

_MEMBERS: Final[Mapping[type[enum.Enum], Mapping[enum.Enum, Message]]] = {
    Role: {
        Role.ADMINISTRATOR: in_context("role", "administrator"),
        Role.OFFICER: in_context("role", "officer"),
        Role.JUROR: in_context("role", "juror"),
        Role.CHAIR: in_context("role", "chair"),
        Role.FINANCE: in_context("role", "finance"),
        Role.APPROVER: in_context("role", "approver"),
        Role.FUNDER: in_context("role", "funder"),
        Role.APPLICANT: in_context("role", "applicant"),
        Role.PERSON: in_context("role", "person"),
        Role.SYSTEM: in_context("role", "system"),
    },
    Channel: {
        Channel.PAGE: in_context("channel", "page"),
        Channel.API: in_context("channel", "api"),
        Channel.CLI: in_context("channel", "cli"),
        Channel.IMPORT: in_context("channel", "import"),
        Channel.SYSTEM: in_context("channel", "system"),
    },
    PersonStatus: {
        PersonStatus.REGISTERED: in_context("person status", "registered"),
        PersonStatus.ERASED: in_context("person status", "erased"),
    },
    InvitationStatus: {
        InvitationStatus.OPEN: in_context("invitation status", "open"),
        InvitationStatus.ACCEPTED: in_context("invitation status", "accepted"),
        InvitationStatus.DECLINED: in_context("invitation status", "declined"),
        InvitationStatus.WITHDRAWN: in_context("invitation status", "withdrawn"),
    },
    OrganisationStatus: {
        OrganisationStatus.REGISTERED: in_context("organisation status", "registered"),
        OrganisationStatus.CLOSED: in_context("organisation status", "closed"),
        OrganisationStatus.ERASED: in_context("organisation status", "erased"),
    },
    CallStatus: {
        CallStatus.DRAFTED: in_context("call status", "drafted"),
        CallStatus.DISCARDED: in_context("call status", "discarded"),
        CallStatus.PUBLISHED: in_context("call status", "published"),
        CallStatus.CANCELLED: in_context("call status", "cancelled"),
    },
    RoundStatus: {
        RoundStatus.OPEN: in_context("round status", "open"),
        RoundStatus.CLOSED: in_context("round status", "closed"),
        RoundStatus.IN_PANEL: in_context("round status", "in panel"),
        RoundStatus.DECIDED: in_context("round status", "decided"),
        RoundStatus.CANCELLED: in_context("round status", "cancelled"),
    },
    ApplicationStatus: STATUS_LABELS,
    ReviewStatus: {
        ReviewStatus.ASSIGNED: in_context("review status", "waiting for the juror's answer"),
        ReviewStatus.CLEARED: in_context("review status", "being written"),
        ReviewStatus.RECUSED: in_context("review status", "given back by the juror"),
        ReviewStatus.REPLACED: in_context("review status", "given to another juror"),
        ReviewStatus.SUBMITTED: in_context("review status", "submitted"),
        ReviewStatus.EXPIRED: in_context("review status", "expired"),
    },
    PanelStatus: {
        PanelStatus.OPENED: in_context("panel status", "open"),
        PanelStatus.CLOSED: in_context("panel status", "closed"),
        PanelStatus.CONFIRMED: in_context("panel status", "confirmed"),
        PanelStatus.ANNOUNCED: in_context("panel status", "announced"),
    },
    GrantStatus: {
        GrantStatus.OFFERED: in_context("grant status", "offered"),
        GrantStatus.ACCEPTED: in_context("grant status", "accepted"),
        GrantStatus.DECLINED: in_context("grant status", "declined"),
        GrantStatus.LAPSED: in_context("grant status", "lapsed"),
        GrantStatus.SUSPENDED: in_context("grant status", "suspended"),
        GrantStatus.TERMINATED: in_context("grant status", "terminated"),
        GrantStatus.COMPLETED: in_context("grant status", "completed"),
    },
    ReportStatus: {
        ReportStatus.SUBMITTED: in_context("report status", "submitted"),
        ReportStatus.ACCEPTED: in_context("report status", "accepted"),
        ReportStatus.RETURNED: in_context("report status", "returned"),
    },
    InstalmentStatus: {
        InstalmentStatus.SCHEDULED: in_context("instalment status", "scheduled"),
        InstalmentStatus.REQUESTED: in_context("instalment status", "requested"),
        InstalmentStatus.APPROVED_ONCE: in_context("instalment status", "approved once"),
        InstalmentStatus.APPROVED: in_context("instalment status", "approved"),
        InstalmentStatus.INSTRUCTED: in_context("instalment status", "sent to the bank"),
        InstalmentStatus.SETTLED: in_context("instalment status", "paid"),
        InstalmentStatus.FAILED: in_context("instalment status", "failed"),
        InstalmentStatus.CANCELLED: in_context("instalment status", "cancelled"),
    },
    FundStatus: {
        FundStatus.OPENED: in_context("fund status", "opened"),
    },
    InstallationStatus: {
        InstallationStatus.OPENED: in_context("installation status", "opened"),
    },
}

_SHARED_REASONS: Final[Mapping[str, Message]] = {
    "account_not_found": msg("the bank does not know the account"),
    "amount_questioned": msg("an amount needs to be reconsidered"),
    "erased": msg("what was written in it was erased"),
    "asked_by_person": msg("the person asked for it"),
    "balance": msg("it balances what is funded in this round"),
    "budget_exhausted": msg("the budget is exhausted"),
    "collaboration": msg("they work or worked together"),
    "conflicts_of_interest": msg("the other jurors have a conflict of interest"),
    "costs_rose": msg("its costs rose since it was submitted"),
    "employment": msg("one works for the other"),
    "family": msg("they are family"),
    "financial": msg("they have financial ties"),
    "friendship": msg("they are friends"),
    "funded_elsewhere": msg("it is funded elsewhere"),
    "grant_amended": msg("the grant was lowered by an amendment"),
    "grant_terminated": msg("the grant was ended before all of it was paid"),
    "recipient_asked": msg("the recipient asked for it"),
    "recipient_unreachable": msg("the recipient cannot be reached"),
    "report_overdue": msg("a report is overdue"),
    "terms_broken": msg("the terms of the grant were not kept"),
    "under_review": msg("something about the grant has to be checked"),
    "grant_completed": msg("the grant is completed and did not need it"),
    "grant_declined": msg("the grant was declined"),
    "grant_lapsed": msg("the offer was not answered in time"),
    "held_by_bank": msg("the bank is holding the payment"),
    "jurors_unavailable": msg("no other juror is available"),
    "minimum_of_call": msg("the call has a higher minimum award"),
    "name_mismatch": msg("the name does not match the account"),
    "no_longer_possible": msg("it is no longer possible"),
    "not_selected": msg("it was not selected"),
    "other": msg("another reason"),
    "outcome_questioned": msg("an outcome needs to be reconsidered"),
    "procedure": msg("the procedure was not followed"),
    "quality": msg("for its quality"),
    "reach": msg("for the people it reaches"),
    "receipts_missing": msg("receipts are missing"),
    "retention_ended": msg("the time for which the data was kept has ended"),
    "returned_by_bank": msg("the bank returned the payment"),
    "rivalry": msg("they are rivals"),
    "safety": msg("for safety"),
    "taxes_and_fees": msg("taxes and fees come on top"),
    "terms": msg("the terms do not fit"),
    "unclear": msg("it is unclear"),
    "urgency": msg("it is urgent"),
    "waiting_list_questioned": msg("the waiting list needs to be reconsidered"),
    "technical_trouble": msg("there was a technical problem"),
    "few_applications": msg("few applications came in"),
    "events": msg("because of what is happening in the world"),
    "illness": msg("because of illness"),
    "access_needs": msg("to remove a barrier"),
    "funds_lost": msg("the money is no longer available"),
    "plans_changed": msg("the plans have changed"),
}

REASONS: Final[Mapping[str, Message]] = {**_SHARED_REASONS, **reasons.DECLARED}
"""The words of every reason's code: those that are declared beside their types (`domain.reasons`), and the rest."""
assert len(REASONS) == len(_SHARED_REASONS) + len(reasons.DECLARED), "a reason has two meanings"

SCREENING_RESULTS: Final[Mapping[str, Message]] = {
    "no_match": in_context("screening", "nobody found on a list"),
    "match_ruled_out": in_context("screening", "a similar name was found, of another person"),
    "match": in_context("screening", "found on a list"),
}
"""What a screening found."""


DUTIES: Final[Mapping[Role, Message]] = {
    Role.ADMINISTRATOR: msg(
        "Invites people, gives and takes away roles, and writes the initiative's profile."
    ),
    Role.OFFICER: msg(
        "Opens funds, writes calls, checks applications, asks jurors, confirms the panel's decision and offers grants."
    ),
    Role.JUROR: msg("Writes the reviews that they are asked for."),
    Role.CHAIR: msg(
        "Leads the panel, sets the outcomes and closes it. An officer, who is somebody else, then confirms the decision. A chair "
        "can also be asked for reviews."
    ),
    Role.FINANCE: msg(
        "Records pledges and the money that arrives, confirms bank details, approves each payment first and sends it to the bank."
    ),
    Role.APPROVER: msg(
        "Approves each payment a second time. This is never the person who approved it first."
    ),
    Role.FUNDER: msg("Gives money, and sees what it pays for but not who applied."),
}
"""What a member does in each role, in one sentence, for those who give or accept it."""
TWO_PEOPLE: Final = msg(
    "One person can hold several roles, but a decision of the panel and each payment always need two different people. Whoever "
    "reads who applied to a blind call does not judge in it."
)
"""What those who give roles should know about all of them."""


def label(member: enum.Enum) -> Message:
    """The label of a member of an enumeration; raises KeyError if it has none."""
    return _MEMBERS[type(member)][member]


def labelled(kind: type[enum.Enum], code: str) -> Message:
    """The label of a code of `kind`."""
    return label(kind(code))


def reason(code: str) -> Message:
    """The label of a reason's code."""
    return REASONS[code]
