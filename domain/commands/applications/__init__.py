"""Asking for what can be done with an application."""

from domain.commands.applications import ending, examining, returning, submitting

COMMANDS = (*submitting.COMMANDS, *returning.COMMANDS, *examining.COMMANDS, *ending.COMMANDS)
