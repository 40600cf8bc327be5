"""Lists as files, by the link on a page and by JSON: what their reader may see there, and nothing more."""

from __future__ import annotations

import csv
import html
import io
import zipfile
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from api.lists.files import FORMATS
from api.pages.list_files import LISTS
from tests.pages.conftest import Stage, Visitor, eur

ROLES = ("officer", "chair", "juror", "finance", "funder", "applicant")
WITHIN = {
    "own-applications": "/api/applications",
    "applications": "/api/calls/{call}/applications",
    "ranking": "/api/rounds/{round}/ranking",
    "reviews-of-applications": "/api/rounds/{round}/reviews",
    "own-reviews": "/api/reviews",
    "grants": "/api/calls/{call}/grants",
    "own-grants": "/api/grants",
    "payments": "/api/initiatives/{initiative}/payments",
    "reviews-of-jurors": "/api/rounds/{round}/jury",
    "ledger": "/api/funds/{fund}/ledger",
    "pledges": "/api/funds/{fund}",
    "members-and-roles": "/api/initiatives/{initiative}/members",
}
"""The addresses by JSON of the lists."""
ITEMS = {
    "ranking": lambda answer: answer["places"]["items"],
    "reviews-of-applications": lambda answer: answer["applications"]["items"],
    "ledger": lambda answer: [line for entry in answer["entries"]["items"] for line in entry["lines"]],
    "pledges": lambda answer: answer["pledges"],
    "reviews-of-jurors": lambda answer: answer["reviews"]["items"],
}
"""The rows of a list in the answer by JSON, where they are not its `items`."""


@pytest.fixture(scope="module")
def things(stage: Stage) -> list[dict[str, str]]:
    """What the lists are about: the demonstration's call and fund, and a call of our own with an application."""
    officer = stage.speaking("officer")
    initiative = officer.get("/api/me")["initiatives"][0]["initiative"]
    calls = officer.get(f"/api/initiatives/{initiative}/calls")["items"]
    funds = officer.get(f"/api/initiatives/{initiative}/funds")["items"]
    stage.speaking("applicant").post(
        f"/api/calls/{stage.call}/applications",
        round=stage.round,
        title="=HYPERLINK(1)",
        requested=eur("300.00"),
        answers={"idea": "Snow", "costs": [{"item": "Hall", "amount": "300.00"}], "before": False},
    )
    judged = next(call["id"] for call in calls if any(each["status"] == "decided" for each in call["rounds"]))
    return [
        {"initiative": initiative, "fund": funds[0]["id"], "call": call["id"], "round": round["id"]}
        for call in calls
        if call["id"] in (judged, stage.call)
        for round in call["rounds"]
    ]


def rows_of(written: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(written.decode("utf-8-sig"), newline="")))


def entries(rows: list[list[str]]) -> list[list[str]]:
    """The rows without the notes that stand below an empty one."""
    return next((rows[:at] for at, row in enumerate(rows) if not any(row)), rows)


def whole(speaking: Any, path: str, name: str) -> list[dict[str, Any]]:
    """All items of a list by JSON."""
    found, cursor = [], {}
    while True:
        paged = {} if name in ("pledges", "reviews-of-jurors") else {"limit": "100", **cursor}
        answer = speaking.get(path, **paged)
        found += ITEMS.get(name, lambda answer: answer["items"])(answer)
        following = {"ranking": "places", "reviews-of-applications": "applications", "ledger": "entries"}
        after = (answer.get(following.get(name, ""), answer) or {}).get("next")
        if after is None:
            return found
        cursor = {"cursor": after}


def listed(things: list[dict[str, str]]) -> Iterator[tuple[str, str, str]]:
    """Every list: its name, its address by JSON, and its address for a browser without the ending."""
    seen = set()
    for thing in things:
        for files in LISTS:
            path = files.path.format(**thing)
            if path not in seen:
                seen.add(path)
                yield files.exported.name, WITHIN[files.exported.name].format(**thing), path


def by_json(stage: Stage, role: str, path: str, accept: str = "*/*") -> httpx.Response:
    return stage.running.client.get(
        path, headers={"Authorization": f"Bearer {stage.tokens[role]}", "Accept": accept}
    )


