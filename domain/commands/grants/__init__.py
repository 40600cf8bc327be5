"""Commands for grants and their instalments."""

from domain.commands.grants import (
    amending,
    ending,
    instalments,
    offering,
    payee,
    reports,
    scheduling,
    suspending,
)

COMMANDS = (
    *offering.COMMANDS,
    *payee.COMMANDS,
    *scheduling.COMMANDS,
    *reports.COMMANDS,
    *suspending.COMMANDS,
    *amending.COMMANDS,
    *ending.COMMANDS,
    *instalments.COMMANDS,
)
