"""The embedded PostgreSQL: it starts, it is found again after whatever happened, and it leaves nothing open."""

import contextlib
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import psutil
import psycopg
import pytest

from api.postgres.embedded import EmbeddedPostgres, guard
from tests.operations.embedded_place import keep, kept

ROOT = Path(__file__).resolve().parents[2]
AS_ROOT = os.geteuid() == 0

ANOTHER_PROGRAM = """
import sys, time
from pathlib import Path
import psycopg
from api.postgres.embedded import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]))
server.start()
with psycopg.connect(server.url) as connection:
    connection.execute("SELECT pg_advisory_xact_lock(1)")  # two at once may not even ask IF NOT EXISTS
    connection.execute("CREATE TABLE IF NOT EXISTS kept (word text)")
    connection.execute("INSERT INTO kept VALUES ('acknowledged')")
print(server.pid, flush=True)
sys.stdin.readline()
server.stop()
"""


def start_another_program(folder: Path) -> tuple[subprocess.Popen[str], int]:
    """A process of its own that starts the server in `folder`, and the server's process id."""
    program = subprocess.Popen(
        [sys.executable, "-c", ANOTHER_PROGRAM, str(folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert program.stdout is not None
    return program, int(program.stdout.readline())


def end(program: subprocess.Popen[str], sign: signal.Signals | None = None) -> None:
    """Ends another program: by asking it to stop, or by a signal."""
    if sign is None:
        program.communicate("stop\n", timeout=30)
    else:
        program.send_signal(sign)
        program.communicate(timeout=30)


def is_gone(pid: int, seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.02)
    return False


def test_a_guard_imports_nothing_large() -> None:
    """It runs as long as the server does. It needs psutil, and nothing of ours or of the database's driver."""
    said = subprocess.run(
        [sys.executable, "-P", "-c", "import runpy, sys; runpy.run_path(sys.argv[1]); print(*sys.modules)", guard.__file__],
        capture_output=True, text=True, check=True, cwd="/",
    ).stdout.split()  # fmt: skip
    assert "psutil" in said
    assert {name.partition(".")[0] for name in said}.isdisjoint({"api", "psycopg", "asyncio"})


def guards_of(folder: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["cmdline"]):
        line = process.info["cmdline"] or []
        if guard.__file__ in line and str(folder) in line:
            found.append(process)
    return found


class TestStarting:
    """A server in a folder, from nothing."""

    def test_it_runs_as_shipped(self, place: Path) -> None:
        """Durable, checksummed, in UTF-8 with a collation that no system update changes, and with a quiet log."""
        with EmbeddedPostgres(place / "pg") as server, psycopg.connect(server.url) as connection:
            names = [
                "fsync",
                "full_page_writes",
                "synchronous_commit",
                "data_checksums",
                "listen_addresses",
                "log_error_verbosity",
                "log_min_error_statement",
                "server_encoding",
                "timezone",
            ]
            found = {
                name: connection.execute("SELECT current_setting(%s)", [name]).fetchone() for name in names
            }
            assert found == {
                "fsync": ("on",),
                "full_page_writes": ("on",),
                "synchronous_commit": ("on",),
                "data_checksums": ("on",),
                "listen_addresses": ("",),
                "log_error_verbosity": ("terse",),
                "log_min_error_statement": ("panic",),
                "server_encoding": ("UTF8",),
                "timezone": ("UTC",),
            }
            assert connection.execute(
                "SELECT current_user::text, current_database()::text, datlocprovider::text, datlocale "
                "FROM pg_database WHERE datname = current_database()"
            ).fetchone() == ("overwinter", "overwinter", "b", "C.UTF-8")

    def test_its_programs_are_no_superusers(self, place: Path) -> None:
        """The role may make databases, so that tests can, and has no right that a hosted PostgreSQL would not give."""
        with EmbeddedPostgres(place / "pg") as server, psycopg.connect(server.url) as connection:
            assert connection.execute(
                "SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls "
                "FROM pg_roles WHERE rolname = current_user"
            ).fetchone() == (False, False, True, False, False)

    def test_only_its_owner_may_enter(self, place: Path) -> None:
        """Trust is given to whoever reaches the socket, so nobody else may: by folder, by socket, or by network."""
        with EmbeddedPostgres(place / "pg") as server:
            assert server.pid is not None
            paths = [server.folder, server.data, server.folder / "socket", server.log_file]
            assert [(path.name, path.stat().st_mode & 0o077) for path in paths] == [
                ("pg", 0),
                ("data", 0),
                ("socket", 0),
                ("postgres.log", 0),
            ]
            sockets = [path for path in (server.folder / "socket").iterdir() if path.is_socket()]
            assert [stat.S_IMODE(path.stat().st_mode) & 0o077 for path in sockets] == [0]
            assert psutil.Process(server.pid).net_connections("inet") == []

    @pytest.mark.parametrize(
        "name", ["a folder", "its 'own' \"$HOME\" `x` \\", "Зимовка", "percent%20", "a,comma"]
    )
    def test_any_name_of_a_folder_will_do(self, place: Path, name: str) -> None:
        """Spaces, quotes, Cyrillic, and the comma at which PostgreSQL's client would split the path."""
        with EmbeddedPostgres(place / name) as server:
            keep(server, "here")
            assert kept(server) == ["here"]

    def test_a_path_too_long_for_a_socket(self, place: Path) -> None:
        """The socket then has an owner-only folder elsewhere, which the next start finds again."""
        folder = place / ("long" * 30) / ("longer" * 20)
        with EmbeddedPostgres(folder) as server:
            keep(server, "far")
            first = server.url
        assert stat.S_IMODE(Path((folder / "socket-folder").read_text()).stat().st_mode) == 0o700
        with EmbeddedPostgres(folder) as server:
            assert (server.url, kept(server)) == (first, ["far"])

    def test_a_lost_or_opened_socket_folder_is_made_anew(self, place: Path) -> None:
        """Temporary files are cleared away, and a folder that others may enter is not trusted."""
        folder = place / "a,comma"
        with EmbeddedPostgres(folder):
            opened = Path((folder / "socket-folder").read_text())
        opened.chmod(0o755)
        with EmbeddedPostgres(folder) as server:
            keep(server, "moved")
            another = Path((folder / "socket-folder").read_text())
        another.rmdir()
        with EmbeddedPostgres(folder) as server:
            assert kept(server) == ["moved"]
            last = Path((folder / "socket-folder").read_text())
        assert len({opened, another, last}) == 3
        opened.rmdir()

    def test_the_callers_environment_does_not_lead_it_astray(
        self, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Variables for another PostgreSQL, a locale that is not there, a time zone."""
        for name, value in {
            "PGDATA": "/nowhere",
            "PGHOST": "203.0.113.1",
            "PGPORT": "1",
            "PGUSER": "someone",
            "PGDATABASE": "elsewhere",
            "LC_ALL": "xx_XX.UTF-8",
            "TZ": "Pacific/Apia",
        }.items():
            monkeypatch.setenv(name, value)
        with EmbeddedPostgres(place / "pg") as server:
            keep(server, "here")
            assert kept(server) == ["here"]

    def test_a_half_made_database_is_made_again(self, place: Path) -> None:
        """A start that was killed while it made the database leaves one that is never taken for whole."""
        unfinished = place / "pg" / "data.new"
        unfinished.mkdir(parents=True)
        (unfinished / "PG_VERSION").write_text("18\n")
        with EmbeddedPostgres(place / "pg") as server:
            keep(server, "whole")
            assert kept(server) == ["whole"]
        assert not unfinished.exists()

    def test_starting_and_stopping_twice_is_as_good_as_once(self, place: Path) -> None:
        server = EmbeddedPostgres(place / "pg")
        server.start()
        pid = server.pid
        server.start()
        assert (pid is not None, server.pid) == (True, pid)
        server.stop()
        server.stop()
        assert server.pid is None


@pytest.mark.long
class TestStartingAgain:
    """Whatever ended the last run, the next one finds everything as it was."""

    def test_after_a_clean_stop(self, place: Path) -> None:
        with EmbeddedPostgres(place / "pg") as server:
            keep(server, "first")
        assert server.pid is None
        with EmbeddedPostgres(place / "pg") as server:
            keep(server, "second")
            assert kept(server) == ["first", "second"]

    def test_after_the_server_was_killed(self, place: Path) -> None:
        """Its workers, left alone for a moment, are not in the way."""
        with EmbeddedPostgres(place / "pg") as server:
            keep(server, "acknowledged")
            assert server.pid is not None
            os.kill(server.pid, signal.SIGKILL)
        with EmbeddedPostgres(place / "pg") as server:
            assert kept(server) == ["acknowledged"]

    def test_after_the_program_was_killed(self, place: Path) -> None:
        """The guard sees it and stops the server, so that nothing is left running."""
        program, pid = start_another_program(place / "pg")
        end(program, signal.SIGKILL)
        assert is_gone(pid)
        with EmbeddedPostgres(place / "pg") as server:
            assert kept(server) == ["acknowledged"]

    def test_at_once_after_the_program_was_killed(self, place: Path) -> None:
        """Whether the guard is still stopping the server or has not begun."""
        program, _ = start_another_program(place / "pg")
        end(program, signal.SIGKILL)
        with EmbeddedPostgres(place / "pg") as server:
            assert kept(server) == ["acknowledged"]
            assert len(guards_of(place / "pg")) == 1

    def test_after_the_program_and_the_guard_were_killed(self, place: Path) -> None:
        """The server still runs: it is used, guarded again, and stopped in the end."""
        program, pid = start_another_program(place / "pg")
        for each in guards_of(place / "pg"):
            each.kill()
        end(program, signal.SIGKILL)
        with EmbeddedPostgres(place / "pg") as server:
            assert (server.pid, kept(server), len(guards_of(place / "pg"))) == (pid, ["acknowledged"], 1)
        assert is_gone(pid)

    def test_after_everything_was_killed(self, place: Path) -> None:
        program, pid = start_another_program(place / "pg")
        for each in guards_of(place / "pg"):
            each.kill()
        end(program, signal.SIGKILL)
        os.kill(pid, signal.SIGKILL)
        with EmbeddedPostgres(place / "pg") as server:
            assert kept(server) == ["acknowledged"]

    def test_when_the_old_process_id_belongs_to_a_stranger(self, place: Path) -> None:
        """As after a restart of the machine or a container. The stranger is neither mistaken for it nor harmed."""
        with EmbeddedPostgres(place / "pg") as server:
            keep(server, "acknowledged")
            assert server.pid is not None
            remains = (server.data / "postmaster.pid").read_text()
            os.kill(server.pid, signal.SIGKILL)
        stranger = subprocess.Popen(["sleep", "60"])
        try:
            lines = remains.split("\n")
            (server.data / "postmaster.pid").write_text("\n".join([str(stranger.pid), *lines[1:]]))
            with EmbeddedPostgres(place / "pg") as server:
                assert kept(server) == ["acknowledged"]
                assert server.pid != stranger.pid
            assert stranger.poll() is None
        finally:
            stranger.kill()
            stranger.wait()


@pytest.mark.long
class TestSharing:
    """Several programs on one folder: one server, which the last of them stops."""

    def test_the_server_stays_as_long_as_anyone_uses_it(self, place: Path) -> None:
        program, pid = start_another_program(place / "pg")
        with EmbeddedPostgres(place / "pg") as server:
            assert server.pid == pid
            end(program)
            assert kept(server) == ["acknowledged"]
            assert server.pid == pid
        assert is_gone(pid)

    def test_it_is_known_even_where_processes_hide_their_folder(
        self, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """In a container, root may not read another user's working folder; a second server would be a disaster."""
        with EmbeddedPostgres(place / "pg") as server:
            pid = server.pid

            def hidden(process: psutil.Process) -> str:
                raise psutil.AccessDenied(process.pid)

            monkeypatch.setattr(psutil.Process, "cwd", hidden)
            with EmbeddedPostgres(place / "pg") as again:
                assert (pid is not None, again.pid) == (True, pid)

    def test_two_that_start_at_once_start_one(self, place: Path) -> None:
        command = [sys.executable, "-c", ANOTHER_PROGRAM, str(place / "pg")]
        programs = [
            subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(3)
        ]
        pids = {each.stdout.readline() for each in programs if each.stdout}
        assert len(pids) == 1
        assert len(guards_of(place / "pg")) == 1
        for each in programs:
            end(each)
        assert [each.returncode for each in programs] == [0, 0, 0]
        assert is_gone(int(pids.pop()))
        assert guards_of(place / "pg") == [] or all(is_gone(each.pid) for each in guards_of(place / "pg"))


def test_python_is_not_told_of_a_process_left_behind(place: Path) -> None:
    """Neither where the program was the last to use the server, nor where another goes on using it."""
    folder = place / "postgres"
    for another in (False, True):
        program = subprocess.Popen(
            [sys.executable, "-W", "always::ResourceWarning", "-c", ANOTHER_PROGRAM, str(folder)],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert program.stdout is not None
        assert program.stdout.readline().strip().isdigit()
        with EmbeddedPostgres(folder) if another else contextlib.nullcontext():
            assert program.communicate("stop\n", timeout=60)[1] == ""
