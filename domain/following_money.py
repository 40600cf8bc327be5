"""Following a pledge to each payment: which receipt pays what, by a rule that everybody can recompute."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Arrived:
    """Money of a pledge that arrived in a fund, in minor units."""

    pledge: str
    amount: int


@dataclass(frozen=True, slots=True)
class PaidOut:
    """A payment of a fund, in minor units: an instalment of a grant."""

    grant: str
    instalment: int
    amount: int


@dataclass(frozen=True, slots=True)
class Share:
    """The part of a payment that a pledge paid. `pledge` is None for what was paid before money for it arrived."""

    payment: PaidOut
    pledge: str | None
    amount: int


def shares(moves: Iterable[Arrived | PaidOut]) -> tuple[Share, ...]:
    """Which pledge paid which part of each payment, sorted by payments. `moves` are a fund's receipts and payments in the order
    in which they were recorded.

    What arrived first is spent first. A payment for which nothing is left is paid by the next receipt.
    """
    waiting: deque[tuple[str, int]] = deque()
    owed: deque[tuple[int, int]] = deque()
    payments: list[PaidOut] = []
    found: dict[int, list[Share]] = {}
    for move in moves:
        if isinstance(move, Arrived):
            left = move.amount
            while left and owed:
                number, missing = owed.popleft()
                part = min(left, missing)
                found[number].append(Share(payments[number], move.pledge, part))
                left -= part
                if missing > part:
                    owed.appendleft((number, missing - part))
            if left:
                waiting.append((move.pledge, left))
            continue
        number = len(payments)
        payments.append(move)
        found[number] = []
        missing = move.amount
        while missing and waiting:
            pledge, there = waiting.popleft()
            part = min(missing, there)
            found[number].append(Share(move, pledge, part))
            missing -= part
            if there > part:
                waiting.appendleft((pledge, there - part))
        if missing:
            owed.append((number, missing))
    for number, missing in owed:
        found[number].append(Share(payments[number], None, missing))
    return tuple(share for number in range(len(payments)) for share in found[number])
