"""Replaying a stream of 20 facts from PostgreSQL to its state, against the library's `@event` aggregate.

Both read the same grant's life: an offer, a payee, two reports, two instalments through two approvals to the bank.
Ours is `History.load`, decoding and `evolve`, with nothing remembered; its payee and reports are sealed, as they are in
every history, and stay so, since no rule needs them. The library reads its aggregate with its default JSON transcoder.
"""
# ruff: noqa: ARG002 - the library makes an event's fields from its method's parameters, used in the body or not

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import uvloop
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from api.embedded import PORT, ROLE
from benchmarks.databases import Databases
from benchmarks.results import Bar, Line, beside
from domain.deciding import Fact
from domain.grants import facts as grants
from domain.grants.state import GRANT, Grant, GrantStatus
from domain.topics import TOPIC_OF
from domain.values import Channel, Role, stream_id
from history.documents import FORMAT, Envelope, write
from history.keyfiles import KeyFolder
from history.states import States
from history.store import Append, open_history
from history.vault import Vault

STREAMS: Final = 100
ROUNDS: Final = 5
ROUND_SECONDS: Final = 1.0
FACTS: Final = 20
_NOW: Final = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
_TEXT: Final = "Шесть вечеров сыграны, седьмой перенесён на осень; расходы приложены по статьям."
_ACCOUNT: Final = "DE89370400440532013000"


def measure_replays(databases: Databases, folder: Path, say: Callable[[str], None]) -> list[Line]:
    """The line of a replayed stream."""
    say("replay, making the streams")
    keys = KeyFolder(folder / "replay-keys", create=True)
    url = databases.make_history("replay")
    streams = uvloop.run(_make_streams(url, keys))
    with _library(databases, databases.make("library")) as library:
        made = [_make_aggregate(library) for _ in range(STREAMS)]
        ours, theirs = [], []
        for round_number in range(ROUNDS):
            say(f"replay, round {round_number + 1} of {ROUNDS}")
            theirs.append(_library_rate(library, made))
            ours.append(uvloop.run(_our_rate(url, streams)))
    return [
        beside(
            f"replay of a stream of {FACTS} facts from PostgreSQL",
            "streams/s",
            ours,
            "eventsourcing's @event aggregate with its JSON transcoder",
            theirs,
            Bar("ratio", "at least", 3),
        )
    ]


# Ours


def _life(grant: str, recipient: str) -> tuple[Fact, ...]:
    """A grant's twenty facts."""
    offered = grants.GrantOffered(
        grant=grant,
        initiative=stream_id("initiative", bytes(16)),
        call=stream_id("call", bytes(16)),
        application=stream_id("application", secrets.token_bytes(16)),
        fund=stream_id("fund", bytes(16)),
        recipient=recipient,
        amount=500_000,
        currency="EUR",
        respond_by=_NOW,
    )
    instalments = (
        grants.Instalment(number=1, amount=300_000, condition="none", due=date(2026, 4, 1)),
        grants.Instalment(number=2, amount=200_000, condition="report", due=date(2026, 9, 1)),
    )
    return (
        offered,
        grants.GrantAccepted(grant=grant),
        grants.GrantPayeeSet(
            grant=grant,
            recipient=recipient,
            setting=1,
            kind="recipient",
            name="Applicant One",
            account=_ACCOUNT,
            payable_from=None,
        ),
        grants.GrantPayeeConfirmed(grant=grant, setting=1),
        grants.GrantInstalmentsScheduled(grant=grant, instalments=instalments),
        *_paid(grant, 1, 300_000, None),
        grants.GrantReportSubmitted(grant=grant, report=1, recipient=recipient, text=_TEXT),
        grants.GrantReportReturned(
            grant=grant, report=1, recipient=recipient, reason="receipts_missing", explanation=None
        ),
        grants.GrantReportSubmitted(grant=grant, report=2, recipient=recipient, text=_TEXT),
        grants.GrantReportAccepted(grant=grant, report=2),
        *_paid(grant, 2, 200_000, 2),
        grants.GrantCompleted(grant=grant),
    )


def _paid(grant: str, number: int, amount: int, report: int | None) -> tuple[Fact, ...]:
    return (
        grants.GrantInstalmentRequested(grant=grant, instalment=number, report=report),
        grants.GrantInstalmentApproved(
            grant=grant, instalment=number, approver=stream_id("person", bytes(16)), stage=1
        ),
        grants.GrantInstalmentApproved(
            grant=grant, instalment=number, approver=stream_id("person", bytes(15) + b"1"), stage=2
        ),
        grants.GrantInstalmentInstructed(
            grant=grant, instalment=number, setting=1, reference=f"Instalment {number}"
        ),
        grants.GrantInstalmentSettled(
            grant=grant, instalment=number, amount=amount, currency="EUR", settled_on=date(2026, 4, 2)
        ),
    )


