"""A panel that decides on many applications at once: one append, however many artists withdraw at the same moment."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager

import psycopg
import pytest

from domain.applications import (
    ApplicationAwarded,
    ApplicationDeclined,
    ApplicationFoundEligible,
    ApplicationSubmitted,
    ApplicationWaitlisted,
    ApplicationWithdrawn,
)
from domain.panels import PanelClosed, PanelConfirmed, PanelOpened, PanelOutcomeSet
from domain.refusals import Refused
from domain.rounds import RoundClosed, RoundDecided, RoundOpened, RoundPutToPanel
from history.appends import Append, Appended
from history.runner import TRIES_TOGETHER
from history.store import Row
from tests.money.conftest import House, Round, eur, several, together

pytestmark = pytest.mark.anyio

AWARD = 10_000
TOO_LATE = (
    "Only an application that is under consideration or on the waiting list can be withdrawn; this one is {}."
)
KINDS = ("award", "waitlist", "decline")


async def closed_panel(house: House, count: int) -> Round:
    """A closed panel on so many applications: by turns awarded, on the waiting list, declined. Prints its times."""
    began = time.perf_counter()
    artists = await several(house.offices[0].person() for _ in range(count))
    round = await house.reviewed(artists, pledged=AWARD, received=AWARD, budget=AWARD * count)
    reviewed = time.perf_counter()
    round.panel = await house.stream("panel.open", "officer", round=round.id)
    opened = time.perf_counter()
    for number, application in enumerate(round.applications):
        kind = KINDS[number % 3]
        await house.run(
            "panel.set_outcome",
            "chair",
            panel=round.panel,
            application=application,
            outcome=kind,
            amount=eur(AWARD) if kind == "award" else None,
            rank=number // 3 + 1 if kind == "waitlist" else None,
            reason="not_selected" if kind == "decline" else None,
        )
    decided = time.perf_counter()
    await house.run("panel.close", "chair", panel=round.panel)
    print(  # noqa: T201 - a time is told, not asserted
        f"{count} applications: submitted to reviewed {reviewed - began:.1f} s, panel opened in {opened - reviewed:.1f} s, "
        f"outcomes set in {decided - opened:.1f} s, closed in {time.perf_counter() - decided:.1f} s"
    )
    return round


async def confirm(house: House, round: Round) -> str | None:
    """The officer confirms, on the first process; prints how long it took."""
    began = time.perf_counter()
    try:
        await house.offices[0].run("panel.confirm", house.people["officer"], panel=round.panel)
    except Refused as refused:
        return str(refused.detail)
    finally:
        print(f"confirmed in {time.perf_counter() - began:.1f} s")  # noqa: T201 - the same
    return None


async def withdraw(house: House, round: Round, application: str, pause: float = 0) -> str | None:
    """The artist withdraws, on the second process, after a pause in seconds."""
    await asyncio.sleep(pause)
    try:
        await house.offices[-1].run(
            "application.withdraw", round.applications[application], application=application, reason="safety"
        )
    except Refused as refused:
        return str(refused.detail)
    return None


def told(house: House, streams: Iterable[str]) -> dict[str, list[type]]:
    """The kinds of facts of each stream."""
    return {stream: [type(fact) for fact in house.facts(stream)] for stream in streams}


def positions(house: House, *topics: str) -> list[int]:
    """The positions of some facts."""
    with psycopg.connect(house.url) as connection:
        found = connection.execute(
            "SELECT position FROM history.facts WHERE topic = ANY (%s) ORDER BY position", (list(topics),)
        ).fetchall()
    return [position for (position,) in found]


def check_decided(house: House, round: Round, before: set[str], after: set[str]) -> None:
    """Everything was decided in one append, but what was withdrawn `before` it; what was withdrawn `after` it had a
    place on the waiting list."""
    eligible: list[type] = [ApplicationSubmitted, ApplicationFoundEligible]
    outcomes = {
        "award": ApplicationAwarded,
        "waitlist": ApplicationWaitlisted,
        "decline": ApplicationDeclined,
    }
    expected: dict[str, list[type]] = {}
    for number, application in enumerate(round.applications):
        outcome: list[type] = [] if application in before else [outcomes[KINDS[number % 3]]]
        withdrawn: list[type] = [ApplicationWithdrawn] if application in before | after else []
        expected[application] = eligible + outcome + withdrawn
    assert told(house, round.applications) == expected
    assert told(house, [round.id]) == {round.id: [RoundOpened, RoundClosed, RoundPutToPanel, RoundDecided]}
    assert told(house, [round.panel]) == {
        round.panel: [PanelOpened, *[PanelOutcomeSet] * len(round.applications), PanelClosed, PanelConfirmed]
    }
    together = positions(
        house,
        "panel.confirmed.v1",
        "round.decided.v1",
        "application.awarded.v1",
        "application.waitlisted.v1",
        "application.declined.v1",
    )
    assert len(together) == 2 + len(round.applications) - len(before)
    assert together == list(range(together[0], together[0] + len(together))), "not in one append"


async def race(house: House, count: int, pause: float) -> None:
    """A panel is confirmed while every fifth artist withdraws, one every `pause` seconds; whoever comes
    first, the result is whole."""
    round = await closed_panel(house, count)
    leaving = list(round.applications)[::5]

    confirmed, *answers = await together(
        confirm(house, round),
        *(withdraw(house, round, one, pause=number * pause) for number, one in enumerate(leaving)),
    )

    assert confirmed is None
    withdrawn = {application for application, answer in zip(leaving, answers, strict=True) if answer is None}
    confirmation = positions(house, "panel.confirmed.v1")[0]
    late = len([at for at in positions(house, "application.withdrawn.v1") if at > confirmation])
    after = {
        application
        for application in withdrawn
        if ApplicationWaitlisted in told(house, [application])[application]
    }
    early, refused = len(withdrawn - after), len(leaving) - len(withdrawn)
    print(f"withdrawn before it {early}, after it {late}, too late {refused}")  # noqa: T201 - who won is told too
    assert len(after) == late
    check_decided(house, round, withdrawn - after, after)
    assert set(answers) <= {
        None,
        *(TOO_LATE.format(status) for status in ("awarded", "declined")),
    }
    house.check_ledger()


async def test_it_decides_on_thirty_while_artists_withdraw(house: House) -> None:
    await race(house, 30, pause=0.006)


@pytest.mark.long
@pytest.mark.timeout(600)
async def test_it_decides_on_a_thousand_while_artists_withdraw(house: House) -> None:
    await race(house, 1_000, pause=0.05)


async def test_a_withdrawal_between_reading_and_storing_is_not_decided_over(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The confirmation was decided on applications that were all in play; before it is stored, an award and a place on
    the waiting list are withdrawn by way of the other process. It is decided anew, without them."""
    round = await closed_panel(house, 6)
    award, waitlisted = list(round.applications)[:2]
    history = house.offices[0].runner.history
    store = history.append
    sizes: list[int] = []
    outcomes: Counter[str] = Counter()

    async def meddling(append: Append) -> Appended:
        if not sizes:
            assert [await withdraw(house, round, one) for one in (award, waitlisted)] == [None, None]
        sizes.append(len(append.facts))
        appended = await store(append)
        outcomes[appended.outcome] += 1
        return appended

    monkeypatch.setattr(history, "append", meddling)
    assert await confirm(house, round) is None

    # The officer's handle within the call was bound long before, so both attempts are the decision alone.
    assert sizes == [2 + 6, 2 + 4]
    assert outcomes == {"conflict": 1, "appended": 1}
    check_decided(house, round, {award, waitlisted}, set())


