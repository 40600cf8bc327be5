"""What is wrong with an input, as a page says it: without the codes and the forms of JSON, which no person typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from domain.messages import Message, msg

_WRONG_CODE: Final = msg("This code is not complete. Copy it again from where you found it.")

SAID: Final[Mapping[str, Message]] = {
    "Score this criterion, or say that you cannot judge it.": msg("Choose points, or “No basis to judge”."),
    "The form has no such question.": msg(
        "The staff removed this question while you were writing. Look at the form again, then submit it."
    ),
    "The possible values are {values}.": msg("Choose one of the options."),
    "This must be true or false.": msg("Choose yes or no."),
    "This is needed.": msg("This cannot be left empty."),
    "This is not an id that fits here; one begins with {beginning}.": _WRONG_CODE,
    "This is not an id that fits here; one begins with {beginning} or {other}.": _WRONG_CODE,
    "Nothing has this id, or you have no access to it.": msg("Nobody and nothing here has this code."),
    "Write date and time as 2026-05-31T18:00:00.": msg("Choose a day and a time."),
}
"""By the template of what JSON is told."""


def on_a_page(detail: Message) -> Message:
    """What is wrong with an input, for somebody who filled in a form."""
    return SAID.get(detail.template, detail)
