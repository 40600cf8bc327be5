"""One's own profile in the browser: what is saved, what is wrong, and whom one keeps from one's applications."""

from __future__ import annotations

import html
import re

from tests.pages.conftest import Stage, Visitor


def keep_from(visitor: Visitor, named: str) -> str:
    """Name somebody; gives the page, without what is different on every page."""
    fields = visitor.form("/me/profile", "person-exclude_reader") | {"named": named}
    page = html.unescape(visitor.send("/me/profile", fields).text)
    return re.sub(r'value="[^"]{20,}"', "", page.replace(named, "NAMED"))


def test_a_profile_is_saved_and_changes_the_name_and_the_language(stage: Stage) -> None:
    visitor = stage.visitor("newcomer")
    fields = visitor.form("/me/profile", "person-change_profile") | {
        "name": "Applicant of the Profile",
        "language": "ru",
        "languages.ka": "yes",
        "time_zone": "Nowhere",
        "contact": "Signal",
    }
    wrong = visitor.send("/me/profile", fields)
    assert (wrong.status_code, 'id="person-change_profile-time_zone-error"' in wrong.text) == (422, True)
    assert "Applicant of the Profile" in wrong.text
    fields = visitor.form("/me/profile", "person-change_profile") | {
        **fields,
        "_key": "another-key-of-the-test",
        "time_zone": "Asia/Tbilisi",
    }
    assert visitor.send("/me/profile", fields).status_code == 303
    page = html.unescape(visitor.open("/me/profile").text)
    assert 'lang="ru"' in page
    assert {"Applicant of the Profile", "Asia/Tbilisi", "Signal"} <= set(re.findall(r'value="([^"]*)"', page))
    call = html.unescape(visitor.open(f"/calls/{stage.call}?lang=en").text)
    assert re.search(r"\(Berlin time\), for you [^<]*\(Tbilisi time\)", call), "the deadline, on both clocks"
    assert "UTC" not in re.sub(r'datetime="[^"]*"', "", call)
    assert "(Tbilisi time)" in html.unescape(visitor.open("/me/access?lang=en").text)
    assert "Tbilisi" not in stage.visitor("applicant").open(f"/calls/{stage.call}").text
    visitor.send("/me/profile", visitor.form("/me/profile", "person-change_profile") | {
        "name": "Applicant Three", "language": "en"
    })  # fmt: skip


def test_it_looks_the_same_whether_anybody_was_found(stage: Stage) -> None:
    known, unknown = stage.visitor("applicant"), stage.visitor("second applicant")
    page = keep_from(known, stage.people["juror"])
    assert "You have named nobody." not in page
    assert "<bdi>NAMED</bdi> is on your list below" in page
    codes = [page, keep_from(unknown, f"person-{'0f' * 16}")]
    lists = [re.findall(r'id="excluded".*?</section>', each, re.DOTALL)[0] for each in codes]
    assert lists[0] == lists[1]
    wrong = known.send(
        "/me/profile", known.form("/me/profile", "person-exclude_reader") | {"named": "somebody"}
    )
    assert (wrong.status_code, "Type an e-mail address, or the personal code" in wrong.text) == (422, True)
    for visitor in (known, unknown):
        form = visitor.form("/me/profile", "person-allow_reader-1")
        assert visitor.send("/me/profile", form).status_code == 303
        assert "You have named nobody." in visitor.open("/me/profile").text
