"""Timelines fail closed: a fact is told to those whom its topic names, and one whose topic names nobody to nobody."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain import topics
from domain.refusals import Forbidden, NotFound
from domain.topics import topics_for
from domain.values import Role
from projections import timeline
from projections.paging import MOST
from tests.projections.conftest import Season

pytestmark = pytest.mark.anyio


async def read(season: Season) -> dict[str, set[str]]:
    """The topics that each reads, in all timelines of a whole season that they may open."""
    reader, who = season.reader, season.people
    found = {
        "applicant": (timeline.of_application, "artist1", "application1"),
        "recipient": (timeline.of_grant, "artist1", "grant"),
        "staff": (timeline.of_call, "officer", "call"),
        "staff of a fund": (timeline.of_fund, "officer", "fund"),
        "funder": (timeline.of_call, "funder", "call"),
        "funder of a fund": (timeline.of_fund, "funder", "fund"),
    }
    return {
        name: {
            entry.topic
            for entry in (await query(reader, who[person], season.things[thing], limit=MOST)).items
        }
        for name, (query, person, thing) in found.items()
    }


async def test_each_reads_what_is_for_them(season: Season) -> None:
    """Of what happened, all that is for their role, and nothing else."""
    await season.whole()
    season.project()
    told = await read(season)
    happened = told["staff"] | told["staff of a fund"]
    assert happened <= topics_for(Role.OFFICER)
    assert told["funder"] == told["staff"] & topics_for(Role.FUNDER)
    assert told["funder of a fund"] == told["staff of a fund"] & topics_for(Role.FUNDER)
    of_application = {topic for topic in happened if topic.startswith(("application.", "grant."))}
    assert told["applicant"] | told["recipient"] == (
        of_application - {"application.declined.v1"} | {"fund.committed.v1"}
    )


@pytest.mark.parametrize("who", ["juror", "chair", "finance", "approver"])
@pytest.mark.parametrize("thing", ["application1", "grant", "call", "fund"])
async def test_the_jury_and_finance_open_no_timeline(season: Season, who: str, thing: str) -> None:
    """Those who judge learn no times by it, and whoever pays reads a fund's ledger instead."""
    await season.whole()
    season.project()
    query = {
        "application1": timeline.of_application,
        "grant": timeline.of_grant,
        "call": timeline.of_call,
        "fund": timeline.of_fund,
    }[thing]
    with pytest.raises((NotFound, Forbidden)):
        await query(season.reader, season.people[who], season.things[thing])


async def test_a_topic_without_an_audience_is_shown_to_nobody(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even where it stands in the table of a timeline already."""
    await season.whole()
    season.project()
    assert "grant.accepted.v1" in set.union(*(await read(season)).values())
    undeclared = tuple(
        replace(topic, audience=frozenset()) if topic.name == "grant.accepted.v1" else topic
        for topic in topics.REGISTER
    )
    monkeypatch.setattr(topics, "REGISTER", undeclared)
    assert "grant.accepted.v1" not in set.union(*(await read(season)).values())
