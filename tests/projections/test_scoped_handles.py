"""That two people differ can be seen from their handles in the call alone, without an id that is the same everywhere."""

from __future__ import annotations

import pytest

from history.documents import Recorded, read
from tests.projections.conftest import Season

pytestmark = pytest.mark.anyio

COMPARED = {"application", "review", "reading", "panel", "grant"}
"""The kinds of streams in which a rule compares who acts with who acted before."""


async def recorded(season: Season) -> list[Recorded]:
    await season.whole()
    return [read(topic, bytes(document)) for _, _, _, topic, document, *_ in season.office.rows()]


def handles(facts: list[Recorded], topic: str) -> set[str | None]:
    """The handles of those who did this."""
    return {each.envelope.acting.handle for each in facts if each.topic == topic}


async def test_all_acts_that_a_rule_compares_share_the_call_as_their_scope(season: Season) -> None:
    """And in it a handle is one person, and one person has one handle."""
    facts = await recorded(season)
    compared = [each for each in facts if each.stream.partition("-")[0] in COMPARED]
    assert {each.envelope.acting.scope for each in compared} == {season.call}
    pairs = {(each.envelope.actor, each.envelope.acting.handle) for each in compared}
    assert len(pairs) == len({who for who, _ in pairs}) == len({handle for _, handle in pairs}) >= 8


async def test_the_rules_that_compare_people_can_be_checked_by_handles(season: Season) -> None:
    facts = await recorded(season)
    (offered,) = [each for each in facts if each.topic == "grant.offered.v1"]
    recipient: str = offered.fact.recipient_handle
    own = {each.envelope.acting.handle for each in facts if each.stream == season.application1}
    assert recipient in own
    for topic in (
        "grant.accepted.v1",
        "grant.payee_set.v1",
        "grant.report_submitted.v1",
        "grant.instalment_requested.v1",
    ):
        assert handles(facts, topic) == {recipient}
    for topic in ("grant.offered.v1", "grant.payee_confirmed.v1", "grant.instalment_instructed.v2"):
        assert recipient not in handles(facts, topic)
    by_stage = {
        stage: {
            each.envelope.acting.handle
            for each in facts
            if each.topic == "grant.instalment_approved.v1" and each.fact.approval == stage
        }
        for stage in (1, 2)
    }
    assert by_stage[1]
    assert by_stage[2]
    assert by_stage[1].isdisjoint(by_stage[2] | {recipient})
    assert recipient not in by_stage[2]
    confirmed = handles(facts, "panel.confirmed.v1")
    assert confirmed.isdisjoint(handles(facts, "panel.closed.v1") | handles(facts, "panel.outcome_set.v1"))
    applied = handles(facts, "application.submitted.v1")
    assert len(applied) == 2
    assert applied.isdisjoint(
        handles(facts, "review.submitted.v1") | handles(facts, "application.found_eligible.v1")
    )
