"""A call of two stages by page and by JSON: from the letter to the award for the project."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.pages.conftest import CALL, Stage, eur, open_call, set_stage
from tests.pages.test_invitations import answer, initiative_of, invite, link_in

LETTER, PROJECT = "A letter about snow", "Twelve evenings"
LATER_TITLE = "Snow by night"
STAGES = [
    {
        "id": "letter",
        "title": {"en": "Letter", "ru": "Письмо"},
        "form": {
            "questions": [
                {"id": "work", "kind": "long_text", "label": {"en": "Your work", "ru": "Ваша работа"}},
                {"id": "home", "kind": "text", "label": {"en": "Home"}, "identifying": True},
            ]
        },
        "rubric": {"criteria": [{"id": "art", "label": {"en": "Art"}}]},
        "quorum": 1,
    },
    {
        "id": "project",
        "title": {"en": "Project", "ru": "Проект"},
        "form": {
            "questions": [{"id": "plan", "kind": "long_text", "label": {"en": "Plan", "ru": "Замысел"}}]
        },
        "rubric": {"criteria": [{"id": "craft", "label": {"en": "Craft"}}]},
        "quorum": 1,
    },
]


@pytest.fixture
def stage() -> Iterator[Stage]:
    """A demonstration of each test's own, whose clock it moves."""
    with set_stage() as stage:
        yield stage


