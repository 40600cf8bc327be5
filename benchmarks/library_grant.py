"""The bound of replaying: the same grant as the library's `@event` aggregate, with its default JSON transcoder."""
# ruff: noqa: ARG002 - the library makes an event's fields from its method's parameters, used in the body or not

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from api.postgres.embedded import PORT, ROLE
from benchmarks.databases import Databases
from benchmarks.grant_life import ACCOUNT, AMOUNT, CURRENCY, NOW, PARTS, TEXT
from domain.values import stream_id

_SAVED_TOGETHER: Final = 100
"""Reports between two saves: of ten thousand events in one, the library's recorder waits for ever."""


class BoundGrant(Aggregate):
    """The same grant as the library would have it, with the same facts and the same fields."""

    @event("Offered")
    def __init__(
        self,
        initiative: str,
        call: str,
        application: str,
        fund: str,
        recipient: str,
        amount: int,
        currency: str,
        respond_by: datetime,
    ) -> None:
        self.initiative = initiative
        self.call = call
        self.application = application
        self.fund = fund
        self.recipient = recipient
        self.amount = amount
        self.currency = currency
        self.respond_by = respond_by
        self.status = "offered"
        self.payee: dict[str, Any] = {}  # Any: JSON
        self.instalments: dict[int, dict[str, Any]] = {}  # Any: JSON
        self.reports: dict[int, str] = {}

    @event("Accepted")
    def accept(self) -> None:
        """The recipient accepted."""
        self.status = "accepted"

    @event("PayeeSet")
    def set_payee(
        self, setting: int, kind: str, name: str, account: str, payable_from: datetime | None
    ) -> None:
        """The recipient set a payee."""
        self.payee = {"setting": setting, "payable_from": payable_from, "confirmed": False}

    @event("PayeeConfirmed")
    def confirm_payee(self, setting: int) -> None:
        """The payee was confirmed."""
        self.payee["confirmed"] = True

    @event("InstalmentsScheduled")
    def schedule(self, instalments: list[dict[str, Any]]) -> None:  # Any: JSON
        """The grant was divided."""
        self.instalments = {each["number"]: {**each, "status": "scheduled"} for each in instalments}

    @event("InstalmentRequested")
    def request(self, instalment: int, report: int | None) -> None:
        """A payment was asked for."""
        self.instalments[instalment].update(status="requested", report=report)

    @event("InstalmentApproved")
    def approve(self, instalment: int, approver: str, stage: int) -> None:
        """A payment was approved."""
        status = "approved once" if stage == 1 else "approved"
        self.instalments[instalment].update(status=status, first_approver=approver)

    @event("InstalmentInstructed")
    def instruct(self, instalment: int, setting: int, reference: str) -> None:
        """The bank was told."""
        self.instalments[instalment]["status"] = "instructed"

    @event("InstalmentSettled")
    def settle(self, instalment: int, amount: int, currency: str, settled_on: str) -> None:
        """The bank paid."""
        self.instalments[instalment]["status"] = "settled"

    @event("ReportSubmitted")
    def submit_report(self, report: int, text: str) -> None:
        """The recipient reported."""
        self.reports[report] = "submitted"

    @event("ReportAccepted")
    def accept_report(self, report: int) -> None:
        """A report was accepted."""
        self.reports[report] = "accepted"

    @event("ReportReturned")
    def return_report(self, report: int, reason: str, explanation: str | None) -> None:
        """A report was returned."""
        self.reports[report] = "returned"

    @event("Completed")
    def complete(self) -> None:
        """All was paid and reported."""
        self.status = "completed"


@contextmanager
def open_library(databases: Databases, database: str) -> Iterator[Application[UUID]]:
    """The library's application over an empty database."""
    application: Application[UUID] = Application(
        {
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": database,
            "POSTGRES_HOST": databases.socket_folder,
            "POSTGRES_PORT": str(PORT),
            "POSTGRES_USER": ROLE,
            "POSTGRES_PASSWORD": "",
        }
    )
    try:
        yield application
    finally:
        application.close()


def make_aggregate(library: Application[UUID], returned: int) -> UUID:
    """A stored grant whose first `returned` reports were sent back; its id."""
    grant = BoundGrant(
        initiative=stream_id("initiative", bytes(16)),
        call=stream_id("call", bytes(16)),
        application=stream_id("application", secrets.token_bytes(16)),
        fund=stream_id("fund", bytes(16)),
        recipient=stream_id("person", secrets.token_bytes(16)),
        amount=AMOUNT,
        currency=CURRENCY,
        respond_by=NOW,
    )
    grant.accept()
    grant.set_payee(setting=1, kind="recipient", name="Applicant One", account=ACCOUNT, payable_from=None)
    grant.confirm_payee(setting=1)
    grant.schedule(
        instalments=[
            {"number": 1, "amount": 300_000, "condition": "none", "due": "2026-04-01"},
            {"number": 2, "amount": 200_000, "condition": "report", "due": "2026-09-01"},
        ]
    )
    for number, amount, report in ((1, PARTS[0], None), (2, PARTS[1], returned + 1)):
        if number == 2:
            for sent_back in range(1, returned + 1):
                grant.submit_report(report=sent_back, text=TEXT)
                grant.return_report(report=sent_back, reason="receipts_missing", explanation=None)
                if sent_back % _SAVED_TOGETHER == 0:
                    library.save(grant)
            grant.submit_report(report=returned + 1, text=TEXT)
            grant.accept_report(report=returned + 1)
        grant.request(instalment=number, report=report)
        grant.approve(instalment=number, approver=stream_id("person", bytes(16)), stage=1)
        grant.approve(instalment=number, approver=stream_id("person", bytes(15) + b"1"), stage=2)
        grant.instruct(instalment=number, setting=1, reference=f"Instalment {number}")
        grant.settle(instalment=number, amount=amount, currency="EUR", settled_on="2026-04-02")
    grant.complete()
    library.save(grant)
    return grant.id


def library_rate(library: Application[UUID], made: list[UUID], facts: int, seconds: float) -> float:
    """Aggregates replayed in a second."""
    library.repository.get(made[0])
    read = 0
    began = time.perf_counter()
    while time.perf_counter() < began + seconds:
        grant: BoundGrant = library.repository.get(made[read % len(made)])
        assert (grant.version, grant.status) == (facts, "completed")
        read += 1
    return read / (time.perf_counter() - began)
