"""Signing in and out, and what becomes of cookies."""

from __future__ import annotations

import re

import pytest

from tests.pages.conftest import Stage, Visitor, hidden


@pytest.fixture
def applicant(stage: Stage) -> Visitor:
    """Somebody who is signed in."""
    return stage.visitor("second applicant")


def test_whoever_is_not_signed_in_is_asked_to_and_led_back(stage: Stage) -> None:
    """The session's cookie is for this site alone and for no script; the token is in no address and not sent back."""
    visitor = stage.visitor()
    apply = f"/calls/{stage.call}/apply"
    answer = visitor.open(apply)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?next={apply}")
    page = visitor.open(answer.headers["location"]).text
    fields = {"_secret": hidden(page, "_secret"), "_next": hidden(page, "_next")}
    wrong = visitor.send("/sign-in", fields | {"token": "ow_" + "x" * 43})
    assert wrong.status_code == 401
    assert "This access key is unknown, has expired, was revoked, or is for programs only." in wrong.text
    assert "xxx" not in wrong.text
    fields["_secret"] = hidden(wrong.text, "_secret")
    signed_in = visitor.send("/sign-in", fields | {"token": f" {stage.tokens['newcomer']}\n"})
    assert (signed_in.status_code, signed_in.headers["location"]) == (303, apply)
    cookie = next(each for each in signed_in.headers.get_list("set-cookie") if each.startswith("overwinter="))
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= {part.strip() for part in cookie.split(";")[1:]}
    assert stage.tokens["newcomer"] not in cookie
    assert visitor.open(apply).status_code == 200


def test_nobody_is_signed_in_by_another_site(stage: Stage) -> None:
    """The form for signing in belongs to the browser that asked for it."""
    visitor = stage.visitor()
    page = visitor.open("/sign-in").text
    for secret in ("", "x" * 32):
        sent = {"_secret": secret, "_next": "/me", "token": stage.tokens["newcomer"]}
        assert visitor.send("/sign-in", sent).status_code == 403
    elsewhere = stage.visitor()
    sent = {"_secret": hidden(page, "_secret"), "_next": "/me", "token": stage.tokens["newcomer"]}
    assert elsewhere.send("/sign-in", sent).status_code == 403


def test_signing_out_ends_the_session(stage: Stage, applicant: Visitor) -> None:
    """For whoever kept the cookie, too; and it takes the form's secret."""
    assert applicant.send("/sign-out", {"_csrf": "x"}).status_code == 403
    kept = dict(applicant.client.cookies)
    csrf = hidden(applicant.open("/me").text, "_csrf")
    assert applicant.send("/sign-out", {"_csrf": csrf}).headers["location"] == "/sign-in?show=signed-out"
    assert "You are signed out." in applicant.open("/sign-in?show=signed-out").text
    assert applicant.open("/me").status_code == 303
    for name, value in kept.items():
        applicant.client.cookies.set(name, value)
    assert applicant.open("/me").status_code == 303


@pytest.mark.parametrize("value", ["", "x", "x.y", "A" * 22 + ".application.submit", "%ff.%00", "." * 3000])
def test_a_cookie_that_is_not_ours_counts_for_nothing(stage: Stage, value: str) -> None:
    """A visitor with cookies of their own making is a visitor without any."""
    visitor = stage.visitor()
    cookies = f"overwinter={value}; overwinter-done={value}"
    assert visitor.client.get("/calls", headers={"Cookie": cookies}).status_code == 200
    assert visitor.client.get("/me", headers={"Cookie": cookies}).status_code == 303


def test_in_a_demonstration_nobody_copies_a_key(stage: Stage) -> None:
    """A button enters as one of its people; a person who is not one of them is nobody."""
    visitor = stage.visitor()
    assert "Enter the demonstration" in visitor.open("/").text
    page = visitor.open("/sign-in").text
    assert "Enter as Officer One" in page
    assert stage.tokens["officer"] not in page
    wrong = visitor.send("/sign-in", {"_secret": hidden(page, "_secret"), "_person": "nobody"})
    assert wrong.status_code == 401
    fields = {"_secret": hidden(wrong.text, "_secret"), "_next": "/me", "_person": "officer"}
    assert visitor.send("/sign-in", fields).headers["location"] == "/me"
    assert "Officer One" in visitor.open("/me").text


def access_form(page: str, do: str) -> dict[str, str]:
    """The fields of a form on the page of one's access."""
    found = re.search(rf'name="_do" value="{do}">(?:<input type="hidden" name="(\w+)" value="(\w+)">)?', page)
    assert found, f"no form {do}"
    own = {found[1]: found[2]} if found[1] else {}
    return {"_csrf": hidden(page, "_csrf"), "_do": do} | own


def test_the_person_sees_where_they_are_signed_in_and_ends_it(stage: Stage) -> None:
    """One session, or all but this one."""
    here, there, elsewhere = (stage.visitor("third juror") for _ in range(3))
    page = here.open("/me/access").text
    assert page.count("With an access key") >= 3
    assert page.count("This browser") == 1
    assert here.send("/me/access", access_form(page, "end")).status_code == 303
    assert sorted(each.open("/me").status_code for each in (here, there, elsewhere)) == [200, 200, 303]
    assert here.open("/me").status_code == 200
    page = here.open("/me/access").text
    assert here.send("/me/access", access_form(page, "end-others")).status_code == 303
    assert [each.open("/me").status_code for each in (here, there, elsewhere)] == [200, 303, 303]
    assert "Sign out everywhere else" not in here.open("/me/access").text


def test_a_session_of_somebody_else_is_not_ended(stage: Stage, applicant: Visitor) -> None:
    theirs = stage.visitor("third juror")
    page = stage.visitor("third juror").open("/me/access").text
    form = access_form(page, "end") | {"_csrf": hidden(applicant.open("/me").text, "_csrf")}
    assert applicant.send("/me/access", form).status_code == 404
    assert theirs.open("/me").status_code == 200
