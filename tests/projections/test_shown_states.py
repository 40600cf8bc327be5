"""Rows show what the domain folds: as of any position, the state of each stream up to there."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import psycopg
import pytest

from domain.grants.state import Grant
from domain.rounds.facts import RoundQuorumLowered
from domain.topics import AGGREGATES
from history.documents import fact_in
from projections.folding import applications, calls, funds, grants, panels, reviews, rounds
from projections.tables import Table
from tests.projections.conftest import Season
from tests.projections.eventful import eventful

pytestmark = pytest.mark.anyio

SHOWN: dict[str, Table[Any]] = {
    "call": calls.CALLS,
    "round": rounds.ROUNDS,
    "application": applications.APPLICATIONS,
    "review": reviews.REVIEWS,
    "panel": panels.PANELS,
    "fund": funds.FUNDS,
    "grant": grants.GRANTS,
}
"""The table that shows each kind of stream."""


class Versions:
    """All versions of the rows of a table, by their group."""

    def __init__(self, connection: psycopg.Connection[Any], table: Table[Any]) -> None:
        columns = ", ".join(f'"{name}"' for name in table.columns)
        query = f"SELECT {columns}, from_position, to_position FROM read.{table.name}"
        found = connection.execute(query.encode()).fetchall()
        self._rows = defaultdict(list)
        for row, values in zip(table.rows(found), found, strict=True):
            self._rows[table.group_of(row)].append((row, values[-2], values[-1]))

    def as_of(self, group: str, position: int) -> list[Any]:
        """The rows of a group as of a position."""
        return [row for row, since, until in self._rows[group] if since <= position < until]


async def test_as_of_any_position_rows_show_the_state_that_the_domain_folds_up_to_it(season: Season) -> None:
    """Status, sums and whatever else they have in common, and the version that people are told."""
    await eventful(season)
    season.project()
    with psycopg.connect(season.url) as connection:
        shown = {
            table: Versions(connection, table)
            for table in (*SHOWN.values(), grants.INSTALMENTS, grants.REPORTS)
        }
    states: dict[str, Any] = {}
    told = Counter[str]()
    seen = set()
    for position, stream, _, topic, document, _ in season.office.rows():
        kind = stream.partition("-")[0]
        fact, aggregate = fact_in(topic, document, season.office.runner.history.id), AGGREGATES[kind]
        told[stream] += fact.told
        state = states[stream] = aggregate.evolve(states.get(stream, aggregate.empty), fact)
        # Applicants read a round's row, and are not to learn that a quorum was lowered.
        if kind not in SHOWN or isinstance(fact, RoundQuorumLowered):
            continue
        seen.add(kind)
        (row,) = shown[SHOWN[kind]].as_of(stream, position)
        common = [name for name in SHOWN[kind].columns if hasattr(state, name)]
        assert "status" in common or kind == "fund"
        # What no fact has set is null in a row: a sum that was awarded, a review's points.
        said = {name: getattr(row, name) or getattr(aggregate.empty, name) for name in common}
        assert said == {name: getattr(state, name) for name in common}, topic
        assert row.version == told[stream]
        if isinstance(state, Grant):
            instalments = shown[grants.INSTALMENTS].as_of(stream, position)
            reports = shown[grants.REPORTS].as_of(stream, position)
            check_grant(row, instalments, reports, state)
    assert seen == SHOWN.keys()


def check_grant(
    row: grants.GrantRow,
    instalments: list[grants.InstalmentRow],
    reports: list[grants.ReportRow],
    state: Grant,
) -> None:
    """The payee, and where each instalment and each report stands."""
    if state.payee is not None:
        payee = (state.payee.setting, state.payee.confirmed, state.payee.payable_from)
        assert (row.payee_setting, row.payee_confirmed, row.payable_from) == payee
    assert {each.number: (each.amount, each.due, each.status, each.report) for each in instalments} == {
        number: (each.plan.amount, each.plan.due, each.status, each.report)
        for number, each in state.instalments.items()
    }
    assert {each.report: each.status for each in reports} == state.reports


async def test_beside_it_the_season_left_what_only_its_facts_say(season: Season) -> None:
    """Reasons, references and days; titles of those alone who were not erased; and a ledger whose entries add up."""
    await eventful(season)
    season.project()

    assert season.rows("SELECT application FROM read.titles") == [(season.application1,)]
    assert season.rows("SELECT reason FROM read.grants WHERE status = 'declined'") == [("safety",)]
    assert season.rows(
        "SELECT status, reference, reason, settled_on IS NOT NULL FROM read.instalments WHERE number = 1 "
        "AND status IN ('instructed', 'failed', 'settled') ORDER BY from_position"
    ) == [
        ("instructed", "RUN-1", None, False),
        ("failed", "RUN-1", "held_by_bank", False),
        ("instructed", "RUN-1-again", None, False),
        ("settled", "RUN-1-again", None, True),
    ]
    assert season.rows("SELECT reason FROM read.reports WHERE status = 'returned' ORDER BY report") == [
        ("unclear",)
    ]
    assert season.rows(
        "SELECT account, sum(amount)::bigint FROM read.ledger GROUP BY account ORDER BY account"
    ) == [
        ("cash", 6000_00 - 1000_00),
        ("contributions", -8000_00),
        ("grants_awarded", 1400_25),
        ("grants_payable", -400_25),
        ("pledges_receivable", 2000_00),
    ]
    assert season.rows("SELECT position FROM read.ledger GROUP BY position HAVING sum(amount) <> 0") == []


async def test_a_fact_that_names_another_stream_is_told_in_its_timelines_too(season: Season) -> None:
    """What a fund commits to a grant is about the grant's application, in the fund's timeline, too."""
    await eventful(season)
    season.project()
    grant, application = season.things["grant"], season.application1

    told = season.rows(
        "SELECT thing, application FROM read.timeline WHERE topic = 'fund.committed.v1' ORDER BY position, thing"
    )

    assert None not in {about for _, about in told}
    assert {thing for thing, about in told if about == application} == {
        grant, application, season.call, season.fund,
    }  # fmt: skip
