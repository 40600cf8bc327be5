"""Letters about changes of somebody's second factors, to those who have an address."""

from __future__ import annotations

from typing import Final

from api.letters.letter import Letter
from domain.messages import msg

_NOT_YOU: Final = msg(
    "If it was not you, sign in now, end all other sessions on the page “Your access”, and change there how you sign in. "
    "Then tell somebody there whom you trust."
)


def added() -> Letter:
    """A second factor was added."""
    return Letter(
        name="factor-added",
        subject=msg("A second factor was added"),
        paragraphs=(msg("From now on a new second factor can be used to sign in to your account."), _NOT_YOU),
    )


def removed() -> Letter:
    """A second factor was removed."""
    return Letter(
        name="factor-removed",
        subject=msg("A second factor was removed"),
        paragraphs=(msg("A second factor can no longer be used to sign in to your account."), _NOT_YOU),
    )


def codes_made() -> Letter:
    """New recovery codes were made."""
    return Letter(
        name="recovery-codes-made",
        subject=msg("New recovery codes were made"),
        paragraphs=(
            msg("New recovery codes for your account were shown. The earlier ones no longer work."),
            _NOT_YOU,
        ),
    )


def code_used() -> Letter:
    """Somebody signed in with a recovery code."""
    return Letter(
        name="recovery-code-used",
        subject=msg("A recovery code was used"),
        paragraphs=(
            msg("Somebody, probably you, signed in to your account with one of your recovery codes."),
            _NOT_YOU,
        ),
    )
