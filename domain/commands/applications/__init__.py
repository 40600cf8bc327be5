"""Commands for applications."""

from domain.commands.applications import (
    corresponding,
    ending,
    entering,
    examining,
    helping,
    returning,
    submitting,
)

COMMANDS = (
    *submitting.COMMANDS,
    *entering.COMMANDS,
    *returning.COMMANDS,
    *examining.COMMANDS,
    *helping.COMMANDS,
    *ending.COMMANDS,
    *corresponding.COMMANDS,
)
