"""A whole demonstration, as `make demo` runs it, and one grant's way through it."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from tests.journey.running import Running, demonstration
from tests.journey.walk import Walked, walk


@pytest.fixture(scope="session")
def running() -> Iterator[Running]:
    """One demonstration for all tests of a run."""
    with demonstration() as running:
        yield running


@pytest.fixture(scope="session")
def walked(running: Running) -> Walked:
    """The whole way, walked once."""
    return walk(running)


@pytest.fixture
def free_port() -> int:
    """A port of the loopback that nobody listens at now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
