"""How the command line fails: what was foreseen is said in one sentence on standard error, with exit code 1."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from typing import Any, NoReturn

import click
import psycopg

from api.keeping.backups import BackupError
from api.postgres.connecting import why_not_connected
from api.postgres.embedded import EmbeddedError
from api.postgres.roles import RoleError
from api.run.settings import SettingsError
from api.run.supervise import SuperviseError
from api.run.wiring import WiringError
from domain.refusals import CommandRejected
from history.appends import Unavailable
from history.keyfiles import KeysUnusable
from history.migrate import MigrationError
from history.runner import Contended
from history.unreadable import Unreadable
from projections.projector import Taken
from projections.rebuild import Stopped
from projections.replica import Foreign

_SAID = (
    SettingsError, EmbeddedError, SuperviseError, WiringError, KeysUnusable, MigrationError, CommandRejected, Unavailable,
    Taken, Stopped, RoleError, Foreign, Unreadable, BackupError,
)  # fmt: skip


class OneSentence(click.Group):
    """A group of commands whose foreseen errors end in one sentence on standard error, never in a traceback."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:  # Any: click's own signature
        """Read the command line. Bytes in it that are no UTF-8 are refused for all commands at once: neither the database
        nor a terminal could take them."""
        if not all(map(_is_text, args)):
            fail("An argument has bytes that are no UTF-8 text; type it again.")
        return super().make_context(info_name, args, parent, **extra)

    def invoke(self, context: click.Context) -> Any:  # Any: click's own signature
        """Run the command that was asked for."""
        try:
            return super().invoke(context)
        except _SAID as error:
            fail(str(error))
        except Contended:
            fail("Others were changing the same thing at the same time; run the command again.")
        except psycopg.errors.ReadOnlySqlTransaction:
            fail(
                "The database only reads, as a standby does: name the primary in DATABASE_URL, or let the database be written."
            )
        except psycopg.errors.DiskFull:
            fail("The database's disk is full: free some room, and run this again.")
        except psycopg.OperationalError as error:
            fail(why_not_connected(error))
        except psycopg.errors.InsufficientPrivilege:
            fail(
                "The database refuses its role what is needed here: let its owner run this, or let the owner allow the "
                "role to serve and project: overwinter migrate --allow ROLE."
            )
        except UnicodeError:
            fail("What was given holds bytes that are no text in UTF-8; look at what was typed or passed on.")
        except psycopg.ProgrammingError as error:
            if error.sqlstate is None:  # psycopg itself refused it, before any server was asked
                fail(
                    "An option in DATABASE_URL or READ_DATABASE_URL cannot be used; look at what stands after its ?."
                )
            _fail_refused(error)
        except psycopg.Error as error:
            _fail_refused(error)
        except OSError as error:
            fail(_why_not_possible(error))


def read_line(prompt: str, *, hidden: bool = False) -> str:
    """What is asked for at a terminal, or the first line of standard input; empty where that is closed. What is no UTF-8
    text ends the command in one sentence."""
    if sys.stdin is None:
        return ""
    try:
        typed = (
            click.prompt(prompt, err=True, hide_input=hidden) if sys.stdin.isatty() else sys.stdin.readline()
        )
    except UnicodeDecodeError:
        typed = None
    if typed is None or not _is_text(typed):
        fail("What was typed has bytes that are no UTF-8 text; type it again.")
    return str(typed)


def _is_text(typed: str) -> bool:
    """Whether a text can be written in UTF-8; Python keeps a byte that is no text as half of a character."""
    try:
        typed.encode()
    except UnicodeEncodeError:
        return False
    return True


def fail(sentence: str) -> NoReturn:
    """Say the sentence, and end."""
    # Where standard error is gone as well, the exit code has to say it.
    with contextlib.suppress(OSError):
        click.echo(f"overwinter: {sentence}", err=True)
    _let_go_of_output()
    sys.exit(1)


def _fail_refused(error: psycopg.Error) -> NoReturn:
    # Its own words may quote what is in the database.
    fail(
        f"The database refused what was asked of it ({type(error).__name__}); run overwinter doctor, and look at the "
        "database's own log."
    )


def _why_not_possible(error: OSError) -> str:
    if error.filename is None and error.errno == errno.ENOSPC:
        return "The output could not be written, as its disk is full; what the command does may be done all the same."
    if error.filename is None and error.errno == errno.EPIPE:
        return "The output could not be written, as nobody reads it; what the command does may be done all the same."
    # A path is bytes to the system; those that are no text are shown as such.
    where = (
        f"{os.fsencode(error.filename).decode('utf-8', 'backslashreplace')}: "
        if isinstance(error.filename, (str, bytes))
        else ""
    )
    return f"{where}{error.strerror or type(error).__name__}; mend that, and run this again."


def _let_go_of_output() -> None:
    """Write nothing more to standard output if it cannot be written, or Python would complain of it at the end."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