def test_a_file_holds_what_its_reader_sees_in_the_list(stage: Stage, things: list[dict[str, str]]) -> None:
    """For every role and every list: the file is refused where the list is, has a row for each of its items, and no
    text of an application that the list does not show to this reader."""
    full = set()
    for role in ROLES:
        visitor, speaking = stage.visitor(role), stage.speaking(role)
        for name, path, page in listed(things):
            answer = by_json(stage, role, path)
            file = visitor.open(f"{page}.csv")
            assert file.status_code == answer.status_code, (role, page)
            if file.status_code != 200:
                continue
            items = whole(speaking, path, name)
            rows = entries(rows_of(file.content))
            assert len(rows) == 1 + len(items), (role, page)
            if items:
                full.add(name)
            if "Title" in rows[0]:
                at = rows[0].index("Title")
                titles = {row[at].removeprefix("'") for row in rows[1:] if row[at]}
                # Words in place of a title that cannot be read.
                assert titles - {"Erased", "Damaged title"} == {
                    each["title"] for each in items if each["title"]
                }, (role, page)
            assert by_json(stage, role, f"{path}?format=csv").content == file.content
    assert full == set(WITHIN) - {"reviews-of-applications"}


def test_a_file_is_an_attachment_that_is_not_kept_and_tells_nothing_by_its_name(
    stage: Stage, things: list[dict[str, str]]
) -> None:
    officer = stage.visitor("officer")
    path = f"/calls/{stage.call}/applications/list"
    for ending, form in FORMATS.items():
        answer = officer.open(f"{path}.{ending}")
        assert {
            name: answer.headers[name] for name in ("content-type", "content-disposition", "cache-control")
        } == {
            "content-type": f"{form.media_type}; charset=utf-8" if ending == "csv" else form.media_type,
            "content-disposition": f'attachment; filename="applications.{ending}"',
            "cache-control": "no-store",
        }
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert zipfile.is_zipfile(io.BytesIO(officer.open(f"{path}.xlsx").content))
    assert stage.visitor().open(f"{path}.csv").headers["location"] == "/sign-in"


def test_a_formula_in_a_title_is_harmless_and_the_file_says_so(
    stage: Stage, things: list[dict[str, str]]
) -> None:
    rows = rows_of(stage.visitor("applicant").open("/applications/list.csv").content)
    assert "'=HYPERLINK(1)" in [row[0] for row in rows]
    assert rows[-1][0].startswith("In this file an apostrophe stands before texts")


def test_the_file_follows_the_filter_and_the_language_of_its_page(
    stage: Stage, things: list[dict[str, str]]
) -> None:
    officer: Visitor = stage.visitor("officer")
    path = f"/calls/{stage.call}/applications"
    page = officer.open(f"{path}?status=submitted")
    assert f'href="{path}/list.csv?status=submitted"' in html.unescape(page.text)
    assert len(rows_of(officer.open(f"{path}/list.csv?status=submitted").content)) > 1
    assert len(rows_of(officer.open(f"{path}/list.csv?status=declined").content)) == 1
    assert rows_of(officer.open(f"{path}/list.csv?lang=ru").content)[0][0] == "Заявка"


def test_json_gives_a_file_where_accept_prefers_one(stage: Stage, things: list[dict[str, str]]) -> None:
    path = "/api/applications"
    xlsx = FORMATS["xlsx"].media_type
    for accept, media_type in (
        ("text/csv", "text/csv; charset=utf-8"),
        (xlsx, xlsx),
        ("application/json;q=0.5, text/csv", "text/csv; charset=utf-8"),
        ("application/json, text/csv;q=0.9", "application/json"),
        ("text/html, */*;q=0.1", "application/json"),
        ("*/*", "application/json"),
    ):
        assert by_json(stage, "applicant", path, accept).headers["content-type"] == media_type, accept
    refused = by_json(stage, "applicant", f"{path}?format=pdf")
    assert (refused.status_code, refused.json()["detail"]) == (400, "Ask for json, csv or xlsx.")
