"""Stored texts that were altered: the pages say so, and show the rest."""

from __future__ import annotations

import json

import msgspec
import psycopg
from psycopg.conninfo import conninfo_to_dict

from api.postgres.embedded import EmbeddedPostgres
from tests.pages.conftest import Stage
from tests.pages.test_over_http import filled


def _damage(stage: Stage, application: str) -> None:
    """Alter every box of an application's first fact, and the copy of its title that lists read."""
    with EmbeddedPostgres(stage.running.folder / "postgres") as server:
        database = conninfo_to_dict(server.url)["dbname"]
        assert isinstance(database, str)
        with psycopg.connect(server.url_of(database, "postgres"), autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
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
