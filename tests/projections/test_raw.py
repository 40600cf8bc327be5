"""Raw facts: an administrator of the installation sees raw what they see on pages, and nothing besides."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta

import pytest

from domain.applications.state import APPLICATION
from domain.calls.state import CALL
from domain.refusals import Forbidden
from domain.stages import StageDraft
from domain.values import MEMBER_ROLES, Role
from projections import raw
from tests.projections.conftest import DEADLINE, Season, eur
from tests.projections.test_judging_staff import holds
from tests.projections.test_readings import ask, closed, read_by, submit
from tests.projections.test_unreadable import add

pytestmark = pytest.mark.anyio


async def seen_by(season: Season, who: str) -> dict[str, set[str]]:
    """The streams whose facts somebody sees, by their kinds."""
    rows, seen, _ = await raw.facts(season.reader, season.people[who], after=0, limit=1000)
    assert [row.position for row in rows] == list(range(1, len(rows) + 1))
    found: dict[str, set[str]] = {}
    for row in rows:
        if row.position in seen:
            found.setdefault(row.stream.partition("-")[0], set()).add(row.stream)
    return found


async def in_review(season: Season, blindness: str = "double") -> None:
    """A newcomer administers the installation, and is nothing else yet."""
    await season.begin(blindness)
    for part in (season.apply, season.close, season.assign, season.judge):
        await part()
    season.people["newcomer"] = await season.office.person("Newcomer")
    await season.run("installation.appoint", season.administrator, person=season.newcomer)
    season.project()


async def test_only_administrators_of_the_installation_read_any(season: Season) -> None:
    await in_review(season)
    for who in (season.officer, season.chair, season.artist1):
        with pytest.raises(Forbidden, match="Only an administrator of this installation"):
            await raw.facts(season.reader, who, after=0, limit=10)


async def test_the_role_alone_shows_the_installation_and_its_people_but_no_handle(season: Season) -> None:
    """Who goes by which handle in a call is who applied to it."""
    await in_review(season)
    found = await seen_by(season, "newcomer")
    assert found.keys() == {"installation", "person"}
    rows, seen, _ = await raw.facts(season.reader, season.newcomer, after=0, limit=1000)
    shown = [row for row in rows if row.position in seen]
    assert {row.topic for row in shown} == {
        "installation.opened.v1",
        "installation.administrator_appointed.v1",
        "person.registered.v1",
    }
    assert {json.loads(row.document)["envelope"]["acting"]["scope"] for row in shown} == {None}


async def test_an_erasure_is_not_told_for_the_withheld_facts_beside_it_are_applications(
    season: Season,
) -> None:
    """Erasing ends what is not decided yet, and each dossier, in facts that directly follow."""
    await in_review(season)
    _, before, _ = await raw.facts(season.reader, season.newcomer, after=0, limit=1000)
    await season.run("person.erase", season.newcomer, person=season.artist1, reason="safety")
    rows, seen, _ = await raw.facts(season.reader, season.newcomer, after=0, limit=1000)
    assert [row.topic for row in rows[-3:]] == [
        "person.erased.v1",
        "application.ended_by_erasure.v1",
        "dossier.erased.v1",
    ]
    assert seen == before


async def test_an_initiative_s_facts_are_its_officers_and_reading_them_is_recorded(season: Season) -> None:
    """Read again, nothing is recorded anew, and the reader's own reading is shown."""
    await in_review(season)
    await holds(season, "newcomer", Role.OFFICER)
    found = await seen_by(season, "newcomer")
    assert {kind: len(streams) for kind, streams in found.items() if kind != "person"} == {
        "installation": 1,
        "initiative": 1,
        "fund": 1,
        "call": 1,
        "round": 1,
        "application": 2,
        "dossier": 2,
        "review": 5,
    }
    again = await seen_by(season, "newcomer")
    (reading,) = again.pop("reading")  # their own
    assert again == found
    facts = [json.loads(bytes(row[4]))["fact"] for row in season.office.rows() if row[1] == reading]
    assert {(fact["kind"], fact["application"]) for fact in facts} == {
        ("applicants", None),
        ("scores", season.application1),
        ("scores", season.application2),
    }


OTHER_ROLES = (Role.JUROR, Role.CHAIR, Role.FINANCE, Role.APPROVER, Role.FUNDER)


@pytest.mark.parametrize("role", OTHER_ROLES)
async def test_no_other_role_shows_more_than_the_members_may_be_told(season: Season, role: Role) -> None:
    await in_review(season)
    await holds(season, "newcomer", role)
    assert (await seen_by(season, "newcomer")).keys() == {"installation", "person"}


async def test_an_initiative_s_administrator_sees_its_own_stream_besides(season: Season) -> None:
    """They see its members on pages, too."""
    await in_review(season)
    await holds(season, "newcomer", Role.ADMINISTRATOR)
    found = await seen_by(season, "newcomer")
    assert found.keys() == {"installation", "person", "initiative"}
    assert found["initiative"] == {season.initiative}


