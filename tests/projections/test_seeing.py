"""Blindness: what each person reads in every query, and what nobody may read there."""

from __future__ import annotations

import pytest

from domain.forms import Entries
from domain.refusals import Forbidden, NotFound
from domain.values import Role
from projections import (
    applications,
    grants,
    initiatives,
    own_reviews,
    panels,
    reviews,
    timeline,
)
from tests.projections.conftest import CANARIES, CANARY_ANSWERS, CANARY_NAMES, CANARY_TITLES, SINGER, Season
from tests.projections.reading_all import answered, leaks, read_all

pytestmark = pytest.mark.anyio


async def test_nobody_and_strangers_read_what_is_public_and_nothing_else(season: Season) -> None:
    """After a whole season: the call and its round; a stranger who is signed in sees also that nothing is theirs."""
    await season.whole()
    stranger = await season.office.person("Stranger")
    public = {"calls.public", "calls.one", "rounds.one"}

    nobody, somebody = await read_all(season, None), await read_all(season, stranger)

    assert answered(nobody) == public
    assert answered(somebody) == {
        *public, "applications.mine", "reviews.mine", "grants.mine", "grants.tasks", "initiatives.me", "correspondence.waiting",
    }  # fmt: skip
    for name in ("applications.mine", "reviews.mine", "grants.mine", "grants.tasks"):
        assert somebody[name] == '{"items":[],"next":null,"unreadable":[]}'
    assert leaks(nobody, *CANARIES) == leaks(somebody, *CANARIES) == {}
    # Streams that exist are told apart from others by nothing.
    assert somebody["applications.one application1"] == "NotFound: Not found, or you have no access."
    assert '"received":null,"panel":null' in nobody["rounds.one"]


@pytest.mark.parametrize("blindness", ["double", "single"])
async def test_jurors_of_a_blind_call_never_read_who_applied(season: Season, blindness: str) -> None:
    """Names, ids and identifying answers stay away from the jury and the chair, from assignment to the end."""
    await season.begin(blindness)
    for part in (season.apply, season.close, season.assign, season.judge, season.decide, season.grant):
        await part()
        for juror in ("juror", "second_juror", "third_juror", "chair"):
            found = leaks(
                await read_all(season, season.people[juror]),
                *CANARY_NAMES,
                CANARY_ANSWERS[1],
                season.artist1,
                season.artist2,
            )
            assert found == {}, (part.__name__, juror)


async def test_jurors_of_an_open_call_read_who_applied_once_they_declared_no_conflict(season: Season) -> None:
    """And until then the handle alone."""
    await season.begin("open")
    for part in (season.apply, season.close, season.assign):
        await part()
    before = await read_all(season, season.juror)
    assert leaks(before, *CANARIES, season.artist1, season.artist2) == {}

    await season.judge()

    after = await read_all(season, season.juror)
    review = f"reviews.one juror application1"  # noqa: F541
    assert set(leaks(after, CANARY_NAMES[0], season.artist1, CANARY_ANSWERS[1])[review]) == {
        CANARY_NAMES[0],
        season.artist1,
        CANARY_ANSWERS[1],
    }


async def test_a_juror_reads_the_handle_alone_before_declaring_no_conflict(season: Season) -> None:
    """No title, no sum, no answer; afterwards the title and the answers that identify nobody."""
    await season.begin()
    for part in (season.apply, season.close, season.assign):
        await part()
    before = await read_all(season, season.juror)
    handles = {
        row[0]
        for row in season.rows("SELECT handle FROM read.applications WHERE to_position = 9223372036854775807")
    }

    listed = await own_reviews.mine(season.reader, season.juror)

    assert leaks(before, *CANARIES) == {}
    assert {item.handle for item in listed.items} == handles
    assert {(item.title, item.requested, item.status) for item in listed.items} == {(None, None, "assigned")}
    own = season.reviews["juror", "application1"]
    assert (await reviews.one(season.reader, season.juror, own)).application_shown is None
    assert before["applications.one application1"] == (
        "Forbidden: Declare first whether you have a conflict of interest with this application."
    )

    await season.judge()
    season.project()

    shown = (await reviews.one(season.reader, season.juror, own)).application_shown
    assert shown is not None
    assert (shown.title, shown.answers, shown.withheld) == (
        CANARY_TITLES[0],
        {"idea": CANARY_ANSWERS[0], "people": Entries(entries=({"part": "sings"},))},
        ("born", "people.name"),
    )
    assert (shown.applicant, shown.applicant_name, shown.submitted_at, shown.explanation) == (None,) * 4


