"""A demonstration with its people, for a browser and for a client that sends what no browser would."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.journey.running import Person, Running, demonstration, until


@dataclass
class Stage:
    """A running demonstration, and a token for each of its people by role."""

    running: Running
    tokens: dict[str, str]
    people: dict[str, str]
    call: str = ""
    """A call that takes in applications."""
    round: str = ""
    clients: list[httpx.Client] = field(default_factory=list)
    """Those of all visitors, to be closed at the end."""

    @property
    def address(self) -> str:
        """Where its pages are."""
        return self.running.address

    def speaking(self, role: str) -> Person:
        """A client of somebody's JSON."""
        return Speaker(self.running.client, self.tokens[role], running=self.running)

    def facts(self) -> int:
        """How many facts there are."""
        return len(self.running.rows())

    def pass_deadline(self) -> None:
        """Set the clock behind the deadline, and wait until the round closed by itself."""
        officer = self.speaking("officer")
        closes = datetime.fromisoformat(officer.get(f"/api/rounds/{self.round}")["closes_at"])
        administrator = self.running.person(self.running.token)
        administrator.post("/api/demo/clock", now=(closes + timedelta(hours=1)).isoformat())
        until(lambda: officer.get(f"/api/rounds/{self.round}")["status"] == "closed")

    def newcomer(self, role: str, name: str) -> Person:
        """A new person with this name, known here by a role of the test's own."""
        somebody = self.running.newcomer(name)
        self.tokens[role], self.people[role] = somebody.token, somebody.id
        return somebody

    def of_one_call(self, name: str, role: str) -> None:
        """A new person, called by this name, with a role in the stage's call alone."""
        somebody = self.newcomer(name, name)
        administrator = self.running.person(self.running.token)
        administrator.post(f"/api/calls/{self.call}/members", person=somebody.id, roles=[role])

    def _caught_up_first(self, request: httpx.Request) -> None:
        """What one person opens shows what another has just done."""
        if request.method == "GET":
            self.running.caught_up()

    def visitor(self, role: str | None = None) -> Visitor:
        """A client that keeps cookies as a browser does, signed in as somebody by the page for it."""
        client = httpx.Client(
            base_url=self.address,
            timeout=30,
            headers={"Accept": "text/html,*/*;q=0.1", "Accept-Language": "en"},
            event_hooks={"request": [self._caught_up_first]},
        )
        self.clients.append(client)
        visitor = Visitor(client)
        if role is not None:
            page = client.get("/sign-in").text
            sent = {"_secret": hidden(page, "_secret"), "_next": "/me", "token": self.tokens[role]}
            assert client.post("/sign-in", data=sent).headers["location"] == "/me"
        return visitor


@dataclass
class Speaker(Person):
    """A client of somebody's JSON, beside people at pages: what they read shows what was just sent by a page."""

    running: Running = field(kw_only=True)

    def get(self, path: str, status: int = 0, /, **query: str) -> dict[str, Any]:
        """Read, once every read model has seen all facts."""
        self.running.caught_up()
        return super().get(path, status, **query)


@dataclass
class Visitor:
    """Somebody at a browser, as far as HTTP can tell."""

    client: httpx.Client

    def open(self, path: str) -> httpx.Response:
        """Open a page."""
        return self.client.get(path)

    def form(self, path: str, form: str) -> dict[str, str]:
        """The hidden fields of a form on a page, by the form's id."""
        page = self.client.get(path)
        assert page.status_code == 200, (path, page.status_code, said(page))
        found = re.search(rf'<form[^>]* id="{re.escape(form)}".*?</form>', page.text, re.DOTALL)
        assert found, f"no form {form} on {path}"
        fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', found[0])
        return {html.unescape(name): html.unescape(value) for name, value in fields}

    def send(self, path: str, fields: dict[str, str], **more: Any) -> httpx.Response:
        """Send a form."""
        return self.client.post(path, data=fields, **more)


