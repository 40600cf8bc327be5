"""Everything that somebody reads: each query with what it needs, its answers as JSON, and what leaked into them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from api.locales import ENGLISH
from domain.messages import Message
from domain.refusals import CommandRejected
from projections import (
    applications,
    calls,
    correspondence,
    following,
    funded,
    funds,
    grants,
    initiatives,
    ledger,
    members,
    own_reviews,
    panel_notes,
    panels,
    payments,
    review_progress,
    reviews,
    round_jury,
    rounds,
    timeline,
)
from projections.reader import Reader
from tests.projections.conftest import Season

Query = Callable[[Reader, str | None], Awaitable[Any]]


def every_query(season: Season) -> dict[str, Query]:
    """Every query about every thing of a season, to be asked by somebody."""
    things = season.things
    found: dict[str, Query] = {
        "calls.public": lambda r, _v: calls.public(r),
        "calls.of_initiative": lambda r, v: calls.of_initiative(r, v, season.initiative),
        "calls.one": lambda r, v: calls.one(r, v, season.call),
        "rounds.one": lambda r, v: rounds.one(r, v, season.round),
        "applications.of_call": lambda r, v: applications.of_call(r, v, season.call),
        "applications.search": lambda r, v: applications.search(r, v, season.call, text="canary"),
        "applications.mine": applications.mine,
        "reviews.mine": own_reviews.mine,
        "panels.ranking": lambda r, v: panels.ranking(r, v, season.round),
        "judging.progress": lambda r, v: review_progress.progress(r, v, season.round),
        "round_jury.of_round": lambda r, v: round_jury.of_round(r, v, season.round),
        "panel_notes.of_round": lambda r, v: panel_notes.of_round(r, v, season.round),
        "initiatives.of_call": lambda r, v: initiatives.of_call(r, v, season.call),
        "grants.of_call": lambda r, v: grants.of_call(r, v, season.call),
        "grants.mine": grants.mine,
        "grants.tasks": lambda r, v: grants.tasks(r, v, now=season.office.now),
        "grants.to_offer": lambda r, v: grants.to_offer(r, v, season.call),
        "funds.one": lambda r, v: funds.one(r, v, season.fund),
        "funds.of_initiative": lambda r, v: funds.of_initiative(r, v, season.initiative),
        "following.of_fund": lambda r, v: following.of_fund(r, v, season.fund),
        "funded.mine": lambda r, v: funded.mine(r, v, season.initiative),
        "payments.of_initiative": lambda r, v: payments.of_initiative(r, v, season.initiative),
        "ledger.of_fund": lambda r, v: ledger.of_fund(r, v, season.fund),
        "ledger.totals": lambda r, v: ledger.totals(r, v, season.initiative),
        "timeline.of_call": lambda r, v: timeline.of_call(r, v, season.call, limit=100),
        "timeline.of_fund": lambda r, v: timeline.of_fund(r, v, season.fund),
        "initiatives.one": lambda r, v: initiatives.one(r, v, season.initiative),
        "initiatives.me": initiatives.me,
        "correspondence.waiting": correspondence.waiting,
        "members.given_roles": lambda r, v: members.given_roles(r, v, season.initiative, limit=100),
    }
    for name in ("application1", "application2"):
        if name in things:
            found[f"applications.one {name}"] = lambda r, v, n=name: applications.one(r, v, things[n])  # type: ignore[misc]
            found[f"reviews.of_application {name}"] = lambda r, v, n=name: reviews.of_application(
                r, v, things[n]
            )  # type: ignore[misc]
            found[f"timeline.of_application {name}"] = lambda r, v, n=name: timeline.of_application(
                r, v, things[n]
            )  # type: ignore[misc]
            found[f"correspondence.messages {name}"] = lambda r, v, n=name: correspondence.messages(
                r, v, things[n]
            )  # type: ignore[misc]
            found[f"correspondence.notes {name}"] = lambda r, v, n=name: correspondence.notes(r, v, things[n])  # type: ignore[misc]
    if "grant" in things:
        found["grants.one"] = lambda r, v: grants.one(r, v, things["grant"])
        found["timeline.of_grant"] = lambda r, v: timeline.of_grant(r, v, things["grant"])
    for (juror, application), review in season.reviews.items():
        found[f"reviews.one {juror} {application}"] = lambda r, v, n=review: reviews.one(r, v, n)  # type: ignore[misc]
    return found


def as_json(answer: Any) -> str:  # Any: whatever a query answers
    """An answer as it would be sent, its sentences in English."""

    def otherwise(found: object) -> str:
        return ENGLISH.say(found) if isinstance(found, Message) else repr(found)

    return msgspec.json.encode(answer, enc_hook=otherwise).decode()


async def read_all(season: Season, viewer: str | None) -> dict[str, str]:
    """Every query's answer to somebody as the JSON that would be sent, or the sentence of the refusal."""
    season.project()
    answers = {}
    for name, query in every_query(season).items():
        try:
            answers[name] = as_json(await query(season.reader, viewer))
        except CommandRejected as turned:
            answers[name] = f"{type(turned).__name__}: {turned.detail}"
    return answers


def answered(answers: dict[str, str]) -> set[str]:
    """The queries that were answered, not refused."""
    return {name for name, answer in answers.items() if not answer.startswith(("Forbidden", "NotFound"))}


def leaks(answers: dict[str, str], *canaries: str) -> dict[str, list[str]]:
    """Which canaries stand in which answer."""
    return {
        name: found
        for name, answer in answers.items()
        if (found := [canary for canary in canaries if canary in answer])
    }
