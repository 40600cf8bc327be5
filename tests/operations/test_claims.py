"""Claims on the command line: the operator makes them, also for the first administrator, and they are exchanged once."""

from __future__ import annotations

import json

import psycopg
import pytest

from tests.operations.command_line.conftest import migrated, migrated_once, operator
from tests.operations.command_line.operator import Operator, counted

__all__ = ["migrated", "migrated_once", "operator"]

ANOTHER = "it works only once."
UNKNOWN = "This one-time key is not known here. Check that you copied all of it; it begins with owc_."


def test_the_first_administrator_comes_in_by_a_claim(migrated: Operator) -> None:
    """The act is a fact; neither the claim's text nor the token's stands in the database."""
    claim = json.loads(migrated.said("claims", "create", "--administrator", "--json"))
    assert claim["text"].startswith("owc_")
    exchanged = json.loads(migrated.said("claims", "exchange", "--json", typed=claim["text"] + "\n"))
    assert exchanged["person"] == claim["person"]
    assert exchanged["token"].startswith("ow_")
    with psycopg.connect(migrated.settings["DATABASE_URL"]) as connection:
        documents = connection.execute(
            "SELECT convert_from(document, 'UTF8') FROM history.facts WHERE stream = %s ORDER BY version",
            (claim["person"],),
        ).fetchall()
        accounts = str(
            connection.execute("SELECT c::text, t::text FROM accounts.claims c, accounts.tokens t").fetchall()
        )
    facts = [json.loads(document)["fact"] for (document,) in documents[1:]]
    assert [(fact["claim"], fact.get("made_by"), fact.get("another")) for fact in facts] == [
        (claim["id"], "system", False),
        (claim["id"], None, None),
    ]
    assert claim["id"] in accounts
    for secret in (claim["text"], exchanged["token"]):
        assert secret not in str(documents) + accounts


def test_a_token_tells_the_claim_that_it_goes_back_to(migrated: Operator) -> None:
    claim = json.loads(migrated.said("claims", "create", "--administrator", "--json"))
    migrated.said("claims", "exchange", typed=claim["text"])
    (token,) = json.loads(migrated.said("tokens", "list", claim["person"], "--json"))
    assert (token["claim"], token["made_by"], token["label"]) == (claim["id"], claim["person"], "cli")


def test_a_claim_is_exchanged_once_and_not_when_it_was_withdrawn(migrated: Operator) -> None:
    first = json.loads(migrated.said("claims", "create", "--administrator", "--json"))
    migrated.said("claims", "exchange", typed=first["text"])
    assert migrated.refused("claims", "exchange", typed=first["text"]).endswith(ANOTHER)
    second = json.loads(migrated.said("claims", "create", first["person"], "--json"))
    assert "withdraw it first" in migrated.refused("claims", "create", first["person"])
    migrated.said("claims", "withdraw", first["person"], second["id"])
    assert "was withdrawn on" in migrated.refused("claims", "exchange", typed=second["text"])
    assert counted(migrated, "accounts.tokens") == 1


@pytest.mark.parametrize("typed", ["", "\n", "owc_", "owc_" + "x" * 43, "ow_" + "x" * 43, "owc_" + "ж" * 43])
def test_what_is_no_claim_is_refused(migrated: Operator, typed: str) -> None:
    assert migrated.refused("claims", "exchange", typed=typed) == UNKNOWN


def test_mistakes_are_told_before_anything_is_done(migrated: Operator) -> None:
    nobody = "person-" + "0" * 32
    assert migrated.refused("claims", "create", nobody) == "There is no such person."
    assert migrated.run("claims", "create").returncode == 2
    assert migrated.run("claims", "create", nobody, "--administrator").returncode == 2
    assert migrated.run("claims", "create", "--administrator", "--days", "0").returncode == 2
    assert counted(migrated, "vault.keys") == 0
    claim = migrated.said("claims", "create", "--administrator")
    for option, sentence in (
        (("--label", "Not A Label"), "A label has 1 to 40 lower-case letters"),
        (("--days", "0"), "A token can be valid for 1 to 3650 days; this is 0."),
    ):
        assert migrated.refused("claims", "exchange", *option, typed=claim).startswith(sentence)
    migrated.said("claims", "exchange", typed=claim)


def test_the_key_of_the_first_start_is_printed_until_there_is_an_administrator(migrated: Operator) -> None:
    said = migrated.said("first-start")
    assert said == migrated.said("first-start")
    assert "/first-start" in said
    assert "owf_" in said
    made = json.loads(migrated.said("claims", "create", "--administrator", "--json"))
    assert "already has an administrator" in migrated.refused("first-start")
    assert "has no second factor" in migrated.refused("recovery", "ask", made["person"])
