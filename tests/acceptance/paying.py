"""One grant's way from the offer to the last payment."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from benchmarks.people import Person, money
from tests.acceptance.journey import Company, Journey

ACCOUNTS: Final = (
    "DE89 3704 0044 0532 0130 00",
    "GB29 NWBK 6016 1331 9268 19",
    "FR14 2004 1010 0505 0001 3M02 606",
)
"""The specimen accounts that the registry of IBANs prints; they belong to nobody."""

RESPOND_DAYS: Final = 30
PAYEE_WAIT: Final = timedelta(hours=25)


async def agree(company: Company, journey: Journey) -> None:
    """The grant is offered and accepted, its payee set and confirmed, its instalments scheduled."""
    traffic, cast, acting = company.traffic, company.cast, journey.acting
    assert acting is not None
    respond_by = company.clock.now() + timedelta(days=RESPOND_DAYS)
    offered = await traffic.write(
        "offer a grant",
        f"/api/applications/{journey.application}/grant",
        cast.officer.token,
        {"respond_by": respond_by.isoformat()},
    )
    journey.grant = offered.id
    path = f"/api/grants/{offered.id}"
    await traffic.read("read one's grant", path, acting.token, position=offered.position)
    await traffic.write("accept a grant", f"{path}/accept", acting.token)
    settings = 2 if journey.changes_payee and company.clock.settable else 1
    for setting in range(1, settings + 1):
        await traffic.write(
            "set the payee",
            f"{path}/payee",
            acting.token,
            {
                "kind": "recipient",
                "name": journey.file.recipient,
                "account": ACCOUNTS[(journey.file.number + setting) % len(ACCOUNTS)],
            },
        )
        await traffic.write(
            "confirm the payee", f"{path}/payee/confirm", cast.finance.token, {"setting": setting}
        )
    await traffic.write(
        "schedule instalments",
        f"{path}/schedule",
        cast.officer.token,
        {"instalments": _planned(journey), "confirm_past_due": True},
    )


def _planned(journey: Journey) -> list[dict[str, object]]:
    file = journey.file
    days = (file.awarded_on, file.ends_on)
    return [
        {
            "amount": money(part, file.currency),
            "due": days[place].isoformat(),
            "condition": "report" if place else "none",
        }
        for place, part in enumerate(journey.parts)
    ]


async def pay(company: Company, journey: Journey) -> None:
    """Every instalment is requested, approved by two, instructed and settled; then the grant is completed."""
    traffic, cast, acting = company.traffic, company.cast, journey.acting
    assert acting is not None
    path = f"/api/grants/{journey.grant}"
    for number, part in enumerate(journey.parts, 1):
        if number > 1:
            await _report(company, path, acting, journey.file.title)
        instalment = f"{path}/instalments/{number}"
        await traffic.write("request an instalment", f"{instalment}/request", acting.token)
        await traffic.write("approve, first", f"{instalment}/approve", cast.finance.token)
        approved = await traffic.write("approve, second", f"{instalment}/approve", cast.approver.token)
        await traffic.read("read a grant", path, cast.finance.token, position=approved.position)
        reference = {"reference": f"Grant {journey.file.number}, instalment {number}"}
        await traffic.write("instruct", f"{instalment}/instruct", cast.finance.token, reference)
        if journey.fails_once and number == len(journey.parts):
            await traffic.write(
                "record a failure", f"{instalment}/fail", cast.finance.token, {"reason": "returned_by_bank"}
            )
            await traffic.write("instruct", f"{instalment}/instruct", cast.finance.token, reference)
        settled_on = company.clock.now().date().isoformat()
        await traffic.write(
            "settle",
            f"{instalment}/settle",
            cast.finance.token,
            {"amount": money(part, journey.file.currency), "settled_on": settled_on},
        )
    completed = await traffic.write("complete a grant", f"{path}/complete", cast.officer.token)
    await traffic.read(
        "read a grant's timeline", f"{path}/timeline", cast.funder.token, position=completed.position
    )


async def _report(company: Company, path: str, acting: Person, title: str) -> None:
    traffic, officer = company.traffic, company.cast.officer
    await traffic.write(
        "submit a report", f"{path}/reports", acting.token, {"text": f"Done as described: {title}"}
    )
    await traffic.write("accept a report", f"{path}/reports/1/accept", officer.token)
