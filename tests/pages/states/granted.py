"""A round with results, and grants in every state."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from playwright.sync_api import Page

from tests.pages.conftest import eur
from tests.pages.states.acting import opened, sent
from tests.pages.states.bodies import AWARD, DECLINE, waiting
from tests.pages.states.making import EveryState


def results_and_grants(states: EveryState, where: tuple[str, str], made: list[str]) -> None:
    """A round with results, and grants in every state."""
    call, round = where
    see, post = states.see, states.post
    *won, waits, lost = made
    states.judged(*made)
    outcomes = dict.fromkeys(won, AWARD) | {waits: waiting(1), lost: DECLINE}
    panel = states.panel(round, outcomes)
    post("chair", f"/api/panels/{panel}/close")
    post("officer", f"/api/panels/{panel}/confirm")
    post("officer", f"/api/panels/{panel}/announce")
    whose = {each: ("applicant", "second applicant")[number % 2] for number, each in enumerate(made)}
    see("application-waiting", f"/applications/{waits}", whose[waits])
    see("application-declined", f"/applications/{lost}", whose[lost])
    see("ranking-decided", f"/rounds/{round}/ranking", "officer", "funder")
    see("call-decided", f"/calls/{call}", "funder")
    see("call-applications-decided", f"/calls/{call}/applications", "officer", "funder")
    see("call-timeline-decided", f"/calls/{call}/timeline", "officer", "funder")
    see("call-grants", f"/calls/{call}/grants", "officer", "finance", "funder")
    see("application-awarded", f"/applications/{won[-1]}", whose[won[-1]], "officer", "funder")
    see("application-offer-unfolded", f"/applications/{won[-1]}", "officer", then=opened)
    grants = {
        each: states.granted(whose[each], each, accepted=number > 1) for number, each in enumerate(won[:-1])
    }
    their = [(whose[each], grant) for each, grant in grants.items()]

    def show(name: str, number: int, *roles: str, then: Callable[[Page], None] | None = None) -> None:
        owner, grant = their[number]
        see(f"grant-{name}", f"/grants/{grant}", owner, *roles, then=then)

    show("offered", 0, "officer")
    show("offered-unfolded", 0, then=opened)
    post(their[1][0], f"/api/grants/{their[1][1]}/decline", reason="other")
    show("declined", 1, "officer")
    show("accepted", 2, "officer", "finance")
    see("grant-schedule-unfolded", f"/grants/{their[2][1]}", "officer", then=opened)
    see(
        "grant-payee-wrong",
        f"/grants/{their[2][1]}",
        their[2][0],
        then=sent("grant-set_payee", account="DE00"),
    )
    states.scheduled(*their[3], confirmed=False)
    show("payee-to-confirm", 3, "finance", "approver", "officer")
    for number, steps in ((4, 1), (5, 2), (6, 3), (7, 4), (8, 5)):
        states.scheduled(*their[number])
        states.paid(*their[number], steps)
    show("requested", 4, "finance")
    show("approved-once", 5, "approver", "finance")
    show("approved", 6, "finance")
    see("grant-approved-unfolded", f"/grants/{their[6][1]}", "finance", then=opened)
    see("grant-instructed", f"/grants/{their[7][1]}", "finance")
    see("grant-instructed-unfolded", f"/grants/{their[7][1]}", "finance", then=opened)
    house = states.stage.speaking("officer").get("/api/me")["initiatives"][0]["initiative"]
    see("payments", f"/initiatives/{house}/payments", "finance", "approver")
    see("payments-wrong", f"/initiatives/{house}/payments", "finance", then=sent("paying"))
    see("funded", f"/initiatives/{house}/funded", "funder")
    owner, grant = their[8]
    post(owner, f"/api/grants/{grant}/reports", text="Two concerts were played.")
    show("report-to-read", 8, "officer", "funder")
    see("grant-report-unfolded", f"/grants/{grant}", "officer", then=opened)
    owner, grant = their[9]
    states.scheduled(owner, grant)
    ends_on = (states.now + timedelta(days=200)).date().isoformat()
    post(
        "officer", f"/api/grants/{grant}/amendments",
        amount=eur("250.00"), ends_on=ends_on, explanation="As we said on the phone.",
        instalments=[{"amount": eur("250.00"), "due": ends_on, "condition": "report"}],
    )  # fmt: skip
    show("amendment", 9, "officer")
    states.scheduled(*their[10])
    post(
        "officer",
        f"/api/grants/{their[10][1]}/suspend",
        reason="report_overdue",
        explanation="Where is the report?",
    )
    show("suspended", 10, "officer", "finance")
    states.scheduled(*their[11])
    post("officer", f"/api/grants/{their[11][1]}/terminate", reason="recipient_asked")
    show("terminated", 11, "officer", "funder")
    post("officer", f"/api/calls/{call}/screening", required=True)
    post(
        "finance", f"/api/grants/{their[4][1]}/screenings",
        setting=1, result="match_ruled_out", reference="S-7", screened_on=states.now.date().isoformat(), note="Born in another year.",
    )  # fmt: skip
    see("grant-screening-unfolded", f"/grants/{their[5][1]}", "finance", then=opened)
