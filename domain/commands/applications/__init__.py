"""Commands for applications."""

from domain.commands.applications import ending, examining, returning, submitting

COMMANDS = (*submitting.COMMANDS, *returning.COMMANDS, *examining.COMMANDS, *ending.COMMANDS)
