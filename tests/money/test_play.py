"""Random play with money by people who act at once: whatever they try, in whatever order, no promise about it breaks.

`Books` counts anew after every fact; after each game the ledger is compared with them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.money.books import GrantBook
from tests.money.conftest import House, Round, together
from tests.money.moves import A_DAY, Attempt, Moves

pytestmark = pytest.mark.anyio

AWARDS = (40_000, 30_000, 50_000, 20_000)
RECEIVED = 125_000
"""Not enough for all four."""
GAMES_PLAYED = 12

Try = Coroutine[Any, Any, str | None]


@dataclass(frozen=True)
class Move:
    """Something that somebody tries with the grant of an application: the next step towards its end, or anything.

    `choice` decides among what there is to choose; `people` so many try the same at once.
    """

    application: int
    wild: bool
    choice: int
    people: int


MOVES = st.builds(
    Move,
    application=st.integers(0, len(AWARDS) - 1),
    wild=st.sampled_from([False, False, False, False, True]),
    choice=st.sampled_from(range(1000)),
    people=st.sampled_from([1, 2]),
)
GAMES = st.lists(st.lists(MOVES, min_size=2, max_size=5), min_size=32, max_size=40)


@dataclass(frozen=True)
class Table:
    """One game: a decided round and the house that plays."""

    house: House
    round: Round

    @property
    def grants(self) -> list[GrantBook]:
        """The books of this game's grants."""
        return [book for book in self.house.books.grants.values() if book.fund == self.round.fund]

    def tries(self, move: Move) -> list[Try]:
        """What the people of one move try at once."""
        application, artist = list(self.round.applications.items())[move.application]
        books = self.house.books
        found = [(grant, book) for grant, book in books.grants.items() if book.application == application]
        if not found:
            return [self.house.tried_offer(application) for _ in range(move.people)]
        ((grant, book),) = found
        now = self.house.offices[0].now
        tries = []
        for turn in range(move.people):
            moves = Moves(grant, book, artist, self.round.pledge, move.choice + turn, now)
            tries.append(self.attempt(moves.anything() if move.wild else moves.onward()))
        return tries

    async def attempt(self, attempt: Attempt | None) -> str | None:
        """Somebody tries it; without an attempt, a day passes."""
        if attempt is not None:
            return await self.house.tried(attempt.command, attempt.who, **attempt.fields)
        for office in self.house.offices:
            office.now += A_DAY
        return None


@pytest.fixture
def reached() -> Iterator[Counter[str]]:
    """How often each step was taken in all games together: a play in which nobody is paid would prove nothing."""
    counted: Counter[str] = Counter()
    yield counted
    if counted["game"] == GAMES_PLAYED:
        wanted = {"offered", "declined", "completed", "failed", "settled", "paid for a report"}
        wanted |= {"terminated", "amended"}
        wanted |= {"a fund too small", "a payee too new", "a report missing"}
        assert {step for step in wanted if counted[step]} == wanted
        assert counted["settled"] >= 10


@settings(
    max_examples=GAMES_PLAYED,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],  # races do not repeat themselves, so a smaller game proves nothing
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(game=GAMES)
async def test_no_game_breaks_a_promise_about_money(
    house: House, reached: Counter[str], game: list[list[Move]]
) -> None:
    """Each batch of moves is tried at once, through two processes; all games are played in one history."""
    table = Table(house, await house.awarded(*AWARDS, received=RECEIVED))
    house.count()
    for batch in game:
        answers = await together(*(one for move in batch for one in table.tries(move)))
        for answer in answers:
            reached["a fund too small"] += (answer or "").startswith("The fund has")
            reached["a payee too new"] += "payments are possible from" in (answer or "")
            reached["a report missing"] += "needs an accepted report of its own" in (answer or "")
        house.count()
        reached["amended"] += sum(book.amended for book in table.grants)
        reached["failed"] += sum(step == "failed" for book in table.grants for step in book.steps.values())
    for book in table.grants:
        reached[book.step] += 1
        reached["offered"] += 1
        reached["settled"] += len(book.paid)
        reached["paid for a report"] += len(book.paid.keys() & book.spent.values())
    house.check_ledger()
    reached["game"] += 1
