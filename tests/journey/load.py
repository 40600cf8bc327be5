"""A load of commands of many kinds, each under a key of its own, and the check that each was done once and whole.

They seal (a person, an application), claim (an address, an award), set due dates (a deadline, an offer's end) and bind
a fund's money and free it again, several workers in the same streams.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg

from tests.history import second_reader
from tests.journey.running import Person, following, until
from tests.journey.walk import CALL, eur
from tests.money.books import Books
from tests.staging import with_stage

FACTS = {
    "register": ("person.registered.v1",),
    "token": (),
    "apply": ("application.submitted.v1", "dossier.opened.v1"),
    "pledge": ("fund.pledged.v2",),
    "receive": ("fund.received.v1",),
    "offer": ("grant.offered.v1", "fund.committed.v1", "dossier.opened.v1", "application.grant_offered.v1"),
    "accept": ("grant.accepted.v1",),
    "decline": ("grant.declined.v1", "fund.released.v1", "panel.award_freed.v1"),
    "draft": ("call.drafted.v1",),
    "publish": ("call.published.v1",),
    "open": ("round.opened.v1", "call.round_opened.v1"),
}
"""The facts of each kind of command, all of them or none."""
BY_THEMSELVES = ("person.handle_given.v1", "round.closed.v1", "panel.waiting_list_stayed.v1")
"""Facts that come along with a command, or with time, and are not counted."""


@dataclass(frozen=True)
class Sent:
    """A command as it was sent, so that it can be sent again."""

    kind: str
    key: str
    path: str
    token: str
    body: Mapping[str, Any]


@dataclass
class Ground:
    """What the load stands on: people and their tokens, a fund with money, a call that takes in applications, and
    applications that were awarded, each with its applicant's token."""

    tokens: Mapping[str, str]
    fund: str
    pledge: str
    funder: str
    call: str
    round: str
    awarded: list[tuple[str, str]]
    before: int
    """How many facts there were before the load."""


