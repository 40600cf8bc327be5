"""Stored facts that cannot be read: unknown topic, document that does not parse, or a fact its stream cannot contain."""

from __future__ import annotations


class Unreadable(Exception):
    """A request depends on a fact that cannot be read. Operators see its position but not its content. Clients do not see
    the position either, because it would reveal how many facts there are."""

    def __init__(self, position: int | None = None) -> None:
        where = "A stored fact" if position is None else f"The fact at position {position}"
        super().__init__(
            f"{where} cannot be read, so nothing that depends on it can be shown or changed; run: overwinter verify."
        )
        self.position = position


class ReadModelStopped(Unreadable):
    """A request needs a read model that stopped at a fact and is out of date."""

    def __init__(self, projection: str, position: int) -> None:
        Exception.__init__(
            self,
            f"The read model {projection} stopped at position {position}, so its data cannot be shown; "
            "run: overwinter doctor.",
        )
        self.position = position