async def test_whoever_loses_again_and_again_goes_alone(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before each try is stored, one more artist withdraws by way of the other process. In the end the withdrawals wait
    instead: until the decision about all the others is stored."""
    round = await closed_panel(house, 24)
    leaving = list(round.applications)[2::3]  # all to be declined
    history = house.offices[0].runner.history
    store, alone = history.append, history.alone
    withdrawing: list[asyncio.Task[str | None]] = []

    def begin_withdrawing() -> asyncio.Task[str | None]:
        withdrawing.append(asyncio.create_task(withdraw(house, round, leaving[len(withdrawing)])))
        return withdrawing[-1]

    async def meddling(append: Append) -> Appended:
        await begin_withdrawing()
        return await store(append)

    @asynccontextmanager
    async def in_vain() -> AsyncIterator[Callable[[Append], Awaitable[Appended]]]:
        async with alone() as store_alone:
            done, _ = await asyncio.wait([begin_withdrawing()], timeout=0.3)
            assert not done
            yield store_alone

    monkeypatch.setattr(history, "append", meddling)
    monkeypatch.setattr(history, "alone", in_vain)
    assert await confirm(house, round) is None

    *before, last = await asyncio.gather(*withdrawing)
    assert 1 < len(before) <= TRIES_TOGETHER  # a try that remembered too much is not stored at all
    assert set(before) == {None}
    assert last == TOO_LATE.format("declined")
    check_decided(house, round, set(leaving[: len(before)]), set())


async def test_two_people_who_confirm_at_once_confirm_once(house: House) -> None:
    """Two officers, two processes."""
    round = await closed_panel(house, 6)

    answers = await together(
        *(house.tried("panel.confirm", who, panel=round.panel) for who in ("officer", "second_officer"))
    )

    assert sorted(answers, key=str) == [None, CONFIRMED]
    decided = positions(
        house, "application.awarded.v1", "application.waitlisted.v1", "application.declined.v1"
    )
    assert len(decided) == 6


CONFIRMED = "Only a closed panel can be confirmed; this one is confirmed."


async def test_a_refusal_is_of_one_moment(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A panel that is read just before another confirms it, and its applications just after: who is too late is told
    that it is confirmed, not what its applications have become."""
    round = await closed_panel(house, 6)
    history = house.offices[0].runner.history
    load = history.load
    loads: list[int] = []

    async def meddling(after: Mapping[str, int]) -> Mapping[str, Sequence[Row]]:
        if any(stream.startswith("application-") for stream in after):
            loads.append(len(after))
            if len(loads) == 1:
                await house.offices[1].run("panel.confirm", house.people["second_officer"], panel=round.panel)
        return await load(after)

    monkeypatch.setattr(history, "load", meddling)
    assert await confirm(house, round) == CONFIRMED
    assert loads
