"""Whether every sum agrees: computed anew for each grant from the raw facts, from the ledger and from the file.

The three roads share nothing but the ids by which a grant is followed. Nothing here reads a server: what was read is
handed in, so that a test can alter one cent of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.values import Money
from tests.acceptance.giving import FileGrant


@dataclass(frozen=True, slots=True)
class Followed:
    """By which ids one grant of the file went through the program, for which party, and through how many stages."""

    number: int
    application: str
    grant: str
    party: str
    stages: int


@dataclass(slots=True)
class FactSums:
    """One grant as its facts tell it, its sums in minor units. `applicant` is the party that applied, through so many
    `stages`; what was settled by an order to pay the `recipient` itself is `paid_to_recipient`."""

    fund: str = ""
    applicant: str = ""
    recipient: str = ""
    stages: int = 0
    currency: str = ""
    requested: int = 0
    awarded: int = 0
    offered: int = 0
    committed: int = 0
    settled: int = 0
    paid_to_recipient: int = 0
    completed: bool = False


@dataclass(frozen=True, slots=True)
class LedgerSums:
    """The sums of one grant as the ledger tells them, in minor units: what was committed to it in all (releases
    taken off), what was paid, and what is still bound."""

    currency: str
    committed: int
    paid: int
    bound: int


@dataclass(frozen=True, slots=True)
class RawFact:
    """One stored fact: its position, topic and public fields."""

    position: int
    topic: str
    fields: Mapping[str, Any]  # Any: each topic has fields of its own


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One line of an entry, in minor units: a debit is positive, a credit negative."""

    account: str
    amount: int


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """What one fact moved, and for which grant, if for any."""

    grant: str | None
    lines: tuple[LedgerLine, ...]


@dataclass
class _Application:
    applicant: str = ""
    stages: int = 0
    requested: int = 0
    awarded: int = 0


@dataclass
class _Folding:
    """`payees` are the parties to be paid, by grant and setting; `ordered` those in the last order to pay an instalment."""

    by_grant: defaultdict[str, FactSums] = field(default_factory=lambda: defaultdict(FactSums))
    applications: defaultdict[str, _Application] = field(default_factory=lambda: defaultdict(_Application))
    payees: dict[tuple[str, int], str | None] = field(default_factory=dict)
    ordered: dict[tuple[str, int], str | None] = field(default_factory=dict)


def sums_of_facts(facts: Iterable[RawFact], funds: Collection[str]) -> dict[str, FactSums]:
    """The sums of every grant that is paid from one of these funds, by its id, from all facts in their order.

    Raises `ValueError` where positions have a gap: then facts are missing, and no sum of theirs proves anything.
    """
    folding = _Folding()
    expected = 1
    for fact in facts:
        if fact.position != expected:
            raise ValueError(f"The facts have a gap: position {expected} is followed by {fact.position}.")
        expected += 1
        _fold(folding, fact.topic, fact.fields)
    return {grant: sums for grant, sums in folding.by_grant.items() if sums.fund in funds}


def _fold(folding: _Folding, topic: str, fields: Mapping[str, Any]) -> None:
    by_grant = folding.by_grant
    match topic:
        case "application.submitted.v1" | "application.continued.v1":
            application = folding.applications[fields["application"]]
            application.applicant = fields["applicant"]
            application.requested = fields["requested"]
            application.stages += 1
        case "application.awarded.v1":
            folding.applications[fields["application"]].awarded = fields["amount"]
        case "grant.offered.v1":
            sums, application = by_grant[fields["grant"]], folding.applications[fields["application"]]
            sums.offered += fields["amount"]
            sums.currency = fields["currency"]
            sums.fund = fields["fund"]
            sums.recipient = fields["recipient"]
            sums.applicant = application.applicant
            sums.stages = application.stages
            sums.awarded = application.awarded
            sums.requested = application.requested
        case "grant.payee_set.v1":
            folding.payees[fields["grant"], fields["setting"]] = fields["party"]
        case "grant.instalment_instructed.v1" | "grant.instalment_instructed.v2":
            payee = folding.payees.get((fields["grant"], fields["setting"]))
            folding.ordered[fields["grant"], fields["instalment"]] = payee
        case "grant.instalment_settled.v1":
            sums = by_grant[fields["grant"]]
            sums.settled += fields["amount"]
            if folding.ordered.get((fields["grant"], fields["instalment"])) == sums.recipient:
                sums.paid_to_recipient += fields["amount"]
        case "grant.completed.v1":
            by_grant[fields["grant"]].completed = True
        case "fund.committed.v1":
            by_grant[fields["grant"]].committed += fields["amount"]
        case "fund.released.v1":
            by_grant[fields["grant"]].committed -= fields["amount"]
        case _:
            pass


