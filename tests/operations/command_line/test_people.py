"""Access and people: tokens are listed and ended, people found and erased."""

from __future__ import annotations

import json
import os
import pty
import subprocess

from tests.operations.command_line.operator import OVERWINTER, Operator, registered


class TestTokens:
    """Access is listed and ended, and a token's text is told once."""

    def test_they_are_listed_and_revoked(self, migrated: Operator) -> None:
        made = migrated.administrator()
        claim = migrated.said("claims", "create", made["person"])
        options = ("--label", "second", "--days", "3")
        second = migrated.said("claims", "exchange", *options, typed=claim).strip()
        listed = json.loads(migrated.said("tokens", "list", made["person"], "--json"))
        assert [each["label"] for each in listed] == ["second", "cli"]
        assert made["token"] not in str(listed)
        assert second not in str(listed)
        migrated.said("tokens", "revoke", listed[0]["id"])
        lines = migrated.said("tokens", "list").splitlines()
        assert ["revoked" in line for line in lines] == [True, False]

    def test_mistakes_are_told(self, migrated: Operator) -> None:
        assert migrated.refused("tokens", "revoke", "0" * 16) == (
            "There is no token with this id; overwinter tokens list shows the ids."
        )

    def test_a_person_without_any_is_no_person_who_is_not_there(self, migrated: Operator) -> None:
        """The first is told beside an empty list, the second refused."""
        nothing = migrated.run("tokens", "list")
        assert (nothing.returncode, nothing.stdout, nothing.stderr) == (0, "", "There are no tokens.\n")
        person = registered(migrated, None)
        none = migrated.run("tokens", "list", person, "--json")
        assert (none.returncode, none.stdout, none.stderr) == (0, "[]\n", f"{person} has no tokens.\n")
        for nobody in ("person-nope", "person-" + "0" * 32, "initiative-" + "0" * 32):
            assert migrated.refused("tokens", "list", nobody) == "There is no such person."


class TestErase:
    """A person is erased for good, after a question."""

    def test_the_key_goes_and_so_does_the_access(self, migrated: Operator) -> None:
        made = migrated.administrator()
        other = migrated.administrator()
        asked = migrated.run("erase", made["person"], "--reason", "safety")
        assert asked.returncode != 0, "nobody said yes"
        assert asked.stdout.startswith(f"This cannot be undone. Erase {made['person']}? [y/N]: ")
        assert "What remains" in migrated.said("erase", made["person"], "--reason", "safety", "--yes")
        assert [each["person"] for each in json.loads(migrated.said("tokens", "list", "--json"))] == [
            other["person"]
        ]

    def test_whoever_is_not_there_is_not_asked_about(self, migrated: Operator) -> None:
        for nobody in ("person-nope", "person-" + "0" * 32):
            assert migrated.refused("erase", nobody, "--reason", "safety") == "There is no such person."


class TestFindPerson:
    """Whoever asks to be erased is found by their address, which no argument and no history of a shell holds."""

    def test_by_the_address_in_any_spelling(self, migrated: Operator) -> None:
        registered(migrated, "other@example.org")
        person = registered(migrated, "Kedrov@Example.org")
        for asked in ("kedrov@example.org\n", " Kedrov@Example.org", "KEDROV@EXAMPLE.ORG\r\n"):
            assert migrated.run("find-person", typed=asked).stdout == f"{person}\n"
        found = migrated.run("find-person", "--json", typed="kedrov@example.org")
        assert json.loads(found.stdout) == {"person": person}
        assert migrated.run("find-person", "kedrov@example.org").returncode == 2, "never as an argument"

    def test_whom_it_does_not_find(self, migrated: Operator) -> None:
        """Nobody, and nobody any more: with the person goes the claim to their address."""
        person = registered(migrated, "kedrov@example.org")
        migrated.said("erase", person, "--reason", "asked_by_person", "--yes")
        for asked, sentence in (
            ("kedrov@example.org", "Nobody is registered with this address."),
            ("nobody@example.org", "Nobody is registered with this address."),
            (
                "kedrov",
                "This does not look like an e-mail address; write a single one, such as anna@example.org.",
            ),
            ("", "No address was given."),
        ):
            done = migrated.run("find-person", typed=asked)
            assert (done.returncode, done.stdout, done.stderr) == (1, "", f"overwinter: {sentence}\n")

    def test_it_asks_at_a_terminal(self, migrated: Operator) -> None:
        """What is asked goes to standard error, so that the answer can be taken on."""
        person = registered(migrated, "kedrov@example.org")
        ours, theirs = pty.openpty()
        os.write(ours, b"kedrov@example.org\n")
        done = subprocess.run(
            [*OVERWINTER, "find-person"], env={**os.environ, **migrated.settings}, stdin=theirs, capture_output=True,
            text=True, timeout=60, check=True,
        )  # fmt: skip
        os.close(ours)
        os.close(theirs)
        assert (done.stdout, done.stderr) == (f"{person}\n", "Address: ")
