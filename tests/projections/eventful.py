"""A season in which much is done twice or taken back, for whatever must hold of any history."""

from __future__ import annotations

from datetime import date, timedelta

from domain.grants.rules import PlannedInstalment
from tests.projections.conftest import DEADLINE, Season, eur


async def eventful(season: Season) -> Season:
    """A season in which things also go another way: a lowered quorum, an outcome that is set twice, instalments that are
    scheduled anew, approvals that end with another payee, a grant that is declined, a
    message that waits, and an erasure."""
    for part in (
        season.begin,
        season.apply,
        season.close,
        season.assign,
        season.lower_quorum,
        season.judge,
        season.open_panel,
    ):
        await part()
    await season.run(
        "panel.set_outcome",
        season.chair,
        panel=season.panel,
        application=season.application2,
        outcome="waitlist",
        amount=eur("500.00"),
        rank=1,
    )
    for number, amount in ((1, "1400.25"), (2, "300.00")):
        await season.run(
            "panel.set_outcome",
            season.chair,
            panel=season.panel,
            application=season.things[f"application{number}"],
            outcome="award",
            reason="quality",
            amount=eur(amount),
        )
    await season.run("panel.close", season.chair, panel=season.panel)
    await season.run("panel.confirm", season.officer, panel=season.panel)
    await season.run("panel.announce", season.officer, panel=season.panel)
    declined = await season.run(
        "grant.offer",
        season.officer,
        application=season.application2,
        respond_by=DEADLINE + timedelta(days=30),
    )
    await season.run("grant.decline", season.artist2, grant=declined, reason="safety")
    grant = season.things["grant"] = await season.run(
        "grant.offer",
        season.officer,
        application=season.application1,
        respond_by=DEADLINE + timedelta(days=30),
    )
    await season.run("grant.accept", season.artist1, grant=grant)
    await _set_payee(season, 1)
    for amounts in (("500.00", "500.00", "400.25"), ("1000.00", "400.25")):
        planned = tuple(PlannedInstalment(amount=eur(amount), due=date(2026, 6, 1)) for amount in amounts)
        await season.run("grant.schedule", season.officer, grant=grant, instalments=planned)
    await season.pay(1, "1000.00", fails_first=True)
    at = {"grant": grant, "instalment": 2}
    await season.run("instalment.request", season.artist1, **at)
    await season.run("instalment.approve", season.finance, **at)
    await _set_payee(season, 2)
    await season.run("instalment.approve", season.finance, **at)
    await season.run("grant.submit_report", season.artist1, grant=grant, text="Canary report")
    await season.run("grant.return_report", season.officer, grant=grant, report=1, reason="unclear")
    await season.run("grant.submit_report", season.artist1, grant=grant, text="Canary report, again")
    await season.run("grant.accept_report", season.officer, grant=grant, report=2)
    await season.run(
        "application.write_message", season.artist1, application=season.application1, text="Canary question"
    )
    await season.run("person.erase", season.administrator, person=season.artist2, reason="asked_by_person")
    return season


async def _set_payee(season: Season, setting: int) -> None:
    grant = season.things["grant"]
    await season.run(
        "grant.set_payee",
        season.artist1,
        grant=grant,
        kind="recipient",
        name="Canary Payee",
        account=f"Canary Payee {setting}",
    )
    await season.run("grant.confirm_payee", season.finance, grant=grant, setting=setting)
