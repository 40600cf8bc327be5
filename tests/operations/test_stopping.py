"""A server that is told to stop while it still answers somebody."""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from litestar.types import HTTPScope, Message

from api.app import STOPPING, make_app
from api.run.settings import read_settings
from api.run.wiring import all_migrations, wire
from history.migrate import migrate

pytestmark = pytest.mark.anyio


async def test_a_request_that_outlasts_the_servers_patience_is_told_to_come_again(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The server cancels it; that is no error to be logged with its frames, which may hold what somebody sent."""
    migrate(database_url, all_migrations())
    settings = read_settings(
        {
            "DATABASE_URL": database_url,
            "DATA_DIR": str(tmp_path / "data"),
            "OVERWINTER_KEYS": str(tmp_path / "keys"),
        }
    )
    under_way = asyncio.Event()

    async def never(_token: str) -> str:
        under_way.set()
        return await asyncio.get_running_loop().create_future()

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async with wire(settings, database_url, connections=2) as wired:
        monkeypatch.setattr(wired.tokens, "holder", never)
        headers = [(b"host", b"localhost"), (b"authorization", b"Bearer ow_" + b"a" * 43)]
        scope: Any = HTTPScope(
            type="http", method="GET", path="/api/me", raw_path=b"/api/me", query_string=b"", headers=headers,
            http_version="1.1", scheme="http", root_path="", server=("localhost", 80), client=None, extensions={},
        )  # type: ignore[typeddict-item]  # fmt: skip
        with caplog.at_level(logging.WARNING):
            request = asyncio.create_task(make_app(wired)(scope, receive, send))
            await under_way.wait()
            request.cancel()
            await request

    assert sent[0]["status"] == 503
    assert dict(sent[0]["headers"])[b"retry-after"]
    assert json.loads(sent[1]["body"])["detail"] == str(STOPPING)
    assert [record.exc_info for record in caplog.records] == [None]
