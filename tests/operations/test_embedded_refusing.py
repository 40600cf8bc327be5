"""The embedded PostgreSQL refuses what it cannot serve in one sentence, also as root, and its log keeps no values."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest

from api.postgres.embedded import EmbeddedError, EmbeddedPostgres, account
from tests.operations.embedded_place import keep, kept

ROOT = Path(__file__).resolve().parents[2]


AS_ROOT = os.geteuid() == 0


class TestRefusing:
    """What cannot work is said in one sentence."""

    def test_a_folder_that_cannot_be_made(self, place: Path) -> None:
        (place / "file").write_text("")
        with pytest.raises(EmbeddedError) as refusal:
            EmbeddedPostgres(place / "file" / "pg").start()
        assert str(refusal.value) == (
            f"The folder {place}/file/pg cannot be written (Not a directory); set DATA_DIR to another folder."
        )

    def test_a_folder_that_may_not_be_written(self, place: Path) -> None:
        (place / "closed").mkdir(mode=0o500)
        script = (
            "import sys; from pathlib import Path; from api.postgres.embedded import EmbeddedPostgres\n"
            "try: EmbeddedPostgres(Path(sys.argv[1])).start()\n"
            "except Exception as error: print(type(error).__name__, error)"
        )
        # Root may write anywhere; in a namespace it may not.
        prefix = account.namespace() if AS_ROOT else ()
        said = subprocess.run(
            [*prefix, sys.executable, "-c", script, str(place / "closed" / "pg")],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        assert said.stdout == (
            f"EmbeddedError The folder {place}/closed/pg cannot be written (Permission denied); "
            "set DATA_DIR to another folder.\n"
        )

    @pytest.mark.skipif(not AS_ROOT, reason="only root can give a folder away")
    def test_a_folder_of_another_user(self, place: Path) -> None:
        (place / "theirs").mkdir()
        os.chown(place / "theirs", 65534, 65534)
        with pytest.raises(EmbeddedError) as refusal:
            EmbeddedPostgres(place / "theirs").start()
        assert str(refusal.value) == (
            f"The folder {place}/theirs belongs to another user; start Overwinter as that user, "
            "or set DATA_DIR to another folder."
        )

    def test_a_database_of_another_version(self, place: Path) -> None:
        (place / "pg" / "data").mkdir(parents=True)
        (place / "pg" / "data" / "PG_VERSION").write_text("9\n")
        with pytest.raises(
            EmbeddedError, match=r"belongs to PostgreSQL 9, but the programs here are version 1\d; "
        ):
            EmbeddedPostgres(place / "pg").start()

    def test_programs_that_are_missing(self, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
        with pytest.raises(EmbeddedError) as refusal:
            EmbeddedPostgres(place / "pg").start()
        assert str(refusal.value) == (
            "PostgreSQL's programs are missing; run make again, or set DATABASE_URL to your own server."
        )

    def test_a_server_that_does_not_start(self, place: Path) -> None:
        """With PostgreSQL's own last fatal line, and nothing else of its log."""
        with pytest.raises(EmbeddedError) as refusal:
            EmbeddedPostgres(place / "pg", settings={"shared_buffers": "rubbish"}).start()
        assert str(refusal.value) == (
            'The embedded PostgreSQL did not start: invalid value for parameter "shared_buffers": "rubbish"'
        )


def test_the_log_keeps_no_value_of_a_failed_statement(place: Path) -> None:
    """Neither the statement, nor its parameters, nor the key that PostgreSQL would quote in the details."""
    with EmbeddedPostgres(place / "pg") as server:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("CREATE TABLE people (name text PRIMARY KEY)")
            connection.execute("INSERT INTO people VALUES ('canary-one')")
            with pytest.raises(psycopg.errors.UniqueViolation):
                connection.execute("INSERT INTO people VALUES (%s)", ["canary-one"])
            with pytest.raises(psycopg.errors.UniqueViolation):
                connection.execute("INSERT INTO people SELECT 'canary-one'")
        text = server.log_file.read_text()
    assert "duplicate key value violates unique constraint" in text
    assert "canary" not in text


@pytest.mark.skipif(not AS_ROOT, reason="these are root's own ways")
class TestAsRoot:
    """PostgreSQL refuses to run as root; Overwinter does not."""

    def test_in_roots_closed_home_nothing_is_opened(self, place: Path) -> None:
        """Every folder on the way keeps its permissions and its owner, and so do the programs."""
        home = place / "closed home"
        home.mkdir(mode=0o700)
        programs = account._find_programs()
        watched = [place, home, programs, *programs.parents]
        before = [(path.stat().st_mode, path.stat().st_uid) for path in watched]
        with EmbeddedPostgres(home / "clone" / ".data" / "pg") as server:
            keep(server, "here")
            assert kept(server) == ["here"]
            assert server.data.stat().st_uid == 0
        assert [(path.stat().st_mode, path.stat().st_uid) for path in watched] == before

    def test_without_namespaces_a_system_user_runs_it(
        self, place: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """With programs and data where that user can reach them; the start says so; the home stays closed."""
        place.chmod(0o755)
        (place / "home").mkdir(mode=0o700)
        monkeypatch.setattr(account, "SYSTEM_FOLDER", place / "system")
        monkeypatch.setattr(account, "SYSTEM_USER", "nobody")
        with monkeypatch.context() as refused:
            refused.setattr(account, "namespace", lambda: ("false",))
            with EmbeddedPostgres(place / "home" / "pg") as server:
                keep(server, "elsewhere")
                assert server.pid is not None
                assert psutil.Process(server.pid).username() == "nobody"
            assert [record.message for record in caplog.records] == [
                (
                    "PostgreSQL does not run as root and user namespaces are refused here, so the database is stored in "
                    f"{server.data.parent} and runs as the system user nobody."
                )
            ]
            assert server.data.parent.parent == place / "system"
        assert stat.S_IMODE((place / "home").stat().st_mode) == 0o700
        # Namespaces that work again do not make it forget where its data is.
        with EmbeddedPostgres(place / "home" / "pg") as server:
            assert kept(server) == ["elsewhere"]
