"""The command line: what an operator does with an installation. Every error is one sentence and a non-zero exit."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, NoReturn

import click
import psycopg

from api.connecting import why_not_connected
from api.demonstration import load
from api.doctor import examine, report
from api.embedded import EmbeddedPostgres
from api.embedded_guard import EmbeddedError
from api.roles import RoleError, let_in, refuse_all_but_the_owner
from api.serving import listen, log_to_stderr
from api.serving import project as run_projections
from api.serving import serve as run_server
from api.settings import Settings, SettingsError, read_settings
from api.supervise import Child, SuperviseError, Supervisor, check_port_is_free, end_with_parent
from api.wiring import Wiring, WiringError, all_migrations, wire
from domain.commands.initiatives import AppointAdministrator
from domain.commands.persons import ErasePerson, RegisterPerson
from domain.persons import PERSON, address_claim, check_email, check_known
from domain.refusals import NotFound, Turned
from domain.values import SYSTEM, Channel, check_stream_id
from history.keyfiles import KeyFolder, KeysUnusable
from history.migrate import MigrationError, migrate, pending
from history.runner import Contended, Request
from history.store import Unavailable
from history.verify import CHECKS, verify
from projections.projector import Taken
from projections.rebuild import Stopped, rebuild
from projections.register import PROJECTIONS
from projections.replica import Foreign, follows

_SAID = (
    SettingsError, EmbeddedError, SuperviseError, WiringError, KeysUnusable, MigrationError, Turned, Unavailable,
    Taken, Stopped, RoleError, Foreign,
)  # fmt: skip
_START_SECONDS = 60.0


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
        except psycopg.OperationalError as error:
            _fail(why_not_connected(error))
        except psycopg.errors.InsufficientPrivilege:
            _fail(
                "The database refuses its role what is needed here: let its owner run this, or let the owner allow the "
                "role to serve and project: overwinter migrate --allow ROLE."
            )


def _fail(sentence: str) -> NoReturn:
    click.echo(f"overwinter: {sentence}", err=True)
    sys.exit(1)


@contextlib.contextmanager
def _database(settings: Settings, *, make: bool = False, keep: bool = False) -> Iterator[str]:
    """The database's address; the embedded server is started for as long as it is needed where none is set, and with
    `keep` is started again when it is gone. Only `make` makes a new one: whoever forgot a setting must not find an empty
    installation."""
    if settings.database_url is not None:
        yield settings.database_url
        return
    with (
        EmbeddedPostgres(settings.embedded_folder, make=make) as server,
        server.kept() if keep else contextlib.nullcontext(),
    ):
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
    if pending(url, all_migrations()):
        raise MigrationError("The database is not ready for this program; run: overwinter migrate.")


def _refuse_foreign_replica(settings: Settings, url: str) -> None:
    """Raise `Foreign`. One that does not answer now is no reason to stay away."""
    if settings.read_database_url is not None:
        follows(settings.read_database_url, url)


def _is_supervised() -> bool:
    """Whether a supervisor started this process; then it is the supervisor that keeps the embedded server."""
    return os.environ.get("OVERWINTER_SUPERVISED") == "1"


def _begin_process() -> Settings:
    """What every process that runs for long does first."""
    if _is_supervised():
        end_with_parent()
    settings = read_settings()
    log_to_stderr(settings)
    return settings


@click.group(cls=OneSentence, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Overwinter: grants whose history can be checked, for people who must stay safe."""


@main.command("migrate")
@click.option("--allow", metavar="ROLE", help="Let this database role serve and project, and change no fact.")
@click.option("--json", "as_json", is_flag=True, help="Print the names of what was applied as JSON.")
def migrate_command(allow: str | None, as_json: bool) -> None:
    """Bring the database to this program's schema. The role that runs this owns the history.

    With --allow, another, existing role (CREATE ROLE … LOGIN) can then run everything else but rebuild and demo. It can
    add facts by the one function that checks and numbers them, and neither change nor delete them. When the keys could not be made or read here, that is said at the end.
    """
    settings = read_settings()
    with _database(settings, make=True) as url:
        done = migrate(
            url, all_migrations(), progress=lambda name: None if as_json else click.echo(f"applied {name}")
        )
        if allow is not None:
            let_in(url, allow)
    if as_json:
        click.echo(json.dumps({"applied": done, "allowed": allow}))
    else:
        click.echo(f"{len(done)} applied; the database is up to date.")
        if allow is not None:
            click.echo(f"The role {allow} can serve and project, and change no fact.")
    # Afterwards, since the database is migrated all the same, and now rather than by the next command.
    KeyFolder.check_can_be_made(settings.keys)


