"""An installation without a demonstration: an empty database, the processes of a server, and a mail server."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Final

import httpx
import psycopg
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from api.postgres.embedded import EmbeddedPostgres
from api.run.clock import DemonstrationClock
from tests.walk.program import UNSEALED

SENDER: Final = "grants@example.org"
_LINK: Final = re.compile(r"https?://\S+")


@dataclass
class PostOffice:
    """The mail server: it takes every letter, and keeps all of them."""

    letters: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - the library's name
        """Take a letter."""
        message = message_from_bytes(bytes(envelope.content or b""), policy=default)
        assert isinstance(message, EmailMessage)
        assert envelope.rcpt_tos == [message["To"]]
        self.letters.append(message)
        return "250 taken"

    def to(self, address: str) -> list[EmailMessage]:
        """All letters to an address, the oldest first."""
        return [each for each in self.letters if each["To"] == address]

    @contextmanager
    def open(self) -> Iterator[int]:
        """Its port, while it is open."""
        controller = Controller(self, hostname="127.0.0.1", port=free_port())
        controller.start()
        try:
            yield controller.port
        finally:
            controller.stop()


def link_in(letter: EmailMessage) -> str:
    """The first link of a letter."""
    found = _LINK.search(str(letter.get_content()))
    assert found, letter.get_content()
    return found[0]


@dataclass
class Installation:
    """A running installation. `seen` are the letters that somebody in the test has read."""

    address: str
    folder: Path
    environment: dict[str, str]
    post: PostOffice
    database: EmbeddedPostgres
    clock: DemonstrationClock
    seen: set[str] = field(default_factory=set)

    @property
    def key(self) -> str:
        """The key of the first start, as its operator gets it."""
        said = self.run("first-start")
        found = re.search(r"owf_\S+", said)
        assert found, said
        return found[0]

    def run(self, *command: str) -> str:
        """What a command prints."""
        done = subprocess.run(
            self.argv(*command), env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def argv(self, *command: str) -> list[str]:
        """How a command is started under this installation's clock."""
        return [sys.executable, "-m", "tests.walk.program", str(self.folder / "clock"), *command]

    def now(self) -> datetime:
        """What its clock shows."""
        return self.clock()

    def pass_time(self, moment: datetime) -> None:
        """Set its clock forward, and wait until all is done that was due by then."""
        self.clock.set(moment)
        with psycopg.connect(self.database.url, autocommit=True) as connection:

            def done() -> bool:
                row = connection.execute(
                    "SELECT NOT EXISTS (SELECT FROM history.due_dates WHERE at <= %s)", (moment,)
                ).fetchone()
                assert row is not None
                return bool(row[0])

            until(done, what="what was due")

    def letter(self, address: str) -> EmailMessage:
        """The next letter to an address that nobody has read yet; it may still be on its way."""
        found: list[EmailMessage] = []

        def arrived() -> bool:
            found[:] = [each for each in self.post.to(address) if each["Message-ID"] not in self.seen]
            return bool(found)

        until(arrived, what="a letter")
        self.seen.add(found[0]["Message-ID"])
        return found[0]

    def end_newest_session(self) -> None:
        """End the session that began last, as happens after two hours without use."""
        with psycopg.connect(self.database.url, autocommit=True) as connection:
            connection.execute(
                "UPDATE accounts.sessions SET last_used_at = now() - interval '3 hours' "
                "WHERE created_at = (SELECT max(created_at) FROM accounts.sessions)"
            )

    def streams(self) -> list[str]:
        """The ids of everything that has a history."""
        with psycopg.connect(self.database.url, autocommit=True) as connection:
            rows = connection.execute("SELECT DISTINCT stream FROM history.facts").fetchall()
        return [str(stream) for (stream,) in rows]

    def caught_up(self) -> None:
        """Wait until every read model has seen all facts."""
        with psycopg.connect(self.database.url, autocommit=True) as connection:

            def seen() -> bool:
                row = connection.execute(
                    "SELECT (SELECT max(position) FROM history.facts) <= min(position) FROM read.positions"
                ).fetchone()
                assert row is not None
                return bool(row[0])

            until(seen, what="that the read models see everything")

    def all_written(self) -> None:
        """Wait until every fact has its letters, and every letter is sent."""
        with psycopg.connect(self.database.url, autocommit=True) as connection:

            def sent() -> bool:
                row = connection.execute(
                    "SELECT (SELECT max(position) FROM history.facts) <= (SELECT min(position) FROM accounts.reactions) "
                    "AND NOT EXISTS (SELECT FROM accounts.notices WHERE NOT settled AND write_at <= %s) "
                    "AND NOT EXISTS (SELECT FROM accounts.outbox WHERE state = 'waiting')",
                    (self.now(),),
                ).fetchone()
                assert row is not None
                return bool(row[0])

            until(sent, what="that all letters are sent")


def until(holds: Callable[[], bool], *, what: str, seconds: float = 60) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.05)


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def empty_installation(*, sealed: bool = True) -> Iterator[Installation]:
    """A server that was never set up, as docs/server.md describes it: migrated, with its two processes, and letters by SMTP.

    On its clock it is ten in the morning, so that no letter waits for the end of the night. `sealed=False`: with encryption
    switched off.
    """
    folder = Path(tempfile.mkdtemp(prefix="ow-"))
    post = PostOffice()
    with ExitStack() as held:
        held.callback(shutil.rmtree, folder, ignore_errors=True)
        clock = DemonstrationClock(folder / "clock")
        morning = (datetime.now(UTC) + timedelta(days=1)).replace(hour=10, minute=0, second=0, microsecond=0)
        clock.set(morning)
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        environment = {
            **os.environ,
            "DATA_DIR": str(folder / "data"),
            "OVERWINTER_PORT": str(port),
            "OVERWINTER_PUBLIC_URL": address,
            "OVERWINTER_SMTP": f"smtp://127.0.0.1:{held.enter_context(post.open())}",
            "OVERWINTER_MAIL_FROM": SENDER,
            **({} if sealed else {UNSEALED: "1"}),
        }
        (folder / "data").mkdir()
        server = EmbeddedPostgres(folder / "data" / "postgres", settings={"fsync": "off"})
        database = held.enter_context(server)
        found = Installation(address, folder, environment, post, database, clock)
        found.run("migrate")
        for name in ("serve", "project"):
            held.enter_context(_running(found, name))
        until(lambda: _answers(address), what="the server")
        yield found


@contextmanager
def _running(installation: Installation, name: str) -> Iterator[None]:
    with (installation.folder / f"{name}.log").open("w") as log:
        process = subprocess.Popen(
            installation.argv(name), env=installation.environment, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/health", timeout=5).is_success
    except httpx.TransportError:
        return False
