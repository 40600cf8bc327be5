"""The description of the API: OpenAPI 3.1, and a page for people that loads nothing from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from importlib.metadata import version
from typing import Any, Final

import msgspec

from api.http.commands import IDEMPOTENCY_KEY, IF_MATCH
from api.http.operations import MEDIA_TYPE, Operation, Parameter
from api.http.problems import MEDIA_TYPE as PROBLEM_MEDIA_TYPE
from api.http.problems import ProblemDocument, ProblemType
from api.lists.choosing import MEDIA_TYPES
from api.lists.files import FORMATS
from api.locales import ENGLISH
from domain.messages import Message
from projections.versions import Version

Json = dict[str, Any]  # Any: JSON

_CODE: Final = re.compile(r"`([^`]+)`")

_DESCRIPTION: Final = (
    "Overwinter, a grant platform whose every step can be followed and proved. Every write is a command that is "
    "either executed completely and recorded permanently, or refused with one sentence and nothing written. Amounts are decimal "
    'strings: `{"amount": "1250.00", "currency": "EUR"}`. Errors are problem documents (RFC 9457).'
)
_POSITION: Final[Json] = {
    "description": "Where the history stood after this write; a read with `position=` has seen it.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{22}$"},
    "required": True,
}
_ETAG: Final[Json] = {
    "description": "The version of what was written or read (of the thing that `id` names), for `If-Match`.",
    "schema": {"type": "string", "pattern": '^"[A-Za-z0-9_-]{22}"$'},
    "required": True,
}
_SENTENCE: Final[Json] = {
    "type": "string",
    "description": "In the language of the answer, see `Content-Language`.",
}
_VERSION: Final[Json] = {
    "description": "The version as an opaque text, the same as in the `ETag` for you; another person has another one.",
    "type": "string",
    "pattern": "^[A-Za-z0-9_-]{22}$",
}
_RETRY_AFTER: Final[Json] = {"description": "Seconds.", "schema": {"type": "integer"}}
_ALWAYS: Final = (
    ProblemType.MALFORMED,
    ProblemType.UNAUTHORIZED,
    ProblemType.INTERNAL,
    ProblemType.UNAVAILABLE,
    ProblemType.UNREADABLE,
)


def described_as_json(operations: Sequence[Operation]) -> bytes:
    """The OpenAPI document."""
    types = [
        each for operation in operations for each in (operation.body, operation.answer) if each is not None
    ]
    schemas, components = msgspec.json.schema_components(
        [*types, ProblemDocument], schema_hook=_of_our_own, ref_template="#/components/schemas/{name}"
    )
    by_type = dict(zip(map(id, types), schemas, strict=False))
    problem = schemas[-1]
    paths: dict[str, Json] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(
            operation, by_type, problem
        )
    document: Json = {
        "openapi": "3.1.0",
        "info": {"title": "Overwinter", "version": version("overwinter"), "description": _DESCRIPTION},
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "tags": [{"name": tag} for tag in dict.fromkeys(operation.tag for operation in operations)],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An access key, for which its person exchanged a one-time key at `/api/claims` or at `/claim`.",
                }
            },
        },
    }
    return msgspec.json.encode(document)


def _of_our_own(kind: type) -> Json:
    """The schema of what becomes a text at the edge alone."""
    if kind is Version:
        return _VERSION
    if kind is Message:
        return _SENTENCE
    raise NotImplementedError(kind)  # msgspec's own word for a type that a hook does not know


def _operation(operation: Operation, by_type: dict[int, Json], problem: Json) -> Json:
    described: Json = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [operation.tag],
        "parameters": [*_path_parameters(operation), *_others(operation)],
        "responses": _responses(operation, by_type, problem),
    }
    if operation.description:
        described["description"] = operation.description
    if operation.public:
        described["security"] = [{}, {"token": []}]
    if operation.body is not None:
        needed = any(field.required for field in msgspec.structs.fields(operation.body))
        described["requestBody"] = {
            "required": needed,
            "content": {MEDIA_TYPE: {"schema": by_type[id(operation.body)]}},
        }
    if not described["parameters"]:
        del described["parameters"]
    return described


def _path_parameters(operation: Operation) -> list[Json]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "integer", "minimum": 1, "maximum": 999_999_999}
            if name in operation.numbers
            else {"type": "string", "pattern": f"^{name}-[0-9a-f]{{32}}$"},
        }
        for name in operation.parameters
    ]


def _others(operation: Operation) -> list[Json]:
    parameters: list[Parameter] = list(operation.query)
    if operation.takes_key:
        parameters.append(IDEMPOTENCY_KEY)
    if operation.versioned:
        parameters.append(IF_MATCH)
    return [
        {
            "name": parameter.name,
            "in": parameter.place,
            "description": parameter.meaning,
            "required": False,
            "schema": parameter.schema,
        }
        for parameter in parameters
    ]


def _responses(operation: Operation, by_type: dict[int, Json], problem: Json) -> Json:
    headers: Json = {}
    if operation.writes:
        headers["X-Position"] = _POSITION
    if operation.versioned or operation.tells_version:
        headers["ETag"] = _ETAG
    answered: Json = {"description": "Done." if operation.method == "POST" else "Found."}
    if operation.answer is not None:
        answered["content"] = {operation.media_type: {"schema": by_type[id(operation.answer)]}}
    if operation.files:
        answered["content"] |= {MEDIA_TYPES[ending]: {} for ending in FORMATS}
    if headers:
        answered["headers"] = headers
    responses: Json = {str(operation.status): answered}
    for status, kinds in _problems(operation).items():
        responses[str(status)] = {
            "description": " ".join(f"{ENGLISH.say(kind.title)}: {kind.meaning}" for kind in kinds),
            "content": {PROBLEM_MEDIA_TYPE: {"schema": problem}},
            **({"headers": {"Retry-After": _RETRY_AFTER}} if ProblemType.UNAVAILABLE in kinds else {}),
        }
    return responses


def _problems(operation: Operation) -> dict[int, list[ProblemType]]:
    kinds = [*_ALWAYS, *operation.problems]
    if not operation.public or operation.parameters:
        kinds += [ProblemType.FORBIDDEN, ProblemType.NOT_FOUND]
    if operation.body is not None:
        kinds += [ProblemType.TOO_LARGE, ProblemType.UNSUPPORTED]
    if operation.writes:
        kinds += [ProblemType.CONTENDED, ProblemType.KEY_REUSED]
    if operation.versioned:
        kinds.append(ProblemType.STALE)
    by_status: dict[int, list[ProblemType]] = {}
    for kind in ProblemType:
        if kind in kinds:
            by_status.setdefault(kind.status, []).append(kind)
    return by_status


def described_as_html(operations: Sequence[Operation], style: str) -> bytes:
    """A plain page: what can be asked and sent, and what each problem means. `style` is the address of its style sheet."""
    rows = "\n".join(
        f'<tr><td>{operation.method}</td><th scope="row"><code>{escape(operation.path)}</code></th>'
        f"<td>{_marked(operation.summary)}</td>"
        f'<td data-label="For">{"everybody" if operation.public else "with a token"}</td></tr>'
        for operation in operations
    )
    problems = "\n".join(
        f'<tr id="problem-{kind.code}"><td>{kind.status}</td><th scope="row">{escape(ENGLISH.say(kind.title))}</th>'
        f"<td>{_marked(kind.meaning)}</td></tr>"
        for kind in ProblemType
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>Overwinter: the API</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">'
        f'<link rel="stylesheet" href="{style}"></head>\n<body>\n<main>\n<h1>The API of Overwinter</h1>\n'
        f"<p>{_marked(_DESCRIPTION)}</p>\n"
        '<p>Every field of every request and answer: <a href="/schema/openapi.json">openapi.json</a> '
        "(OpenAPI 3.1).</p>\n<h2>Addresses</h2>\n"
        f"{_table('What can be asked and sent', ('Method', 'Address', 'What it does', 'For whom'), rows)}"
        "<h2>Problems</h2>\n"
        f"{_table('What can go wrong', ('Status', 'Title', 'Meaning'), problems)}</main>\n</body>\n</html>\n"
    ).encode()


def _table(caption: str, headings: Sequence[str], rows: str) -> str:
    """A table that becomes a list on a narrow screen, as those of the pages do."""
    columns = "".join(f'<th scope="col">{heading}</th>' for heading in headings)
    return (
        f'<table class="stack">\n<caption>{caption}</caption>\n<thead><tr>{columns}</tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody>\n</table>\n"
    )


def _marked(text: str) -> str:
    """A text in HTML, what stands between backticks as code."""
    return _CODE.sub(r"<code>\1</code>", escape(text))