class Season:
    """The call, acted in by JSON."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        stage.call, stage.round = open_call(stage, CALL | {"stages": STAGES})
        self.application = self.post(
            "applicant",
            f"/api/calls/{stage.call}/applications",
            round=stage.round,
            title="Snow",
            requested=eur("300.00"),
            answers={"work": LETTER, "home": "Yerevan"},
        )["id"]

    def post(self, role: str, path: str, status: int = 0, /, **body: Any) -> dict[str, Any]:
        person = self.stage.speaking(role)
        answer = person.post(path, status, **body)
        self.position = person.position
        return answer

    def judge(self, **scores: int) -> str:
        """The deadline passes; the application is found eligible and judged."""
        self.stage.pass_deadline()
        self.post("officer", f"/api/applications/{self.application}/find-eligible")
        juror = self.stage.people["juror"]
        review = self.post("officer", f"/api/applications/{self.application}/reviews", juror=juror)["id"]
        self.post("juror", f"/api/reviews/{review}/declare-no-conflict")
        self.post("juror", f"/api/reviews/{review}/submit", scores=scores)
        return review

    def decide(self, **outcome: Any) -> None:
        panel = self.post("officer", f"/api/rounds/{self.stage.round}/panel")["id"]
        self.post("chair", f"/api/panels/{panel}/outcomes", application=self.application, **outcome)
        self.post("chair", f"/api/panels/{panel}/close")
        self.post("officer", f"/api/panels/{panel}/confirm")
        self.post("officer", f"/api/panels/{panel}/announce")

    def caught_up(self) -> None:
        self.stage.speaking("officer").get(f"/api/calls/{self.stage.call}", position=self.position)


def a_juror_of_one_round_is_led_to_that_one_alone(stage: Stage, other: str) -> None:
    """The page of the call says of which round, and links nothing of the `other` one."""
    inviter, juror = stage.visitor("administrator"), stage.visitor("newcomer")
    juror.open(link_in(invite(inviter, f"/initiatives/{initiative_of(stage)}/invite", scope=stage.round)))
    assert answer(juror, "accept") == "/me"
    page = juror.open(f"/calls/{stage.call}").text
    assert "You are on the jury of the round with the deadline" in page
    assert "Your role:" not in page
    linked = re.findall(r'href="(/rounds/[^"]+)"', page)
    assert linked == [f"/rounds/{stage.round}/reviews"]
    assert juror.open(linked[0]).status_code == 200
    assert juror.open(f"/rounds/{other}/reviews").status_code == 404
    leave = juror.form("/me", f"initiative-leave-{stage.round}")
    assert juror.send("/me", leave).status_code == 303


def test_an_application_goes_from_the_letter_to_an_award_for_the_project(stage: Stage) -> None:
    season = Season(stage)
    application = f"/applications/{season.application}"
    submitted = season.position
    closes = datetime.now(UTC) + timedelta(days=45)
    season.post(
        "officer",
        f"/api/rounds/{stage.round}/extend",
        closes_at=closes.strftime("%Y-%m-%dT12:30:00"),
        reason="events",
    )
    first = season.judge(art=8)
    season.decide(outcome="invite")
    season.caught_up()
    artist = stage.visitor("applicant")
    page = artist.open(application).text
    assert "Invited to the next stage" in page
    reader = stage.speaking("applicant")
    assert reader.get(f"/api{application}")["invited_to"] == "project"
    assert reader.get(f"/api{application}", as_of=submitted)["invited_to"] is None
    assert f"{application}/continue" not in page, "the next stage is not open yet"
    assert "in the next stage" not in artist.open("/me").text

    officer = stage.visitor("officer")
    ranking = officer.open(f"/rounds/{stage.round}/ranking").text
    assert "Next: those who are invited continue in the next stage." in ranking, "there is no award yet"
    assert "offer" not in ranking.partition("The results are announced.")[2].partition("</p>")[0]
    call = f"/calls/{stage.call}"
    assert "Open the next stage" in officer.open(call).text
    closes = (datetime.now(UTC) + timedelta(days=60)).strftime("%Y-%m-%dT12:30")
    opened = officer.send(call, officer.form(call, "round-open") | {"closes_at": closes})
    assert opened.headers["location"] == call
    rounds = stage.speaking("officer").get(f"/api{officer.open(call).url.path}")["rounds"]
    assert [each["stage"] for each in rounds] == ["letter", "project"]
    letter, stage.round = (each["id"] for each in rounds)

    a_juror_of_one_round_is_led_to_that_one_alone(stage, letter)

    assert "in the next stage" in artist.open("/me?lang=en").text
    shown = artist.open(f"{application}?lang=en").text
    assert "Continue until</dt><dd><strong>" in shown
    assert "Continue until" not in stage.visitor("officer").open(application).text
    russian = artist.open(f"{application}/continue?lang=ru").text
    assert "Следующий этап" in russian
    assert "Замысел" in russian
    sent = artist.form(f"{application}/continue?lang=en", "application-continue")
    answered = artist.send(
        f"{application}/continue",
        sent
        | {
            "title": LATER_TITLE,
            "requested.amount": "400.00",
            "requested.currency": "EUR",
            "answers.plan": PROJECT,
        },
    )
    assert answered.headers["location"] == application
    titled = {"title": "Snow", "requested": eur("300.00")}
    juror = stage.speaking("juror")
    (mine,) = (each for each in juror.get("/api/reviews")["items"] if each["id"] == first)
    detail = juror.get(f"/api/reviews/{first}")["application_shown"]
    (place,) = stage.speaking("officer").get(f"/api/rounds/{letter}/ranking")["places"]["items"]
    for shown in (mine, detail, place):
        assert {name: shown[name] for name in titled} == titled, "what was judged, not what is asked for now"
    page = artist.open(application).text
    assert PROJECT in page
    assert LETTER in page
    assert "Answers of an earlier stage" in page

    second = season.judge(craft=9)
    season.caught_up()
    shown = stage.speaking("juror").get(f"/api/reviews/{second}")
    assert [criterion["id"] for criterion in shown["rubric"]["criteria"]] == ["craft"]
    seen = shown["application_shown"]
    assert (seen["stage"], seen["answers"]) == ("project", {"plan": PROJECT})
    (earlier,) = seen["earlier"]
    assert (earlier["stage"], earlier["answers"], earlier["withheld"]) == (
        "letter",
        {"work": LETTER},
        ["home"],
    )
    by_review = {first: ("Snow", eur("300.00")), second: (LATER_TITLE, eur("400.00"))}
    listed = {each["id"]: (each["title"], each["requested"]) for each in juror.get("/api/reviews")["items"]}
    assert {each: listed[each] for each in by_review} == by_review
    before = stage.speaking("juror").get(f"/api/reviews/{first}")
    assert (before["round"], before["score"]) == (letter, "80.000")
    past = before["application_shown"]
    assert (past["stage"], past["answers"], past["earlier"]) == ("letter", {"work": LETTER}, [])
    assert PROJECT not in str(before), "the juror of the letter does not read the project there"
    officer = stage.speaking("officer").get(f"/api{application}/reviews")["items"]
    assert [(each["id"], each["round"], each["score"]) for each in officer] == [
        (first, letter, "80.000"),
        (second, stage.round, "90.000"),
    ]
    page = stage.visitor("juror").open(f"/reviews/{second}").text
    assert LETTER in page
    assert "Yerevan" not in page

    season.decide(outcome="award", amount=eur("400.00"), reason="quality")
    season.caught_up()
    told = stage.speaking("applicant").get(f"/api{application}/timeline")["items"]
    assert [line["topic"] for line in told if line["topic"].startswith("application.")] == [
        "application.submitted.v1",
        "application.found_eligible.v1",
        "application.invited.v1",
        "application.continued.v1",
        "application.found_eligible.v1",
        "application.awarded.v1",
    ]
    (extended,) = (line for line in told if line["topic"] == "round.deadline_extended.v1")
    assert extended["about"]["name"] == "the round of “Letter”", (
        "what was told in an earlier stage stays told"
    )
    for round, place in ((letter, "80.000"), (stage.round, "90.000")):
        ranking = stage.speaking("officer").get(f"/api/rounds/{round}/ranking")
        assert [each["score"] for each in ranking["places"]["items"]] == [place]


def test_a_juror_with_a_conflict_in_the_next_stage_no_longer_reads_what_they_judged(stage: Stage) -> None:
    season = Season(stage)
    first = season.judge(art=8)
    season.decide(outcome="invite")
    shown = stage.speaking("officer").get(f"/api/rounds/{stage.round}")
    closes = datetime.fromisoformat(shown["closes_at"]) + timedelta(days=30)
    stage.round = season.post(
        "officer", f"/api/calls/{stage.call}/rounds", closes_at=closes.strftime("%Y-%m-%dT12:30:00")
    )["id"]
    season.post(
        "applicant",
        f"/api/applications/{season.application}/continue",
        title=LATER_TITLE,
        requested=eur("400.00"),
        answers={"plan": PROJECT},
    )
    stage.pass_deadline()
    season.post("officer", f"/api/applications/{season.application}/find-eligible")
    juror = stage.speaking("juror")
    second = season.post(
        "officer", f"/api/applications/{season.application}/reviews", juror=stage.people["juror"]
    )["id"]

    def titles(position: str) -> dict[str, Any]:
        listed = juror.get("/api/reviews", position=position)["items"]
        return {each["id"]: each["title"] for each in listed if each["id"] in (first, second)}

    assert titles(season.position) == {first: "Snow", second: None}
    season.post("juror", f"/api/reviews/{second}/declare-conflict", reason="friendship")
    assert titles(season.position) == {first: None, second: None}