def hidden(page: str, name: str) -> str:
    """The value of a page's first hidden field of this name."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, f"no {name}"
    return html.unescape(found[1])


def said(page: httpx.Response) -> str:
    """The sentence of a page that tells a problem, or of the summary above a form that came back."""
    found = re.search(r'class="lead">(.*?)</p>|id="trouble"><strong>(.*?)</strong>', page.text, re.DOTALL)
    return html.unescape(found[1] or found[2]) if found else ""


def eur(amount: str) -> dict[str, str]:
    """A sum in euros."""
    return {"amount": amount, "currency": "EUR"}


CALL: dict[str, Any] = {
    "title": {"en": "Call of the Pages", "ru": "Конкурс страниц"},
    "summary": {"en": "Work in exile.", "ru": "Работа в изгнании."},
    "stages": [{"id": "main", "form": {
        "questions": [
            {"id": "idea", "kind": "long_text", "label": {"en": "Your idea", "ru": "Ваш замысел"}, "max_words": 50},
            {"id": "costs", "kind": "budget", "label": {"en": "Your costs"}},
            {"id": "before", "kind": "yes_no", "label": {"en": "Did you apply before?"}},
            {"id": "field", "kind": "choice", "label": {"en": "Field"}, "required": False,
             "choices": [{"id": "music", "label": {"en": "Music"}}, {"id": "books", "label": {"en": "Books"}}]},
            {"id": "start", "kind": "date", "label": {"en": "When do you begin?"}, "required": False},
            {"id": "other", "kind": "money", "label": {"en": "What do others give?"}, "required": False},
            {"id": "themes", "kind": "choices", "label": {"en": "Themes"}, "required": False,
             "choices": [{"id": "sea", "label": {"en": "The sea", "ru": "Море"}}, {"id": "snow", "label": {"en": "Snow"}},
                         {"id": "home", "label": {"en": "Home"}}]},
            {"id": "months", "kind": "number", "label": {"en": "For how many months?"}, "required": False, "minimum": 1,
             "maximum": 36},
            {"id": "work", "kind": "link", "label": {"en": "Where can we see your work?"}, "required": False},
            {"id": "terms", "kind": "consent", "label": {"en": "I agree to the terms."}, "required": False},
            {"id": "home", "kind": "text", "label": {"en": "Where do you live?"}, "required": False,
             "identifying": True},
            {"id": "works", "kind": "group", "label": {"en": "Earlier works", "ru": "Прежние работы"}, "required": False,
             "most_entries": 3, "questions": [
                {"id": "title", "kind": "text", "label": {"en": "What was it called?"}},
                {"id": "about", "kind": "long_text", "label": {"en": "What was it about?"}, "required": False, "max_words": 5},
                {"id": "kind", "kind": "choice", "label": {"en": "What kind?"}, "required": False,
                 "choices": [{"id": "song", "label": {"en": "A song"}}, {"id": "film", "label": {"en": "A film"}}]},
                {"id": "shown", "kind": "yes_no", "label": {"en": "Was it shown?"}, "required": False},
                {"id": "year", "kind": "number", "label": {"en": "In which year?"}, "required": False, "minimum": 1900},
                {"id": "fee", "kind": "money", "label": {"en": "What was the fee?"}, "required": False},
                {"id": "with", "kind": "text", "label": {"en": "With whom?"}, "required": False, "identifying": True},
             ]},
        ]
    }, "rubric": {"criteria": [{"id": "art", "label": {"en": "Art"}}, {"id": "need", "label": {"en": "Need"}}]}}],
    "budget": eur("9000.00"),
    "minimum_award": eur("100.00"),
    "maximum_award": eur("5000.00"),
    "time_zone": "Europe/Berlin",
}  # fmt: skip


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    """One demonstration for all tests of the pages that leave its clock alone."""
    with set_stage() as stage:
        yield stage


@contextmanager
def set_stage() -> Iterator[Stage]:
    """A demonstration with a call of the tests' own that is open."""
    with demonstration() as running:
        people = json.loads((running.folder / "access.json").read_text())["access"]
        stage = Stage(
            running,
            tokens={each["role"]: each["token"] for each in people},
            people={each["role"]: each["person"] for each in people},
        )
        _open_call(stage)
        try:
            yield stage
        finally:
            for client in stage.clients:
                client.close()


def _open_call(stage: Stage) -> None:
    """Draft and publish the stage's call by JSON, and open a round of it."""
    stage.call, stage.round = open_call(stage, CALL)


def open_call(stage: Stage, body: dict[str, Any]) -> tuple[str, str]:
    """Draft and publish a call by JSON, and open a round of it; gives the call and the round."""
    officer = stage.speaking("officer")
    me = officer.get("/api/me")["initiatives"][0]["initiative"]
    funds = officer.get(f"/api/initiatives/{me}/funds")["items"]
    fund = next(each["id"] for each in funds if each["currency"] == "EUR")
    call = officer.post("/api/calls", fund=fund, **body)["id"]
    officer.post(f"/api/calls/{call}/publish")
    closes = (datetime.now(UTC) + timedelta(days=20)).replace(microsecond=0, tzinfo=None).isoformat()
    round = officer.post(f"/api/calls/{call}/rounds", closes_at=closes)["id"]
    officer.get(f"/api/calls/{call}", position=officer.position)
    return call, round
