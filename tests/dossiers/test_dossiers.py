"""Dossiers: what is sealed belongs to an application or a grant, and can be erased alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.applications.facts import (
    ApplicationAwarded,
    ApplicationDeclined,
    ApplicationEndedByErasure,
    ApplicationWaitlisted,
)
from domain.commands.applications.ending import EraseApplication
from domain.commands.applications.examining import FindApplicationEligible
from domain.commands.dossiers import EraseDossier
from domain.commands.grants.instalments import InstructInstalment, SettleInstalment
from domain.commands.persons import ErasePerson
from domain.deciding import Fact, Outcome
from domain.dossiers import DossierErased, DossierKept
from domain.grants.facts import GrantCompleted, GrantDeclined, GrantLapsed
from domain.indexes import dossiers_of
from domain.initiatives.facts import INSTALLATION_ID, InstallationOpened
from domain.persons.facts import PersonErased
from domain.refusals import Forbidden, NotFound, Refused
from domain.values import SYSTEM
from tests.driving import NOON, World
from tests.grants import scene as grants
from tests.grants.scene import KEPT_UNTIL, PAYMENTS
from tests.scene import (
    APPLICATION,
    ARTIST,
    KEEPER,
    OFFICER,
    OTHER_APPLICATION,
    OTHER_ARTIST,
    PANEL,
    calling,
    dossier_of,
    dossier_opened,
    found_eligible,
    found_ineligible,
    numbered,
    receive,
    registered,
    withdrawn,
)

DOSSIER = dossier_of(APPLICATION)
FORGET = EraseApplication(application=APPLICATION)
FORGOTTEN = DossierErased(dossier=DOSSIER, about=APPLICATION, reason="asked_by_person")
DECLINED = ApplicationDeclined(application=APPLICATION, panel=PANEL, reason="not_selected")
WAITLISTED = ApplicationWaitlisted(application=APPLICATION, panel=PANEL, rank=1)


def applied(*facts: Fact) -> World:
    """The artist's application, and what came after it."""
    world = calling()
    receive(world, APPLICATION, ARTIST, *facts)
    return world


class TestForgettingAnApplication:
    @pytest.mark.parametrize(
        "facts",
        [(withdrawn(),), (found_ineligible(),), (found_eligible(), DECLINED)],
        ids=["withdrawn", "ineligible", "declined"],
    )
    def test_the_applicant_has_what_was_written_erased_once_it_is_withdrawn_or_decided(
        self, facts: tuple[Fact, ...]
    ) -> None:
        assert applied(*facts).run(FORGET, ARTIST) == Outcome(
            facts={DOSSIER: (FORGOTTEN,)}, answers=DOSSIER, erases=(DOSSIER,)
        )

    @pytest.mark.parametrize(
        ("facts", "status"),
        [
            ((), "submitted"),
            ((found_eligible(),), "eligible"),
            ((found_eligible(), WAITLISTED), "waitlisted"),
        ],
    )
    def test_what_may_still_lead_to_an_award_is_withdrawn_first(
        self, facts: tuple[Fact, ...], status: str
    ) -> None:
        assert applied(*facts).turned_down(FORGET, ARTIST) == (
            Refused,
            f"This application is {status}, so people still have to read it; withdraw it first, then it can be erased.",
        )

    @pytest.mark.parametrize("somebody", [OFFICER, OTHER_ARTIST, KEEPER])
    def test_nobody_else_can(self, somebody: str) -> None:
        assert applied(withdrawn()).turned_down(FORGET, somebody)[0] is NotFound

    def test_it_is_forgotten_once(self) -> None:
        world = applied(withdrawn())
        world.run(FORGET, ARTIST)
        assert world.turned_down(FORGET, ARTIST) == (Refused, "This has already been erased.")

    def test_another_application_of_the_same_person_stays(self) -> None:
        world = applied(withdrawn())
        receive(world, OTHER_APPLICATION, ARTIST)
        world.run(FORGET, ARTIST)
        assert world.facts(dossier_of(OTHER_APPLICATION)) == (dossier_opened(OTHER_APPLICATION),)

    def test_what_nobody_can_read_is_not_found_eligible_after_all(self) -> None:
        world = applied(found_ineligible())
        world.run(FORGET, ARTIST)
        assert world.turned_down(FindApplicationEligible(application=APPLICATION), OFFICER) == (
            Refused,
            "The texts of this application were erased, so nobody can judge it any more.",
        )


