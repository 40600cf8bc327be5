"""Several questions asked together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from typing import Final, TypeVar

T = TypeVar("T")

AT_ONCE: Final = 4
"""How many are asked at once: about half of the connections of a process."""


async def a_few_at_once(questions: Iterable[Awaitable[T]]) -> list[T]:
    """The answers to some questions, in their order. A few are asked at once, so that their look-ups go to the database together
    and leave it to others, too."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(question: Awaitable[T]) -> T:
        async with room:
            return await question

    return await asyncio.gather(*(one(each) for each in questions))