@main.command()
def serve() -> None:
    """Serve pages and API until it is stopped."""
    settings = _begin_process()
    check_port_is_free(settings.host, settings.port)
    with _database(settings, keep=not _is_supervised()) as url:
        _refuse_unmigrated(url)
        _refuse_foreign_replica(settings, url)
        with listen(settings.host, settings.port) as listening:
            run_server(settings, url, listening)


@main.command()
def project() -> None:
    """Keep the read models up to date, and run what time brings about (a round closes at its deadline).

    One process leads among all such processes; another takes over when it is gone.
    """
    settings = _begin_process()
    with _database(settings, keep=not _is_supervised()) as url:
        _refuse_unmigrated(url)
        _refuse_foreign_replica(settings, url)
        run_projections(settings, url)


@main.command("rebuild")
@click.argument("names", nargs=-1, metavar="[PROJECTION]...")
@click.option("--json", "as_json", is_flag=True, help="Print what was rebuilt as JSON.")
def rebuild_command(names: tuple[str, ...], as_json: bool) -> None:
    """Build read models anew from the history: those named, or all. The live ones are asked and written meanwhile.

    This makes tables, so it is for the role that owns the database, which is whoever migrates.
    """
    known = {projection.name: projection for projection in PROJECTIONS}
    for name in names:
        if name not in known:
            raise click.UsageError(f"There is no projection {name}; there are: {', '.join(known)}.")
    wanted = tuple(projection for name, projection in known.items() if not names or name in names)
    with _database(read_settings()) as url:
        _refuse_unmigrated(url)
        refuse_all_but_the_owner(url)
        with _progress_bar("rebuilding", shown=not as_json) as progress:
            position = rebuild(url, wanted, progress=progress)
    done = [projection.name for projection in wanted]
    click.echo(
        json.dumps({"rebuilt": done, "position": position})
        if as_json
        else f"Rebuilt from {position} facts: {', '.join(done)}."
    )


@main.command("verify")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
def verify_command(as_json: bool) -> None:
    """Recheck the whole history: every leaf, every stream's chain, every number. Nothing is changed, no key is needed.

    Only positions and what is wrong with them are told, never what a fact says.
    """
    with _database(read_settings()) as url:
        _refuse_unmigrated(url)
        with _progress_bar("verifying", shown=not as_json) as progress:
            found = verify(url, progress)
    if as_json:
        wrong = [{"position": position, "check": check} for position, check in found.wrong]
        click.echo(
            json.dumps({"facts": found.facts, "newest": found.newest, "found": found.found, "wrong": wrong})
        )
    else:
        for position, check in found.wrong:
            click.echo(f"position {position}: {check}: {CHECKS[check]}")
    if found.wrong:
        many = "1 fault" if found.found == 1 else f"{found.found} faults"
        _fail(
            f"The history is not as it was recorded: {many} in all, the first at position {found.wrong[0].position}."
        )
    if not as_json:
        click.echo(f"{found.facts} facts rechecked; all is as it was recorded.")


@contextlib.contextmanager
def _progress_bar(label: str, *, shown: bool) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error that is told how much is done, and of how much; nothing where no terminal looks on."""
    if not shown:
        yield lambda _done, _all: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(label)
        yield lambda done, whole: progress.update(task, completed=done, total=whole)


@main.command()
def demo() -> None:
    """Try it: migrate, load a small demonstration of invented people, serve and project, and print the ways in.

    Everything stays in DATA_DIR; a later start finds it as it was. Ctrl-C stops all of it.
    """
    settings = read_settings({**os.environ, "OVERWINTER_DEMO": "1"})
    check_port_is_free(settings.host, settings.port)
    with Supervisor() as supervisor:
        url = supervisor.hold(_database(settings, make=True, keep=True))
        migrate(url, all_migrations())
        ways_in = asyncio.run(load(settings, url))
        environment = {"OVERWINTER_DEMO": "1", "OVERWINTER_SUPERVISED": "1"}
        for name in ("serve", "project"):
            argv = (sys.executable, "-c", "from api.cli import main; main()", name)
            supervisor.start(Child(name, argv, environment))
        ready = supervisor.wait(until=lambda: _answers(settings), seconds=_START_SECONDS)
        if not ready:
            raise SuperviseError(
                f"The server did not answer within {_START_SECONDS:.0f} seconds; the lines above say why."
            )
        click.echo(f"Overwinter, a demonstration with invented people: {settings.address}\n")
        click.echo("Ways in, one for each role (sign in on the page with the token, or send it as Bearer):")
        for way in ways_in:
            click.echo(f"  {way.role:<17}{way.name:<17}{way.token}")
        click.echo("\nCtrl-C stops it.")
        supervisor.wait()


def _answers(settings: Settings) -> bool:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    try:
        with urllib.request.urlopen(f"http://{host}:{settings.port}/health/ready", timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@main.group()
def tokens() -> None:
    """Make, list and revoke tokens, the ways in to pages and API."""


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


@tokens.command("list")
@click.argument("person", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def list_tokens(person: str | None, as_json: bool) -> None:
    """List the tokens of PERSON, or of everybody, the newest first. No token's own text can be shown again."""

    async def act(wiring: Wiring) -> None:
        if person is not None:
            await _check_known(wiring, person)
        found = await wiring.tokens.all(person)
        if not found:
            click.echo("There are no tokens." if person is None else f"{person} has no tokens.", err=True)
        if as_json:
            click.echo(
                json.dumps(
                    [
                        {
                            "id": each.id,
                            "person": each.person,
                            "label": each.label,
                            "made_by": each.made_by,
                            "created_at": each.created_at.isoformat(),
                            "expires_at": each.expires_at.isoformat(),
                            "revoked_at": each.revoked_at and each.revoked_at.isoformat(),
                        }
                        for each in found
                    ],
                    indent=1,
                )
            )
            return
        for each in found:
            state = (
                f"revoked {each.revoked_at:%Y-%m-%d}"
                if each.revoked_at
                else f"until {each.expires_at:%Y-%m-%d}"
            )
            click.echo(f"{each.id}  {each.person}  {each.label:<16}{state}")

    _with_wiring(act)


