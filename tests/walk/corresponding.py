"""How an artist and the staff write to each other, and the staff for themselves."""

from __future__ import annotations

from tests.walk.applying import Applied
from tests.walk.markers import WRITTEN
from tests.walk.people import Human

MESSAGE = "application-write_message"


def they_write_to_each_other(officer: Human, application: Applied) -> None:
    """The artist asks a question; the officer writes a note and an answer, which the artist marks as read."""
    artist, page = application.artist, f"{application.path}/messages"
    artist.go(page)
    artist.press(artist.say("Send the message"), MESSAGE, {"#text": WRITTEN["message of the artist"]})
    officer.go(page)
    officer.sees(WRITTEN["message of the artist"])
    officer.press(
        officer.say("Save the note"), "application-write_note", {"#text": WRITTEN["note of the staff"]}
    )
    officer.press(officer.say("Send the message"), MESSAGE, {"#text": WRITTEN["message of the staff"]})
    artist.go(page)
    artist.sees(WRITTEN["message of the staff"])
    assert WRITTEN["note of the staff"] not in artist.text()
    artist.press(artist.say("I have read this"), "application-settle_messages")
