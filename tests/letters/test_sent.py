"""Letters about facts, as a real mail server gets them: nothing of what they are about stands in a header or a log."""

from __future__ import annotations

import logging
from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest

from api.letters.sending import send_waiting
from tests.letters.conftest import Post
from tests.letters.test_outbox import SENDER, Server
from tests.projections.conftest import CANARIES

pytestmark = pytest.mark.anyio

BETRAYING = (*CANARIES, "Winter", "Marker Initiative", "Person", "juror")


async def test_no_header_and_no_log_betrays_what_a_letter_is_about(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    season = await post.season.begin()
    to = {await post.confirm(name) for name in ("artist1", "artist2", "third_juror")}
    await season.apply()
    await season.close()
    await season.run(
        "review.assign", season.officer, application=season.application1, juror=season.third_juror
    )
    post.office.now += timedelta(minutes=10)
    await post.write()
    server = Server()
    with server.running() as address:
        told = post.wired.reaction.still_told
        assert await send_waiting(post.wired.outbox, address, SENDER, still_told=told) == 5
    taken = [message_from_bytes(each.content or b"", policy=default) for each in server.taken]
    assert {str(each["To"]) for each in taken} == to
    for message in taken:
        headers = "\n".join(f"{name}: {value}" for name, value in message.items() if name != "To")
        for marker in (*BETRAYING, *to, season.application1, season.call, season.initiative):
            assert marker not in headers
        # The search finds what is there: the letter itself names the call.
        body = message.get_content()
        assert "Winter call" in body
        for marker in CANARIES:
            assert marker not in body
    said = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("overwinter"))
    for marker in (*BETRAYING, *to):
        assert marker not in said
    assert post.rows("SELECT * FROM accounts.outbox") == []


async def test_a_letter_is_not_sent_if_its_reader_was_removed_while_it_waited(post: Post) -> None:
    season = await post.season.begin()
    await post.confirm("juror")
    await season.apply()
    await season.close()
    await season.assign()
    post.office.now += timedelta(minutes=10)
    await post.write()
    assert await post.kinds() == ["review-asked"]
    server = Server()
    server.answers = ["451 later"]
    with server.running() as address:
        told = post.wired.reaction.still_told
        assert await send_waiting(post.wired.outbox, address, SENDER, still_told=told) == 0
        await season.run(
            "initiative.remove_member",
            season.administrator,
            initiative=season.initiative,
            person=season.juror,
        )
        post.rows("UPDATE accounts.outbox SET send_at = now() RETURNING 1")
        assert await send_waiting(post.wired.outbox, address, SENDER, still_told=told) == 0
    assert server.taken == []
    assert post.rows("SELECT * FROM accounts.outbox") == []
