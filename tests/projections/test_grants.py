"""Grants: what the read model shows of approvals and of conflicts is what the rules go by."""

from __future__ import annotations

from datetime import date

import pytest

from domain.grants.rules import PlannedInstalment
from domain.grants.state import GRANT
from projections import grants
from tests.projections.conftest import DEADLINE, Season, eur
from tests.projections.reading_all import leaks, read_all

pytestmark = pytest.mark.anyio


async def shown(season: Season) -> dict[int, str]:
    """The instalments' statuses as the read model shows them, which must be the stream's."""
    season.project()
    found = await grants.one(season.reader, season.officer, season.things["grant"])
    state = await season.reader.the(GRANT, season.things["grant"])
    statuses = {each.number: each.status for each in found.instalments}
    assert statuses == {number: str(each.status) for number, each in state.instalments.items()}
    return statuses


async def test_another_payee_ends_the_approvals_that_are_shown(season: Season) -> None:
    """Of one approved twice, one approved once and one only requested; what was instructed before stays."""
    await season.begin()
    for part in (season.apply, season.close, season.assign, season.judge, season.decide):
        await part()
    grant = season.things["grant"] = await season.run(
        "grant.offer",
        season.officer,
        application=season.application1,
        respond_by=DEADLINE.replace(month=6),
    )
    payee = {"grant": grant, "kind": "recipient", "name": "Canary Payee", "account": "Canary Payee 1234"}
    await season.run("grant.accept", season.artist1, grant=grant)
    await season.run("grant.set_payee", season.artist1, **payee)
    await season.run("grant.confirm_payee", season.finance, grant=grant, setting=1)
    plan = tuple(PlannedInstalment(amount=eur("300.00"), due=date(2026, 6, 1)) for _ in range(4))
    await season.run(
        "grant.schedule", season.officer, grant=grant, instalments=plan, unscheduled=eur("200.25")
    )
    steps = [
        ("instalment.request", season.artist1, (1, 2, 3, 4)),
        ("instalment.approve", season.finance, (1, 2, 3)),
        ("instalment.approve", season.approver, (1, 2)),
    ]
    for name, who, numbers in steps:
        for number in numbers:
            await season.run(name, who, grant=grant, instalment=number)
    await season.run("instalment.instruct", season.finance, grant=grant, instalment=1, reference="RUN-1")
    assert await shown(season) == {1: "instructed", 2: "approved", 3: "approved once", 4: "requested"}

    await season.run("grant.set_payee", season.artist1, **payee)

    assert await shown(season) == {1: "instructed", 2: "requested", 3: "requested", 4: "requested"}
    await season.run("instalment.fail", season.finance, grant=grant, instalment=1, reason="name_mismatch")
    assert (await shown(season))[1] == "failed"
    await season.run("grant.confirm_payee", season.finance, grant=grant, setting=2)
    await season.run("instalment.approve", season.finance, grant=grant, instalment=1)
    assert (await shown(season))[1] == "approved once"


async def test_whoever_declared_a_conflict_follows_the_grant_by_its_handle(season: Season) -> None:
    """A juror who keeps the accounts: no recipient, payee or report of the one grant, in no query."""
    await season.whole()
    await season.run(
        "initiative.add_member",
        season.administrator,
        initiative=season.initiative,
        person=season.second_juror,
        roles=("juror", "officer", "finance", "approver"),
    )

    found = await read_all(season, season.second_juror)

    about = {name: answer for name, answer in found.items() if name.startswith("grants.")}
    assert leaks(about, "Canary", season.artist1) == {}
    seen = await grants.one(season.reader, season.second_juror, season.things["grant"])
    assert (seen.recipient, seen.settled, seen.handle is not None) == (None, eur("1400.25"), True)
    assert [report.text for report in seen.reports] == [None, None]
    other = await grants.one(season.reader, season.finance, season.things["grant"])
    assert other.recipient == season.artist1
    listed = await grants.of_call(season.reader, season.finance, season.call)
    assert [item.recipient for item in listed.items] == [season.artist1]
