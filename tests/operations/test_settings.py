"""Settings: read once, checked, explained in one place, and never a place where a password leaks."""

from ipaddress import ip_network
from pathlib import Path

import pytest

from api.run.setting_values import MailServer, SettingsError
from api.run.settings import Settings, as_markdown, described, read_settings, unknown_names

SECRET_URL = (
    "postgresql://keeper:canary-one@db.example:5433/grants?sslmode=require&passfile=/x&options=canary-two"
)


def test_without_any_variable_everything_has_a_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_settings({}) == Settings(
        database_url=None,
        read_database_url=None,
        data_dir=tmp_path / ".data",
        host="127.0.0.1",
        port=8000,
        proxies=(ip_network("127.0.0.1"), ip_network("::1")),
        connections=500,
        connections_per_address=50,
        header_bytes=32_000,
        headers=100,
        header_seconds=15,
        body_seconds=120,
        most_fields=1000,
        keys=tmp_path / ".data-keys",
        key_backup=None,
        demo=False,
        public_url=None,
        smtp=None,
        mail_from=None,
        log_level="info",
    )


def test_every_variable_is_heard() -> None:
    assert read_settings(
        {
            "DATABASE_URL": "postgres://keeper@db.example/grants",
            "READ_DATABASE_URL": "postgres://reader@replica.example/grants",
            "DATA_DIR": "/srv/over winter",
            "OVERWINTER_HOST": "::1",
            "OVERWINTER_PORT": "9000",
            "OVERWINTER_PROXIES": "10.0.0.0/8,fd00::1",
            "OVERWINTER_CONNECTIONS": "700",
            "OVERWINTER_CONNECTIONS_PER_ADDRESS": "70",
            "OVERWINTER_HEADER_BYTES": "9000",
            "OVERWINTER_HEADERS": "40",
            "OVERWINTER_HEADER_SECONDS": "7",
            "OVERWINTER_BODY_SECONDS": "70",
            "OVERWINTER_FIELDS": "700",
            "OVERWINTER_KEYS": "/srv/keys",
            "OVERWINTER_KEY_BACKUP": "/mnt/key backup",
            "OVERWINTER_DEMO": "1",
            "OVERWINTER_PUBLIC_URL": "https://grants.example.org/",
            "OVERWINTER_SMTP": "smtp://mail.example.org",
            "OVERWINTER_MAIL_FROM": "grants@example.org",
            "OVERWINTER_LOG": "DEBUG",
        }
    ) == Settings(
        database_url="postgres://keeper@db.example/grants",
        read_database_url="postgres://reader@replica.example/grants",
        data_dir=Path("/srv/over winter"),
        host="::1",
        port=9000,
        proxies=(ip_network("10.0.0.0/8"), ip_network("fd00::1")),
        connections=700,
        connections_per_address=70,
        header_bytes=9_000,
        headers=40,
        header_seconds=7,
        body_seconds=70,
        most_fields=700,
        keys=Path("/srv/keys"),
        key_backup=Path("/mnt/key backup"),
        demo=True,
        public_url="https://grants.example.org",
        smtp=MailServer("mail.example.org", 587, tls=False),
        mail_from="grants@example.org",
        log_level="debug",
    )


def test_the_keys_follow_the_data_folder() -> None:
    """Beside it, since whoever copies it must not have the keys, too; of a demonstration all lies in one folder."""
    settings = read_settings({"DATA_DIR": "/srv/data"})
    assert (settings.keys, settings.embedded_folder) == (Path("/srv/data-keys"), Path("/srv/data/postgres"))
    assert read_settings({"DATA_DIR": "/srv/data", "OVERWINTER_DEMO": "1"}).keys == Path("/srv/data/keys")


def test_an_empty_variable_counts_as_absent() -> None:
    """As docker compose passes those that are not set."""
    names = [each.name for each in described(read_settings({}), {})]
    assert read_settings(dict.fromkeys(names, "")) == read_settings({})


@pytest.mark.parametrize(
    ("environ", "address"),
    [
        ({}, "http://127.0.0.1:8000"),
        ({"OVERWINTER_HOST": "::1", "OVERWINTER_PORT": "80"}, "http://[::1]:80"),
        ({"OVERWINTER_PUBLIC_URL": "https://grants.example.org:444"}, "https://grants.example.org:444"),
    ],
)
def test_the_address_that_people_are_told(environ: dict[str, str], address: str) -> None:
    assert read_settings(environ).address == address


