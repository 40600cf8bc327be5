"""HEAD answers as GET does, without the body (RFC 9110, section 9.3.2)."""

from __future__ import annotations

import pytest

from tests.journey.running import Running


@pytest.mark.parametrize("path", ["/calls", "/api/calls", "/health", "/api/me", "/nothing"])
def test_head_is_get_without_the_body(running: Running, path: str) -> None:
    """On pages and in the API, for what is there and what is not."""
    got, head = (running.client.request(method, path) for method in ("GET", "HEAD"))
    assert head.status_code == got.status_code
    assert head.headers["content-type"] == got.headers["content-type"]
    assert got.content
    assert head.content == b""