@dataclass
class Load:
    """Everything that was sent, and the answers that came."""

    ground: Ground
    sent: list[Sent] = field(default_factory=list)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)

    def work(
        self, address: str, name: str, offers: Iterator[tuple[str, str]], ended: threading.Event
    ) -> None:
        """One worker, until it is told to end or gets no answer."""
        with httpx.Client(base_url=address, timeout=10) as client:
            number = 0
            while not ended.is_set():
                number += 1
                try:
                    self._go(client, f"{name} {number}", next(offers, None), ended)
                except httpx.HTTPError:
                    return

    def _go(
        self,
        client: httpx.Client,
        name: str,
        award: tuple[str, str] | None,
        ended: threading.Event,
    ) -> None:
        """A few commands, of which each later one needs the answer to an earlier one."""
        ground, tokens = self.ground, self.ground.tokens

        def send(kind: str, who: str, path: str, **body: Any) -> dict[str, Any]:
            sent = Sent(kind, f"{name} {kind}", path, tokens.get(who, who), body)
            self.sent.append(sent)
            answer = post(client, sent)
            assert answer.status_code in (200, 201, 409, 503), answer.text
            if answer.is_success:
                self.answers[sent.key] = answer.json()
                return self.answers[sent.key]
            return {}

        email = f"{name.replace(' ', '.')}@example.org"
        person = send("register", "administrator", "/api/persons", name=name, email=email, language="en").get(
            "id"
        )
        made = send("token", "administrator", f"/api/persons/{person}/tokens", label="load") if person else {}
        if made:
            ask = {
                "round": ground.round,
                "title": f"Work {name}",
                "requested": eur("100.00"),
                "answers": ANSWERS,
            }
            send("apply", made["token"], f"/api/calls/{ground.call}/applications", **ask)
        if award is not None and not ended.is_set():
            application, artist = award
            respond_by = (datetime.now(UTC) + timedelta(days=900)).isoformat()
            grant = send(
                "offer", "officer", f"/api/applications/{application}/grant", respond_by=respond_by
            ).get("id")
            answer = int(application[-2:], 16) % 3
            if grant and answer == 0:
                send("accept", artist, f"/api/grants/{grant}/accept")
            elif grant and answer == 1:
                send(
                    "decline",
                    artist,
                    f"/api/grants/{grant}/decline",
                    reason="other",
                    explanation=f"No {name}",
                )
        send(
            "pledge", "finance", f"/api/funds/{ground.fund}/pledges", funder=ground.funder, amount=eur("1.00")
        )
        send(
            "receive",
            "finance",
            f"/api/funds/{ground.fund}/receipts",
            pledge=ground.pledge,
            amount=eur("1.00"),
            received_on="2026-01-15",
        )
        call = send("draft", "officer", "/api/calls", fund=ground.fund, **CALL).get("id")
        if call and send("publish", "officer", f"/api/calls/{call}/publish"):
            send("open", "officer", f"/api/calls/{call}/rounds", closes_at=later(800))

    def send_again(self, client: httpx.Client) -> None:
        """Send every command again, in the same order: each is done by now, and answered as it was before."""
        for sent in self.sent:
            answer = post(client, sent)
            assert answer.is_success, (sent, answer.text)
            told = answer.json()
            assert self.answers.setdefault(sent.key, told) == told, sent

    def check(self, url: str, folder: Path) -> None:
        """What lies in the database is what was sent: each command once, with all that goes with it."""
        with psycopg.connect(url) as connection:
            rows = connection.execute(
                "SELECT position, stream, version, topic, document, leaf FROM history.facts ORDER BY position"
            ).fetchall()
            commands = connection.execute("SELECT answers, positions FROM history.commands").fetchall()
            claims = Counter(
                row[0] for row in connection.execute("SELECT stream FROM history.unique_names").fetchall()
            )
            due = {row[0] for row in connection.execute("SELECT key FROM history.due_dates").fetchall()}
            wrapped = connection.execute("SELECT subject, epoch, wrapped FROM vault.keys").fetchall()
            (history,) = connection.execute("SELECT history_id FROM history.installation").fetchall()

        (file,) = (folder / "keys").glob("wrapping-*.key")
        wrapping_key = bytes.fromhex(file.read_text())
        keys = {
            subject: second_reader.unwrap(wrapping_key, history[0], subject, epoch, key)
            for subject, epoch, key in wrapped
        }
        assert second_reader.check(rows, keys) > len(self.of("register")) + len(self.of("apply"))

        topics = Counter(row[3] for row in rows[self.ground.before :])
        for topic in BY_THEMSELVES:
            topics.pop(topic, None)
        wanted = Counter(topic for sent in self.sent for topic in FACTS[sent.kind])
        assert topics == wanted, {"too many": topics - wanted, "too few": wanted - topics}

        # Each key's positions are all facts of one command, and its answer is about one of them.
        by_command: dict[str, list[int]] = {}
        stream_at = {}
        for position, stream, _, _, document, _ in rows:
            stream_at[position] = stream
            by_command.setdefault(json.loads(document)["envelope"]["how"]["command"], []).append(position)
        whole = {tuple(positions) for positions in by_command.values()}
        for about, positions in commands:
            assert tuple(positions) in whole, "half of a command is stored, or two commands as one"
            assert about in {stream_at[position] for position in positions}
        done = Counter(about for about, _ in commands)
        for kind in ("register", "apply", "offer", "draft", "open"):
            assert len(set(self.of(kind))) == len(self.of(kind)), f"two of {kind} were answered as one"
            assert all(done[stream] for stream in self.of(kind))

        assert all(claims[stream] == 1 for kind in ("register", "offer") for stream in self.of(kind))
        assert {f"close {stream}" for stream in self.of("open")} <= due
        answered = set(self.of("accept")) | set(self.of("decline"))
        assert {key.removeprefix("lapse ") for key in due if key.startswith("lapse ")} == (
            set(self.of("offer")) - answered
        )
        Books().read(url)

    def of(self, kind: str) -> list[str]:
        """The streams that the answers to one kind of command are about."""
        return [str(self.answers[sent.key].get("id")) for sent in self.sent if sent.kind == kind]


ANSWERS = {"idea": "A song about snow.", "costs": [{"item": "Studio", "amount": "100.00"}]}


def post(client: httpx.Client, sent: Sent) -> httpx.Response:
    """Send a command under its key."""
    headers = {"Authorization": f"Bearer {sent.token}", "Idempotency-Key": sent.key}
    return client.post(sent.path, json=dict(sent.body), headers=headers)


def later(days: int) -> str:
    """So many days from now, on the clocks of the call's time zone or nearly so."""
    return (datetime.now(UTC) + timedelta(days=days)).replace(tzinfo=None).isoformat(timespec="seconds")


