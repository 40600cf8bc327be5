"""What the HTTP lines stand on: an initiative with a call of 2,000 applications, another call that takes more, and
reviews that wait to be saved. All of it is made by the API, as people would.

The work is pinned: a submission has 8 answers, 6 kB of Cyrillic prose that is never the same twice, and a budget of ten
lines; every applicant is a person of their own, and so is each of the 16 jurors.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

import msgspec

from benchmarks.connection import Client
from benchmarks.load import CLIENTS
from benchmarks.people import Person, money, register
from benchmarks.prose import Prose, budget_items
from benchmarks.traffic import Traffic

APPLICATIONS: Final = 2_000
PROSE_BYTES: Final = 6_000
_PROSE_QUESTIONS: Final = ("idea", "team", "plan", "need")
CURRENCY: Final = "EUR"
CRITERIA: Final = ("merit", "need", "feasibility", "reach")
COMMENT_BYTES: Final = 1_200

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Review:
    """A review that its juror has begun and not yet saved."""

    id: str
    juror: Person


@dataclass(frozen=True, slots=True)
class Ground:
    """The people, calls and reviews of a run. `listed` are the applications of the call that is listed."""

    initiative: str
    founder: str
    officer: Person
    applicants: tuple[Person, ...]
    listed_call: str
    listed: tuple[str, ...]
    open_call: str
    open_round: str
    reviews: tuple[Review, ...]

    @property
    def open(self) -> tuple[str, str, str, str]:
        """The initiative, its founder, its call that takes applications, and that call's round."""
        return self.initiative, self.founder, self.open_call, self.open_round


async def each(given: Iterable[T], act: Callable[[T], Awaitable[R]], at_a_time: int = CLIENTS) -> list[R]:
    """`act` on all that is given, so many at a time; the results in the order given."""
    waiting = enumerate(given)
    results: dict[int, R] = {}

    async def work() -> None:
        for place, value in waiting:
            results[place] = await act(value)

    async with asyncio.TaskGroup() as group:
        for _ in range(at_a_time):
            group.create_task(work())
    return [results[place] for place in range(len(results))]


async def prepare(url: str, administrator: str, reviews: int, say: Callable[[str], None]) -> Ground:
    """Make all of it; `reviews` is how many are begun."""
    async with Client(url) as client:
        traffic = Traffic(client, f"ground-{secrets.token_hex(8)}")
        initiative, founder, officer, jurors, fund = await _initiative(traffic, administrator)
        say(f"registering {APPLICATIONS} applicants, each with a token")
        began = time.monotonic()
        applicants = await each(
            range(APPLICATIONS), lambda n: register(traffic, administrator, f"Applicant {n + 1}")
        )
        registering = time.monotonic() - began
        open_call = await _published_call(traffic, officer, fund)
        open_round = await _open_round(traffic, officer, open_call, datetime.now(UTC) + timedelta(days=30))
        listed_call = await _published_call(traffic, officer, fund)
        # Without a demonstration's clock the deadline is waited for: as far off as the slowest of machines needs.
        closes_at = datetime.now(UTC) + timedelta(seconds=15 + 2 * registering)
        listed_round = await _open_round(traffic, officer, listed_call, closes_at)
        say(f"submitting {APPLICATIONS} applications")
        prose = Prose(1)

        async def submit(applicant: Person) -> str:
            written = await traffic.write(
                "submit",
                f"/api/calls/{listed_call}/applications",
                applicant.token,
                submission(listed_round, prose),
            )
            return written.id

        listed = await each(applicants, submit)
        say("waiting for the deadline")
        await asyncio.sleep(max(0.0, (closes_at - datetime.now(UTC)).total_seconds()))
        await _closed(traffic, officer, listed_round)
        say(f"beginning {reviews} reviews")
        begun = await each(
            range(reviews),
            lambda n: _begin_review(traffic, officer, listed[n % len(listed)], jurors[n % len(jurors)]),
        )
        return Ground(
            initiative,
            founder,
            officer,
            tuple(applicants),
            listed_call,
            tuple(listed),
            open_call,
            open_round,
            tuple(begun),
        )


async def _initiative(traffic: Traffic, administrator: str) -> tuple[str, str, Person, list[Person], str]:
    founder = await register(traffic, administrator, "Founder")
    officer = await register(traffic, administrator, "Officer")
    jurors = [await register(traffic, administrator, f"Juror {number + 1}") for number in range(CLIENTS)]
    initiative = await traffic.write(
        "found", "/api/initiatives", administrator, {"name": "Benchmark", "founder": founder.id}
    )
    for person, role in [(officer, "officer"), *((juror, "juror") for juror in jurors)]:
        await traffic.write(
            "add",
            f"/api/initiatives/{initiative.id}/members",
            founder.token,
            {"person": person.id, "roles": [role]},
        )
    fund = await traffic.write(
        "fund",
        "/api/funds",
        officer.token,
        {"initiative": initiative.id, "name": "Benchmark fund", "currency": CURRENCY},
    )
    return initiative.id, founder.id, officer, jurors, fund.id


async def _published_call(traffic: Traffic, officer: Person, fund: str) -> str:
    call = await traffic.write("draft", "/api/calls", officer.token, call_body(fund))
    await traffic.write("publish", f"/api/calls/{call.id}/publish", officer.token)
    return call.id


