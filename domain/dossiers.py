"""A dossier: what is sealed about one party in one initiative for one purpose, with its own key, so that it can be
erased on its own."""

from __future__ import annotations

import enum
from datetime import UTC, datetime
from typing import Final, Literal, assert_never

import msgspec

from domain.deciding import Aggregate, Fact
from domain.messages import msg
from domain.persons.facts import ErasureReason
from domain.refusals import Refused
from domain.topic import EVERYBODY, stored_as

Purpose = Literal["application", "payment", "correspondence", "notes"]
"""``application``: what an applicant wrote, and what was written about it. ``payment``: to whom a grant is paid, and
the reports on it. ``correspondence``: messages between an applicant and the staff. ``notes``: what the staff note about an
application for themselves."""

Duty = Literal["payment_records"]
"""The legal duty for which a dossier is kept. ``payment_records``: those who pay must be able to show for some years
whom they paid and what for."""

PAYMENT_RECORDS_YEARS: Final = 10
"""The number of years for which the record of a payment is kept after the end of the year of the payment
(docs/decisions/2026-11-28-dossiers.md)."""

# Facts


@stored_as("dossier.opened.v1")
class DossierOpened(Fact, frozen=True, kw_only=True):
    """A dossier was opened for a party (a person or an organisation), to seal something in it. `about` is the
    application, the grant or the correspondence that it belongs to."""

    dossier: str
    party: str
    initiative: str
    purpose: Purpose
    about: str


@stored_as("dossier.kept.v1")
class DossierKept(Fact, frozen=True, kw_only=True):
    """A legal duty keeps the dossier until this time, which replaces an earlier one. Then it is erased."""

    dossier: str
    duty: Duty
    until: datetime


@stored_as("dossier.erased.v1", audience=EVERYBODY)
class DossierErased(Fact, frozen=True, kw_only=True):
    """The dossier's sealing key was destroyed; what was sealed under it can no longer be opened."""

    dossier: str
    about: str
    reason: ErasureReason


DossierFact = DossierOpened | DossierKept | DossierErased

# State


class DossierStatus(enum.StrEnum):
    """The statuses of a dossier."""

    OPEN = "open"
    ERASED = "erased"


class Dossier(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a dossier, without personal data. `duty` keeps it until `kept_until`."""

    status: DossierStatus | None = None
    party: str = ""
    initiative: str = ""
    purpose: Purpose = "application"
    about: str = ""
    duty: Duty | None = None
    kept_until: datetime | None = None

    @property
    def erased(self) -> bool:
        """Whether what was sealed in it can no longer be read."""
        return self.status is DossierStatus.ERASED

    def kept(self, now: datetime) -> bool:
        """Whether a legal duty still keeps it."""
        return self.kept_until is not None and now < self.kept_until


def evolve(dossier: Dossier, fact: DossierFact) -> Dossier:
    """The dossier after one more fact."""
    match fact:
        case DossierOpened():
            return Dossier(
                status=DossierStatus.OPEN,
                party=fact.party,
                initiative=fact.initiative,
                purpose=fact.purpose,
                about=fact.about,
            )
        case DossierKept():
            return msgspec.structs.replace(dossier, duty=fact.duty, kept_until=fact.until)
        case DossierErased():
            return msgspec.structs.replace(dossier, status=DossierStatus.ERASED)
        case _:
            assert_never(fact)


DOSSIER = Aggregate(kind="dossier", empty=Dossier(), evolve=evolve)

# Rules


def open_dossier(
    dossier_id: str, *, party: str, initiative: str, purpose: Purpose, about: str
) -> tuple[Fact, ...]:
    """Open a dossier for an application or a grant."""
    return (
        DossierOpened(dossier=dossier_id, party=party, initiative=initiative, purpose=purpose, about=about),
    )


def payment_record_ends(paid: datetime) -> datetime:
    """Until when the record of a payment that is made at this time is kept."""
    return datetime(paid.astimezone(UTC).year + 1 + PAYMENT_RECORDS_YEARS, 1, 1, tzinfo=UTC)


def keep_payment_record(dossier_id: str, dossier: Dossier, *, now: datetime) -> tuple[Fact, ...]:
    """Keep the record of a payment that is made now; nothing if it is already kept as long. Refused if the record was
    erased, because nobody can read any more to whom the grant is paid."""
    if dossier.erased:
        raise Refused(
            msg(
                "The payment record of this grant was erased, so its payee can no longer be "
                "read, and nothing more can be paid."
            )
        )
    until = payment_record_ends(now)
    if dossier.kept_until is not None and dossier.kept_until >= until:
        return ()
    return (DossierKept(dossier=dossier_id, duty="payment_records", until=until),)


def erase(dossier_id: str, dossier: Dossier, *, reason: ErasureReason, now: datetime) -> tuple[Fact, ...]:
    """Erase a dossier; its facts stay, unreadable."""
    if dossier.erased:
        raise Refused(msg("This has already been erased."))
    if dossier.kept(now):
        raise Refused(msg("This has to be kept until {until}; it is erased then.", until=dossier.kept_until))
    return (DossierErased(dossier=dossier_id, about=dossier.about, reason=reason),)


def erase_with_party(
    dossier_id: str, dossier: Dossier, *, reason: ErasureReason, now: datetime
) -> tuple[Fact, ...]:
    """Erase a dossier together with its party; nothing if it was already erased, or is kept by a legal duty."""
    if dossier.erased or dossier.kept(now):
        return ()
    return erase(dossier_id, dossier, reason=reason, now=now)
