"""Nothing personal lies in clear in PostgreSQL's files, its WAL, its dump, the logs, or the key folder."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from api.postgres.embedded import EmbeddedPostgres
from tests.journey.leaking import encodings, leaks, places, plant, uproot
from tests.pages.conftest import Stage, Visitor, eur, said, set_stage

CANARIES = {
    "name": "Zqcanaryname Vqsurname",
    "cyrillic name": "Щхканарейка Ъыфамилия",
    "email": "zqcanary.mail@example.org",
    "title": "Щхназвание Ъыкниги",
    "answer": "Щхответ про Ъыжизнь",
    "budget line": "Zqbudgetline Vqpaper",
    "identifying answer": "Щхгород на Ъыреке",
    "wrong answer": "Zqwrong vqanswer",
    "withdrawal": "Щхпричина Ъыотзыва",
    "ineligibility": "Zqineligible vqbecause",
    "conflict": "Щхмы с Ъыней друзья",
    "comment for the jury": "Щхслово для Ъыжюри",
    "note of the panel": "Щхзаметка Ъыжюри",
    "comment for the applicant": "Zqthank you vqapplicant",
    "payee's name": "Щхполучатель Ъыденег",
    "payee's account": "Zqaccount vqno 4711",
    "wrong account": "ZQ00VQCANARY0000000",
    "report": "Щхотчет о Ъыкниге",
    "return": "Zqreceipts vqmissing",
    "declining": "Щхотказ по Ъыпричине",
}
"""Plainly invented texts, one for each place where somebody can write something personal."""


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """A demonstration of these tests' own, for its clock is set behind a deadline."""
    with set_stage() as stage:
        yield stage


@pytest.fixture
def server(stage: Stage) -> Iterator[EmbeddedPostgres]:
    """The demonstration's own database server, shared with it."""
    with EmbeddedPostgres(stage.running.folder / "postgres") as shared:
        yield shared


def fill(visitor: Visitor, page: str, form: str, status: int = 303, /, **typed: str) -> str:
    """Fill in a form of a page and send it; where that leads."""
    answer = visitor.send(page, visitor.form(page, form) | typed)
    assert answer.status_code == status, (page, form, answer.status_code, said(answer))
    return answer.headers.get("location", page)


def become(stage: Stage, role: str, name: str, email: str | None) -> None:
    """Register a person, who from now on is known by that role."""
    administrator = stage.running.person(stage.running.token)
    stage.people[role] = administrator.post("/api/persons", name=name, email=email, language="ru")["id"]
    path = f"/api/persons/{stage.people[role]}/tokens"
    stage.tokens[role] = administrator.post(path, label="canary")["token"]


def apply(stage: Stage) -> tuple[str, str, str]:
    """Three applications: by page, first with a mistake; by JSON; and one that is withdrawn, by page."""
    artist = stage.visitor("artist")
    page = f"/calls/{stage.call}/apply"
    typed = {
        "title": CANARIES["title"],
        "requested.amount": "300.00",
        "answers.idea": CANARIES["answer"],
        "answers.costs[0].item": CANARIES["budget line"],
        "answers.costs[0].amount": "300.00",
        "answers.before": "no",
        "answers.home": CANARIES["identifying answer"],
    }
    wrong = typed | {"answers.start": CANARIES["wrong answer"], "requested.amount": CANARIES["wrong answer"]}
    fill(artist, page, "application-submit", 422, **wrong)
    mine = fill(artist, page, "application-submit", **typed).rsplit("/", 1)[1].split("?")[0]
    ask = {
        "round": stage.round,
        "title": CANARIES["title"],
        "requested": eur("110.00"),
        "answers": {
            "idea": CANARIES["answer"],
            "costs": [{"item": CANARIES["budget line"], "amount": "110.00"}],
            "before": False,
            "home": CANARIES["identifying answer"],
        },
    }
    path, other = f"/api/calls/{stage.call}/applications", stage.speaking("second applicant")
    second = other.post(path, 201, {"Idempotency-Key": CANARIES["title"].encode().hex()[:40]}, **ask)["id"]
    other.post(path, 422, **(ask | {"requested": eur("111.00")}))
    third = stage.speaking("newcomer").post(path, **ask)["id"]
    fill(
        stage.visitor("newcomer"),
        f"/applications/{third}",
        "application-withdraw",
        reason="other",
        explanation=CANARIES["withdrawal"],
    )
    return mine, str(second), str(third)


