"""A signal ends what runs, lets go of what it holds, and leaves the handlers as they were."""

import asyncio
import os
import signal

import pytest

from benchmarks.interrupting import run


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_within_a_callback_ends_the_run(sign: signal.Signals) -> None:
    let_go: list[str] = []

    async def busy() -> None:
        asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), sign)
        try:
            async with asyncio.timeout(10):
                while True:  # noqa: ASYNC110 - busy, so that the signal comes while callbacks run
                    await asyncio.sleep(0)
        finally:
            let_go.append("in order")

    before = signal.getsignal(sign)
    with pytest.raises(KeyboardInterrupt):
        run(busy())
    assert let_go == ["in order"]
    assert signal.getsignal(sign) is before


def test_without_a_signal_the_result_comes_back() -> None:
    async def work() -> int:
        return 5

    assert run(work()) == 5


def test_a_cancellation_that_no_signal_asked_for_is_no_interrupt() -> None:
    async def cancelled() -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        run(cancelled())