async def test_a_juror_who_declared_a_conflict_reads_nothing_of_that_application(season: Season) -> None:
    """Neither before the decision nor after it, in no list, and not its scores."""
    await season.begin()
    for part in (season.apply, season.close, season.assign, season.judge, season.decide):
        await part()
        if season.reviews.get(("third_juror", "application1")) is None:
            continue
        found = await read_all(season, season.second_juror)
        assert leaks(found, CANARY_TITLES[0]) == {}
        assert found["applications.one application1"].startswith("Forbidden: You declared a conflict")
        assert found["reviews.of_application application1"].startswith("Forbidden: You declared a conflict")
    ranked = await panels.ranking(season.reader, season.second_juror, season.round)
    assert [(place.rank, place.application) for place in ranked.places.items] == [(1, season.application2)]


async def test_a_conflict_silences_every_other_role_of_the_same_person(season: Season) -> None:
    """A juror who is a funder too follows the decided application by neither way."""
    await season.begin()
    await season.run(
        "initiative.add_member",
        season.administrator,
        initiative=season.initiative,
        person=season.second_juror,
        roles=("juror", "funder"),
    )
    for part in (season.apply, season.close, season.assign, season.judge, season.decide):
        await part()
    season.project()
    with pytest.raises(Forbidden, match="You declared a conflict"):
        await applications.one(season.reader, season.second_juror, season.application1)


async def test_an_applicant_is_not_told_which_chair_confirmed(season: Season) -> None:
    """The staff announces what the jury decided; who of the jury acted, the staff alone reads, with role and handle."""
    await season.begin()
    await season.member("second_chair", Role.CHAIR)
    for part in (season.apply, season.close, season.assign, season.judge):
        await part()
    panel = await season.run("panel.open", season.officer, round=season.round)
    for application in (season.application1, season.application2):
        await season.run(
            "panel.set_outcome",
            season.chair,
            panel=panel,
            application=application,
            outcome="decline",
            reason="not_selected",
        )
    await season.run("panel.close", season.chair, panel=panel)
    await season.run("panel.confirm", season.second_chair, panel=panel)
    await season.run("panel.announce", season.officer, panel=panel)
    season.project()

    told = (await timeline.of_application(season.reader, season.artist1, season.application1)).items
    staff = (await timeline.of_call(season.reader, season.officer, season.call, limit=100)).items

    assert (told[-1].topic, told[-1].role) == ("application.declined.v1", "officer")
    chairs = {entry.handle for entry in staff if entry.role == "chair"}
    assert len(chairs - {None}) == 2
    assert not chairs & {entry.handle for entry in told}


async def test_nobody_reads_others_scores_before_submitting_their_own(season: Season) -> None:
    """A juror of the application waits; then reads them, by handle, never by person."""
    await season.begin()
    for part in (season.apply, season.close, season.assign):
        await part()
    first = season.reviews["juror", "application2"]
    await season.run("review.declare_no_conflict", season.juror, review=first)
    await season.run(
        "review.submit", season.juror, review=first, scores={"art": 7}, comment_jury="Canary comment"
    )
    waiting = await read_all(season, season.second_juror)
    assert leaks(waiting, '"art":7', "70.000", "Canary comment") == {}
    assert waiting["reviews.of_application application2"].startswith(
        "Forbidden: Submit your own review first"
    )
    assert waiting["panels.ranking"].startswith("Forbidden: The ranking is shown once the panel is open")

    second = season.reviews["second_juror", "application2"]
    await season.run("review.declare_no_conflict", season.second_juror, review=second)
    await season.run("review.submit", season.second_juror, review=second, scores={"art": 5})
    season.project()

    seen = await reviews.of_application(season.reader, season.second_juror, season.application2)
    assert {(item.id, item.juror, item.score, item.comment_jury) for item in seen.items} == {
        (first, None, "70.000", "Canary comment"),
        (second, season.second_juror, "50.000", None),
    }