def judge(stage: Stage, application: str, ineligible: str) -> None:
    """Staff examine, jurors step back or judge, by JSON and by page, and the panel awards."""
    officer, chair = stage.speaking("officer"), stage.speaking("chair")
    officer.post(
        f"/api/applications/{ineligible}/find-ineligible",
        reason="outside_scope",
        explanation=CANARIES["ineligibility"],
    )
    officer.post(f"/api/applications/{application}/find-eligible")

    def ask(path: str, role: str) -> str:
        return str(officer.post(path, juror=stage.people[role])["id"])

    reviews = f"/api/applications/{application}/reviews"
    third, juror, second = (ask(reviews, role) for role in ("third juror", "juror", "second juror"))
    officer.get(f"/api/applications/{application}", position=officer.position)
    stepping = {"reason": "friendship", "explanation": CANARIES["conflict"]}
    fill(stage.visitor("third juror"), f"/reviews/{third}", "review-declare_conflict", **stepping)
    instead = ask(f"/api/reviews/{third}/replace", "chair")
    comments = {
        "comment_jury": CANARIES["comment for the jury"],
        "comment_applicant": CANARIES["comment for the applicant"],
    }
    visitor = stage.visitor("juror")
    fill(visitor, f"/reviews/{juror}", "review-declare_no_conflict")
    fill(visitor, f"/reviews/{juror}", "review-submit", 422, **{"scores.art": "9"}, **comments)
    fill(visitor, f"/reviews/{juror}", "review-submit", **{"scores.art": "9", "scores.need": "8"}, **comments)
    for role, review in (("second juror", second), ("chair", instead)):
        stage.speaking(role).post(f"/api/reviews/{review}/declare-no-conflict")
        stage.speaking(role).post(f"/api/reviews/{review}/submit", scores={"art": 8, "need": 8}, **comments)
    panel = officer.post(f"/api/rounds/{stage.round}/panel")["id"]
    chair.post(
        f"/api/panels/{panel}/outcomes",
        application=application,
        outcome="award",
        reason="quality",
        amount=eur("200.00"),
    )
    chair.post(f"/api/panels/{panel}/notes", application=application, text=CANARIES["note of the panel"])
    chair.post(f"/api/panels/{panel}/close")
    officer.post(f"/api/panels/{panel}/confirm")
    officer.post(f"/api/panels/{panel}/announce")


def pay(stage: Stage, application: str) -> None:
    """The grant is offered and accepted, a payee set, a report written, returned, and written again."""
    officer, artist, visitor = stage.speaking("officer"), stage.speaking("artist"), stage.visitor("artist")
    respond_by = (datetime.now(UTC) + timedelta(days=90)).isoformat()
    grant = officer.post(f"/api/applications/{application}/grant", respond_by=respond_by)["id"]
    page, path = f"/grants/{grant}", f"/api/grants/{grant}"
    artist.post(f"{path}/accept")
    artist.post(f"{path}/decline", 409, reason="other", explanation=CANARIES["declining"])
    artist.get(path, position=artist.position)
    payee = {"kind": "other", "name": CANARIES["payee's name"], "account": CANARIES["payee's account"]}
    fill(visitor, page, "grant-set_payee", 422, **(payee | {"account": CANARIES["wrong account"]}))
    artist.post(f"{path}/payee", 422, **(payee | {"account": CANARIES["wrong account"]}))
    fill(visitor, page, "grant-set_payee", **payee)
    artist.post(f"{path}/payee", **payee)
    finance = stage.speaking("finance")
    finance.post(f"{path}/payee/confirm", setting=2)
    finance.get(path, position=finance.position)
    fill(visitor, page, "grant-submit_report", text=CANARIES["report"])
    returned = {"reason": "receipts_missing", "explanation": CANARIES["return"]}
    officer.post(f"{path}/reports/1/return", **returned)
    artist.post(f"{path}/reports", text=CANARIES["report"])