DATABASE_MUST = "must be a PostgreSQL address such as postgresql://user:password@host:5432/database"
PUBLIC_MUST = "must be an address such as https://grants.example.org, with nothing after the host"


@pytest.mark.parametrize(
    ("name", "values", "must"),
    [
        (
            "DATABASE_URL",
            [
                "mysql://h/d",
                "host=db password=canary",
                "postgresql+psycopg://canary@h/d",
                "postgresql://u:canary@h:5432/d?nonsense=1",
                "postgresql://[canary",
            ],
            DATABASE_MUST,
        ),
        (
            "READ_DATABASE_URL",
            ["mysql://canary@h/d", "postgresql://u:canary@h:5432/d?nonsense=1"],
            DATABASE_MUST,
        ),
        ("DATA_DIR", ["a\0b"], "must be the path of a folder"),
        (
            "DATA_DIR",
            ["~nobody-of-that-name/x"],
            "must be the path of a folder; ~ cannot be used here",
        ),
        ("OVERWINTER_KEYS", ["a\0b"], "must be the path of a folder"),
        (
            "OVERWINTER_HOST",
            ["a b", "http://localhost", "me@there", "a\nb"],
            "must be a host name or an address such as 127.0.0.1 or ::1",
        ),
        (
            "OVERWINTER_PORT",
            ["0", "65536", "-1", "80 ", "eighty", "٨٠٠٠", "8000.0"],
            "must be a number from 1 to 65535",
        ),
        (
            "OVERWINTER_PROXIES",
            ["proxy.example", "127.0.0.1;::1", "127.0.0.1,", "10.0.0.1/8"],
            "must be addresses or networks such as 127.0.0.1, 10.0.0.0/8",
        ),
        (
            "OVERWINTER_CONNECTIONS",
            ["0", "-1", "100001", "many", "٥٠", "1.5", "9" * 5000],
            "must be a number from 1 to 100000",
        ),
        ("OVERWINTER_HEADER_BYTES", ["999"], "must be a number from 1000 to 1000000"),
        ("OVERWINTER_FIELDS", ["99"], "must be a number from 100 to 100000"),
        (
            "OVERWINTER_DEMO",
            ["true", "yes", "2", " 1"],
            "must be 1 to turn it on; leave it out to turn it off",
        ),
        (
            "OVERWINTER_PUBLIC_URL",
            [
                "grants.example.org",
                "ftp://a.example",
                "https://",
                "https://a.example/path",
                "https://a.example?q",
                "https://u:canary@a.example",
                "https://a.example:99999",
            ],
            PUBLIC_MUST,
        ),
        (
            "OVERWINTER_SMTP",
            ["mail.example.org", "http://mail.example.org", "smtp://", "smtp://h:99999", "smtp://h:0"],
            "must be an address such as smtp://user:password@host:587 or smtps://user:password@host:465",
        ),
        (
            "OVERWINTER_MAIL_FROM",
            ["grants", "a@b@c", "Grants <grants@example.org>"],
            "must be an e-mail address such as grants@example.org",
        ),
        ("OVERWINTER_LOG", ["loud", "INFO "], "must be one of debug, info, warning, error"),
    ],
)
def test_a_bad_value_is_one_sentence_that_names_the_setting(name: str, values: list[str], must: str) -> None:
    """And that does not repeat the value, which may be a secret put in the wrong place."""
    for value in values:
        with pytest.raises(SettingsError) as refusal:
            read_settings({name: value})
        assert str(refusal.value) == f"The setting {name} {must}."
        assert refusal.value.__suppress_context__


def test_a_replica_is_one_of_a_named_database() -> None:
    """The embedded one has none, and to ask another database's replica for its rows would be a mistake."""
    with pytest.raises(SettingsError) as refusal:
        read_settings({"READ_DATABASE_URL": SECRET_URL})
    assert str(refusal.value) == (
        "The setting READ_DATABASE_URL needs DATABASE_URL, the database of which it is a replica."
    )


