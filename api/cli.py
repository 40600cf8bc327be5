"""The command line: what an operator does with an installation. Every error is one sentence and a non-zero exit."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import sys
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, NoReturn

import click
import psycopg
import uvicorn

from api.app import lacking, make_app
from api.due_dates import follow_due_dates
from api.embedded import EmbeddedPostgres
from api.embedded_guard import EmbeddedError
from api.settings import Settings, SettingsError, described, read_settings
from api.supervise import Child, SuperviseError, Supervisor, check_port_is_free, end_with_parent
from api.wiring import Wiring, WiringError, all_migrations, wire
from domain.commands.initiatives import AppointAdministrator
from domain.commands.persons import ErasePerson, RegisterPerson
from domain.refusals import Turned
from domain.values import SYSTEM, Channel
from history.keyfiles import KeysUnusable
from history.migrate import MigrationError, migrate
from history.runner import Contended, Request
from history.store import Unavailable

_SAID = (
    SettingsError, EmbeddedError, SuperviseError, WiringError, KeysUnusable, MigrationError, Turned, Unavailable,
)  # fmt: skip


class OneSentence(click.Group):
    """A group of commands whose foreseen errors end in one sentence on standard error, never in a traceback."""

    def invoke(self, context: click.Context) -> Any:  # Any: click's own signature
        """Run the command that was asked for."""
        try:
            return super().invoke(context)
        except _SAID as error:
            _fail(str(error))
        except Contended:
            _fail("Others were changing the same thing at the same time; run the command again.")
        except psycopg.OperationalError:
            _fail("The database does not answer; look at DATABASE_URL, and at the database's own log.")
        except psycopg.errors.InsufficientPrivilege:
            _fail("The database refuses its role what is needed here; let the database's owner run this.")


def _fail(sentence: str) -> NoReturn:
    click.echo(f"overwinter: {sentence}", err=True)
    sys.exit(1)


@contextlib.contextmanager
def _database(settings: Settings) -> Iterator[str]:
    """The database's address; the embedded server is started for as long as it is needed where none is set."""
    if settings.database_url is not None:
        yield settings.database_url
        return
    with EmbeddedPostgres(settings.embedded_folder) as server:
        yield server.url


def _with_wiring(act: Callable[[Wiring], Awaitable[None]]) -> None:
    settings = read_settings()

    async def run(url: str) -> None:
        async with wire(settings, url, connections=2) as wiring:
            await act(wiring)

    with _database(settings) as url:
        _refuse_unmigrated(url)
        asyncio.run(run(url))


def _refuse_unmigrated(url: str) -> None:
    if lacking(url):
        raise MigrationError("The database is not ready for this program; run: overwinter migrate.")


