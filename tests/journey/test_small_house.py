"""A house of four people decides on a blind call over real HTTP, although one has a conflict of interest from the
beginning, one finds one after scoring, and one never scores."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.journey.running import Person, Running, demonstration, status_of, until
from tests.journey.walk import CALL, eur
from tests.staging import with_stage


@dataclass
class House:
    """Four people, two artists who applied, and the call between them, which needs two reviews of each application."""

    anna: Person
    """Administers the initiative and runs the call; as its officer she judges nothing."""
    bella: Person
    """Chairs this call alone, and is a friend of the first artist."""
    carl: Person
    dora: Person
    """Is a juror of this call alone."""
    call: str
    round: str
    applications: tuple[str, str]


def newcomer(keeper: Person, running: Running, name: str) -> Person:
    """A new person with a token."""
    person = keeper.post("/api/persons", name=f"{name} of the Small House", email=None, language="en")["id"]
    client = running.person(keeper.post(f"/api/persons/{person}/tokens", label="house")["token"])
    client.id = person
    return client


def up_to_the_reviews(running: Running) -> House:
    """The round has closed, and both applications are found eligible."""
    keeper = running.person(running.token)
    anna, bella, carl, dora, first, second = [
        newcomer(keeper, running, name) for name in ("Anna", "Bella", "Carl", "Dora", "First", "Second")
    ]
    initiative = keeper.post("/api/initiatives", name="Small House", founder=anna.id)["id"]
    members = f"/api/initiatives/{initiative}/members"
    anna.post(members, person=anna.id, roles=["administrator", "officer"])
    anna.post(members, person=carl.id, roles=["juror"])
    fund = anna.post("/api/funds", initiative=initiative, name="Small fund", currency="EUR")["id"]
    call = anna.post("/api/calls", fund=fund, **with_stage(CALL, quorum=2, blindness="double"))["id"]
    anna.post(f"/api/calls/{call}/members", person=bella.id, roles=["chair"])
    anna.post(f"/api/calls/{call}/members", person=dora.id, roles=["juror"])
    carl.post(f"/api/calls/{call}/members", 403, person=carl.id, roles=["chair"])
    anna.post(f"/api/calls/{call}/publish")
    deadline = (datetime.now(UTC) + timedelta(days=10)).replace(microsecond=0)
    closes = deadline.replace(tzinfo=None).isoformat()
    round_ = anna.post(f"/api/calls/{call}/rounds", closes_at=closes)["id"]
    answers = {"idea": "A book", "costs": [{"item": "Paper", "amount": "900.00"}]}
    made = [
        artist.post(
            f"/api/calls/{call}/applications",
            round=round_,
            title=title,
            requested=eur("900.00"),
            answers=answers,
        )["id"]
        for artist, title in ((first, "The first book"), (second, "The second book"))
    ]
    keeper.post("/api/demo/clock", now=(deadline + timedelta(days=1)).isoformat())
    until(lambda: status_of(anna, f"/api/rounds/{round_}") == "closed")
    for application in made:
        anna.post(f"/api/applications/{application}/find-eligible")
    return House(anna, bella, carl, dora, call, round_, (made[0], made[1]))


def judge(house: House) -> None:
    """Bella has a conflict with the first application, and Carl finds one after scoring it; the second one is scored by
    both of them. Dora scores the first, and never answers about the second."""
    first, second = house.applications
    scores: dict[str, Any] = {"art": 8, "need": 7}
    asked = {
        (juror.id, application): house.anna.post(f"/api/applications/{application}/reviews", juror=juror.id)[
            "id"
        ]
        for juror in (house.bella, house.carl, house.dora)
        for application in (first, second)
    }
    house.bella.post(f"/api/reviews/{asked[house.bella.id, first]}/declare-conflict", reason="friendship")
    for juror, application in (
        (house.carl, first),
        (house.dora, first),
        (house.carl, second),
        (house.bella, second),
    ):
        review = asked[juror.id, application]
        juror.post(f"/api/reviews/{review}/declare-no-conflict")
        juror.post(f"/api/reviews/{review}/submit", scores=scores)
    house.carl.post(f"/api/reviews/{asked[house.carl.id, first]}/declare-conflict", reason="collaboration")


def test_four_people_come_from_the_opening_to_a_confirmed_outcome() -> None:
    """Each step by the one person who may take it, and refused where another must."""
    with demonstration() as running:
        house = up_to_the_reviews(running)
        anna, bella, carl, dora = house.anna, house.bella, house.carl, house.dora
        first, second = house.applications
        me = bella.get("/api/me", position=bella.position or anna.position)["initiatives"][0]
        assert (me["roles"], me["calls"]) == ([], [{"call": house.call, "roles": ["chair"], "round": None}])
        judge(house)

        # One review of the first application is lacking, and nobody is left to write it.
        stuck = anna.post(f"/api/rounds/{house.round}/panel", 409)
        assert stuck["detail"].startswith("1 eligible application does not have enough reviews.")
        lower = f"/api/applications/{first}/lower-quorum"
        reason = {"reason": "conflicts_of_interest"}
        for actor in (anna, bella, carl):  # no chair; a chair with a conflict; a juror with one
            actor.post(lower, 403, quorum=1, **reason)
        assert dora.post(lower, 422, quorum=2, **reason)["errors"][0]["field"] == "quorum"
        dora.post(lower, quorum=1, **reason)

        panel = anna.post(f"/api/rounds/{house.round}/panel")["id"]
        ranking = f"/api/rounds/{house.round}/ranking"
        places = {
            who: [
                (place["rank"], place["application"], place["reviews"], place["quorum"])
                for place in person.get(ranking, position=anna.position)["places"]["items"]
            ]
            for who, person in (("anna", anna), ("bella", bella), ("carl", carl), ("dora", dora))
        }
        both = [
            (1, each, 1 if each == first else 2, 1 if each == first else None)
            for each in sorted((first, second))
        ]
        assert places == {
            "anna": both,
            "bella": [(1, second, 2, None)],
            "carl": [(1, second, 2, None)],
            "dora": both,
        }

        outcomes = f"/api/panels/{panel}/outcomes"
        award = {"application": first, "outcome": "award", "reason": "quality", "amount": eur("900.00")}
        for actor in (anna, bella, carl):
            actor.post(outcomes, 403, **award)
        dora.post(outcomes, **award)
        decline = {"application": second, "outcome": "decline", "reason": "not_selected"}
        for actor in (anna, carl, dora):
            actor.post(outcomes, 403, **decline)
        bella.post(outcomes, **decline)
        dora.post(f"/api/panels/{panel}/close", 403)
        bella.post(f"/api/panels/{panel}/close")
        for actor in (bella, carl, dora):
            actor.post(f"/api/panels/{panel}/confirm", 403)
        anna.post(f"/api/panels/{panel}/confirm")
        anna.post(f"/api/panels/{panel}/announce")

        listed = anna.get(f"/api/calls/{house.call}/applications", position=anna.position)["items"]
        assert {each["id"]: each["status"] for each in listed} == {first: "awarded", second: "declined"}
        assert anna.get(f"/api/rounds/{house.round}")["status"] == "decided"
