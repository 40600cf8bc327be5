"""A demonstration in which things happen by commands, and the views of its pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from playwright.sync_api import Page

from tests.journey.running import until
from tests.pages.conftest import Stage, eur
from tests.pages.states.bodies import ANSWERS, ASKED, CALL, both

ADMINISTRATOR: Final = "administrator"


@dataclass(frozen=True, slots=True)
class View:
    """A page in one state: who looks at it, where, and what they do there before it is looked at."""

    name: str
    role: str
    path: str
    then: Callable[[Page], None] | None = None


@dataclass
class EveryState:
    """A demonstration in which everything has happened. `views` are its pages."""

    stage: Stage
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    views: list[View] = field(default_factory=list)

    def post(self, role: str, path: str, /, **body: Any) -> dict[str, Any]:
        """Somebody's command by JSON."""
        stage = self.stage
        person = stage.running.person(stage.running.token if role == ADMINISTRATOR else stage.tokens[role])
        return person.post(path, **body)

    def see(self, name: str, path: str, *roles: str, then: Callable[[Page], None] | None = None) -> None:
        """List a page for each of these people."""
        self.views += [View(name, role, path, then) for role in roles]

    # Calls and applications

    def draft(self, title: tuple[str, str], **more: Any) -> str:
        """A call that is not published."""
        officer = self.stage.speaking("officer")
        house = officer.get("/api/me")["initiatives"][0]["initiative"]
        fund = officer.get(f"/api/initiatives/{house}/funds")["items"][0]["id"]
        return str(
            self.post("officer", "/api/calls", **(CALL | {"fund": fund, "title": both(*title)} | more))["id"]
        )

    def open(self, title: tuple[str, str], *, days: int = 5, **more: Any) -> tuple[str, str]:
        """A published call whose round is open for some days."""
        call = self.draft(title, **more)
        self.post("officer", f"/api/calls/{call}/publish")
        closes = (datetime.now(UTC) + timedelta(days=days)).replace(microsecond=0, tzinfo=None).isoformat()
        return call, str(self.post("officer", f"/api/calls/{call}/rounds", closes_at=closes)["id"])

    def apply(self, role: str, call: str, round: str | None, title: str, **more: Any) -> str:
        """An application."""
        body = {"title": title, "requested": eur(ASKED), "answers": ANSWERS} | more
        where = {"round": round} if round else {}
        return str(self.post(role, f"/api/calls/{call}/applications", **where, **body)["id"])

    def review(
        self, application: str, juror: str, *, declared: bool = True, scores: dict[str, int] | None = None
    ) -> str:
        """Somebody is asked for a review; with `scores` they submit it."""
        person = self.stage.people[juror]
        review = str(self.post("officer", f"/api/applications/{application}/reviews", juror=person)["id"])
        if declared:
            self.post(juror, f"/api/reviews/{review}/declare-no-conflict")
        if scores is not None:
            self.post(
                juror, f"/api/reviews/{review}/submit", scores=scores,
                comment_jury="Strong, and well within its budget.",
                comment_applicant="Please keep the talks after the concerts.",
            )  # fmt: skip
        return review

    def eligible(self, *applications: str) -> None:
        """The staff marks applications as eligible."""
        for each in applications:
            self.post("officer", f"/api/applications/{each}/find-eligible")

    def judged(self, *applications: str) -> None:
        """Applications are eligible, and each has a review."""
        self.eligible(*applications)
        for number, each in enumerate(applications):
            self.review(each, "juror", scores={"art": 9 - number % 5, "need": 7})

    def close_rounds(self, *rounds: str) -> None:
        """The deadline of rounds passes."""
        officer = self.stage.speaking("officer")
        last = max(datetime.fromisoformat(officer.get(f"/api/rounds/{each}")["closes_at"]) for each in rounds)
        self.now = last + timedelta(hours=1)
        self.post(ADMINISTRATOR, "/api/demo/clock", now=self.now.isoformat())
        until(lambda: all(officer.get(f"/api/rounds/{each}")["status"] == "closed" for each in rounds))

    def panel(self, round: str, outcomes: dict[str, dict[str, Any]]) -> str:
        """A panel is opened, with some outcomes set."""
        panel = str(self.post("officer", f"/api/rounds/{round}/panel")["id"])
        for application, outcome in outcomes.items():
            self.post("chair", f"/api/panels/{panel}/outcomes", application=application, **outcome)
        return panel

    # Grants

    def granted(self, role: str, application: str, *, accepted: bool = True) -> str:
        """A grant is offered and accepted."""
        soon = (self.now + timedelta(days=14)).isoformat()
        grant = str(self.post("officer", f"/api/applications/{application}/grant", respond_by=soon)["id"])
        if accepted:
            self.post(role, f"/api/grants/{grant}/accept")
        return grant

    def with_payee(self, role: str, grant: str, *, confirmed: bool = True) -> None:
        """Bank details are added."""
        self.post(
            role, f"/api/grants/{grant}/payee", kind="recipient", name="Applicant One",
            account="12345678901", bank_code="AGRIAM22", country="AM",
        )  # fmt: skip
        if confirmed:
            self.post("finance", f"/api/grants/{grant}/payee/confirm", setting=1)

    def scheduled(self, role: str, grant: str, *, confirmed: bool = True) -> None:
        """Bank details and two instalments, the second after a report."""
        self.with_payee(role, grant, confirmed=confirmed)
        day = self.now.date()
        self.post(
            "officer", f"/api/grants/{grant}/schedule",
            instalments=[
                {"amount": eur("200.00"), "due": (day + timedelta(days=9)).isoformat(), "condition": "none"},
                {"amount": eur("100.00"), "due": (day + timedelta(days=90)).isoformat(), "condition": "report"},
            ],
        )  # fmt: skip

    def paid(self, role: str, grant: str, steps: int) -> None:
        """The first instalment goes so many steps: requested, approved, approved again, sent to the bank, settled."""
        one = f"/api/grants/{grant}/instalments/1"
        day = self.now.date().isoformat()
        acts: list[tuple[str, str, dict[str, Any]]] = [
            (role, "request", {}),
            ("finance", "approve", {}),
            ("approver", "approve", {}),
            ("finance", "instruct", {"reference": "RUN-7"}),
            ("finance", "settle", {"amount": eur("200.00"), "settled_on": day, "fee": eur("3.50")}),
        ]
        for who, act, body in acts[:steps]:
            self.post(who, f"{one}/{act}", **body)
