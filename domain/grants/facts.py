"""The facts of a grant. Sums are minor units of the grant's currency."""

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
"""What a comparison with sanctions lists found: nobody; a similar name of another person; the payee."""
Approval = Literal[1, 2]


class Instalment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A payment in a schedule: numbered from 1; with the condition `report` it is paid for an accepted report."""

    number: int
    amount: int
    condition: Condition
    due: date


@stored_as("grant.offered.v1", audience=EVERYBODY)
class GrantOffered(Fact, frozen=True, kw_only=True):
    """Staff offered the recipient what the panel awarded; the offer is open until `respond_by`. The recipient is known
    in the call as `recipient_handle`. What is sealed about the payments is sealed in the grant's own `dossier`."""

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


@stored_as("grant.accepted.v1", audience=EVERYBODY)
class GrantAccepted(Fact, frozen=True, kw_only=True):
    """The recipient accepted the offer."""

    grant: str


@stored_as("grant.declined.v1", audience=EVERYBODY)
class GrantDeclined(Fact, frozen=True, kw_only=True):
    """The recipient declined the offer."""

    grant: str
    dossier: str
    reason: GrantDeclineReason
    explanation: Annotated[str | Withheld | None, Personal(of="dossier")]


@stored_as("grant.lapsed.v1", audience=EVERYBODY)
class GrantLapsed(Fact, frozen=True, kw_only=True):
    """The offer was not answered in time; it can no longer be accepted."""

    grant: str


@stored_as("grant.payee_set.v1", audience=EVERYBODY)
class GrantPayeeSet(Fact, frozen=True, kw_only=True):
    """The recipient set the payee and their account. `setting` counts these from 1; no payment may be instructed before
    `payable_from` (None: at once). `party` is the person or the organisation that is paid, if they are registered here.
    `approvals_ended` is the number of approvals of instalments that no longer count, because they were given for the
    former payee. An account without an IBAN has the code and the country of its bank."""

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


@stored_as("grant.payee_confirmed.v1", audience=EVERYBODY)
class GrantPayeeConfirmed(Fact, frozen=True, kw_only=True):
    """Somebody who acts for neither the recipient nor the payee confirmed the payee of that setting."""

    grant: str
    setting: int
    confirmer: str


@stored_as("grant.screened.v1", audience=FOLLOWERS)
class GrantScreened(Fact, frozen=True, kw_only=True):
    """The payee of that `setting` was compared with sanctions lists on `screened_on`; `reference` is public."""

    grant: str
    dossier: str
    setting: int
    result: ScreeningResult
    reference: str
    screened_on: date
    screener: str
    note: Annotated[str | Withheld | None, Personal(of="dossier")]


@stored_as("grant.screening_ended.v1", audience=FOLLOWERS)
class GrantScreeningEnded(Fact, frozen=True, kw_only=True):
    """The person who recorded the screening of the payee of that `setting` began to act for the recipient or the payee, so it
    no longer counts."""

    grant: str
    setting: int


@stored_as("grant.instalments_scheduled.v1", audience=EVERYBODY)
class GrantInstalmentsScheduled(Fact, frozen=True, kw_only=True):
    """Staff divided the grant into payments, replacing an earlier schedule; or the grant is on the fast track, and was
    accepted. `unscheduled` is the part of the grant that the schedule leaves."""

    grant: str
    instalments: tuple[Instalment, ...]
    unscheduled: int


@stored_as("grant.report_submitted.v1", audience=EVERYBODY)
class GrantReportSubmitted(Fact, frozen=True, kw_only=True):
    """The recipient reported on what was done with the money. Reports are numbered from 1."""

    grant: str
    report: int
    dossier: str
    text: Annotated[str | Withheld, Personal(of="dossier")]


@stored_as("grant.report_accepted.v1", audience=EVERYBODY)
class GrantReportAccepted(Fact, frozen=True, kw_only=True):
    """Staff accepted a report."""

    grant: str
    report: int


@stored_as("grant.report_returned.v1", audience=EVERYBODY)
class GrantReportReturned(Fact, frozen=True, kw_only=True):
    """Staff returned a report; the recipient writes the next one."""

    grant: str
    report: int
    dossier: str
    reason: ReturnReason
    explanation: Annotated[str | Withheld | None, Personal(of="dossier")]


@stored_as("grant.instalment_requested.v1", audience=EVERYBODY)
class GrantInstalmentRequested(Fact, frozen=True, kw_only=True):
    """The recipient requested a payment. `report` is the accepted report that meets its condition, if it has one; a
    report can meet the condition of one instalment only."""

    grant: str
    instalment: int
    report: int | None


