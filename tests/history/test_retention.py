"""Answers to idempotency keys are kept for thirty days, not longer."""

from __future__ import annotations

import psycopg
import pytest

from history import store
from history.requests import KeyReused
from history.store import ANSWERS_KEPT_DAYS
from tests.history.conftest import Office

pytestmark = pytest.mark.anyio


def let_pass(office: Office, days: float) -> None:
    """Let so many days have passed since the commands were run."""
    with psycopg.connect(office.url) as connection:
        connection.execute(
            "UPDATE history.commands SET recorded_at = recorded_at - make_interval(secs => %s)",
            (days * 86_400,),
        )


async def test_a_younger_answer_is_given_again(office: Office) -> None:
    """To the same request; another request with its key is refused."""
    await office.run("installation.open", key="a")
    first = await office.run("person.register", name="Person of the Test", key="b")
    let_pass(office, ANSWERS_KEPT_DAYS - 0.01)
    assert await office.runner.history.forget_answers() == 0
    again = await office.run("person.register", name="Person of the Test", key="b")
    assert (again.stream, again.repeated) == (first.stream, True)
    with pytest.raises(KeyReused):
        await office.run("person.register", name="Another Person", key="b")


async def test_an_older_one_is_forgotten(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them, a few at a time; then the key is as good as new, and what was done stays done."""
    monkeypatch.setattr(store, "DELETED_AT_ONCE", 2)
    await office.run("installation.open", key="a")
    first = await office.run("person.register", name="Person of the Test", key="b")
    for key in ("c", "d"):
        await office.run("person.register", name="Person of the Test", key=key)
    let_pass(office, ANSWERS_KEPT_DAYS + 0.01)
    young = await office.run("person.register", name="Person of the Test", key="young")

    assert await office.runner.history.forget_answers() == 4

    again = await office.run("person.register", name="Person of the Test", key="b")
    assert (again.stream != first.stream, again.repeated) == (True, False)
    assert (
        await office.run("person.register", name="Person of the Test", key="young")
    ).stream == young.stream
    assert len(office.rows()) == 1 + 3 + 1 + 1


async def test_the_program_and_the_database_agree_for_how_long(office: Office) -> None:
    """The days stand in two places."""
    with psycopg.connect(office.url) as connection:
        found = connection.execute(
            "SELECT history.answers_kept() = make_interval(days => %s)", (ANSWERS_KEPT_DAYS,)
        )
        assert found.fetchone() == (True,)
