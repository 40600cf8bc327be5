"""When a session ends in the middle of a form: what was typed is kept for its person, and shown on the same page until they send
it or throw it away."""

from __future__ import annotations

import contextlib
import re
from typing import Any

import psycopg
import pytest

from api.postgres.embedded import EmbeddedPostgres
from tests.pages.conftest import Stage, Visitor, hidden, said
from tests.pages.test_over_http import ANSWERS

IDEA = "MARKER-маркер of a long answer"
SUBMIT = "application-submit"


def query(stage: Stage, text: str) -> list[tuple[Any, ...]]:
    """Ask the stage's database, or change it."""
    with contextlib.ExitStack() as held:
        url = stage.running.environment.get("DATABASE_URL")
        if url is None:
            url = held.enter_context(EmbeddedPostgres(stage.running.folder / "postgres")).url
        connection = held.enter_context(psycopg.connect(url, autocommit=True))
        cursor = connection.execute(text.encode())
        return cursor.fetchall() if cursor.description else []


def end_sessions(stage: Stage, role: str) -> None:
    """As when nobody used them for two hours."""
    query(
        stage,
        "UPDATE accounts.sessions SET last_used_at = now() - interval '3 hours' "
        f"WHERE person = '{stage.people[role]}'",
    )


def typed(visitor: Visitor, apply: str) -> dict[str, str]:
    """A form as somebody fills it in."""
    return visitor.form(apply, SUBMIT) | ANSWERS | {"answers.idea": IDEA, "title": "Kept"}


def sign_in(visitor: Visitor, stage: Stage, role: str, page: str) -> str:
    """Sign in as somebody on a page for it; gives the place where it leads."""
    fields = {"_secret": hidden(page, "_secret"), "_next": hidden(page, "_next"), "_do": "token"}
    answer = visitor.send("/sign-in", fields | {"token": stage.tokens[role]})
    return answer.headers["location"]


def sign_out(visitor: Visitor) -> None:
    """As somebody does who leaves the computer to others."""
    answer = visitor.send("/sign-out", {"_csrf": hidden(visitor.open("/me").text, "_csrf")})
    assert answer.status_code == 303
    assert answer.headers["clear-site-data"] == '"cache"'


@pytest.fixture
def apply(stage: Stage) -> str:
    """The page for applying."""
    return f"/calls/{stage.call}/apply"


def test_what_was_typed_is_shown_to_the_same_person_until_they_throw_it_away(
    stage: Stage, apply: str
) -> None:
    visitor = stage.visitor("newcomer")
    form = typed(visitor, apply)
    end_sessions(stage, "newcomer")
    answer = visitor.send(apply, form)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?next={apply}&kept=1")
    page = visitor.open(answer.headers["location"]).text
    assert "What you typed is kept." in page
    assert IDEA not in page

    other = stage.visitor()
    assert sign_in(other, stage, "second applicant", other.open(f"/sign-in?next={apply}").text) == apply
    assert IDEA not in other.open(apply).text

    assert sign_in(visitor, stage, "newcomer", page) == apply
    assert "is kept for a day" in visitor.open("/me").text
    shown = visitor.open(apply).text
    assert IDEA in shown
    assert 'value="Kept"' in shown
    assert "Below is what you typed." in shown
    visitor.open("/me")
    shown = visitor.open(apply).text
    assert IDEA in shown
    visitor.send(apply, {"_csrf": hidden(shown, "_csrf"), "_away": "1"})
    assert IDEA not in visitor.open(apply).text
    assert "is kept for a day" not in visitor.open("/me").text


def test_a_draft_that_was_saved_since_is_not_overwritten(stage: Stage, apply: str) -> None:
    """The form shows the draft, and beside it what was typed before; the kept words go once the draft is saved from there."""
    visitor = stage.visitor("newcomer")
    form = typed(visitor, apply)
    end_sessions(stage, "newcomer")
    page = visitor.open(visitor.send(apply, form).headers["location"]).text
    other = stage.visitor("newcomer")
    newer = typed(other, apply) | {"answers.idea": "Newer words", "_kept": "", "_draft": "save"}
    assert other.send(apply, newer).status_code == 303
    sign_in(visitor, stage, "newcomer", page)
    shown = visitor.open(apply).text
    assert re.search(r"<textarea[^>]*>\s*Newer words</textarea>", shown)
    assert IDEA in shown
    assert visitor.send(apply, visitor.form(apply, SUBMIT) | {"_draft": "save"}).status_code == 303
    assert IDEA not in visitor.open(apply).text
    visitor.send(apply, visitor.form(apply, SUBMIT) | {"_draft": "discard"})


