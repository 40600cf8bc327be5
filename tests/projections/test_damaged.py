"""Boxes that were altered: every query shows them as damaged and goes on, and the log names their place alone."""

from __future__ import annotations

import json
import logging
from base64 import b64encode
from datetime import timedelta

import msgspec
import psycopg
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg.conninfo import conninfo_to_dict

from api.postgres.embedded import EmbeddedPostgres
from history.format.document import read_document
from history.format.sealing import SALT_BYTES, associated_data, padded_size
from history.store import opened_keys
from history.verify import Finding, verify
from projections import applications, grants, initiatives, members, own_reviews, panels, reviews
from tests.projections.conftest import CANARIES, DEADLINE, Season
from tests.projections.reading_all import leaks, read_all

pytestmark = pytest.mark.anyio

OTHER = "Something else that nobody committed to"


async def put_other_values(season: Season, server: EmbeddedPostgres) -> int:
    """Put an authentic box with another value in the place of every box, as whoever has all keys can; how many."""
    runner = season.office.runner
    database = conninfo_to_dict(season.url)["dbname"]
    assert isinstance(database, str)
    rows = season.rows("SELECT position, document FROM history.facts ORDER BY position")
    put = 0
    with psycopg.connect(server.url_of(database, "postgres"), autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        for position, stored in rows:
            document = json.loads(stored)
            strict = read_document(stored)
            keys = await opened_keys(
                runner.history, runner.vault, {field.subject for field in strict.sealed.values()}
            )
            for name, field in strict.sealed.items():
                value = json.dumps(OTHER).encode()
                plain = bytes(SALT_BYTES) + len(value).to_bytes(4, "big") + value
                box = AESGCM(keys[field.subject]).encrypt(
                    field.digest[:12],
                    plain.ljust(padded_size(len(plain)), b"\x00"),
                    associated_data(strict.binding(name), field.digest),
                )
                document["sealed"][name]["box"] = b64encode(box).decode()
                put += 1
            connection.execute(
                "UPDATE history.facts SET document = %s WHERE position = %s",
                (msgspec.json.encode(document, order="sorted"), position),
            )
    return put


async def test_what_was_altered_is_shown_as_damaged_everywhere(
    season: Season, postgres: EmbeddedPostgres, caplog: pytest.LogCaptureFixture
) -> None:
    """Titles in lists and rankings, answers, names, comments, explanations, payee and reports: None, and named. Rechecking
    with the keys names every position, and before it found a whole season good."""
    await season.whole()
    whole = verify(season.url, vault=season.office.runner.vault)
    assert (whole.found, whole.opened > 30) == (0, True)
    assert await put_other_values(season, postgres) == whole.opened
    assert verify(season.url).found == 0
    altered = verify(season.url, vault=season.office.runner.vault)
    sealed = season.rows("""SELECT position FROM history.facts
        WHERE position(convert_to('"sealed":{}', 'UTF8') in document) = 0 ORDER BY position""")
    assert altered.wrong == tuple(Finding(position, "sealed") for (position,) in sealed)
    season.project()
    reader, officer = season.reader, season.officer

    with caplog.at_level(logging.ERROR, "overwinter.history"):
        for viewer in (officer, season.artist1, season.juror, season.finance, season.funder):
            found = await read_all(season, viewer)
            assert not leaks(found, *CANARIES, OTHER)

        shown = await applications.one(reader, officer, season.application1)
        member = (await initiatives.one(reader, season.administrator, season.initiative)).members[0]
        given = (await members.given_roles(reader, officer, season.initiative, limit=100)).items
        own = (await own_reviews.mine(reader, season.juror)).items[0]
        judged = (await reviews.of_application(reader, officer, season.application1)).items
        ranked = (await panels.ranking(reader, officer, season.round)).places.items[0]
        of_finance = await grants.one(reader, season.finance, season.things["grant"])
        of_officer = await grants.one(reader, officer, season.things["grant"])
        listed = (await applications.of_call(reader, officer, season.call)).items[0]

    assert (listed.title, listed.erased, listed.damaged) == (None, False, ("title",))
    assert (shown.title, shown.applicant_name) == (None, None)
    assert set(shown.damaged) >= {"title", "applicant_name", "answers.idea", "answers.born"}
    assert shown.answers == dict.fromkeys(("idea", "born", "people"))
    assert (member.name, member.damaged) == (None, ("name",))
    assert {(each.person.name, each.person.damaged) for each in given} == {(None, ("name",))}
    assert {(each.by.name, each.by.damaged) for each in given if each.by} == {(None, ("name",))}
    assert (own.title, own.erased, own.damaged) == (None, False, ("title",))
    assert {each.damaged for each in judged} >= {("comment_jury", "comment_applicant"), ("explanation",)}
    assert (ranked.title, ranked.damaged) == (None, ("title",))
    assert of_finance.payee is not None
    assert of_finance.payee.damaged == ("name", "account", "bank_code", "country")
    assert of_officer.reports[0].damaged == ("text", "explanation")
    # The log says where, and not what.
    told = [record.getMessage() for record in caplog.records]
    assert f"damaged field: {season.application1} version 1, title: " in "\n".join(told)
    assert not any(OTHER in line or canary in line for line in told for canary in CANARIES)


async def test_damaged_questions_of_the_staff_are_named_and_not_taken_for_erased_ones(
    season: Season, postgres: EmbeddedPostgres
) -> None:
    await (await season.begin()).apply()
    questions = {
        "questions": "What is it?",
        "resubmit_by": (DEADLINE + timedelta(days=9)).replace(tzinfo=None),
    }
    await season.run("application.return", season.officer, application=season.application1, **questions)
    await put_other_values(season, postgres)
    season.project()
    for viewer in (season.officer, season.artist1):
        shown = await applications.one(season.reader, viewer, season.application1)
        assert [each.text for each in shown.asked] == [None]
        assert "asked.0" in shown.damaged
