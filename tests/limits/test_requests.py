"""Requests that would blow up: whatever is sent, the answer stays small, and what is named in it too."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import msgspec
import pytest

from api.app import make_app
from api.http.bodies import decode
from api.http.failing import problem_of
from api.http.problems import MOST_NAMED, Problem
from api.run.wiring import Wiring
from domain.answers import check_answers
from domain.commands.applications.submitting import SubmitApplication
from domain.commands.grants.scheduling import ScheduleGrant
from domain.forms import Answer, Form, Question
from domain.refusals import CommandRejected, FieldError, Invalid
from tests.accounts.test_sessions import anyio_backend, wired
from tests.scene import CALL, ROUND

__all__ = ["anyio_backend", "wired"]

SMALL = 20_000
"""How many bytes an answer to nonsense may have."""
FORM = Form(questions=(Question(id="work", kind="text", label={"en": "Work"}),))


def answers(count: int) -> str:
    """The body of an application with so many answers."""
    found = ",".join(f'"q{number}":"x"' for number in range(count))
    ids = f'"call":"{CALL}","round":"{ROUND}"'
    return f'{{{ids},"title":"t","requested":{{"amount":"1","currency":"EUR"}},"answers":{{{found}}}}}'


def refused(raw: str, kind: type[msgspec.Struct]) -> Problem:
    """How a body is refused."""
    with pytest.raises((Problem, CommandRejected)) as turned:
        decode(raw.encode(), kind)
    return problem_of(turned.value)


class TestBodies:
    def test_an_application_of_many_answers_is_refused_as_a_whole(self) -> None:
        problem = refused(answers(60_000), SubmitApplication)
        assert (problem.kind.status, str(problem.detail)) == (
            400,
            "The body has an object with more than 1000 fields.",
        )

    def test_as_many_as_there_may_be_are_taken(self) -> None:
        found = decode(answers(1000).encode(), SubmitApplication)
        assert len(found.answers) == 1000
        assert len(decode(answers(1500).encode(), SubmitApplication, most_fields=1500).answers) == 1500

    def test_the_first_unknown_answers_are_named_and_the_others_counted(self) -> None:
        sent: dict[str, Answer] = {f"q{number}": "x" for number in range(900)}
        with pytest.raises(Invalid) as invalid:
            check_answers(FORM, sent, requested=None, currency="EUR")
        document = problem_of(invalid.value).document()
        assert document.errors is not None
        assert (len(document.errors), document.more, document.detail) == (
            MOST_NAMED,
            901 - MOST_NAMED,
            "901 fields need correcting.",
        )
        assert len(msgspec.json.encode(document)) < SMALL

    def test_few_are_all_named(self) -> None:
        errors = tuple(FieldError(f"f{number}", "This is needed.") for number in range(MOST_NAMED))
        document = problem_of(Invalid(errors)).document()
        assert document.errors is not None
        assert (len(document.errors), document.more) == (MOST_NAMED, None)

    @pytest.mark.parametrize(
        ("raw", "detail"),
        [
            ('{{"grant":"g","instalments":[{}]}}'.format(",".join(["{}"] * 300_000)), "More than 1000 fields need correcting."),
            ('{{"grant":"g","instalments":[{}]}}'.format(",".join(["1"] * 450_000)), "More than 1000 fields need correcting."),
            ('{{"grant":"g","instalments":{}{}}}'.format("[" * 400_000, "]" * 400_000), "The body is nested too deeply."),
            ('{"grant":"g","instalments":%s' % ('{"a":' * 150_000), "The body is nested too deeply."),
            ('{"grant":%s,"instalments":[]}' % ("9" * 900_000), None),
            ('{{"grant":"g","instalments":[],{}}}'.format(",".join(['"a":1'] * 150_000)), None),
            ('{{{}}}'.format(",".join(f'"{number}":{{}}' for number in range(70_000))), None),
        ],
        ids=["objects", "numbers", "deep lists", "deep objects", "a huge number", "one field often", "many fields"],
    )  # fmt: skip
    def test_whatever_is_sent_the_answer_is_small(self, raw: str, detail: str | None) -> None:
        problem = refused(raw, ScheduleGrant)
        assert detail in (str(problem.detail), None)
        assert problem.kind.status in (400, 422)
        assert len(msgspec.json.encode(problem.document())) < SMALL


@pytest.fixture
async def client(wired: Wiring) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=make_app(wired))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        yield client


@pytest.mark.anyio
class TestOverHTTP:
    @pytest.mark.parametrize("path", ["/api/calls", "/calls"])
    async def test_an_address_with_thousands_of_parameters(
        self, client: httpx.AsyncClient, path: str
    ) -> None:
        letters = "abcdefghijklmnopqrstuvwxyz"
        names = ("".join(name) for name in itertools.product(letters, repeat=3))
        query = "&".join(f"{name}=1" for name in itertools.islice(names, 4000))
        answer = await client.get(f"{path}?{query}")
        assert answer.status_code == 400
        assert len(answer.content) < SMALL

    async def test_a_body_of_many_fields(self, client: httpx.AsyncClient) -> None:
        answer = await client.post("/api/claims", content=answers(60_000))
        assert (answer.status_code, len(answer.content) < SMALL) == (400, True)

    @pytest.mark.parametrize(
        ("sent", "status"),
        [
            ({"data": {f"a[{number % 1000}].b{number}": "x" for number in range(1001)}}, 400),
            ({"data": {f"a{number}": "x" for number in range(60_000)}}, 400),
            ({"files": [("claim", (f"{number}", b"x")) for number in range(3000)]}, 415),
            ({"data": {"claim": "x" * 1_000_001}}, 413),
        ],
        ids=["a field too many", "many fields", "multipart", "a long field"],
    )
    async def test_a_form_of_a_page(
        self, client: httpx.AsyncClient, sent: dict[str, object], status: int
    ) -> None:
        answer = await client.post("/claim", **sent)  # type: ignore[arg-type]
        assert (answer.status_code, len(answer.content) < SMALL) == (status, True)

    @pytest.mark.parametrize("path", ["/claim", "/sign-in", "/sign-out", "/me/access", "/api/claims"])
    async def test_the_setting_for_fields_holds_on_every_form(self, wired: Wiring, path: str) -> None:
        """Also on those that are no commands: one field more than the setting says is refused."""
        settings = replace(wired.settings, most_fields=100)
        transport = httpx.ASGITransport(app=make_app(replace(wired, settings=settings)))
        fields = {f"a{number}": "x" for number in range(101)}
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            answer = await client.post(path, **({"json": fields} if path[1:4] == "api" else {"data": fields}))  # type: ignore[arg-type]
        assert answer.status_code == 400
        assert "100 fields" in answer.text