async def test_applicants_read_neither_jurors_nor_scores_nor_the_jury_s_steps(season: Season) -> None:
    """At every stage; after the decision they read the comments that are meant for them, and nobody's name."""
    await season.begin()
    jurors = {"juror", "second_juror", "third_juror", "chair"}
    for part in (season.apply, season.close, season.assign, season.judge, season.decide, season.grant):
        await part()
        found = await read_all(season, season.artist1)
        handles = [
            row[0] for row in season.rows("SELECT DISTINCT handle FROM read.reviews WHERE handle IS NOT NULL")
        ]
        secrets = [season.people[juror] for juror in jurors] + handles + ["Canary comment for the jury"]
        assert leaks(found, *secrets, '"art"', "review.", "panel.", CANARY_TITLES[1]) == {
            # The rubric is public with the call; the applicant of the second application is somebody else.
            "calls.one": ['"art"'],
        }, part.__name__
        mine = await applications.one(season.reader, season.artist1, season.application1)
        assert (mine.title, mine.answers) == (
            CANARY_TITLES[0],
            {"idea": CANARY_ANSWERS[0], "born": CANARY_ANSWERS[1], "people": Entries(entries=(SINGER,))},
        )
        decided = "panel" in season.things
        assert mine.feedback == (("Canary comment for the artist",) * 2 if decided else None)
    entries = await timeline.of_application(season.reader, season.artist1, season.application1)
    assert [entry.topic for entry in entries.items][:4] == [
        "application.submitted.v1",
        "application.found_eligible.v1",
        "application.awarded.v1",
        "grant.offered.v1",
    ]


async def test_funders_read_handles_sums_and_decisions_and_no_texts(season: Season) -> None:
    """Never a title, a name, an answer, a payee or a comment; and of applications only once their round is decided."""
    await season.begin()
    for part in (season.apply, season.close, season.assign, season.judge):
        await part()
        early = await read_all(season, season.funder)
        assert leaks(early, *CANARIES, season.artist1, season.artist2, season.application1) == {}, (
            part.__name__
        )
        assert early["applications.of_call"] == '{"items":[],"next":null,"unreadable":[]}'
        assert leaks(early, "application.", "review.") == {}

    for part in (season.decide, season.grant, season.finish):
        await part()
    found = await read_all(season, season.funder)

    assert leaks(found, *CANARIES, season.artist1, season.artist2) == {}
    assert {
        "applications.of_call", "applications.one application1", "reviews.of_application application1",
        "timeline.of_application application1", "timeline.of_call", "timeline.of_grant", "panels.ranking",
        "grants.of_call", "grants.one", "funds.one", "ledger.of_fund",
    } <= answered(found)  # fmt: skip
    listed = await applications.of_call(season.reader, season.funder, season.call)
    assert {(item.id, item.status, item.title, item.applicant, item.erased) for item in listed.items} == {
        (season.application1, "awarded", None, None, False),
        (season.application2, "declined", None, None, False),
    }
    outline = await applications.one(season.reader, season.funder, season.application1)
    assert (outline.answers, outline.title, outline.applicant_name, outline.feedback) == (None,) * 4


async def test_finance_and_approvers_read_payments_and_no_application(season: Season) -> None:
    """The payee they confirm and pay, and which project it is for, and neither answers nor reports nor reviews."""
    await season.whole()
    for role in ("finance", "approver"):
        found = await read_all(season, season.people[role])
        assert leaks(found, *CANARIES) == {
            "grants.one": [CANARY_TITLES[0], "Canary Payee"],
            "payments.of_initiative": [CANARY_TITLES[0]],
        }
        assert not {name for name in answered(found) if "application1" in name or name.startswith("panels")}


