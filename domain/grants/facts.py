"""What can happen to a grant. Sums are minor units of the grant's currency."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

from domain.deciding import Fact
from domain.personal import Personal, Withheld
from domain.topic import EVERYBODY, FOLLOWERS, stored_as

PayeeKind = Literal["recipient", "fiscal_host", "other"]
Condition = Literal["none", "report"]
GrantDeclineReason = Literal["funded_elsewhere", "no_longer_possible", "safety", "terms", "other"]
ReturnReason = Literal["incomplete", "unclear", "receipts_missing", "other"]
SuspensionReason = Literal["report_overdue", "under_review", "recipient_unreachable", "safety", "other"]
TerminationReason = Literal[
    "recipient_asked", "no_longer_possible", "terms_broken", "recipient_unreachable", "safety", "other"
]
FailureReason = Literal["account_not_found", "name_mismatch", "returned_by_bank", "held_by_bank", "other"]
ScreeningResult = Literal["no_match", "match_ruled_out", "match"]
"""What a comparison with sanctions lists found: nobody; somebody who is another person; the payee."""
Approval = Literal[1, 2]


class Instalment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One payment as it was scheduled: numbered from 1; with the condition `report` it is paid for an accepted report."""

    number: int
    amount: int
    condition: Condition
    due: date


@stored_as("grant.offered.v1", told_to=EVERYBODY)
class GrantOffered(Fact, frozen=True, kw_only=True):
    """Staff offered the recipient what the panel awarded; the offer stands until `respond_by`. The recipient acts in the
    call under `recipient_handle`. What is sealed about the payments is sealed in a `dossier` of the grant's own."""

    grant: str
    initiative: str
    call: str
    application: str
    fund: str
    recipient: str
    recipient_handle: str | None
    dossier: str
    amount: int
    currency: str
    respond_by: datetime


@stored_as("grant.accepted.v1", told_to=EVERYBODY)
class GrantAccepted(Fact, frozen=True, kw_only=True):
    """The recipient accepted the offer."""

    grant: str


@stored_as("grant.declined.v1", told_to=EVERYBODY)
class GrantDeclined(Fact, frozen=True, kw_only=True):
    """The recipient declined the offer."""

    grant: str
    dossier: str
    reason: GrantDeclineReason
    explanation: Annotated[str | Withheld | None, Personal(of="dossier")]


@stored_as("grant.lapsed.v1", told_to=EVERYBODY)
class GrantLapsed(Fact, frozen=True, kw_only=True):
    """The offer was not answered in time; it can be accepted no more."""

    grant: str


@stored_as("grant.payee_set.v1", told_to=EVERYBODY)
class GrantPayeeSet(Fact, frozen=True, kw_only=True):
    """The recipient said to whom, and to which account, the money goes. `setting` counts these statements from 1;
    no payment may be instructed before `payable_from` (None: there is nothing to wait for). `party` is the person or the
    organisation that is paid, where this program knows it. `approvals_ended` is how many approvals of instalments no longer
    count, since they were given for the former payee. An account without an IBAN has the code and the country of its bank."""

    grant: str
    dossier: str
    setting: int
    kind: PayeeKind
    party: str | None
    name: Annotated[str | Withheld, Personal(of="dossier")]
    account: Annotated[str | Withheld, Personal(of="dossier")]
    bank_code: Annotated[str | Withheld | None, Personal(of="dossier")]
    country: Annotated[str | Withheld | None, Personal(of="dossier")]
    payable_from: datetime | None
    approvals_ended: int


@stored_as("grant.payee_confirmed.v1", told_to=EVERYBODY)
class GrantPayeeConfirmed(Fact, frozen=True, kw_only=True):
    """Somebody who acts for neither the recipient nor the payee confirmed the payee's account as it was set in that setting."""

    grant: str
    setting: int


@stored_as("grant.screened.v1", told_to=FOLLOWERS)
class GrantScreened(Fact, frozen=True, kw_only=True):
    """The payee of that `setting` was compared with sanctions lists on `screened_on`, as the public `reference` tells; the
    envelope tells by whom it was recorded."""

    grant: str
    dossier: str
    setting: int
    result: ScreeningResult
    reference: str
    screened_on: date
    note: Annotated[str | Withheld | None, Personal(of="dossier")]


@stored_as("grant.instalments_scheduled.v1", told_to=EVERYBODY)
class GrantInstalmentsScheduled(Fact, frozen=True, kw_only=True):
    """Staff divided the grant into payments, in place of an earlier schedule; or the grant is on the fast track, and its one
    payment follows from its acceptance. `unscheduled` is what is left of it."""

    grant: str
    instalments: tuple[Instalment, ...]
    unscheduled: int


@stored_as("grant.report_submitted.v1", told_to=EVERYBODY)
class GrantReportSubmitted(Fact, frozen=True, kw_only=True):
    """The recipient reported on what was done with the money. Reports are numbered from 1."""

    grant: str
    report: int
    dossier: str
    text: Annotated[str | Withheld, Personal(of="dossier")]


@stored_as("grant.report_accepted.v1", told_to=EVERYBODY)
class GrantReportAccepted(Fact, frozen=True, kw_only=True):
    """Staff accepted a report."""

    grant: str
    report: int