def prepare(address: str, folder: Path, awards: int) -> Ground:
    """Let a jury award so many applications, and open a call for more."""
    people = json.loads((folder / "access.json").read_text())["access"]
    tokens = {each["role"]: each["token"] for each in people}
    people = {each["role"]: each["person"] for each in people}
    with following(address) as (client, _):

        def speaking(role: str) -> Person:
            return Person(client, tokens.get(role, role))

        administrator, officer, chair, juror = map(speaking, ("administrator", "officer", "chair", "juror"))
        initiative = officer.get("/api/me")["initiatives"][0]["initiative"]
        fund = officer.post("/api/funds", initiative=initiative, name="Load", currency="EUR")["id"]
        finance, funder = speaking("finance"), people["funder"]
        finance.post(f"/api/funds/{fund}/pledges", funder=funder, amount=eur("900000.00"))
        pledge = finance.get(f"/api/funds/{fund}", position=finance.position)["pledges"][0]["id"]
        finance.post(
            f"/api/funds/{fund}/receipts", pledge=pledge, amount=eur("100000.00"), received_on="2026-01-15"
        )

        call, round_ = _open(officer, fund, days=3)
        awarded = []
        for number in range(awards):
            artist = administrator.post("/api/persons", name=f"Artist {number}", email=None, language="en")[
                "id"
            ]
            token = administrator.post(f"/api/persons/{artist}/tokens", label="load")["token"]
            ask = {"round": round_, "title": f"Work {number}", "requested": eur("100.00"), "answers": ANSWERS}
            made = speaking(token).post(f"/api/calls/{call}/applications", **ask)
            awarded.append((str(made["id"]), token))
        clock = (datetime.now(UTC) + timedelta(days=4)).isoformat()
        administrator.post("/api/demo/clock", now=clock)
        until(lambda: officer.get(f"/api/rounds/{round_}")["status"] == "closed")
        for application, _ in awarded:
            officer.post(f"/api/applications/{application}/find-eligible")
            review = officer.post(f"/api/applications/{application}/reviews", juror=people["juror"])["id"]
            juror.post(f"/api/reviews/{review}/declare-no-conflict")
            juror.post(f"/api/reviews/{review}/submit", scores={"art": 8, "need": 8})
        panel = officer.post(f"/api/rounds/{round_}/panel")["id"]
        for application, _ in awarded:
            outcome = {
                "application": application,
                "outcome": "award",
                "reason": "quality",
                "amount": eur("100.00"),
            }
            chair.post(f"/api/panels/{panel}/outcomes", **outcome)
        chair.post(f"/api/panels/{panel}/close")
        officer.post(f"/api/panels/{panel}/confirm")
        officer.post(f"/api/panels/{panel}/announce")

        call, round_ = _open(officer, fund, days=700)
        return Ground(tokens, fund, pledge, funder, call, round_, awarded, len(_facts(administrator)))


def _open(officer: Person, fund: str, *, days: int) -> tuple[str, str]:
    """A call with one juror for each application, and its round, open for so many days."""
    call = officer.post("/api/calls", fund=fund, **with_stage(CALL, quorum=1))["id"]
    officer.post(f"/api/calls/{call}/publish")
    return call, officer.post(f"/api/calls/{call}/rounds", closes_at=later(days))["id"]


def _facts(administrator: Person) -> list[dict[str, Any]]:
    """All facts as the administrator reads them, most of them withheld."""
    found: list[dict[str, Any]] = []
    while page := administrator.get(f"/api/facts?after={len(found)}")["items"]:
        found += page
    return found


def started(load: Load, address: str, name: str, workers: int, offers: int) -> Callable[[], None]:
    """Start workers who share the next awards; gives what ends them and waits."""
    ended = threading.Event()
    share = _Shared([load.ground.awarded.pop() for _ in range(offers)])
    threads = [
        threading.Thread(target=load.work, args=(address, f"{name} {worker}", share, ended))
        for worker in range(workers)
    ]
    for thread in threads:
        thread.start()

    def end() -> None:
        ended.set()
        for thread in threads:
            thread.join(60)

    return end


class _Shared:
    """What several threads take from, one each."""

    def __init__(self, items: list[tuple[str, str]]) -> None:
        self._items = items

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return self

    def __next__(self) -> tuple[str, str]:
        try:
            return self._items.pop()
        except IndexError:
            raise StopIteration from None
