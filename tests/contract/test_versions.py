"""A version is told as an opaque text of one viewer's own: how often something happened to a thing tells when."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest

from api.http.operations import as_json
from projections.versions import Version
from tests.contract.conftest import Used, ways_in
from tests.journey.running import Running

TAG = re.compile(r"[A-Za-z0-9_-]{22}\Z", re.ASCII)
COUNTED = ("/timeline", "/api/facts")
"""The addresses at which facts are named by their streams and versions, for who may know their times."""


def versions_in(content: Any) -> Iterator[Any]:
    """Every version of a thing in an answer; a form's is one of its texts, and public with them."""
    if isinstance(content, dict):
        yield from (value for name, value in content.items() if name == "version" and value is not None)
        content = [value for name, value in content.items() if name != "form"]
    if isinstance(content, list):
        for each in content:
            yield from versions_in(each)


def reading(running: Running, token: str, path: str) -> httpx.Response:
    """An answer to somebody."""
    return running.client.get(path, headers={"Authorization": f"Bearer {token}"})


def test_no_answer_to_a_question_holds_a_number_of_a_version(used: Used) -> None:
    """Neither body nor header, whoever asked."""
    looked = 0
    for operation, answer in used.answers:
        if operation.method == "GET" and answer.is_success and not answer.url.path.endswith(COUNTED):
            if not answer.headers["content-type"].startswith("application/json"):
                continue
            found = list(versions_in(answer.json()))
            assert all(isinstance(each, str) and TAG.match(each) for each in found), operation.name
            looked += len(found)
        tag = answer.headers.get("etag")
        assert tag is None or TAG.match(tag.strip('"')), operation.name
    assert looked > 20


def test_nothing_encodes_a_version_by_accident() -> None:
    """An answer that is sent without a viewer's tags fails, and tells nothing."""
    with pytest.raises(TypeError):
        msgspec.json.encode(Version("call-1", 1))
    with pytest.raises(TypeError, match="Version, which is not to be sent"):
        as_json(Version("call-1", 1))


def test_each_viewer_has_texts_of_their_own(running: Running, used: Used) -> None:
    """And is told the same one each time, in the header and in the body."""
    path = f"/api/calls/{used.walked.ids['call']}"
    tokens = [way["token"] for way in ways_in(running).values()]
    answers = [running.client.get(path), *(reading(running, token, path) for token in (*tokens, *tokens))]
    tags = [answer.headers["ETag"].strip('"') for answer in answers]
    assert tags == [answer.json()["version"] for answer in answers]
    assert len(set(tags)) == len(tokens) + 1


def test_if_match_takes_what_was_given_and_nothing_else(running: Running, used: Used) -> None:
    """An ETag of a read or a write, as it came; of somebody else, or of an earlier version, it is stale."""
    administrator = running.person(running.token)
    initiative = administrator.post("/api/initiatives", name="Versions")["id"]
    person = administrator.post("/api/persons", name="Versions One")["id"]
    path, headers = f"/api/initiatives/{initiative}", {"Authorization": f"Bearer {running.token}"}

    def add(role: str, tag: str) -> httpx.Response:
        return running.client.post(
            f"{path}/members",
            json={"person": person, "roles": [role]},
            headers=headers | {"If-Match": tag},
        )

    first = reading(running, running.token, path).headers["ETag"]
    done = add("juror", first)
    assert done.status_code == 201
    stale = add("chair", first)
    assert (stale.status_code, stale.headers["ETag"]) == (412, done.headers["ETag"])
    assert reading(running, running.token, path).headers["ETag"] == done.headers["ETag"]
    assert add("chair", f'"{"x" * 22}"').status_code == 412
    for malformed in ('"2"', "2", 'W/"' + "x" * 22 + '"', "x" * 22):
        assert add("chair", malformed).status_code == 400
    assert add("chair", done.headers["ETag"]).status_code == 201
