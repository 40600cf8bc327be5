"""A version is told as an opaque text of one viewer's own: how often something happened to a thing tells when."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest

from api.app import operations
from api.http.operations import Operation, as_json
from projections.versions import Version
from tests.contract.conftest import Used, access_of
from tests.journey.running import Running

TAG = re.compile(r"[A-Za-z0-9_-]{22}\Z", re.ASCII)
UNVERSIONED = {
    "initiative.leave",
    "invitation.make",
    "invitation.accept",
    "invitation.send_again",
    "invitation.withdraw",
    "person.change_profile",
    "person.exclude_reader",
    "person.allow_reader",
    "person.register",
    "person.make_claim",
    "person.withdraw_claim",
    "person.choose_letters",
    "person.erase",
    "person.ask_recovery",
    "person.cancel_recovery",
    "person.confirm_recovery",
    "organisation.register",
    "organisation.invite",
    "organisation.remove_member",
    "organisation.join",
    "organisation.close",
    "organisation.erase",
    "application.lower_quorum",
    "panel.write_note",
    "round.set_reviews_due",
    "application.erase",
    "application.write_message",
    "application.settle_messages",
    "application.write_note",
}
"""The commands by JSON whose streams also count acts that their writer may not know of; and one that is answered by a dossier,
of which no version is shown. Of the last, no fact is in the application's stream."""


def versions_in(content: Any) -> Iterator[Any]:
    """Every version of a thing in an answer; a form's and a rubric's are of their texts, and public with them."""
    if isinstance(content, dict):
        yield from (value for name, value in content.items() if name == "version" and value is not None)
        content = [value for name, value in content.items() if name not in ("form", "rubric")]
    if isinstance(content, list):
        for each in content:
            yield from versions_in(each)


def reading(running: Running, token: str, path: str) -> httpx.Response:
    """An answer to somebody."""
    return running.client.get(path, headers={"Authorization": f"Bearer {token}"})


def test_no_answer_holds_a_number_of_a_version(used: Used) -> None:
    """Neither body nor header, of a read, a write or a refusal, timelines and raw facts included, whoever asked."""
    looked = 0
    for operation, answer in used.answers:
        if not answer.headers.get("content-type", "").startswith(("application/json", "application/problem")):
            continue
        found = list(versions_in(answer.json()))
        assert all(isinstance(each, str) and TAG.match(each) for each in found), operation.name
        looked += len(found)
        tag = answer.headers.get("etag")
        assert tag is None or TAG.match(tag.strip('"')), operation.name
    assert looked > 20


def test_a_raw_fact_tells_neither_its_number_in_its_stream_nor_the_fact_before_it(
    running: Running, used: Used
) -> None:
    """By either, the withheld facts of a stream could be counted or found among the others."""
    shown = [row for row in running.raw() if not row["withheld"]]
    assert len(shown) > 10
    for row in shown:
        assert row.keys() == {"position", "leaf", "withheld", "stream", "topic", "envelope", "fact", "sealed"}
        assert row["envelope"].keys() == {"acting", "actor", "decided_at", "how", "place"}
        assert row["envelope"]["place"].keys() == {"initiative", "stream"}
    assert {row["topic"] for row in shown if row["stream"].startswith("person-")} == {"person.registered.v1"}


def test_a_write_tells_a_version_unless_its_stream_counts_what_the_writer_may_not_know(used: Used) -> None:
    """A person's counts the calls in which they act; a round's the lowered quorums of every application."""
    told: dict[str, set[bool]] = {}
    for operation, answer in used.answers:
        if operation.writes and answer.is_success:
            kind = answer.json()["id"].partition("-")[0]
            if kind == "person" or operation.name in UNVERSIONED:
                assert "etag" not in answer.headers, operation.name
                assert answer.json().keys().isdisjoint({"version", "leaf"}), operation.name
            told.setdefault(operation.name, set()).add("etag" in answer.headers)
            assert answer.headers["X-Position"]
    assert {name for name, found in told.items() if found != {True}} == UNVERSIONED
    assert {operation.name for operation in operations() if operation.writes} == told.keys()


@pytest.mark.parametrize(
    "operation", [each for each in operations() if each.writes], ids=lambda each: each.name
)
def test_if_match_is_taken_where_a_version_is_told_and_refused_elsewhere(
    running: Running, described: dict[str, Any], operation: Operation
) -> None:
    """Before anything is looked up, so that no answer differs by what somebody did."""
    content = described["paths"][operation.path]["post"]
    parameters = {each["name"] for each in content["parameters"]}
    versioned = operation.name not in UNVERSIONED
    assert ("If-Match" in parameters, "412" in content["responses"]) == (versioned, versioned)
    done = content["responses"][str(operation.status)]["headers"]
    assert done.keys() == ({"ETag", "X-Position"} if versioned else {"X-Position"})
    if versioned:
        return
    path = re.sub(r"\{([a-z]+)\}", rf"\1-{'0' * 32}", operation.path)
    for tag in ("*", f'"{"x" * 22}"', '"2"'):
        answer = running.client.post(
            path, json={}, headers={"Authorization": f"Bearer {running.token}", "If-Match": tag}
        )
        assert (answer.status_code, [each["field"] for each in answer.json()["errors"]]) == (
            400,
            ["If-Match"],
        )
        assert "etag" not in answer.headers


def test_who_applied_is_not_told_by_the_version_of_their_stream(running: Running, used: Used) -> None:
    """An administrator insists on the version at which somebody was registered, whether they have acted since or not."""
    newcomer = running.newcomer("Version Nobody", email=None)
    applicant = used.walked.people["artist"]
    answers = []
    for person in (newcomer.id, applicant.id):
        for path, body in (
            ("claims", {}),
            ("erase", {"reason": "safety"}),
            (f"claims/claim-{'0' * 32}/withdraw", {}),
        ):
            answer = running.client.post(
                f"/api/persons/{person}/{path}",
                json=body,
                headers={
                    "Authorization": f"Bearer {running.token}",
                    "If-Match": f'"{"x" * 22}"',
                },
            )
            answers.append((answer.status_code, answer.json(), sorted(answer.headers)))
    assert answers[:3] == answers[3:]
    assert {status for status, _, _ in answers} == {400}


def test_nothing_encodes_a_version_by_accident() -> None:
    """An answer that is sent without a viewer's tags fails, and tells nothing."""
    with pytest.raises(TypeError):
        msgspec.json.encode(Version("call-1", 1))
    with pytest.raises(TypeError, match="Version, which is not to be sent"):
        as_json(Version("call-1", 1))


def test_each_viewer_has_texts_of_their_own(running: Running, used: Used) -> None:
    """And is told the same one each time, in the header and in the body."""
    path = f"/api/calls/{used.walked.ids['call']}"
    tokens = [each["token"] for each in access_of(running).values()]
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
