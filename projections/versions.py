"""A version as an answer names it: of which stream, and which one."""

from __future__ import annotations


class Version:
    """A thing's version. Its number tells how often something happened to the thing, which is not for everybody to know,
    so that no answer holds it: at the edge it becomes a tag for the one who asks (`Runner.version_tag`).

    Not a dataclass nor a Struct, which would be encoded as they are; nothing encodes this by accident.
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
