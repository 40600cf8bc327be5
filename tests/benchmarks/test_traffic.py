"""What the load client does when a server hesitates: the same request again, with the same key, or an end in words."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from benchmarks.connection import Client
from benchmarks.traffic import CommandRejected, Traffic, Written

DONE = b'HTTP/1.1 201 Created\r\nX-Position: token\r\nContent-Length: 26\r\n\r\n{"id":"call-1","leaf":"0"}'


def problem(status: int, code: str, extra: str = "") -> bytes:
    body = f'{{"type":"/schema#problem-{code}","status":{status},"detail":"A sentence."}}'
    return f"HTTP/1.1 {status} X\r\n{extra}Content-Length: {len(body)}\r\n\r\n{body}".encode()


def against(answers: list[bytes | None], act: Callable[[Traffic], Awaitable[object]]) -> list[str]:
    """Run `act` against a server that gives these answers in turn (None: it hangs up); the keys it was sent."""
    keys: list[str] = []
    remaining = iter(answers)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
                await reader.readexactly(int(headers.get("Content-Length", "0")))
                keys.append(headers.get("Idempotency-Key", ""))
                answer = next(remaining)
                if answer is None:
                    break
                writer.write(answer)
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    async def go() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, Client(f"http://127.0.0.1:{port}", seconds=5) as client:
            await act(Traffic(client, "run"))

    asyncio.run(go())
    return keys


@pytest.mark.parametrize(
    ("hesitation", "counted"),
    [
        (problem(409, "contended"), "contended"),
        (problem(503, "unavailable", "Retry-After: 0\r\n"), "unavailable"),
        (None, "lost"),
    ],
)
def test_what_may_be_sent_again_is_sent_again_with_the_same_key(
    hesitation: bytes | None, counted: str
) -> None:
    async def act(traffic: Traffic) -> None:
        assert await traffic.write("draft", "/x", "secret") == Written("call-1", "token")
        assert getattr(traffic.tally, counted)["draft"] == 1
        assert len(traffic.tally.seconds["draft"]) == 1

    keys = against([hesitation, DONE], act)
    assert len(keys) == 2
    assert keys[0] == keys[1] != ""


def test_a_refusal_is_final_and_told_in_the_servers_sentence() -> None:
    async def act(traffic: Traffic) -> None:
        with pytest.raises(CommandRejected, match=r"draft: 409, A sentence\."):
            await traffic.write("draft", "/x", "secret")
        assert traffic.tally.turned["draft"] == 1
        assert not traffic.tally.contended

    assert len(against([problem(409, "refused")], act)) == 1


def test_every_write_has_a_key_of_its_own() -> None:
    async def act(traffic: Traffic) -> None:
        await traffic.write("draft", "/x", "secret")
        await traffic.write("draft", "/x", "secret")

    first, second = against([DONE, DONE], act)
    assert first != second
