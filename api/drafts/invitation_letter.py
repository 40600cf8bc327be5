"""The letter in which somebody is invited to write in a draft."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

from api.letters.letter import Letter
from domain.messages import msg


def letter_of(link: str, *, lasts: timedelta) -> Letter:
    """The letter with the link of an invitation. It names neither who invites nor what is written."""
    return Letter(
        name="draft-invitation",
        subject=msg("You are invited"),
        paragraphs=(
            msg(
                "On {site}, somebody asks you to help them write a text that is not submitted yet.",
                site=urlsplit(link).netloc,
            ),
            msg("Open this link to see what it is about, and accept or decline it there:"),
            link,
            msg(
                "You can answer within fourteen days. If you have no account yet, you can register there, also without an e-mail "
                "address. Give the link to nobody: whoever has it can accept in your place. If you do not know what it is about, "
                "do nothing."
            ),
        ),
        lasts=lasts,
    )
