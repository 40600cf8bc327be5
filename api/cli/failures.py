"""Errors of the command line: expected errors are reported in one sentence on standard error, with exit code 1."""

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
from api.run.demonstration import ScenarioError
from api.run.setting_values import SettingsError
from api.run.supervise import SuperviseError
from api.run.wiring import WiringError
from domain.refusals import CommandRejected
from history.appends import Unavailable
from history.keyfiles import KeysUnusable
from history.migrate import MigrationError
from history.requests import Contended
from history.unreadable import Unreadable
from projections.projector import Taken
from projections.rebuild import Stopped
from projections.replica import Foreign

_EXPECTED = (
    SettingsError, EmbeddedError, SuperviseError, WiringError, KeysUnusable, MigrationError, CommandRejected, Unavailable,
    Taken, Stopped, RoleError, Foreign, Unreadable, BackupError, ScenarioError,
)  # fmt: skip


class OneSentence(click.Group):
    """A group of commands whose expected errors are reported in one sentence, without a traceback."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:  # Any: click's own signature
        """Parse the command line. Rejects arguments that are not UTF-8 for all commands, because neither the database nor a
        terminal could handle them."""
        if not all(map(_is_text, args)):
            fail("An argument is not valid UTF-8; type it again.")
        return super().make_context(info_name, args, parent, **extra)

    def invoke(self, context: click.Context) -> Any:  # Any: click's own signature
        """Run the command, and report expected errors."""
        try:
            return super().invoke(context)
        except _EXPECTED as error:
            fail(str(error))
        except Contended:
            fail("Others were changing the same data at the same time; run the command again.")
        except psycopg.errors.ReadOnlySqlTransaction:
            fail(
                "The database is read-only, like a standby; set DATABASE_URL to the primary, or make the database writable."
            )
        except psycopg.errors.DiskFull:
            fail("The database's disk is full; free some space and run this again.")
        except psycopg.OperationalError as error:
            fail(why_not_connected(error))
        except psycopg.errors.InsufficientPrivilege:
            fail(
                "The database role lacks a permission that this command needs; run it as the owner, or let the owner grant "
                "access with overwinter migrate --allow ROLE."
            )
        except UnicodeError:
            fail("The input is not valid UTF-8; check what was typed or piped in.")
        except psycopg.ProgrammingError as error:
            if error.sqlstate is None:  # refused by psycopg itself, before connecting
                fail(
                    "An option in DATABASE_URL or READ_DATABASE_URL is not valid; check the part after the ?."
                )
            _fail_refused(error)
        except psycopg.Error as error:
            _fail_refused(error)
        except OSError as error:
            fail(_why_not_possible(error))


def read_line(prompt: str, *, hidden: bool = False) -> str:
    """Prompt for a line at a terminal, or read the first line of standard input; empty if that is closed. Fails if the input
    is not UTF-8."""
    if sys.stdin is None:
        return ""
    try:
        typed = (
            click.prompt(prompt, err=True, hide_input=hidden) if sys.stdin.isatty() else sys.stdin.readline()
        )
    except UnicodeDecodeError:
        typed = None
    if typed is None or not _is_text(typed):
        fail("The input is not valid UTF-8; type it again.")
    return str(typed)


def _is_text(typed: str) -> bool:
    """Whether a string can be encoded in UTF-8. Python represents undecodable bytes as lone surrogates, which cannot."""
    try:
        typed.encode()
    except UnicodeEncodeError:
        return False
    return True


def fail(sentence: str) -> NoReturn:
    """Print the sentence and exit with code 1."""
    # If standard error is closed, only the exit code reports the failure.
    with contextlib.suppress(OSError):
        click.echo(f"overwinter: {sentence}", err=True)
    _let_go_of_output()
    sys.exit(1)


def _fail_refused(error: psycopg.Error) -> NoReturn:
    # The error's own text may quote data.
    fail(
        f"The database refused the request ({type(error).__name__}); run overwinter doctor, and look at the database's log."
    )


def _why_not_possible(error: OSError) -> str:
    if error.filename is None and error.errno == errno.ENOSPC:
        return (
            "The output could not be written because its disk is full; the command itself may have succeeded."
        )
    if error.filename is None and error.errno == errno.EPIPE:
        return (
            "The output could not be written because nobody reads it; the command itself may have succeeded."
        )
    # A path is bytes; those that are not UTF-8 are shown with escapes.
    where = (
        f"{os.fsencode(error.filename).decode('utf-8', 'backslashreplace')}: "
        if isinstance(error.filename, (str, bytes))
        else ""
    )
    return f"{where}{error.strerror or type(error).__name__}; fix this and run the command again."


def _let_go_of_output() -> None:
    """Redirect standard output to /dev/null if it cannot be written; otherwise Python reports an error at exit."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