def test_where_a_restored_copy_does_not_tell_the_withdrawal_the_application_ends_with_its_dossier() -> None:
    """Nobody could judge it, and a panel waits for every application in play."""
    world = applied(found_eligible())
    outcome = world.run(EraseDossier(dossier=DOSSIER, reason="asked_by_person"), SYSTEM)
    assert outcome.facts == {
        APPLICATION: (ApplicationEndedByErasure(application=APPLICATION),),
        DOSSIER: (FORGOTTEN,),
    }


class TestForgettingAnApplicationThatWasAwarded:
    FORGET = EraseApplication(application=grants.APPLICATION)
    NOT_YET = (
        Refused,
        (
            "The grant for this application has not ended, so its texts must stay readable. The "
            "application can be erased once the grant is completed, declined or lapsed."
        ),
    )

    @pytest.mark.parametrize(
        "end",
        [
            GrantDeclined(grant=grants.GRANT, dossier=PAYMENTS, reason="terms", explanation=None),
            GrantLapsed(grant=grants.GRANT),
            GrantCompleted(grant=grants.GRANT),
        ],
        ids=lambda fact: type(fact).__name__,
    )
    def test_once_the_grant_has_ended_the_application_goes_and_the_payment_record_stays(
        self, end: Fact
    ) -> None:
        world = grants.world_with_grant(*grants.offered(), end)
        before = world.facts(PAYMENTS)
        outcome = world.run(self.FORGET, grants.ARTIST)
        assert outcome.erases == (grants.DOSSIER,)
        assert world.facts(PAYMENTS) == before

    @pytest.mark.parametrize("facts", [grants.offered(), grants.accepted()], ids=["offered", "accepted"])
    def test_until_then_what_the_grant_is_for_must_stay_readable(self, facts: tuple[Fact, ...]) -> None:
        assert grants.world_with_grant(*facts).turned_down(self.FORGET, grants.ARTIST) == self.NOT_YET

    def test_nor_before_the_grant_is_offered(self) -> None:
        world = applied(
            found_eligible(),
            ApplicationAwarded(
                application=APPLICATION, panel=PANEL, amount=100, currency="EUR", reason="quality"
            ),
        )
        assert world.turned_down(FORGET, ARTIST) == self.NOT_YET


