"""Rounds that are judged, and panels at work."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from tests.pages.browsing import NOBODY
from tests.pages.conftest import eur
from tests.pages.states.acting import opened, sent, submits_without_points
from tests.pages.states.bodies import AWARD, CALL, DECLINE, LETTER, both, waiting
from tests.pages.states.granted import results_and_grants
from tests.pages.states.making import EveryState
from tests.staging import with_stage


def after_the_deadline(states: EveryState) -> None:
    """Rounds that are judged, decided and paid."""
    stages = [LETTER, CALL["stages"][0] | {"title": both("Project", "Проект")}]
    fast = with_stage(CALL, quorum=2) | {"maximum_award": eur("1500.00"), "fast_track_up_to": eur("1500.00")}
    reviewing = states.open(("Letters that were not sent", "Неотправленные письма"))
    in_panel = states.open(("Voices of the north", "Голоса севера"))
    closed = states.open(("Paper theatre", "Бумажный театр"))
    planned = states.open(("Small cinemas", "Малые кинотеатры"))
    decided = states.open(("Winter stages", "Зимние сцены"))
    staged = states.open(("Books of two winters", "Книги двух зим"), stages=stages)
    quick = states.open(
        ("First aid for artists", "Первая помощь художникам"),
        stages=fast["stages"],
        maximum_award=fast["maximum_award"],
        fast_track_up_to=fast["fast_track_up_to"],
    )
    artists = ("applicant", "second applicant")

    def several(number: int, where: tuple[str, str], **more: Any) -> list[str]:
        return [
            states.apply(artists[each % 2], *where, f"Work {each + 1}: {TITLES[each % len(TITLES)]}", **more)
            for each in range(number)
        ]

    made = {
        name: several(number, where)
        for name, number, where in (
            ("reviewing", 5, reviewing),
            ("in panel", 4, in_panel),
            ("closed", 2, closed),
            ("planned", 3, planned),
            ("decided", 15, decided),
            ("quick", 1, quick),
        )
    }
    made["staged"] = several(2, staged, answers={"work": "Twelve stories about snow."})
    states.close_rounds(
        *(round for _, round in (reviewing, in_panel, closed, planned, decided, staged, quick))
    )
    round_in_review(states, reviewing, made["reviewing"])
    panels_at_work(states, {"in panel": in_panel, "closed": closed, "planned": planned, "quick": quick}, made)
    next_stage_open(states, staged, made["staged"])
    results_and_grants(states, decided, made["decided"])


TITLES: Final = ("A quiet book", "Songs for a stairwell", "Тихая книга", "The last tram", "Письма")


def round_in_review(states: EveryState, where: tuple[str, str], made: list[str]) -> None:
    """A round in which jurors read."""
    call, round = where
    see = states.see
    read, asked, conflicted, unfit, unasked = made
    states.eligible(read, asked, conflicted, unasked)
    done = states.review(read, "juror", scores={"art": 8, "need": 6})
    begun = states.review(asked, "juror")
    new = states.review(conflicted, "juror", declared=False)
    stepped_back = states.review(conflicted, "second juror", declared=False)
    states.post(
        "second juror",
        f"/api/reviews/{stepped_back}/declare-conflict",
        reason="friendship",
        explanation="We share a flat.",
    )
    states.post(
        "officer",
        f"/api/applications/{unfit}/find-ineligible",
        reason="other",
        explanation="This call is for concerts.",
    )
    see("review-new", f"/reviews/{new}", "juror")
    see("review-to-write", f"/reviews/{begun}", "juror")
    see("review-wrong", f"/reviews/{begun}", "juror", then=submits_without_points)
    see("review-submitted", f"/reviews/{done}", "juror", "officer")
    see("review-recused", f"/reviews/{stepped_back}", "second juror", "officer")
    messages(states, read, unasked)
    see("application-reviewed", f"/applications/{read}", "officer", "applicant")
    see("application-conflict", f"/applications/{conflicted}", "officer")
    see("application-conflict-unfolded", f"/applications/{conflicted}", "officer", then=opened)
    see("application-ineligible", f"/applications/{unfit}", "second applicant", "officer")
    see("call-applications-closed", f"/calls/{call}/applications", "officer")
    see("jury-at-work", f"/rounds/{round}/jury", "officer")
    see("jury-shared-out", f"/rounds/{round}/jury", "officer", then=sent("assigning"))
    see("jury-of-application", f"/applications/{asked}/jury", "officer")
    see("progress", f"/rounds/{round}/reviews", "officer", "chair")
    see("progress-unfolded", f"/rounds/{round}/reviews", "chair", then=opened)
    see("ranking-provisional", f"/rounds/{round}/ranking", "officer")
    see("call-closed", f"/calls/{call}", "officer", "juror")


def messages(states: EveryState, answered: str, waits: str) -> None:
    """Messages that were answered, with notes of the staff; one that waits for an answer; and none."""
    see = states.see
    page = f"/applications/{answered}/messages"
    for role, what, text in (
        ("applicant", "messages", "Можно ли прислать ещё одну страницу? " + "Она короткая. " * 12),
        (
            "officer",
            "messages",
            "Yes, as a message here. The jury does not read it,\nso put nothing into it that they need.",
        ),
        ("officer", "notes", "Asks politely. Unbroken:" + "x" * 120),
    ):
        states.post(role, f"/api/applications/{answered}/{what}", text=text)
    states.post("applicant", f"/api/applications/{waits}/messages", text="When will you decide?")
    see("messages", page, "applicant", "officer")
    see("messages-wrong", page, "officer", then=sent("application-write_message", text=""))
    see("messages-waiting", f"/applications/{waits}/messages", "officer", "applicant")
    see("messages-that-wait", "/messages", "officer", "applicant", "juror")


def panels_at_work(
    states: EveryState, rounds: dict[str, tuple[str, str]], made: dict[str, list[str]]
) -> None:
    """Panels at work, closed, confirmed, and on the fast track."""
    see = states.see
    first, second, third, _ = made["in panel"]
    states.judged(*made["in panel"])
    more = AWARD | {"amount": eur("1500.00"), "more_because": "costs_rose"}
    panel = states.panel(rounds["in panel"][1], {first: more, second: waiting(1), third: DECLINE})
    ranking = f"/rounds/{rounds['in panel'][1]}/ranking"
    states.post("chair", f"/api/panels/{panel}/notes", application=first, text="Read the budget again.")
    see("panel", ranking, "chair", "officer", "juror")
    see("panel-unfolded", ranking, "chair", then=opened)
    see("panel-wrong", ranking, "chair", then=sent(f"panel-set_outcome-{first}", rank="first"))

    states.judged(*made["closed"])
    panel = states.panel(rounds["closed"][1], dict.fromkeys(made["closed"], DECLINE))
    states.post("chair", f"/api/panels/{panel}/close")
    see("panel-closed", f"/rounds/{rounds['closed'][1]}/ranking", "officer", "chair")
    see("panel-closed-unfolded", f"/rounds/{rounds['closed'][1]}/ranking", "officer", then=opened)

    states.judged(*made["planned"])
    first, second, third = made["planned"]
    panel = states.panel(rounds["planned"][1], {first: AWARD, second: waiting(1), third: waiting(2)})
    states.post("chair", f"/api/panels/{panel}/close")
    states.post("officer", f"/api/panels/{panel}/confirm")
    later = (states.now + timedelta(days=3)).replace(microsecond=0, tzinfo=None).isoformat()
    states.post("officer", f"/api/panels/{panel}/announcement", announce_at=later)
    see("panel-announcing", f"/rounds/{rounds['planned'][1]}/ranking", "officer")
    see("panel-announcing-unfolded", f"/rounds/{rounds['planned'][1]}/ranking", "officer", then=opened)

    call, round = rounds["quick"]
    (only,) = made["quick"]
    states.eligible(only)
    for juror in ("juror", "second juror"):
        states.review(only, juror, scores={"art": 8, "need": 9})
    states.panel(round, {only: AWARD | {"reason": "urgency"}})
    see("call-fast-track", f"/calls/{call}", NOBODY)
    see("panel-fast-track", f"/rounds/{round}/ranking", "officer", "chair")


def next_stage_open(states: EveryState, where: tuple[str, str], made: list[str]) -> None:
    """A call whose second stage is open."""
    call, round = where
    see = states.see
    invited, left = made
    states.eligible(*made)
    for each in made:
        states.review(each, "juror", scores={"art": 7})
    panel = states.panel(round, {invited: {"outcome": "invite"}, left: DECLINE})
    states.post("chair", f"/api/panels/{panel}/close")
    states.post("officer", f"/api/panels/{panel}/confirm")
    states.post("officer", f"/api/panels/{panel}/announce")
    see("call-next-stage", f"/calls/{call}", "officer")
    closes = (states.now + timedelta(days=30)).replace(microsecond=0, tzinfo=None).isoformat()
    states.post("officer", f"/api/calls/{call}/rounds", closes_at=closes)
    see("call-of-two-stages", f"/calls/{call}", "applicant", "officer")
    see("application-invited", f"/applications/{invited}", "applicant", "officer")
    see("application-continue", f"/applications/{invited}/continue", "applicant")
    see("application-left-behind", f"/applications/{left}", "second applicant")
    see("ranking-of-stage", f"/rounds/{round}/ranking", "officer")
