"""Organisations over HTTP, by page and by JSON: registered, joined, applied for, hidden from those who judge, and erased."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.pages.conftest import Stage, Visitor, eur, said, set_stage
from tests.pages.states import AWARD, EveryState

NAME = "Canary Collective Снегирь"
IDENTIFIER = "GB-CHC-1164883"
ANSWERS = {"idea": "Work", "costs": [{"item": "Hall", "amount": "300.00"}], "before": False}


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """A demonstration of these tests' own, since people of it are erased."""
    with set_stage() as stage:
        yield stage


def sent(visitor: Visitor, path: str, form: str, **fields: str) -> Any:
    """A form of a page, filled in and sent."""
    return visitor.send(path, {**visitor.form(path, form), **fields})


def registered(stage: Stage, role: str, name: str = NAME) -> str:
    """An organisation that somebody registers by JSON."""
    answer: dict[str, Any] = stage.speaking(role).post(
        "/api/organisations", name=name, identifiers=[IDENTIFIER]
    )
    return str(answer["id"])


def apply_for(stage: Stage, role: str, organisation: str | None, title: str) -> str:
    """An application for an organisation (None: for oneself), by JSON."""
    body = {"applicant": organisation} if organisation else {}
    answer = stage.speaking(role).post(
        f"/api/calls/{stage.call}/applications",
        round=stage.round,
        title=title,
        requested=eur("300.00"),
        answers=ANSWERS,
        **body,
    )
    stage.running.caught_up()
    return str(answer["id"])


class TestByPage:
    def test_somebody_registers_one_and_another_joins_and_applies_for_it(self, stage: Stage) -> None:
        first, second = stage.visitor("applicant"), stage.visitor("newcomer")
        wrong = sent(
            first, "/organisations", "organisation-register", name=NAME, **{"identifiers[0]": "GB-CHC-1"}
        )
        assert wrong.status_code == 422
        assert "This is not a valid number of the register GB-CHC; check it again." in wrong.text
        assert NAME in wrong.text

        made = sent(
            first, "/organisations", "organisation-register", name=NAME, **{"identifiers[0]": IDENTIFIER}
        )
        assert made.status_code == 303, said(made)
        page = made.headers["location"].partition("?")[0]
        assert IDENTIFIER in first.open(page).text
        assert second.open(page).status_code == 404

        asked = sent(first, page, "organisation-invite", person=stage.people["newcomer"])
        assert asked.status_code == 303, said(asked)
        invited = first.open(page).text
        assert stage.people["newcomer"] in invited
        assert "Applicant Three" not in invited, "whoever holds a code does not learn the name behind it"
        shown = stage.speaking("applicant").get(f"/api{page}")
        assert [each["name"] for each in shown["invited"]] == [None]
        assert "You are invited" in second.open("/organisations").text
        assert f"Answer the invitation to act for {NAME}" in second.open("/me").text
        assert sent(second, page, "organisation-join").status_code == 303
        assert "Nobody else" not in second.open(page).text
        assert "Applicant Three" in first.open(page).text

        apply = f"/calls/{stage.call}/apply"
        assert NAME in second.open(apply).text
        fields = {"title": "By page", "requested.amount": "300.00", "requested.currency": "EUR"}
        answers = {
            "answers.idea": "Work",
            "answers.costs[0].item": "Hall",
            "answers.costs[0].amount": "300.00",
            "answers.before": "no",
        }
        applied = sent(
            second,
            apply,
            "application-submit",
            applicant=page.removeprefix("/organisations/"),
            **fields,
            **answers,
        )
        assert applied.status_code == 303, said(applied)
        for visitor, why in (
            (first, "1 application of this organisation is under consideration or on a waiting list."),
            (second, "only the member who has acted for it the longest can close it."),
        ):
            shown = visitor.open(page).text
            assert why in shown
            assert "Invite somebody" in shown, "who may not close it can still invite"
        assert "By page" in first.open("/applications").text
        listed = second.open("/applications").text
        assert "By page" in listed
        assert f'<bdi class="quiet small">{NAME}</bdi>' in listed
        stage.speaking("newcomer").post(f"/api{applied.headers['location']}/withdraw", reason="other")
        assert (
            "It stays recorded that your organisation applied" in first.open(applied.headers["location"]).text
        )

    def test_a_person_who_is_not_there_cannot_be_invited(self, stage: Stage) -> None:
        first = stage.visitor("applicant")
        page = f"/organisations/{registered(stage, 'applicant')}"
        for code in ("nobody", "person-" + "0" * 32):
            answer = sent(first, page, "organisation-invite", person=code)
            assert answer.status_code in (404, 422)
            assert code in answer.text, "what was typed is kept"


