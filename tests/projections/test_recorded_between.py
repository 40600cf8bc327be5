"""A fact that is recorded while a timeline is being read: it is left out as one before would be."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from domain.values import Role
from projections import timeline
from projections.paging import MOST
from projections.reader import Reader
from tests.projections.conftest import DEADLINE, Season
from tests.projections.test_changed_grants import granted
from tests.projections.test_judging_staff import holds
from tests.projections.test_tied_viewers import organisation, screen

pytestmark = pytest.mark.anyio


def reader_with(season: Season, happening: Callable[[], Awaitable[Any]], number: int) -> Reader:
    """A reader for whom something happens just before its statement of that number."""
    reader = season.reader
    statements = 0
    rows = reader.rows

    async def counted(query: Any, **values: object) -> Any:
        nonlocal statements
        statements += 1
        if statements == number:
            await happening()
            season.project()
        return await rows(query, **values)

    reader.rows = counted  # type: ignore[method-assign]
    return reader


@pytest.mark.parametrize("number", range(1, 6))
async def test_a_screening_is_not_shown_to_people_with_ties_to_the_payee(season: Season, number: int) -> None:
    await granted(season)
    season.things["grant_id"] = season.things["grant"]
    host = await organisation(season, "tied")
    await holds(season, "tied", Role.OFFICER)
    await season.run(
        "grant.set_payee",
        season.artist1,
        grant=season.grant_id,
        name="Canary Payee",
        account="Canary Payee 2",
        kind="fiscal_host",
        host=host,
    )
    season.project()
    reader = reader_with(season, lambda: screen(season, 2), number)
    found = await timeline.of_grant(reader, season.tied, season.grant_id, limit=MOST)
    assert "grant.screened.v1" not in {entry.topic for entry in found.items}


@pytest.mark.parametrize("number", range(1, 4))
async def test_an_application_to_a_round_that_opens_meanwhile_is_not_shown_to_funders(
    season: Season, number: int
) -> None:
    """They see what belongs to a round once it is decided; this one was not there when that was asked."""
    await season.begin()
    call = await season.draft(season.fund)
    await season.run("call.publish", season.officer, call=call)
    season.project()

    async def applies() -> None:
        season.things |= {"call": call}
        season.things["round"] = await season.run(
            "round.open", season.officer, call=call, closes_at=DEADLINE.replace(tzinfo=None, year=2027)
        )
        await season.apply()

    found = await timeline.of_call(reader_with(season, applies, number), season.funder, call, limit=MOST)
    assert "application.submitted.v1" not in {entry.topic for entry in found.items}