def check_shown(stage: Stage, application: str) -> None:
    """Those who may read it do: the canaries have gone through the program, and were projected."""
    artist = stage.speaking("artist")
    shown = artist.get(f"/api/applications/{application}")
    assert (shown["title"], shown["answers"]["home"]) == (CANARIES["title"], CANARIES["identifying answer"])
    page = stage.visitor("artist").open("/grants").text
    grant = page.split('href="/grants/')[1].split('"')[0]
    read = artist.get(f"/api/grants/{grant}")
    assert (read["payee"]["name"], read["payee"]["account"]) == (
        CANARIES["payee's name"],
        CANARIES["payee's account"],
    )
    assert [report["text"] for report in read["reports"]] == [CANARIES["report"]] * 2


def test_no_personal_plaintext_lies_anywhere_and_a_planted_one_is_found(
    stage: Stage, server: EmbeddedPostgres
) -> None:
    """Everything that people write went through, by JSON and by the pages' forms, also what was refused, and one person
    was erased."""
    folder = stage.running.folder
    administrator = stage.running.person(stage.running.token)
    become(stage, "artist", CANARIES["name"], CANARIES["email"])
    become(stage, "gone", CANARIES["cyrillic name"], None)
    administrator.post(
        "/api/persons", 409, name=CANARIES["cyrillic name"], email=CANARIES["email"], language="ru"
    )
    mine, second, _ = apply(stage)
    stage.pass_deadline()
    judge(stage, mine, second)
    pay(stage, mine)
    administrator.post(f"/api/persons/{stage.people['gone']}/erase", reason="asked_by_person")
    check_shown(stage, mine)

    found = places(folder, server)
    assert set(found) == {"dump", "tables", "WAL", "logs", "other files"}
    assert leaks(CANARIES, found) == set()

    plant(CANARIES, folder, server)
    try:
        planted = leaks(CANARIES, places(folder, server))
    finally:
        uproot(folder, server)
    assert planted == {
        (kind, encoding, place)
        for kind, text in CANARIES.items()
        for encoding in encodings(text)
        for place in found
    }


def test_an_erased_person_can_do_nothing_and_has_no_key(stage: Stage, server: EmbeddedPostgres) -> None:
    """Their token is gone, their key is gone, the fence stands, and a second erasure is refused."""
    running = stage.running
    administrator = running.person(running.token)
    person = administrator.post("/api/persons", name="Soon Gone", email=None, language="en")["id"]
    token = administrator.post(f"/api/persons/{person}/tokens", label="gone")["token"]
    assert running.person(token).get("/api/me")["person"] == person

    # Refused, as the key of an idempotent request was used for another one: then nothing is erased.
    used = {"Idempotency-Key": "used before"}
    administrator.post("/api/persons", 201, used, name="Another", email=None, language="en")
    administrator.post(f"/api/persons/{person}/erase", 422, used, reason="safety")
    fences = running.folder / "keys" / "fences"
    assert not fences.exists() or person not in fences.read_text()
    assert running.person(token).get("/api/me")["person"] == person

    administrator.post(f"/api/persons/{person}/erase", reason="safety")

    assert running.client.get("/api/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    with psycopg.connect(server.url) as connection:
        assert connection.execute(
            "SELECT count(*) FROM vault.keys WHERE subject = %s", (person,)
        ).fetchone() == (0,)
    assert person in fences.read_text()
    administrator.post(f"/api/persons/{person}/erase", 409, reason="safety")
    with pytest.raises(AssertionError):
        administrator.post(f"/api/persons/{person}/tokens", label="again")
