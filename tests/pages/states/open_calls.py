"""Pages that need nothing in particular, calls of every kind, and what can be applied for."""

from __future__ import annotations

from datetime import timedelta

from tests.pages.browsing import NOBODY
from tests.pages.states.acting import (
    not_in_exile,
    opened,
    sent,
    signed_out,
    with_a_removed_answer,
    with_mistakes,
    wrong_key,
)
from tests.pages.states.bodies import CALL, EXILE, LETTER, both
from tests.pages.states.coming import (
    asks_for_a_letter,
    is_asked_for_a_second_factor,
    is_shown_recovery_codes,
    makes_a_key_without_a_name,
    mistyped_words,
    presses_the_button,
    registers,
    registers_without_a_name,
    sees_an_app,
    types_a_wrong_app_code,
    types_a_wrong_code,
    types_a_wrong_second_factor,
    types_no_address,
    writes_a_wrong_letter,
)
from tests.pages.states.making import ADMINISTRATOR, EveryState


def for_everybody(states: EveryState) -> None:
    """Pages that need nothing in particular."""
    see, stage = states.see, states.stage
    see("front", "/", NOBODY)
    see("calls", "/calls", NOBODY)
    see("sign-in", "/sign-in", NOBODY)
    see("sign-in-wrong", "/sign-in", NOBODY, then=wrong_key)
    see("sign-in-mistyped", "/sign-in", NOBODY, then=mistyped_words)
    see("letter-sent", "/sign-in", NOBODY, then=asks_for_a_letter)
    see("letter-wrong-code", "/sign-in", NOBODY, then=types_a_wrong_code)
    see("letter-link", "/sign-in/letter/x", NOBODY)
    see("letter-link-used", "/sign-in/letter/x", NOBODY, then=presses_the_button)
    see("outbox", "/outbox", NOBODY)
    see("register", "/register", NOBODY)
    see("register-wrong", "/register", NOBODY, then=registers_without_a_name)
    see("words", "/register", NOBODY, then=registers)
    see("access-wrong-address", "/me/access", "juror", then=types_no_address)
    see("access-wrong-key-name", "/me/access", "juror", then=makes_a_key_without_a_name)
    see("second-factor", "/me/second-factor", "juror")
    see("second-factor-app", "/me/second-factor/app", "juror")
    see("second-factor-app-wrong", "/me/second-factor/app", "juror", then=types_a_wrong_app_code)
    see("second-factor-codes", "/register", NOBODY, then=is_shown_recovery_codes)
    see("second-factor-set-up", "/register", NOBODY, then=sees_an_app)
    see("second-factor-asked", "/register", NOBODY, then=is_asked_for_a_second_factor)
    see("second-factor-wrong", "/register", NOBODY, then=types_a_wrong_second_factor)
    see("claim", "/claim", NOBODY)
    see("claim-wrong", "/claim", NOBODY, then=wrong_key)
    see("not-found", "/nowhere", NOBODY)
    see(
        "today",
        "/me",
        "officer",
        "chair",
        "juror",
        "finance",
        "approver",
        "funder",
        "applicant",
        "newcomer",
        ADMINISTRATOR,
    )
    see("access", "/me/access", "finance")
    see("nothing-applied", "/applications", "third juror")
    see("nothing-granted", "/grants", "newcomer")
    see("nothing-to-review", "/reviews", "newcomer")
    see("reviews", "/reviews", "juror", "third juror")
    see("applications", "/applications", "applicant")
    see("grants", "/grants", "applicant")
    see("organisations", "/organisations", "applicant", "newcomer", "third juror")
    house = stage.speaking("officer").get("/api/me")["initiatives"][0]["initiative"]
    see("own-letters", "/me/letters", "applicant")
    see("letters", f"/initiatives/{house}/letters", "officer")
    see("letter", f"/initiatives/{house}/letters/application-returned", "officer")
    see("letter-wrong", f"/initiatives/{house}/letters/review-asked", "officer", then=writes_a_wrong_letter)
    fund = stage.speaking("officer").get(f"/api/initiatives/{house}/funds")["items"][0]["id"]
    see("members", f"/initiatives/{house}/members", "officer", ADMINISTRATOR)
    _people(states, house)
    see("fund", f"/funds/{fund}", "officer", "funder")
    see("fund-timeline", f"/funds/{fund}/timeline", "funder")