async def _open_round(traffic: Traffic, officer: Person, call: str, closes_at: datetime) -> str:
    local = closes_at.replace(tzinfo=None, microsecond=0) + timedelta(seconds=1)
    round = await traffic.write(
        "open", f"/api/calls/{call}/rounds", officer.token, {"closes_at": local.isoformat()}
    )
    return round.id


async def _closed(traffic: Traffic, officer: Person, round: str) -> None:
    """Wait until the program has closed the round by itself."""
    until = time.monotonic() + 60
    while (await traffic.read("round", f"/api/rounds/{round}", officer.token))["status"] == "open":
        if time.monotonic() > until:
            raise TimeoutError("The round's deadline has passed, and the program did not close it.")
        await asyncio.sleep(0.2)


async def _begin_review(traffic: Traffic, officer: Person, application: str, juror: Person) -> Review:
    await traffic.write("eligible", f"/api/applications/{application}/find-eligible", officer.token)
    review = await traffic.write(
        "assign", f"/api/applications/{application}/reviews", officer.token, {"juror": juror.id}
    )
    await traffic.write("clear", f"/api/reviews/{review.id}/declare-no-conflict", juror.token)
    return Review(review.id, juror)


# The pinned work


def call_body(fund: str) -> dict[str, Any]:
    """The body of a drafted call: a form of 8 questions, and a rubric of four criteria."""

    def label(text: str) -> dict[str, str]:
        return {"ru": text}

    questions: list[dict[str, Any]] = [
        {"id": name, "kind": "long_text", "label": label(name), "max_words": 1_000}
        for name in _PROSE_QUESTIONS
    ]
    questions += [
        {"id": "place", "kind": "text", "label": label("Город")},
        {"id": "begins", "kind": "date", "label": label("Начало")},
        {"id": "alone", "kind": "yes_no", "label": label("Без соавторов?")},
        {"id": "budget", "kind": "budget", "label": label("Бюджет")},
    ]
    return {
        "fund": fund,
        "title": {"ru": "Зимний сезон"},
        "summary": {"ru": "Вечера, записи и выставки."},
        "stages": [
            {
                "id": "main",
                "form": {"questions": questions},
                "rubric": {"criteria": [{"id": name, "label": label(name)} for name in CRITERIA]},
            }
        ],
        "budget": money(100_000_000, CURRENCY),
        "minimum_award": money(10_000, CURRENCY),
        "maximum_award": money(5_000_000, CURRENCY),
    }


def submission(round: str, prose: Prose) -> dict[str, Any]:
    """The body of a submission: 8 answers, of which 4 are 6 kB of prose together, and one is a budget of ten lines."""
    items = budget_items()
    amounts = prose.amounts(len(items))
    texts = {name: prose.text(PROSE_BYTES // len(_PROSE_QUESTIONS)) for name in _PROSE_QUESTIONS}
    return {
        "round": round,
        "title": prose.title(),
        "requested": money(sum(amounts), CURRENCY),
        "answers": {
            **texts,
            "place": "Берлин",
            "begins": "2027-01-15",
            "alone": True,
            "budget": [
                {"item": item, "amount": money(amount, CURRENCY)["amount"]}
                for item, amount in zip(items, amounts, strict=True)
            ],
        },
    }


def submit_requests(
    client: Client, ground: Ground, applicants: Sequence[Person], prose: Prose, run: str
) -> list[bytes]:
    """The requests by which each of the applicants submits to the open call."""
    return [
        client.prepare(
            "POST",
            f"/api/calls/{ground.open_call}/applications",
            headers=_signed(applicant, f"{run}-{applicant.id}"),
            body=msgspec.json.encode(submission(ground.open_round, prose)),
        )
        for applicant in applicants
    ]


def review_body(prose: Prose) -> bytes:
    """The body of a saved review: four scores and two comments, in prose."""
    points = dict(zip(CRITERIA, (7, 8, 6, 9), strict=True))
    return msgspec.json.encode(
        {
            "scores": points,
            "comment_jury": prose.text(COMMENT_BYTES),
            "comment_applicant": prose.text(COMMENT_BYTES // 2),
        }
    )


def review_requests(client: Client, reviews: Sequence[Review], prose: Prose, run: str) -> list[bytes]:
    """The requests by which each review is saved by its juror."""
    return [
        client.prepare(
            "POST",
            f"/api/reviews/{review.id}/submit",
            headers=_signed(review.juror, f"{run}-{review.id}"),
            body=review_body(prose),
        )
        for review in reviews
    ]


def list_request(client: Client, ground: Ground, cursor: str | None) -> bytes:
    """The request for 50 applications of the listed call, after a cursor."""
    query = f"?limit=50&cursor={cursor}" if cursor else "?limit=50"
    return client.prepare(
        "GET", f"/api/calls/{ground.listed_call}/applications{query}", headers=_signed(ground.officer, None)
    )


def timeline_requests(client: Client, ground: Ground, kind: str, things: Sequence[str]) -> list[bytes]:
    """The requests for the first page of the timelines of some ``calls`` or ``applications``."""
    return [
        client.prepare("GET", f"/api/{kind}/{thing}/timeline?limit=50", headers=_signed(ground.officer, None))
        for thing in things
    ]


def _signed(person: Person, key: str | None) -> dict[str, str]:
    headers = {"Authorization": f"Bearer {person.token}"}
    return headers | {"Idempotency-Key": key} if key else headers