class TestTheRecordOfAPayment:
    """It is kept for ten years after the end of the year in which the bank was told to pay, or paid."""

    SENT = (*grants.payable(), grants.requested(), *grants.approved())
    INSTRUCT = InstructInstalment(grant=grants.GRANT, instalment=1, reference="BATCH-1")
    SETTLE = SettleInstalment(
        grant=grants.GRANT, instalment=1, amount=grants.euros("600.00"), settled_on=grants.TODAY
    )

    def test_it_is_a_duty_from_the_moment_at_which_the_bank_is_told_to_pay(self) -> None:
        world = grants.world_with_grant(*self.SENT)
        world.run(self.INSTRUCT, grants.FINANCE)
        assert world.facts(PAYMENTS)[1:] == (grants.kept(KEPT_UNTIL),)
        assert datetime(2037, 1, 1, tzinfo=UTC) == KEPT_UNTIL

    def test_a_later_payment_moves_the_day_and_one_of_the_same_year_does_not(self) -> None:
        world = grants.world_with_grant(*self.SENT)
        world.run(self.INSTRUCT, grants.FINANCE)
        again = grants.world_with_grant(*self.SENT, grants.instructed())
        again.run(self.SETTLE, grants.FINANCE)
        assert again.facts(PAYMENTS)[1:] == (grants.kept(KEPT_UNTIL),)
        next_year = NOON + timedelta(days=365)
        world.run(self.SETTLE, grants.FINANCE, next_year)
        assert world.facts(PAYMENTS)[-1] == grants.kept(datetime(2038, 1, 1, tzinfo=UTC))

    def test_when_the_duty_ends_the_program_erases_it(self) -> None:
        world = grants.world_with_grant(*self.SENT)
        world.run(self.INSTRUCT, grants.FINANCE)
        assert world.pass_time(KEPT_UNTIL - timedelta(seconds=1)) == ()
        (outcome,) = world.pass_time(KEPT_UNTIL)
        erased = DossierErased(dossier=PAYMENTS, about=grants.GRANT, reason="retention_ended")
        assert outcome == Outcome(facts={PAYMENTS: (erased,)}, answers=PAYMENTS, erases=(PAYMENTS,))

    def test_nobody_erases_it_before(self) -> None:
        world = grants.world_with_grant(*self.SENT)
        world.run(self.INSTRUCT, grants.FINANCE)
        command = EraseDossier(dossier=PAYMENTS, reason="other")
        assert world.turned_down(command, SYSTEM) == (
            Refused,
            "This has to be kept until 2037-01-01 00:00 UTC; it is erased then.",
        )
        assert world.turned_down(command, KEEPER)[0] is Forbidden

    def test_once_it_is_erased_nothing_is_paid_to_nobody_knows_whom(self) -> None:
        world = grants.world_with_grant(*self.SENT)
        world.given(PAYMENTS, DossierErased(dossier=PAYMENTS, about=grants.GRANT, reason="other"))
        assert world.turned_down(self.INSTRUCT, grants.FINANCE) == (
            Refused,
            (
                "The payment record of this grant was erased, so its payee can no longer be read, and "
                "nothing more can be paid."
            ),
        )


class TestErasingAPerson:
    ERASE = ErasePerson(person=ARTIST, reason="safety")

    def test_people_wait_for_a_payment_that_is_under_way_and_are_told_who_can_do_it_at_once(self) -> None:
        world = grants.world_with_grant(*TestTheRecordOfAPayment.SENT)
        world.given(INSTALLATION_ID, InstallationOpened(demonstration=False))
        world.given(grants.ARTIST, registered(grants.ARTIST))
        world.indexes[dossiers_of(grants.ARTIST)] = {PAYMENTS}
        erase = ErasePerson(person=grants.ARTIST, reason="safety")
        refused, sentence = world.turned_down(erase, grants.ARTIST)
        assert (refused, "can erase your data at once" in str(sentence)) == (Refused, True)
        assert world.run(erase, SYSTEM).erases == (grants.ARTIST, PAYMENTS)

    def test_all_dossiers_go_but_those_that_the_law_keeps(self) -> None:
        """The kept ones are named in the fact, so that the person can be told, and end by their due date."""
        world = applied(withdrawn())
        kept, forgotten = numbered("dossier", 8), numbered("dossier", 9)
        until = NOON + timedelta(days=1)
        opened = dossier_opened()
        for dossier, fact in (
            (kept, DossierKept(dossier=kept, duty="payment_records", until=until)),
            (forgotten, DossierErased(dossier=forgotten, about=OTHER_APPLICATION, reason="other")),
        ):
            world.given(dossier, opened, fact)
        world.indexes[dossiers_of(ARTIST)] = {DOSSIER, kept, forgotten}
        outcome = world.run(self.ERASE, KEEPER)
        gone = DossierErased(dossier=DOSSIER, about=APPLICATION, reason="safety")
        everything = tuple(sorted((DOSSIER, kept, forgotten)))
        erased = PersonErased(person=ARTIST, reason="safety", dossiers=everything, kept=(kept,))
        assert outcome.facts == {ARTIST: (erased,), DOSSIER: (gone,)}
        assert outcome.erases == (ARTIST, DOSSIER)
        assert outcome.initiatives == {DOSSIER: opened.initiative}

    def test_a_duty_that_has_ended_keeps_nothing(self) -> None:
        world = applied(withdrawn())
        world.given(DOSSIER, DossierKept(dossier=DOSSIER, duty="payment_records", until=NOON))
        world.indexes[dossiers_of(ARTIST)] = {DOSSIER}
        assert world.run(self.ERASE, KEEPER).erases == (ARTIST, DOSSIER)