def test_every_role_of_a_member_is_tried() -> None:
    tried = {Role.OFFICER, Role.ADMINISTRATOR, *OTHER_ROLES}
    assert tried == set(MEMBER_ROLES)


async def test_an_officer_with_a_conflict_sees_nothing_of_that_application_nor_of_its_rank(
    season: Season,
) -> None:
    await in_review(season)
    await season.run("installation.appoint", season.administrator, person=season.second_juror)
    await holds(season, "second_juror", Role.OFFICER, Role.JUROR)
    for part in (season.decide, season.grant):
        await part()
    season.project()
    found = await seen_by(season, "second_juror")
    assert found["application"] == {season.application2}
    assert found["review"] == {
        review for (_, application), review in season.reviews.items() if application == "application2"
    }
    assert found.keys().isdisjoint({"panel", "grant"})


async def test_an_officer_who_applied_sees_nothing_of_the_round_until_it_is_decided(season: Season) -> None:
    await season.begin()
    await season.apply()
    await season.run("installation.appoint", season.administrator, person=season.artist2)
    await season.close()
    await holds(season, "artist2", Role.OFFICER)
    for part in (season.assign, season.judge):
        await part()
    season.project()
    found = await seen_by(season, "artist2")
    assert found.keys().isdisjoint({"round", "application", "review", "reading"})
    await season.decide()
    season.project()
    found = await seen_by(season, "artist2")
    assert found["application"] == {season.application1}
    assert "round" in found
    assert "panel" not in found  # it tells the place of their own


async def test_an_officer_with_a_conflict_is_told_no_other_place_on_the_waiting_list(season: Season) -> None:
    """Between their places, that application's could be found."""
    await in_review(season)
    await season.run("installation.appoint", season.administrator, person=season.second_juror)
    for name in ("second_juror", "newcomer"):
        await holds(season, name, Role.OFFICER, Role.JUROR)
    await season.open_panel()
    for application, outcome in (
        (season.application1, {"outcome": "decline", "reason": "not_selected"}),
        (
            season.application2,
            {"outcome": "waitlist", "amount": eur("100.00"), "rank": 1},
        ),
    ):
        await season.run(
            "panel.set_outcome", season.chair, panel=season.panel, application=application, **outcome
        )
    await season.run("panel.close", season.chair, panel=season.panel)
    await season.run("panel.confirm", season.officer, panel=season.panel)
    await season.run("panel.announce", season.officer, panel=season.panel)
    season.project()
    for who, told in ((season.second_juror, False), (season.newcomer, True)):
        rows, seen, _ = await raw.facts(season.reader, who, after=0, limit=1000)
        found = {row.topic for row in rows if row.position in seen and row.stream == season.application2}
        assert ("application.waitlisted.v1" in found, "application.submitted.v1" in found) == (told, True)


async def test_scores_of_a_juror_who_stepped_back_afterwards_are_read_with_their_facts(
    season: Season,
) -> None:
    await closed(season, "open")
    await ask(season, "juror", declares=True)
    await submit(season, "juror")
    await season.run(
        "review.declare_conflict",
        season.juror,
        review=season.reviews["juror", "application1"],
        reason="friendship",
    )
    season.project()
    await seen_by(season, "newcomer")
    assert "scores" in read_by(season, "newcomer")


@pytest.mark.parametrize(
    ("topic", "missing", "there"),
    [
        ("fund.opened.v1", "initiative", "initiative"),
        ("application.submitted.v1", "round", "round"),
        ("review.assigned.v1", "application", "application1"),
    ],
)
async def test_a_forged_fact_that_names_what_does_not_exist_is_withheld_alone(
    season: Season, topic: str, missing: str, there: str
) -> None:
    """Else whoever has the program's password could hide a thousand facts by one."""
    await season.begin()
    for part in (season.apply, season.close, season.assign, season.judge):
        await part()
    season.people["newcomer"] = await season.office.person("Newcomer")
    await season.run("installation.appoint", season.administrator, person=season.newcomer)
    await holds(season, "newcomer", Role.OFFICER)
    await seen_by(season, "newcomer")  # what is recorded of it, too
    before = await seen_by(season, "newcomer")
    stream, document = next((row[1], bytes(row[4])) for row in season.office.rows() if row[3] == topic)
    other = stream[:-32] + "f" * 32
    for name, instead in ((stream, other), (season.things[there], f"{missing}-{'0' * 32}")):
        document = document.replace(name.encode(), instead.encode())
    position = await add(season, other, topic, document)
    rows, seen, unreadable = await raw.facts(season.reader, season.newcomer, after=0, limit=1000)
    assert (rows[-1].position, position in seen, unreadable) == (position, False, frozenset())
    assert await seen_by(season, "newcomer") == before


async def test_an_officer_for_one_call_sees_its_facts_and_no_other_s(season: Season) -> None:
    await in_review(season)
    await season.run(
        "call.add_member",
        season.administrator,
        call=season.call,
        person=season.newcomer,
        roles=(Role.OFFICER,),
    )
    found = await seen_by(season, "newcomer")
    assert {"call", "round", "application", "review"} <= found.keys()
    assert found.keys().isdisjoint({"fund", "initiative"})


