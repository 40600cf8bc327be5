"""Dossiers in a whole season: what is forgotten is erased everywhere, and what the law keeps can be read and is told."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pytest

from api.run.erasing_again import erase_again
from domain.indexes import dossiers_of, reviews_in, reviews_of, rounds_of
from domain.personal import Withheld
from domain.refusals import Forbidden, Refused
from history.derived_tables import TablesVerified, verify_tables
from history.documents import opener, read
from history.due import run_due
from history.keyfiles import Fence, KeyFolder, KeysUnusable
from history.rotation import to_erase_again
from history.store import opened_keys
from history.vault import Vault
from projections import applications, dossiers, grants, reviews, timeline
from tests.projections.conftest import Season

pytestmark = pytest.mark.anyio

KEPT_UNTIL = datetime(2037, 1, 1, tzinfo=UTC)


async def paid(season: Season) -> Season:
    """A season whose first application was awarded, paid and completed."""
    await season.whole()
    season.project()
    return season


async def readable(season: Season, *streams: str) -> list[str]:
    """The sealed fields in some streams that open with the keys that there are, each as topic and name."""
    found = []
    runner = season.office.runner
    for _, stream, _, topic, document, *_ in season.office.rows():
        if stream in streams:
            recorded = read(topic, bytes(document))
            subjects = {recorded.subject(field) for field in recorded.sealed}
            keys = await opened_keys(runner.history, runner.vault, subjects)
            opened = read(topic, bytes(document), opener(keys)).fact
            for field in recorded.sealed:
                name, _, key = field.partition("/")
                value = getattr(opened, name)
                if not isinstance(value[key] if key else value, Withheld):
                    found.append(f"{topic} {field}")
    return found


class TestAForgottenApplication:
    async def test_is_erased_wherever_it_was_read_and_its_payment_record_stays(self, season: Season) -> None:
        """Before the read models have seen it, and after; for the applicant, the staff, the jury and in feedback."""
        await paid(season)
        application, grant = season.application1, season.things["grant"]
        dossier = await season.dossier_of(application)
        assert await season.run("application.erase", season.artist1, application=application) == dossier

        async def check() -> None:
            for who in (season.artist1, season.officer, season.juror):
                shown = await applications.one(season.reader, who, application)
                assert (shown.title, shown.erased, shown.status) == (None, True, "awarded")
                assert set((shown.answers or {}).values()) <= {None}
            mine = await applications.one(season.reader, season.artist1, application)
            assert (mine.feedback, mine.applicant_name is None) == ((), False)
            listed = await applications.of_call(season.reader, season.officer, season.call)
            assert {each.id: each.erased for each in listed.items} == {
                application: True,
                season.application2: False,
            }
            written = await reviews.of_application(season.reader, season.officer, application)
            assert {each.comment_jury for each in written.items} == {None}
            for who, text in ((season.finance, None), (season.artist1, "Canary report, second")):
                payment = await grants.one(season.reader, who, grant)
                assert payment.payee is not None
                assert (payment.payee.name, payment.payee.account) == ("Canary Payee", "Canary Payee 1234")
                assert payment.reports[-1].text == text

        await check()
        season.project()
        await check()
        assert season.rows("SELECT application FROM read.titles") == [(season.application2,)]
        told = await timeline.of_application(season.reader, season.artist1, application)
        handle = (await applications.one(season.reader, season.artist1, application)).handle
        assert [
            (str(entry.what), str(entry.why)) for entry in told.items if entry.topic == "dossier.erased.v1"
        ] == [
            (
                f"The texts of application {handle}, and those about it, were erased.",
                "the person asked for it",
            )
        ]
        judged = [review for (_, name), review in season.reviews.items() if name == "application1"]
        assert await readable(season, application) == []
        assert await readable(season, *judged) == [
            "review.conflict_declared.v1 explanation"
        ]  # the juror's own
        assert verify_tables(season.url) == TablesVerified(0, ())

    async def test_cannot_be_opened_with_a_copy_of_the_database_from_before(self, season: Season) -> None:
        """As after the erasure of a person: the key's row is gone, and the wrapping key of a copied row is destroyed."""
        await paid(season)
        forgotten, stays = [
            await season.dossier_of(each) for each in (season.application1, season.application2)
        ]
        office = season.office
        copied = {row.subject: row for row in await office.runner.history.keys((forgotten, stays))}
        await season.run("application.erase", season.artist1, application=season.application1)

        assert {row.subject for row in await office.runner.history.keys((forgotten, stays))} == {stays}
        assert office.keys.fences() == (Fence(forgotten, "asked_by_person", season.artist1, "api"),)
        assert office.keys.epoch == copied[forgotten].epoch + 1
        with pytest.raises(KeysUnusable):
            Vault(KeyFolder(office.keys.folder, create=False, epoch=office.keys.epoch), "").open(
                [copied[forgotten]]
            )

    async def test_takes_nothing_more(self, season: Season) -> None:
        await paid(season)
        await season.run("application.erase", season.artist1, application=season.application1)
        with pytest.raises(Refused, match="already been erased"):
            await season.run("application.erase", season.artist1, application=season.application1)


