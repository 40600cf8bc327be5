"""The version of a stream in the result of a query."""

from __future__ import annotations


class Version:
    """The version of a stream. The number would show how often something happened, so it is never sent to clients: the
    API replaces it by a tag for the viewer (`Runner.version_tag`).

    Deliberately neither a dataclass nor a Struct, so that it cannot be encoded by accident.
    """

    __slots__ = ("number", "stream")

    def __init__(self, stream: str, number: int) -> None:
        self.stream = stream
        self.number = number

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and (self.stream, self.number) == (other.stream, other.number)

    def __hash__(self) -> int:
        return hash((self.stream, self.number))

    def __repr__(self) -> str:
        return f"Version({self.stream!r}, {self.number})"