async def topics_seen(season: Season, who: str) -> Counter[str]:
    """How many facts of each topic somebody sees."""
    rows, seen, _ = await raw.facts(season.reader, season.people[who], after=0, limit=1000)
    return Counter(row.topic for row in rows if row.position in seen)


async def test_late_access_names_an_applicant_so_reading_it_is_recorded(season: Season) -> None:
    """Also before they have applied, as on the page for it."""
    await season.begin()
    season.people["newcomer"] = await season.office.person("Newcomer")
    await season.run("installation.appoint", season.administrator, person=season.newcomer)
    await holds(season, "newcomer", Role.OFFICER)
    await season.run(
        "round.grant_late_access",
        season.officer,
        round=season.round,
        applicant=season.artist1,
        until=(DEADLINE + timedelta(days=1)).replace(tzinfo=None),
        reason="illness",
    )
    season.project()
    assert (await topics_seen(season, "newcomer"))["round.late_access_granted.v1"] == 1
    assert read_by(season, "newcomer") == ["applicants"]


async def test_late_access_is_withheld_from_whoever_is_asked_to_judge_that_application_blind(
    season: Season,
) -> None:
    await season.begin()
    await season.run(
        "round.grant_late_access",
        season.officer,
        round=season.round,
        applicant=season.artist1,
        until=(DEADLINE + timedelta(minutes=1)).replace(tzinfo=None),
        reason="illness",
    )
    await season.apply()
    await season.close()
    await season.assign()
    await season.run("installation.appoint", season.administrator, person=season.juror)
    await holds(season, "juror", Role.OFFICER, Role.JUROR)
    season.project()
    found = await topics_seen(season, "juror")
    assert "round.late_access_granted.v1" not in found
    assert "round.opened.v1" in found


async def rolling(season: Season) -> None:
    """A rolling call with one application, found eligible."""
    await season.begin()
    await rolling_call(season)


async def rolling_call(season: Season) -> None:
    """The same beside the season's first call."""
    call = await season.reader.the(CALL, season.call)
    season.things["call"] = await season.run(
        "call.draft",
        season.officer,
        fund=season.fund,
        title={"en": "Rolling call"},
        summary={"en": "Work in exile"},
        stages=(
            StageDraft(
                id="main",
                form=call.forms["main"][0],
                rubric=call.rubrics["main"][0],
                quorum=2,
                blindness="single",
            ),
        ),
        budget=eur("5000.00"),
        minimum_award=eur("100.00"),
        maximum_award=eur("3000.00"),
        intake="rolling",
        decide_within_days=14,
    )
    await season.run("call.publish", season.officer, call=season.call)
    season.things["application1"] = await season.run(
        "application.submit",
        season.artist1,
        call=season.call,
        title="Title",
        requested=eur("1500.00"),
        answers={"idea": "An idea", "born": "A village"},
    )
    state = await season.reader.the(APPLICATION, season.application1)
    season.things["round"] = state.round
    await season.run("application.find_eligible", season.officer, application=season.application1)


async def test_a_rolling_round_names_its_applicant_as_its_application_does(season: Season) -> None:
    """The applicant opens and closes it by applying."""
    await rolling(season)
    for who in ("juror", "newcomer"):
        if who == "newcomer":
            season.people[who] = await season.office.person("Newcomer")
        await season.run("installation.appoint", season.administrator, person=season.people[who])
    await season.run("review.assign", season.officer, application=season.application1, juror=season.juror)
    await holds(season, "juror", Role.OFFICER, Role.JUROR)
    await holds(season, "newcomer", Role.OFFICER)
    season.project()
    found = await topics_seen(season, "juror")
    assert found["application.submitted.v1"] == 0
    # That of the call with a deadline, opened by an officer.
    assert (found["round.opened.v1"], found["round.closed.v1"]) == (1, 0)
    found = await topics_seen(season, "newcomer")
    assert (found["round.opened.v1"], found["round.closed.v1"]) == (2, 1)
    assert "applicants" in read_by(season, "newcomer")


async def test_what_a_fund_released_is_withheld_where_the_grant_is(season: Season) -> None:
    """The recipient releases it by declining the offer."""
    await in_review(season)
    for name in ("second_juror", "newcomer"):
        if name == "second_juror":
            await season.run("installation.appoint", season.administrator, person=season.second_juror)
        await holds(season, name, Role.OFFICER, Role.JUROR)
    await season.decide()
    grant = await season.run(
        "grant.offer",
        season.officer,
        application=season.application1,
        respond_by=DEADLINE + timedelta(days=30),
    )
    await season.run("grant.decline", season.artist1, grant=grant, reason="safety")
    season.project()
    for who, told in (("second_juror", 0), ("newcomer", 1)):
        found = await topics_seen(season, who)
        assert found["fund.opened.v1"] == 1
        assert (found["fund.committed.v1"], found["fund.released.v1"]) == (told, told), who
