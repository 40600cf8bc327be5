"""How a grant with its payee, instalments and reports is shown, from the rows of its tables and from opened texts."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from domain.deciding import Allowed, Verdict
from domain.exchange import Exchange
from domain.grants.state import Grant
from domain.grants.tasks import RecipientTask, RecipientTaskKind, tasks_of_recipient
from domain.personal import Withheld
from domain.values import Money, Role
from projections.ledger import exchange_of, fee_of
from projections.reader import QueryRow, damaged_in, text_of
from projections.versions import Version


class OwnGrantTask(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the recipient has to do before money is paid: its `kind`, the `number` of the instalment that it is
    about, and that instalment's amount and due day."""

    kind: RecipientTaskKind
    number: int | None
    amount: Money | None
    due: date | None


class GrantLine(msgspec.Struct, frozen=True, kw_only=True):
    """A grant in a list. `handle` stands for the recipient within the call; `recipient` is None for funders, and for
    people who declared a conflict of interest with the application. `amendment` is the number of the one that waits for
    the recipient's answer; `to_do` is what the recipient has to do now, and empty for everybody else."""

    id: str
    version: Version
    call: str
    application: str
    fund: str
    handle: str | None
    recipient: str | None
    status: str
    amount: Money
    settled: Money
    respond_by: datetime
    reason: str | None
    ends_on: date | None
    amendment: int | None
    to_do: tuple[OwnGrantTask, ...] = ()


class PayeeShown(msgspec.Struct, frozen=True, kw_only=True):
    """The payee of that `setting`. `name`, `account`, and the `bank_code` and `country` of an account without an IBAN,
    are for the recipient, finance and approvers; they are None for others, for people who declared a conflict of
    interest with the application, and once the grant's dossier was erased. `host` is the registered fiscal host that
    the recipient named, for the same people; `host_name` is the name of that organisation, for those who pay, who have to
    check it. `damaged` names the texts that are None because the stored value is not what was committed to."""

    setting: int
    kind: str
    confirmed: bool
    payable_from: datetime | None
    name: str | None
    account: str | None
    bank_code: str | None
    country: str | None
    host: str | None
    host_name: str | None
    damaged: tuple[str, ...] = ()


class InstalmentShown(msgspec.Struct, frozen=True, kw_only=True):
    """A payment of a grant, with the report that met its condition and how it was paid, or why not. The bank's `fee` is
    not part of the amount."""

    number: int
    amount: Money
    condition: str
    due: date
    status: str
    report: int | None
    reference: str | None
    settled_on: date | None
    fee: Money | None
    exchange: Exchange | None
    reason: str | None


class ScreeningShown(msgspec.Struct, frozen=True, kw_only=True):
    """The latest screening of a payee; `current`: of the present payee. It was recorded at `recorded_at` by the person
    with the handle `by` within the call. `note` is for those who pay and the staff; None for others."""

    current: bool
    result: str
    reference: str
    screened_on: date
    recorded_at: datetime
    by: str | None
    note: str | None
    damaged: tuple[str, ...] = ()


class ReportShown(msgspec.Struct, frozen=True, kw_only=True):
    """A report on a grant. `text` and `explanation` are for the recipient and the staff; they are None for others, for
    people who declared a conflict of interest with the application, and once the grant's dossier was erased. `damaged`
    is as for a payee."""

    number: int
    status: str
    text: str | None
    reason: str | None
    explanation: str | None
    damaged: tuple[str, ...] = ()


class PlannedShown(msgspec.Struct, frozen=True, kw_only=True):
    """A payment planned in an amendment."""

    number: int
    amount: Money
    condition: str
    due: date


class AmendmentShown(msgspec.Struct, frozen=True, kw_only=True):
    """The amendment that waits for the recipient's answer: the new `amount`, end date and unscheduled part of the
    grant. `instalments` would replace those not yet requested; None: these stay. `explanation` is shown to the same
    people as a report's text."""

    number: int
    amount: Money
    ends_on: date | None
    instalments: tuple[PlannedShown, ...] | None
    unscheduled: Money
    explanation: str | None
    damaged: tuple[str, ...] = ()


