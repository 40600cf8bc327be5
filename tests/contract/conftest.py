"""A demonstration on which every operation of the API has been used, and the description that its answers must meet."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import schemathesis
from schemathesis.specs.openapi.schemas import OpenApiSchema

from api.app import operations
from api.http.operations import Operation
from tests.contract.byways import take_byways
from tests.journey.running import Running, demonstration
from tests.journey.walk import Walked, walk


@pytest.fixture(scope="session")
def running() -> Iterator[Running]:
    """A demonstration of these tests' own: what is generated may do anything to it."""
    with demonstration() as running:
        yield running


@pytest.fixture(scope="session")
def described(running: Running) -> dict[str, Any]:
    """The description, as the server gives it."""
    document: dict[str, Any] = running.client.get("/schema/openapi.json").json()
    return document


@pytest.fixture(scope="session")
def schema(described: dict[str, Any]) -> OpenApiSchema:
    """The description, as schemathesis reads it."""
    return schemathesis.openapi.from_dict(described)


@dataclass(frozen=True)
class Used:
    """What was asked and answered, and which ids there are by now."""

    walked: Walked
    answers: tuple[tuple[Operation, httpx.Response], ...]
    ids: dict[str, list[str]]


@pytest.fixture(scope="session")
def used(running: Running) -> Used:
    """The way of one grant, and all that lies beside it."""
    walked = walk(running)
    take_byways(running, walked)
    answers = tuple((operation_at(each.request), each) for each in running.answers if is_api(each.request))
    ids: dict[str, list[str]] = {}
    for row in running.rows():
        kind = row["stream"].partition("-")[0]
        if row["stream"] not in ids.setdefault(kind, []):
            ids[kind].append(row["stream"])
    return Used(walked, answers, ids)


def is_api(request: httpx.Request) -> bool:
    """Whether a request was for what the description describes."""
    return not request.url.path.startswith("/schema")


_ROUTES = [
    (operation, re.compile(re.sub(r"\\\{[a-z_]+\\\}", "[^/]+", re.escape(operation.path)) + r"\Z"))
    for operation in operations()
]


def operation_at(request: httpx.Request) -> Operation:
    """The operation that a request was for."""
    return next(
        operation
        for operation, route in _ROUTES
        if operation.method == request.method and route.match(request.url.path)
    )


def access_of(running: Running) -> dict[str, dict[str, str]]:
    """The demonstration's people, by what they do."""
    kept = json.loads((running.folder / "access.json").read_text("utf-8"))
    return {each["role"]: each for each in kept["access"]}
