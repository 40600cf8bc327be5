"""The register of commands: every command by its permanent name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from domain.commands import (
    announcing,
    applications,
    call_drafts,
    call_forms,
    calls,
    dossiers,
    factors,
    first_start,
    funds,
    grants,
    initiatives,
    invitations,
    leaving,
    letters,
    organisations,
    panels,
    persons,
    profiles,
    readings,
    reviews,
    rounds,
    screening,
    waiting_lists,
    ways_in,
)
from domain.deciding import Registered

REGISTER: Mapping[str, Registered[Any]] = MappingProxyType(
    {
        registered.name: registered
        for file in (
            initiatives,
            letters,
            first_start,
            invitations,
            leaving,
            persons,
            profiles,
            ways_in,
            factors,
            organisations,
            dossiers,
            funds,
            call_drafts,
            call_forms,
            calls,
            rounds,
            applications,
            reviews,
            readings,
            panels,
            announcing,
            waiting_lists,
            grants,
            screening,
        )
        for registered in file.COMMANDS
    }
)
"""Every command by its name. `Any`: each has its own request type."""
