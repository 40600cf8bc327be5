"""Whatever a client sends, in whichever role: no failure of ours, and every answer as described (by schemathesis)."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.schemas import OpenApiSchema

from api.app import operations
from api.http.operations import Operation
from tests.contract.conftest import Used, access_of
from tests.journey.running import Running

ROLES = (
    "nobody",
    "newcomer",
    "applicant",
    "juror",
    "chair",
    "officer",
    "approver",
    "finance",
    "funder",
    "administrator",
)
"""The roles for which the demonstration has a token, the most powerful last."""
LAST = ("clock.set", "person.erase")
"""What would take the ground from under all others is asked for when they are done."""
FEW, MANY = 1, 15
"""Examples for an operation and role, of sound requests and of unsound ones each."""


@pytest.mark.parametrize("role", ["applicant", "administrator"])
def test_no_request_fails_us(role: str, used: Used, running: Running, schema: OpenApiSchema) -> None:
    """A sound and an unsound request for every operation, half of them about things that exist. Nobody is mostly turned away
    before a request is read; nobody's are among those at length."""
    ask_for_everything(role, used, running, schema, FEW)


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("role", ROLES)
def test_no_request_fails_us_at_length(
    role: str, used: Used, running: Running, schema: OpenApiSchema
) -> None:
    """The same with many more of them."""
    ask_for_everything(role, used, running, schema, MANY)


def ask_for_everything(role: str, used: Used, running: Running, schema: OpenApiSchema, examples: int) -> None:
    """Ask for every operation in a role."""
    token = access_of(running)[role]["token"] if role != "nobody" else None
    wanted = sorted(operations(), key=lambda operation: (operation.name in LAST, operation.name))
    for operation, mode in itertools.product(wanted, GenerationMode):
        says_anything = operation.body or operation.parameters or operation.query or operation.writes
        if mode is GenerationMode.NEGATIVE and not says_anything:
            continue  # where nothing is said, nothing can be said wrongly
        ask_for(operation, mode, token, used, running, schema, examples)


def ask_for(
    operation: Operation,
    mode: GenerationMode,
    token: str | None,
    used: Used,
    running: Running,
    schema: OpenApiSchema,
    examples: int,
) -> None:
    """Ask for one operation, and hold every answer against the description."""
    chance = random.Random(f"{operation.name} {mode} {token is None}")
    described = schema[operation.path][operation.method]

    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        derandomize=True,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
    )
    @given(case=described.as_strategy(generation_mode=mode))
    def ask(case: Case) -> None:
        known = {name: used.ids[name] for name in case.path_parameters if name in used.ids}
        if known and operation.name not in LAST and chance.random() < 0.5:
            case.path_parameters |= {name: chance.choice(ids) for name, ids in known.items()}
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        answer = case.call(base_url=running.address, headers=headers, timeout=30)
        assert answer.status_code < 500 or answer.status_code == 503, answer.text
        described.validate_response(answer)

    ask()
