"""News on the start page, the choice of letters, and an initiative's own texts: by page, without scripts."""

from __future__ import annotations

import html

from tests.journey.running import until
from tests.pages.conftest import CALL, Stage, eur, hidden, open_call


def test_what_happens_is_news_until_it_was_read(stage: Stage) -> None:
    call, round = open_call(stage, {**CALL, "title": {"en": "Call of the News", "ru": "Новостей"}})
    applicant = stage.speaking("applicant")
    answers = {"idea": "A song", "costs": [{"item": "All", "amount": "500.00"}], "before": False}
    application = applicant.post(
        f"/api/calls/{call}/applications", round=round, title="Song", requested=eur("500.00"), answers=answers
    )["id"]
    visitor = stage.visitor("applicant")
    line = "Your application to “Call of the News” was received."
    until(lambda: line in visitor.open("/me").text)
    page = html.unescape(visitor.open("/me").text)
    assert f'<a href="/applications/{application}">{line}</a>' in page
    assert "Новостей" in visitor.open("/me?lang=ru").text
    assert line not in stage.visitor("second applicant").open("/me").text

    read = {"_csrf": hidden(page, "_csrf"), "until": hidden(page, "until")}
    assert visitor.send("/me/news", read | {"until": "now"}).status_code == 400
    assert visitor.send("/me/news", read | {"_csrf": "other"}).status_code == 403
    assert line in visitor.open("/me?lang=en").text
    assert visitor.send("/me/news", read).headers["location"] == "/me"
    after = visitor.open("/me").text
    assert line not in after.split("Earlier news")[0]
    assert line in after.split("Earlier news")[1], "what was read can be read again"


def test_people_choose_their_letters(stage: Stage) -> None:
    visitor = stage.visitor("juror")
    form = visitor.form("/me/letters", "person-choose_letters")
    chosen = {"letters": "sign_in_only", "subjects": "telling"}
    assert visitor.send("/me/letters", form | chosen).status_code == 303
    page = visitor.open("/me/letters").text
    assert 'value="sign_in_only" selected' in page
    assert 'value="telling" selected' in page
    again = visitor.send("/me/letters", visitor.form("/me/letters", "person-choose_letters") | chosen)
    assert again.status_code == 303, "saved unchanged, it is saved"
    assert 'value="all_but_work"' in page, "a juror, too, can get the daily letter about work"
    assert 'value="all_but_work"' not in stage.visitor("newcomer").open("/me/letters").text
    back = {"letters": "all", "subjects": "discreet"}
    visitor.send("/me/letters", visitor.form("/me/letters", "person-choose_letters") | back)


def test_officers_change_preview_and_reset_a_letter(stage: Stage) -> None:
    officer = stage.visitor("officer")
    initiative = stage.speaking("officer").get("/api/me")["initiatives"][0]["initiative"]
    listed = f"/initiatives/{initiative}/letters"
    assert f'href="{listed}/review-asked">Review asked for</a>' in html.unescape(officer.open(listed).text)
    here = f"{listed}/review-asked"

    form = officer.form(here, "initiative-write_letter-en")
    typed = {"language": "en", "subject": "A work for {call}", "text": "Dear juror of {initiative}!"}
    wrong = officer.send(here, form | typed | {"text": "Dear {name}!"})
    assert wrong.status_code == 422
    known = "{name} is not filled in here. These can be used: {call}, {due}, and {initiative}."
    assert known in html.unescape(wrong.text)
    assert "Dear {name}!" in html.unescape(wrong.text)

    before = stage.facts()
    preview = html.unescape(officer.send(here, form | typed | {"_step": "try"}).text)
    assert stage.facts() == before
    for said_there in (
        '<dd lang="en">Something waits for your answer</dd>',
        '<dd lang="en">A work for An invented call</dd>',
        '<p class="answer">Dear juror of ',
        "/reviews/review-00000000000000000000000000000000",
    ):
        assert said_there in preview
    assert officer.send(here, form | typed).status_code == 303
    assert 'Your own: <span lang="en">English</span>' in officer.open(listed).text
    own = stage.speaking("officer").get(f"/api/initiatives/{initiative}/letters")["letters"]
    assert [each["own"] for each in own if each["letter"] == "review-asked"] == [[typed]]
    reset = officer.form(here, "initiative-reset_letter-en")
    assert officer.send(here, reset).status_code == 303
    assert "Your own" not in officer.open(listed).text

    for role in ("juror", "applicant", "funder"):
        assert stage.visitor(role).open(here).status_code == 404
        assert stage.visitor(role).open(listed).status_code == 404
    assert officer.open(f"{listed}/nonsense").status_code == 404
