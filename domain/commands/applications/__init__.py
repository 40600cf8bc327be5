"""Commands for applications."""

from domain.commands.applications import corresponding, ending, entering, examining, returning, submitting

COMMANDS = (
    *submitting.COMMANDS,
    *entering.COMMANDS,
    *returning.COMMANDS,
    *examining.COMMANDS,
    *ending.COMMANDS,
    *corresponding.COMMANDS,
)
