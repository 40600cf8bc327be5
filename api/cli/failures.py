"""How the command line fails: what was foreseen is said in one sentence on standard error, with exit code 1."""

from __future__ import annotations

import sys
from typing import Any, NoReturn

import click
import psycopg

from api.keeping.backups import BackupError
from api.postgres.connecting import why_not_connected
from api.postgres.embedded_guard import EmbeddedError
from api.postgres.roles import RoleError
from api.run.settings import SettingsError
from api.run.supervise import SuperviseError
from api.run.wiring import WiringError
from domain.refusals import Turned
from history.appends import Unavailable
from history.keyfiles import KeysUnusable
from history.migrate import MigrationError
from history.runner import Contended
from history.unreadable import Unreadable
from projections.projector import Taken
from projections.rebuild import Stopped
from projections.replica import Foreign

_SAID = (
    SettingsError, EmbeddedError, SuperviseError, WiringError, KeysUnusable, MigrationError, Turned, Unavailable,
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
        except psycopg.OperationalError as error:
            fail(why_not_connected(error))
        except psycopg.errors.InsufficientPrivilege:
            fail(
                "The database refuses its role what is needed here: let its owner run this, or let the owner allow the "
                "role to serve and project: overwinter migrate --allow ROLE."
            )


def read_line(prompt: str, *, hidden: bool = False) -> str:
    """One line that is asked for at a terminal, or read from standard input. What is no UTF-8 text ends the command in one
    sentence."""
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
    click.echo(f"overwinter: {sentence}", err=True)
    sys.exit(1)
