"""What can happen to a grant. Sums are minor units of the grant's currency."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

from domain.deciding import Fact
from domain.personal import Personal, Withheld

PayeeKind = Literal["recipient", "fiscal_host", "other"]
Condition = Literal["none", "report"]
DeclineReason = Literal["funded_elsewhere", "no_longer_possible", "safety", "terms", "other"]
ReturnReason = Literal["incomplete", "unclear", "receipts_missing", "other"]
FailureReason = Literal["account_not_found", "name_mismatch", "returned_by_bank", "held_by_bank", "other"]
Stage = Literal[1, 2]


class Instalment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One payment as it was scheduled: numbered from 1; with the condition `report` it is paid for an accepted report."""

    number: int
    amount: int
    condition: Condition
    due: date


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


class GrantAccepted(Fact, frozen=True, kw_only=True):
    """The recipient accepted the offer."""

    grant: str


class GrantDeclined(Fact, frozen=True, kw_only=True):
    """The recipient declined the offer."""

    grant: str
    dossier: str
    reason: DeclineReason
    explanation: Annotated[str | Withheld | None, Personal(of="dossier")]


class GrantLapsed(Fact, frozen=True, kw_only=True):
    """The offer was not answered in time; it can be accepted no more."""

    grant: str


class GrantPayeeSet(Fact, frozen=True, kw_only=True):
    """The recipient said to whom, and to which account, the money goes. `setting` counts these statements from 1;
    no payment may be instructed before `payable_from` (None: there is nothing to wait for). `party` is the person or the
    organisation that is paid, where this program knows it."""

    grant: str
    dossier: str
    setting: int
    kind: PayeeKind
    party: str | None
    name: Annotated[str | Withheld, Personal(of="dossier")]
    account: Annotated[str | Withheld, Personal(of="dossier")]
    payable_from: datetime | None


class GrantPayeeConfirmed(Fact, frozen=True, kw_only=True):
    """Somebody who acts for neither the recipient nor the payee confirmed the payee's account as it was set in that setting."""

    grant: str
    setting: int


class GrantInstalmentsScheduled(Fact, frozen=True, kw_only=True):
    """Staff divided the grant into payments, in place of an earlier schedule."""

    grant: str
    instalments: tuple[Instalment, ...]


class GrantReportSubmitted(Fact, frozen=True, kw_only=True):
    """The recipient reported on what was done with the money. Reports are numbered from 1."""

    grant: str
    report: int
    dossier: str
    text: Annotated[str | Withheld, Personal(of="dossier")]


class GrantReportAccepted(Fact, frozen=True, kw_only=True):
    """Staff accepted a report."""

    grant: str
    report: int


class GrantReportReturned(Fact, frozen=True, kw_only=True):
    """Staff returned a report; the recipient writes the next one."""

    grant: str
    report: int
    dossier: str
    reason: ReturnReason
    explanation: Annotated[str | Withheld | None, Personal(of="dossier")]


class GrantInstalmentRequested(Fact, frozen=True, kw_only=True):
    """The recipient asked for a payment. `report` is the accepted report that meets its condition, if it has one; it
    can meet no other instalment's."""

    grant: str
    instalment: int
    report: int | None


class GrantInstalmentApproved(Fact, frozen=True, kw_only=True):
    """A first (`stage` 1) or a second person approved a payment."""

    grant: str
    instalment: int
    approver: str
    stage: Stage


class GrantInstalmentInstructed(Fact, frozen=True, kw_only=True):
    """The bank was told to pay, under a public reference, to the payee confirmed in that `setting`."""

    grant: str
    instalment: int
    setting: int
    reference: str
    instructed_at: datetime


class GrantInstalmentSettled(Fact, frozen=True, kw_only=True):
    """The money left the account on `settled_on`, by the bank's calendar."""

    grant: str
    instalment: int
    amount: int
    currency: str
    settled_on: date


class GrantInstalmentFailed(Fact, frozen=True, kw_only=True):
    """The bank did not pay; the payment can be instructed again."""

    grant: str
    instalment: int
    reason: FailureReason


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
    | GrantInstalmentsScheduled
    | GrantReportSubmitted
    | GrantReportAccepted
    | GrantReportReturned
    | GrantInstalmentRequested
    | GrantInstalmentApproved
    | GrantInstalmentInstructed
    | GrantInstalmentSettled
    | GrantInstalmentFailed
    | GrantCompleted
)
