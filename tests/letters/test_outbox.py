"""The outbox: letters lie there sealed, are sent by a real mail server's rules, and never twice in silence."""

from __future__ import annotations

import ast
import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

import psycopg
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from api.letters.letter import Letter
from api.letters.sending import send_waiting
from api.locales import Locale
from api.pages.outbox import NAMES
from api.run.setting_values import MailServer
from api.run.wiring import Wiring
from domain.commands.persons import ErasePerson, RegisterPerson
from domain.messages import msg
from domain.refusals import Refused
from domain.values import SYSTEM, Channel
from history.keyfiles import KeysUnusable
from history.requests import Request
from tests.accounts.test_sessions import anyio_backend, wired
from tests.locales.collecting import ROOT

__all__ = ["anyio_backend", "wired"]

pytestmark = pytest.mark.anyio

SENDER = "grants@example.org"
TO = "marker.анна@example.org"
PLAIN = "marker@example.org"
LETTER = Letter(
    name="test", subject=msg("Nine words"), paragraphs=(msg("Sign in"), "marker-text-äж", ".", "end")
)


class Server:
    """A mail server that does what a test tells it to, and keeps what it took."""

    def __init__(self) -> None:
        self.taken: list[Envelope] = []
        self.tried: list[Envelope] = []
        self.answers: list[str] = []
        """What it answers to the next letters instead of taking them; `hang up`: it takes the letter and says nothing."""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - the library's name
        """Take a letter."""
        self.tried.append(envelope)
        answer = self.answers.pop(0) if self.answers else "250 taken"
        if answer == "hang up":
            self.taken.append(envelope)
            assert server.transport is not None
            server.transport.close()
            return "250 nobody hears this"
        if answer.startswith("250"):
            self.taken.append(envelope)
        return answer

    @contextmanager
    def running(self, host: str = "127.0.0.1") -> Iterator[MailServer]:
        """The server while it runs."""
        with socket.socket() as probe:
            probe.bind((host, 0))
            port = probe.getsockname()[1]
        controller = Controller(self, hostname=host, port=port)
        controller.start()
        try:
            yield MailServer(host=host, port=port, tls=False)
        finally:
            controller.stop()


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode()).fetchall()


async def put(wired: Wiring, letter: Letter = LETTER, *, to: str = PLAIN, person: str | None = None) -> None:
    async with wired.history.connection() as connection:
        await wired.outbox.put(connection, letter, to=to, locale=Locale("ru"), person=person)


async def registered(wired: Wiring) -> str:
    command = RegisterPerson(name="Person of the Test", email=None, language="en")
    return (await wired.runner.run(Request(command=command, actor=SYSTEM, channel=Channel.CLI))).stream


class TestALetterThatWaits:
    @pytest.mark.parametrize("known", [False, True])
    async def test_is_sealed(self, wired: Wiring, database_url: str, known: bool) -> None:
        await put(wired, person=await registered(wired) if known else None)
        stored = str(rows(database_url, "SELECT o::text, sealed FROM accounts.outbox o"))
        assert "test" in stored
        for marker in ("marker", "Nine", "Девять", "Войти", "Войти".encode().hex()):
            assert marker not in stored
        (shown,) = await wired.outbox.all(opened=True)
        assert shown.written is not None
        assert (shown.written.to, shown.written.text) == (PLAIN, "Войти\n\nmarker-text-äж\n\n.\n\nend\n")

    async def test_is_listed_without_its_reader_and_what_it_says(self, wired: Wiring) -> None:
        await put(wired)
        assert [each.written for each in await wired.outbox.all(opened=False)] == [None]
        assert [each.written is None for each in await wired.outbox.all(opened=True)] == [False]

    async def test_is_gone_with_its_person(self, wired: Wiring, database_url: str) -> None:
        person = await registered(wired)
        await put(wired, person=person)
        command = ErasePerson(person=person, reason="safety")
        await wired.runner.run(Request(command=command, actor=SYSTEM, channel=Channel.CLI))
        # It may have been swept already.
        assert not [each for each in await wired.outbox.all(opened=True) if each.written]
        await put(wired, person=person)
        await wired.outbox.sweep()
        assert rows(database_url, "SELECT count(*) FROM accounts.outbox") == [(0,)]

    async def test_outlives_a_rotation_after_which_its_former_wrap_opens_nothing(
        self, wired: Wiring, database_url: str
    ) -> None:
        await registered(wired)
        await put(wired)
        ((letter, epoch, wrapped),) = rows(database_url, "SELECT letter, epoch, wrapped FROM accounts.outbox")
        await wired.rotation.rotate()
        (shown,) = await wired.outbox.all(opened=True)
        assert shown.written is not None
        with pytest.raises(KeysUnusable):
            wired.keys.unwrap(wired.history.id, letter, epoch, wrapped)

    async def test_is_dropped_when_it_is_of_no_use_any_more(self, wired: Wiring, database_url: str) -> None:
        late = Letter(name="late", subject=LETTER.subject, paragraphs=("x",), lasts=timedelta(seconds=-1))
        await put(wired, late)
        assert await wired.outbox.take() is None
        await wired.outbox.sweep()
        assert rows(database_url, "SELECT count(*) FROM accounts.outbox") == [(0,)]


