"""Where the specifications of funds and grants take place: invented people, one fund, one awarded application, and
the facts that bring a grant into each of its states."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from domain.applications.facts import (
    ApplicationAwarded,
    ApplicationFoundEligible,
    ApplicationGrantOffered,
    ApplicationSubmitted,
)
from domain.calls.facts import CallDrafted, CallPublished
from domain.deciding import Fact
from domain.dossiers import DossierKept, DossierOpened, Purpose
from domain.forms import Form, Rubric
from domain.funds import Basis, FundCommitted, FundOpened, FundPledged, FundReceived
from domain.grants.facts import (
    Condition,
    GrantAccepted,
    GrantInstalmentApproved,
    GrantInstalmentInstructed,
    GrantInstalmentRequested,
    GrantInstalmentSettled,
    GrantInstalmentsScheduled,
    GrantOffered,
    GrantPayeeConfirmed,
    GrantPayeeSet,
    GrantReportAccepted,
    GrantReportSubmitted,
    Instalment,
)
from domain.initiatives.facts import InitiativeFounded, MemberAdded
from domain.panels.facts import PanelOpened
from domain.stages import Stage
from domain.values import Money, Role, stream_id
from tests.driving import NOON, World, person

ADMINISTRATOR: Final = person(1)
OFFICER: Final = person(2)
FINANCE: Final = person(3)
APPROVER: Final = person(4)
FUNDER: Final = person(5)
ARTIST: Final = person(6)
STRANGER: Final = person(7)
OTHER_FINANCE: Final = person(8)
BOTH: Final = person(9)
"""Holds the roles of finance and of approver."""

INITIATIVE: Final = stream_id("initiative", bytes(15) + b"\x01")
FUND: Final = stream_id("fund", bytes(15) + b"\x02")
CALL: Final = stream_id("call", bytes(15) + b"\x03")
ROUND: Final = stream_id("round", bytes(15) + b"\x04")
PANEL: Final = stream_id("panel", bytes(15) + b"\x05")
APPLICATION: Final = stream_id("application", bytes(15) + b"\x06")
GRANT: Final = stream_id("grant", bytes(15) + b"\x07")
PLEDGE: Final = stream_id("pledge", bytes(15) + b"\x08")
DOSSIER: Final = stream_id("dossier", bytes(15) + b"\x09")
"""What is sealed of the application."""
PAYMENTS: Final = stream_id("dossier", bytes(15) + b"\x0a")
"""What is sealed of the grant: payee and reports."""
HANDLE: Final = "quiet2birch"
"""The artist's in the call."""
KEPT_UNTIL: Final = datetime(NOON.year + 11, 1, 1, tzinfo=UTC)
"""Until when the record of a payment of today is kept."""

AWARD: Final = 100_000
"""What the panel awarded: 1000.00 EUR, in cents."""
RESPOND_BY: Final = NOON + timedelta(days=14)
IBAN: Final = "DE89370400440532013000"
"""The example of the German banks; nobody's account."""
TODAY: Final = NOON.date()
UNCHARGED: Final[dict[str, Any]] = {"fee": None, "fee_currency": None, "rate": None, "rate_currency": None}
"""A payment of which neither a fee nor a rate is recorded."""


def euros(amount: str) -> Money:
    """An amount in EUR, as it is written at the edges."""
    return Money(amount=amount, currency="EUR")


def initiative() -> tuple[Fact, ...]:
    """An initiative with a member for every role that handles money."""
    members = {
        OFFICER: (Role.OFFICER,),
        FINANCE: (Role.FINANCE,),
        OTHER_FINANCE: (Role.FINANCE,),
        APPROVER: (Role.APPROVER,),
        BOTH: (Role.FINANCE, Role.APPROVER),
        FUNDER: (Role.FUNDER,),
    }
    founded = InitiativeFounded(initiative=INITIATIVE, name="Invented Initiative", founder=ADMINISTRATOR)
    return (
        founded,
        *(MemberAdded(initiative=INITIATIVE, person=who, roles=held) for who, held in members.items()),
    )


def opened(basis: Basis = "received") -> FundOpened:
    """The fund, in EUR."""
    return FundOpened(fund=FUND, initiative=INITIATIVE, name="Invented Fund", currency="EUR", basis=basis)