class GrantDetail(GrantLine, frozen=True, kw_only=True):
    """A grant in detail. `title` is the project's, shown to the same people as the recipient. `explanation` is the text beside the reason of a declined offer, a suspension or an early
    end; `proposed` is the amendment that waits for an answer; `screening_required`: the call or the initiative
    requires a screening before a payment; `screening` is never shown to people with ties to the recipient or the
    payee; `unscheduled` is the part of the grant without instalments, None before there are any; `damaged` is as for
    a payee. `unattended`: the recipient is an organisation without members; only shown to viewers who see who the
    recipient is."""

    seen_as: Role
    title: str | None
    unattended: bool
    explanation: str | None
    payee: PayeeShown | None
    screening_required: bool
    screening: ScreeningShown | None
    instalments: tuple[InstalmentShown, ...]
    unscheduled: Money | None
    proposed: AmendmentShown | None
    reports: tuple[ReportShown, ...]
    damaged: tuple[str, ...] = ()


Texts = dict[int | None, dict[str, str | Withheld | None]]
"""Personal texts by the version of their fact and by field."""


def line(row: QueryRow, *, recipient: Verdict, own: Grant | None = None) -> GrantLine:
    """A row of read.grants for display; `recipient`: whether the recipient is shown. `own` is the grant's state if the viewer
    receives it and looks at it as it is now."""
    currency = row["currency"]
    return GrantLine(
        id=row["grant"],
        version=Version(row["grant"], row["version"]),
        call=row["call"],
        application=row["application"],
        fund=row["fund"],
        handle=row["handle"],
        recipient=row["recipient"] if isinstance(recipient, Allowed) else None,
        status=row["status"],
        amount=Money.of(row["amount"], currency),
        settled=Money.of(row["settled"], currency),
        respond_by=row["respond_by"],
        reason=row["reason"],
        ends_on=row["ends_on"],
        amendment=row["amendment"],
        to_do=() if own is None else tuple([_to_do(own, each) for each in tasks_of_recipient(own)]),
    )


def _to_do(grant: Grant, task: RecipientTask) -> OwnGrantTask:
    plan = None if task.number is None else grant.instalments[task.number].plan
    return OwnGrantTask(
        kind=task.kind,
        number=task.number,
        amount=None if plan is None else Money.of(plan.amount, grant.currency),
        due=None if plan is None else plan.due,
    )


def payee_of(
    row: QueryRow, texts: Texts, *, host: str | None, host_name: str | Withheld | None
) -> PayeeShown | None:
    """The payee of a row of read.grants, with the registered fiscal `host` that is paid and its name, as far as they are
    shown."""
    if row["payee_setting"] is None:
        return None
    opened = texts.get(row["payee_version"], {})
    return PayeeShown(
        setting=row["payee_setting"],
        kind=row["payee_kind"],
        confirmed=row["payee_confirmed"],
        payable_from=row["payable_from"],
        name=text_of(opened.get("name")),
        account=text_of(opened.get("account")),
        bank_code=text_of(opened.get("bank_code")),
        country=text_of(opened.get("country")),
        host=host,
        host_name=text_of(host_name),
        damaged=damaged_in({**opened, "host_name": host_name}),
    )


def unscheduled_of(row: QueryRow, instalments: list[QueryRow]) -> Money | None:
    if not instalments:
        return None
    return Money.of(row["amount"] - sum(each["amount"] for each in instalments), row["currency"])


def instalment_of(row: QueryRow, currency: str) -> InstalmentShown:
    return InstalmentShown(
        number=row["number"],
        amount=Money.of(row["amount"], currency),
        condition=row["condition"],
        due=row["due"],
        status=row["status"],
        report=row["report"],
        reference=row["reference"],
        settled_on=row["settled_on"],
        fee=fee_of(row),
        exchange=exchange_of(row),
        reason=row["reason"],
    )


def report_of(row: QueryRow, texts: Texts) -> ReportShown:
    text = texts.get(row["text_version"], {}).get("text")
    explanation = texts.get(row["reason_version"], {}).get("explanation")
    return ReportShown(
        number=row["report"],
        status=row["status"],
        text=text_of(text),
        reason=row["reason"],
        explanation=text_of(explanation),
        damaged=damaged_in({"text": text, "explanation": explanation}),
    )
