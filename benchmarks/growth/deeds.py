"""A deed: what one command would record, and whoever records it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from domain.deciding import Fact
from domain.values import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What one command would record: facts by their streams, in order. `registers` are the persons and dossiers whose sealing
    key is made with it."""

    actor: str
    role: Role
    initiative: str | None
    scope: str | None
    facts: tuple[tuple[str, Fact], ...]
    registers: tuple[str, ...] = ()


Act = Callable[[Deed], Awaitable[None]]
