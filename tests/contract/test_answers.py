"""What the API answers is what its description says, for every operation, in success and in refusal."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

import jsonschema_rs
from schemathesis.specs.openapi.schemas import OpenApiSchema

from api.app import operations
from api.http.commands import WRITES
from api.http.operations import Operation
from api.http.problems import ProblemType
from domain.commands.register import REGISTER
from tests.contract.conftest import Used
from tests.journey.running import Running

SYSTEM_ONLY: Final = frozenset(
    {
        "application.lapse_return",
        "application.record_writer",
        "dossier.erase",
        "grant.lapse",
        "installation.open",
        "invitation.decline",
        "installation.set_up",
        "panel.move_waiting_list",
        "person.register_oneself",
        "reading.record",
    }
)
"""Commands that the program alone gives, and that have no address therefore."""
ANSWERED_WITH_A_SECRET: Final = frozenset(
    {
        "person.make_claim",
        "person.use_claim",
        "person.exclude_reader",
        "invitation.make",
        "invitation.accept",
        "person.add_way_in",
        "person.remove_way_in",
        "person.add_factor",
        "person.remove_factor",
    }
)
"""Commands whose addresses are in `api.accounts.access` and in files of their own in `api.http`, since they need or
answer a secret, or look up an address."""


def test_every_operation_was_used_with_success(used: Used) -> None:
    """A new operation is not described before somebody has seen it work."""
    succeeded = {operation.name for operation, answer in used.answers if answer.is_success}
    unused = sorted({operation.name for operation in operations()} - succeeded)
    assert not unused, f"use these in tests/contract/byways.py, each with success: {unused}"


def test_every_command_has_an_address_or_is_the_program_s_own() -> None:
    addressed = {write.command for write in WRITES} | ANSWERED_WITH_A_SECRET
    assert {name for name, entry in REGISTER.items() if entry.by_program} == SYSTEM_ONLY
    assert addressed | SYSTEM_ONLY == REGISTER.keys()
    assert addressed & SYSTEM_ONLY == set()


def test_every_answer_is_as_described(used: Used, schema: OpenApiSchema) -> None:
    """Status, media type, headers and body, of refusals too."""
    refused: Counter[int] = Counter()
    for operation, answer in used.answers:
        schema[operation.path][operation.method].validate_response(answer)
        refused[answer.status_code] += 1
    assert {200, 201, 403, 404, 409, 422} <= refused.keys()


def test_the_description_is_whole(described: dict[str, Any]) -> None:
    """Every operation once, with its own name; and each schema of it is a JSON schema."""
    found = {
        (path, method.upper(), content["operationId"])
        for path, methods in described["paths"].items()
        for method, content in methods.items()
    }
    assert found == {(operation.path, operation.method, operation.name) for operation in operations()}
    assert len({name for _, _, name in found}) == len(found)
    assert described["openapi"].startswith("3.1")
    for schema in described["components"]["schemas"].values():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})


def test_each_operation_says_what_it_is_for(described: dict[str, Any]) -> None:
    """A summary of its own, words for each parameter that is not an id, and its refusals."""
    for path, methods in described["paths"].items():
        for content in methods.values():
            assert content["summary"], path
            assert content["tags"], path
            if path.startswith("/api") and "security" not in content:
                assert {"401"} <= content["responses"].keys(), path


def test_the_page_is_complete_and_loads_nothing(running: Running) -> None:
    """Every problem type has its place on it, and no address of another host, no script, stands in it."""
    answer = running.client.get("/schema")
    page = answer.text
    for kind in ProblemType:
        assert f'id="{kind.uri.partition("#")[2]}"' in page
    for operation in operations():
        assert shown(operation) in page
    lowered = page.lower()
    assert "<script" not in lowered
    assert " src=" not in lowered
    assert "http://" not in lowered.replace("http://www.w3.org", "")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "`" not in page
    assert "<code>{&quot;amount&quot;" in page


def shown(operation: Operation) -> str:
    """How the page writes an operation's address."""
    return operation.path