class TestAnErasedPerson:
    async def test_is_gone_but_for_what_the_law_keeps_and_that_is_told(self, season: Season) -> None:
        await paid(season)
        application, grant = season.application1, season.things["grant"]
        (before,) = [
            each for each in (await dossiers.mine(season.reader, season.artist1)).items if each.kept_until
        ]
        assert (before.about, before.duty, before.kept_until) == (grant, "payment_records", KEPT_UNTIL)
        await season.run(
            "person.erase", season.administrator, person=season.artist1, reason="asked_by_person"
        )

        kept = await dossiers.kept_after_erasure(season.reader, season.administrator, season.artist1)
        assert [(each.dossier, each.purpose, each.until) for each in kept.items] == [
            (await season.dossier_of(grant), "payment", KEPT_UNTIL)
        ]
        with pytest.raises(Forbidden):
            await dossiers.kept_after_erasure(season.reader, season.officer, season.artist1)
        assert await readable(season, season.artist1, application) == []
        assert "grant.payee_set.v1 account" in await readable(season, grant)
        assert verify_tables(season.url) == TablesVerified(0, ())

    async def test_the_record_of_the_payment_goes_when_the_law_no_longer_asks_for_it(
        self, season: Season
    ) -> None:
        """By its due date, with nobody's doing."""
        await paid(season)
        await season.run("person.erase", season.administrator, person=season.artist1, reason="safety")
        season.office.now = KEPT_UNTIL
        assert await run_due(season.office.runner) == 1
        assert await readable(season, season.things["grant"]) == []
        payment = await grants.one(season.reader, season.finance, season.things["grant"])
        assert payment.payee is not None
        assert (payment.payee.name, payment.settled.amount) == (None, "1400.25")
        assert verify_tables(season.url) == TablesVerified(0, ())

    async def test_nobody_administers_their_way_to_who_applied(self, season: Season) -> None:
        """Without a payment there is nothing to tell, whatever they applied to."""
        await season.begin()
        await season.apply()
        kept = await dossiers.kept_after_erasure(season.reader, season.administrator, season.artist1)
        assert kept.items == ()


async def test_every_parent_names_the_children_that_the_indexes_know(season: Season) -> None:
    """A call its rounds, a round its applications, its panel and all reviews, an application its grant, a person their
    dossiers when they are erased."""
    await paid(season)
    await season.run("person.erase", season.administrator, person=season.artist1, reason="safety")
    facts = {
        topic: read(topic, bytes(document)).fact for _, _, _, topic, document, *_ in season.office.rows()
    }
    entries: dict[str, set[str]] = {}
    with psycopg.connect(season.url) as connection:
        for name, entry in connection.execute("SELECT name, entry FROM history.indexes"):
            entries.setdefault(name, set()).add(entry)

    assert {facts["call.round_opened.v1"].round} == entries[rounds_of(season.call)]
    closed, handed_over = facts["round.closed.v1"], facts["round.put_to_panel.v1"]
    assert set(closed.applications) == entries[f"applications of {season.round}"]
    assert handed_over.panel == season.panel
    assert {each: set(found) for each, found in handed_over.reviews.items()} == {
        each: entries[reviews_of(each)] for each in closed.applications
    }
    assert {review for found in handed_over.reviews.values() for review in found} == entries[
        reviews_in(season.round)
    ]
    assert {facts["application.grant_offered.v1"].grant} == entries[f"grants of {season.call}"]
    assert set(facts["person.erased.v1"].dossiers) == entries[dossiers_of(season.artist1)]


async def test_an_older_copy_of_the_database_erases_again_what_was_erased_since(season: Season) -> None:
    """The keys are gone already, so nothing more can be sealed; an application under consideration ends all the same."""
    await season.begin()
    await season.apply()
    forgotten, theirs = [await season.dossier_of(each) for each in (season.application1, season.application2)]
    fences = [
        Fence(forgotten, "asked_by_person", season.artist1, "page"),
        Fence(season.artist2, "safety", "system", "cli"),
        Fence(theirs, "safety", "system", "cli"),
    ]
    subjects = [fence.subject for fence in fences]
    with psycopg.connect(season.url) as connection:
        connection.execute("DELETE FROM vault.keys WHERE subject = ANY (%s)", (subjects,))
    season.office.runner.vault.sweep()
    for subject in subjects:
        season.office.runner.vault.evict(subject)
    history = season.office.runner.history
    assert await to_erase_again(history, subjects) == sorted(subjects)

    for fence in fences:
        await erase_again(season.office.runner, fence)

    assert await to_erase_again(history, subjects) == []
    erased = [
        (read(topic, bytes(document)).fact.reason, read(topic, bytes(document)).envelope.actor)
        for _, _, _, topic, document, *_ in season.office.rows()
        if topic == "dossier.erased.v1"
    ]
    assert erased == [("asked_by_person", "system"), ("safety", "system")]
    season.project()
    listed = await applications.of_call(season.reader, season.officer, season.call)
    assert {each.id: (each.status, each.erased) for each in listed.items} == {
        season.application1: ("withdrawn", True),
        season.application2: ("withdrawn", True),
    }
    assert verify_tables(season.url) == TablesVerified(0, ())
    await season.office.rotation.complete_fences()
    assert season.office.keys.fenced() >= set(subjects)
