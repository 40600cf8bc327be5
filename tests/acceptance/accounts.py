"""Asking the server for what the sums are computed from: all its facts, and the ledger of a fund."""

from __future__ import annotations

from typing import Any

from benchmarks.traffic import Traffic
from domain.values import minor_units
from tests.acceptance.agreement import LedgerEntry, LedgerLine, LedgerSums, RawFact, sums_of_ledger
from tests.acceptance.cast import Play


async def all_facts(traffic: Traffic, auditor: str) -> list[RawFact]:
    """Every fact of the installation, in order of position; of those that the auditor is not shown, only that it is
    there."""
    facts: list[RawFact] = []
    while True:
        after = facts[-1].position if facts else 0
        shown = await traffic.read("read facts", f"/api/facts?after={after}", auditor)
        if not shown["items"]:
            return facts
        facts += [
            RawFact(item["position"], item["topic"] or "", item["fact"] or {}) for item in shown["items"]
        ]


async def ledger_sums(traffic: Traffic, token: str, play: Play, position: str) -> dict[str, LedgerSums]:
    """The sums of every grant that is paid from a play's fund, from all pages of its ledger as of a position.

    Raises `ValueError` where the ledger does not add up in itself.
    """
    entries: list[LedgerEntry] = []
    cursor: str | None = None
    path = f"/api/funds/{play.fund}/ledger?limit=100"
    while True:
        shown = await traffic.read(
            "read a ledger", f"{path}&cursor={cursor}" if cursor else path, token, position=position
        )
        page = shown["entries"]
        entries += [_entry(each) for each in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    balances = {
        each["account"]: _minor(each["balance"]) * (1 if each["side"] == "debit" else -1)
        for each in shown["accounts"]
    }
    return sums_of_ledger(play.currency, entries, balances)


def _entry(shown: dict[str, Any]) -> LedgerEntry:  # Any: JSON
    lines = [
        LedgerLine(each["account"], _minor(each["amount"]) * (1 if each["side"] == "debit" else -1))
        for each in shown["lines"]
    ]
    return LedgerEntry(shown["grant"], tuple(lines))


def _minor(money: dict[str, str]) -> int:
    """A sum of money as the API writes it, in minor units."""
    return minor_units(money["amount"], money["currency"], "amount")