@tokens.command("revoke")
@click.argument("token_id", metavar="ID")
def revoke_token(token_id: str) -> None:
    """Revoke the token with this ID (as `overwinter tokens list` shows it), and end its sessions."""

    async def act(wiring: Wiring) -> None:
        if not await wiring.tokens.revoke(token_id):
            _fail("There is no token with this id; overwinter tokens list shows the ids.")
        click.echo("Revoked. Its sessions are ended.")

    _with_wiring(act)


@main.command()
@click.argument("person")
@click.option(
    "--reason", type=click.Choice(["asked_by_person", "retention_ended", "safety", "other"]), required=True
)
@click.option("--yes", is_flag=True, help="Do not ask whether it is meant.")
def erase(person: str, reason: Any, yes: bool) -> None:  # Any: one of the choices above
    """Erase PERSON (an id such as person-0f…, which `overwinter find-person` tells) for good: their key is destroyed, and
    with it all that was sealed under it."""

    async def act(wiring: Wiring) -> None:
        await _check_known(wiring, person)
        if not yes:
            click.confirm(f"Nobody can undo this. Erase {person}?", abort=True)
        command = ErasePerson(person=person, reason=reason)
        await wiring.runner.run(Request(command=command, actor=SYSTEM, channel=Channel.CLI))
        await wiring.forget_accounts(person)

    _with_wiring(act)
    click.echo(
        "Erased. What remains: dumps, write-ahead log and replicas from before still hold the person's key, wrapped "
        "under the present wrapping key. Until that key can be rotated, delete those copies or keep them away from the "
        "key folder. Running servers forget the key within 60 seconds."
    )


async def _check_known(wiring: Wiring, person: str) -> None:
    """Raise `NotFound` unless there is such a person, or was."""
    try:
        check_stream_id(PERSON.kind, person)
    except NotFound:
        raise NotFound("There is no such person.") from None
    loaded = await wiring.runner.states.reading(afresh=True).load(((PERSON, person),))
    check_known(loaded[person].state)


@main.command("find-person")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def find_person(as_json: bool) -> None:
    """Print the id of the person who was registered under an address, as `overwinter erase` and `tokens` take it.

    The address is asked for, or read as one line from standard input: on the command line it would stand in the shell's
    history and in the list of processes. Whoever was registered without an address is not found by one.
    """

    async def act(wiring: Wiring) -> None:
        typed = click.prompt("Address", err=True) if sys.stdin.isatty() else sys.stdin.readline()
        address = check_email(typed)
        if address is None:
            _fail("No address was given.")
        person = await wiring.runner.holder(address_claim(address))
        if person is None:
            _fail("Nobody is registered under this address.")
        click.echo(json.dumps({"person": person}) if as_json else person)

    _with_wiring(act)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def doctor(as_json: bool) -> None:
    """Look at settings, database, positions, lag and disk, and say what is wrong. Nothing is changed."""
    settings = read_settings()
    with _database(settings) as url:
        found = asyncio.run(examine(settings, url))
    click.echo(json.dumps(found.as_json(), indent=1) if as_json else report(found))
    if found.wrong:
        _fail(" ".join(found.wrong))
