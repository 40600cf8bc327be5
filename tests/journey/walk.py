"""One grant's whole way over real HTTP: nine people, from the published call to two settled payments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.journey.running import Person, Running, status_of, until

BERLIN = ZoneInfo("Europe/Berlin")


def eur(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


CALL = {
    "title": {"en": "Winter call", "ru": "Зимний конкурс"},
    "summary": {"en": "Work in exile."},
    "stages": [{"id": "main", "form": {
        "questions": [
            {"id": "idea", "kind": "long_text", "label": {"en": "Your idea"}, "max_words": 500},
            {"id": "costs", "kind": "budget", "label": {"en": "Budget"}},
        ]
    }, "rubric": {"criteria": [{"id": "art", "label": {"en": "Art"}}, {"id": "need", "label": {"en": "Need"}, "weight": 2}]}}],
    "budget": eur("10000.00"),
    "minimum_award": eur("100.00"),
    "maximum_award": eur("5000.00"),
    "time_zone": "Europe/Berlin",
}  # fmt: skip


@dataclass
class Walked:
    """The whole way behind us: who walked it, what came of it, and the tokens of two moments on it."""

    people: Mapping[str, Person]
    ids: Mapping[str, str]
    deadline: datetime
    respond_by: datetime
    due: str
    before: int
    """How many facts there were before it."""
    awarded_at: str
    """A position token from before anything was paid."""
    ended_at: str

    def read(self, who: str, path: str, status: int = 0, /, **query: str) -> dict[str, Any]:
        """What somebody reads at the end; ids in the path stand as ``{call}``."""
        return self.people[who].get(path.format(**self.ids), status, **({"position": self.ended_at} | query))


def walk(running: Running) -> Walked:
    """Every step is done by the person whose it is, and refused to one whose it is not."""
    administrator = running.person(running.token)
    before = len(running.rows())

    def newcomer(name: str) -> Person:
        return running.newcomer(f"{name} of the Journey", email=None)

    officer, artist, chair, juror2, juror3, spare, finance, approver, funder = map(
        newcomer, ["Officer", "Artist", "Chair", "Second", "Third", "Spare", "Finance", "Approver", "Funder"]
    )
    initiative = administrator.post("/api/initiatives", name="Journey Initiative")["id"]
    roles = {
        "officer": officer, "chair": chair, "finance": finance, "approver": approver, "funder": funder,
    }  # fmt: skip
    for role, person in [*roles.items(), ("juror", juror2), ("juror", juror3), ("juror", spare)]:
        administrator.post(f"/api/initiatives/{initiative}/members", person=person.id, roles=[role])

    fund = officer.post("/api/funds", initiative=initiative, name="Winter fund", currency="EUR")["id"]
    finance.post(f"/api/funds/{fund}/pledges", funder=funder.id, amount=eur("8000.00"))
    pledge = finance.get(f"/api/funds/{fund}", position=finance.position)["pledges"][0]["id"]
    finance.post(
        f"/api/funds/{fund}/receipts", pledge=pledge, amount=eur("6000.00"), received_on="2026-01-15"
    )

    call = officer.post("/api/calls", fund=fund, **CALL)["id"]
    artist.post(f"/api/calls/{call}/publish", 404)
    officer.post(f"/api/calls/{call}/publish")
    now = datetime.now(UTC)
    deadline = (
        (now + timedelta(days=30)).astimezone(BERLIN).replace(hour=18, minute=0, second=0, microsecond=0)
    )
    round_ = officer.post(f"/api/calls/{call}/rounds", closes_at=deadline.replace(tzinfo=None).isoformat())[
        "id"
    ]

    answers = {
        "idea": "Книга о зиме, которую пишут вдали от дома.",
        "costs": [{"item": "Paper", "amount": "1000.00"}, {"item": "Ink", "amount": "500.50"}],
    }
    ask = {"round": round_, "title": "Тихая книга", "requested": eur("1500.50"), "answers": answers}
    wrong = artist.post(
        f"/api/calls/{call}/applications", 422,
        **(ask | {"answers": {"idea": "", "costs": answers["costs"][:1]}}),
    )  # fmt: skip
    assert [error["field"] for error in wrong["errors"]] == ["answers.idea", "answers.costs"]
    application = artist.post(f"/api/calls/{call}/applications", 201, {"Idempotency-Key": "once"}, **ask)[
        "id"
    ]
    again = artist.post(f"/api/calls/{call}/applications", 201, {"Idempotency-Key": "once"}, **ask)["id"]
    assert again == application

    officer.post(f"/api/rounds/{round_}/close", 409)
    administrator.post("/api/demo/clock", now=(deadline.astimezone(UTC) + timedelta(minutes=1)).isoformat())
    until(lambda: status_of(officer, f"/api/rounds/{round_}") == "closed")
    artist.post(f"/api/calls/{call}/applications", 409, **ask)
    officer.post(f"/api/applications/{application}/find-eligible")

    reviews = {
        juror.id: officer.post(f"/api/applications/{application}/reviews", juror=juror.id)["id"]
        for juror in (chair, juror2, juror3)
    }
    juror3.post(f"/api/reviews/{reviews[juror3.id]}/submit", 409, scores={"art": 9, "need": 9})
    juror3.post(f"/api/reviews/{reviews[juror3.id]}/declare-conflict", reason="friendship")
    reviews[spare.id] = officer.post(f"/api/reviews/{reviews.pop(juror3.id)}/replace", juror=spare.id)["id"]
    for juror, art, need in ((chair, 8, 9), (juror2, 7, 10), (spare, 9, None)):
        juror.post(f"/api/reviews/{reviews[juror.id]}/declare-no-conflict")
        juror.post(f"/api/reviews/{reviews[juror.id]}/submit", scores={"art": art, "need": need})

    panel = officer.post(f"/api/rounds/{round_}/panel")["id"]
    chair.post(
        f"/api/panels/{panel}/outcomes",
        422,
        application=application,
        outcome="award",
        reason="quality",
        amount=eur("5000.01"),
    )
    chair.post(
        f"/api/panels/{panel}/outcomes",
        application=application,
        outcome="award",
        reason="quality",
        amount=eur("1400.25"),
    )
    chair.post(f"/api/panels/{panel}/close")
    chair.post(f"/api/panels/{panel}/confirm", 409)
    officer.post(f"/api/panels/{panel}/announce", 409)
    officer.post(f"/api/panels/{panel}/confirm")
    officer.post(
        f"/api/applications/{application}/grant", 409, respond_by=(deadline + timedelta(days=60)).isoformat()
    )
    chair.post(f"/api/panels/{panel}/announce", 403)
    officer.post(f"/api/panels/{panel}/announce")
    awarded_at = officer.position

    respond_by = (deadline + timedelta(days=60)).isoformat()
    grant = officer.post(f"/api/applications/{application}/grant", respond_by=respond_by)["id"]
    officer.post(f"/api/applications/{application}/grant", 409, respond_by=respond_by)
    artist.post(f"/api/grants/{grant}/accept")
    artist.post(
        f"/api/grants/{grant}/payee", kind="recipient", name="Artist of the Journey", account="DE00 EXAMPLE"
    )
    artist.post(f"/api/grants/{grant}/payee/confirm", 404, setting=1)
    finance.post(f"/api/grants/{grant}/payee/confirm", setting=1)
    due = (deadline + timedelta(days=90)).date().isoformat()
    officer.post(
        f"/api/grants/{grant}/schedule",
        instalments=[
            {"amount": eur("1000.00"), "condition": "none", "due": due},
            {"amount": eur("400.25"), "condition": "report", "due": due},
        ],
    )
    today = deadline.astimezone(UTC).date().isoformat()
    for number, amount in ((1, "1000.00"), (2, "400.25")):
        at = f"/api/grants/{grant}/instalments/{number}"
        if number == 2:
            artist.post(f"{at}/request", 409)
            artist.post(f"/api/grants/{grant}/reports", text="Книга напечатана.")
            officer.post(f"/api/grants/{grant}/reports/1/accept")
        artist.post(f"{at}/request")
        approver.post(f"{at}/approve", 403)
        finance.post(f"{at}/approve")
        finance.post(f"{at}/approve", 403)
        finance.post(f"{at}/instruct", 409, reference="RUN-1")
        approver.post(f"{at}/approve")
        finance.post(f"{at}/instruct", reference=f"RUN-{number}")
        finance.post(f"{at}/settle", 409, amount=eur("999.99"), settled_on=today)
        finance.post(f"{at}/settle", amount=eur(amount), settled_on=today)
    officer.post(f"/api/grants/{grant}/complete")

    return Walked(
        people={
            "officer": officer, "artist": artist, "chair": chair, "second juror": juror2, "recused juror": juror3,
            "spare juror": spare, "finance": finance, "approver": approver, "funder": funder,
        },
        ids={
            "initiative": initiative, "fund": fund, "call": call, "round": round_, "application": application,
            "panel": panel, "grant": grant, "review": reviews[chair.id],
        },
        deadline=deadline,
        respond_by=deadline + timedelta(days=60),
        due=due,
        before=before,
        awarded_at=awarded_at,
        ended_at=officer.position,
    )  # fmt: skip
