"""The processes that this one starts for the embedded server: PostgreSQL and its guard.

They may outlive the object that started them, and this process too when another one uses the server. While this process
lives, it collects those that have ended.
"""

import atexit
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_children: Final[list[subprocess.Popen[bytes]]] = []


@atexit.register
def _leave_children() -> None:
    """Leave running processes to the other users of the server, without Python's warning about them."""
    collect_ended()
    for child in _children:
        child.returncode = 0


def spawn(
    command: list[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    output: int = subprocess.DEVNULL,
    identity: tuple[int, int] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own, so that Ctrl-C in this terminal does not reach it."""
    collect_ended()
    process = subprocess.Popen(
        command,
        env=env,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
        user=identity[0] if identity else None,
        group=identity[1] if identity else None,
        extra_groups=[] if identity else None,
    )
    _children.append(process)
    return process


def collect_ended() -> None:
    """Collect the exit codes of the processes that have ended, so that no zombie stays."""
    _children[:] = [each for each in _children if each.poll() is None]
