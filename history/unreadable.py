"""A stored fact that cannot be read: its topic is unknown, its document does not parse, or its stream cannot have it."""

from __future__ import annotations


class Unreadable(Exception):
    """What was asked for rests on a fact that cannot be read. Its position is told to operators, never what it says; how
    many facts there are is nobody else's to know."""

    def __init__(self, position: int | None = None) -> None:
        where = "A stored fact" if position is None else f"The fact at position {position}"
        super().__init__(
            f"{where} cannot be read, so nothing that rests on it can be shown or changed; run: overwinter verify."
        )
        self.position = position


class ReadModelStopped(Unreadable):
    """What was asked for stands in a read model that stopped at a fact and is out of date."""

    def __init__(self, projection: str, position: int) -> None:
        Exception.__init__(
            self,
            f"The read model {projection} stopped at position {position}, so nothing that it holds can be shown; "
            "run: overwinter doctor.",
        )
        self.position = position