def test_after_a_change_of_language_the_page_can_be_opened_again(stage: Stage, apply: str) -> None:
    """The browser goes back to it without asking whether to send a form again."""
    visitor = stage.visitor("newcomer")
    answer = visitor.send(apply, typed(visitor, apply) | {"_language": "ru"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{apply}?lang=ru")
    assert IDEA not in stage.visitor("second applicant").open(apply).text
    for _ in range(2):
        assert IDEA in visitor.open(f"{apply}?lang=ru").text
    shown = visitor.open(f"{apply}?lang=en").text
    visitor.send(apply, {"_csrf": hidden(shown, "_csrf"), "_away": "1"})
    visitor.send(apply, visitor.form(apply, SUBMIT) | {"_draft": "discard"})


def test_it_can_be_sent_then(stage: Stage, apply: str) -> None:
    """With the form of the new session."""
    visitor = stage.visitor("newcomer")
    form = typed(visitor, apply)
    end_sessions(stage, "newcomer")
    page = visitor.open(visitor.send(apply, form).headers["location"]).text
    sign_in(visitor, stage, "newcomer", page)
    again = visitor.form(apply, SUBMIT)
    assert again["_csrf"] != form["_csrf"]
    assert visitor.send(apply, again | ANSWERS | {"title": "", "answers.idea": IDEA}).status_code == 422


def test_changing_the_language_keeps_it_too(stage: Stage, apply: str) -> None:
    visitor = stage.visitor("newcomer")
    form = typed(visitor, apply)
    end_sessions(stage, "newcomer")
    answer = visitor.send(apply, form | {"_language": "ru"})
    assert answer.headers["location"] == f"/sign-in?next={apply}&kept=1&lang=ru"
    page = visitor.open(answer.headers["location"]).text
    sign_in(visitor, stage, "newcomer", page)
    assert IDEA in visitor.open(apply).text


def test_nothing_readable_of_it_is_in_the_database(stage: Stage, apply: str) -> None:
    visitor = stage.visitor("newcomer")
    form = typed(visitor, apply)
    end_sessions(stage, "newcomer")
    visitor.send(apply, form)
    ((stored, box),) = query(
        stage,
        f"SELECT f::text, box FROM accounts.kept_forms f WHERE person = '{stage.people['newcomer']}'",
    )
    for marker in ("MARKER", "маркер", b"MARKER".hex(), stage.call):
        assert marker not in stored
        assert marker.encode() not in box


def test_nothing_is_kept_from_another_session_s_form(stage: Stage, apply: str) -> None:
    """Or for a session that somebody ended: it may have been a thief's."""
    visitor = stage.visitor("newcomer")
    form = typed(visitor, apply)
    end_sessions(stage, "newcomer")
    for csrf in ("", "x" * 64):
        answer = visitor.send(apply, form | {"_csrf": csrf})
        assert (answer.status_code, IDEA in answer.text) == (401, False)
    visitor = stage.visitor("newcomer")
    form = typed(visitor, apply)
    query(stage, f"DELETE FROM accounts.sessions WHERE person = '{stage.people['newcomer']}'")
    answer = visitor.send(apply, form)
    assert (answer.status_code, IDEA in answer.text) == (401, True)
    assert "Your session has expired" in said(answer)


def test_what_somebody_typed_is_not_given_back_to_the_next_person_at_the_computer(
    stage: Stage, apply: str
) -> None:
    """Their browser can send a form once more, with the cookie of whoever uses it now."""
    visitor = stage.visitor("newcomer")
    form = typed(visitor, apply)
    sign_out(visitor)
    answer = visitor.send(apply, form)
    assert (answer.status_code, IDEA in answer.text) == (303, False), "it is kept for its person"
    sign_in(visitor, stage, "second applicant", visitor.open("/sign-in").text)
    assert IDEA not in visitor.open(apply).text
    answer = visitor.send(apply, form)
    assert (answer.status_code, IDEA in answer.text) == (403, False)
    sign_out(visitor)
    sign_in(visitor, stage, "newcomer", visitor.open("/sign-in").text)
    answer = visitor.send(apply, form)
    assert (answer.status_code, IDEA in answer.text) == (403, True), "it is theirs, of an earlier session"
    again = {"_made": hidden(answer.text, "_made"), "answers.idea": IDEA, "_language": "ru"}
    answer = visitor.send(apply, again)
    assert (answer.status_code, IDEA in answer.text) == (403, True), "also in another language"


def test_a_link_cannot_say_that_something_is_kept(stage: Stage) -> None:
    address = "/sign-in?next=/me/profile&kept="
    for visitor in (stage.visitor(), stage.visitor("newcomer")):
        for kept in ("1", "other"):
            assert "you typed is kept" not in visitor.open(f"{address}{kept}").text
    assert "Sign in again to go on." not in stage.visitor().open(f"{address}again").text
    end_sessions(stage, "newcomer")
    page = visitor.open(f"{address}1").text
    assert "Your session has ended." in page
    assert "you typed is kept" not in page


def test_what_is_only_looked_for_or_tried_is_not_kept(stage: Stage) -> None:
    """It is often somebody's name."""
    visitor = stage.visitor("officer")
    board = f"/calls/{stage.call}/applications"
    form = visitor.form(board, "call-search") | {"text": "Name of somebody", "_step": "search"}
    end_sessions(stage, "officer")
    assert visitor.send(board, form).status_code == 401
    assert query(stage, f"SELECT FROM accounts.kept_forms WHERE person = '{stage.people['officer']}'") == []


def test_it_is_gone_after_a_day(stage: Stage, apply: str) -> None:
    visitor = stage.visitor("newcomer")
    form = typed(visitor, apply) | {"answers.idea": "Gone after a day"}
    end_sessions(stage, "newcomer")
    page = visitor.open(visitor.send(apply, form).headers["location"]).text
    query(stage, "UPDATE accounts.kept_forms SET kept_at = kept_at - interval '1 day'")
    sign_in(visitor, stage, "newcomer", page)
    assert "Gone after a day" not in visitor.open(apply).text