class TestSending:
    async def test_a_letter_arrives_as_it_was_written_and_is_deleted(
        self, wired: Wiring, database_url: str
    ) -> None:
        server = Server()
        await put(wired)
        with server.running() as address:
            assert await send_waiting(wired.outbox, address, SENDER) == 1
        (taken,) = server.taken
        assert isinstance(taken.content, bytes)
        message = message_from_bytes(taken.content, policy=default)
        assert (taken.mail_from, taken.rcpt_tos) == (SENDER, [PLAIN])
        assert message["Subject"] == Locale("ru").say(LETTER.subject)
        assert message.get_content().replace("\r\n", "\n") == "Войти\n\nmarker-text-äж\n\n.\n\nend\n"
        assert message["Content-Language"] == "ru"
        assert rows(database_url, "SELECT count(*) FROM accounts.outbox") == [(0,)]

    async def test_to_an_address_in_another_script(self, wired: Wiring) -> None:
        server = Server()
        await put(wired, to=TO)
        with server.running() as address:
            await send_waiting(wired.outbox, address, SENDER)
        assert [each.rcpt_tos for each in server.taken] == [[TO]]

    async def test_one_that_cannot_be_taken_now_is_tried_again_as_the_same_message(
        self, wired: Wiring, database_url: str
    ) -> None:
        server = Server()
        server.answers = ["451 try later"]
        await put(wired)
        with server.running() as address:
            assert await send_waiting(wired.outbox, address, SENDER) == 0
            assert [each.state for each in await wired.outbox.all(opened=True)] == ["waiting"]
            make_due(database_url)
            assert await send_waiting(wired.outbox, address, SENDER) == 1
        first, second = (message_from_bytes(bytes(each.content or b"")) for each in server.tried)
        assert first["Message-ID"] == second["Message-ID"] != None  # noqa: E711 - all three are the same text

    async def test_without_a_server_it_waits(self, wired: Wiring) -> None:
        await put(wired)
        with Server().running() as address:
            pass
        assert await send_waiting(wired.outbox, address, SENDER) == 0
        assert [(each.state, each.tries) for each in await wired.outbox.all(opened=True)] == [("waiting", 1)]

    async def test_one_that_is_refused_for_good_is_flagged(self, wired: Wiring, database_url: str) -> None:
        server = Server()
        server.answers = ["554 no"]
        await put(wired)
        with server.running() as address:
            await send_waiting(wired.outbox, address, SENDER)
            make_due(database_url)
            await send_waiting(wired.outbox, address, SENDER)
        assert len(server.tried) == 1
        assert [each.state for each in await wired.outbox.all(opened=True)] == ["failed"]

    async def test_nothing_is_sent_in_clear_to_another_machine(self, wired: Wiring) -> None:
        """This address is of the same machine, but is none of those that count as such."""
        server = Server()
        await put(wired)
        with server.running("127.0.0.2") as address:
            await send_waiting(wired.outbox, address, SENDER)
        assert server.tried == []
        assert [each.state for each in await wired.outbox.all(opened=True)] == ["waiting"]


class TestALetterOfWhichNobodyKnowsWhetherItWasSent:
    async def test_is_flagged_and_sent_again_only_when_somebody_asks(
        self, wired: Wiring, database_url: str
    ) -> None:
        server = Server()
        server.answers = ["hang up"]
        await put(wired)
        with server.running() as address:
            await send_waiting(wired.outbox, address, SENDER)
            make_due(database_url)
            await send_waiting(wired.outbox, address, SENDER)
            assert len(server.taken) == 1
            (shown,) = await wired.outbox.all(opened=True)
            assert shown.state == "unknown"
            await wired.outbox.send_again(shown.letter)
            assert await send_waiting(wired.outbox, address, SENDER) == 1
        first, second = (message_from_bytes(bytes(each.content or b"")) for each in server.taken)
        assert first["Message-ID"] == second["Message-ID"]
        with pytest.raises(Refused):
            await wired.outbox.send_again(shown.letter)

    async def test_as_when_the_process_ended_while_it_was_sent(self, wired: Wiring) -> None:
        await put(wired)
        assert await wired.outbox.take() is not None
        assert await wired.outbox.take() is None
        assert await wired.outbox.flag_interrupted() == 1
        assert [each.state for each in await wired.outbox.all(opened=True)] == ["unknown"]
        assert await wired.outbox.take() is None

    async def test_two_senders_never_take_the_same(self, wired: Wiring) -> None:
        for _ in range(5):
            await put(wired)
        taken = await asyncio.gather(*(wired.outbox.take() for _ in range(8)))
        found = [each.letter for each in taken if each is not None]
        assert len(found) == len(set(found)) <= 5


def make_due(url: str) -> None:
    """Let every letter be due now that waits for another try."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE accounts.outbox SET send_at = now()")


def test_every_letter_has_a_name_that_the_outbox_can_say() -> None:
    named = {
        constant.value
        for file in (ROOT / "api").rglob("*.py")
        for call in ast.walk(ast.parse(file.read_text()))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Letter"
        for field in call.keywords
        if field.arg == "name"
        for constant in ast.walk(field.value)
        if isinstance(constant, ast.Constant)
    }
    assert len(named) > 5
    assert named - NAMES.keys() == set()