def _people(states: EveryState, house: str) -> None:
    """Invitations in each state, and what a person has about themselves."""
    see, invitations = states.see, f"/api/initiatives/{house}/invitations"
    open_link, declined, withdrawn = (
        states.post(ADMINISTRATOR, invitations, roles=["finance", "officer"], note=f"Note {number}")
        for number in range(3)
    )
    states.post(ADMINISTRATOR, invitations, roles=["funder"], email="invited@example.org", language="ru")
    secret = declined["link"].rpartition("/")[2]
    states.post(ADMINISTRATOR, "/api/invitations/decline", invitation=secret)
    states.post(ADMINISTRATOR, f"/api/invitations/{withdrawn['id']}/withdraw")
    see("people", f"/initiatives/{house}/people", "officer", ADMINISTRATOR)
    see("people-unfolded", f"/initiatives/{house}/people", ADMINISTRATOR, then=opened)
    see("invite", f"/initiatives/{house}/invite", "officer", ADMINISTRATOR)
    see("invite-wrong", f"/initiatives/{house}/invite", ADMINISTRATOR, then=sent("invitation-make", days="0"))
    invitation = f"/invitation/{open_link['link'].rpartition('/')[2]}"
    see("invitation", invitation, NOBODY, "newcomer")
    see("invitation-over", f"/invitation/{secret}", NOBODY)
    see("own-profile", "/me/profile", "applicant")
    see("own-profile-wrong", "/me/profile", "applicant", then=sent("person-exclude_reader", named="nobody"))
    see("leave", "/me/leave", "applicant", "newcomer", ADMINISTRATOR)
    see("leave-wrong", "/me/leave", "newcomer", then=sent("person-erase", confirmation="yes"))
    see("read-by", "/me/read-by", "applicant", "newcomer")


def _being_written(states: EveryState, draft: str) -> None:
    """A call that is being set up, and one of which there is only a title."""
    see, officer = states.see, states.stage.speaking("officer")
    house = officer.get("/api/me")["initiatives"][0]["initiative"]
    fund = officer.get(f"/api/initiatives/{house}/funds")["items"][0]["id"]
    begun = officer.post("/api/calls", fund=fund, title=both("An idea", "Замысел"))["id"]
    see("initiative", f"/initiatives/{house}", NOBODY, "officer")
    see("initiative-unfolded", f"/initiatives/{house}", "officer", then=opened)
    see("profile", f"/initiatives/{house}/profile", "officer")
    see("setup-begun", f"/calls/{begun}/setup", "officer")
    see("stage-begun", f"/calls/{begun}/stages/main", "officer")
    see("setup", f"/calls/{draft}/setup", "officer")
    for part in ("texts", "money", "dates", "eligibility", "stages"):
        see(f"setup-{part}", f"/calls/{draft}/setup/{part}", "officer")
    see(
        "setup-money-wrong",
        f"/calls/{draft}/setup/money",
        "officer",
        then=sent("call-change_draft", **{"money.budget.amount": "much"}),
    )
    for part, path in (
        ("kinds", "add/start"),
        ("new-choice", "add/start/choice"),
        ("sections", "sections"),
        ("criteria", "criteria"),
        ("options", "questions/field"),
        ("group-question", "questions/people/add/text"),
        ("preview", "preview"),
        ("preview-review", "preview-review"),
    ):
        see(f"stage-{part}", f"/calls/{draft}/stages/main/{path}", "officer")
    tried = {"title": "Ten kitchens", "requested.amount": "300", "answers.work": "Ten concerts."}
    see(
        "test-run",
        f"/calls/{draft}/stages/letter/test-run",
        "officer",
        then=sent("application-submit", **tried),
    )
    see(
        "question-wrong",
        f"/calls/{draft}/stages/main/add/start/long_text",
        "officer",
        then=sent("call-prepare_form", max_words="lots"),
    )


def _written_together(states: EveryState, call: str) -> None:
    """A draft that two people write, and an invitation that nobody has answered."""
    see, post = states.see, states.post
    begun = {"form": "application.submit", "about": call, "fields": {"title": "Kitchens by the sea"}}
    states.stage.running.caught_up()
    draft = f"/drafts/{post('applicant', '/api/drafts', **begun)['id']}"
    accepted, waiting = [
        post("applicant", f"/api{draft}/invitations", note=note)["link"].rpartition("/")[2]
        for note in ("Katya, who translates", "A colleague from the studio whose name is long")
    ]
    post("newcomer", "/api/draft-invitations/accept", invitation=accepted)
    see("draft-shared", draft, "newcomer")
    see("draft-owned", f"/calls/{call}/apply", "applicant")
    see("draft-people", f"{draft}/people", "applicant", "newcomer")
    see("draft-people-unfolded", f"{draft}/people", "applicant", then=opened)
    see("draft-people-wrong", f"{draft}/people", "applicant", then=sent("draft-invite", email="a@b"))
    see("draft-invitation", f"/draft-invitation/{waiting}", NOBODY, "third juror")
    see("draft-invitation-over", "/draft-invitation/owd_x", NOBODY)


