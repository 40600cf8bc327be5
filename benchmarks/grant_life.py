"""A grant's life in facts, from the offer to its completion: two instalments through two approvals to the bank, and
reports of which all but the last were returned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from domain.deciding import Fact
from domain.grants import facts as grants
from domain.values import stream_id

NOW: Final = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
TEXT: Final = "Шесть вечеров сыграны, седьмой перенесён на осень; расходы приложены по статьям."
ACCOUNT: Final = "DE89370400440532013000"
AMOUNT: Final = 500_000
PARTS: Final = (300_000, 200_000)
CURRENCY: Final = "EUR"
_SETTLED: Final = "2026-04-02"
_FACTS_BESIDE_RETURNS: Final = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a grant is offered for, and to whom. `approvers` are two persons."""

    grant: str
    initiative: str = stream_id("initiative", bytes(16))
    call: str = stream_id("call", bytes(16))
    application: str
    fund: str = stream_id("fund", bytes(16))
    recipient: str
    approvers: tuple[str, str] = (stream_id("person", bytes(16)), stream_id("person", bytes(15) + b"1"))

    @property
    def dossier(self) -> str:
        """What is sealed of the grant."""
        return dossier_of(self.grant)


def dossier_of(stream: str) -> str:
    """The dossier of an application or a grant."""
    return f"dossier-{stream.partition('-')[2]}"


def returns_for(facts: int) -> int:
    """How many reports are returned in a life of so many facts: an even number, at least 18."""
    if facts < _FACTS_BESIDE_RETURNS or facts % 2:
        raise ValueError("a grant's life has an even number of facts, at least 18")
    return (facts - _FACTS_BESIDE_RETURNS) // 2


def life(offer: Offer, returned: int = 1) -> tuple[Fact, ...]:
    """All facts of a grant whose first `returned` reports were sent back; 20 of them with the default."""
    grant, dossier = offer.grant, offer.dossier
    offered = grants.GrantOffered(
        grant=grant,
        initiative=offer.initiative,
        call=offer.call,
        application=offer.application,
        fund=offer.fund,
        recipient=offer.recipient,
        recipient_handle="2345678923",
        dossier=dossier,
        amount=AMOUNT,
        currency=CURRENCY,
        respond_by=NOW,
    )
    instalments = (
        grants.Instalment(number=1, amount=PARTS[0], condition="none", due=date(2026, 4, 1)),
        grants.Instalment(number=2, amount=PARTS[1], condition="report", due=date(2026, 9, 1)),
    )
    reports: list[Fact] = []
    for number in range(1, returned + 1):
        reports += [
            grants.GrantReportSubmitted(grant=grant, report=number, dossier=dossier, text=TEXT),
            grants.GrantReportReturned(
                grant=grant, report=number, dossier=dossier, reason="receipts_missing", explanation=None
            ),
        ]
    last = returned + 1
    return (
        offered,
        grants.GrantAccepted(grant=grant),
        grants.GrantPayeeSet(
            grant=grant,
            dossier=dossier,
            setting=1,
            kind="recipient",
            party=offer.recipient,
            name="Applicant One",
            account=ACCOUNT,
            bank_code=None,
            country=None,
            payable_from=None,
            approvals_ended=0,
        ),
        grants.GrantPayeeConfirmed(grant=grant, setting=1, confirmer=offer.approvers[0]),
        grants.GrantInstalmentsScheduled(grant=grant, instalments=instalments, unscheduled=0),
        *_paid(offer, 1, PARTS[0], None),
        *reports,
        grants.GrantReportSubmitted(grant=grant, report=last, dossier=dossier, text=TEXT),
        grants.GrantReportAccepted(grant=grant, report=last),
        *_paid(offer, 2, PARTS[1], last),
        grants.GrantCompleted(grant=grant),
    )


def _paid(offer: Offer, number: int, amount: int, report: int | None) -> tuple[Fact, ...]:
    grant = offer.grant
    return (
        grants.GrantInstalmentRequested(grant=grant, instalment=number, report=report),
        grants.GrantInstalmentApproved(
            grant=grant, instalment=number, approver=offer.approvers[0], approval=1
        ),
        grants.GrantInstalmentApproved(
            grant=grant, instalment=number, approver=offer.approvers[1], approval=2
        ),
        grants.GrantInstalmentInstructed(
            grant=grant,
            instalment=number,
            setting=1,
            reference=f"Instalment {number}",
            instructed_at=datetime.fromisoformat(f"{_SETTLED}T12:00:00Z"),
        ),
        grants.GrantInstalmentSettled(
            grant=grant,
            instalment=number,
            amount=amount,
            currency=CURRENCY,
            settled_on=date.fromisoformat(_SETTLED),
            fee=None,
            fee_currency=None,
            rate=None,
            rate_currency=None,
        ),
    )
