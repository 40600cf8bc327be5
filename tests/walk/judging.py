"""How the jury judges and the panel decides."""

from __future__ import annotations

from collections.abc import Sequence

from tests.walk.applying import Applied
from tests.walk.markers import WRITTEN
from tests.walk.people import Human, Typed


def the_officer_asks_the_jury(officer: Human, call: str, round_: str) -> None:
    """The officer asks jurors for all reviews at once, after a look at who would be asked for what."""
    officer.go(f"{call}/applications")
    officer.follow(officer.say("Jury at work"))
    assert officer.path == f"{round_}/jury"
    officer.press(officer.say("See who would be asked"))
    officer.press(officer.say("Ask these jurors"))


def a_juror_steps_back(jurors: Sequence[Human]) -> Human:
    """The juror who was asked first declares a conflict of interest; returns that juror."""
    for juror in jurors:
        if _goes_on(juror):
            juror.note("review before the conflict question")
            typed = {"#reason": "=friendship", "#explanation": WRITTEN["conflict"]}
            juror.press(
                juror.say("Declare the conflict and hand the review back"), "review-declare_conflict", typed
            )
            return juror
    raise AssertionError("no juror was asked")


def the_officer_asks_another_juror(officer: Human, applications: Sequence[Applied]) -> None:
    """The officer asks another juror in place of the one who stepped back."""
    for application in applications:
        officer.go(application.path)
        replacing = officer.page.locator('form[id^="review-replace-"]')
        if replacing.count():
            form = replacing.get_attribute("id") or ""
            offered = replacing.locator("option").nth(1).get_attribute("value")
            officer.press(officer.say("Ask this juror instead"), form, {"#juror": f"={offered}"})
            return
    raise AssertionError("nobody stepped back")


def the_jury_judges(jurors: Sequence[Human]) -> None:
    """Each juror answers the question about conflicts of interest, saves a draft, and submits scores and comments."""
    for points, juror in enumerate(jurors, start=7):
        while _goes_on(juror):
            juror.press(juror.say("No conflict that I know of"))
            juror.note("application to a juror")
            draft = {"#comment_jury": WRITTEN["draft of a review"]}
            juror.press(juror.say("Save the draft"), "review-submit", draft)
            typed: Typed = {
                "#scores.c1": f"={points}",
                "#scores.c2": "=none",
                "#comment_jury": WRITTEN["comment for the jury"],
                "#comment_applicant": WRITTEN["comment for the applicant"],
            }
            juror.press(juror.say("Submit the review"), "review-submit", typed)


def _goes_on(juror: Human) -> bool:
    """Open the next review that a juror owes, from the list; False if there is none."""
    juror.go("/reviews")
    onward = juror.say("Go on with the next review")
    owed = juror.page.get_by_role("link", name=onward).count() > 0
    if owed:
        juror.follow(onward)
    return owed


def the_panel_decides(
    chair: Human, officer: Human, ranking: str, awarded: Applied, declined: Applied
) -> None:
    """The officer opens the panel, the chair sets the outcomes and closes it, and the officer confirms it and announces
    the results."""
    officer.go(ranking)
    officer.press(officer.say("Open the panel"))
    chair.go(ranking)
    note = {"#text": WRITTEN["note of the panel"]}
    chair.press(chair.say("Save the note"), f"panel-write_note-{_id(awarded)}", note)
    award = {"#outcome": "=award", "#amount.amount": "1500", "#reason": "=quality"}
    chair.press(chair.say("Save the outcome"), f"panel-set_outcome-{_id(awarded)}", award)
    decline = {
        "#outcome": "=decline",
        "#reason": "=not_selected",
    }
    chair.press(chair.say("Save the outcome"), f"panel-set_outcome-{_id(declined)}", decline)
    chair.press(chair.say("Close the panel"))
    officer.go(ranking)
    officer.press(officer.say("Confirm the decision"))
    officer.press(officer.say("Announce now"), "panel-announce")


def _id(application: Applied) -> str:
    return application.path.rsplit("/", 1)[1]