def pledged(amount: int, pledge: str = PLEDGE) -> FundPledged:
    """A pledge of the funder, in cents."""
    return FundPledged(fund=FUND, pledge=pledge, funder=FUNDER, name=None, amount=amount, restriction=None)


def received(amount: int, pledge: str = PLEDGE) -> FundReceived:
    """Money of a pledge, in cents."""
    return FundReceived(fund=FUND, pledge=pledge, amount=amount, received_on=TODAY)


def committed(amount: int = AWARD, grant: str = GRANT) -> FundCommitted:
    """Money bound to a grant, in cents."""
    return FundCommitted(fund=FUND, grant=grant, amount=amount)


def call() -> tuple[Fact, ...]:
    """A published call that is paid from the fund."""
    drafted = CallDrafted(
        call=CALL,
        initiative=INITIATIVE,
        fund=FUND,
        title={"en": "Invented Call"},
        summary={"en": "For invented work."},
        stages=(Stage(id="main", form=Form(questions=()), rubric=Rubric(criteria=())),),
        currency="EUR",
        budget=1_000_000,
        minimum_award=0,
        maximum_award=1_000_000,
        time_zone="UTC",
        grace_minutes=0,
        eligibility=(),
        applications_per_applicant="several",
        intake="deadline",
        decide_within_days=None,
        takes_until=None,
        fast_track_up_to=None,
    )
    return drafted, CallPublished(call=CALL)


def eligible() -> tuple[Fact, ...]:
    """An application of the artist that was found eligible."""
    submitted = ApplicationSubmitted(
        application=APPLICATION,
        initiative=INITIATIVE,
        call=CALL,
        round=ROUND,
        applicant=ARTIST,
        dossier=DOSSIER,
        stage="main",
        decide_by=None,
        form_version=1,
        requested=120_000,
        currency="EUR",
        title="Invented Work",
        answers={},
    )
    return submitted, ApplicationFoundEligible(application=APPLICATION, round=ROUND)


def awarded(amount: int = AWARD) -> tuple[Fact, ...]:
    """An application of the artist that was awarded, in cents."""
    return (
        *eligible(),
        ApplicationAwarded(
            application=APPLICATION, panel=PANEL, amount=amount, currency="EUR", reason="quality"
        ),
    )


def dossier_opened(
    dossier: str = PAYMENTS, purpose: Purpose = "payment", about: str = GRANT
) -> DossierOpened:
    """A dossier of the artist, by default the grant's."""
    return DossierOpened(dossier=dossier, party=ARTIST, initiative=INITIATIVE, purpose=purpose, about=about)


def kept(until: datetime = KEPT_UNTIL) -> DossierKept:
    """The record of a payment has to be kept."""
    return DossierKept(dossier=PAYMENTS, duty="payment_records", until=until)


def offered() -> tuple[Fact, ...]:
    """A grant that waits for the artist's answer."""
    return (
        GrantOffered(
            grant=GRANT,
            initiative=INITIATIVE,
            call=CALL,
            application=APPLICATION,
            fund=FUND,
            recipient=ARTIST,
            recipient_handle=HANDLE,
            dossier=PAYMENTS,
            amount=AWARD,
            currency="EUR",
            respond_by=RESPOND_BY,
        ),
    )


def accepted() -> tuple[Fact, ...]:
    """A grant that the artist accepted."""
    return (*offered(), GrantAccepted(grant=GRANT))


def payee_set(setting: int = 1, *, waits: bool = False, ends: int = 0) -> GrantPayeeSet:
    """The artist's own account; `waits`: it came at noon in place of a confirmed one; it `ends` so many approvals."""
    return GrantPayeeSet(
        grant=GRANT,
        dossier=PAYMENTS,
        setting=setting,
        kind="recipient",
        party=ARTIST,
        name="Applicant One",
        account=IBAN,
        bank_code=None,
        country=None,
        payable_from=NOON + timedelta(hours=24) if waits else None,
        approvals_ended=ends,
    )