@click.group(cls=OneSentence, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Overwinter: grants whose history can be checked, for people who must stay safe."""


@main.command("migrate")
@click.option("--json", "as_json", is_flag=True, help="Print the names of what was applied as JSON.")
def migrate_command(as_json: bool) -> None:
    """Bring the database to this program's schema."""
    with _database(read_settings()) as url:
        done = migrate(
            url, all_migrations(), progress=lambda name: None if as_json else click.echo(f"applied {name}")
        )
    click.echo(
        json.dumps({"applied": done}) if as_json else f"{len(done)} applied; the database is up to date."
    )


@main.command()
def serve() -> None:
    """Serve the API until it is stopped."""
    if os.environ.get("OVERWINTER_SUPERVISED") == "1":
        end_with_parent()
    settings = read_settings()
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    check_port_is_free(settings.host, settings.port)
    with _database(settings) as url:
        _refuse_unmigrated(url)
        config = uvicorn.Config(
            make_app(settings, url), host=settings.host, port=settings.port, log_config=None, access_log=False,
            server_header=False, timeout_graceful_shutdown=10,
        )  # fmt: skip
        server = uvicorn.Server(config)
        server.run()
        if not server.started:
            _fail("The server could not start; the lines above say why.")


@main.command()
def project() -> None:
    """Run what time brings about (a round closes at its deadline), as the one leader among all such processes."""
    if os.environ.get("OVERWINTER_SUPERVISED") == "1":
        end_with_parent()
    settings = read_settings()
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    with _database(settings) as url:
        _refuse_unmigrated(url)
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(follow_due_dates(settings, url))


@main.command()
def demo() -> None:
    """Try it: migrate, make an administrator's token at the first start, serve, and run the due dates.

    Everything stays in DATA_DIR; a later start finds it as it was. Ctrl-C stops all of it.
    """
    settings = read_settings({**os.environ, "OVERWINTER_DEMO": "1"})
    check_port_is_free(settings.host, settings.port)
    with Supervisor() as supervisor:
        url = settings.database_url or supervisor.hold(EmbeddedPostgres(settings.embedded_folder)).url
        migrate(url, all_migrations())
        token = asyncio.run(_demonstration_token(settings, url))
        environment = {"OVERWINTER_DEMO": "1", "OVERWINTER_SUPERVISED": "1"}
        for name in ("serve", "project"):
            argv = (sys.executable, "-c", "from api.cli import main; main()", name)
            supervisor.start(Child(name, argv, environment))
        ready = supervisor.wait(until=lambda: _answers(settings), seconds=30)
        if not ready:
            raise SuperviseError("The server did not answer within 30 seconds; the lines above say why.")
        click.echo(f"Overwinter, a demonstration: {settings.address}\nAn administrator's token: {token}")
        click.echo("Ctrl-C stops it.")
        supervisor.wait()


def _answers(settings: Settings) -> bool:
    address = f"http://{settings.host}:{settings.port}/health/ready"
    try:
        with urllib.request.urlopen(address, timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


async def _demonstration_token(settings: Settings, url: str) -> str:
    """The administrator's token of a demonstration, made at the first start and kept in an owner-only file."""
    file = settings.data_dir / "administrator-token"
    async with wire(settings, url, connections=2) as wiring:
        if file.exists():
            return file.read_text("ascii").strip()
        text = await wiring.tokens.make(await _new_administrator(wiring), label="demo", made_by=SYSTEM)
    draft = file.with_suffix(".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(text + "\n")
    draft.replace(file)
    return text


@main.group()
def tokens() -> None:
    """Make tokens, the ways in to the API."""


@tokens.command("create")
@click.argument("person", required=False)
@click.option(
    "--administrator",
    is_flag=True,
    help="Register a new administrator of the installation, and give a token.",
)
@click.option("--label", default="cli", show_default=True, help="What the token is for; never a name.")
@click.option("--days", default=90, show_default=True, help="For how many days it is good.")
@click.option("--json", "as_json", is_flag=True, help="Print person and token as JSON.")
def create_token(person: str | None, administrator: bool, label: str, days: int, as_json: bool) -> None:
    """Make a token for PERSON (an id such as person-0f…), and print it once."""
    if (person is None) != administrator:
        raise click.UsageError("Name a PERSON, or ask for an --administrator.")

    async def act(wiring: Wiring) -> None:
        who = person or await _new_administrator(wiring)
        text = await wiring.tokens.make(who, label=label, made_by=SYSTEM, days=days)
        click.echo(json.dumps({"person": who, "token": text}) if as_json else text)

    _with_wiring(act)


async def _new_administrator(wiring: Wiring) -> str:
    async def run(command: Any) -> str:  # Any: a command
        answer = await wiring.runner.run(Request(command=command, actor=SYSTEM, channel=Channel.CLI))
        return answer.stream

    who = await run(RegisterPerson(name="Administrator", email=None, language="en"))
    await run(AppointAdministrator(person=who))
    return who


@main.command()
@click.argument("person")
@click.option(
    "--reason", type=click.Choice(["asked_by_person", "retention_ended", "safety", "other"]), required=True
)
@click.confirmation_option(prompt="Nobody can undo this. Erase the person?")
def erase(person: str, reason: Any) -> None:  # Any: one of the choices above
    """Erase PERSON for good: their key is destroyed, and with it all that was sealed under it."""

    async def act(wiring: Wiring) -> None:
        command = ErasePerson(person=person, reason=reason)
        await wiring.runner.run(Request(command=command, actor=SYSTEM, channel=Channel.CLI))
        await wiring.forget_accounts(person)

    _with_wiring(act)
    click.echo(
        "Erased. What remains: dumps, write-ahead log and replicas from before still hold the person's key, wrapped "
        "under the present wrapping key. Until that key can be rotated, delete those copies or keep them away from the "
        "key folder. Running servers forget the key within 60 seconds."
    )


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def doctor(as_json: bool) -> None:
    """Look at settings, database, migrations and the history, and say what is wrong."""
    settings = read_settings()
    found: dict[str, Any] = {  # Any: JSON
        "settings": {entry.name: entry.value for entry in described(settings)}
    }
    with _database(settings) as url:
        found["missing migrations"] = list(lacking(url))
        if not found["missing migrations"]:

            async def act() -> None:
                async with wire(settings, url, connections=2) as wiring:
                    found["facts"] = await wiring.history.last_position()
                    found["overdue"] = len(await wiring.history.due(wiring.clock()))

            asyncio.run(act())
    well = not found["missing migrations"]
    if as_json:
        click.echo(json.dumps(found | {"well": well}, indent=1))
    else:
        for name, value in found["settings"].items():
            click.echo(f"{name:<24}{value}")
        click.echo(f"{'missing migrations':<24}{', '.join(found['missing migrations']) or 'none'}")
        if well:
            click.echo(f"{'facts':<24}{found['facts']}\n{'overdue':<24}{found['overdue']}")
    if not well:
        _fail("The database is not ready for this program; run: overwinter migrate.")