async def _make_streams(url: str, keys: KeyFolder) -> list[str]:
    made = []
    async with open_history(url, connections=2) as history:
        vault = Vault(keys, history.id)
        for _ in range(STREAMS):
            grant, recipient = (
                stream_id("grant", secrets.token_bytes(16)),
                stream_id("person", secrets.token_bytes(16)),
            )
            row, key = vault.make(recipient)
            stored = []
            previous = None
            for version, fact in enumerate(_life(grant, recipient), 1):
                envelope = Envelope(
                    history=history.id,
                    format=FORMAT,
                    initiative=stream_id("initiative", bytes(16)),
                    stream=grant,
                    version=version,
                    topic=TOPIC_OF[type(fact)],
                    previous=previous,
                    stream_salt=secrets.token_hex(16) if version == 1 else None,
                    decided_at=_NOW,
                    actor=recipient,
                    role=Role.APPLICANT,
                    handle="2345678923",
                    scope=stream_id("call", bytes(16)),
                    channel=Channel.API,
                    command=secrets.token_hex(16),
                    cause=None,
                )
                stored.append(write(fact, envelope, {recipient: key}, secrets.token_bytes))
                previous = stored[-1].leaf.hex()
            assert len(stored) == FACTS
            done = await history.append(
                Append(facts=stored, read={grant: 0}, answers=grant, new_keys=[row], sealed_for=[recipient])
            )
            assert done.outcome == "appended"
            made.append(grant)
    return made


async def _our_rate(url: str, streams: list[str]) -> float:
    async with open_history(url, connections=2) as history:
        await States(history).reading(afresh=True).load([(GRANT, streams[0])])
        read = 0
        began = time.perf_counter()
        while time.perf_counter() < began + ROUND_SECONDS:
            stream = streams[read % len(streams)]
            loaded = await States(history).reading(afresh=True).load([(GRANT, stream)])
            state: Grant = loaded[stream].state
            assert (loaded[stream].version, state.status, state.settled) == (
                FACTS,
                GrantStatus.COMPLETED,
                500_000,
            )
            read += 1
        return read / (time.perf_counter() - began)


# The bound


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
def _library(databases: Databases, database: str) -> Iterator[Application[UUID]]:
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


def _make_aggregate(library: Application[UUID]) -> UUID:
    grant = BoundGrant(
        initiative=stream_id("initiative", bytes(16)),
        call=stream_id("call", bytes(16)),
        application=stream_id("application", secrets.token_bytes(16)),
        fund=stream_id("fund", bytes(16)),
        recipient=stream_id("person", secrets.token_bytes(16)),
        amount=500_000,
        currency="EUR",
        respond_by=_NOW,
    )
    grant.accept()
    grant.set_payee(setting=1, kind="recipient", name="Applicant One", account=_ACCOUNT, payable_from=None)
    grant.confirm_payee(setting=1)
    grant.schedule(
        instalments=[
            {"number": 1, "amount": 300_000, "condition": "none", "due": "2026-04-01"},
            {"number": 2, "amount": 200_000, "condition": "report", "due": "2026-09-01"},
        ]
    )
    for number, amount, report in ((1, 300_000, None), (2, 200_000, 2)):
        if number == 2:
            grant.submit_report(report=1, text=_TEXT)
            grant.return_report(report=1, reason="receipts_missing", explanation=None)
            grant.submit_report(report=2, text=_TEXT)
            grant.accept_report(report=2)
        grant.request(instalment=number, report=report)
        grant.approve(instalment=number, approver=stream_id("person", bytes(16)), stage=1)
        grant.approve(instalment=number, approver=stream_id("person", bytes(15) + b"1"), stage=2)
        grant.instruct(instalment=number, setting=1, reference=f"Instalment {number}")
        grant.settle(instalment=number, amount=amount, currency="EUR", settled_on="2026-04-02")
    grant.complete()
    library.save(grant)
    return grant.id


def _library_rate(library: Application[UUID], made: list[UUID]) -> float:
    library.repository.get(made[0])
    read = 0
    began = time.perf_counter()
    while time.perf_counter() < began + ROUND_SECONDS:
        grant: BoundGrant = library.repository.get(made[read % len(made)])
        assert (grant.version, grant.status) == (FACTS, "completed")
        read += 1
    return read / (time.perf_counter() - began)