class TestWhoSeesIt:
    def test_staff_see_the_organisation_and_nobody_else_that_it_is_one(self, stage: Stage) -> None:
        organisation = registered(stage, "applicant")
        theirs = apply_for(stage, "applicant", organisation, "Ours")
        own = apply_for(stage, "applicant", None, "Mine")
        officer = stage.speaking("officer").get(f"/api/applications/{theirs}")
        assert (officer["applicant"], officer["applicant_name"]) == (organisation, NAME)
        assert officer["handle"] != stage.speaking("officer").get(f"/api/applications/{own}")["handle"]
        assert officer["unattended"] is False
        for role in ("juror", "chair", "funder", "newcomer"):
            for path in (f"/api/applications/{theirs}", f"/api/organisations/{organisation}"):
                answer = stage.running.client.get(
                    path, headers={"Authorization": f"Bearer {stage.tokens[role]}"}
                )
                assert answer.status_code in (403, 404), (role, path)
                assert NAME not in answer.text
                assert organisation not in answer.text

    def test_its_members_alone_follow_what_happened_to_it(self, stage: Stage) -> None:
        organisation = registered(stage, "applicant")
        stage.running.caught_up()
        told = stage.speaking("applicant").get(f"/api/organisations/{organisation}/timeline")
        assert [each["what"] for each in told["items"]] == ["A person registered the organisation."]
        stage.speaking("officer").get(f"/api/organisations/{organisation}/timeline", 404)

    def test_members_of_the_staff_find_what_their_organisation_applied_for(self, stage: Stage) -> None:
        """Nothing of it is kept about them as persons."""
        visitor = stage.visitor("finance")
        assert 'href="/applications"' not in visitor.open("/me").text
        organisation = registered(stage, "finance")
        apply_for(stage, "finance", organisation, "Beside the work")
        page = visitor.open("/me").text
        assert 'href="/applications"' in page
        assert 'href="/grants"' in page


class TestGrants:
    def test_of_an_organisation_are_offered_to_it_and_not_to_whoever_reads(self, stage: Stage) -> None:
        states = EveryState(stage)
        organisation = registered(stage, "applicant")
        call, round = states.open(("A call", "Конкурс"))
        application = states.apply("applicant", call, round, "Ours", applicant=organisation)
        states.close_rounds(round)
        states.judged(application)
        panel = states.panel(round, {application: AWARD})
        states.post("chair", f"/api/panels/{panel}/close")
        states.post("officer", f"/api/panels/{panel}/confirm")
        officer, artist = stage.visitor("officer"), stage.visitor("applicant")
        assert "Announce the results to the applicants" in officer.open("/me").text
        states.post("officer", f"/api/panels/{panel}/announce")
        assert "awarded application: offer the grant" in officer.open("/me").text
        grant = f"/grants/{states.granted('applicant', application, accepted=False)}"
        assert "awarded application: offer the grant" not in officer.open("/me").text
        said_so = f"Answer the offer of 300.00\N{NO-BREAK SPACE}EUR to {NAME}"
        assert f'<a href="{grant}">{said_so}</a>' in html.unescape(artist.open("/me").text)
        assert NAME in artist.open("/grants").text
        page = html.unescape(artist.open(grant).text)
        assert f"Grant of 300.00\N{NO-BREAK SPACE}EUR to <bdi>{NAME}</bdi>" in page
        assert "Your grant" not in re.sub(r"<nav.*?</nav>", "", page, flags=re.DOTALL)


class TestErasing:
    def test_an_organisation_erases_what_it_wrote_and_ends_its_applications(self, stage: Stage) -> None:
        organisation = registered(stage, "second applicant")
        theirs = apply_for(stage, "second applicant", organisation, "Canary to be erased")
        administrator = stage.running.person(stage.running.token)
        administrator.post(f"/api/organisations/{organisation}/erase", reason="asked_by_person")
        stage.running.caught_up()
        seen = stage.speaking("officer").get(f"/api/applications/{theirs}")
        assert (seen["status"], seen["title"], seen["applicant_name"]) == ("withdrawn", None, None)
        stage.speaking("second applicant").get(f"/api/organisations/{organisation}", 404)

    def test_of_the_last_person_who_acts_for_it_leaves_it_and_staff_see_so(self, stage: Stage) -> None:
        leaving = stage.running.newcomer("Leaving", email="leaving.member@example.org", language="en")
        organisation = leaving.post("/api/organisations", name=NAME)["id"]
        stage.tokens["leaving"] = leaving.token
        theirs = apply_for(stage, "leaving", organisation, "Left behind")
        administrator = stage.running.person(stage.running.token)
        administrator.post(f"/api/persons/{leaving.id}/erase", reason="asked_by_person")
        stage.running.caught_up()
        officer = stage.speaking("officer").get(f"/api/applications/{theirs}")
        assert (officer["status"], officer["title"], officer["applicant_name"]) == (
            "submitted",
            "Left behind",
            NAME,
        )
        assert officer["unattended"] is True
        page = stage.visitor("officer").open(f"/applications/{theirs}").text
        assert "Nobody acts for the organisation that applied any more." in page
