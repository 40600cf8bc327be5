"""Everything but migrating and rebuilding runs under a role that can add facts by one function, and change none."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from api.postgres.embedded import EmbeddedPostgres
from tests.journey.running import Running, following
from tests.journey.walk import walk
from tests.operations.command_line.operator import Operator, wait_until

NOT_ALLOWED = (
    "The database role lacks a permission that this command needs; run it as the owner, or let the owner grant access with "
    "overwinter migrate --allow ROLE."
)


@dataclass
class Roles:
    """An installation's two operators: the owner of its database, and one with the application's role."""

    owner: Operator
    application: Operator
    name: str
    """Of the application's role."""

    def execute(self, operator: Operator, statement: str) -> list[tuple[object, ...]]:
        """What a statement finds as one of them."""
        with psycopg.connect(operator.settings["DATABASE_URL"], autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []


@pytest.fixture
def roles(postgres: EmbeddedPostgres, database_url: str, tmp_path: Path) -> Iterator[Roles]:
    """Both, before anything is migrated. They share the key folder."""
    name = f"application {uuid4().hex}"
    database = urlsplit(database_url).path.removeprefix("/")
    with psycopg.connect(postgres.url_of(database, "postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(name)))
        owner = Operator(database_url, tmp_path / "data")
        application = Operator(postgres.url_of(database, name), tmp_path / "data")
        owner.settings["OVERWINTER_DEMO"] = application.settings["OVERWINTER_DEMO"] = "1"
        yield Roles(owner, application, name)
        connection.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(name)))
        connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


@pytest.fixture
def allowed(roles: Roles) -> Roles:
    """Both, after the owner has migrated and let the other in."""
    said = json.loads(roles.owner.said("migrate", "--allow", roles.name, "--json"))
    assert said["allowed"] == roles.name
    return roles


@contextmanager
def served(operator: Operator, tmp_path: Path) -> Iterator[Running]:
    """Server and projections of an operator, with an administrator's token."""
    token = operator.administrator()["token"]
    address = f"http://127.0.0.1:{operator.settings['OVERWINTER_PORT']}"
    with (
        operator.running("project"),
        operator.running("serve") as serving,
        following(address) as (client, answers),
    ):
        wait_until(lambda: operator.readiness() == 200)
        yield Running(address, tmp_path, token, serving, operator.settings, client, answers)


class TestRunning:
    """The application's role is enough for all that happens from day to day."""

    def test_one_grants_whole_life(self, allowed: Roles, tmp_path: Path) -> None:
        """From the call to the last payment; meanwhile the owner rebuilds, and the new tables are used as the old were."""
        with served(allowed.application, tmp_path) as running:
            walked = walk(running)
            before = walked.read("funder", "/api/grants/{grant}")
            assert before["status"] == "completed"
            titles = walked.read("officer", "/api/calls/{call}/applications")
            assert titles["items"][0]["title"] == "Тихая книга"

            allowed.owner.said("rebuild")

            assert walked.read("funder", "/api/grants/{grant}") == before
            assert walked.read("officer", "/api/calls/{call}/applications") == titles
            administrator = running.person(running.token)
            founded = administrator.post("/api/initiatives", name="After the Rebuild")["id"]
            mine = administrator.get("/api/me", position=administrator.position)
            assert founded in {each["initiative"] for each in mine["initiatives"]}

            page = running.client.get("/sign-in").text
            hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
            sent = running.client.post("/sign-in", data=hidden | {"token": running.token})
            assert (sent.status_code, sent.headers["location"]) == (303, "/me")
            artist = walked.people["artist"].id
            allowed.application.said("erase", artist, "--reason", "safety", "--yes")
            listed = json.loads(allowed.application.said("tokens", "list", "--json"))
            assert artist not in {each["person"] for each in listed}
            allowed.application.said("tokens", "revoke", listed[0]["id"])
            found = json.loads(allowed.application.said("doctor", "--json"))
            assert (found["well"], found["role"]) == (True, {"name": allowed.name, "owner": False})
        log = allowed.execute(
            allowed.owner, "SELECT count(*) FROM read.positions WHERE failed_position IS NOT NULL"
        )
        assert log == [(0,)]

    def test_statistics_are_gathered_by_the_role(self, allowed: Roles) -> None:
        """Every list would be planned as if there were no rows, until the server's own vacuuming comes by."""
        allowed.execute(allowed.application, "ANALYZE read.applications")
        found = allowed.execute(
            allowed.owner,
            "SELECT last_analyze IS NOT NULL FROM pg_stat_user_tables WHERE relname = 'applications'",
        )
        assert found == [(True,)]


class TestTheOwnersPart:
    """What makes or changes tables is refused to the application's role, in one sentence."""

    def test_before_it_was_allowed_it_can_do_nothing(self, roles: Roles) -> None:
        roles.owner.said("migrate")
        for command in (("serve",), ("project",), ("doctor",), ("migrate",)):
            assert roles.application.refused(*command) == NOT_ALLOWED

    def test_migrations_and_rebuilds(self, allowed: Roles) -> None:
        for command in (("migrate",), ("migrate", "--allow", allowed.name)):
            assert allowed.application.refused(*command) == NOT_ALLOWED
        assert allowed.application.refused("rebuild") == (
            "A rebuild creates tables, so run it as the role that owns the database, the one that runs migrate."
        )

    def test_a_role_that_is_none(self, roles: Roles) -> None:
        assert roles.owner.refused("migrate", "--allow", "nobody_of_that_name") == (
            "There is no database role nobody_of_that_name; create it first: CREATE ROLE nobody_of_that_name LOGIN."
        )

    @pytest.mark.parametrize("role", ["overwinter", "postgres"], ids=["the owner itself", "a superuser"])
    def test_a_role_from_which_nothing_would_be_kept(self, roles: Roles, role: str) -> None:
        assert roles.owner.refused("migrate", "--allow", role) == (
            f"The database role {role} can act as the owner of the history, so it could change facts; use another role."
        )


class TestWhatIsKeptFromIt:
    """The history and the keys, whatever a program or a stolen password tries."""

    def test_it_is_refused(self, allowed: Roles) -> None:
        statements = (
            "UPDATE history.facts SET topic = 'x'",
            "DELETE FROM history.facts",
            "TRUNCATE history.facts",
            "INSERT INTO history.facts VALUES (9, 's', 1, 't', '', sha256(''), now())",
            "SELECT * FROM history.facts FOR UPDATE",
            "UPDATE vault.keys SET wrapped = ''",
            "DELETE FROM vault.keys",
            "INSERT INTO vault.keys VALUES ('s', 1, '')",
            "DROP TRIGGER facts_are_final ON history.facts",
            "ALTER TABLE history.facts DISABLE TRIGGER facts_are_final",
            "CREATE TRIGGER more BEFORE INSERT ON history.facts FOR EACH ROW EXECUTE FUNCTION history.refuse_change()",
            "ALTER FUNCTION vault.hold SECURITY INVOKER",
            "ALTER TABLE read.applications ADD COLUMN more text",
            "CREATE TABLE read.more ()",
            "CREATE TABLE accounts.more ()",
            "CREATE SCHEMA read_beside",
            "DROP TABLE accounts.tokens CASCADE",
            "CALL read.allow('public')",
            "CALL accounts.allow('public')",
            "CALL history.allow('public')",
        )
        told: dict[str, str | None] = {}
        for statement in statements:
            try:
                allowed.execute(allowed.application, statement)
            except psycopg.Error as error:
                told[statement] = error.sqlstate
        assert told == dict.fromkeys(statements, "42501"), "insufficient privilege"

    def test_no_view_among_the_read_models_is_a_way_to_the_keys(self, allowed: Roles) -> None:
        """A view is written with its owner's rights, so none may be one that can be written."""
        found = allowed.execute(
            allowed.owner,
            "SELECT c.relname, pg_relation_is_updatable(c.oid, true) FROM pg_class c "
            "JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE c.relkind = 'v' AND n.nspname IN ('read', 'accounts', 'history', 'vault') ORDER BY 1",
        )
        assert found == [("living", 0), ("titled", 0)]


class TestWhatStays:
    """Who was let in stays let in, whatever is made anew."""

    def grants(self, roles: Roles) -> set[tuple[object, ...]]:
        """Who may do what with the read models."""
        return set(
            roles.execute(
                roles.owner,
                "SELECT c.relname, pg_get_userbyid(a.grantee), a.privilege_type, a.is_grantable FROM pg_class c "
                "JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) a "
                "WHERE n.nspname = 'read' AND c.relkind IN ('r', 'v') AND a.grantee <> c.relowner",
            )
        )

    def test_after_a_rebuild(self, allowed: Roles) -> None:
        """The program's role, and whomever the owner has given something besides."""
        allowed.execute(allowed.owner, "GRANT SELECT ON read.ledger, read.titled TO public")
        before = self.grants(allowed)
        allowed.owner.said("rebuild")
        assert self.grants(allowed) == before
        assert ("ledger", allowed.name, "INSERT", False) in before
        assert allowed.execute(allowed.application, "SELECT FROM read.titled") == []

    def test_in_tables_of_later_migrations(self, allowed: Roles) -> None:
        allowed.execute(
            allowed.owner, "CREATE TABLE read.later (); CREATE TABLE accounts.later (one integer)"
        )
        assert allowed.execute(allowed.application, "SELECT FROM read.later") == []
        allowed.execute(allowed.application, "INSERT INTO accounts.later VALUES (1)")