@stored_as("grant.report_returned.v1", told_to=EVERYBODY)
class GrantReportReturned(Fact, frozen=True, kw_only=True):
    """Staff returned a report; the recipient writes the next one."""

    grant: str
    report: int
    dossier: str
    reason: ReturnReason
    explanation: Annotated[str | Withheld | None, Personal(of="dossier")]


@stored_as("grant.instalment_requested.v1", told_to=EVERYBODY)
class GrantInstalmentRequested(Fact, frozen=True, kw_only=True):
    """The recipient asked for a payment. `report` is the accepted report that meets its condition, if it has one; it
    can meet no other instalment's."""

    grant: str
    instalment: int
    report: int | None


@stored_as("grant.instalment_approved.v1", told_to=EVERYBODY)
class GrantInstalmentApproved(Fact, frozen=True, kw_only=True):
    """A first (`approval` 1) or a second person approved a payment."""

    grant: str
    instalment: int
    approver: str
    approval: Approval


@stored_as("grant.instalment_instructed.v2", told_to=EVERYBODY)
class GrantInstalmentInstructed(Fact, frozen=True, kw_only=True):
    """The bank was told to pay, under a public reference, to the payee confirmed in that `setting`."""

    grant: str
    instalment: int
    setting: int
    reference: str
    instructed_at: datetime


@stored_as("grant.instalment_settled.v1", told_to=EVERYBODY)
class GrantInstalmentSettled(Fact, frozen=True, kw_only=True):
    """The money left the account on `settled_on`, by the bank's calendar. The bank took `fee` minor units of `fee_currency`
    beside it; it changed one unit of `currency` into `rate` (an exact decimal) of `rate_currency`. None: not recorded."""

    grant: str
    instalment: int
    amount: int
    currency: str
    settled_on: date
    fee: int | None
    fee_currency: str | None
    rate: str | None
    rate_currency: str | None


@stored_as("grant.instalment_failed.v1", told_to=EVERYBODY)
class GrantInstalmentFailed(Fact, frozen=True, kw_only=True):
    """The bank did not pay; the payment can be instructed again. `approvals_ended` is how many of its approvals no longer
    count, since another payee was set while the bank had the order."""

    grant: str
    instalment: int
    reason: FailureReason
    approvals_ended: int


@stored_as("grant.suspended.v1", told_to=EVERYBODY)
class GrantSuspended(Fact, frozen=True, kw_only=True):
    """Staff stopped the grant for the time being: nothing is requested, approved or sent to the bank."""

    grant: str
    dossier: str
    reason: SuspensionReason
    explanation: Annotated[str | Withheld | None, Personal(of="dossier")]


@stored_as("grant.resumed.v1", told_to=EVERYBODY)
class GrantResumed(Fact, frozen=True, kw_only=True):
    """A suspended grant goes on."""

    grant: str


@stored_as("grant.terminated.v1", told_to=EVERYBODY)
class GrantTerminated(Fact, frozen=True, kw_only=True):
    """Staff ended a grant that cannot go on; what was not paid is cancelled."""

    grant: str
    dossier: str
    reason: TerminationReason
    explanation: Annotated[str | Withheld | None, Personal(of="dossier")]


@stored_as("grant.amendment_proposed.v1", told_to=EVERYBODY)
class GrantAmendmentProposed(Fact, frozen=True, kw_only=True):
    """Staff proposed to change the grant, in place of an earlier proposal. Amendments are numbered from 1. `amount`, `ends_on`
    and `unscheduled` are as they would be; `instalments` would take the place of those not yet requested (None: these stay).
    """

    grant: str
    dossier: str
    amendment: int
    amount: int
    ends_on: date | None
    instalments: tuple[Instalment, ...] | None
    unscheduled: int
    explanation: Annotated[str | Withheld | None, Personal(of="dossier")]


@stored_as("grant.amended.v1", told_to=EVERYBODY)
class GrantAmended(Fact, frozen=True, kw_only=True):
    """The recipient accepted an amendment. The fields are as they were proposed."""

    grant: str
    amendment: int
    amount: int
    ends_on: date | None
    instalments: tuple[Instalment, ...] | None
    unscheduled: int


@stored_as("grant.amendment_declined.v1", told_to=EVERYBODY)
class GrantAmendmentDeclined(Fact, frozen=True, kw_only=True):
    """The recipient declined an amendment; the grant stays as it is."""

    grant: str
    amendment: int


@stored_as("grant.completed.v1", told_to=EVERYBODY)
class GrantCompleted(Fact, frozen=True, kw_only=True):
    """All was paid and reported."""

    grant: str


GrantFact = (
    GrantOffered
    | GrantAccepted
    | GrantDeclined
    | GrantLapsed
    | GrantPayeeSet
    | GrantPayeeConfirmed
    | GrantScreened
    | GrantInstalmentsScheduled
    | GrantReportSubmitted
    | GrantReportAccepted
    | GrantReportReturned
    | GrantInstalmentRequested
    | GrantInstalmentApproved
    | GrantInstalmentInstructed
    | GrantInstalmentSettled
    | GrantInstalmentFailed
    | GrantSuspended
    | GrantResumed
    | GrantTerminated
    | GrantAmendmentProposed
    | GrantAmended
    | GrantAmendmentDeclined
    | GrantCompleted
)
