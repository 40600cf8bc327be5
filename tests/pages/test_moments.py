"""Which pages show an earlier moment: those that take one obey it, the others refuse it instead of ignoring it."""

from __future__ import annotations

from tests.pages.conftest import Stage, said


def test_a_page_that_shows_only_the_present_refuses_another_moment(stage: Stage) -> None:
    officer = stage.visitor("officer")
    call = stage.speaking("officer").get(f"/api/calls/{stage.call}")
    for path in (f"/calls/{stage.call}", f"/calls/{stage.call}/applications", "/applications", "/me"):
        page = officer.open(f"{path}?as_of=2026-01-01T00:00")
        assert (page.status_code, said(page)) == (
            400,
            "This page can only show how things are now, not how they were at an earlier time.",
        )
        assert officer.open(path).status_code == 200
    for path in (
        f"/funds/{call['fund']}",
        f"/funds/{call['fund']}/timeline",
        f"/calls/{stage.call}/timeline",
    ):
        assert officer.open(f"{path}?as_of=2999-01-01T00:00").status_code == 200
