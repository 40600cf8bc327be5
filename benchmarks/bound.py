"""The bound of the HTTP lines: bare Litestar routes, with nobody signed in, nothing checked, nothing sealed.

A write is one INSERT of the body as it came, committed in its one round trip; a list is one query of 50 rows; a page is
one row and one template, with as many headings, questions and criteria as the program's own page of a call. The
server is started as the program's own is: uvicorn, one worker, the same pool, the same PostgreSQL.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import minijinja
import msgspec
import uvicorn
from litestar import Litestar, Request, Response, get, post
from litestar.datastructures import State
from psycopg_pool import AsyncConnectionPool

TABLES = """
CREATE TABLE submissions (id bigserial PRIMARY KEY, body bytea NOT NULL);
CREATE TABLE listed (
    id text COLLATE "C" PRIMARY KEY, title text NOT NULL, status text NOT NULL, applicant text NOT NULL,
    requested bigint NOT NULL, currency text NOT NULL, version integer NOT NULL
);
CREATE TABLE calls (id integer PRIMARY KEY, call jsonb NOT NULL);
"""
TEMPLATE = """<!doctype html>
<html lang="{{ lang }}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ call.title[lang] }}</title><link rel="stylesheet" href="/style.css"></head>
<body>
<header><nav><ul><li><a href="/calls">Calls</a></li><li><a href="/me">Your page</a></li></ul></nav></header>
<main>
<h1>{{ call.title[lang] }}</h1>
<p>{{ call.summary[lang] }}</p>
<dl>
<dt>Apply until</dt><dd>{{ call.closes_at }}</dd>
<dt>Awards</dt><dd>from {{ call.minimum_award }} to {{ call.maximum_award }}</dd>
<dt>Budget of the call</dt><dd>{{ call.budget }}</dd>
<dt>Reviews</dt><dd>{{ call.stages[0].quorum }} for each application</dd>
</dl>
<h2>What you will be asked</h2>
<ol>
{% for question in call.stages[0].form.questions %}
<li>{{ question.label[lang] }}{% if question.max_words %} <span>At most {{ question.max_words }} words.</span>{% endif %}</li>
{% endfor %}
</ol>
<h2>How it is judged</h2>
<table><caption>The jury scores each application by these criteria</caption>
<thead><tr><th scope="col">Criterion</th><th scope="col">Points</th><th scope="col">Weight</th></tr></thead>
<tbody>
{% for criterion in call.stages[0].rubric.criteria %}
<tr><th scope="row">{{ criterion.label[lang] }}</th><td>0 to {{ criterion.scale }}</td><td>{{ criterion.weight }}</td></tr>
{% endfor %}
</tbody></table>
</main>
<footer><p>Every step here is a fact in a history that is never rewritten.</p></footer>
</body>
</html>
"""
_pages = minijinja.Environment(templates={"call.html": TEMPLATE})
PAGE = 50


class Listed(msgspec.Struct):
    """A row of the bare list."""

    id: str
    title: str
    status: str
    applicant: str
    requested: int
    currency: str
    version: int


@get("/ready")
async def ready() -> dict[str, str]:
    """Whether it answers."""
    return {"status": "ready"}


@post("/submissions", status_code=201)
async def submit(request: Request[Any, Any, Any], state: State) -> Response[bytes]:
    """One INSERT and its commit."""
    body = await request.body()
    async with state.pool.connection() as connection:
        cursor = await connection.execute("INSERT INTO submissions (body) VALUES (%b) RETURNING id", (body,))
        row = await cursor.fetchone()
    return Response(msgspec.json.encode({"id": row[0]}), status_code=201, media_type="application/json")


@get("/listed")
async def listed(state: State, cursor: str = "") -> Response[bytes]:
    """Fifty rows after a cursor."""
    async with state.pool.connection() as connection:
        found = await connection.execute(
            "SELECT id, title, status, applicant, requested, currency, version FROM listed WHERE id > %b "
            "ORDER BY id LIMIT %b",
            (cursor, PAGE),
        )
        rows = await found.fetchall()
    items = [Listed(*row) for row in rows]
    content = {"items": items, "next": items[-1].id if len(items) == PAGE else None}
    return Response(msgspec.json.encode(content), media_type="application/json")


@get("/page")
async def page(state: State) -> Response[bytes]:
    """One row, and a page made of it."""
    async with state.pool.connection() as connection:
        found = await connection.execute("SELECT call FROM calls WHERE id = 1")
        row = await found.fetchone()
    text = _pages.render_template("call.html", call=row[0], lang="ru")
    return Response(text.encode(), media_type="text/html; charset=utf-8")


def make_app(url: str) -> Litestar:
    """The bare app over the database at `url`."""

    @asynccontextmanager
    async def open_pool(app: Litestar) -> AsyncIterator[None]:
        async with AsyncConnectionPool(
            url, kwargs={"autocommit": True}, min_size=2, max_size=8, open=False
        ) as pool:
            app.state.pool = pool
            yield

    return Litestar([ready, submit, listed, page], lifespan=[open_pool], openapi_config=None)


if __name__ == "__main__":
    uvicorn.run(
        make_app(sys.argv[1]),
        host="127.0.0.1",
        port=int(sys.argv[2]),
        log_config=None,
        access_log=False,
        server_header=False,
    )
