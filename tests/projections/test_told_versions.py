"""A command with the version that its sender was shown: facts that are hidden from some readers do not make it stale."""

from __future__ import annotations

from datetime import timedelta

import pytest

from history.requests import Stale
from projections import calls, rounds
from projections.versions import Version
from tests.projections.conftest import DEADLINE, Season

pytestmark = pytest.mark.anyio

LATER = (DEADLINE + timedelta(days=7)).replace(tzinfo=None)
LATEST = (DEADLINE + timedelta(days=9)).replace(tzinfo=None)


async def shown(season: Season, viewer: str) -> Version:
    """The version of the round that somebody is shown."""
    season.project()
    found = (await rounds.one(season.reader, viewer, season.round)).version
    call = await calls.one(season.reader, viewer, season.call)
    assert call.rounds[0].version == found
    return found


def tag(season: Season, viewer: str, version: Version) -> str:
    """The tag by which the version is told to somebody."""
    return season.office.runner.version_tag(viewer, version.stream, version.number)


async def let_in(season: Season, artist: str, *, expected: str | None = None) -> str:
    """Give somebody late access; gives the version that the answer tells the officer."""
    answer = await season.office.run(
        "round.grant_late_access",
        season.officer,
        round=season.round,
        applicant=artist,
        until=LATER,
        reason="illness",
        explanation=None,
        expected=expected,
        key=f"late {artist}",
    )
    return tag(season, season.officer, Version(answer.stream, answer.version))


async def test_after_late_access_the_round_as_shown_can_be_extended_and_nobody_is_told_of_it(
    season: Season,
) -> None:
    await (await season.begin()).apply()
    before = await shown(season, season.artist2)
    read = tag(season, season.officer, await shown(season, season.officer))
    answered = await let_in(season, season.artist1, expected=read)
    again = await let_in(season, season.artist1, expected=read)
    assert await shown(season, season.artist2) == before
    assert answered == again == tag(season, season.officer, await shown(season, season.officer))
    extending = {"round": season.round, "closes_at": LATEST, "reason": "events", "explanation": None}
    extended = await season.office.run("round.extend", season.officer, expected=answered, **extending)
    assert await shown(season, season.officer) == Version(extended.stream, extended.version)
    with pytest.raises(Stale):
        await season.office.run(
            "round.extend",
            season.officer,
            expected=answered,
            **extending | {"closes_at": LATEST + timedelta(days=1)},
        )


async def test_a_lowered_quorum_does_not_show_in_the_version_of_a_round(season: Season) -> None:
    await (await (await (await season.begin()).apply()).close()).assign()
    before = await shown(season, season.artist1)
    await season.lower_quorum()
    assert await shown(season, season.artist1) == before