def payee_confirmed(setting: int = 1) -> GrantPayeeConfirmed:
    """The account was confirmed."""
    return GrantPayeeConfirmed(grant=GRANT, setting=setting, confirmer=FINANCE)


def scheduled(*instalments: tuple[int, Condition]) -> GrantInstalmentsScheduled:
    """Instalments in cents, each with its condition; what they leave of the grant is left."""
    return GrantInstalmentsScheduled(
        grant=GRANT,
        instalments=tuple(
            Instalment(number=number, amount=amount, condition=condition, due=date(2026, 6, 1))
            for number, (amount, condition) in enumerate(instalments, 1)
        ),
        unscheduled=AWARD - sum(amount for amount, _ in instalments),
    )


def payable(*instalments: tuple[int, Condition]) -> tuple[Fact, ...]:
    """An accepted grant with a confirmed payee and a schedule: by default 600.00 at once, 400.00 after a report."""
    plan = instalments or ((60_000, "none"), (40_000, "report"))
    return (*accepted(), payee_set(), payee_confirmed(), scheduled(*plan))


def requested(number: int = 1, report: int | None = None) -> GrantInstalmentRequested:
    """The artist asked for an instalment."""
    return GrantInstalmentRequested(grant=GRANT, instalment=number, report=report)


def approved(number: int = 1) -> tuple[Fact, ...]:
    """Finance approved an instalment, then the approver."""
    return (
        GrantInstalmentApproved(grant=GRANT, instalment=number, approver=FINANCE, approval=1),
        GrantInstalmentApproved(grant=GRANT, instalment=number, approver=APPROVER, approval=2),
    )


def instructed(number: int = 1, setting: int = 1, *, at: datetime = NOON) -> GrantInstalmentInstructed:
    """The bank was told to pay an instalment."""
    return GrantInstalmentInstructed(
        grant=GRANT, instalment=number, setting=setting, reference="BATCH-1", instructed_at=at
    )


def settled(number: int, amount: int) -> GrantInstalmentSettled:
    """The bank paid an instalment."""
    return GrantInstalmentSettled(
        grant=GRANT, instalment=number, amount=amount, currency="EUR", settled_on=TODAY, **UNCHARGED
    )


def paid(number: int, amount: int, report: int | None = None) -> tuple[Fact, ...]:
    """An instalment's whole way."""
    return (requested(number, report), *approved(number), instructed(number), settled(number, amount))


def reported(number: int = 1) -> tuple[Fact, ...]:
    """A report that was accepted."""
    return (report_submitted(number), GrantReportAccepted(grant=GRANT, report=number))


def report_submitted(number: int = 1) -> GrantReportSubmitted:
    """A report that waits for its answer."""
    return GrantReportSubmitted(grant=GRANT, report=number, dossier=PAYMENTS, text="It was shown in May.")


def world_with_fund(*facts: Fact) -> World:
    """A world with the initiative, and a fund with these facts."""
    world = World()
    world.given(INITIATIVE, *initiative())
    world.given(FUND, *facts)
    return world


def world_with_grant(*facts: Fact) -> World:
    """A world with an awarded application, its fund of 10,000.00 EUR, and a grant with these facts."""
    world = world_with_fund(opened(), pledged(1_000_000), received(1_000_000), committed())
    world.given(CALL, *call())
    world.given(
        PANEL,
        PanelOpened(panel=PANEL, initiative=INITIATIVE, call=CALL, round=ROUND, stage="main", ranking=()),
    )
    world.given(DOSSIER, dossier_opened(DOSSIER, "application", APPLICATION))
    noted = [ApplicationGrantOffered(application=APPLICATION, grant=GRANT)] if facts else []
    world.given(APPLICATION, *awarded(), *noted)
    paid_before = any(isinstance(fact, GrantInstalmentInstructed) for fact in facts)
    world.given(PAYMENTS, dossier_opened(), *([kept()] if paid_before else []))
    world.given(GRANT, *facts)
    return world


def member_too(world: World, who: str) -> None:
    """Give somebody every role that acts on grants."""
    roles = (Role.OFFICER, Role.FINANCE, Role.APPROVER)
    world.given(INITIATIVE, MemberAdded(initiative=INITIATIVE, person=who, roles=roles))
