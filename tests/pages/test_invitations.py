"""Inviting by letter and by link, in the browser: from the form to the role, for people with and without an account."""

from __future__ import annotations

import html
import re

from tests.pages.conftest import Stage, Visitor, hidden
from tests.pages.test_letters import letter_to


def initiative_of(stage: Stage) -> str:
    return str(stage.speaking("administrator").get("/api/me")["initiatives"][0]["initiative"])


def invite(inviter: Visitor, path: str, **typed: str) -> str:
    """Send the form; gives the page that follows."""
    fields = inviter.form(path, "invitation-make") | {"days": "14", "language": "ru"} | typed
    answer = inviter.send(path, fields)
    assert answer.status_code == 200, answer.text
    return answer.text


def link_in(text: str) -> str:
    (found,) = set(re.findall(r"/invitation/owi_[A-Za-z0-9_-]{43}", html.unescape(text)))
    return str(found)


def answer(visitor: Visitor, do: str) -> str:
    """Press a button of the invitation that was opened; gives where it leads, or the page."""
    page = visitor.open("/invitation").text
    fields = {"_secret": hidden(page, "_secret"), "_do": do}
    if 'name="_csrf"' in page:
        fields["_csrf"] = hidden(page, "_csrf")
    sent = visitor.send("/invitation", fields)
    return sent.headers.get("location", sent.text)


def test_somebody_without_an_account_gets_a_letter_registers_and_judges_one_round(stage: Stage) -> None:
    inviter = stage.visitor("administrator")
    invited_to = f"/initiatives/{initiative_of(stage)}"
    address = "invited.juror@example.org"
    assert "The letter is on its way" in invite(
        inviter, f"{invited_to}/invite", scope=stage.round, email=address
    )
    listed = inviter.open(f"{invited_to}/people").text
    assert address in listed

    letter = letter_to(stage, address)
    assert "Call of the Pages" not in re.sub("<p>.*", "", letter, flags=re.DOTALL)  # the subject says nothing
    assert "Конкурс страниц" in letter
    guest = stage.visitor()
    assert guest.open(link_in(letter)).headers["location"] == "/invitation"
    page = guest.open("/invitation").text
    assert "To accept, sign in or register first" in page
    assert "You are not signed in, so nothing was saved." in answer(guest, "accept")
    register = guest.open("/register?next=/invitation").text
    fields = {
        "_secret": hidden(register, "_secret"),
        "_next": "/invitation",
        "name": "Гостья",
        "language": "ru",
    }
    assert 'href="/invitation"' in html.unescape(
        guest.send("/register", fields).text
    )  # her nine words, and then back
    assert answer(guest, "accept") == "/me"
    assert "You are on the jury of the round with the deadline" in guest.open("/me?lang=en").text
    assert "Гостья" in inviter.open(f"{invited_to}/people").text
    assert address not in inviter.open(f"{invited_to}/people").text
    assert "was accepted already" in answer_again(stage, letter)

    leave = guest.form("/me", f"initiative-leave-{stage.round}")
    assert guest.send("/me", leave).headers["location"] == "/me"
    assert "You are on the jury of the round with the deadline" not in guest.open("/me?lang=en").text


def test_a_letter_that_was_not_answered_is_sent_again_with_a_new_link(stage: Stage) -> None:
    """To the same address; the earlier link is void, and both invitations are in the list."""
    inviter, house = stage.visitor("administrator"), f"/initiatives/{initiative_of(stage)}"
    address = "slow.guest@example.org"
    invite(inviter, f"{house}/invite", scope=stage.round, email=address)
    first = letter_to(stage, address)
    listed = inviter.open(f"{house}/people").text
    row = listed.partition(address)[2].partition("</tr>")[0]
    form = re.search(r'id="(invitation-send_again-[^"]+)"', row)
    assert form is not None
    fields = inviter.form(f"{house}/people", form[1]) | {"language": "en"}
    sent = inviter.send(f"{house}/people", fields)
    assert "The letter is on its way again." in sent.text
    assert inviter.send(f"{house}/people", fields).status_code == 200, "pressed twice, it is sent once"
    second = letter_to(stage, address)
    assert link_in(first) != link_in(second)
    assert "Call of the Pages" in second

    assert "withdrawn" in answer_again(stage, first)
    guest = stage.visitor("newcomer")
    guest.open(link_in(second))
    assert answer(guest, "accept") == "/me"
    shown = inviter.open(f"{house}/people").text
    assert address not in shown
    leave = guest.form("/me", f"initiative-leave-{stage.round}")
    guest.send("/me", leave)


def answer_again(stage: Stage, letter: str) -> str:
    somebody = stage.visitor()
    somebody.open(link_in(letter))
    return somebody.open("/invitation").text


def test_a_link_is_shown_once_declined_by_anybody_and_withdrawn(stage: Stage) -> None:
    inviter = stage.visitor("administrator")
    house = f"/initiatives/{initiative_of(stage)}"
    empty = inviter.form(f"{house}/invite", "invitation-make") | {
        "scope": "initiative",
        "note": "For Ivan",
        "days": "14",
    }
    refused = inviter.send(f"{house}/invite", empty)
    assert (refused.status_code, "Choose at least one role." in refused.text) == (422, True)
    assert "For Ivan" in refused.text  # what was typed is kept

    ticked = {"scope": "initiative", "roles.finance": "yes"}
    fields = inviter.form(f"{house}/invite", "invitation-make") | {"days": "14", **ticked}
    links = {link_in(inviter.send(f"{house}/invite", fields).text) for _ in range(2)}
    assert len(links) == 1  # pressed twice, made once
    guest = stage.visitor()
    (link,) = links
    guest.open(link)
    assert "You declined the invitation" in answer(guest, "decline")
    people = inviter.open(f"{house}/people").text
    assert "Declined" in people
    removable = re.findall(r'id="initiative-remove_member-.*?value="(person-[^"]+)"', people, flags=re.DOTALL)
    assert stage.people["officer"] in removable
    assert stage.people["administrator"] not in removable, "the only administrator is not removed"
    _, _, declined = inviter.open(f"{house}/members").text.partition("An invitation was declined.")
    assert "the person who was invited" in declined.partition("</tr>")[0]

    link = link_in(invite(inviter, f"{house}/invite", **ticked, note="For Anna"))
    assert "For Anna" in inviter.open(f"{house}/people").text
    withdraw = inviter.form(f"{house}/people", "invitation-withdraw-1")
    assert inviter.send(f"{house}/people", withdraw).status_code == 303
    guest.open(link)
    assert "This invitation was withdrawn." in guest.open("/invitation").text


def test_a_member_accepts_and_is_removed(stage: Stage) -> None:
    inviter, member = stage.visitor("administrator"), stage.visitor("finance")
    house = f"/initiatives/{initiative_of(stage)}"
    member.open(link_in(invite(inviter, f"{house}/invite", scope=stage.call, **{"roles.juror": "yes"})))
    assert answer(member, "accept") == "/me"
    assert "Your role in this call: juror" in member.open("/me").text
    page = inviter.open(f"{house}/people").text
    (form,) = re.findall(
        r'<form[^>]* id="(call-remove_member-[^"]+)">(?:(?!</form>).)*?' + stage.people["finance"],
        page,
        re.DOTALL,
    )
    assert inviter.send(f"{house}/people", inviter.form(f"{house}/people", form)).status_code == 303
    assert "Your role in this call: juror" not in member.open("/me").text
    assert stage.visitor("juror").open(f"{house}/people").status_code == 404
    assert stage.visitor("juror").open(f"{house}/invite").status_code == 404