async def test_whoever_holds_two_roles_reads_what_each_of_them_does(season: Season) -> None:
    """An officer who keeps the accounts too reads the report that they accept and the payee whom they pay."""
    await season.whole()
    await season.run(
        "initiative.add_member",
        season.administrator,
        initiative=season.initiative,
        person=season.officer,
        roles=("officer", "finance", "funder"),
    )
    season.project()

    paid = await grants.one(season.reader, season.officer, season.things["grant"])

    assert [report.text for report in paid.reports] == ["Canary report, first", "Canary report, second"]
    assert paid.reports[0].explanation == "Canary comment on it"
    assert paid.payee is not None
    assert (paid.payee.name, paid.payee.account) == ("Canary Payee", "Canary Payee 1234")
    assert paid.recipient == season.artist1


async def test_officers_read_titles_answers_and_reviews_and_not_the_account(season: Season) -> None:
    """All that the staff works with; the payee's account is for those who pay."""
    await season.whole()
    found = await read_all(season, season.officer)
    assert leaks(found, "Canary Payee") == {}
    # Only what is one's own is refused, or rather empty, to the staff, and what the panel writes to itself.
    assert answered(found) == set(found) - {"panel_notes.of_round", "funded.mine"}
    detail = await applications.one(season.reader, season.officer, season.application1)
    assert (detail.applicant, detail.applicant_name is not None, detail.title) == (
        season.artist1,
        True,
        CANARY_TITLES[0],
    )
    paid = await grants.one(season.reader, season.officer, season.things["grant"])
    assert [(report.text, report.explanation) for report in paid.reports] == [
        ("Canary report, first", "Canary comment on it"),
        ("Canary report, second", None),
    ]


async def test_the_members_of_another_initiative_read_nothing(season: Season) -> None:
    """Nothing crosses from one initiative to another, whatever the role there."""
    await season.whole()
    other = await season.office.person("Officer elsewhere")
    founded = await season.run("initiative.found", season.administrator, name="Another Initiative")
    await season.run(
        "initiative.add_member",
        season.administrator,
        initiative=founded,
        person=other,
        roles=("officer", "juror", "chair", "finance", "approver", "funder"),
    )

    found = await read_all(season, other)

    assert answered(found) == {
        "calls.public", "calls.one", "rounds.one", "applications.mine", "reviews.mine", "grants.mine",
        "grants.tasks", "initiatives.me", "correspondence.waiting",
    }  # fmt: skip
    assert leaks(found, *CANARIES, season.artist1) == {}


async def test_a_role_taken_away_a_moment_ago_is_gone_now(season: Season) -> None:
    """Access reads the stream, not a read model: nothing was projected in between."""
    await season.whole()
    season.project()
    await applications.of_call(season.reader, season.officer, season.call)
    await season.run(
        "initiative.remove_member", season.administrator, initiative=season.initiative, person=season.officer
    )
    with pytest.raises(NotFound):
        await applications.of_call(season.reader, season.officer, season.call)
    await season.run(
        "initiative.remove_member", season.administrator, initiative=season.initiative, person=season.juror
    )
    assert (await own_reviews.mine(season.reader, season.juror)).items == ()


async def test_an_erased_person_s_texts_are_gone_at_once(season: Season) -> None:
    """Before the projection has seen the erasure, and after; handles, sums and decisions stay, and so does the record of
    what was paid."""
    await season.whole()
    season.project()
    await season.run("person.erase", season.administrator, person=season.artist1, reason="asked_by_person")

    async def check() -> None:
        listed = await applications.of_call(season.reader, season.officer, season.call)
        erased = next(item for item in listed.items if item.id == season.application1)
        assert (erased.title, erased.erased, erased.status) == (None, True, "awarded")
        detail = await applications.one(season.reader, season.officer, season.application1)
        assert (detail.answers, detail.applicant_name) == (dict.fromkeys(("idea", "born", "people")), None)
        paid = await grants.one(season.reader, season.finance, season.things["grant"])
        assert paid.payee is not None
        assert (paid.payee.name, paid.settled.amount) == ("Canary Payee", "1400.25")
        assert {report.text is None for report in paid.reports} == {True}  # they are not for finance

    await check()
    season.project()
    await check()
    assert season.rows("SELECT application FROM read.titles") == [(season.application2,)]
    with pytest.raises(Forbidden):
        await initiatives.me(season.reader, season.artist1)