def sums_of_ledger(
    currency: str, entries: Iterable[LedgerEntry], balances: Mapping[str, int]
) -> dict[str, LedgerSums]:
    """The sums of every grant, by its id, from all entries of a fund's ledger.

    `balances` are the accounts' as the ledger shows them: debits less credits, in minor units. Raises `ValueError`
    where an entry does not add up to zero, or where the entries do not add up to a balance.
    """
    by_grant: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    totals: defaultdict[str, int] = defaultdict(int)
    for number, entry in enumerate(entries, 1):
        if sum(line.amount for line in entry.lines):
            raise ValueError(f"Entry {number} of the ledger in {currency} does not add up to zero.")
        for line in entry.lines:
            totals[line.account] += line.amount
            if entry.grant is not None:
                by_grant[entry.grant][line.account] += line.amount
    for account in sorted(totals.keys() | balances.keys()):
        if totals[account] != balances.get(account, 0):
            raise ValueError(
                f"The ledger in {currency} shows another balance of {account} than its entries add up to."
            )
    return {
        grant: LedgerSums(
            currency=currency,
            committed=accounts["grants_awarded"],
            paid=-accounts["cash"],
            bound=-accounts["grants_payable"],
        )
        for grant, accounts in by_grant.items()
    }


def disagreements(
    followed: Iterable[Followed],
    of_file: Mapping[int, FileGrant],
    of_facts: Mapping[str, FactSums],
    of_ledger: Mapping[str, LedgerSums],
) -> list[str]:
    """One sentence for everything that does not agree; none, if every sum of every grant does.

    `of_file` holds the file's usable grants by number, `of_facts` and `of_ledger` the sums by the grant's id. A grant
    that one of the three lacks is a disagreement too, and so is one that the facts or the ledger have beyond the
    file's.
    """
    found: list[str] = []
    grants: set[str] = set()
    numbers: set[int] = set()
    for each in followed:
        if each.grant in grants or each.number in numbers:
            found.append(f"Grant {each.number} of the file was followed twice.")
        grants.add(each.grant)
        numbers.add(each.number)
        file, facts, ledger = (
            of_file.get(each.number),
            of_facts.get(each.grant),
            of_ledger.get(each.grant),
        )
        if file is None or facts is None or ledger is None:
            lacking = [
                name for name, sums in (("file", file), ("facts", facts), ("ledger", ledger)) if sums is None
            ]
            found.append(f"Grant {each.number} of the file is missing from the {' and the '.join(lacking)}.")
            continue
        found.extend(_of_one(each, file, facts, ledger))
    found.extend(
        f"Grant {number} of the file did not go through to its last payment."
        for number in sorted(of_file.keys() - numbers)
    )
    for name, ids in (("facts", of_facts.keys()), ("ledger", of_ledger.keys())):
        beyond = len(ids - grants)
        if beyond:
            found.append(f"The {name} have {beyond} grants that are none of the file's.")
    return found


def _of_one(followed: Followed, file: FileGrant, facts: FactSums, ledger: LedgerSums) -> list[str]:
    found = []
    if not followed.party == facts.applicant == facts.recipient:
        found.append(f"Grant {file.number} was not applied for by the party to which it was offered.")
    if facts.stages != followed.stages:
        found.append(
            f"Grant {file.number} went through {facts.stages} stages, not through {followed.stages}."
        )
    if not file.currency == facts.currency == ledger.currency:
        found.append(
            f"Grant {file.number}: the currency is {file.currency} in the file, {facts.currency or 'none'} in the "
            f"facts and {ledger.currency or 'none'} in the ledger."
        )
    compared = (
        ("asked for", file.requested, "facts", facts.requested),
        ("awarded", file.awarded, "facts", facts.awarded),
        ("offered", file.awarded, "facts", facts.offered),
        ("committed", file.awarded, "facts", facts.committed),
        ("paid", file.awarded, "facts", facts.settled),
        ("paid to its recipient", file.awarded, "facts", facts.paid_to_recipient),
        ("committed", file.awarded, "ledger", ledger.committed),
        ("paid", file.awarded, "ledger", ledger.paid),
        ("still bound", 0, "ledger", ledger.bound),
    )
    for what, expected, road, seen in compared:
        if seen != expected:
            found.append(
                f"Grant {file.number}: {Money.of(expected, file.currency)} {what} by the file, "
                f"{Money.of(seen, file.currency)} by the {road}."
            )
    if not facts.completed:
        found.append(f"Grant {file.number} was not completed.")
    return found
