"""A small emergency grant on the fast track, from the open panel to the payment: fewer steps, and as many eyes on the money."""

from __future__ import annotations

import pytest

from domain.grants.facts import GrantAccepted, GrantInstalmentsScheduled
from domain.panels.facts import PanelAnnounced, PanelConfirmed, PanelOpened, PanelOutcomeSet
from history.requests import Stale
from tests.money.conftest import REQUESTED, House, eur

pytestmark = pytest.mark.anyio

CEILING = 60_000


async def test_it_is_paid_in_one_instalment_that_two_people_approve(house: House) -> None:
    artist = await house.offices[0].person()
    round = await house.reviewed(
        [artist],
        pledged=CEILING,
        received=CEILING,
        budget=CEILING,
        jurors=("juror", "chair"),
        fast_track_up_to=CEILING,
    )
    panel = await house.stream("panel.open", "officer", round=round.id)
    (application,) = round.applications
    award = {"panel": panel, "application": application, "outcome": "award", "reason": "urgency"}
    assert await house.tried(
        "panel.set_outcome", "chair", **award, amount=eur(CEILING + 1), more_because="costs_rose"
    )
    await house.run("panel.set_outcome", "chair", **award, amount=eur(REQUESTED))
    assert await house.tried("panel.confirm", "chair", panel=panel)
    assert await house.tried("panel.confirm", "officer", panel=panel), "the open panel was not read"
    runner, officer = house.offices[0].runner, house.people["officer"]
    read = [runner.version_tag(officer, panel, version) for version in (1, len(house.facts(panel)))]
    with pytest.raises(Stale):
        await house.run("panel.confirm", "officer", panel=panel, expected=read[0])
    await house.run("panel.confirm", "officer", panel=panel, expected=read[1])
    await house.run("panel.announce", "officer", panel=panel)
    assert [type(fact) for fact in house.facts(panel)] == [
        PanelOpened,
        PanelOutcomeSet,
        PanelConfirmed,
        PanelAnnounced,
    ]

    grant = await house.offer(application)
    await house.run("grant.accept", artist, grant=grant)
    assert [type(fact) for fact in house.facts(grant)[-2:]] == [GrantAccepted, GrantInstalmentsScheduled]
    await house.run(
        "grant.set_payee",
        artist,
        grant=grant,
        kind="recipient",
        name="Applicant One",
        account="In cash, by hand",
    )
    one = {"grant": grant, "instalment": 1}
    assert await house.tried("grant.confirm_payee", artist, grant=grant, setting=1)
    await house.run("grant.confirm_payee", "finance", grant=grant, setting=1)
    await house.run("instalment.request", artist, **one)
    assert await house.tried("instalment.approve", artist, **one)
    await house.run("instalment.approve", "both", **one)
    assert await house.tried("instalment.approve", "both", **one)
    assert await house.tried("instalment.instruct", "finance", **one, reference="RUN-1")
    await house.run("instalment.approve", "approver", **one)
    await house.run("instalment.instruct", "finance", **one, reference="RUN-1")
    await house.run(
        "instalment.settle", "finance", **one, amount=eur(REQUESTED), settled_on=house.offices[0].now.date()
    )
    house.check_ledger()
