"""People who are registered for a run, and sums as the API writes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from benchmarks.traffic import Traffic
from domain.values import decimal_string

LABEL: Final = "rehearsal"


@dataclass(frozen=True, slots=True)
class Person:
    """A registered person with a token of their own."""

    id: str
    token: str


def money(minor: int, currency: str) -> dict[str, str]:
    """A sum as the API writes it."""
    return {"amount": decimal_string(minor, currency), "currency": currency}


async def register(traffic: Traffic, administrator: str, name: str) -> Person:
    """Register a person and make them a claim, as an administrator does, and exchange it, as the person does."""
    person = await traffic.write("register a person", "/api/persons", administrator, {"name": name})
    claim = await traffic.post("make a claim", f"/api/persons/{person.id}/claims", administrator, {})
    answer = await traffic.post(
        "exchange a claim", "/api/claims", None, {"claim": claim.json()["text"], "label": LABEL}
    )
    return Person(person.id, str(answer.json()["token"]))