@stored_as("grant.instalment_approved.v1", audience=EVERYBODY)
class GrantInstalmentApproved(Fact, frozen=True, kw_only=True):
    """A first (`approval` 1) or second person approved a payment."""

    grant: str
    instalment: int
    approver: str
    approval: Approval


@stored_as("grant.decisions_ended.v1", audience=EVERYBODY)
class GrantDecisionsEnded(Fact, frozen=True, kw_only=True):
    """A person began to act for the recipient or the payee, so what they decided on the payments no longer counts. They
    approved these `instalments`, which need both approvals again; `payee`: they had confirmed the payee, who has to be
    confirmed again."""

    grant: str
    instalments: tuple[int, ...]
    payee: bool


@stored_as("grant.instalment_instructed.v2", audience=EVERYBODY)
class GrantInstalmentInstructed(Fact, frozen=True, kw_only=True):
    """The bank was instructed to pay, under a public reference, to the payee confirmed in that `setting`."""

    grant: str
    instalment: int
    setting: int
    reference: str
    instructed_at: datetime


@stored_as("grant.instalment_settled.v1", audience=EVERYBODY)
class GrantInstalmentSettled(Fact, frozen=True, kw_only=True):
    """The money left the account on `settled_on`, by the bank's calendar. The bank took `fee` minor units of
    `fee_currency` in addition, and changed one unit of `currency` into `rate` (an exact decimal) of `rate_currency`.
    None: not recorded."""

    grant: str
    instalment: int
    amount: int
    currency: str
    settled_on: date
    fee: int | None
    fee_currency: str | None
    rate: str | None
    rate_currency: str | None


@stored_as("grant.instalment_failed.v1", audience=EVERYBODY)
class GrantInstalmentFailed(Fact, frozen=True, kw_only=True):
    """The bank did not pay; the payment can be instructed again. `approvals_ended` is the number of its approvals that
    no longer count, because another payee was set while it was with the bank."""

    grant: str
    instalment: int
    reason: FailureReason
    approvals_ended: int


@stored_as("grant.suspended.v1", audience=EVERYBODY)
class GrantSuspended(Fact, frozen=True, kw_only=True):
    """Staff suspended the grant: nothing is requested, approved or sent to the bank."""

    grant: str
    dossier: str
    reason: SuspensionReason
    explanation: Annotated[str | Withheld | None, Personal(of="dossier")]


@stored_as("grant.resumed.v1", audience=EVERYBODY)
class GrantResumed(Fact, frozen=True, kw_only=True):
    """A suspended grant was resumed."""

    grant: str


@stored_as("grant.terminated.v1", audience=EVERYBODY)
class GrantTerminated(Fact, frozen=True, kw_only=True):
    """Staff ended a grant that cannot continue; what was not paid is cancelled."""

    grant: str
    dossier: str
    reason: TerminationReason
    explanation: Annotated[str | Withheld | None, Personal(of="dossier")]


@stored_as("grant.amendment_proposed.v1", audience=EVERYBODY)
class GrantAmendmentProposed(Fact, frozen=True, kw_only=True):
    """Staff proposed to change the grant, replacing an earlier proposal. Amendments are numbered from 1. `amount`,
    `ends_on` and `unscheduled` are the new values; `instalments` would replace those not yet requested (None: these
    stay)."""

    grant: str
    dossier: str
    amendment: int
    amount: int
    ends_on: date | None
    instalments: tuple[Instalment, ...] | None
    unscheduled: int
    explanation: Annotated[str | Withheld | None, Personal(of="dossier")]


@stored_as("grant.amended.v1", audience=EVERYBODY)
class GrantAmended(Fact, frozen=True, kw_only=True):
    """The recipient accepted an amendment. The fields are as proposed."""

    grant: str
    amendment: int
    amount: int
    ends_on: date | None
    instalments: tuple[Instalment, ...] | None
    unscheduled: int


@stored_as("grant.amendment_declined.v1", audience=EVERYBODY)
class GrantAmendmentDeclined(Fact, frozen=True, kw_only=True):
    """The recipient declined an amendment; the grant stays as it is."""

    grant: str
    amendment: int


@stored_as("grant.completed.v1", audience=EVERYBODY)
class GrantCompleted(Fact, frozen=True, kw_only=True):
    """Everything was paid and reported."""

    grant: str


GrantFact = (
    GrantOffered
    | GrantAccepted
    | GrantDeclined
    | GrantLapsed
    | GrantPayeeSet
    | GrantPayeeConfirmed
    | GrantScreened
    | GrantScreeningEnded
    | GrantInstalmentsScheduled
    | GrantReportSubmitted
    | GrantReportAccepted
    | GrantReportReturned
    | GrantInstalmentRequested
    | GrantInstalmentApproved
    | GrantDecisionsEnded
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
