"""Messages and notes: each to its readers, and the jury, funders, rivals and people with ties learn of neither."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.correspondence import correspondence_of
from domain.refusals import Forbidden, NotFound
from domain.values import Role
from projections import applications, correspondence, disclosures, dossiers, raw, timeline
from projections.correspondence import Messages, Waiting
from projections.moments import AsOf
from projections.readings import NotRecorded
from tests.history.conftest import NOON
from tests.projections.conftest import Season, eur
from tests.projections.reading_all import read_all
from tests.projections.test_judging_staff import holds
from tests.projections.test_tied_viewers import organisation

pytestmark = pytest.mark.anyio

QUESTION = "Canary question: Когда вы решите?"
ANSWER = "Canary answer of the house"
NOTE = "Canary note: ask for the address"
MARKERS = (QUESTION, ANSWER, NOTE)


@pytest.fixture
async def season(office: Any, database_url: str) -> Season:
    """Two applications in an open round; about the first, a question of the applicant, an answer of the staff and a note."""
    season = Season(office, database_url)
    await season.begin()
    await season.apply()
    await write(season, "artist1", QUESTION)
    await write(season, "officer", ANSWER)
    await season.run("application.write_note", season.officer, application=season.application1, text=NOTE)
    season.project()
    return season


async def write(season: Season, who: str, text: str) -> str:
    return await season.run(
        "application.write_message", season.people[who], application=season.application1, text=text
    )


async def seen(season: Season, who: str, **options: Any) -> Messages:
    return await correspondence.messages(season.reader, season.people[who], season.application1, **options)


async def test_both_sides_read_the_messages_and_only_the_staff_the_notes(season: Season) -> None:
    found = {}
    for who in ("artist1", "officer"):
        shown = await seen(season, who)
        found[who] = [(each.side, each.own, each.text, each.handle is not None) for each in shown.items]
        assert (shown.awaits, shown.last_at) == ("applicant", NOON)
    assert found == {
        "artist1": [("applicant", True, QUESTION, False), ("staff", False, ANSWER, False)],
        "officer": [("applicant", False, QUESTION, False), ("staff", True, ANSWER, True)],
    }
    (note,) = (await correspondence.notes(season.reader, season.officer, season.application1)).items
    assert (note.text, note.own, note.side) == (NOTE, True, "staff")
    with pytest.raises(NotFound):
        await correspondence.notes(season.reader, season.artist1, season.application1)


async def test_nobody_else_reads_any_of_it_in_any_query(season: Season) -> None:
    """Neither before nor after the decision, also not as an administrator of the installation in the raw facts."""
    for _ in range(2):
        for who in ("artist2", "juror", "second_juror", "chair", "funder", "finance", "administrator"):
            answers = await read_all(season, season.people[who])
            for name in ("correspondence.messages application1", "correspondence.notes application1"):
                assert answers[name].startswith(("NotFound", "Forbidden")), (who, name)
            assert answers["correspondence.waiting"] == '{"items":[]}'
            assert not [marker for marker in MARKERS if marker in repr(answers)], who
        own = repr(await read_all(season, season.artist1))
        assert NOTE not in own
        assert correspondence_of(season.application1) not in own
        if "panel" not in season.things:
            for part in (season.close, season.assign, season.judge, season.decide):
                await part()
    _, shown, _ = await raw.facts(season.reader, season.administrator, after=0, limit=1000)
    hidden = season.rows(
        "SELECT position FROM history.facts WHERE topic LIKE 'correspondence.%' OR stream LIKE 'correspondence%'"
    )
    assert len(hidden) == 3
    assert not {position for (position,) in hidden} & shown


async def test_staff_with_ties_to_the_applicant_read_none(season: Season) -> None:
    await season.close()
    await season.assign()
    await season.judge()
    for who in ("second_juror", "juror", "artist2"):
        await holds(season, who, Role.OFFICER, *((Role.JUROR,) if who != "artist2" else ()))
    for who, refusal in (
        ("second_juror", "You declared a conflict of interest"),
        ("juror", "You were asked to review this application"),
        ("artist2", "You or your organisation applied in this round"),
    ):
        for query in (correspondence.messages, correspondence.notes):
            with pytest.raises(Forbidden, match=refusal):
                await query(season.reader, season.people[who], season.application1)
        with pytest.raises(Forbidden, match=refusal):
            await write(season, who, ANSWER)


async def test_reading_as_staff_is_recorded_before_and_told_to_the_applicant(season: Season) -> None:
    await season.member("colleague", Role.OFFICER)
    count = "SELECT count(*) FROM history.facts WHERE topic = 'reading.recorded.v1'"
    before = season.rows(count)
    await seen(season, "colleague")
    assert season.rows(count) != before
    season.project()
    told = await disclosures.mine(season.reader, season.artist1)
    assert len([each for each in told.items if each.purpose == "examining"]) == 2
    await season.member("third", Role.OFFICER)
    reader = season.reader
    reader.runner = None
    with pytest.raises(NotRecorded):
        await correspondence.messages(reader, season.people["third"], season.application1)


async def test_what_waits_is_listed_for_its_side_alone_until_it_reacts(season: Season) -> None:
    async def waiting(who: str) -> list[tuple[str, str]]:
        season.project()
        found = await correspondence.waiting(season.reader, season.people[who])
        assert all(isinstance(each, Waiting) for each in found.items)
        return [(each.side, each.application) for each in found.items]

    first = season.application1
    assert await waiting("artist1") == [("applicant", first)]
    assert await waiting("officer") == []
    await write(season, "artist1", QUESTION)
    assert await waiting("artist1") == []
    assert await waiting("officer") == [("staff", first)]
    await season.run(
        "application.settle_messages", season.officer, application=first, read_until=season.office.now
    )
    assert await waiting("officer") == []


async def test_messages_are_shown_as_of_then_page_by_page_and_gone_after_an_erasure(season: Season) -> None:
    then = AsOf(len(season.office.rows()))
    season.office.now += timedelta(hours=1)
    await write(season, "artist1", "Canary later")
    season.project()
    assert len((await seen(season, "officer")).items) == 3
    shown = await seen(season, "officer", as_of=then)
    assert (len(shown.items), shown.awaits) == (2, "applicant")
    first = await seen(season, "officer", limit=2)
    second = await seen(season, "officer", limit=2, cursor=first.next)
    assert [each.text for each in (*first.items, *second.items)] == [QUESTION, ANSWER, "Canary later"]
    await season.run("application.withdraw", season.artist1, application=season.application1, reason="safety")
    await season.run("application.erase", season.artist1, application=season.application1)
    season.project()
    assert [each.text for each in (await seen(season, "officer")).items] == [None, None, None]
    (note,) = (await correspondence.notes(season.reader, season.officer, season.application1)).items
    assert (note.text, note.damaged) == (None, ())
    assert (await correspondence.waiting(season.reader, season.officer)).items == ()


async def test_a_message_makes_no_form_of_the_application_stale_and_its_timelines_say_nothing(
    season: Season,
) -> None:
    async def told() -> list[object]:
        season.project()
        reader, application = season.reader, season.application1
        found: list[object] = []
        for who in ("artist1", "officer"):
            person = season.people[who]
            found += [
                (await applications.one(reader, person, application)).version,
                (await timeline.of_application(reader, person, application)).items,
            ]
        return found

    before = await told()
    await write(season, "artist1", QUESTION)
    await write(season, "officer", ANSWER)
    await season.run("application.write_note", season.officer, application=season.application1, text=NOTE)
    assert await told() == before
    await season.run("application.withdraw", season.artist1, application=season.application1, reason="safety")
    await season.run("application.erase", season.artist1, application=season.application1)
    season.project()
    # Three dossiers were erased. Timelines, which funders open after the decision, tell of one.
    story = await timeline.of_application(season.reader, season.officer, season.application1)
    assert [each.topic for each in story.items].count("dossier.erased.v1") == 1


async def test_nothing_readable_of_a_message_or_a_note_is_in_the_database(season: Season) -> None:
    tables = season.rows(
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN ('history', 'read', 'vault')"
    )
    stored = "".join(str(season.rows(f"SELECT t::text FROM {table} t")) for (table,) in tables)
    documents = str(season.rows("SELECT convert_from(document, 'UTF8') FROM history.facts"))
    assert "Winter call" in stored
    assert "message_written" in documents
    for marker in (*MARKERS, "Когда вы решите", "Canary"):
        for text in (stored, documents):
            assert marker not in text
            assert marker.encode().hex() not in text


async def test_the_list_of_an_applicants_dossiers_tells_of_messages_but_not_of_notes(season: Season) -> None:
    found = (await dossiers.mine(season.reader, season.artist1)).items
    assert sorted((each.purpose, each.about) for each in found) == [
        ("application", season.application1),
        ("correspondence", season.application1),
    ]


async def test_the_members_of_an_organisation_share_its_side_and_who_left_it_is_on_none(
    season: Season,
) -> None:
    house = await organisation(season, "artist2")
    await season.run("organisation.invite", season.artist2, organisation=house, person=season.artist1)
    await season.run("organisation.join", season.artist1, organisation=house)
    application = await season.run(
        "application.submit",
        season.artist2,
        call=season.call,
        round=season.round,
        applicant=house,
        title="Together",
        requested=eur("100.00"),
        answers={"idea": "x", "born": "y"},
    )
    await season.run("application.write_message", season.artist1, application=application, text=QUESTION)
    found = await correspondence.messages(season.reader, season.artist2, application)
    assert [(each.own, each.side) for each in found.items] == [(False, "applicant")]
    await season.run("organisation.remove_member", season.artist1, organisation=house, person=season.artist1)
    with pytest.raises(NotFound):
        await correspondence.messages(season.reader, season.artist1, application)
