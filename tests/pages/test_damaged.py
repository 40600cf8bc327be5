"""Stored texts that were altered: the pages say so, and show the rest."""

from __future__ import annotations

import contextlib
import html
import json
from collections.abc import Iterator
from typing import Any

import msgspec
import psycopg
from psycopg.conninfo import conninfo_to_dict

from api.postgres.embedded import EmbeddedPostgres
from tests.pages.conftest import Stage
from tests.pages.test_over_http import filled


@contextlib.contextmanager
def _behind_the_program(stage: Stage) -> Iterator[psycopg.Connection[Any]]:
    """A connection that can alter what is stored."""
    with EmbeddedPostgres(stage.running.folder / "postgres") as server:
        database = conninfo_to_dict(server.url)["dbname"]
        assert isinstance(database, str)
        with psycopg.connect(server.url_of(database, "postgres"), autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            yield connection


def _damage(stage: Stage, application: str) -> None:
    """Alter every box of an application's first fact, and the copy of its title that lists read."""
    with _behind_the_program(stage) as connection:
        row = connection.execute(
            "SELECT document FROM history.facts WHERE stream = %s AND version = 1", (application,)
        ).fetchone()
        assert row is not None
        document = json.loads(row[0])
        for field in document["sealed"].values():
            field["box"] = ("A" if field["box"][0] != "A" else "B") + field["box"][1:]
        connection.execute(
            "UPDATE history.facts SET document = %s WHERE stream = %s AND version = 1",
            (msgspec.json.encode(document, order="sorted"), application),
        )
        connection.execute(
            "UPDATE read.titles SET box = set_byte(box, 0, get_byte(box, 0) # 1) WHERE application = %s",
            (application,),
        )


def test_a_damaged_application_is_shown_as_damaged(stage: Stage) -> None:
    """In the applicant's list and the staff's, on its own page and in the JSON; nothing of it is shown, nothing breaks."""
    applicant, officer = stage.visitor("second applicant"), stage.visitor("officer")
    sent = applicant.send(
        f"/calls/{stage.call}/apply", filled(stage, applicant, title="Canary of the damage")
    )
    path = sent.headers["location"].partition("?")[0].partition("#")[0]
    application = path.rpartition("/")[2]
    assert "Canary of the damage" in applicant.open(path).text

    _damage(stage, application)

    pages = {
        where: visitor.open(address)
        for where, visitor, address in (
            ("its page", applicant, path),
            ("the applicant's list", applicant, "/applications"),
            ("the staff's page", officer, path),
            ("the staff's list", officer, f"/calls/{stage.call}/applications"),
        )
    }
    for where, page in pages.items():
        assert page.status_code == 200, where
        assert "Canary of the damage" not in page.text, where
        assert "amaged" in page.text, where
    assert "Part of this is damaged" in pages["its page"].text
    assert "Four concerts." not in pages["its page"].text
    shown = stage.speaking("officer").get(f"/api/applications/{application}")
    assert (shown["title"], shown["erased"], shown["answers"]["idea"]) == (None, False, None)
    assert {"title", "answers.idea"} <= set(shown["damaged"])


@contextlib.contextmanager
def _unreadable(stage: Stage, stream: str) -> Iterator[None]:
    """The last fact of a stream cannot be read, for a while; at a position that no read model looks at."""
    with _behind_the_program(stage) as connection:
        connection.execute(
            "INSERT INTO history.facts (position, stream, version, topic, document, leaf, recorded_at) "
            "SELECT -1, stream, max(version) + 1, 'call.sung.v1', '{}', min(leaf), now() FROM history.facts "
            "WHERE stream = %s GROUP BY stream",
            (stream,),
        )
        try:
            yield
        finally:
            connection.execute("DELETE FROM history.facts WHERE position = -1")


def test_a_call_that_cannot_be_read_takes_no_list_with_it(stage: Stage) -> None:
    """What somebody applied for in it is shown without its name, and as a file, too; what it is about stays unreadable."""
    applicant, juror = stage.visitor("second applicant"), stage.visitor("juror")
    title, call = "Of a damaged call", "Call of the Pages"
    sent = applicant.send(f"/calls/{stage.call}/apply", filled(stage, applicant, title=title))
    assert sent.status_code == 303
    assert call in row_of(applicant.open("/applications").text, title)
    application = sent.headers["location"].partition("?")[0].partition("#")[0]
    stage.speaking("officer").post(f"/api{application}/messages", text="How long will it be?")
    with _unreadable(stage, stage.call):
        assert applicant.open(f"/calls/{stage.call}").status_code == 503
        shown = applicant.open("/applications")
        assert shown.status_code == 200
        assert call not in row_of(shown.text, title)
        for visitor, address in (
            (applicant, "/me"),
            (applicant, "/applications/list.csv"),
            (applicant, "/grants"),
            (applicant, "/grants/list.csv"),
            (applicant, "/messages"),
            (juror, "/me"),
            (juror, "/reviews"),
        ):
            assert visitor.open(address).status_code == 200, address
        start = html.unescape(applicant.open("/me").text)
        assert f'<a href="{application}/messages">Read the message about {title}</a>' in start
    assert call in row_of(applicant.open("/applications").text, title)


def row_of(page: str, title: str) -> str:
    """The row of an application in a list."""
    (found,) = [each for each in page.split("<tr>") if title in each]
    return found