WITH_MAIL = {
    "OVERWINTER_MAIL_FROM": "grants@example.org",
    "OVERWINTER_PUBLIC_URL": "https://grants.example.org",
}


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("smtp://mail.example.org", MailServer("mail.example.org", 587, tls=False)),
        ("smtps://mail.example.org/", MailServer("mail.example.org", 465, tls=True)),
        (
            "smtp://anna:p%40ss%2F@localhost:25",
            MailServer("localhost", 25, tls=False, user="anna", password="p@ss/"),
        ),
    ],
)
def test_a_mail_server_is_read_from_its_address(text: str, server: MailServer) -> None:
    assert read_settings(WITH_MAIL | {"OVERWINTER_SMTP": text}).smtp == server


@pytest.mark.parametrize("missing", WITH_MAIL)
def test_a_mail_server_needs_a_sender_and_the_address_for_links(missing: str) -> None:
    given = {name: value for name, value in WITH_MAIL.items() if name != missing}
    with pytest.raises(SettingsError, match=f"The setting OVERWINTER_SMTP needs {missing} too."):
        read_settings(given | {"OVERWINTER_SMTP": "smtp://localhost"})


def test_the_mail_server_s_password_is_not_shown() -> None:
    environ = WITH_MAIL | {"OVERWINTER_SMTP": "smtp://canary-user:canary@mail.example.org"}
    settings = read_settings(environ)
    shown = described(settings, environ)
    assert "canary" not in repr(settings) + repr(shown)
    assert "smtp://mail.example.org:587" in [each.value for each in shown]


def test_only_one_turns_the_demonstration_on() -> None:
    assert [read_settings({"OVERWINTER_DEMO": value}).demo for value in ("", "0", "1")] == [
        False,
        False,
        True,
    ]


def test_no_password_is_shown() -> None:
    """Neither by the settings' own text nor by what `overwinter doctor` prints."""
    environ = {"DATABASE_URL": SECRET_URL, "READ_DATABASE_URL": SECRET_URL}
    settings = read_settings(environ)
    shown = described(settings, environ)
    assert [each.value for each in shown[:2]] == ["postgresql://keeper@db.example:5433/grants"] * 2
    assert shown[0].source == "environment"
    assert "canary" not in repr(settings) + repr(shown)
    assert settings.database_url == SECRET_URL


def test_the_table_has_a_row_for_every_setting() -> None:
    """What the README shows is what the program reads."""
    rows = [line.split(" | ") for line in as_markdown().splitlines()[2:]]
    assert [(row[0], row[1]) for row in rows] == [
        ("| `DATABASE_URL`", "none"),
        ("| `READ_DATABASE_URL`", "none"),
        ("| `DATA_DIR`", "`.data`"),
        ("| `OVERWINTER_HOST`", "`127.0.0.1`"),
        ("| `OVERWINTER_PORT`", "`8000`"),
        ("| `OVERWINTER_PROXIES`", "`127.0.0.1, ::1`"),
        ("| `OVERWINTER_CONNECTIONS`", "`500`"),
        ("| `OVERWINTER_CONNECTIONS_PER_ADDRESS`", "`50`"),
        ("| `OVERWINTER_HEADER_BYTES`", "`32000`"),
        ("| `OVERWINTER_HEADERS`", "`100`"),
        ("| `OVERWINTER_HEADER_SECONDS`", "`15`"),
        ("| `OVERWINTER_BODY_SECONDS`", "`120`"),
        ("| `OVERWINTER_FIELDS`", "`1000`"),
        ("| `OVERWINTER_KEYS`", "`DATA_DIR-keys`"),
        ("| `OVERWINTER_KEY_BACKUP`", "none"),
        ("| `OVERWINTER_DEMO`", "`0`"),
        ("| `OVERWINTER_PUBLIC_URL`", "none"),
        ("| `OVERWINTER_SMTP`", "none"),
        ("| `OVERWINTER_MAIL_FROM`", "none"),
        ("| `OVERWINTER_LOG`", "`info`"),
    ]
    assert all(len(row) == 3 and row[2].endswith(". |") for row in rows)


def test_a_slip_in_a_name_is_noticed() -> None:
    assert unknown_names({"OVERWINTER_PROT": "1", "OVERWINTER_PORT": "1", "PATH": "/bin"}) == (
        "OVERWINTER_PROT",
    )
