"""How artists apply, and how the staff look at what they sent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.walk.installation import link_in
from tests.walk.markers import NEW_ADDRESS, WRITTEN
from tests.walk.people import Human, Typed

SUBMIT = "application-submit"


@dataclass(frozen=True)
class Applied:
    """An application: who wrote it, its page, and its handle, by which the jury knows it."""

    artist: Human
    path: str
    handle: str


def the_artist_finds_the_call_and_registers(artist: Human, call: str) -> None:
    """The artist registers from the form of the call, by letter or with nine words, and comes back to the form."""
    artist.go("/calls")
    artist.go(call)
    artist.follow(artist.say("Apply"))
    if artist.address:
        artist.comes_by_letter()
    else:
        artist.follow(artist.say("Register"))
        artist.comes_with_words()
    assert artist.path == f"{call}/apply", artist.path


def the_call_is_for_the_artist(artist: Human) -> None:
    """The artist answers the eligibility questions: a wrong answer is refused at once, and the right one leads to the form."""
    no, yes = ({"#eligibility.e1": artist.say(answer)} for answer in ("No", "Yes"))
    artist.press(artist.say("Go on to the form"), SUBMIT, no)
    artist.sees(
        {
            "en": "This call is for those who live in exile.",
            "ru": "Этот конкурс для тех, кто живёт в изгнании.",
        }[artist.language]
    )
    artist.press(artist.say("Go on to the form"), SUBMIT, yes)


def the_artist_keeps_a_draft(artist: Human, call: str, title: str) -> None:
    """The artist writes part of the form, saves it as a draft, leaves, opens it again, and deletes a line of it."""
    artist.press(artist.say("Save the draft"), SUBMIT, {"#title": title, "#answers.q1": WRITTEN["draft"]})
    artist.go("/me")
    artist.go(f"{call}/apply")
    assert artist.page.locator('[name="answers.q1"]').input_value() == WRITTEN["draft"]


def a_friend_writes_in_the_draft(artist: Human, friend: Human, call: str) -> None:
    """The artist hands a friend a link to the draft; the friend, who has no account yet, accepts and writes a line in it."""
    artist.follow(artist.say("Invite somebody to write with you"))
    note = {"#note": WRITTEN["note on an invitation to a draft"]}
    artist.press(artist.say("Invite"), "draft-invite", note)
    friend.go(artist.page.locator(".copy code").inner_text())
    friend.follow(friend.say("Register without an e-mail address"))
    friend.comes_with_words()
    friend.press(friend.say("Accept"))
    line = WRITTEN["words of a friend"]
    friend.press(friend.say("Save the draft"), SUBMIT, {"#answers.q1": line})
    artist.go(f"{call}/apply")
    assert artist.page.locator('[name="answers.q1"]').input_value() == line


def the_session_ends_while_the_artist_writes(artist: Human, title: str) -> None:
    """What the artist sends after the session has ended is kept, and is there after they have signed in again."""
    artist.fill(SUBMIT, {"#title": title, "#answers.q1": WRITTEN["kept answer"]})
    artist.house.end_newest_session()
    artist.press(artist.say("Save the draft"), SUBMIT)
    assert artist.path == "/sign-in"
    artist.sees(artist.say("Your session has ended. What you typed is kept."))
    # The form comes back, and says above that nothing of it is saved yet.
    artist.press(artist.say("Sign in with the words"), "sign-in", {"#words": artist.words}, wrong=True)
    assert artist.page.locator('[name="title"]').input_value() == title
    assert artist.page.locator('[name="answers.q1"]').input_value() == WRITTEN["kept answer"]


def the_artist_submits(artist: Human, idea: str) -> Applied:
    """The artist corrects a mistake, looks at the preview of what the jury will see, and submits."""
    typed: Typed = {
        "#requested.amount": WRITTEN["wrong sum"],
        "#answers.q1": idea,
        "#answers.q2[0].item": WRITTEN["budget line"],
        "#answers.q2[0].amount": "1500",
        "#answers.q3": WRITTEN["where somebody lives"],
    }
    artist.press(artist.say("Submit the application"), SUBMIT, typed, wrong=True)
    artist.press(artist.say("Preview"), SUBMIT, {"#requested.amount": "1500"})
    artist.sees(idea)
    assert WRITTEN["where somebody lives"] not in artist.text(), "the jury does not see it"
    artist.follow(artist.say("Back to the form"))
    _submits_although_it_gives_them_away(artist, "Submit the application", SUBMIT)
    artist.sees(idea)
    assert artist.page.locator(".notice").count() == 1, "it says that it is submitted"
    handle = artist.page.locator("dd.handle").first.inner_text()
    return Applied(artist, artist.path, handle)


def _submits_although_it_gives_them_away(
    artist: Human, button: str, form: str, typed: Typed | None = None
) -> None:
    """The artist is told once that the title and the answers contain words of their name, and submits them as they are."""
    artist.press(artist.say(button), form, typed, wrong=True)
    artist.sees(
        artist.say(
            "Nothing was submitted yet: the jury should not learn who you are, and these answers may tell it. Change "
            "them, or press the button once more to submit them as they are."
        )
    )
    artist.press(artist.say(button), form)


def the_officer_returns_an_application(officer: Human, application: Applied) -> None:
    """The officer returns an application with questions, and gives a week for the answer."""
    officer.go(application.path)
    by = (officer.house.now() + timedelta(days=7)).replace(tzinfo=None)
    typed = {"#questions": WRITTEN["questions"], "#resubmit_by": by.isoformat(timespec="minutes")}
    officer.press(officer.say("Return to the applicant"), "application-return", typed)


def the_artist_answers(application: Applied) -> None:
    """The artist reads the questions, answers them in the form, and submits it again."""
    artist = application.artist
    artist.go(application.path)
    artist.sees(WRITTEN["questions"])
    artist.follow(artist.say("Answer and submit again"))
    answer = {"#answers.q1": WRITTEN["answer to questions"]}
    _submits_although_it_gives_them_away(
        artist, "Submit the application again", "application-resubmit", answer
    )


def the_officer_finds_eligible(officer: Human, call: str, count: int) -> None:
    """The officer marks all applications that wait as eligible, after a look at what would change."""
    officer.go(f"{call}/applications/together")
    for box in officer.page.locator('main input[type="checkbox"]').all():
        box.check()
    typed = {"#what": officer.say("They are marked as eligible")}
    officer.press(officer.say("See what would change"), typed=typed)
    with officer.page.expect_navigation():
        officer.page.locator("main p.send button").first.click()
    assert officer.page.locator("main ul.links .chip").count() == count, officer.text()


def the_deadline_passes(officer: Human, call: str, closes: datetime) -> str:
    """The round closes automatically; returns the path of its ranking."""
    officer.house.pass_time(closes + timedelta(hours=20))
    officer.go(call)
    found = re.search(r"/rounds/[^/\"]+", officer.page.content())
    assert found
    return found[0]


def the_artist_changes_their_address(artist: Human) -> None:
    """The artist changes their address by a letter to the new one; the old address is told."""
    artist.go("/me/access")
    artist.press(artist.say("Send a letter there"), "address", {"#email": NEW_ADDRESS})
    artist.go(link_in(artist.house.letter(NEW_ADDRESS)))
    artist.press(artist.say("Yes, continue"))
    artist.go("/me/access")
    artist.sees(NEW_ADDRESS)