def before_the_deadline(states: EveryState) -> None:
    """Calls of every kind, and what can be applied for."""
    see, post = states.see, states.post
    draft = states.draft(
        ("A film fund", "Фонд кино"),
        stages=[LETTER, CALL["stages"][0] | {"title": both("Project", "Проект")}],
    )
    see("call-draft", f"/calls/{draft}", "officer")
    _being_written(states, draft)
    cancelled, its_round = states.open(("Stages abroad", "Сцены за границей"))
    gone = states.apply("applicant", cancelled, its_round, "A stage on wheels")
    post("officer", f"/api/calls/{cancelled}/cancel", reason="funds_lost", explanation="The funder left.")
    see("call-cancelled", f"/calls/{cancelled}", NOBODY)
    see("application-cancelled", f"/applications/{gone}", "applicant")

    call, round = states.open(("Concerts in small rooms", "Концерты в маленьких комнатах"), days=40)
    see("call-open", f"/calls/{call}", NOBODY, "applicant", "officer")
    see("call-open-unfolded", f"/calls/{call}", "officer", then=opened)
    see(
        "call-extend-wrong",
        f"/calls/{call}",
        "officer",
        then=sent(f"round-extend-{round}", closes_at="2020-01-01T10:00"),
    )
    see("form-and-criteria", f"/calls/{call}/stages/main", "officer")
    see("together", f"/calls/{call}/applications/together", "officer")
    see("apply", f"/calls/{call}/apply", "newcomer")
    see("apply-wrong", f"/calls/{call}/apply", "newcomer", then=with_mistakes)
    see("session-expired", f"/calls/{call}/apply", "newcomer", then=signed_out)

    house = str(
        post("applicant", "/api/organisations", name="Collective Snegir", identifiers=["GB-CHC-1164883"])[
            "id"
        ]
    )
    post("applicant", f"/api/organisations/{house}/members", person=states.stage.people["newcomer"])
    see("organisation", f"/organisations/{house}", "applicant")
    see("organisation-invited", f"/organisations/{house}", "newcomer")
    theirs = states.apply("applicant", call, round, "Kitchens of the collective", applicant=house)
    see("application-of-organisation", f"/applications/{theirs}", "applicant", "officer")
    submitted = states.apply("second applicant", call, round, "Ten kitchens")
    see("application-submitted", f"/applications/{submitted}", "second applicant", "officer")
    see("application-unfolded", f"/applications/{submitted}", "second applicant", "officer", then=opened)
    see("application-change", f"/applications/{submitted}/change", "second applicant")
    returned = states.apply("second applicant", call, round, "Six stairs")
    by = (states.now + timedelta(days=20)).replace(microsecond=0, tzinfo=None).isoformat()
    post(
        "officer",
        f"/api/applications/{returned}/return",
        questions="What does the hall cost?",
        resubmit_by=by,
    )
    see("application-returned", f"/applications/{returned}", "second applicant", "officer")
    withdrawn = states.apply("second applicant", call, round, "A walk")
    post("second applicant", f"/api/applications/{withdrawn}/withdraw", reason="other")
    see("application-withdrawn", f"/applications/{withdrawn}", "second applicant", "officer")
    see("call-applications", f"/calls/{call}/applications", "officer")
    see("applications-found", f"/calls/{call}/applications", "officer", then=sent("call-search", text="ten"))
    see("call-timeline", f"/calls/{call}/timeline", "officer")

    changed, _ = states.open(("Maps of exile", "Карты изгнания"), days=40)
    asked = CALL["stages"][0]["form"]["questions"]
    removed = {"id": "removed", "kind": "text", "label": both("Where?", "Где?"), "required": False}
    for questions in ([*asked, removed], asked):
        post("officer", f"/api/calls/{changed}/form", stage="main", form={"questions": questions})
    see("apply-removed", f"/calls/{changed}/apply", "newcomer", then=with_a_removed_answer)
    _written_together(states, changed)

    asking, _ = states.open(("Books in exile", "Книги в изгнании"), days=40, eligibility=[EXILE])
    see("eligibility", f"/calls/{asking}/apply", "newcomer")
    see("eligibility-refused", f"/calls/{asking}/apply", "newcomer", then=not_in_exile)

    rolling = states.draft(("Urgent help", "Срочная помощь"), intake="rolling", decide_within_days=14)
    post("officer", f"/api/calls/{rolling}/publish")
    urgent = states.apply("second applicant", rolling, None, "A new flat")
    see("call-rolling", f"/calls/{rolling}", NOBODY)
    see("apply-rolling", f"/calls/{rolling}/apply", "newcomer")
    see("application-rolling", f"/applications/{urgent}", "officer")
    see("call-applications-rolling", f"/calls/{rolling}/applications", "officer")
